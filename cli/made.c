/*
 * cli/made.c - a file that a job makes, until it is in its place
 *
 * Runs in: the mpool command, and its workers. Owns: nothing.
 */
#include "cli/made.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define READY "ready"

/* A program that is just being killed may make its file while the directory is emptied: then it is done again. */
#define TRIES 100

/* How deep a program may have made directories beside its file. */
#define DEPTH_MAX 16

/* "out/.mpool-a.png" and what comes behind it. */
static int name(const char *place, const char *rest, char path[PATH_MAX])
{
    const char *slash = strrchr(place, '/'), *base = slash != NULL ? slash + 1 : place;
    int size;

    if (base[0] == '\0' || strcmp(base, ".") == 0 || strcmp(base, "..") == 0)
        return EISDIR;
    if (strlen(base) > MADE_NAME_MAX)
        return ENAMETOOLONG;
    size = snprintf(path, PATH_MAX, "%.*s" MADE_MARK "%s%s", (int)(base - place), place, base, rest);
    return size < PATH_MAX ? 0 : ENAMETOOLONG;
}

/* Takes away what is in a directory, also what the program has made beside its file. Links are not followed. */
static void clear(int at, const char *directory, int depth)
{
    int fd = openat(at, directory, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    DIR *stream = fd >= 0 ? fdopendir(fd) : NULL;
    struct dirent *entry;

    if (stream == NULL) {
        if (fd >= 0)
            (void)close(fd);
        return;
    }
    while ((entry = readdir(stream)) != NULL) {
        if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0)
            continue;
        if (unlinkat(fd, entry->d_name, 0) == 0 || depth == DEPTH_MAX)
            continue;
        clear(fd, entry->d_name, depth + 1);
        (void)unlinkat(fd, entry->d_name, AT_REMOVEDIR);
    }
    (void)closedir(stream);
}

/* What is somebody else's stays, whatever it is called. */
static void take_away(const char *directory)
{
    struct stat status;

    if (lstat(directory, &status) != 0 || status.st_uid != geteuid())
        return;
    for (int i = 0; i < TRIES && rmdir(directory) != 0 && (errno == ENOTEMPTY || errno == EEXIST); i++)
        clear(AT_FDCWD, directory, 0);
}

/* What a run of ours has left. In a place like /tmp somebody else may have one of this name. */
static int take_over(const char *directory)
{
    struct stat status;

    if (lstat(directory, &status) != 0)
        return errno;
    if (!S_ISDIR(status.st_mode) || status.st_uid != geteuid())
        return EEXIST;
    clear(AT_FDCWD, directory, 0);
    return 0;
}

int made_begin(const char *place, pid_t worker, char file[PATH_MAX])
{
    const char *slash = strrchr(place, '/'), *base = slash != NULL ? slash + 1 : place;
    char directory[PATH_MAX], rest[32 + MADE_NAME_MAX];
    struct stat status;
    int error = name(place, "", directory);

    if (error == 0 && lstat(place, &status) == 0 && S_ISDIR(status.st_mode))
        error = EISDIR;
    if (error != 0)
        return error;
    (void)snprintf(rest, sizeof rest, "/%d-%s", (int)worker, base);
    error = name(place, rest, file);
    if (error != 0)
        return error;
    if (mkdir(directory, 0777) == 0)
        return 0;
    return errno == EEXIST ? take_over(directory) : errno;
}

int made_ready(const char *place, const char *file)
{
    char ready[PATH_MAX];
    struct stat status;
    int error = name(place, "/" READY, ready);

    if (error != 0)
        return error;
    if (lstat(file, &status) != 0)
        return errno;
    if (S_ISDIR(status.st_mode))
        return EISDIR;
    return rename(file, ready) == 0 ? 0 : errno;
}

int made_place(const char *place)
{
    char ready[PATH_MAX], directory[PATH_MAX];
    int error = name(place, "/" READY, ready);

    if (error == 0 && rename(ready, place) != 0)
        error = errno;
    if (error == 0 && name(place, "", directory) == 0)
        take_away(directory);
    return error;
}

void made_drop(const char *place)
{
    char directory[PATH_MAX];

    if (name(place, "", directory) == 0)
        take_away(directory);
}

bool made_is_name(const char *name)
{
    return strncmp(name, MADE_MARK, strlen(MADE_MARK)) == 0;
}
