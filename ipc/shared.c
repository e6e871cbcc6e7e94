/*
 * ipc/shared.c - the objects that processes share: which there are, and where
 *
 * Runs in: any process; only the host makes and releases. Owns: the tail of the arena.
 *
 * An entry of the table is one word: a generation, which rises with each object that begins at that page, and the kind
 * of the one that is there now, or none. A handle is the page, the generation and the kind. So a handle of an object
 * that was released never fits again (but for one of 2^24 made at the same page), and none of another kind does.
 *
 * The host's own record of who has which page is in its private memory (ipc/arena.c): no process that dies or scribbles
 * can spoil it, and what a dead process held is repaired by those who wait, object by object.
 *
 * Entries have memory from the first object on that needs them; `entries` says how many. In a worker table and members
 * are mapped like the rest of the arena: the table read-only.
 */
#include "ipc/shared.h"

#include "base/error.h"
#include "base/here.h"
#include "ipc/member.h"

#include <pthread.h>
#include <stdatomic.h>
#include <sys/mman.h>

#define KIND_BITS 8
#define GENERATION_BITS 24
#define MEMBER_BYTES_MAX ((size_t)256 << 10)

/* The table. Written by the host, with release; read by all, with acquire. A death of the host ends all. */
struct table {
    _Atomic uint32_t entries; /* so many have memory */
    struct {
        _Atomic uint32_t word; /* generation and kind */
        uint32_t pages;        /* of the object; constant while there is one */
    } entry[];
};

/* What is to be called at the end. */
#define ENDS_MOST 4
typedef void end_function(void);

static struct {
    const bool *here; /* true in this process and in no child of it; NULL before mpool_init() */
    atomic_bool over; /* mpool_fini() was called */
    bool host;
    struct table *table;
    size_t table_bytes;
    char *members;
    size_t member_bytes;
    char *objects;
    size_t object_bytes;

    /* The host's. */
    pthread_mutex_t lock;
    struct mp_arena arena; /* the table's memory and the members' */
    struct mp_arena pages; /* of objects */

    _Atomic(end_function *) on_end[ENDS_MOST]; /* NULL behind the last one */
} shared = {.lock = PTHREAD_MUTEX_INITIALIZER};

/* ---- this process ------------------------------------------------------------------------------------------------ */

/* The same in every process: it follows from the size of the arena. */
static void lay_out(const struct mp_arena *arena)
{
    char *tail = mp_arena_tail(arena);
    size_t most = arena->tail / MP_ARENA_PAGE;

    shared.table_bytes = mp_arena_bytes(sizeof(struct table) + most * sizeof shared.table->entry[0]);
    shared.member_bytes = mp_arena_bytes(arena->tail / 8);
    if (shared.member_bytes > MEMBER_BYTES_MAX)
        shared.member_bytes = MEMBER_BYTES_MAX;
    shared.table = (struct table *)(void *)tail;
    shared.members = tail + shared.table_bytes;
    shared.objects = shared.members + shared.member_bytes;
    shared.object_bytes = arena->tail - shared.table_bytes - shared.member_bytes;
}

mpool_err mp_shared_begin(const struct mp_arena *arena)
{
    mpool_err err;

    lay_out(arena);
    err = mp_arena_part(arena, 0, shared.table_bytes + shared.member_bytes, &shared.arena);
    if (err != MPOOL_OK)
        return err;
    err = mp_arena_part(arena, shared.table_bytes + shared.member_bytes, shared.object_bytes, &shared.pages);
    if (err != MPOOL_OK)
        goto fail;
    err = mp_arena_back(&shared.arena, 0, MP_ARENA_PAGE);
    if (err == MPOOL_OK)
        err = mp_here_mark(&shared.here);
    if (err != MPOOL_OK)
        goto fail_pages;
    shared.host = true;
    shared.over = false;
    return MPOOL_OK;
fail_pages:
    mp_arena_part_close(&shared.pages);
fail:
    mp_arena_part_close(&shared.arena);
    return err;
}

void mp_shared_on_end(void (*function)(void))
{
    for (int i = 0; i < ENDS_MOST; i++) {
        end_function *there = NULL;

        if (atomic_compare_exchange_strong(&shared.on_end[i], &there, function) || there == function)
            return;
    }
}

