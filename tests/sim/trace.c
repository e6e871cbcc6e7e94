/*
 * tests/sim/trace.c - the last things that happened, for whoever has to understand a violation
 *
 * Runs in: the simulator. Remembering costs a copy; text is made when somebody wants to read it.
 */
#include "tests/sim/trace.h"

#include <inttypes.h>
#include <stdio.h>

static const char *const event_names[] = {
    [MP_JOBS] = "JOBS",           [MP_STARTED] = "STARTED",   [MP_START_FAILED] = "START_FAILED",
    [MP_RESULTS] = "RESULTS",     [MP_RETURNED] = "RETURNED", [MP_SEEN] = "SEEN",
    [MP_UNSENT] = "UNSENT",       [MP_BABBLE] = "BABBLE",     [MP_DIED] = "DIED",
    [MP_TICK] = "TICK",           [MP_CLOSE] = "CLOSE",       [MP_DRAIN] = "DRAIN",
    [MP_TERMINATE] = "TERMINATE", [MP_LOST] = "LOST",         [MP_CANCEL] = "CANCEL",
    [MP_GREW] = "GREW",           [MP_RESIZE] = "RESIZE",
};

static const char *const action_names[] = {
    [MP_SPAWN] = "SPAWN", [MP_SEND] = "SEND",     [MP_RECALL] = "RECALL", [MP_ASK_STOP] = "ASK_STOP",
    [MP_LOOK] = "LOOK",   [MP_KILL] = "KILL",     [MP_BYE] = "BYE",       [MP_COMMIT] = "COMMIT",
    [MP_END] = "END",     [MP_BROKEN] = "BROKEN", [MP_ENDED] = "ENDED",
};

static void print_range(const struct mp_range *range)
{
    printf(" jobs %" PRIu64 "+%u attempts %u crashes %u%s", range->first, range->count, range->attempts, range->crashes,
           range->solo ? " solo" : "");
}

static void print_sight(const struct mp_sight *sight)
{
    printf(" next %u returned %u mark %" PRId64, sight->next, sight->returned, sight->mark_ms);
}

static void print_death(const struct mp_death *death)
{
    printf(" signal %d exit %d%s%s%s", death->signal, death->exit_code, death->out_of_cpu ? " out of CPU time" : "",
           death->oom_killed ? " killed for memory" : "", death->no_memory ? " no memory" : "");
}

static void print_event(const struct mp_event *event)
{
    printf("> %-12s slot %u.%" PRIu64, event_names[event->kind], event->slot, event->generation);
    switch (event->kind) {
    case MP_JOBS:
        print_range(&event->range);
        break;
    case MP_RESULTS:
        printf(" ticket %u count %u busy %" PRIu64 "ns", event->results.ticket, event->results.count,
               event->results.busy_ns);
        for (size_t i = 0; i < event->results.exception_count; i++)
            printf(" %u%s%s", event->results.exceptions[i].at,
                   event->results.exceptions[i].final ? ":final" : ":charged",
                   event->results.exceptions[i].end.oom ? ":no-memory" : "");
        break;
    case MP_RESIZE:
        printf(" workers %u", event->workers);
        break;
    case MP_CANCEL:
        printf(" group %" PRIu64 " number %" PRIu64 " grace %" PRId64, event->wish.group, event->wish.number,
               event->wish.grace_ms);
        break;
    case MP_RETURNED:
    case MP_UNSENT:
        printf(" ticket %u", event->ticket);
        break;
    case MP_DIED:
        print_sight(&event->sight);
        print_death(&event->death);
        break;
    case MP_SEEN:
        print_sight(&event->sight);
        break;
    default:
        break;
    }
}

static void print_action(const struct mp_action *action)
{
    printf("    < %-8s slot %u.%" PRIu64, action_names[action->kind], action->slot, action->generation);
    switch (action->kind) {
    case MP_SEND:
        printf(" ticket %u", action->ticket);
        print_range(&action->range);
        break;
    case MP_COMMIT:
        print_range(&action->range);
        break;
    case MP_END:
        print_range(&action->range);
        printf(" status %d attempts %u", (int)action->status, action->attempts);
        break;
    case MP_ASK_STOP:
        printf(" ticket %u", action->ticket);
        break;
    case MP_RECALL:
        printf(" %s", action->all ? "all" : "half");
        break;
    default:
        break;
    }
}

static void print_entry(const struct trace_entry *entry)
{
    printf("%6" PRIu64 " %12.3fms ", entry->step, (double)entry->now_us / 1000);
    switch (entry->kind) {
    case TRACE_EVENT:
        print_event(&entry->event);
        break;
    case TRACE_ACTION:
        print_action(&entry->action);
        break;
    case TRACE_NOTE:
        printf("      . slot %u: %s %" PRId64, entry->note.slot, entry->note.text, entry->note.number);
        break;
    }
    printf("\n");
}

static struct trace_entry *add(struct trace *trace, enum trace_kind kind)
{
    struct trace_entry *entry = &trace->entries[trace->count++ % TRACE_ROOM];

    entry->kind = kind;
    entry->step = trace->step;
    entry->now_us = *trace->now_us;
    return entry;
}

void trace_event(struct trace *trace, const struct mp_event *event)
{
    struct trace_entry *entry = add(trace, TRACE_EVENT);

    entry->event = *event;
    if (trace->aloud)
        print_entry(entry);
    entry->event.results.exception_count = 0; /* they are gone when this is printed later */
}

void trace_action(struct trace *trace, const struct mp_action *action)
{
    struct trace_entry *entry = add(trace, TRACE_ACTION);

    entry->action = *action;
    if (trace->aloud)
        print_entry(entry);
}

void trace_note(struct trace *trace, const char *text, unsigned slot, int64_t number)
{
    struct trace_entry *entry = add(trace, TRACE_NOTE);

    entry->note.text = text;
    entry->note.slot = slot;
    entry->note.number = number;
    if (trace->aloud)
        print_entry(entry);
}

void trace_print(const struct trace *trace)
{
    uint64_t first = trace->count > TRACE_ROOM ? trace->count - TRACE_ROOM : 0;

    for (uint64_t i = first; i < trace->count; i++)
        print_entry(&trace->entries[i % TRACE_ROOM]);
}
