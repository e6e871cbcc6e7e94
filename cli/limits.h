/*
 * cli/limits.h - what a job may take, how often it is tried, and when its turn comes
 */
#ifndef CLI_LIMITS_H
#define CLI_LIMITS_H

#include "cli/yaml.h"

#include <stdbool.h>
#include <stdint.h>

/* Their keys, for tables of struct schema_key. */
#define LIMITS_KEYS                                                                                                    \
    {"timeout", false}, {"retries", false}, {"memory", false}, {"cpu_time", false}, {"delay", false},                  \
        {"priority", false}, {"at_most", false},                                                                       \
    {                                                                                                                  \
        "idempotent", false                                                                                            \
    }

struct limits {
    int64_t timeout_ms;      /* 0: none */
    int64_t soft_timeout_ms; /* 0: none */
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

#endif
