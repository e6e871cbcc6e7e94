/*
 * ipc/member.h - the threads that use shared objects, and which of them are dead
 *
 * What a thread holds for longer than a moment (a permit, a place at a barrier, the claim of a queue) is written down
 * in the object under the thread's member number. Who waits for it asks whether that member is alive; if not, the one
 * who asks repairs the object. Nobody else has to notice the death, so it does not matter who died, or how, or when.
 */
#ifndef MP_IPC_MEMBER_H
#define MP_IPC_MEMBER_H

#include <mpool/error.h>

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * A member: its place in the table in the low half, and how often that place was given away in the high half. No two
 * threads ever have the same one. 0 is nobody.
 */
typedef uint64_t mp_member;

/* mp_member_place - from 0 up, as low as can be; no two members that are alive have the same place. */
static inline size_t mp_member_place(mp_member member)
{
    return (uint32_t)member;
}

/*
 * mp_member_self - the calling thread's member
 *
 * Made by the first call on each thread; given up when the thread ends, however it ends. Costs a few reads after that.
 * Errors: MPOOL_E_FULL (as many threads use shared objects as there can be, see MPOOL_MEMBERS_MAX).
 * Calls:  any thread of any process, after an object was found.
 */
mpool_err mp_member_self(mp_member *member);

/* mp_member_alive - has its thread not ended? What is no member counts as dead. A system call is not needed for it. */
bool mp_member_alive(mp_member member);

/* mp_member_places - so many members there can be: all places are below that. The same in every process. */
size_t mp_member_places(void);

/* mp_members_begin - the host, before the first object is made: the table. Errors: MPOOL_E_SYSTEM. */
mpool_err mp_members_begin(void);

#endif
