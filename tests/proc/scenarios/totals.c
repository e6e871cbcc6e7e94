/*
 * tests/proc/scenarios/totals.c - scenarios: totals
 */
#include "tests/proc/helper.h"

#include <math.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static mpool_total *total_of(mpool_pool *pool, const char *name, mpool_total_kind kind)
{
    mpool_total *total;

    CHECK_OK(mpool_total_open(pool, name, kind, &total));
    return total;
}

static int64_t integer(const mpool_total *total)
{
    int64_t value;

    CHECK_OK(mpool_total_int64(total, &value));
    return value;
}

static mpool_total_value value_of(const mpool_total *total)
{
    mpool_total_value value;

    CHECK_OK(mpool_total_read(total, &value));
    return value;
}

/* An int: goes into all four totals. */
MPOOL_FUNCTION(add_to_all)
{
    static const char *const names[] = {"sum", "min", "max", "count"};
    int64_t value;

    (void)result;
    if (mpool_unpack(args, "I", &value) != MPOOL_OK)
        return mpool_job_fail(job, "%s", mpool_error_detail());
    for (int i = 0; i < 4; i++)
        if (mpool_job_total_add(job, names[i], value) != MPOOL_OK)
            return mpool_job_fail(job, "%s", mpool_error_detail());
    return 0;
}

SCENARIO(totals, of_every_kind_are_exact)
{
    const mpool_task task = {.function = "add_to_all", .item_format = "I"};
    int64_t items[1000];
    mpool_pool *pool = open_pool(2);
    mpool_total *sum = total_of(pool, "sum", MPOOL_SUM), *min = total_of(pool, "min", MPOOL_MIN);
    mpool_total *max = total_of(pool, "max", MPOOL_MAX), *count = total_of(pool, "count", MPOOL_COUNT);
    int64_t none;

    CHECK_INT(integer(sum), 0);
    CHECK_INT(integer(count), 0);
    CHECK_ERR(mpool_total_int64(min, &none), MPOOL_E_END);
    CHECK_ERR(mpool_total_int64(max, &none), MPOOL_E_END);
    CHECK_TEXT(value_of(max).text, "");
    for (int i = 0; i < 1000; i++)
        items[i] = i - 400;
    CHECK_OK(mpool_pool_map(pool, &task, items, 1000, sizeof items[0], NULL, 0, NULL));
    CHECK_INT(integer(sum), 999 * 500 - 400 * 1000);
    CHECK_INT(integer(min), -400);
    CHECK_INT(integer(max), 599);
    CHECK_INT(integer(count), 1000);
    CHECK_INT(value_of(sum).count, 1000);
    finish_pool(pool);
}

SCENARIO(totals, beyond_64_bits_are_exact_and_say_that_they_do_not_fit)
{
    const mpool_task task = {.function = "add_to_all", .item_format = "I"};
    int64_t items[4] = {INT64_MAX, INT64_MAX, INT64_MAX, INT64_MAX}, value = -1;
    mpool_pool *pool = open_pool(2);
    mpool_total *sum = total_of(pool, "sum", MPOOL_SUM), *min = total_of(pool, "min", MPOOL_MIN);

    (void)total_of(pool, "max", MPOOL_MAX);
    (void)total_of(pool, "count", MPOOL_COUNT);
    CHECK_OK(mpool_pool_map(pool, &task, items, 4, sizeof items[0], NULL, 0, NULL));
    CHECK_ERR(mpool_total_int64(sum, &value), MPOOL_E_OVERFLOW);
    CHECK_INT(value, -1);
    CHECK(!value_of(sum).fits && !value_of(sum).is_float);
    CHECK_TEXT(value_of(sum).text, "36893488147419103228");
    CHECK(fabs(value_of(sum).number - 4.0 * 9223372036854775807.0) < 1e10);
    CHECK_INT(integer(min), INT64_MAX);
    for (int i = 0; i < 4; i++)
        items[i] = -INT64_MAX;
    CHECK_OK(mpool_pool_map(pool, &task, items, 4, sizeof items[0], NULL, 0, NULL));
    CHECK_INT(integer(sum), 0);
    finish_pool(pool);
}

