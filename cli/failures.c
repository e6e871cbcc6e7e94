/*
 * cli/failures.c - the first jobs that failed, for the end of the run
 *
 *     sizes: /a/b: failed after 3 attempts: /a/b: No such file or directory
 *       again: printf %s '{mpool: 1, ...}' | mpool run -
 *
 * Runs in: the mpool command, on its main thread. Owns: the text of the failures that will be shown.
 */
#include "cli/failures.h"

#include "cli/again.h"
#include "cli/names.h"

#include <string.h>

/* Bytes of an error that are shown. */
#define ERROR_MAX 1000

static void add_line(struct failures *failures, const struct step *step, const struct item *item)
{
    text_printf(&failures->text, "%s", step->name);
    if (item->kind != ITEM_NONE) {
        text_string(&failures->text, ": ");
        item_show(&failures->text, item);
    }
    text_string(&failures->text, ": ");
}

/* A total over a field fails a job whose result has none. What to write then is the job file's matter. */
static void add_remedy(struct text *to, const struct step *step, const char *error)
{
    struct text missing = {0};

    for (size_t i = 0; i < step->total_count; i++) {
        const struct total *total = &step->totals[i];
        if (total->field == NULL)
            continue;
        text_clear(&missing);
        text_printf(&missing, "total \"%s\": result.%s is not there", total->pool_name, total->field);
        if (strcmp(missing.data, error) != 0)
            continue;
        text_string(to, "; if the result itself is the number, write ");
        if (total->by != NULL || total->show != NULL)
            text_printf(to, "\"{result}\" in place of \"{result.%s}\"", total->field);
        else
            text_printf(to, "%s: {%s: \"{result}\"}", total->name, total->operation);
    }
    text_free(&missing);
}

void failures_add(struct failures *failures, const struct step *step, uint64_t index, const struct item *item,
                  const mpool_result *result, const char *fault)
{
    mpool_status status = fault != NULL ? MPOOL_FAILED : result->status;
    const char *error = fault != NULL ? fault : result->error;
    const struct late late = {.worker = result->worker, .attempt = result->attempts};
    struct text *text = &failures->text, command = {0};

    if (failures->count++ >= FAILURES_SHOWN)
        return;
    add_line(failures, step, item);
    text_printf(text, "%s after %u attempt%s", mpool_status_name(status), result->attempts,
                result->attempts == 1 ? "" : "s");
    if (error != NULL) {
        text_string(text, ": ");
        names_escape_cut(text, error, strlen(error), ERROR_MAX);
        add_remedy(text, step, error);
    }
    text_string(text, "\n  again: ");
    const char *impossible = again_add(step, item, index, &late, &command);
    names_command(text, command.data != NULL ? command.data : "", command.size);
    text_printf(text, "%s\n", impossible != NULL ? impossible : "");
    text_free(&command);
}

void failures_add_item(struct failures *failures, const struct step *step, const struct item *item, const char *error)
{
    if (failures->count++ >= FAILURES_SHOWN)
        return;
    add_line(failures, step, item);
    text_printf(&failures->text, "%s\n", error);
}

void failures_print(const struct failures *failures, const char *all, FILE *to)
{
    struct text more = {0};

    if (failures->count == 0)
        return;
    text_write(&failures->text, to);
    if (failures->count > FAILURES_SHOWN) {
        text_string(&more, "… ");
        text_number(&more, failures->count - FAILURES_SHOWN);
        text_printf(&more, " more%s\n", all);
        text_write(&more, to);
    }
    text_free(&more);
}

void failures_free(struct failures *failures)
{
    text_free(&failures->text);
}
