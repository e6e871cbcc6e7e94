/*
 * cli/shelf.h - the results of a step, kept until later steps have had them
 *
 * A shelf has them in one or both of two forms: as items of a later step, and as the lines that a program gets to read:
 *
 *     {"index": 3, "item": "a.csv", "result": 42}
 *
 * Both are in the order of the jobs' numbers. They are in files without a name, so there may be more of them than
 * memory, and nothing is left behind.
 */
#ifndef CLI_SHELF_H
#define CLI_SHELF_H

#include "cli/item.h"
#include "cli/key.h"

#include <msgpack.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum shelf_form {
    SHELF_ITEMS = 0,
    SHELF_LINES,
    SHELF_FORMS,
};

struct shelf;

/* shelf_want - a later step wants the results of this one; `shelf` is that of the step so far, or NULL */
struct shelf *shelf_want(struct shelf *shelf, const char *step, enum shelf_form form);

/* shelves_open - make the files of all shelves, before the workers are started; 0 or an errno */
int shelves_open(void);

/* shelves_lines - the files that workers keep; returns how many there are, also if `room` is less */
size_t shelves_lines(int *fds, size_t room);

/* shelves_error - the errno of what could not be written; 0: everything was */
int shelves_error(void);

/* shelves_close - release all. */
void shelves_close(void);

/* shelf_add - add the result of a job that is done, whose number in the step is `index` */
void shelf_add(struct shelf *shelf, uint64_t index, const struct item *item, const msgpack_object *result);

/* shelf_finish - there will be no more: now they can be read. shelf_is_whole - is it so? */
void shelf_finish(struct shelf *shelf);
bool shelf_is_whole(const struct shelf *shelf);

/* shelf_count - how many there are. shelf_digest - the hash of its lines. */
uint64_t shelf_count(const struct shelf *shelf);
const struct key *shelf_digest(const struct shelf *shelf);

/* shelf_open_lines - in a worker: the lines of a step from the first one on, for one program; -1 and errno */
int shelf_open_lines(const char *step);

/* Who reads a shelf that is whole, from the first result on. */
struct shelf_reader;

struct shelf_reader *shelf_read(const struct shelf *shelf);

/*
 * shelf_next - the next result
 *
 * index     out  the number of its job
 * item      out  with item->result; valid until the next call
 *
 * Returns false if there is no more, or it cannot be read: then shelf_read_error() is an errno.
 */
bool shelf_next(struct shelf_reader *reader, uint64_t *index, struct item *item);
int shelf_read_error(const struct shelf_reader *reader);

/* shelf_read_end - release it; returns its error */
int shelf_read_end(struct shelf_reader *reader);

#endif
