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
    char initializer[MPOOL_NAME_MAX + 1]; /* "": none */
    char finalizer[MPOOL_NAME_MAX + 1];
    size_t args_size;
    char args[]; /* a msgpack value that was checked */
};

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
