/*
 * tests/proc/clients.h - other programs that use a queue of the scenario's: children that were forked before
 * mpool_init() and before nng was used, and so are as good as strangers
 */
#ifndef TESTS_PROC_CLIENTS_H
#define TESTS_PROC_CLIENTS_H

#include "tests/proc/helper.h"

#include <sys/types.h>

/* address - of the scenario's queue, in its TMPDIR; in_directory - another path there. */
const char *address(void);
const char *in_directory(const char *name);

/* fork_client - a child that runs a function, and leaves no file descriptor of its own behind. */
pid_t fork_client(void (*run)(int number), int number);

/* join_client - wait for its end, and check how it was: an exit code, or the negative number of a signal. */
void join_client(pid_t client, int wanted);

/* connect_queue - wait for the scenario's queue, and have it. */
mpool_queue *connect_queue(void);

/* serve - serve a queue at address(). */
mpool_queue_server *serve(mpool_queue *queue);

/* write_file - a file with a text in it; has_text - is it there still? */
void write_file(const char *path, const char *text);
void has_text(const char *path, const char *text);

#endif