/* A double: goes into a sum and a max; "sum" has whole numbers too. */
MPOOL_FUNCTION(add_real)
{
    double value;

    (void)result;
    if (mpool_unpack(args, "d", &value) != MPOOL_OK)
        return mpool_job_fail(job, "%s", mpool_error_detail());
    if (mpool_job_total_add_double(job, "sum", value) != MPOOL_OK || mpool_job_total_add(job, "sum", 1) != MPOOL_OK ||
        mpool_job_total_add_double(job, "max", value) != MPOOL_OK)
        return mpool_job_fail(job, "%s", mpool_error_detail());
    return 0;
}

SCENARIO(totals, of_floats_are_floats)
{
    const mpool_task task = {.function = "add_real", .item_format = "d"};
    const double items[4] = {0.5, -2.25, 1024, 3};
    const double infinite = INFINITY;
    mpool_pool *pool = open_pool(2);
    mpool_total *sum = total_of(pool, "sum", MPOOL_SUM), *max = total_of(pool, "max", MPOOL_MAX);
    int64_t value;

    CHECK_OK(mpool_pool_map(pool, &task, items, 4, sizeof items[0], NULL, 0, NULL));
    CHECK(value_of(sum).is_float && value_of(sum).number == 0.5 - 2.25 + 1024 + 3 + 4);
    CHECK(value_of(max).number == 1024);
    CHECK_ERR(mpool_total_int64(sum, &value), MPOOL_E_FORMAT);
    CHECK_ERR(mpool_pool_map(pool, &task, &infinite, 1, sizeof infinite, NULL, 0, NULL), MPOOL_E_JOB);
    CHECK_SAYS(mpool_error_detail(), "inf");
    CHECK(value_of(sum).number == 0.5 - 2.25 + 1024 + 3 + 4);
    finish_pool(pool);
}

SCENARIO(totals, have_names_of_their_own_and_are_at_most_64)
{
    mpool_pool *pool = open_pool(1);
    mpool_total *total = NULL;
    char name[MPOOL_NAME_MAX + 2];

    (void)total_of(pool, "first", MPOOL_SUM);
    CHECK_ERR(mpool_total_open(pool, "first", MPOOL_COUNT, &total), MPOOL_E_INVAL);
    CHECK_ERR(mpool_total_open(pool, "", MPOOL_SUM, &total), MPOOL_E_INVAL);
    CHECK_ERR(mpool_total_open(pool, "kind", (mpool_total_kind)9, &total), MPOOL_E_INVAL);
    memset(name, 'n', sizeof name);
    name[sizeof name - 1] = '\0';
    CHECK_ERR(mpool_total_open(pool, name, MPOOL_SUM, &total), MPOOL_E_INVAL);
    for (int i = 1; i < MPOOL_TOTALS_MAX; i++) {
        (void)snprintf(name, sizeof name, "total %d", i);
        (void)total_of(pool, name, MPOOL_SUM);
    }
    CHECK_ERR(mpool_total_open(pool, "one too many", MPOOL_SUM, &total), MPOOL_E_TOOBIG);
    CHECK(total == NULL);
    run_one(pool, &(mpool_task){.function = "add"}, 1, MPOOL_FAILED); /* it adds to "sum", which is not there */
    finish_pool(pool);
}

/* An int: a map with it at two depths, as a float, and as text. */
MPOOL_FUNCTION(describe)
{
    int value;

    if (mpool_unpack(args, "i", &value) != MPOOL_OK)
        return mpool_job_fail(job, "%s", mpool_error_detail());
    if (mpool_pack(result, "{s:i,s:{s:i,s:{s:i}},s:d,s:s}", "flat", value, "stat", "bytes", 2 * value, "deep", "est",
                   3 * value, "half", value / 2.0, "text", "seven") != MPOOL_OK)
        return mpool_job_fail(job, "%s", mpool_error_detail());
    return 0;
}

