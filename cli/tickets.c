/*
 * cli/tickets.c - what is to be remembered of the jobs that are under way
 *
 * Runs in: the mpool command, on its main thread. Owns: a copy of the item of each job that is under way.
 */
#include "cli/tickets.h"

#include "cli/memory.h"

#include <stdlib.h>

/* A ticket keeps its memory for the next item; an unusually long one is not kept. */
#define KEPT_MAX 4096

uint64_t tickets_take(struct tickets *tickets, uint64_t job, uint64_t index, const struct item *item,
                      const struct key *key)
{
    size_t number = tickets->free;

    if (number == 0) {
        tickets->list = memory_more(tickets->list, &tickets->room, tickets->count, sizeof *tickets->list);
        tickets->list[tickets->count] = (struct ticket){0};
        number = ++tickets->count;
    }
    struct ticket *ticket = &tickets->list[number - 1];
    tickets->free = ticket->next_free;
    ticket->next_free = 0;
    ticket->job = job;
    ticket->index = index;
    ticket->key = *key;
    size_t size = item_copy_size(item);
    if (size > ticket->room) {
        ticket->room = size < 64 ? 64 : size;
        ticket->bytes = memory_grow(ticket->bytes, ticket->room);
    }
    item_copy(&ticket->item, item, ticket->bytes);
    ticket->size = size;
    tickets->bytes += size;
    tickets->used++;
    return number - 1;
}

const struct ticket *tickets_get(const struct tickets *tickets, uint64_t number)
{
    return &tickets->list[number];
}

void tickets_give_back(struct tickets *tickets, uint64_t number)
{
    struct ticket *ticket = &tickets->list[number];

    tickets->bytes -= ticket->size;
    tickets->used--;
    ticket->job = 0;
    if (ticket->room > KEPT_MAX) {
        free(ticket->bytes);
        ticket->bytes = NULL;
        ticket->room = 0;
    }
    ticket->next_free = tickets->free;
    tickets->free = number + 1;
}

void tickets_free(struct tickets *tickets)
{
    for (size_t i = 0; i < tickets->count; i++)
        free(tickets->list[i].bytes);
    free(tickets->list);
    *tickets = (struct tickets){0};
}
