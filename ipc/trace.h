/*
 * ipc/trace.h - what is known of the place where a worker died: two records for each slot
 *
 * A crash record is filled in by the worker's own signal handler, which stores and stops. It is on the slot's page, and
 * as little to be trusted. A trace is the text that the unwinder makes of it, a process that the fork server forks for
 * it. Workers have traces mapped read-only, so nothing but an unwinder gone wrong can spoil them. Both are zeroed
 * before the slot's next worker is forked.
 */
#ifndef MP_IPC_TRACE_H
#define MP_IPC_TRACE_H

#include <mpool/export.h>

#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>

#define MP_CRASH_NO_PC UINT64_MAX

enum mp_crash_state {
    MP_CRASH_NONE,
    MP_CRASH_BEGUN, /* a thread has taken the record */
    MP_CRASH_WHOLE, /* it is filled in */
};

/* Written once, by the thread that raised `state` from NONE. A death half way leaves it BEGUN. */
struct mp_crash {
    _Atomic uint32_t state; /* WHOLE is stored with release after all the others */
    int32_t signal;
    int32_t code;     /* si_code */
    int32_t tid;      /* of the thread */
    uint64_t address; /* si_addr; of meaning if the kernel raised the signal */
    uint64_t pc;      /* the instruction that was interrupted; MP_CRASH_NO_PC on a machine that we do not know */
    uint64_t stack;   /* the stack pointer there, likewise */
    /*
     * errno where it ended: of the thread that crashed, stored before WHOLE; or, where there is no other record, of the
     * thread that called exit().
     */
    _Atomic int32_t error;
};

#define MP_TRACE_BYTES ((size_t)8192)

struct mp_trace {
    _Atomic uint32_t size; /* bytes of text; raised by the unwinder, with release, after the bytes themselves */
    char text[MP_TRACE_BYTES - sizeof(uint32_t)];
};

/* mp_trace_say - add to the text, as far as there is room. Calls: the unwinder; the fork server when that is dead. */
void mp_trace_say(struct mp_trace *trace, const char *format, ...) MPOOL_PRINTF(2, 3);

/*
 * mp_trace_copy - the text, with a NUL at its end and nothing in it that a terminal would obey
 *
 * Returns its size. Calls: any process.
 */
size_t mp_trace_copy(const struct mp_trace *trace, char text[MP_TRACE_BYTES]);

#endif