SCENARIO(totals, collect_numbers_from_results)
{
    const mpool_collect collects[] = {{.total = "flat", .field = "flat"},
                                      {.total = "nested", .field = "stat.bytes"},
                                      {.total = "deep", .field = "stat.deep.est"},
                                      {.total = "half", .field = "half"},
                                      {.total = "count"}};
    const mpool_collect whole = {.total = "flat"};
    mpool_task task = {.function = "describe", .item_format = "i", .collect = collects, .collect_count = 5};
    int items[100];
    mpool_pool *pool = open_pool(2);
    mpool_total *flat = total_of(pool, "flat", MPOOL_SUM), *nested = total_of(pool, "nested", MPOOL_MAX);
    mpool_total *deep = total_of(pool, "deep", MPOOL_MIN), *half = total_of(pool, "half", MPOOL_SUM);
    mpool_total *count = total_of(pool, "count", MPOOL_COUNT);

    for (int i = 0; i < 100; i++)
        items[i] = i + 1;
    CHECK_OK(mpool_pool_map(pool, &task, items, 100, sizeof items[0], NULL, 0, NULL));
    CHECK_INT(integer(flat), 5050);
    CHECK_INT(integer(nested), 200);
    CHECK_INT(integer(deep), 3);
    CHECK(value_of(half).number == 2525);
    CHECK_INT(integer(count), 100);
    task = (mpool_task){.function = "square", .item_format = "i", .collect = &whole, .collect_count = 1};
    CHECK_OK(mpool_pool_map(pool, &task, items, 100, sizeof items[0], NULL, 0, NULL));
    CHECK_INT(integer(flat), 5050 + 338350);
    finish_pool(pool);
}

/* D12: such a job fails, is not tried again, and adds nothing, not even what was good. */
SCENARIO(totals, fail_a_job_whose_result_has_no_such_number)
{
    static const struct {
        const char *field, *says;
    } bad[] = {{"nothing", "not there"}, {"stat.nothing", "not there"}, {"flat.deeper", "not there"},
               {"text", "not a number"}, {"stat", "not a number"},      {"", "not a number"}};
    mpool_pool *pool = open_pool(2);
    mpool_total *good = total_of(pool, "good", MPOOL_SUM);

    (void)total_of(pool, "bad", MPOOL_SUM);
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        const mpool_collect collects[] = {{.total = "good", .field = "flat"}, {.total = "bad", .field = bad[i].field}};
        const mpool_task task = {.function = "describe", .retries = 3, .collect = collects, .collect_count = 2};
        mpool_future *future = submit(pool, &task, 7);

        CHECK_SAYS(result_of(future)->error, bad[i].says);
        CHECK_INT(result_of(future)->attempts, 1);
        wait_free(future, MPOOL_FAILED);
    }
    CHECK_INT(integer(good), 0);
    finish_pool(pool);
}

/* An int: adds it in every attempt, and fails or crashes in all but the last of as many as its rest by 4. */
MPOOL_FUNCTION(add_and_stumble)
{
    int value;

    (void)result;
    if (mpool_unpack(args, "i", &value) != MPOOL_OK || mpool_job_total_add(job, "sum", value) != MPOOL_OK ||
        mpool_job_total_add(job, "count", 1) != MPOOL_OK)
        return mpool_job_fail(job, "%s", mpool_error_detail());
    if (mpool_job_attempt(job) <= (unsigned)value % 4 && value % 3 == 0)
        (void)raise(SIGKILL);
    if (mpool_job_attempt(job) <= (unsigned)value % 4)
        return mpool_job_fail(job, "not yet");
    return 0;
}

