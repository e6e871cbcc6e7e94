/*
 * cli/limits.c - what a job may take, how often it is tried, and when its turn comes
 *
 * Runs in: the mpool command, before anything is forked. Owns: nothing.
 */
#include "cli/limits.h"

#include "cli/schema.h"
#include "cli/value.h"

#include <mpool/error.h>
#include <mpool/pool.h>
#include <string.h>

#define RETRIES_MAX 1000000

/* A limit that depends on the other jobs. */
#define PERCENT_LEAST 100
#define PERCENT_MOST 100000

/* What mpool_retry_on_check() takes; several words may be in one text. */
#define END "(failed|crashed|timed_out|oom|exit:[0-9]{1,3}|signal:(SIG)?[A-Z][A-Z0-9]*)"

static const struct schema_key timeout_keys[] = {
    {"soft", KEY_MAY, &schema_duration_form, "After this time the job is asked to stop"},
    {"hard", KEY_MAY, &schema_duration_form, "After this time it is killed"},
    {0},
};
static const struct form both_form = {.kind = FORM_MAP, .keys = timeout_keys, .least = 1};
static const struct form percent_form = {.kind = FORM_PATTERN, .pattern = "^[1-9][0-9]{2,5}%$"};
const struct form limits_timeout_form = FORM_OR(&schema_duration_form, &both_form, &percent_form);

static const struct form number_form = {.kind = FORM_NUMBER, .least = 0, .most = RETRIES_MAX};
static const struct form end_form = {.kind = FORM_PATTERN, .pattern = "^[ ,]*" END "([ ,]+" END ")*[ ,]*$"};
static const struct form ends_form = {.kind = FORM_LIST, .of = &end_form, .least = 1};

static const struct schema_key retries_keys[] = {
    {"max", KEY_MUST, &number_form, "Attempts after the first"},
    {"backoff", KEY_MAY, &schema_duration_form,
     "The wait before the second attempt, twice as long before each further"},
    {"on", KEY_MAY, &ends_form,
     "The ends of an attempt that are followed by another: failed, exit:75, signal:SEGV, oom"},
    {0},
};
static const struct form retries_form = {.kind = FORM_MAP, .keys = retries_keys};
const struct form limits_retries_form = FORM_OR(&number_form, &retries_form);

const struct form limits_priority_form = {.kind = FORM_NUMBER, .least = MPOOL_PRIORITY_MIN, .most = MPOOL_PRIORITY_MAX};
const struct form limits_at_most_form = {.kind = FORM_NUMBER, .least = 1, .most = MPOOL_WORKERS_MAX};

/* "300%": of a job that took as long as half of them at most, a share would be no limit. */
static bool read_percent(struct report *report, const struct yaml_node *node, struct limits *limits)
{
    limits->timeout_ms = 0;
    if (schema_digits(node->text, node->length - 1, &limits->timeout_percent) &&
        limits->timeout_percent >= PERCENT_LEAST && limits->timeout_percent <= PERCENT_MOST)
        return true;
    report_error(report, node->place, "`timeout` is %d%% to %d%% of the median time of the step's jobs, not %s",
                 PERCENT_LEAST, PERCENT_MOST, value_name(node));
    return false;
}

static bool read_timeout(struct report *report, const struct yaml_node *node, struct limits *limits)
{
    bool ok = true;

    limits->soft_timeout_ms = limits->timeout_percent = 0;
    if (node->kind == YAML_SCALAR) {
        if (node->length > 1 && node->text[node->length - 1] == '%')
            return read_percent(report, node, limits);
        return schema_duration(report, node, "`timeout`", &limits->timeout_ms);
    }
    if (node->kind != YAML_MAP) {
        report_error(report, node->place, "`timeout` is a time, or {soft: 20s, hard: 30s}, not %s", value_name(node));
        return false;
    }
    const struct yaml_node *soft = yaml_get(node, "soft"), *hard = yaml_get(node, "hard");
    limits->timeout_ms = 0;
    ok = schema_keys(report, node, timeout_keys, "`timeout`");
    if (soft == NULL && hard == NULL && ok) {
        report_error(report, node->place, "`timeout` needs \"soft\" or \"hard\" or both");
        return false;
    }
    ok = (soft == NULL || schema_duration(report, soft, "`soft`", &limits->soft_timeout_ms)) && ok;
    ok = (hard == NULL || schema_duration(report, hard, "`hard`", &limits->timeout_ms)) && ok;
    if (ok && limits->timeout_ms > 0 && limits->soft_timeout_ms >= limits->timeout_ms) {
        report_error(report, soft->place, "the soft timeout has to be shorter than the hard one");
        return false;
    }
    return ok;
}

