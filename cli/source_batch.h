/*
 * cli/source_batch.h - the items of a source, several to a job
 */
#ifndef CLI_SOURCE_BATCH_H
#define CLI_SOURCE_BATCH_H

#include "cli/source.h"

/* The most items of a batch. */
#define SOURCE_BATCH_MAX 100000

/* source_batch_open - a source that gives the items of another one as lists of `most`; the last one may be shorter */
struct source *source_batch_open(struct source *inner, size_t most);

#endif
