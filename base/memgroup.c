/*
 * base/memgroup.c - a cgroup with a limit of memory, for the processes that a worker's job starts
 *
 * Runs in: a worker, which makes the group, sets the limit and removes it; the fork server, which removes it when the
 * worker has died meanwhile. Owns: where groups are made.
 *
 * Files of cgroup v1 and v2 (the kernel's Documentation/admin-guide/cgroup-v1/memory.rst and cgroup-v2.rst):
 *
 *     limit                 memory.limit_in_bytes          memory.max
 *     swap                  memory.memsw.limit_in_bytes,   memory.swap.max
 *                           memory and swap together
 *     killed for it         memory.oom_control: oom_kill   memory.events: oom_kill
 *     who is in it          cgroup.procs                   cgroup.procs
 */
#include "base/memgroup.h"

#include "base/cgroup.h"
#include "base/error.h"
#include "base/oom.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

/* The processes of a group that are killed take so long to be gone, at most, in looks of a millisecond each. */
#define LOOKS 1000

static struct {
    char directory[PATH_MAX]; /* "": nowhere */
    bool unified;
} place;

/* ---- files of a group -------------------------------------------------------------------------------------------- */

static bool name_file(const char *group, const char *file, char path[PATH_MAX])
{
    return snprintf(path, PATH_MAX, "%s/%s", group, file) < PATH_MAX;
}

static bool has_file(const char *group, const char *file)
{
    char path[PATH_MAX];

    return name_file(group, file, path) && access(path, F_OK) == 0;
}

/* False: errno says why. */
static bool write_file(const char *group, const char *file, const char *text)
{
    char path[PATH_MAX];
    int fd = name_file(group, file, path) ? open(path, O_WRONLY | O_CLOEXEC) : -1;
    bool written;
    int error;

    if (fd < 0)
        return false;
    written = write(fd, text, strlen(text)) == (ssize_t)strlen(text);
    error = errno;
    (void)close(fd);
    errno = error;
    return written;
}

/* ---- where ------------------------------------------------------------------------------------------------------- */

static bool look_at(const char *directory, bool unified, void *user)
{
    (void)user;
    if (!has_file(directory, unified ? "memory.max" : "memory.limit_in_bytes"))
        return true;
    (void)snprintf(place.directory, sizeof place.directory, "%s", directory);
    place.unified = unified;
    return false;
}

void mp_memgroup_find(const char *root)
{
    const char *wanted = getenv("MPOOL_CGROUP");

    place.directory[0] = '\0';
    if (wanted != NULL && *wanted != '\0' && strlen(wanted) < sizeof place.directory) {
        (void)snprintf(place.directory, sizeof place.directory, "%s", wanted);
        place.unified = has_file(wanted, "cgroup.controllers");
    } else {
        mp_cgroup_each(root, "memory", look_at, NULL);
    }
}

bool mp_memgroup_path(pid_t worker, char path[PATH_MAX])
{
    return place.directory[0] != '\0' &&
           snprintf(path, PATH_MAX, "%s/mpool-%d", place.directory, (int)worker) < PATH_MAX;
}

/* ---- its end ----------------------------------------------------------------------------------------------------- */

static void kill_all(const char *path)
{
    char file_path[PATH_MAX], *line = NULL;
    FILE *file = name_file(path, "cgroup.procs", file_path) ? fopen(file_path, "re") : NULL;
    size_t room = 0;

    if (file == NULL)
        return;
    while (getline(&line, &room, file) > 0) {
        pid_t pid = (pid_t)strtol(line, NULL, 10);

        /* 0: one of another pid namespace. */
        if (pid > 0)
            (void)kill(pid, SIGKILL);
    }
    free(line);
    (void)fclose(file);
}

bool mp_memgroup_remove(const char *path)
{
    if (rmdir(path) == 0 || errno != EBUSY)
        return true;
    kill_all(path);
    return false;
}

bool mp_memgroup_end(const char *path)
{
    const struct timespec look = {.tv_nsec = 1000000};

    for (int i = 0; i < LOOKS; i++) {
        if (mp_memgroup_remove(path))
            return true;
        (void)nanosleep(&look, NULL);
    }
    return false;
}

/* ---- the limit --------------------------------------------------------------------------------------------------- */

uint64_t mp_memgroup_kills(const char *path)
{
    struct mp_oom oom = {.source = place.unified ? MP_OOM_EVENTS : MP_OOM_CONTROL};
    uint64_t kills = 0;

    if (!name_file(path, place.unified ? "memory.events" : "memory.oom_control", oom.path) ||
        !mp_oom_read(&oom, &kills))
        return 0;
    return kills;
}

/* The limit of v1 is never above the one of memory and swap together, so it depends which of them comes first. */
static bool set_limit(const char *path, const char *bytes)
{
    if (place.unified) {
        if (!has_file(path, "memory.max"))
            (void)write_file(place.directory, "cgroup.subtree_control", "+memory");
        if (has_file(path, "memory.swap.max"))
            (void)write_file(path, "memory.swap.max", "0");
        return write_file(path, "memory.max", bytes);
    }
    if (!has_file(path, "memory.memsw.limit_in_bytes"))
        return write_file(path, "memory.limit_in_bytes", bytes);
    (void)write_file(path, "memory.limit_in_bytes", bytes);
    return write_file(path, "memory.memsw.limit_in_bytes", bytes) && write_file(path, "memory.limit_in_bytes", bytes);
}

mpool_err mp_memgroup_make(const char *path, int64_t bytes)
{
    char text[32];
    int error;

    (void)snprintf(text, sizeof text, "%" PRId64, bytes);
    if (!mp_memgroup_end(path))
        return mp_error(MPOOL_E_SYSTEM, "cgroup \"%s\" has processes that do not end", path);
    if (mkdir(path, 0777) != 0)
        return mp_error(MPOOL_E_SYSTEM, "cgroup \"%s\" cannot be made: %s", path, strerror(errno));
    if (set_limit(path, text))
        return MPOOL_OK;
    error = errno;
    (void)mp_memgroup_remove(path);
    return mp_error(MPOOL_E_SYSTEM, "cgroup \"%s\" takes no limit of %" PRId64 " bytes: %s", path, bytes,
                    strerror(error));
}
