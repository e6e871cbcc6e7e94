/*
 * cli/run.h - the state of one `mpool run`, for those who show it
 */
#ifndef CLI_RUN_H
#define CLI_RUN_H

#include "cli/failures.h"
#include "cli/jobfile.h"
#include "cli/ledger.h"
#include "cli/options.h"
#include "cli/output.h"
#include "cli/plan.h"
#include "cli/tally.h"

#include <mpool/pool.h>

/* One step of the run. */
struct run_step {
    const struct step *step;
    struct tally tally;
    struct ledger ledger;
};

struct run {
    const struct options *options;
    struct jobfile jobfile;
    mpool_pool *pool;
    struct run_step *steps;
    struct run_step *current; /* the step that runs; NULL: none */
    struct plan plan;         /* of the current step */
    struct output output;     /* of --output */
    struct writer json;       /* of --json */
    struct failures failures;
    int64_t start_ns;
    bool stopping;   /* no more jobs are begun */
    bool terminated; /* those that run are stopped too */
    bool broken;     /* the run could not go on, which was said */
};

#endif
