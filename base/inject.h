/*
 * base/inject.h - fault points, for the tests
 *
 * MP_INJECT("worker.claimed") does nothing unless mpool was built with MPOOL_INJECT and the environment variable
 * MPOOL_FAULT names the point:
 *
 *     MPOOL_FAULT=point:action[@percent][,point:action[@percent]...]
 *
 * action is kill, segv, exit, stop, or delay=MICROSECONDS; percent is how often it strikes, 100 unless given.
 */
#ifndef MP_BASE_INJECT_H
#define MP_BASE_INJECT_H

#ifdef MPOOL_INJECT
#define MP_INJECT(point) mp_inject(point)

/* mp_inject - strike, if MPOOL_FAULT says so. */
void mp_inject(const char *point);
#else
#define MP_INJECT(point) ((void)0)
#endif

#endif