/* P3 */
SCENARIO(totals, have_nothing_of_attempts_that_failed_or_crashed)
{
    const mpool_task task = {.function = "add_and_stumble", .item_format = "i", .retries = 2};
    int items[120];
    mpool_status statuses[120];
    int64_t wanted = 0, done = 0;
    mpool_pool *pool = open_pool(2);
    mpool_total *sum = total_of(pool, "sum", MPOOL_SUM), *count = total_of(pool, "count", MPOOL_COUNT);

    for (int i = 0; i < 120; i++)
        items[i] = i;
    CHECK_ERR(mpool_pool_map(pool, &task, items, 120, sizeof items[0], NULL, 0, statuses), MPOOL_E_JOB);
    for (int i = 0; i < 120; i++) {
        CHECK_INT(statuses[i], i % 4 < 3 ? MPOOL_DONE : i % 3 == 0 ? MPOOL_CRASHED : MPOOL_FAILED);
        wanted += i % 4 < 3 ? i : 0;
        done += i % 4 < 3;
    }
    CHECK_INT(integer(sum), wanted);
    CHECK_INT(integer(count), done);
    finish_pool(pool);
}

/* Finds the mapping of the totals, and writes into it: the last page of the arena that cannot be written to. */
MPOOL_FUNCTION(forge_totals)
{
    char *line = NULL, rights[8];
    size_t room = 0;
    FILE *file = fopen("/proc/self/maps", "re");
    unsigned long begin, end;

    (void)args;
    (void)result;
    if (file == NULL || mpool_job_total_add(job, "sum", 1000) != MPOOL_OK)
        return mpool_job_fail(job, "cannot begin: %m");
    while (getline(&line, &room, file) > 0)
        if (strstr(line, "memfd:mpool") != NULL && sscanf(line, "%lx-%lx %7s", &begin, &end, rights) == 3) {
            atomic_fetch_add(&board->counter, 1);
            if (rights[1] != 'w') {
                atomic_fetch_add(&board->held, 1);
                memset((void *)begin, 0x7f, 4096); /* NOLINT(performance-no-int-to-ptr) */
            }
        }
    free(line);
    (void)fclose(file);
    return 0;
}

/* I-5 */
SCENARIO(totals, cannot_be_written_by_a_job)
{
    mpool_pool *pool = open_pool(2);
    mpool_total *sum = total_of(pool, "sum", MPOOL_SUM), *count = total_of(pool, "count", MPOOL_COUNT);
    mpool_future *forger;

    run_one(pool, &(mpool_task){.function = "add"}, 5, MPOOL_DONE);
    forger = submit(pool, &(mpool_task){.function = "forge_totals"}, 0);
    CHECK_INT(result_of(forger)->signal, SIGSEGV);
    CHECK(atomic_load(&board->counter) > 0 && atomic_load(&board->held) == 1);
    wait_free(forger, MPOOL_CRASHED);
    CHECK_INT(integer(sum), 5);
    CHECK_INT(integer(count), 1);
    run_one(pool, &(mpool_task){.function = "add"}, 6, MPOOL_DONE);
    CHECK_INT(integer(sum), 11);
    finish_pool(pool);
}

SCENARIO(totals, can_be_added_while_the_pool_works_and_read_after_its_end)
{
    mpool_pool *pool = open_pool(2);
    mpool_total *sum, *count;

    still_works(pool);
    sum = total_of(pool, "sum", MPOOL_SUM);
    count = total_of(pool, "count", MPOOL_COUNT);
    for (int i = 0; i < 50; i++)
        CHECK_OK(mpool_pool_submit(pool, &(mpool_task){.function = "add"}, NULL, "i", i));
    CHECK_OK(mpool_pool_close(pool));
    CHECK_OK(mpool_pool_join(pool, LONG_MS));
    CHECK_INT(integer(sum), 1225);
    CHECK_INT(integer(count), 50);
    close_pool(pool);
}
