/*
 * cli/run.h - the state of one `mpool run`, for those who show it
 */
#ifndef CLI_RUN_H
#define CLI_RUN_H

#include "cli/console.h"
#include "cli/failures.h"
#include "cli/history.h"
#include "cli/jobfile.h"
#include "cli/joblog.h"
#include "cli/jobs_file.h"
#include "cli/ledger.h"
#include "cli/options.h"
#include "cli/output.h"
#include "cli/plan.h"
#include "cli/tally.h"

#include <mpool/pool.h>

/* How far a run is on its way to an early end. The numbers are those of signals_asked(). */
enum run_stage {
    RUN_ON = 0,
    RUN_FINISHING, /* no more jobs are begun */
    RUN_STOPPING,  /* those that run are asked to stop */
    RUN_KILLING,   /* and killed */
};

/* One step of the run. */
struct run_step {
    const struct step *step;
    struct tally tally;
    bool writes_values; /* results go into the journal */
    bool skipped;       /* since one that it needs has not come to what it is needed for */
    struct ledger ledger;
};

struct run {
    const struct options *options;
    struct jobfile jobfile;
    mpool_pool *pool;
    struct jobs_file jobs_file; /* of --jobs-file */
    struct run_step *steps;
    struct run_step *current; /* the step that runs; NULL: none */
    mpool_iter *iter;         /* its jobs; NULL: none yet */
    struct console console;   /* what programs write */
    struct plan plan;         /* of the current step */
    struct output output;     /* of --output */
    struct joblog joblog;     /* of --joblog */
    struct writer json;       /* of --json */
    struct failures failures;
    struct history history;
    msgpack_zone zone;      /* of the result that is being counted */
    msgpack_sbuffer packed; /* likewise, for the journal */
    int64_t start_ns;
    enum run_stage stage;
    bool said_nothing; /* that there are no items was told already */
    bool halted_well;  /* since enough jobs were done */
    bool broken;       /* the run could not go on, which was said */
};

/*
 * run_begin - before anything else: what the run's workers will need is registered; false: it cannot be, which was said
 *
 * run_whole - run the jobs of run->jobfile, which was read meanwhile, and release the run; what the program exits with
 */
bool run_begin(struct run *run, const struct options *options);
int run_whole(struct run *run);

/* run_break - a call has failed that has to work for the run to go on: say so */
void run_break(struct run *run, const char *what, mpool_err err);

#endif