bool mp_shared_is_host(void)
{
    return shared.host;
}

void mp_shared_end(void)
{
    shared.over = true;
    for (int i = 0; i < ENDS_MOST && shared.on_end[i] != NULL; i++)
        shared.on_end[i]();
    (void)pthread_mutex_lock(&shared.lock);
    mp_arena_part_close(&shared.pages);
    mp_arena_part_close(&shared.arena);
    (void)pthread_mutex_unlock(&shared.lock);
}

mpool_err mp_shared_join(const struct mp_arena *arena)
{
    lay_out(arena);
    shared.host = false;
    if (mprotect(shared.members, shared.member_bytes + shared.object_bytes, PROT_READ | PROT_WRITE) != 0)
        return mp_error(MPOOL_E_SYSTEM, "mprotect: %m");
    return mp_here_mark(&shared.here);
}

mpool_err mp_shared_check_process(void)
{
    if (shared.here == NULL)
        return mp_error(MPOOL_E_NOINIT, "call mpool_init() early in main()");
    if (!*shared.here)
        return mp_error(MPOOL_E_FORKED, "this process was forked from one of mpool's; shared objects are for workers "
                                        "and for processes that mpool_process_start() starts");
    return shared.over ? mp_error(MPOOL_E_NOINIT, "mpool_fini() has been called") : MPOOL_OK;
}

void *mp_shared_members(size_t member_bytes, size_t *count)
{
    *count = shared.member_bytes / member_bytes;
    return shared.members;
}

/* ---- the table --------------------------------------------------------------------------------------------------- */

static enum mp_kind kind_of(uint32_t word)
{
    return (enum mp_kind)(word & ((1U << KIND_BITS) - 1));
}

/* The entry's word; 0 of a page that has none. */
static uint32_t look_up(size_t page)
{
    if (page >= atomic_load_explicit(&shared.table->entries, memory_order_acquire))
        return 0;
    return atomic_load_explicit(&shared.table->entry[page].word, memory_order_acquire);
}

/* The page that a pointer is in; one that no object has, if it does not point to objects. */
static size_t page_of(const void *object)
{
    size_t offset = (size_t)((const char *)object - shared.objects);

    return offset < shared.object_bytes ? offset / MP_ARENA_PAGE : SIZE_MAX;
}

/* Has memory for the entries up to a page, and for the members with the first of them. */
static mpool_err grow_table(size_t page)
{
    size_t entries = atomic_load_explicit(&shared.table->entries, memory_order_relaxed);
    size_t bytes = mp_arena_bytes(sizeof(struct table) + (page + 1) * sizeof shared.table->entry[0]);
    mpool_err err = MPOOL_OK;

    if (page < entries)
        return MPOOL_OK;
    if (entries == 0)
        err = mp_arena_back(&shared.arena, shared.table_bytes, shared.member_bytes);
    if (err == MPOOL_OK && entries == 0)
        err = mp_members_begin();
    if (err == MPOOL_OK)
        err = mp_arena_back(&shared.arena, 0, bytes);
    if (err != MPOOL_OK)
        return err;
    entries = (bytes - sizeof(struct table)) / sizeof shared.table->entry[0];
    atomic_store_explicit(&shared.table->entries, (uint32_t)entries, memory_order_release);
    return MPOOL_OK;
}

/* ---- making and releasing ---------------------------------------------------------------------------------------- */

static mpool_err no_room(size_t bytes)
{
    if (bytes > shared.object_bytes)
        return mp_error(MPOOL_E_TOOBIG,
                        "a shared object of %zu bytes; all of them together may have %zu: an eighth of "
                        "arena_bytes, see mpool/init.h",
                        bytes, shared.object_bytes);
    return mp_error(MPOOL_E_NOMEM,
                    "no room for a shared object of %zu bytes; free others, or see arena_bytes in "
                    "mpool/init.h",
                    bytes);
}

