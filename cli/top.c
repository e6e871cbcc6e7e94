/*
 * cli/top.c - the jobs with the largest or the smallest numbers
 *
 * Runs in: the mpool command, on its main thread. Owns: nothing; a list belongs to its user, with a copy of each name.
 *
 * The list is short and always sorted: most jobs are compared with its last entry, and that is all.
 */
#include "cli/top.h"

#include "cli/memory.h"

#include <stdlib.h>
#include <string.h>

/* Does a job come before one of the list? */
static bool is_before(bool greatest, const struct number *number, uint64_t index, const struct top_entry *entry)
{
    int order = number_compare(number, &entry->number);

    if (order == 0)
        return index < entry->index;
    return greatest ? order > 0 : order < 0;
}

void top_add(struct top *top, size_t most, bool greatest, const struct number *number, uint64_t index, const char *name,
             size_t size)
{
    size_t at = top->count;

    while (at > 0 && is_before(greatest, number, index, &top->entries[at - 1]))
        at--;
    if (at >= most)
        return;
    if (top->count == most)
        free(top->entries[--top->count].name);
    top->entries = memory_more(top->entries, &top->room, top->count, sizeof *top->entries);
    memmove(&top->entries[at + 1], &top->entries[at], (top->count - at) * sizeof *top->entries);
    top->entries[at] =
        (struct top_entry){.number = *number, .index = index, .name = memory_copy(name, size), .size = size};
    top->count++;
}

void top_free(struct top *top)
{
    for (size_t i = 0; i < top->count; i++)
        free(top->entries[i].name);
    free(top->entries);
    *top = (struct top){0};
}
