/*
 * cli/board.h - what each worker of a run does at this moment
 *
 * The board is memory that the command and its workers share, made before mpool_init() so that workers inherit it, in a
 * file without a name. It has a slot for each worker. What a job is of, the command writes beside it (cli/running.c): a
 * worker knows of its job a number, and no step and no item.
 *
 * Other processes find it as /proc/PID/fd/N of the command, by the process id that the journal names (board_of()). So
 * nothing is left of a run that was killed, and there is nothing to be told from what an earlier run has left.
 */
#ifndef CLI_BOARD_H
#define CLI_BOARD_H

#include <mpool/pool.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

/* Bytes of an item on the board. */
#define BOARD_ITEM 160

/* The steps whose state is on the board; of those behind them it is not known. */
#define BOARD_STEPS 1024

enum board_step {
    BOARD_WAITS = 0, /* its turn has not come */
    BOARD_RUNS,
    BOARD_OVER,
};

/* What the command says of a job. */
struct board_caption {
    uint64_t job; /* the number of the job that it is about, from 1; 0: none */
    uint64_t index;
    uint32_t step, size; /* the step's place in the job file; bytes of the item */
    char item[BOARD_ITEM];
};

/* What a worker does, as it was found. */
struct board_work {
    unsigned worker;
    uint64_t job;     /* its number in the run, from 1 */
    int64_t began_ns; /* CLOCK_MONOTONIC, to a few milliseconds */
    pid_t pid;        /* of the worker */
    pid_t program;    /* what it has started for the job; 0: nothing */
    unsigned attempt; /* from 1 */
    bool known;       /* there is a caption: the job has begun some moments ago */
    struct board_caption caption;
};

/* What the command says of the run. */
struct board_run {
    atomic_uint workers;   /* so many are wanted now */
    atomic_uint slots;     /* and so many slots may be in use */
    atomic_int stage;      /* enum run_stage */
    atomic_int step;       /* the place of the one that runs; -1: none */
    _Atomic uint64_t read; /* items of it that were read so far: the jobs of these are queued, run, or have ended */
    atomic_uint at_most;   /* of that step's limits; 0: there is none */
    _Atomic int64_t delay_ms, backoff_ms;
    _Atomic uint8_t steps[BOARD_STEPS]; /* enum board_step, by place */
};

/* Which run a board is of. */
struct board_identity {
    uint64_t device, inode; /* of its journal */
    int64_t run;            /* its row there; 0: it has no journal */
};

/* board_identify - of a run in a journal; false: there is no such file */
bool board_identify(const char *journal, int64_t run, struct board_identity *identity);

struct board;

/* ---- in the command ---------------------------------------------------------------------------------------------- */

/* board_open - make the board, before mpool_init(); 0, or errno */
int board_open(void);
void board_close(void);

/* board_own - that of this process; NULL: there is none */
struct board *board_own(void);

/* board_sign - say whose it is; from now on others can tell */
void board_sign(const struct board_identity *identity);

struct board_run *board_run(struct board *board);

/* board_describe - say what a job is of; `item` is as people may see it, and is cut */
void board_describe(unsigned worker, uint64_t job, size_t step, uint64_t index, const char *item, size_t size);

/* board_program_of - what this worker had started when it wrote last, dead or alive; 0: nothing */
pid_t board_program_of(unsigned worker);

/* ---- in a worker ------------------------------------------------------------------------------------------------- */

/* board_begin - the job is at work; board_end - its function returns. Cheap enough for jobs of 100 ns. */
void board_begin(const mpool_job *job);
void board_end(const mpool_job *job);

/* board_program - what the job has started, as long as it is there; 0: nothing */
void board_program(const mpool_job *job, pid_t program);

/* ---- to be read -------------------------------------------------------------------------------------------------- */

/*
 * board_of - the board of a run in another process
 *
 * pid       in   as the journal has it; it may be of another machine's processes
 *
 * Returns NULL where that process has none, or one of another run, or it cannot be looked at; else to be released with
 * board_leave().
 */
struct board *board_of(pid_t pid, const struct board_identity *identity);
void board_leave(struct board *board);

/* board_read - what a worker does; false: nothing, or its process is gone */
bool board_read(const struct board *board, unsigned worker, struct board_work *work);

/* board_clock_ns - the clock of `began_ns` */
int64_t board_clock_ns(void);

#endif
