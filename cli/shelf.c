/*
 * cli/shelf.c - the results of a step, kept until later steps have had them
 *
 * Runs in: the mpool command, on its main thread; a worker opens the lines. Owns: the files, and a list of all shelves.
 *
 * Whoever reads opens the file anew, by its descriptor, and so has a position of its own.
 */
#include "cli/shelf.h"

#include "cli/json.h"
#include "cli/memory.h"
#include "cli/tempfile.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct shelf {
    struct shelf *next;
    const char *step;
    bool wanted[SHELF_FORMS];
    FILE *files[SHELF_FORMS]; /* NULL: not wanted, or not open */
    uint64_t count;
    bool whole;
    struct key digest;
    struct text line;
    msgpack_sbuffer packed;
};

/* In front of each result among the items; the bytes of item and result follow. */
struct head {
    enum item_kind kind; /* NONE, INTEGER, BYTES, or PACKED for all others */
    int64_t integer;
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
        shelf->next = shelves.first;
        msgpack_sbuffer_init(&shelf->packed);
        shelves.first = shelf;
    }
    shelf->wanted[form] = true;
    return shelf;
}

int shelves_open(void)
{
    for (struct shelf *shelf = shelves.first; shelf != NULL; shelf = shelf->next) {
        for (int form = 0; form < SHELF_FORMS; form++) {
            int fd = shelf->wanted[form] ? tempfile_make(0) : -1;
            if (fd >= 0)
                shelf->files[form] = fdopen(fd, "w");
            if (shelf->wanted[form] && shelf->files[form] == NULL)
                return errno;
        }
    }
    return 0;
}

size_t shelves_lines(int *fds, size_t room)
{
    size_t count = 0;

    for (const struct shelf *shelf = shelves.first; shelf != NULL; shelf = shelf->next) {
        if (shelf->files[SHELF_LINES] == NULL)
            continue;
        if (count < room)
            fds[count] = fileno(shelf->files[SHELF_LINES]);
        count++;
    }
    return count;
}

static void note_error(bool ok)
{
    if (!ok && shelves.error == 0)
        shelves.error = errno != 0 ? errno : EIO;
}

bool shelves_flush(void)
{
    for (const struct shelf *shelf = shelves.first; shelf != NULL; shelf = shelf->next) {
        for (int form = 0; form < SHELF_FORMS; form++) {
            if (shelf->files[form] != NULL)
                note_error(fflush(shelf->files[form]) == 0);
        }
    }
    return shelves.error == 0;
}

int shelves_error(void)
{
    return shelves.error;
}

void shelves_close(void)
{
    while (shelves.first != NULL) {
        struct shelf *shelf = shelves.first;

        shelves.first = shelf->next;
        for (int form = 0; form < SHELF_FORMS; form++) {
            if (shelf->files[form] != NULL)
                (void)fclose(shelf->files[form]);
        }
        text_free(&shelf->line);
        msgpack_sbuffer_destroy(&shelf->packed);
        free(shelf);
    }
    shelves.error = 0;
}

/* ---- to write ---------------------------------------------------------------------------------------------------- */

static void make_line(struct text *line, uint64_t index, const struct item *item, const msgpack_object *result)
{
    text_clear(line);
    text_string(line, "{\"index\":");
    text_unsigned(line, index);
    text_string(line, ",\"item\":");
    item_json(line, item);
    text_string(line, ",\"result\":");
    json_object(line, result);
    text_string(line, "}\n");
}

/* A sum of hashes is the same in whatever order they come. */
static void add_digest(struct shelf *shelf)
{
    uint64_t sum[KEY_SIZE / sizeof(uint64_t)], part[KEY_SIZE / sizeof(uint64_t)];
    struct key key;

    key_bytes(shelf->line.data, shelf->line.size, &key);
    memcpy(sum, shelf->digest.bytes, sizeof sum);
    memcpy(part, key.bytes, sizeof part);
    for (size_t i = 0; i < sizeof sum / sizeof sum[0]; i++)
        sum[i] += part[i];
    memcpy(shelf->digest.bytes, sum, sizeof sum);
}

