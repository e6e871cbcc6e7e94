/*
 * cli/claims.c - which job of a step makes which file
 *
 * Runs in: the mpool command, on its main thread. Owns: a table of hashes.
 */
#include "cli/claims.h"

#include "cli/key.h"
#include "cli/memory.h"
#include "cli/path.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#define ROOM_FIRST 64

/* The place of a hash in the table, or the free one where it belongs. */
static struct claim *find(const struct claims *claims, uint64_t hash)
{
    size_t at = (size_t)hash & (claims->room - 1);

    while (claims->table[at].hash != 0 && claims->table[at].hash != hash)
        at = (at + 1) & (claims->room - 1);
    return &claims->table[at];
}

static void make_room(struct claims *claims)
{
    struct claims more = *claims;

    if (claims->count < claims->room / 4 * 3)
        return;
    more.room = claims->room == 0 ? ROOM_FIRST : 2 * claims->room;
    more.table = memory_get(more.room * sizeof *more.table);
    for (size_t i = 0; i < claims->room; i++) {
        if (claims->table[i].hash != 0)
            *find(&more, claims->table[i].hash) = claims->table[i];
    }
    free(claims->table);
    *claims = more;
}

/* Looks at the directory, if it is not that of the last file. */
static bool enter(struct claims *claims, const struct path_part *part, struct text *problem)
{
    struct text *directory = &claims->directory;
    struct stat status;

    if (directory->size == part->length && memcmp(directory->data, part->text, part->length) == 0)
        return true;
    text_clear(directory);
    text_add(directory, part->text, part->length);
    if (stat(directory->data, &status) == 0 && S_ISDIR(status.st_mode)) {
        claims->device = status.st_dev;
        claims->inode = status.st_ino;
        return true;
    }
    text_printf(problem, "the directory \"%.300s\" of its output is not there; make it before, as with mkdir -p",
                directory->data);
    text_clear(directory);
    return false;
}

static uint64_t hash_of(const struct claims *claims, const struct path_part *name)
{
    struct text all = {0};
    struct key key;
    uint64_t hash;

    text_add(&all, &claims->device, sizeof claims->device);
    text_add(&all, &claims->inode, sizeof claims->inode);
    text_add(&all, name->text, name->length);
    key_bytes(all.data, all.size, &key);
    text_free(&all);
    memcpy(&hash, key.bytes, sizeof hash);
    return hash != 0 ? hash : 1;
}

bool claims_add(struct claims *claims, const char *step, uint64_t index, const char *path, struct text *problem)
{
    size_t size = strlen(path);
    struct path_part directory = path_dir(path, size), name = path_name(path, size);

    if (!enter(claims, &directory, problem))
        return false;
    make_room(claims);
    struct claim *claim = find(claims, hash_of(claims, &name));
    if (claim->hash == 0) {
        *claim = (struct claim){.hash = hash_of(claims, &name), .index = index};
        claims->count++;
        return true;
    }
    if (claim->index == index)
        text_printf(problem, "two of its outputs are \"%.300s\"", path);
    else
        text_printf(problem,
                    "its output \"%.300s\" is that of %s/%" PRIu64
                    ", too; each job makes files of its own, as with {stem} or {index} in their names",
                    path, step, claim->index);
    return false;
}

void claims_free(struct claims *claims)
{
    free(claims->table);
    text_free(&claims->directory);
    *claims = (struct claims){0};
}
