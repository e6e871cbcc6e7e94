/*
 * pool/pace.c - how long a function's jobs take, and how many of them make a frame
 *
 * Runs in: the supervisor.
 */
#include "pool/pace.h"

#define FRAME_NS UINT64_C(10000000) /* the work in a frame */
#define TRIP_NS UINT64_C(1000000)   /* a frame with less work than this costs more than it brings */

static uint64_t least(uint64_t a, uint64_t b)
{
    return a < b ? a : b;
}

static uint64_t greatest(uint64_t a, uint64_t b)
{
    return a > b ? a : b;
}

void mp_pace_learn(struct mp_pace *pace, uint64_t busy_ns, uint32_t count)
{
    uint64_t job_ns = greatest(busy_ns / count, 1);

    if (pace->job_ns == 0 || count >= 256)
        pace->job_ns = job_ns;
    else
        pace->job_ns = greatest((3 * pace->job_ns + job_ns) / 4, 1);
}

uint32_t mp_pace_frame(struct mp_pace *pace, uint32_t most, uint64_t queued, unsigned workers)
{
    uint64_t jobs = 1;

    if (pace->job_ns != 0) {
        uint64_t share = greatest(queued / (2 * (uint64_t)workers), TRIP_NS / pace->job_ns);

        jobs = least(FRAME_NS / pace->job_ns, least(share, MP_PACE_FRAME_JOBS));
        jobs = greatest(least(jobs, 2 * (uint64_t)pace->largest), 1);
    }
    jobs = least(jobs, most);
    if (jobs > pace->largest)
        pace->largest = (uint32_t)jobs;
    return (uint32_t)jobs;
}
