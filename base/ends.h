/*
 * base/ends.h - how an attempt can end without being done, and sets of such ends
 *
 * The words for them are the same everywhere: those of mpool_status, and the finer exit:N, signal:NAME and oom.
 */
#ifndef MP_BASE_ENDS_H
#define MP_BASE_ENDS_H

#include <mpool/result.h>

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* What waitpid(2) can tell of a process. */
#define MP_EXIT_CODE_MAX 255
#define MP_SIGNAL_MAX 64

/* The longest reason that mp_ends_parse() gives, with its NUL. */
#define MP_ENDS_WHY 256

struct mp_end {
    mpool_status status;
    int signal;    /* CRASHED: what ended the process; 0: no signal did */
    int exit_code; /* FAILED, CRASHED: what the process exited with, 0 to 255; -1: none has exited */
    bool oom;      /* FAILED, CRASHED: memory had run out */
};

/* {0} is the empty set. Equal sets have equal bytes. */
struct mp_ends {
    uint32_t classes;  /* bit n: mpool_status n; bit MP_ENDS_OOM: those for which memory had run out */
    uint32_t signals;  /* bit n: crashes by signal n */
    uint64_t exits[4]; /* bit n % 64 of n / 64: failures and crashes with exit code n */
};

#define MP_ENDS_OOM 31

/*
 * mp_ends_parse - a set from its words, as of mpool_task.retry_on
 *
 * words     in   NULL: failed, crashed and timed out
 * ends      out  set if they are right
 * why       out  else what is wrong, one line of at most `room` bytes; NULL and 0: not wanted
 */
bool mp_ends_parse(const char *words, struct mp_ends *ends, char *why, size_t room);

/* mp_ends_have - is it one of these? */
bool mp_ends_have(const struct mp_ends *ends, const struct mp_end *end);

#endif
