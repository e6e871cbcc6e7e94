/*
 * workers/setup.h - what a pool's workers do first, and last
 *
 * The host writes it into the arena when the pool is opened; it is constant from then on.
 */
#ifndef MP_WORKERS_SETUP_H
#define MP_WORKERS_SETUP_H

#include <mpool/init.h>

#include <stdbool.h>
#include <stddef.h>

struct mp_setup {
    size_t initializer_size; /* bytes of its name, its NUL included; 0: none */
    size_t finalizer_size;
    size_t args_size;
    char text[]; /* the two names, then a msgpack value that was checked */
};

/* mp_setup_name - the initializer's or the finalizer's name; NULL: there is none. */
const char *mp_setup_name(const struct mp_setup *setup, bool first);

struct mpool_job;

/*
 * mp_setup_run - call the initializer, or the finalizer
 *
 * setup     in   NULL: nothing to do
 * job       in   the worker's; afterwards job->reason has why it failed
 *
 * False: it failed.
 */
bool mp_setup_run(const struct mp_setup *setup, struct mpool_job *job, bool first);

#endif
