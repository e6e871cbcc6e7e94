/*
 * cli/tickets.h - what is to be remembered of the jobs that are under way
 *
 * A job carries the number of its ticket, as the pool's `tag`, and gives it back with its result. There are as many
 * tickets as jobs were ever under way at once, which the pool limits, so memory is bounded however many jobs there are.
 * An item may be much larger than the arguments that are made of it: who takes tickets looks at `bytes`, too.
 */
#ifndef CLI_TICKETS_H
#define CLI_TICKETS_H

#include "cli/item.h"
#include "cli/key.h"

#include <stddef.h>
#include <stdint.h>

struct ticket {
    uint64_t job;     /* its number in the run, from 1; 0: the ticket is free */
    uint64_t index;   /* of the item in its step, from 0 */
    struct key key;   /* in the journal; nothing without one */
    struct item item; /* what it points to is in the ticket */
    char *bytes;
    size_t size, room;
    size_t next_free; /* the number of the next free ticket and 1; 0: none */
};

struct tickets {
    struct ticket *list;
    size_t count, room;
    size_t free;  /* the number of the first free ticket and 1; 0: none */
    size_t used;  /* tickets that are taken */
    size_t bytes; /* of their items */
};

/* tickets_take - a ticket for a job and its item, which is copied; the ticket's number */
uint64_t tickets_take(struct tickets *tickets, uint64_t job, uint64_t index, const struct item *item,
                      const struct key *key);

const struct ticket *tickets_get(const struct tickets *tickets, uint64_t number);
void tickets_give_back(struct tickets *tickets, uint64_t number);
void tickets_free(struct tickets *tickets);

#endif
