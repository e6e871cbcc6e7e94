/*
 * ipc/trace.c - the text of a backtrace, in the arena
 *
 * Runs in: the unwinder and the fork server, which write, one after the other; and the supervisor, which reads.
 *
 * The size may be anything if the writer was broken, so it is bounded on both sides.
 */
#include "ipc/trace.h"

#include <stdarg.h>
#include <stdio.h>

static size_t size_of(const struct mp_trace *trace)
{
    size_t size = atomic_load_explicit(&trace->size, memory_order_acquire);

    return size < sizeof trace->text ? size : sizeof trace->text - 1;
}

void mp_trace_say(struct mp_trace *trace, const char *format, ...)
{
    size_t used = size_of(trace), room = sizeof trace->text - used;
    va_list args;
    int size;

    va_start(args, format);
    size = vsnprintf(trace->text + used, room, format, args);
    va_end(args);
    if (size > 0)
        used += (size_t)size < room ? (size_t)size : room - 1;
    atomic_store_explicit(&trace->size, (uint32_t)used, memory_order_release);
}

size_t mp_trace_copy(const struct mp_trace *trace, char text[MP_TRACE_BYTES])
{
    size_t size = size_of(trace);

    for (size_t i = 0; i < size; i++) {
        unsigned char byte = (unsigned char)trace->text[i];

        text[i] = (char)(byte == '\n' || (byte >= ' ' && byte < 0x7f) ? byte : '?');
    }
    text[size] = '\0';
    return size;
}
