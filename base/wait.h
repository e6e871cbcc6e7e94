/*
 * base/wait.h - the wait of those who cannot do without memory
 */
#ifndef MP_BASE_WAIT_H
#define MP_BASE_WAIT_H

#include <time.h>

/*
 * mp_wait_for_memory - a short pause, before what failed for want of memory is tried again
 *
 * For the supervisor, between what was committed and what was handed over: to give up there would lose jobs.
 */
static inline void mp_wait_for_memory(void)
{
    const struct timespec pause = {.tv_nsec = 10000000};

    (void)nanosleep(&pause, NULL);
}

#endif