/* With the lock held. */
static mpool_err make(enum mp_kind kind, size_t bytes, size_t *offset)
{
    size_t page;
    uint32_t word;
    mpool_err err = mp_arena_take(&shared.pages, bytes, MP_ARENA_LOW, offset);

    if (err == MPOOL_E_FULL)
        return no_room(bytes);
    if (err != MPOOL_OK)
        return err;
    page = *offset / MP_ARENA_PAGE;
    err = grow_table(page);
    if (err == MPOOL_OK)
        err = mp_arena_back(&shared.pages, *offset, bytes);
    if (err != MPOOL_OK) {
        mp_arena_empty(&shared.pages, *offset, bytes);
        mp_arena_give(&shared.pages, *offset, bytes);
        return err;
    }
    word = atomic_load_explicit(&shared.table->entry[page].word, memory_order_relaxed) >> KIND_BITS;
    shared.table->entry[page].pages = (uint32_t)(mp_arena_bytes(bytes) / MP_ARENA_PAGE);
    atomic_store_explicit(&shared.table->entry[page].word, (word + 1) << KIND_BITS | kind, memory_order_release);
    return MPOOL_OK;
}

mpool_err mp_shared_new(enum mp_kind kind, size_t bytes, void **object)
{
    size_t offset;
    mpool_err err = mp_shared_check_process();

    if (err != MPOOL_OK)
        return err;
    if (!shared.host)
        return mp_error(MPOOL_E_NESTED, "only the host makes shared objects; it passes handles of them to its workers "
                                        "and processes");
    (void)pthread_mutex_lock(&shared.lock);
    err = make(kind, bytes, &offset);
    (void)pthread_mutex_unlock(&shared.lock);
    if (err == MPOOL_OK)
        *object = shared.objects + offset;
    return err;
}

void mp_shared_free(void *object)
{
    size_t page, bytes;

    if (object == NULL || !shared.host || mp_shared_check(object) != MPOOL_OK)
        return;
    (void)pthread_mutex_lock(&shared.lock);
    page = page_of(object);
    bytes = mp_shared_bytes(object);
    atomic_fetch_and_explicit(&shared.table->entry[page].word, ~((1U << KIND_BITS) - 1), memory_order_acq_rel);
    mp_arena_empty(&shared.pages, page * MP_ARENA_PAGE, bytes);
    mp_arena_give(&shared.pages, page * MP_ARENA_PAGE, bytes);
    (void)pthread_mutex_unlock(&shared.lock);
}

/* ---- finding ----------------------------------------------------------------------------------------------------- */

static mpool_err stale(void)
{
    return mp_error(MPOOL_E_STALE, "there is no such shared object: it was released, is of another kind, or never was");
}

/* mp_shared_check_process() in the common case. */
static bool may_use(void)
{
    return shared.here != NULL && *shared.here && !shared.over;
}

mpool_err mp_shared_check(const void *object)
{
    if (!may_use())
        return mp_shared_check_process();
    return kind_of(look_up(page_of(object))) != MP_KIND_NONE ? MPOOL_OK : stale();
}

mpool_err mp_shared_check_kind(const void *object, enum mp_kind kind)
{
    size_t offset = (size_t)((const char *)object - shared.objects);

    if (!may_use())
        return mp_shared_check_process();
    return offset % MP_ARENA_PAGE == 0 && kind_of(look_up(page_of(object))) == kind ? MPOOL_OK : stale();
}

size_t mp_shared_bytes(const void *object)
{
    return shared.table->entry[page_of(object)].pages * MP_ARENA_PAGE;
}

mpool_handle mp_shared_handle(const void *object)
{
    mpool_handle handle = {0};

    if (mp_shared_check(object) == MPOOL_OK)
        handle.word = (uint64_t)page_of(object) << (GENERATION_BITS + KIND_BITS) | look_up(page_of(object));
    return handle;
}

mpool_err mp_shared_open(mpool_handle handle, enum mp_kind kind, void **object)
{
    size_t page = (size_t)(handle.word >> (GENERATION_BITS + KIND_BITS));
    mpool_err err = mp_shared_check_process();

    if (err != MPOOL_OK)
        return err;
    if (kind_of((uint32_t)handle.word) != kind || look_up(page) != (uint32_t)handle.word)
        return stale();
    *object = shared.objects + page * MP_ARENA_PAGE;
    return MPOOL_OK;
}
