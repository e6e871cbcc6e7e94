/*
 * mpool/local.h - a value that each process has of its own
 *
 *     static mpool_local connection = MPOOL_LOCAL(disconnect);
 *
 *     MPOOL_FUNCTION(look_up)
 *     {
 *         struct connection *c = mpool_local_get(&connection);
 *         if (c == NULL)
 *             mpool_local_set(&connection, c = connect_to_database());
 *         ...
 *
 * A static variable is copied into every worker and process with what it held at mpool_init(): a connection or a file
 * position would be shared. A local begins as NULL in each, so the first job of a worker sets it up and the next ones
 * find it; and its destructor is called when the process comes to its orderly end, which atexit() functions of the
 * program are not: in a worker when its pool closes, in a process when its function returns, in the host in
 * mpool_fini(). A process that is killed, crashes, or calls exit() or _exit() calls no destructor.
 */
#ifndef MPOOL_LOCAL_H
#define MPOOL_LOCAL_H

#include <mpool/export.h>

/* A static or global variable of the program; its members are mpool's. */
typedef struct mpool_local {
    void (*destroy)(void *value);
    void *value;
    unsigned process;
    struct mpool_local *next;
} mpool_local;

/* MPOOL_LOCAL - the initial value; destroy is called with a value that is not NULL, and may be NULL. */
#define MPOOL_LOCAL(destroy)                                                                                           \
    {                                                                                                                  \
        (destroy), 0, 0, 0                                                                                             \
    }

/* mpool_local_get - what this process has set; NULL if nothing. Calls: any thread of any process. */
MPOOL_API void *mpool_local_get(const mpool_local *local);

/*
 * mpool_local_set - set this process's value; the one before is not destroyed
 *
 * Destructors are called in the opposite order of the first mpool_local_set() of each, on the main thread.
 * Calls: any thread of any process.
 */
MPOOL_API void mpool_local_set(mpool_local *local, void *value);

#endif
