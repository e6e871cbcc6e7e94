/*
 * cli/limits.h - how long the attempts at a job may take, and how many there may be
 */
#ifndef CLI_LIMITS_H
#define CLI_LIMITS_H

#include "cli/yaml.h"

#include <stdint.h>

struct limits {
    int64_t timeout_ms;      /* 0: none */
    int64_t soft_timeout_ms; /* 0: none */
    unsigned retries;        /* attempts after the first */
    int64_t backoff_ms;      /* before the second attempt; 0: none */
    const char *retry_on;    /* mpool_task.retry_on, in the arena of the file; NULL: the usual ends */
};

/*
 * limits_read - read `timeout` and `retries` of a map
 *
 * limits    in/out  each of the two that is there takes the place of what was, as a whole
 *
 * What is wrong is reported, and then the result is false.
 */
bool limits_read(struct yaml *yaml, const struct yaml_node *map, struct limits *limits);

#endif
