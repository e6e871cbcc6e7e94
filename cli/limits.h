/*
 * cli/limits.h - what a job may take, how often it is tried, and when its turn comes
 */
#ifndef CLI_LIMITS_H
#define CLI_LIMITS_H

#include "cli/form.h"
#include "cli/yaml.h"

#include <stdbool.h>
#include <stdint.h>

/* Their keys, for tables of struct schema_key. One a line; the formatter would fill lines with them. */
/* clang-format off */
#define LIMITS_KEYS \
    {"timeout", KEY_MAY, &limits_timeout_form, "How long an attempt may take: 30s, {soft: 20s, hard: 30s}, 300%"}, \
    {"retries", KEY_MAY, &limits_retries_form, "Attempts after the first: 3, or {max: 3, backoff: 1s, on: [oom]}"}, \
    {"memory", KEY_MAY, &schema_size_form, "Memory that an attempt may have: 512MiB, or none"}, \
    {"cpu_time", KEY_MAY, &schema_duration_form, "CPU time that an attempt may use, or none"}, \
    {"delay", KEY_MAY, &schema_duration_form, "From when a job could begin to its first attempt, at least"}, \
    {"priority", KEY_MAY, &limits_priority_form, "Jobs of a higher one go first; 0 by default"}, \
    {"at_most", KEY_MAY, &limits_at_most_form, "So many of the jobs at a time, whatever there are workers"}, \
    {"idempotent", KEY_MAY, &schema_boolean_form, "false: within a run, a job that may have begun is not begun again"}
/* clang-format on */

struct limits {
    int64_t timeout_ms;      /* 0: none */
    int64_t soft_timeout_ms; /* 0: none */
    int64_t timeout_percent; /* of the median of the step's jobs, in place of these two; 0: none */
    unsigned retries;        /* attempts after the first */
    int64_t backoff_ms;      /* before the second attempt; 0: none */
    const char *retry_on;    /* mpool_task.retry_on, in the arena of the file; NULL: the usual ends */
    int64_t memory_bytes;    /* 0: any */
    int64_t cpu_ms;          /* CPU time; 0: any */
    int64_t delay_ms;        /* before the first attempt */
    int priority;            /* MPOOL_PRIORITY_MIN to MPOOL_PRIORITY_MAX */
    unsigned at_most;        /* so many of a step's jobs at a time; 0: any */
    bool once;               /* not idempotent: never begun twice */
};

/*
 * limits_read - read the keys of LIMITS_KEYS that a map has
 *
 * limits    in/out  each that is there takes the place of what was, as a whole
 *
 * What is wrong is reported, and then the result is false.
 */
bool limits_read(struct yaml *yaml, const struct yaml_node *map, struct limits *limits);

extern const struct form limits_timeout_form;
extern const struct form limits_retries_form;
extern const struct form limits_priority_form;
extern const struct form limits_at_most_form;

#endif
