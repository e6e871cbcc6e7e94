/*
 * cli/stages.c - how a run ends early, stage by stage
 *
 * Runs in: the mpool command, on its main thread. Owns: nothing.
 *
 *   a signal, once (^C)     the pool is drained: the jobs that run come to their end, the others are cancelled
 *   again, or SIGTERM       these are asked to stop, programs by SIGTERM, and killed five seconds later
 *   once more               the pool is terminated: they are killed
 *   a write error           the same; exit 3, or death by SIGPIPE where nobody reads any more
 *   halt                    as ^C once, or as three times
 *
 * SIGUSR1 ends nothing: what runs is told. Nor does ^Z: all of it stands still until SIGCONT.
 */
#include "cli/stages.h"

#include "cli/board.h"
#include "cli/lines.h"
#include "cli/progress.h"
#include "cli/running.h"
#include "cli/shelf.h"
#include "cli/signals.h"
#include "cli/span.h"

#include <inttypes.h>
#include <stdio.h>
#include <unistd.h>

/* How long jobs have that were told to stop. */
#define GRACE_MS 5000

/* " (longest 1:02:11)" */
static void add_longest(struct text *line, const struct run *run)
{
    int64_t longest = running_longest(run);

    if (longest == 0)
        return;
    text_string(line, " (longest ");
    span_add(line, longest);
    text_char(line, ')');
}

/* `rest` is told where nothing runs any more; NULL: nothing is. */
static void say_stopping(const struct run *run, const char *doing, const char *then, const char *rest)
{
    mpool_pool_stats stats = {0};
    struct text line = {0};

    (void)mpool_pool_stats_read(run->pool, &stats);
    text_printf(&line, "mpool: %s ", doing);
    if (stats.jobs_running == 0 && rest == NULL) {
        text_clear(&line);
    } else if (stats.jobs_running == 0) {
        text_string(&line, rest);
    } else {
        text_number(&line, stats.jobs_running);
        text_printf(&line, " running job%s", stats.jobs_running == 1 ? "" : "s");
        add_longest(&line, run);
        text_printf(&line, "; ^C again %s %s\n", then, stats.jobs_running == 1 ? "it" : "them");
    }
    progress_clear();
    text_write(&line, stderr);
    text_free(&line);
}

/* The stages of an end, each of which was asked for, or is due because nobody reads what is written. */
static void stop(struct run *run, enum run_stage stage)
{
    if (run->iter != NULL)
        mpool_iter_stop(run->iter);
    if (stage >= RUN_FINISHING && run->stage < RUN_FINISHING) {
        if (stage == RUN_FINISHING)
            say_stopping(run, "finishing", "stops", "what is to be written; ^C again stops it\n");
        (void)mpool_pool_drain(run->pool);
    }
    if (stage == RUN_STOPPING && run->stage < RUN_STOPPING && run->iter != NULL) {
        say_stopping(run, "stopping", "kills", NULL);
        (void)mpool_iter_cancel(run->iter, GRACE_MS);
    }
    if (stage == RUN_KILLING && run->stage < RUN_KILLING)
        (void)mpool_pool_terminate(run->pool);
    run->stage = stage;
    atomic_store(&board_run(board_own())->stage, (int)stage);
}

/* SIGUSR1 */
static void tell(struct run *run)
{
    struct text lines = {0};

    running_tell(run, &lines);
    progress_clear();
    text_write(&lines, stderr);
    text_free(&lines);
}

/* ^Z: first all that runs, then this process; and when that is continued, all that ran. */
static void stand_still(struct run *run)
{
    progress_clear();
    (void)mpool_pool_pause(run->pool);
    signals_stop();
    (void)mpool_pool_resume(run->pool);
}

void stages_look(void *user)
{
    struct run *run = user;
    int asked = signals_asked() > 0 ? signals_heed() : 0;
    enum run_stage stage = (enum run_stage)asked;

    if (run->console.out.error == 0)
        run->console.out.error = lines_error(STDOUT_FILENO);
    if (run->output.writer.error != 0 || run->joblog.writer.error != 0 || run->console.out.error != 0 ||
        run->placing.error != 0 || shelves_error() != 0 || history_failure(&run->history) != NULL)
        stage = RUN_KILLING;
    if (stage > run->stage)
        stop(run, stage);
    if (signals_stop_wanted())
        stand_still(run);
    if (signals_curious())
        tell(run);
    running_describe(run);
}

void stages_halt(struct run *run, const struct halt *halt)
{
    const struct tally *tally = &run->current->tally;
    uint64_t count = halt->success ? tally->ended[MPOOL_DONE] : tally_failed(tally);

    if (run->stage > RUN_ON)
        return;
    progress_clear();
    (void)fprintf(stderr, "mpool: %s: %" PRIu64 " job%s %s, and `halt` ends the run\n", run->current->step->name, count,
                  count == 1 ? "" : "s", halt->success ? "done" : "failed");
    run->halted_well = halt->success;
    /* Said already: not as ^C would. */
    (void)mpool_iter_stop(run->iter);
    (void)mpool_pool_drain(run->pool);
    run->stage = RUN_FINISHING;
    atomic_store(&board_run(board_own())->stage, RUN_FINISHING);
    if (halt->when == HALT_NOW)
        stop(run, RUN_KILLING);
}
