/*
 * tests/proc/fds.c - how many file descriptors and threads this process has
 */
#include "tests/proc/fds.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* Without /proc nothing can be said about this process. */
static DIR *open_directory(const char *path)
{
    DIR *directory = opendir(path);

    if (directory == NULL) {
        perror(path);
        abort();
    }
    return directory;
}

/* Calls `found` for each open file descriptor with what it is; returns how many there are. */
static unsigned each_fd(void (*found)(const char *number, const char *target, void *user), void *user)
{
    DIR *directory = open_directory("/proc/self/fd");
    const struct dirent *entry;
    unsigned count = 0;

    while ((entry = readdir(directory)) != NULL) {
        char target[128];
        ssize_t size = readlinkat(dirfd(directory), entry->d_name, target, sizeof target - 1);

        if (size < 0 || strtol(entry->d_name, NULL, 10) == dirfd(directory))
            continue;
        target[size] = '\0';
        found(entry->d_name, target, user);
        count++;
    }
    (void)closedir(directory);
    return count;
}

static void print_fd(const char *number, const char *target, void *user)
{
    (void)user;
    (void)fprintf(stderr, "file descriptor %s: %s\n", number, target);
}

void list_fds(void)
{
    (void)each_fd(print_fd, NULL);
}

static void see_nngs(const char *number, const char *target, void *user)
{
    bool *seen = user;

    (void)number;
    seen[0] = seen[0] || strcmp(target, "anon_inode:[eventpoll]") == 0;
    seen[1] = seen[1] || strcmp(target, "anon_inode:[eventfd]") == 0;
}

unsigned count_fds(void)
{
    bool seen[2] = {false, false};
    unsigned count = each_fd(see_nngs, seen);

    return count - seen[0] - seen[1];
}

/* PF_EXITING of the kernel's: stat's ninth field has it from before the moment in which a joiner can go on. */
#define EXITING 0x4

/* A thread that was joined is still listed for a moment. */
static bool thread_lives(int directory, const char *id)
{
    char path[64], text[512];
    unsigned flags;
    ssize_t size;
    int fd;

    (void)snprintf(path, sizeof path, "%s/stat", id);
    fd = openat(directory, path, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return false;
    size = read(fd, text, sizeof text - 1);
    (void)close(fd);
    if (size <= 0)
        return false;
    text[size] = '\0';
    if (sscanf(strrchr(text, ')'), ") %*c %*d %*d %*d %*d %*d %u", &flags) != 1) {
        (void)fprintf(stderr, "/proc/self/task/%s: %s\n", path, text);
        abort();
    }
    return (flags & EXITING) == 0;
}

unsigned count_threads(void)
{
    DIR *directory = open_directory("/proc/self/task");
    const struct dirent *entry;
    unsigned count = 0;

    while ((entry = readdir(directory)) != NULL)
        count += entry->d_name[0] != '.' && thread_lives(dirfd(directory), entry->d_name);
    (void)closedir(directory);
    return count;
}
