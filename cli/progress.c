/*
 * cli/progress.c - the live line on standard error
 *
 *     sizes  48,123 of 57,162 done  84%  ETA 0:12  2 failed  180,300/s  bytes 9,876,543,210  files 48,121
 *
 * Runs in: the mpool command, on its main thread. Owns: the last line of the terminal, while it is drawn.
 *
 * A terminal gets one line that is drawn again at most ten times a second, and has the parts for which there is
 * room, so that it never wraps; its width is asked for each time. Nothing is drawn by a process in the background:
 * the terminal might stop it for that. What is no terminal, or one that knows no control sequences, gets a line
 * every second, if asked for.
 */
#include "cli/progress.h"

#include "cli/lines.h"
#include "cli/program.h"

#include <inttypes.h>
#include <limits.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#define REDRAW_NS INT64_C(100000000)
#define LINE_NS INT64_C(1000000000)
#define COLUMNS_DEFAULT 80

/* Parts of a line: totals beyond that are not on it. */
#define PARTS_MAX 32

/* What takes longer than that is not told to the second. */
#define ETA_MOST_S 359999

static enum {
    NOTHING = 0,
    LIVE_LINE,
    LINES,
} style;
static bool drawn;          /* there is a line to be cleared */
static int64_t last_ns;     /* when it was drawn */
static uint64_t last_ended; /* jobs by then, of the step */
static const struct run_step *last_step;
static double rate;                           /* jobs a second, smoothed */
static uint64_t retried_last, retried_before; /* attempts of all steps; of the steps before */

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

static uint64_t retries(const struct run *run)
{
    mpool_pool_stats stats = {0};

    (void)mpool_pool_stats_read(run->pool, &stats);
    return stats.attempts_retried;
}

/* Of the last second, more or less: a new rate has a fifth of the weight. */
static void measure(const struct run *run, int64_t now_ns)
{
    const struct run_step *step = run->current;
    uint64_t ended = tally_ended(&step->tally);

    if (step != last_step) {
        last_step = step;
        last_ended = 0;
        rate = 0;
        retried_before = run->steps == step ? 0 : retried_last;
    }
    double seconds = (double)(now_ns - last_ns) / 1e9;
    double now = seconds > 0 ? (double)(ended - last_ended) / seconds : rate;
    rate = rate > 0 ? rate * 0.8 + now * 0.2 : now;
    last_ended = ended;
    retried_last = retries(run);
}

/* ---- what is on the line ----------------------------------------------------------------------------------------- */

/* A part of the line. When there is no room for all, those of a higher rank go first. */
struct part {
    size_t begin, size;
    int rank;
};

enum { RANK_COUNT = 0, RANK_FAILED, RANK_ETA, RANK_NAME, RANK_RATE, RANK_SHARE, RANK_RETRIED, RANK_TOTAL };

struct line {
    struct text text; /* all parts, one behind the other */
    struct part parts[PARTS_MAX];
    size_t count;
};

static struct text *begin_part(struct line *line, int rank)
{
    line->parts[line->count] = (struct part){.begin = line->text.size, .rank = rank};
    return &line->text;
}

static void end_part(struct line *line)
{
    struct part *part = &line->parts[line->count++];

    part->size = line->text.size - part->begin;
}

static void add_number(struct line *line, int rank, uint64_t number, const char *what)
{
    if (number == 0)
        return;
    struct text *text = begin_part(line, rank);
    text_number(text, number);
    text_string(text, what);
    end_part(line);
}

/* "0:07", "12:30", "3:00:00" */
static void add_time(struct text *text, double seconds)
{
    uint64_t left = seconds < ETA_MOST_S ? (uint64_t)(seconds + 0.5) : ETA_MOST_S;

    if (left >= 3600)
        text_printf(text, "%" PRIu64 ":%02" PRIu64 ":%02" PRIu64, left / 3600, left / 60 % 60, left % 60);
    else
        text_printf(text, "%" PRIu64 ":%02" PRIu64, left / 60, left % 60);
}

/* How many of them, and when they will be done if they go on as they did so far. What was resumed took no time. */
static void add_rest(struct line *line, const struct run *run, int64_t now_ns)
{
    const struct tally *tally = &run->current->tally;
    uint64_t left = plan_left(&run->plan), ended = tally_ended(tally);
    bool known = left != SOURCE_UNKNOWN && run->plan.items <= UINT64_MAX - left;
    uint64_t all = known ? run->plan.items + left : 0, ran = ended > tally->resumed ? ended - tally->resumed : 0;
    struct text *text = begin_part(line, RANK_COUNT);

    text_number(text, tally->ended[MPOOL_DONE]);
    if (known) {
        text_string(text, " of ");
        text_number(text, all);
    }
    text_string(text, " done");
    end_part(line);
    if (!known || all == 0)
        return;
    text_printf(begin_part(line, RANK_SHARE), "%d%%", (int)((double)ended * 100 / (double)all));
    end_part(line);
    if (ran == 0 || ended >= all || run->stage != RUN_ON)
        return;
    text = begin_part(line, RANK_ETA);
    text_string(text, "ETA ");
    add_time(text, tally_seconds(tally, now_ns) / (double)ran * (double)(all - ended));
    end_part(line);
}

