/*
 * tests/proc/queues.h - what scenarios of queues share: processes that work between two of them
 */
#ifndef TESTS_PROC_QUEUES_H
#define TESTS_PROC_QUEUES_H

#include "tests/proc/helper.h"

#include <stdlib.h>

/* new_queue - mpool_init(), and a queue. */
mpool_queue *new_queue(uint32_t maxsize, size_t bytes);

/* start_between - a process that runs a function with the handles of two queues and a number. */
mpool_process *start_between(const char *function, mpool_queue *from, mpool_queue *to, int number);

/* find_queues - what such a function was given; false: mpool_error_detail() says why it cannot be found. */
bool find_queues(const msgpack_object *args, mpool_queue **from, mpool_queue **to, int *number);

#endif
