/*
 * tests/proc/left.c - what a program has left behind
 */
#include "tests/proc/left.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define ENVIRONMENT_BYTES 65536

/* ---- processes --------------------------------------------------------------------------------------------------- */

/* What a file of /proc says, as a string. Returns its size; 0 if there is nothing to be read. */
static size_t read_proc(pid_t pid, const char *file, char *data, size_t room)
{
    char path[64];
    size_t size = 0;
    ssize_t got;
    int fd;

    (void)snprintf(path, sizeof path, "/proc/%d/%s", (int)pid, file);
    fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return 0;
    while (size < room - 1 && (got = read(fd, data + size, room - 1 - size)) > 0)
        size += (size_t)got;
    (void)close(fd);
    data[size] = '\0';
    return size;
}

pid_t left_parent(pid_t pid)
{
    char stat[512];
    const char *end = read_proc(pid, "stat", stat, sizeof stat) > 0 ? strrchr(stat, ')') : NULL;
    int parent = 0;

    if (end == NULL || sscanf(end + 1, " %*c %d", &parent) != 1)
        return 0;
    return parent;
}

static bool is_one_of_them(pid_t pid, const char *marker)
{
    static char environment[ENVIRONMENT_BYTES];
    size_t size = read_proc(pid, "environ", environment, sizeof environment);

    return memmem(environment, size, marker, strlen(marker)) != NULL || left_parent(pid) == getpid();
}

static void reap(void)
{
    while (waitpid(-1, NULL, WNOHANG) > 0)
        continue;
}

/* Calls `found` for each of them. */
static void each_process(const char *marker, void (*found)(pid_t pid, void *user), void *user)
{
    DIR *directory = opendir("/proc");
    const struct dirent *entry;

    while (directory != NULL && (entry = readdir(directory)) != NULL) {
        pid_t pid = (pid_t)strtol(entry->d_name, NULL, 10);

        if (pid > 0 && pid != getpid() && is_one_of_them(pid, marker))
            found(pid, user);
    }
    if (directory != NULL)
        (void)closedir(directory);
}

struct listing {
    pid_t but;
    unsigned count;
    char *text;
    size_t room;
};

static void note(pid_t pid, void *user)
{
    struct listing *listing = user;
    size_t used = strlen(listing->text);
    char name[64];

    if (pid == listing->but)
        return;
    (void)read_proc(pid, "comm", name, sizeof name);
    name[strcspn(name, "\n")] = '\0';
    (void)snprintf(listing->text + used, listing->room - used, " %d (%s)", (int)pid, name);
    listing->count++;
}

unsigned left_processes(const char *marker, pid_t but, char *text, size_t room)
{
    struct listing listing = {.but = but, .text = text, .room = room};

    text[0] = '\0';
    reap();
    each_process(marker, note, &listing);
    return listing.count;
}

static void kill_it(pid_t pid, void *user)
{
    (void)user;
    (void)kill(pid, SIGKILL);
}

void left_kill(const char *marker)
{
    const struct timespec pause = {.tv_nsec = 1000000};
    char text[1024];

    if (marker[0] == '\0') /* everybody has that */
        return;
    for (int tries = 0; tries < 10000 && left_processes(marker, 0, text, sizeof text) > 0; tries++) {
        each_process(marker, kill_it, NULL);
        (void)nanosleep(&pause, NULL);
    }
}

/* ---- files ------------------------------------------------------------------------------------------------------- */

void left_list(const char *path, struct left_names *names)
{
    DIR *directory = opendir(path);
    const struct dirent *entry;

    *names = (struct left_names){0};
    while (directory != NULL && (entry = readdir(directory)) != NULL) {
        void *bigger = realloc(names->names, (names->count + 1) * sizeof names->names[0]);

        if (bigger == NULL)
            abort();
        names->names = bigger;
        (void)snprintf(names->names[names->count++], sizeof names->names[0], "%s", entry->d_name);
    }
    if (directory != NULL)
        (void)closedir(directory);
}

void left_free(struct left_names *names)
{
    free(names->names);
    *names = (struct left_names){0};
}

static bool has(const struct left_names *names, const char *name)
{
    for (size_t i = 0; names != NULL && i < names->count; i++)
        if (strcmp(names->names[i], name) == 0)
            return true;
    return strcmp(name, ".") == 0 || strcmp(name, "..") == 0;
}

bool left_files(const char *directory, const struct left_names *before, const char *others, char *text, size_t room)
{
    struct left_names now;
    size_t used = 0;

    text[0] = '\0';
    left_list(directory, &now);
    for (size_t i = 0; i < now.count && used < room; i++)
        if (!has(before, now.names[i]) && (others == NULL || strncmp(now.names[i], others, strlen(others)) != 0))
            used += (size_t)snprintf(text + used, room - used, " %s/%s", directory, now.names[i]);
    left_free(&now);
    return used > 0;
}

void left_remove(const char *path)
{
    struct left_names names;

    left_list(path, &names);
    for (size_t i = 0; i < names.count; i++) {
        char inner[512];
        struct stat found;

        if (has(NULL, names.names[i]))
            continue;
        (void)snprintf(inner, sizeof inner, "%s/%s", path, names.names[i]);
        if (lstat(inner, &found) == 0 && S_ISDIR(found.st_mode))
            left_remove(inner);
        else
            (void)unlink(inner);
    }
    left_free(&names);
    (void)rmdir(path);
}