static void add_totals(struct line *line, const struct run_step *step)
{
    struct figure figure;

    for (size_t i = 0; i < step->step->total_count && line->count < PARTS_MAX; i++) {
        const struct total *total = &step->step->totals[i];
        /* The digits of a large product take longer than the line may. */
        if (total->kind == AGGREGATE_PRODUCT || !ledger_figure(&step->ledger.accounts[i], &figure))
            continue;
        struct text *text = begin_part(line, RANK_TOTAL + (int)i);
        text_printf(text, "%s ", total->name);
        figure_show(text, &figure);
        end_part(line);
        figure_free(&figure);
    }
}

static void make_line(struct line *line, const struct run *run, int64_t now_ns)
{
    const struct run_step *step = run->current;

    text_string(begin_part(line, RANK_NAME), step->step->name);
    end_part(line);
    add_rest(line, run, now_ns);
    add_number(line, RANK_FAILED, tally_failed(&step->tally), " failed");
    add_number(line, RANK_FAILED, step->tally.ended[MPOOL_CANCELLED], " cancelled");
    add_number(line, RANK_RETRIED, retried_last - retried_before, " retried");
    add_number(line, RANK_RETRIED, step->tally.current, " up to date");
    /* Of slow jobs there is less than one a second. */
    text_printf(begin_part(line, RANK_RATE), rate < 10 ? "%.1f/s" : "%.0f/s", rate);
    end_part(line);
    add_totals(line, step);
}

/* The parts for which there is room, with two blanks between; the last of them is cut if need be. */
static void lay_out(const struct line *line, size_t most, struct text *to)
{
    int shown = INT_MAX;
    size_t width;

    do {
        int highest = 0;
        width = 0;
        for (size_t i = 0; i < line->count; i++) {
            const struct part *part = &line->parts[i];
            if (part->rank >= shown)
                continue;
            width += (width > 0 ? 2 : 0) + part->size;
            highest = part->rank > highest ? part->rank : highest;
        }
        if (width <= most || highest == RANK_COUNT)
            break;
        shown = highest;
    } while (true);
    for (size_t i = 0; i < line->count; i++) {
        const struct part *part = &line->parts[i];
        if (part->rank >= shown)
            continue;
        text_string(to, to->size > 0 ? "  " : "");
        text_add(to, line->text.data + part->begin, part->size);
    }
    to->size = to->size < most ? to->size : most;
}

/* ---- drawing ----------------------------------------------------------------------------------------------------- */

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

/*
 * The cursor goes back to where the line begins: a terminal that becomes narrower breaks it in two, and the next line
 * is drawn over the whole of it.
 */
static void draw(const struct line *line)
{
    struct text text = {0}, fits = {0};

    if (!lines_draw())
        return;
    lay_out(line, columns(), &fits);
    text_char(&text, '\r');
    text_add(&text, fits.data, fits.size);
    text_string(&text, "\033[J\r");
    put(&text);
    drawn = true;
    lines_drew();
    text_free(&fits);
    text_free(&text);
}

static void write_line(const struct line *line)
{
    struct text text = {0};

    lay_out(line, SIZE_MAX, &text);
    text_char(&text, '\n');
    put(&text);
    text_free(&text);
}

/* What programs write straight to the terminal, and the line, would be written over each other. */
static bool is_mixed(const struct run *run)
{
    const struct program *program = run->current->step->program;

    return program != NULL && program->straight && (isatty(STDOUT_FILENO) == 1 || isatty(STDERR_FILENO) == 1);
}

bool progress_tick(const struct run *run, int64_t now_ns)
{
    struct line line = {0};

    if (now_ns - last_ns < (style == LINES ? LINE_NS : REDRAW_NS))
        return false;
    if (style != NOTHING && run->current != NULL) {
        measure(run, now_ns);
        make_line(&line, run, now_ns);
        if (style == LINES)
            write_line(&line);
        else if (tcgetpgrp(STDERR_FILENO) == getpgrp() && !is_mixed(run))
            draw(&line);
    }
    last_ns = now_ns;
    text_free(&line.text);
    return true;
}

void progress_clear(void)
{
    struct text text = {0};

    if (!drawn || tcgetpgrp(STDERR_FILENO) != getpgrp())
        return;
    drawn = false;
    if (lines_took_away())
        return;
    text_string(&text, "\r\033[J");
    put(&text);
    text_free(&text);
    lines_cleared();
}
