/*
 * cli/work/making.c - the files that a job makes, from its beginning to its end
 *
 * Runs in: a worker of the command, on its main thread; making_read() in the command, too. Owns: the directories of the
 * job's files, while it runs. If the worker is killed the command takes them away, or the next attempt.
 */
#include "cli/work/making.h"

#include "cli/made.h"
#include "cli/work/order.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define OUT_OF_MEMORY "out of memory"

/* ---- what there is ----------------------------------------------------------------------------------------------- */

static const char *copy(msgpack_zone *zone, const char *text, size_t size)
{
    char *copied = msgpack_zone_malloc(zone, size + 1);

    if (copied != NULL) {
        memcpy(copied, text, size);
        copied[size] = '\0';
    }
    return copied;
}

/* The same path for one who is in another directory. */
static const char *absolute(msgpack_zone *zone, const char *path)
{
    char whole[PATH_MAX];

    if (path[0] == '/' || getcwd(whole, sizeof whole) == NULL)
        return path;
    size_t size = strlen(whole);
    int more = snprintf(whole + size, sizeof whole - size, "/%s", path);
    return (size_t)more < sizeof whole - size ? copy(zone, whole, size + (size_t)more) : path;
}

const char *making_read(const msgpack_object *args, msgpack_zone *zone, struct making *making)
{
    const msgpack_object *list = order_find(args, "outputs");
    bool moves = order_find(args, "cwd") != NULL;
    struct making found = {0};

    if (list != NULL && list->type != MSGPACK_OBJECT_ARRAY)
        return "`outputs` of a command is no list";
    size_t count = list != NULL ? list->via.array.size : 0;
    if (count > 0) {
        found.places = msgpack_zone_malloc(zone, count * sizeof *found.places);
        found.files = msgpack_zone_malloc(zone, count * sizeof *found.files);
        if (found.places == NULL || found.files == NULL)
            return OUT_OF_MEMORY;
    }
    for (; found.count < count; found.count++) {
        const msgpack_object *path = &list->via.array.ptr[found.count];
        if (path->type != MSGPACK_OBJECT_STR || memchr(path->via.str.ptr, '\0', path->via.str.size) != NULL)
            return "an output of a command is no path";
        const char *place = copy(zone, path->via.str.ptr, path->via.str.size);
        found.places[found.count] = place;
        found.files[found.count] = place != NULL && moves ? absolute(zone, place) : place;
        if (place == NULL || found.files[found.count] == NULL)
            return OUT_OF_MEMORY;
    }
    *making = found;
    return NULL;
}

/* ---- begin and end ----------------------------------------------------------------------------------------------- */

static void tell_begin(const char *place, int error, char why[MAKING_WHY])
{
    const char *what = strerror(error), *remedy = "";

    if (error == ENAMETOOLONG)
        remedy = "; a name of an output has at most 240 bytes";
    if (error == EEXIST)
        what = "beside it is something in the way, whose name begins with \"" MADE_MARK "\"";
    (void)snprintf(why, MAKING_WHY, "its output \"%.300s\" cannot be made: %s%s", place, what, remedy);
}

bool making_begin(struct making *making, msgpack_zone *zone, char why[MAKING_WHY])
{
    char file[PATH_MAX];

    for (size_t i = 0; i < making->count; i++) {
        bool moves = making->files[i] != making->places[i];
        int error = made_begin(making->places[i], getpid(), file);
        making->files[i] = error == 0 ? copy(zone, file, strlen(file)) : NULL;
        if (making->files[i] != NULL && moves)
            making->files[i] = absolute(zone, making->files[i]);
        if (making->files[i] != NULL)
            continue;
        tell_begin(making->places[i], error != 0 ? error : ENOMEM, why);
        making_drop(making);
        return false;
    }
    return true;
}

bool making_end(const struct making *making, char why[MAKING_WHY])
{
    for (size_t i = 0; i < making->count; i++) {
        int error = made_ready(making->places[i], making->files[i]);
        if (error == 0)
            continue;
        if (error == ENOENT)
            (void)snprintf(why, MAKING_WHY, "it has not made its output \"%.300s\"", making->places[i]);
        else
            (void)snprintf(why, MAKING_WHY, "its output \"%.300s\": %s", making->places[i], strerror(error));
        making_drop(making);
        return false;
    }
    return true;
}

void making_drop(const struct making *making)
{
    for (size_t i = 0; i < making->count; i++)
        made_drop(making->places[i]);
}
