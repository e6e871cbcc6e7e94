/*
 * tests/proc/sharing.c - what the scenarios of shared objects share
 *
 * Runs in: proc-helper, and its workers.
 */
#include "tests/proc/sharing.h"

#include "tests/proc/helper.h"

#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

mpool_process *start_with(const char *function, mpool_handle handle)
{
    mpool_process *process;

    CHECK_OK(mpool_process_start(&(mpool_process_options){.function = function}, &process, "h", handle));
    return process;
}

void start_together(int parties)
{
    atomic_fetch_add(&board->held, 1);
    AWAIT(atomic_load(&board->held) >= parties);
}

bool sleeps(pid_t pid)
{
    char path[64], state = '?';
    FILE *file;

    (void)snprintf(path, sizeof path, "/proc/%d/stat", (int)pid);
    file = fopen(path, "re");
    if (file == NULL)
        return false;
    if (fscanf(file, "%*d (%*[^)]) %c", &state) != 1)
        state = '?';
    (void)fclose(file);
    return state == 'S';
}

uint64_t dice(uint64_t *state)
{
    uint64_t z = *state += UINT64_C(0x9e3779b97f4a7c15);

    z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
    z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
    return z ^ (z >> 31);
}

/* Half of the words are small numbers: these come further. */
void scribble(void *object, size_t bytes, uint64_t seed)
{
    char *from = (char *)object + sizeof(pthread_mutex_t);
    uint32_t *words = (uint32_t *)(void *)from;

    for (size_t i = 0; i < (bytes - sizeof(pthread_mutex_t)) / sizeof *words; i++) {
        uint64_t random = dice(&seed);

        words[i] = random % 2 != 0 ? (uint32_t)(random >> 32) : (uint32_t)(random >> 62);
    }
}

void kill_after(mpool_process *process, int64_t most_us)
{
    static uint64_t random;
    struct timespec moment = {.tv_nsec = (long)(dice(&random) % (uint64_t)(most_us * 1000))};

    (void)nanosleep(&moment, NULL);
    CHECK_OK(mpool_process_kill(process));
    join_free(process, -SIGKILL);
}

unsigned kills_wanted(void)
{
    const char *wanted = getenv("MPOOL_KILLS");

    return wanted != NULL ? (unsigned)strtoul(wanted, NULL, 10) : 100;
}
