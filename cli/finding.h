/*
 * cli/finding.h - what the job of a program has reported
 *
 * The worker's map (cli/work/work.h), taken apart. What comes from a worker is input: what is not as agreed on is as if
 * it were not there.
 */
#ifndef CLI_FINDING_H
#define CLI_FINDING_H

#include <mpool/result.h>
#include <msgpack.h>
#include <stdint.h>

struct finding_piece {
    int stream;
    uint64_t offset, size;
};

struct finding {
    msgpack_object value;          /* the program's result; nil */
    msgpack_object_bin streams[3]; /* by their number; the end of what was written, the first is empty */
    const msgpack_object *pieces;  /* what was before, in the spool */
    uint32_t piece_count;
};

/* finding_read - take a result apart; it lives in the zone and the result */
void finding_read(const mpool_result *result, msgpack_zone *zone, struct finding *finding);

/* finding_piece - number i of its pieces; its size is 0 if it is none */
struct finding_piece finding_piece(const struct finding *finding, uint32_t i);

#endif
