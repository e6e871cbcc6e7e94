/*
 * cli/writer.h - bytes for a reader that may be slow, or gone
 *
 * What is to be written is added to `waiting`. After an error nothing is written any more, and the error stays:
 * EPIPE, nobody reads; ECANCELED, a signal has asked to stop at once and the reader did not go on; or what the system
 * says, which people have to be told.
 */
#ifndef CLI_WRITER_H
#define CLI_WRITER_H

#include "cli/text.h"

#include <stdbool.h>

struct writer {
    const char *name; /* for messages */
    int fd;
    size_t most;         /* bytes of one write */
    struct text waiting; /* not written yet */
    int error;           /* 0: none */
};

/* writer_init - begin to write to a file descriptor; writer_fini - what still waits is dropped, `fd` stays open */
void writer_init(struct writer *writer, const char *name, int fd);
void writer_fini(struct writer *writer);

/*
 * writer_flush - write what waits; for as long as the reader takes
 *
 * Returns false if a signal came that nobody has heeded: the rest waits on, for another call after signals_heed().
 */
bool writer_flush(struct writer *writer);

/* writer_failure - the error in words; NULL: there is none, or none that people have to be told */
const char *writer_failure(const struct writer *writer);

#endif
