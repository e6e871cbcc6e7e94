/*
 * tests/proc/victims.h - processes that use a shared object, and are killed at random moments
 *
 * Each victim says on the board what it is at. The host kills one whenever it likes, and looks only then what the dead
 * one was at: so no moment is preferred, and what was hit is known exactly.
 */
#ifndef TESTS_PROC_VICTIMS_H
#define TESTS_PROC_VICTIMS_H

#include "tests/proc/helper.h"

#include <mpool/mpool.h>
#include <stdbool.h>
#include <stdint.h>

#define VICTIMS_MAX 8

/* What a victim is at. The first and the last one are moments, and no classes of their own. */
enum phase { STARTS, IDLE, ABOUT, WAITS, HOLDS, LEAVES, PHASES };

/* On the board: what a victim is at, and how often it has got what it waited for. */
#define PHASE(slot) (board->begun[slot])
#define MADE(slot) (board->begun[VICTIMS_MAX + (slot)])

/* ---- in a victim ------------------------------------------------------------------------------------------------- */

struct victim {
    int slot;
    uint64_t random;
};

/* victim_says - from now on it is at this. */
void victim_says(const struct victim *victim, enum phase phase);

/* victim_rests - for a random time, asleep. */
void victim_rests(struct victim *victim);

/* victim_has_time - until when to poll: a random time from now, in microseconds of now_us(). */
int64_t victim_has_time(struct victim *victim);

int64_t now_us(void);

/* ---- in the host ------------------------------------------------------------------------------------------------- */

struct ward {
    const char *name;
    const char *function; /* of the victims; its arguments: [handle, argument, slot] */
    mpool_handle handle;
    int argument;
    int victims;
    uint64_t random;
    mpool_process *processes[VICTIMS_MAX];
    int killed[PHASES];
};

/* ward_open - start all victims. */
void ward_open(struct ward *ward);

/* ward_start - start one in the place of one that was killed. */
void ward_start(struct ward *ward, int slot);

/* ward_kill - at a random moment, a random one; its slot and what it was at. */
enum phase ward_kill(struct ward *ward, int *slot);

/* kills_asked_for - by MPOOL_KILLS, or a default. */
long kills_asked_for(long by_default);

/* ward_is_through - have as many kills as were asked for hit one that waited or held something? */
bool ward_is_through(const struct ward *ward);

/* ward_kills - so many victims were killed in such a phase, or in all with PHASES. */
int ward_kills(const struct ward *ward, enum phase phase);

/* ward_close - kill those that are left, say what was hit, and fail if a class was hardly hit at all. */
void ward_close(struct ward *ward);

#endif
