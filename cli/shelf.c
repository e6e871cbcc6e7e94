/*
 * cli/shelf.c - the results of a step, kept until later steps have had them
 *
 * Runs in: the mpool command, on its main thread; a worker opens the lines. Owns: the files, and a list of all shelves.
 *
 * Items are written as they come, and a second file has the place of each by the number of its job, with a hole where
 * there is none. So they are read in the order of the numbers, and what later steps do does not depend on which job was
 * done first. Lines are written when the step is over.
 *
 * An item is written as item_copy() has it in memory, and whoever reads it moves its pointers. So a later step has the
 * very item, and not what it would be as a value: `1.10` and `007` keep their text. Values of the job file stay where
 * they are; the names of fields, which are their source's, are copied once.
 *
 * Whoever reads opens the files anew, by their descriptors, and so has positions of its own.
 */
#include "cli/shelf.h"

#include "cli/memory.h"
#include "cli/tempfile.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* The names of the fields of items, as their source has them, and for good. */
struct names {
    struct names *next;
    size_t count;
    const char *list[];
};

struct shelf {
    struct shelf *next;
    const char *step;
    struct names *names;
    bool has_lines;
    FILE *items, *lines; /* NULL: not open, or there are none */
    int places;          /* 8 bytes for each job: 1 + where its item is among the items; 0: it has none */
    uint64_t end;        /* of the items */
    uint64_t count;
    bool whole;
    struct key digest;
    struct text line;
    char *memory; /* `room` bytes, for an item */
    size_t room;
    msgpack_sbuffer packed;
};

/* In front of each result among the items; what else the item has follows, and the bytes of the result. */
struct head {
    struct item item;
    uintptr_t from; /* where that was, when it was written */
    size_t item_size, result_size;
};

static struct {
    struct shelf *first;
    int error;
} shelves;

/* ---- all shelves ------------------------------------------------------------------------------------------------- */

struct shelf *shelf_want(struct shelf *shelf, const char *step, enum shelf_form form)
{
    if (shelf == NULL) {
        shelf = memory_get(sizeof *shelf);
        shelf->step = step;
        shelf->places = -1;
        shelf->next = shelves.first;
        msgpack_sbuffer_init(&shelf->packed);
        shelves.first = shelf;
    }
    shelf->has_lines = shelf->has_lines || form == SHELF_LINES;
    return shelf;
}

static FILE *open_file(void)
{
    int fd = tempfile_make(0);

    return fd >= 0 ? fdopen(fd, "w") : NULL;
}

int shelves_open(void)
{
    for (struct shelf *shelf = shelves.first; shelf != NULL; shelf = shelf->next) {
        if ((shelf->items = open_file()) == NULL || (shelf->places = tempfile_make(0)) < 0 ||
            (shelf->has_lines && (shelf->lines = open_file()) == NULL))
            return errno;
    }
    return 0;
}

size_t shelves_lines(int *fds, size_t room)
{
    size_t count = 0;

    for (const struct shelf *shelf = shelves.first; shelf != NULL; shelf = shelf->next) {
        if (shelf->lines == NULL)
            continue;
        if (count < room)
            fds[count] = fileno(shelf->lines);
        count++;
    }
    return count;
}

static void note_error(bool ok)
{
    if (!ok && shelves.error == 0)
        shelves.error = errno != 0 ? errno : EIO;
}

int shelves_error(void)
{
    return shelves.error;
}

static void close_files(const struct shelf *shelf)
{
    if (shelf->items != NULL)
        (void)fclose(shelf->items);
    if (shelf->lines != NULL)
        (void)fclose(shelf->lines);
    if (shelf->places >= 0)
        (void)close(shelf->places);
}

void shelves_close(void)
{
    while (shelves.first != NULL) {
        struct shelf *shelf = shelves.first;

        shelves.first = shelf->next;
        close_files(shelf);
        text_free(&shelf->line);
        while (shelf->names != NULL) {
            struct names *names = shelf->names;
            shelf->names = names->next;
            free(names);
        }
        free(shelf->memory);
        msgpack_sbuffer_destroy(&shelf->packed);
        free(shelf);
    }
    shelves.error = 0;
}

