/*
 * cli/writer.h - bytes for a reader that may be slow, or gone
 *
 * What is to be written is added to `waiting`. After an error nothing is written any more, and the error stays:
 * EPIPE, nobody reads; ECANCELED, a signal has asked to stop at once and the reader did not go on; or what the system
 * says, which people have to be told.
 */
#ifndef CLI_WRITER_H
#define CLI_WRITER_H

#include "cli/tally.h"
#include "cli/text.h"

struct writer {
    const char *name; /* for messages */
    int fd;
    size_t most;         /* bytes of one write */
    struct text waiting; /* not written yet */
    uint64_t before;     /* bytes before those that wait */
    struct text owed;    /* struct writer_job, in their order */
    int error;           /* 0: none */
};

/* A job that is done, and whose output is not written. */
struct writer_job {
    uint64_t row; /* see history_revoke() */
    struct tally *tally;
    uint64_t end; /* of its output */
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

/* writer_owe - what waits ends with the output of a job that is done; `row` and `tally` are those of it */
void writer_owe(struct writer *writer, uint64_t row, struct tally *tally);

/* writer_lost - after an error: a job whose output was not written, each once; false: there is no more */
bool writer_lost(struct writer *writer, struct writer_job *job);

/* writer_forget - this job is owed no more, if it was */
void writer_forget(struct writer *writer, uint64_t row);

/* writer_failure - the error in words; NULL: there is none, or none that people have to be told */
const char *writer_failure(const struct writer *writer);

#endif
