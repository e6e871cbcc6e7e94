/*
 * cli/needs.c - which steps a step needs, and the order that makes of them
 *
 * Runs in: the mpool command, before anything is forked. Owns: nothing.
 */
#include "cli/needs.h"

#include "cli/schema.h"
#include "cli/suggest.h"
#include "cli/value.h"

#include <string.h>

static const struct form list_form = {.kind = FORM_LIST, .of = &schema_text_form, .least = 1};
static const struct form word_form = {.kind = FORM_WORD, .words = "done|any"};
static const struct form map_form = {.kind = FORM_NAMED, .pattern = "^.+$", .of = &word_form, .least = 1};
const struct form needs_form = FORM_OR(&list_form, &map_form);

/* ---- reading ----------------------------------------------------------------------------------------------------- */

static bool read_need(struct report *report, const struct yaml_node *node, bool map, struct need *need)
{
    const struct yaml_node *name = map ? node->key : node;

    *need = (struct need){.name = name->text, .place = name->place, .any = map && yaml_is(node, "any")};
    if (name->kind != YAML_SCALAR) {
        report_error(report, node->place, "an element of `needs` is the name of a step, not %s", value_name(node));
        return false;
    }
    if (!map || need->any || yaml_is(node, "done"))
        return true;
    report_error(report, node->place, "what a step needs another for is `done` or `any`, not %s", value_name(node));
    return false;
}

bool needs_read(struct jobfile *jobfile, struct step *step, const struct yaml_node *node)
{
    struct report *report = &jobfile->yaml.report;
    bool ok = true;

    if (node == NULL)
        return true;
    if (node->kind == YAML_SCALAR || node->count == 0) {
        report_error(report, node->place, "`needs` is a list of steps, or a map as {a: any}, not %s",
                     node->kind == YAML_SCALAR ? value_name(node) : "an empty one");
        return false;
    }
    step->needs = arena_get(&jobfile->yaml.arena, node->count * sizeof *step->needs);
    for (const struct yaml_node *need = node->first; need != NULL; need = need->next)
        ok = read_need(report, need, node->kind == YAML_MAP, &step->needs[step->need_count++]) && ok;
    return ok;
}

/* ---- results ----------------------------------------------------------------------------------------------------- */

static void add_need(struct jobfile *jobfile, struct step *step, const struct need *need)
{
    struct need *needs = arena_get(&jobfile->yaml.arena, (step->need_count + 1) * sizeof *needs);

    if (step->need_count > 0)
        memcpy(needs, step->needs, step->need_count * sizeof *needs);
    needs[step->need_count++] = *need;
    step->needs = needs;
}

const struct step *needs_take(struct jobfile *jobfile, const struct yaml_node *node, const char *what,
                              enum shelf_form form)
{
    struct report *report = &jobfile->yaml.report;
    struct step *step = &jobfile->steps[jobfile->step_count - 1], *found = NULL;
    struct suggestion near = {.word = node->text};

    if (node->kind != YAML_SCALAR) {
        report_error(report, node->place, "%s is the name of a step, not %s", what, value_name(node));
        return NULL;
    }
    for (struct step *other = jobfile->steps; other < step; other++) {
        if (strcmp(other->name, node->text) == 0)
            found = other;
        suggest_offer(&near, other->name);
    }
    if (found == NULL) {
        bool list = near.best == NULL && step > jobfile->steps;
        report_error(report, node->place, "%s: no step before this one is called \"%.60s\"%s%s", what, node->text,
                     near.best != NULL ? suggest_text(&near)
                     : list            ? "; there are "
                                       : "",
                     list ? near.known : "");
        return NULL;
    }
    found->shelf = shelf_want(found->shelf, found->name, form);
    add_need(jobfile, step, &(struct need){.name = found->name, .place = node->place, .any = true, .taken = true});
    return found;
}

/* ---- the order --------------------------------------------------------------------------------------------------- */

static bool find_step(struct jobfile *jobfile, const struct step *step, struct need *need)
{
    struct suggestion near = {.word = need->name};

    for (size_t i = 0; i < jobfile->step_count; i++) {
        if (strcmp(jobfile->steps[i].name, need->name) == 0) {
            need->step = i;
            if (&jobfile->steps[i] != step)
                return true;
            report_error(&jobfile->yaml.report, need->place, "the step \"%.60s\" needs itself", step->name);
            return false;
        }
        suggest_offer(&near, jobfile->steps[i].name);
    }
    report_error(&jobfile->yaml.report, need->place, "there is no step \"%.60s\"%s", need->name,
                 suggest_or_list(&near));
    return false;
}

static bool is_free(const struct step *step, const bool *placed)
{
    for (size_t i = 0; i < step->need_count; i++) {
        if (!placed[step->needs[i].step])
            return false;
    }
    return true;
}

/* From any step that could not be placed, what it needs and could not be placed either leads into a circle. */
static void report_circle(struct jobfile *jobfile, const bool *placed)
{
    const struct need *need = NULL;
    struct text circle = {0};
    size_t at = 0, start;

    while (placed[at])
        at++;
    for (size_t steps = 0; steps <= jobfile->step_count; steps++) {
        const struct step *step = &jobfile->steps[at];
        for (need = step->needs; placed[need->step]; need++)
            continue;
        at = need->step;
    }
    /* It has been round by now. Once more, with the names. */
    start = at;
    text_printf(&circle, "\"%.60s\"", jobfile->steps[at].name);
    do {
        for (need = jobfile->steps[at].needs; placed[need->step]; need++)
            continue;
        at = need->step;
        text_printf(&circle, " needs \"%.60s\"", jobfile->steps[at].name);
    } while (at != start && circle.size < 1000);
    report_error(&jobfile->yaml.report, need->place, "steps that need each other never begin: %s", circle.data);
    text_free(&circle);
}

bool needs_order(struct jobfile *jobfile)
{
    bool *placed = arena_get(&jobfile->yaml.arena, jobfile->step_count * sizeof *placed);
    size_t count = 0;
    bool ok = true;

    for (size_t i = 0; i < jobfile->step_count; i++) {
        for (size_t k = 0; k < jobfile->steps[i].need_count; k++)
            ok = find_step(jobfile, &jobfile->steps[i], &jobfile->steps[i].needs[k]) && ok;
    }
    jobfile->order = arena_get(&jobfile->yaml.arena, jobfile->step_count * sizeof *jobfile->order);
    /* Each time the first of the file that can be. */
    for (size_t i = 0; ok && i < jobfile->step_count;) {
        if (placed[i] || !is_free(&jobfile->steps[i], placed)) {
            i++;
            continue;
        }
        placed[i] = true;
        jobfile->order[count++] = i;
        i = 0;
    }
    if (ok && count < jobfile->step_count) {
        report_circle(jobfile, placed);
        ok = false;
    }
    return ok;
}