/* ---- to write ---------------------------------------------------------------------------------------------------- */

static bool same_names(const struct names *names, const char *const *theirs, size_t count)
{
    bool same = names->count == count;

    for (size_t i = 0; same && i < count; i++)
        same = strcmp(names->list[i], theirs[i]) == 0;
    return same;
}

/* By what they are, so that nothing depends on how long a source keeps its names. */
static const char *const *keep_names(struct shelf *shelf, const char *const *theirs, size_t count)
{
    struct names *names = shelf->names;
    size_t size = sizeof *names + count * sizeof *theirs;

    while (names != NULL && !same_names(names, theirs, count))
        names = names->next;
    if (names != NULL)
        return names->list;
    for (size_t i = 0; i < count; i++)
        size += strlen(theirs[i]) + 1;
    names = memory_get(size);
    char *end = (char *)(names->list + count);
    for (size_t i = 0; i < count; i++) {
        size_t length = strlen(theirs[i]) + 1;
        names->list[i] = memcpy(end, theirs[i], length);
        end += length;
    }
    names->count = count;
    names->next = shelf->names;
    shelf->names = names;
    return names->list;
}

/* An item that was copied: its names are the shelf's from now on. Those of a batch of results have none here. */
static void settle(struct shelf *shelf, struct item *item)
{
    struct item *inner = (struct item *)(uintptr_t)item->inner; /* our copy */

    item->result = NULL;
    if (item->kind == ITEM_MAP)
        item->names = keep_names(shelf, item->names, item->count);
    for (size_t i = 0; i < item->count; i++)
        settle(shelf, &inner[i]);
}

static bool put(struct shelf *shelf, const void *bytes, size_t size)
{
    shelf->end += size;
    return size == 0 || fwrite(bytes, size, 1, shelf->items) == 1;
}

void shelf_add(struct shelf *shelf, uint64_t index, const struct item *item, const msgpack_object *result)
{
    struct item bare = *item; /* its own result is not what is kept */
    uint64_t place = shelf->end + 1;
    msgpack_packer packer;
    struct head head;

    bare.result = NULL;
    memset(&head, 0, sizeof head); /* its gaps are written too */
    head.item_size = item_copy_size(&bare);
    if (head.item_size > shelf->room) {
        shelf->room = 2 * head.item_size;
        shelf->memory = memory_grow(shelf->memory, shelf->room);
    }
    head.from = (uintptr_t)shelf->memory;
    item_copy(&head.item, &bare, shelf->memory);
    settle(shelf, &head.item);
    msgpack_sbuffer_clear(&shelf->packed);
    msgpack_packer_init(&packer, &shelf->packed, msgpack_sbuffer_write);
    (void)msgpack_pack_object(&packer, *result);
    head.result_size = shelf->packed.size;
    shelf->count++;
    note_error(pwrite(shelf->places, &place, sizeof place, (off_t)(index * sizeof place)) == sizeof place);
    note_error(put(shelf, &head, sizeof head) && put(shelf, shelf->memory, head.item_size) &&
               put(shelf, shelf->packed.data, shelf->packed.size));
}

/* The hash of a line, and of the hash of those before it, is that of all. */
static void write_line(struct shelf *shelf, uint64_t index, const struct item *item)
{
    struct text *line = &shelf->line;

    text_clear(line);
    text_add(line, shelf->digest.bytes, KEY_SIZE);
    text_string(line, "{\"index\":");
    text_unsigned(line, index);
    text_string(line, ",\"item\":");
    item_json(line, item);
    text_string(line, ",\"result\":");
    item_json(line, item->result);
    text_string(line, "}\n");
    key_bytes(line->data, line->size, &shelf->digest);
    note_error(fwrite(line->data + KEY_SIZE, line->size - KEY_SIZE, 1, shelf->lines) == 1);
}

void shelf_finish(struct shelf *shelf)
{
    struct shelf_reader *reader;
    struct item item;
    uint64_t index;

    shelf->whole = true;
    note_error(fflush(shelf->items) == 0);
    if (shelf->lines == NULL)
        return;
    reader = shelf_read(shelf);
    while (shelf_next(reader, &index, &item))
        write_line(shelf, index, &item);
    errno = shelf_read_end(reader);
    note_error(errno == 0);
    note_error(fflush(shelf->lines) == 0);
}

