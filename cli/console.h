/*
 * cli/console.h - what the programs of a run write, for the one who has started it
 *
 * The output of a job comes when the job has ended, as a whole: first what it wrote to standard output, to standard
 * output, then the rest to standard error. So the outputs of jobs that ran at the same time are never mixed.
 */
#ifndef CLI_CONSOLE_H
#define CLI_CONSOLE_H

#include "cli/history.h"
#include "cli/item.h"
#include "cli/writer.h"

#include <mpool/result.h>
#include <stdbool.h>

struct console {
    struct history *history; /* nothing is shown before it is there */
    struct writer out, err;
    struct text tag;   /* of the job that is shown; empty: none */
    struct text piece; /* of a line that gets it */
    bool mute;         /* standard output is for something else */
    msgpack_zone zone;
};

/* console_open - begin; mute: what programs write to standard output is not shown */
void console_open(struct console *console, struct history *history, bool mute);

/* console_close - what was not written is dropped; the errors stay readable */
void console_close(struct console *console);

/* Called while a reader is slow and a signal has come; for signals_heed(). */
typedef void console_wait(void *user);

/*
 * console_show - take what the program of a job has written, and give back its room in the spool
 *
 * result    in   that of a job of WORK_COMMAND (cli/work/work.h), whatever its end
 * tag       in   the item, for each line to begin with, and a tab; NULL: lines are shown as they are
 * wait      in   called with `user` where writer_flush() says so
 *
 * Returns whether the program has written to standard output, and that is shown.
 */
bool console_show(struct console *console, const mpool_result *result, const struct item *tag, console_wait *wait,
                  void *user);

/*
 * console_flush - write what was taken; console_waits - is there something?
 *
 * What is much is written by console_show() itself, once the journal has the job.
 */
void console_flush(struct console *console, console_wait *wait, void *user);
bool console_waits(const struct console *console);

#endif
