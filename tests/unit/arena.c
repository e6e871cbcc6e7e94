/*
 * tests/unit/arena.c - who has which pages of the arena, and their memory
 */
#include "ipc/arena.h"

#include "tests/unit/values.h"

#include <criterion/criterion.h>
#include <mpool/error.h>

#include <signal.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#define PAGES ((size_t)1024)

static struct mp_arena arena;

static void set_up(void)
{
    cr_assert_eq(mp_arena_open(PAGES * MP_ARENA_PAGE, &arena), MPOOL_OK);
    cr_assert_eq(arena.size, PAGES * MP_ARENA_PAGE);
}

static void tear_down(void)
{
    mp_arena_close(&arena);
}

TestSuite(arena, .init = set_up, .fini = tear_down);

static size_t memory(void)
{
    struct stat status;

    cr_assert_eq(fstat(arena.fd, &status), 0);
    return (size_t)status.st_blocks * 512;
}

/* ---- against a model: one byte for each page ----------------------------------------------------------------------*/

struct taken {
    size_t offset;
    size_t bytes;
};

static unsigned char model[PAGES];

/* The longest run of free pages. */
static size_t longest(void)
{
    size_t most = 0, run = 0;

    for (size_t i = 0; i < PAGES; i++) {
        run = model[i] ? 0 : run + 1;
        most = run > most ? run : most;
    }
    return most;
}

/* The first run of so many. */
static size_t lowest(size_t pages)
{
    size_t run = 0;

    for (size_t i = 0; i < PAGES; i++) {
        run = model[i] ? 0 : run + 1;
        if (run == pages)
            return i + 1 - pages;
    }
    return PAGES;
}

static void mark(const struct taken *taken, unsigned char as)
{
    size_t first = taken->offset / MP_ARENA_PAGE;

    cr_assert_eq(taken->offset % MP_ARENA_PAGE, 0);
    for (size_t i = first; i < first + mp_arena_bytes(taken->bytes) / MP_ARENA_PAGE; i++) {
        cr_assert_lt(i, PAGES);
        cr_assert_neq(model[i], as, "page %zu is had twice, or given twice", i);
        model[i] = as;
    }
}

static bool take_some(struct taken *taken, uint64_t *random)
{
    size_t most = next_random(random) % 4 == 0 ? 400 : 30;
    enum mp_arena_end end = next_random(random) % 2 == 0 ? MP_ARENA_LOW : MP_ARENA_HIGH;
    size_t pages, low;
    mpool_err err;

    taken->bytes = 1 + next_random(random) % (most * MP_ARENA_PAGE);
    pages = mp_arena_bytes(taken->bytes) / MP_ARENA_PAGE;
    low = lowest(pages);
    err = mp_arena_take(&arena, taken->bytes, end, &taken->offset);
    cr_assert_eq(err, pages <= longest() ? MPOOL_OK : MPOOL_E_FULL);
    if (err != MPOOL_OK)
        return false;
    if (end == MP_ARENA_LOW)
        cr_assert_eq(taken->offset, low * MP_ARENA_PAGE);
    mark(taken, 1);
    return true;
}

Test(arena, gives_out_no_page_twice_and_finds_every_gap)
{
    static struct taken all[PAGES];
    size_t count = 0, refusals = 0;
    uint64_t random = 7;

    for (int i = 0; i < 20000; i++) {
        if (next_random(&random) % 5 < 3) {
            bool got = take_some(&all[count], &random);

            count += got;
            refusals += !got;
        } else if (count > 0) {
            size_t which = next_random(&random) % count;

            mark(&all[which], 0);
            mp_arena_give(&arena, all[which].offset, all[which].bytes);
            all[which] = all[--count];
        }
        cr_assert_eq(arena.taken, count);
    }
    cr_expect_gt(refusals, 100);
    while (count-- > 0)
        mp_arena_give(&arena, all[count].offset, all[count].bytes);
    cr_expect_eq(arena.free_count, 1);
    cr_expect_eq(arena.free[0].first, 0);
    cr_expect_eq(arena.free[0].pages, PAGES);
}

Test(arena, values_do_not_lie_among_what_lives_long)
{
    size_t low, high, next;

    cr_assert_eq(mp_arena_take(&arena, 1, MP_ARENA_LOW, &low), MPOOL_OK);
    cr_assert_eq(mp_arena_take(&arena, MP_ARENA_PAGE + 1, MP_ARENA_HIGH, &high), MPOOL_OK);
    cr_assert_eq(mp_arena_take(&arena, 1, MP_ARENA_LOW, &next), MPOOL_OK);
    cr_expect_eq(low, 0);
    cr_expect_eq(next, MP_ARENA_PAGE);
    cr_expect_eq(high, (PAGES - 2) * MP_ARENA_PAGE);
}