bool shelf_is_whole(const struct shelf *shelf)
{
    return shelf->whole;
}

uint64_t shelf_count(const struct shelf *shelf)
{
    return shelf->count;
}

const struct key *shelf_digest(const struct shelf *shelf)
{
    return &shelf->digest;
}

/* ---- to read ----------------------------------------------------------------------------------------------------- */

int shelf_open_lines(const char *step)
{
    for (const struct shelf *shelf = shelves.first; shelf != NULL; shelf = shelf->next) {
        if (strcmp(shelf->step, step) == 0 && shelf->lines != NULL)
            return tempfile_again(fileno(shelf->lines), O_RDONLY);
    }
    errno = ENOENT;
    return -1;
}

struct shelf_reader {
    FILE *items, *places; /* NULL: it could not be opened, for `error` */
    int error;
    uint64_t index; /* of the next place */
    uint64_t at;    /* among the items */
    char *bytes;
    size_t room;
    struct item result;
};

static FILE *open_again(struct shelf_reader *reader, int fd)
{
    int again = tempfile_again(fd, O_RDONLY);
    FILE *file = again >= 0 ? fdopen(again, "r") : NULL;

    if (file == NULL)
        reader->error = errno;
    return file;
}

struct shelf_reader *shelf_read(const struct shelf *shelf)
{
    struct shelf_reader *reader = memory_get(sizeof *reader);

    reader->items = open_again(reader, fileno(shelf->items));
    reader->places = open_again(reader, shelf->places);
    return reader;
}

static bool read_bytes(struct shelf_reader *reader, void *bytes, size_t size)
{
    errno = 0; /* a file that ends too early sets none */
    if (size != 0 && fread(bytes, size, 1, reader->items) != 1) {
        reader->error = errno != 0 ? errno : EIO;
        return false;
    }
    reader->at += size;
    return true;
}

/* Goes to the next result. To seek costs the buffer, and what came in order needs none. */
static bool find_next(struct shelf_reader *reader)
{
    uint64_t place = 0;

    while (place == 0 && fread(&place, sizeof place, 1, reader->places) == 1)
        reader->index++;
    if (ferror(reader->places) != 0 ||
        (place != 0 && reader->at != place - 1 && fseeko(reader->items, (off_t)(place - 1), SEEK_SET) != 0))
        reader->error = errno;
    reader->at = place - 1;
    return place != 0 && reader->error == 0;
}

/* What was at `from` when it was written is at `to` now. */
static void move(struct item *item, uintptr_t from, char *to)
{
    if (item->size > 0)
        item->bytes = to + ((uintptr_t)item->bytes - from);
    if (item->count == 0)
        return;
    struct item *inner = (struct item *)(void *)(to + ((uintptr_t)item->inner - from));
    item->inner = inner;
    for (size_t i = 0; i < item->count; i++)
        move(&inner[i], from, to);
}

bool shelf_next(struct shelf_reader *reader, uint64_t *index, struct item *item)
{
    struct head head;

    if (reader->error != 0 || !find_next(reader) || !read_bytes(reader, &head, sizeof head))
        return false;
    size_t size = head.item_size + head.result_size;
    if (size > reader->room) {
        reader->room = 2 * size;
        reader->bytes = memory_grow(reader->bytes, reader->room);
    }
    if (!read_bytes(reader, reader->bytes, size))
        return false;
    reader->result =
        (struct item){.kind = ITEM_PACKED, .bytes = reader->bytes + head.item_size, .size = head.result_size};
    *item = head.item;
    move(item, head.from, reader->bytes);
    item->result = &reader->result;
    *index = reader->index - 1;
    return true;
}

int shelf_read_error(const struct shelf_reader *reader)
{
    return reader->error;
}

int shelf_read_end(struct shelf_reader *reader)
{
    int error = reader->error;

    if (reader->items != NULL)
        (void)fclose(reader->items);
    if (reader->places != NULL)
        (void)fclose(reader->places);
    free(reader->bytes);
    free(reader);
    return error;
}
