/*
 * pool/pace.h - how long a function's jobs take, and how many of them make a frame
 *
 * A frame is about 10 ms of work: long enough that the 100 to 200 microseconds of a round trip do not count, short
 * enough that a crash or a recall gives back little.
 */
#ifndef MP_POOL_PACE_H
#define MP_POOL_PACE_H

#include <stdint.h>

/* The most jobs in a frame. Prototypes gained nothing beyond 5,000. */
#define MP_PACE_FRAME_JOBS 8192

/* {0} is a function nobody has run yet. */
struct mp_pace {
    uint64_t job_ns;  /* moving average of one job; 0: unknown */
    uint32_t largest; /* jobs in the largest frame so far */
};

/* mp_pace_learn - `count` jobs kept a worker busy for `busy_ns`. */
void mp_pace_learn(struct mp_pace *pace, uint64_t busy_ns, uint32_t count);

/*
 * mp_pace_frame - how many jobs the next frame takes
 *
 * most      jobs that can go into it
 * queued    jobs that wait
 * workers   workers that share them
 *
 * One job while the pace is unknown, at most twice the largest frame so far, and so few that every worker gets two
 * frames of what is queued - unless that would make them shorter than what a round trip costs.
 */
uint32_t mp_pace_frame(struct mp_pace *pace, uint32_t most, uint64_t queued, unsigned workers);

#endif
