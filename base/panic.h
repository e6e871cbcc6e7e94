/*
 * base/panic.h - the end of a process of ours whose own invariants do not hold
 *
 * For workers and the fork server only, in release builds too. In the host the pool turns BROKEN instead.
 */
#ifndef MP_BASE_PANIC_H
#define MP_BASE_PANIC_H

#include <mpool/export.h>

/* mp_panic - one line on stderr, then abort(). */
_Noreturn void mp_panic(const char *format, ...) MPOOL_PRINTF(1, 2);

#define MP_MUST(condition)                                                                                             \
    do {                                                                                                               \
        if (!(condition))                                                                                              \
            mp_panic("%s:%d: %s", __FILE__, __LINE__, #condition);                                                     \
    } while (0)

#endif
