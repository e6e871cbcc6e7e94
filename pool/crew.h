/*
 * pool/crew.h - the workers of a pool: how many there are, and when one is replaced
 */
#ifndef MP_POOL_CREW_H
#define MP_POOL_CREW_H

#include "pool/core.h"

/* mp_crew_muster - each step: bring the workers to the number that is wanted, retire those whose time has come. */
void mp_crew_muster(struct mp_core *core);

/* mp_crew_adapt - each step, after dispatch: want more workers if jobs wait, fewer if some have idled for long. */
void mp_crew_adapt(struct mp_core *core);

/* mp_crew_spawn - start a worker in an empty slot. */
void mp_crew_spawn(struct mp_core *core, unsigned index);

/* mp_crew_started - it is ready. */
void mp_crew_started(struct mp_core *core, unsigned index);

/* mp_crew_start_death - it died before it was ready. */
void mp_crew_start_death(struct mp_core *core, unsigned index);

/* mp_crew_vacate - it is dead: the slot is free for the next one, which may start at due_ms. */
void mp_crew_vacate(struct mp_core *core, unsigned index, int64_t due_ms);

/* mp_crew_retire - the worker of a slot gets no more jobs, and goes when it has done those it has. */
void mp_crew_retire(struct mp_core *core, unsigned index, enum mp_retire why);

/* mp_crew_resize - want so many workers from now on, at most; at least 1, at most core->slot_count. */
void mp_crew_resize(struct mp_core *core, unsigned workers);

/* mp_crew_due - when mp_crew_muster() or mp_crew_adapt() wants to be called at the latest. */
int64_t mp_crew_due(const struct mp_core *core);

#endif
