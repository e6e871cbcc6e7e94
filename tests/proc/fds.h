/*
 * tests/proc/fds.h - how many file descriptors and threads this process has
 */
#ifndef TESTS_PROC_FDS_H
#define TESTS_PROC_FDS_H

/*
 * count_fds - open file descriptors, but those that nng keeps for the rest of the process's life
 *
 * nng's poller has an epoll descriptor and an eventfd, from the first socket on: one of each is not counted.
 */
unsigned count_fds(void);

/* list_fds - all of them, on stderr. */
void list_fds(void);

/* count_threads - threads that live; one that was joined no more, though the kernel still lists it. */
unsigned count_threads(void);

#endif
