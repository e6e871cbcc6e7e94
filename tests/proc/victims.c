/*
 * tests/proc/victims.c - processes that use a shared object, and are killed at random moments
 *
 * Runs in: proc-helper, and its workers.
 */
#include "tests/proc/victims.h"

#include "tests/proc/sharing.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

/* Sanitizers make everything slow, and are here to find something else. */
#if defined(__SANITIZE_ADDRESS__)
#define KILLS 15
#else
#define KILLS 40
#endif
#define LEAST_PERCENT 5 /* of the kills, in each class */
#define LONGEST_US 400  /* of what a victim does */
#define PAUSE_US 1500   /* at most, between two kills */

int64_t now_us(void)
{
    struct timespec now;

    (void)clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000000 + now.tv_nsec / 1000;
}

static void rest(uint64_t *random, uint64_t most_us)
{
    const struct timespec pause = {.tv_nsec = (long)(dice(random) % most_us) * 1000};

    (void)nanosleep(&pause, NULL);
}

/* ---- in a victim ------------------------------------------------------------------------------------------------- */

void victim_says(const struct victim *victim, enum phase phase)
{
    atomic_store(&PHASE(victim->slot), (int)phase);
}

void victim_rests(struct victim *victim)
{
    rest(&victim->random, LONGEST_US);
}

int64_t victim_has_time(struct victim *victim)
{
    return now_us() + (int64_t)(dice(&victim->random) % LONGEST_US);
}

/* ---- in the host ------------------------------------------------------------------------------------------------- */

void ward_start(struct ward *ward, int slot)
{
    const mpool_process_options options = {.function = ward->function};

    atomic_store(&PHASE(slot), STARTS);
    CHECK_OK(mpool_process_start(&options, &ward->processes[slot], "[h,i,i]", ward->handle, ward->argument, slot));
}

void ward_open(struct ward *ward)
{
    ward->random = (uint64_t)now_us();
    for (int slot = 0; slot < ward->victims; slot++)
        ward_start(ward, slot);
}

enum phase ward_kill(struct ward *ward, int *slot)
{
    enum phase phase;

    for (int i = 0; i < ward->victims; i++)
        AWAIT(atomic_load(&PHASE(i)) != STARTS);
    *slot = (int)(dice(&ward->random) % (uint64_t)ward->victims);
    rest(&ward->random, PAUSE_US);
    CHECK(kill(mpool_process_pid(ward->processes[*slot]), SIGKILL) == 0);
    join_free(ward->processes[*slot], -SIGKILL);
    phase = (enum phase)atomic_load(&PHASE(*slot));
    ward->killed[phase]++;
    return phase;
}

int ward_kills(const struct ward *ward, enum phase phase)
{
    int sum = 0;

    if (phase != PHASES)
        return ward->killed[phase];
    for (int i = 0; i < PHASES; i++)
        sum += ward->killed[i];
    return sum;
}

static bool every_class_was_hit(const struct ward *ward)
{
    int least = ward_kills(ward, PHASES) * LEAST_PERCENT;

    for (int phase = IDLE; phase <= HOLDS; phase++)
        if (ward->killed[phase] * 100 < least)
            return false;
    return true;
}

long kills_asked_for(long by_default)
{
    const char *asked = getenv("MPOOL_KILLS");

    return asked != NULL ? strtol(asked, NULL, 10) : by_default;
}

/* A few more than asked for, if it was bad luck that a class was not hit. */
bool ward_is_through(const struct ward *ward)
{
    long kills = kills_asked_for(KILLS);

    return ward->killed[WAITS] + ward->killed[HOLDS] >= kills &&
           (every_class_was_hit(ward) || ward_kills(ward, PHASES) > 10 * kills);
}

void ward_close(struct ward *ward)
{
    static const char *const names[PHASES] = {"starting", "idle", "about to wait", "waiting", "holding", "leaving"};
    for (int slot = 0; slot < ward->victims; slot++) {
        CHECK(kill(mpool_process_pid(ward->processes[slot]), SIGKILL) == 0);
        join_free(ward->processes[slot], -SIGKILL);
    }
    (void)printf("%s: %d kills:", ward->name, ward_kills(ward, PHASES));
    for (int phase = IDLE; phase < PHASES; phase++)
        (void)printf(" %d %s%s", ward->killed[phase], names[phase], phase + 1 < PHASES ? "," : "\n");
    (void)fflush(stdout);
    CHECK(every_class_was_hit(ward));
}