Test(arena, nothing_and_too_much_are_not_to_be_had)
{
    size_t offset = 5;

    cr_expect_eq(mp_arena_take(&arena, 0, MP_ARENA_LOW, &offset), MPOOL_E_FULL);
    cr_expect_eq(mp_arena_take(&arena, arena.size + 1, MP_ARENA_HIGH, &offset), MPOOL_E_FULL);
    cr_expect_eq(mp_arena_take(&arena, SIZE_MAX, MP_ARENA_HIGH, &offset), MPOOL_E_FULL);
    cr_expect_eq(offset, 5);
    cr_expect_eq(mp_arena_take(&arena, arena.size, MP_ARENA_HIGH, &offset), MPOOL_OK);
    cr_expect_eq(mp_arena_take(&arena, 1, MP_ARENA_LOW, &offset), MPOOL_E_FULL);
}

Test(arena, a_place_outside_is_none)
{
    cr_expect_null(mp_arena_at(&arena, arena.size + 1, 0));
    cr_expect_null(mp_arena_at(&arena, arena.size - 1, 2));
    cr_expect_null(mp_arena_at(&arena, 1, SIZE_MAX));
    cr_expect_not_null(mp_arena_at(&arena, arena.size - 1, 1));
}

/* ---- memory ------------------------------------------------------------------------------------------------------ */

Test(arena, pages_have_memory_from_backing_to_emptying)
{
    const size_t bytes = 300 * MP_ARENA_PAGE; /* more than one piece, and not a whole number of them */
    size_t offset;
    char *at;

    cr_expect_eq(memory(), 0);
    cr_assert_eq(mp_arena_take(&arena, bytes, MP_ARENA_HIGH, &offset), MPOOL_OK);
    cr_expect_eq(memory(), 0);
    cr_assert_eq(mp_arena_back(&arena, offset, bytes), MPOOL_OK);
    cr_expect_eq(memory(), bytes);
    at = mp_arena_at(&arena, offset, bytes);
    memset(at, 'x', bytes);
    cr_expect(mp_arena_readable(&arena, offset, bytes));
    mp_arena_empty(&arena, offset, bytes);
    cr_expect_eq(memory(), 0);
    cr_expect_eq(at[0], 0);
}

/* In a child: how it ends when it writes to an offset. */
static int end_of_a_write(size_t offset, bool unlock, bool lock)
{
    int status;
    pid_t pid = fork();

    cr_assert_geq(pid, 0);
    if (pid == 0) {
        (void)sigaction(SIGSEGV, &(struct sigaction){.sa_handler = SIG_DFL}, NULL);
        if (mp_arena_guard(&arena, 0, MP_ARENA_PAGE) != MPOOL_OK ||
            (unlock && mp_arena_unlock(&arena, 2 * MP_ARENA_PAGE, 1) != MPOOL_OK) ||
            (lock && mp_arena_lock(&arena, 2 * MP_ARENA_PAGE, 1) != MPOOL_OK))
            _exit(1);
        *(volatile char *)(arena.base + offset) = 'x';
        _exit(0);
    }
    cr_assert_eq(waitpid(pid, &status, 0), pid);
    return WIFSIGNALED(status) ? WTERMSIG(status) : WEXITSTATUS(status);
}

Test(arena, a_worker_can_write_to_its_page_and_to_what_it_has_unlocked)
{
    cr_expect_eq(end_of_a_write(0, false, false), 0);
    cr_expect_eq(end_of_a_write(MP_ARENA_PAGE, false, false), SIGSEGV);
    cr_expect_eq(end_of_a_write(2 * MP_ARENA_PAGE, false, false), SIGSEGV);
    cr_expect_eq(end_of_a_write(2 * MP_ARENA_PAGE, true, false), 0);
    cr_expect_eq(end_of_a_write(3 * MP_ARENA_PAGE, true, false), SIGSEGV);
    cr_expect_eq(end_of_a_write(2 * MP_ARENA_PAGE, true, true), SIGSEGV);
    cr_expect_eq(arena.base[2 * MP_ARENA_PAGE], 'x'); /* and what was written there is there */
}