static void add_item(struct shelf *shelf, const struct item *item, const msgpack_object *result)
{
    FILE *file = shelf->files[SHELF_ITEMS];
    struct head head = {.kind = item->kind, .integer = item->integer};
    msgpack_packer packer;

    msgpack_sbuffer_clear(&shelf->packed);
    msgpack_packer_init(&packer, &shelf->packed, msgpack_sbuffer_write);
    if (item->kind == ITEM_BYTES) {
        (void)msgpack_pack_str_body(&packer, item->bytes, item->size);
    } else if (item->kind != ITEM_NONE && item->kind != ITEM_INTEGER) {
        item_pack(item, &packer);
        head.kind = ITEM_PACKED;
    }
    head.item_size = shelf->packed.size;
    (void)msgpack_pack_object(&packer, *result);
    head.result_size = shelf->packed.size - head.item_size;
    note_error(fwrite(&head, sizeof head, 1, file) == 1 &&
               (shelf->packed.size == 0 || fwrite(shelf->packed.data, shelf->packed.size, 1, file) == 1));
}

void shelf_add(struct shelf *shelf, uint64_t index, const struct item *item, const msgpack_object *result)
{
    shelf->count++;
    if (shelf->files[SHELF_ITEMS] != NULL)
        add_item(shelf, item, result);
    if (shelf->files[SHELF_LINES] == NULL)
        return;
    make_line(&shelf->line, index, item, result);
    add_digest(shelf);
    note_error(fwrite(shelf->line.data, shelf->line.size, 1, shelf->files[SHELF_LINES]) == 1);
}

void shelf_finish(struct shelf *shelf)
{
    shelf->whole = true;
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
        if (strcmp(shelf->step, step) == 0 && shelf->files[SHELF_LINES] != NULL)
            return tempfile_again(fileno(shelf->files[SHELF_LINES]), O_RDONLY);
    }
    errno = ENOENT;
    return -1;
}

struct shelf_reader {
    FILE *file; /* NULL: it could not be opened, for `error` */
    int error;
    char *bytes;
    size_t room;
    struct item result;
};

struct shelf_reader *shelf_read(const struct shelf *shelf)
{
    struct shelf_reader *reader = memory_get(sizeof *reader);
    int fd = tempfile_again(fileno(shelf->files[SHELF_ITEMS]), O_RDONLY);

    if (fd >= 0)
        reader->file = fdopen(fd, "r");
    if (reader->file == NULL)
        reader->error = errno;
    return reader;
}

static bool read_bytes(struct shelf_reader *reader, void *bytes, size_t size)
{
    errno = 0; /* a file that ends too early sets none */
    if (size == 0 || fread(bytes, size, 1, reader->file) == 1)
        return true;
    reader->error = errno != 0 ? errno : EIO;
    return false;
}

bool shelf_next(struct shelf_reader *reader, struct item *item, int *error)
{
    struct head head;
    int first = reader->error == 0 ? getc(reader->file) : EOF;

    if (first == EOF && reader->error == 0 && ferror(reader->file) != 0)
        reader->error = errno;
    *error = reader->error;
    if (first == EOF || ungetc(first, reader->file) == EOF)
        return false;
    if (!read_bytes(reader, &head, sizeof head)) {
        *error = reader->error;
        return false;
    }
    size_t size = head.item_size + head.result_size;
    if (size > reader->room) {
        reader->room = 2 * size;
        reader->bytes = memory_grow(reader->bytes, reader->room);
    }
    if (!read_bytes(reader, reader->bytes, size)) {
        *error = reader->error;
        return false;
    }
    reader->result =
        (struct item){.kind = ITEM_PACKED, .bytes = reader->bytes + head.item_size, .size = head.result_size};
    *item = (struct item){.kind = head.kind,
                          .bytes = reader->bytes,
                          .size = head.item_size,
                          .integer = head.integer,
                          .result = &reader->result};
    return true;
}

void shelf_read_end(struct shelf_reader *reader)
{
    if (reader->file != NULL)
        (void)fclose(reader->file);
    free(reader->bytes);
    free(reader);
}
