/*
 * pool/program.c - a fork server that is a program of its own: its side
 *
 * Runs in: the worker program, from its main() on; it becomes the fork server. Owns: the mapping of the arena.
 *
 * What the host says (pool/spawn.h) is input: whatever is wrong with it ends the program with a line on stderr, and the
 * host finds its socket closed.
 */
#include "base/error.h"
#include "base/leave.h"
#include "base/panic.h"
#include "ipc/forkpipe.h"
#include "pool/spawn.h"
#include "pool/threads.h"
#include "workers/registry.h"

#include <mpool/init.h>

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Of another version, a message might mean something else; this one is the same in all. */
static _Noreturn void refuse(int control)
{
    struct mp_fork_message message = {.kind = MP_FORK_READY, .error = EPROTO};

    (void)snprintf(message.path, sizeof message.path, "%s", MPOOL_VERSION);
    (void)mp_forkpipe_send(control, &message, -1, true);
    mp_leave(1);
}

/* "3,4,5" or "-" as numbers. They live as long as the process. */
static const int *read_numbers(const char *text, size_t *count)
{
    int *numbers = calloc(strlen(text) + 1, sizeof *numbers);

    MP_MUST(numbers != NULL);
    for (*count = 0; *text != '\0' && *text != '-'; text += strcspn(text, ","), text += *text == ',')
        numbers[(*count)++] = (int)strtol(text, NULL, 10);
    return numbers;
}

/* The words of the variable, in place. The last one is the rest of it. */
static bool split(char *text, char *words[], size_t count)
{
    for (size_t i = 0; i < count; i++) {
        words[i] = text;
        text = i + 1 < count ? strchr(text, ' ') : text;
        if (text == NULL)
            return false;
        if (i + 1 < count)
            *text++ = '\0';
    }
    return true;
}

void mpool_worker_program_main(void)
{
    static struct mp_arena arena;
    static struct mp_forkserver_start start = {.arena = &arena, .spawned = true};
    enum { VERSION, CONTROL, ARENA, SIZE, HOST, PIDFD, KEEP, DIRECTORY, WORDS };
    const char *variable = getenv(MP_SPAWN_VARIABLE);
    char *words[WORDS], *copy;

    if (variable == NULL)
        return;
    copy = strdup(variable);
    MP_MUST(copy != NULL && unsetenv(MP_SPAWN_VARIABLE) == 0);
    if (!split(copy, words, WORDS))
        mp_panic("the environment variable " MP_SPAWN_VARIABLE " is for mpool alone");
    start.control = (int)strtol(words[CONTROL], NULL, 10);
    if (strcmp(words[VERSION], MPOOL_VERSION) != 0)
        refuse(start.control);
    start.host = (pid_t)strtol(words[HOST], NULL, 10);
    start.host_fd = (int)strtol(words[PIDFD], NULL, 10);
    start.keep_fds = read_numbers(words[KEEP], &start.keep_fd_count);
    start.parent_directory = words[DIRECTORY];
    if (mp_arena_map((int)strtol(words[ARENA], NULL, 10), strtoull(words[SIZE], NULL, 10), &arena) != MPOOL_OK ||
        mp_registry_check() != MPOOL_OK || mp_threads_check_single() != MPOOL_OK)
        mp_panic("the worker program cannot start: %s", mpool_error_detail());
    mp_registry_freeze(true);
    mp_forkserver_main(&start);
}
