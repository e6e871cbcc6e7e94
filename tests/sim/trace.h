/*
 * tests/sim/trace.h - the last things that happened, for whoever has to understand a violation
 */
#ifndef SIM_TRACE_H
#define SIM_TRACE_H

#include "pool/core.h"

#include <stdbool.h>
#include <stdint.h>

#define TRACE_ROOM 48

enum trace_kind {
    TRACE_EVENT,  /* fed to the core */
    TRACE_ACTION, /* what the core said */
    TRACE_NOTE,   /* what happened in the world */
};

struct trace_entry {
    enum trace_kind kind;
    uint64_t step;
    int64_t now_us;
    union {
        struct mp_event event;
        struct mp_action action;
        struct {
            const char *text;
            unsigned slot;
            int64_t number;
        } note;
    };
};

struct trace {
    bool aloud; /* print everything at once */
    uint64_t step;
    const int64_t *now_us;
    uint64_t count;
    struct trace_entry entries[TRACE_ROOM];
};

void trace_event(struct trace *trace, const struct mp_event *event);
void trace_action(struct trace *trace, const struct mp_action *action);

/* trace_note - `text` is a literal; a slot and a number that say what it is about. */
void trace_note(struct trace *trace, const char *text, unsigned slot, int64_t number);

/* trace_print - what is remembered, oldest first, to stdout. */
void trace_print(const struct trace *trace);

#endif
