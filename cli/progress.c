/*
 * cli/progress.c - the live line on standard error
 *
 *     sizes  48,123 of 57,162 done  2 failed  180,300/s  bytes 9,876,543,210  files 48,121
 *
 * Runs in: the mpool command, on its main thread. Owns: the last line of the terminal, while it is drawn.
 *
 * A terminal gets one line that is drawn again at most ten times a second, and is cut to what fits, so that it never
 * wraps; its width is asked for each time. Nothing is drawn by a process in the background: the terminal might stop it
 * for that. What is no terminal, or one that knows no control sequences, gets a line every second, if asked for.
 */
#include "cli/progress.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#define REDRAW_NS INT64_C(100000000)
#define LINE_NS INT64_C(1000000000)
#define COLUMNS_DEFAULT 80

static enum {
    NOTHING = 0,
    LIVE_LINE,
    LINES,
} style;
static bool drawn;          /* there is a line to be cleared */
static int64_t last_ns;     /* when it was drawn */
static uint64_t last_ended; /* jobs by then, of the step */
static const struct run_step *last_step;
static double rate; /* jobs a second, smoothed */

void progress_begin(enum progress_mode mode)
{
    const char *term = getenv("TERM");
    bool terminal = isatty(STDERR_FILENO) == 1 && term != NULL && *term != '\0' && strcmp(term, "dumb") != 0;

    style = NOTHING;
    if (mode != PROGRESS_NEVER && terminal)
        style = LIVE_LINE;
    else if (mode == PROGRESS_ALWAYS)
        style = LINES;
    last_ns = clock_coarse_ns();
}

/* Of the last second, more or less: a new rate has a fifth of the weight. */
static void measure(const struct run_step *step, int64_t now_ns)
{
    uint64_t ended = tally_ended(&step->tally);

    if (step != last_step) {
        last_step = step;
        last_ended = 0;
        rate = 0;
    }
    double seconds = (double)(now_ns - last_ns) / 1e9;
    double now = seconds > 0 ? (double)(ended - last_ended) / seconds : rate;
    rate = rate > 0 ? rate * 0.8 + now * 0.2 : now;
    last_ended = ended;
}

static void add_totals(struct text *line, const struct run_step *step)
{
    struct figure figure;

    for (size_t i = 0; i < step->step->total_count; i++) {
        const struct total *total = &step->step->totals[i];
        /* The digits of a large product take longer than the line may. */
        if (total->kind == AGGREGATE_PRODUCT || !ledger_figure(&step->ledger.accounts[i], &figure))
            continue;
        text_printf(line, "  %s ", total->name);
        figure_show(line, &figure);
        figure_free(&figure);
    }
}

static void add_count(struct text *line, uint64_t count, const char *what)
{
    if (count == 0)
        return;
    text_string(line, "  ");
    text_number(line, count);
    text_string(line, what);
}

static void make_line(struct text *line, const struct run *run)
{
    const struct run_step *step = run->current;
    uint64_t left = plan_left(&run->plan);

    text_printf(line, "%s  ", step->step->name);
    text_number(line, step->tally.ended[MPOOL_DONE]);
    if (left != SOURCE_UNKNOWN && run->plan.items <= UINT64_MAX - left) {
        text_string(line, " of ");
        text_number(line, run->plan.items + left);
    }
    text_string(line, " done");
    add_count(line, tally_failed(&step->tally), " failed");
    add_count(line, step->tally.ended[MPOOL_CANCELLED], " cancelled");
    add_count(line, step->tally.current, " up to date");
    text_string(line, "  ");
    text_number(line, (unsigned long long)rate);
    text_string(line, "/s");
    add_totals(line, step);
}

/* The columns that a line may have; the last one is left free, for some terminals wrap when it is written. */
static size_t columns(void)
{
    struct winsize size = {0};

    if (ioctl(STDERR_FILENO, TIOCGWINSZ, &size) != 0 || size.ws_col == 0)
        return COLUMNS_DEFAULT - 1;
    return size.ws_col - 1U;
}

static void put(const struct text *text)
{
    /* A terminal that is gone is no reason to stop. */
    if (text->size > 0 && write(STDERR_FILENO, text->data, text->size) < 0)
        style = NOTHING;
}

bool progress_tick(const struct run *run, int64_t now_ns)
{
    struct text line = {0}, text = {0};

    if (now_ns - last_ns < (style == LINES ? LINE_NS : REDRAW_NS))
        return false;
    if (style != NOTHING && run->current != NULL) {
        measure(run->current, now_ns);
        make_line(&line, run);
    }
    last_ns = now_ns;
    if (style == LINES && line.size > 0) {
        text_printf(&text, "%s\n", line.data);
        put(&text);
    } else if (style == LIVE_LINE && line.size > 0 && tcgetpgrp(STDERR_FILENO) == getpgrp()) {
        size_t most = columns();
        text_char(&text, '\r');
        text_add(&text, line.data, line.size < most ? line.size : most);
        text_string(&text, "\033[K");
        put(&text);
        drawn = true;
    }
    text_free(&line);
    text_free(&text);
    return true;
}

void progress_clear(void)
{
    struct text text = {0};

    if (!drawn || tcgetpgrp(STDERR_FILENO) != getpgrp())
        return;
    text_string(&text, "\r\033[K");
    put(&text);
    text_free(&text);
    drawn = false;
}
