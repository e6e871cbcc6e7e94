/*
 * pool/directory.c - the private runtime directory, where the sockets are
 *
 * Runs in: the host (choose), the fork server (make, remove). Owns: nothing; the fork server owns the directory.
 */
#include "pool/directory.h"

#include "base/error.h"

#include <dirent.h>
#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* Leaves room for "/mpool.XXXXXX" and "/POOL.SLOT.GENERATION" within the 107 bytes of a socket address. */
#define PARENT_MAX 60

static const char *fault_of(const char *parent)
{
    struct stat found;

    if (parent[0] != '/')
        return "is not an absolute path";
    if (strlen(parent) > PARENT_MAX)
        return "is longer than 60 bytes, too long for the address of a socket in it";
    if (stat(parent, &found) != 0 || !S_ISDIR(found.st_mode))
        return "is not a directory";
    if (access(parent, W_OK | X_OK) != 0)
        return "is not writable";
    return NULL;
}

mpool_err mp_directory_choose(const char *wanted, const char **parent)
{
    const char *candidates[3] = {getenv("XDG_RUNTIME_DIR"), getenv("TMPDIR"), "/tmp"};

    if (wanted != NULL) {
        const char *fault = fault_of(wanted);

        if (fault != NULL)
            return mp_error(MPOOL_E_INVAL, "directory %s: it %s", wanted, fault);
        *parent = wanted;
        return MPOOL_OK;
    }
    for (int i = 0; i < 3; i++) {
        if (candidates[i] != NULL && fault_of(candidates[i]) == NULL) {
            *parent = candidates[i];
            return MPOOL_OK;
        }
    }
    return mp_error(MPOOL_E_SYSTEM, "no place for a runtime directory: /tmp %s; set TMPDIR", fault_of("/tmp"));
}

int mp_directory_make(const char *parent, char *path, size_t room)
{
    struct stat made;

    (void)snprintf(path, room, "%s/mpool.XXXXXX", parent);
    if (mkdtemp(path) == NULL) {
        path[0] = '\0';
        return errno;
    }
    if (lstat(path, &made) != 0)
        return errno;
    return S_ISDIR(made.st_mode) && made.st_uid == geteuid() && (made.st_mode & 0777) == 0700 ? 0 : EPERM;
}

void mp_directory_remove(const char *path)
{
    DIR *directory = path[0] != '\0' ? opendir(path) : NULL;
    struct dirent *entry;

    if (directory == NULL)
        return;
    while ((entry = readdir(directory)) != NULL)
        if (strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0)
            (void)unlinkat(dirfd(directory), entry->d_name, 0);
    (void)closedir(directory);
    (void)rmdir(path);
}
