/*
 * tests/proc/sharing.c - what the scenarios of shared objects share
 *
 * Runs in: proc-helper, and its workers.
 */
#include "tests/proc/sharing.h"

#include "tests/proc/helper.h"

#include <pthread.h>
#include <stdio.h>

mpool_process *start_with(const char *function, mpool_handle handle)
{
    mpool_process *process;

    CHECK_OK(mpool_process_start(&(mpool_process_options){.function = function}, &process, "h", handle));
    return process;
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
