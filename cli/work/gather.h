/*
 * cli/work/gather.h - what a program writes, kept until its job has ended
 *
 * Each stream has a buffer, which goes along with the job's result. Whenever that is full it goes into the spool as a
 * piece, and the result says where the pieces are: so a job can write more than there is memory.
 */
#ifndef CLI_WORK_GATHER_H
#define CLI_WORK_GATHER_H

#include "cli/lines.h"
#include "cli/text.h"
#include "cli/work/launch.h"

#include <msgpack.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Bytes of a stream in memory: those of a result, and one that would be too many. */
#define GATHER_RESULT_MAX ((size_t)64 << 10)
#define GATHER_ROOM (GATHER_RESULT_MAX + 1)

/* Bytes of what a program said last that are kept. */
#define GATHER_SAID_MAX 300

/* A piece of a stream in the spool. */
struct gather_piece {
    int stream; /* STDOUT_FILENO, STDERR_FILENO */
    uint64_t offset, size;
};

struct gather_stream {
    char *data; /* GATHER_ROOM bytes, kept from job to job */
    size_t size;
    bool lines; /* they are written as they come, and what is here has no end yet */
};

/* {0}, and then one for all jobs of a worker. */
struct gather {
    struct gather_stream streams[3]; /* by the number of their descriptor; the first is not used */
    struct gather_piece *pieces;     /* in the order in which they were written */
    size_t piece_count, piece_room;
    int error;       /* of the spool; 0: none. What came afterwards is lost. */
    const char *tag; /* for each line to begin with, where lines are written as they come; NULL: none */
    struct lines_patience patience;
    char said[GATHER_SAID_MAX]; /* the last line of standard error, of those that were written */
    size_t said_size;
    struct text scratch;
};

/* gather_begin - forget what the job before has written */
void gather_begin(struct gather *gather);

/*
 * gather_lines - write the lines of the streams that the order shows so (cli/lines.h), and gather the others only
 *
 * patience  in   for while a reader is slow; gather_wait() may call it
 */
void gather_lines(struct gather *gather, const struct order *order, struct lines_patience patience);

/*
 * gather_wait - take what the program writes, until it ends or the time is over
 *
 * Returns true when it has ended; all that it has written is there then. What others write that it has started is not
 * waited for.
 */
bool gather_wait(struct gather *gather, struct launch *launch, int timeout_ms);

/* gather_finish - the program has ended: write what is left of its lines. One without an end gets one. */
void gather_finish(struct gather *gather);

/* gather_said - the last line of standard error that has something in it, at most GATHER_SAID_MAX bytes; its size */
size_t gather_said(const struct gather *gather, const char **line);

/* gather_is_result - is all that the stream had in memory, and no more than a result may have? */
bool gather_is_result(const struct gather *gather, int number);

/* gather_pack - append {"out": bytes, "err": bytes, "spool": [[stream, offset, size] ...]}'s keys and values */
void gather_pack(const struct gather *gather, bool with_out, msgpack_packer *packer);

#define GATHER_KEYS 3

#endif
