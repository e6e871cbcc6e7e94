/*
 * pool/autopsy.h - a worker that is to die is looked at first
 *
 * Who crashes, stops with a crash record on its page; who has run out of time, is stopped. Then an unwinder
 * (pool/unwind.h), a child of the fork server, writes down where it is, and then it may die. The fork server goes on
 * meanwhile: at most MP_AUTOPSIES unwinders work at a time, each for at most MP_AUTOPSY_MS, and nobody waits for one
 * longer than MP_AUTOPSY_WAIT_MS.
 */
#ifndef MP_POOL_AUTOPSY_H
#define MP_POOL_AUTOPSY_H

#include "pool/children.h"

#include <stdbool.h>
#include <stdint.h>

#define MP_AUTOPSIES 4
#define MP_AUTOPSY_MS 2000
#define MP_AUTOPSY_WAIT_MS 250

/* mp_autopsy_stopped - a child has stopped: if that is its crash, it is looked at, and then continued. */
void mp_autopsy_stopped(struct mp_child *child);

/* mp_autopsy_then_kill - stop a child that lives, look at it, and then kill it. */
void mp_autopsy_then_kill(struct mp_child *child);

/* mp_autopsy_died - a child is dead: there is nothing to be looked at any more. */
void mp_autopsy_died(struct mp_child *child);

/* mp_autopsy_ended - a dead child of this number that is no worker: true if it was an unwinder. */
bool mp_autopsy_ended(pid_t pid);

/* mp_autopsy_has - is this an unwinder? */
bool mp_autopsy_has(pid_t pid);

/* mp_autopsy_turn - start those that can be, and end those that take too long. */
void mp_autopsy_turn(void);

/* mp_autopsy_wait_ms - until the next mp_autopsy_turn() at the latest; -1: none is needed. */
int mp_autopsy_wait_ms(void);

#endif
