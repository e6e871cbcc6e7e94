/*
 * cli/placing.c - files that jobs have made, on their way to their places
 *
 * Runs in: the mpool command, on its main thread. Owns: the paths that wait.
 */
#include "cli/placing.h"

#include "cli/made.h"
#include "cli/targets.h"

#include <errno.h>
#include <sys/stat.h>

/* Bytes of paths that wait for the journal. */
#define WAITING_MOST ((size_t)1 << 20)

void placing_add(struct placing *placing, const struct text *paths)
{
    text_add(&placing->waiting, paths->data, paths->size);
}

bool placing_is_full(const struct placing *placing)
{
    return placing->waiting.size > WAITING_MOST;
}

void placing_flush(struct placing *placing)
{
    const struct text *waiting = &placing->waiting;

    for (const char *path = targets_next(waiting, NULL); path != NULL; path = targets_next(waiting, path)) {
        int error = made_place(path);
        if (error == 0 || placing->error != 0)
            continue;
        placing->error = error;
        text_string(&placing->failed, path);
    }
    text_clear(&placing->waiting);
}

void placing_drop(const struct text *paths)
{
    for (const char *path = targets_next(paths, NULL); path != NULL; path = targets_next(paths, path))
        made_drop(path);
}

void placing_leave(struct placing *placing, const struct text *paths)
{
    text_add(&placing->left, paths->data, paths->size);
}

bool placing_finish(const struct text *paths)
{
    struct stat status;
    bool there = true;

    for (const char *path = targets_next(paths, NULL); path != NULL; path = targets_next(paths, path)) {
        /* Nothing is there, unless the run was killed just then. */
        if (made_place(path) != 0)
            made_drop(path);
        there = stat(path, &status) == 0 && !S_ISDIR(status.st_mode) && there;
    }
    return there;
}

void placing_end(struct placing *placing)
{
    placing_drop(&placing->waiting);
    placing_drop(&placing->left);
    text_free(&placing->left);
    text_free(&placing->waiting);
    text_free(&placing->failed);
    *placing = (struct placing){0};
}
