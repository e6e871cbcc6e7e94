/*
 * cli/tally.h - how the jobs of a step have ended so far
 */
#ifndef CLI_TALLY_H
#define CLI_TALLY_H

#include <mpool/result.h>
#include <stdbool.h>
#include <stdint.h>

#define TALLY_STATUSES 6

struct tally {
    uint64_t ended[TALLY_STATUSES]; /* by mpool_status */
    uint64_t resumed;               /* of the done ones, those that were done by an earlier run */
    uint64_t current;               /* of the skipped ones, those that had nothing to make */
    uint64_t pending;               /* not begun when the run was stopped, as far as they are known */
    bool more;                      /* there may be more pending ones, unknown */
    int64_t start_ns, end_ns;       /* 0: not begun; not ended */
};

/* tally_total - all jobs, pending ones included */
uint64_t tally_total(const struct tally *tally);

/* tally_ended - jobs that have ended in some status */
uint64_t tally_ended(const struct tally *tally);

/* tally_failed - jobs that failed, crashed or timed out */
uint64_t tally_failed(const struct tally *tally);

/* tally_bad - jobs that have ended otherwise than done, and were not up to date */
uint64_t tally_bad(const struct tally *tally);

/* tally_add - add the numbers of one to another */
void tally_add(struct tally *sum, const struct tally *tally);

/* tally_seconds - for how long the step has run until `now_ns` */
double tally_seconds(const struct tally *tally, int64_t now_ns);

/* clock_ns - the monotonic clock; clock_coarse_ns - the same to a few milliseconds, cheap enough for each job */
int64_t clock_ns(void);
int64_t clock_coarse_ns(void);

#endif