/* The words of a list, as one text. Each is looked at by itself, so that what is wrong is told where it stands. */
static bool read_ends(struct yaml *yaml, const struct yaml_node *list, const char **words)
{
    size_t size = 1; /* for the NUL: the arena gives zeroes */
    bool ok = true;
    char *text;

    if (list->kind != YAML_LIST || list->count == 0) {
        report_error(&yaml->report, list->place, "`on` is a list of words, as in [crashed, \"exit:75\"], not %s",
                     list->kind != YAML_LIST ? value_name(list) : "an empty one");
        return false;
    }
    for (const struct yaml_node *word = list->first; word != NULL; word = word->next) {
        size += word->length + 1;
        if (word->kind != YAML_SCALAR) {
            report_error(&yaml->report, word->place,
                         "an end of an attempt is a word, as crashed or \"exit:75\", not %s", value_name(word));
            ok = false;
        } else if (mpool_retry_on_check(word->text) != MPOOL_OK) {
            report_error(&yaml->report, word->place, "%s", mpool_error_detail());
            ok = false;
        }
    }
    if (!ok)
        return false;
    *words = text = arena_get(&yaml->arena, size);
    for (const struct yaml_node *word = list->first; word != NULL; word = word->next) {
        memcpy(text, word->text, word->length);
        text += word->length;
        *text++ = ' ';
    }
    return true;
}

static bool read_number(struct report *report, const struct yaml_node *node, const char *what, unsigned *retries)
{
    int64_t number = 0;
    bool ok = schema_number(report, node, what, 0, RETRIES_MAX, &number);

    *retries = (unsigned)number;
    return ok;
}

static bool read_retries(struct yaml *yaml, const struct yaml_node *node, struct limits *limits)
{
    const struct yaml_node *max, *backoff, *on;
    bool ok;

    limits->backoff_ms = 0;
    limits->retry_on = NULL;
    if (node->kind != YAML_MAP)
        return read_number(&yaml->report, node, "`retries`", &limits->retries);
    max = yaml_get(node, "max");
    backoff = yaml_get(node, "backoff");
    on = yaml_get(node, "on");
    ok = schema_keys(&yaml->report, node, retries_keys, "`retries`");
    if (max == NULL && ok) {
        report_error(&yaml->report, node->place, "`retries` needs \"max\", as in {max: 3, backoff: 1s}");
        ok = false;
    }
    ok = (max == NULL || read_number(&yaml->report, max, "`max`", &limits->retries)) && ok;
    ok = (backoff == NULL || schema_duration(&yaml->report, backoff, "`backoff`", &limits->backoff_ms)) && ok;
    return (on == NULL || read_ends(yaml, on, &limits->retry_on)) && ok;
}

static bool read_order(struct report *report, const struct yaml_node *map, struct limits *limits)
{
    const struct yaml_node *priority = yaml_get(map, "priority"), *at_most = yaml_get(map, "at_most");
    const struct yaml_node *delay = yaml_get(map, "delay"), *idempotent = yaml_get(map, "idempotent");
    int64_t number = limits->priority, most = limits->at_most;
    bool again = !limits->once;
    bool ok = priority == NULL ||
              schema_number(report, priority, "`priority`", MPOOL_PRIORITY_MIN, MPOOL_PRIORITY_MAX, &number);

    ok = (at_most == NULL || schema_number(report, at_most, "`at_most`", 1, MPOOL_WORKERS_MAX, &most)) && ok;
    ok = (delay == NULL || schema_duration(report, delay, "`delay`", &limits->delay_ms)) && ok;
    ok = (idempotent == NULL || schema_boolean(report, idempotent, "`idempotent`", &again)) && ok;
    limits->priority = (int)number;
    limits->at_most = (unsigned)most;
    limits->once = !again;
    return ok;
}

bool limits_read(struct yaml *yaml, const struct yaml_node *map, struct limits *limits)
{
    const struct yaml_node *timeout = yaml_get(map, "timeout"), *retries = yaml_get(map, "retries");
    const struct yaml_node *memory = yaml_get(map, "memory"), *cpu = yaml_get(map, "cpu_time");
    struct report *report = &yaml->report;
    bool ok = timeout == NULL || read_timeout(report, timeout, limits);

    ok = (retries == NULL || read_retries(yaml, retries, limits)) && ok;
    ok = (memory == NULL || schema_size(report, memory, "`memory`", &limits->memory_bytes)) && ok;
    ok = (cpu == NULL || schema_duration(report, cpu, "`cpu_time`", &limits->cpu_ms)) && ok;
    return read_order(report, map, limits) && ok;
}
