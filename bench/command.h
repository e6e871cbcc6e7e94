/*
 * bench/command.h - commands that a benchmark runs, and the mpool command that was built with it
 */
#ifndef MPOOL_BENCH_COMMAND_H
#define MPOOL_BENCH_COMMAND_H

#include "bench.h"

#include <errno.h>
#include <fcntl.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

/* Fills in the path of the command. */
static inline void bench_mpool_path(char *path, size_t room)
{
    char self[2000];
    ssize_t size = readlink("/proc/self/exe", self, sizeof self - 1);

    if (size < 0) {
        perror("/proc/self/exe");
        exit(1);
    }
    self[size] = '\0';
    (void)snprintf(path, room, "%.*s/../mpool", (int)(strrchr(self, '/') - self), self);
}

/* Runs a command with files as its standard input and output. Gives its seconds; negative: it failed. */
static inline double bench_try(const char *const *argv, const char *input, const char *output)
{
    posix_spawn_file_actions_t actions;
    double begin = bench_now();
    int status, error;
    pid_t pid;

    (void)posix_spawn_file_actions_init(&actions);
    (void)posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, input, O_RDONLY, 0);
    (void)posix_spawn_file_actions_addopen(&actions, STDOUT_FILENO, output, O_WRONLY | O_CREAT | O_TRUNC, 0644);
    (void)posix_spawn_file_actions_addopen(&actions, STDERR_FILENO, "/dev/null", O_WRONLY, 0);
    error = posix_spawnp(&pid, argv[0], &actions, NULL, (char *const *)(uintptr_t)argv, environ);
    (void)posix_spawn_file_actions_destroy(&actions);
    if (error != 0 || waitpid(pid, &status, 0) != pid || status != 0)
        return -1;
    return bench_now() - begin;
}

#endif
