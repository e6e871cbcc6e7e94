/*
 * tests/unit/error.c - names and texts of errors, and the detail of the last one
 */
#include "base/error.h"

#include <mpool/result.h>

#include <criterion/criterion.h>

#include <errno.h>
#include <pthread.h>
#include <string.h>

Test(error, each_has_its_name_and_a_text)
{
#define CHECK(number, name, text)                                                                                      \
    cr_expect_str_eq(mpool_err_name((mpool_err)(number)), "MPOOL_" #name);                                             \
    cr_expect_str_eq(mpool_err_text((mpool_err)(number)), text);
    MPOOL_ERRORS(CHECK)
#undef CHECK
    cr_expect_str_eq(mpool_err_name((mpool_err)9999), "MPOOL_E_?");
    cr_expect_str_eq(mpool_err_text((mpool_err)9999), "unknown error");
}

Test(error, the_numbers_that_programs_have_compiled_in_stay)
{
    cr_expect_eq(MPOOL_OK, 0);
    cr_expect_eq(MPOOL_E_NOMEM, 1);
    cr_expect_eq(MPOOL_E_FORMAT, 18);
    cr_expect_eq(MPOOL_E_GENERATOR, 23);
    cr_expect_eq(MPOOL_DONE, 0);
    cr_expect_eq(MPOOL_SKIPPED, 5);
}

Test(error, statuses_have_the_words_of_the_job_file)
{
    cr_expect_str_eq(mpool_status_name(MPOOL_DONE), "done");
    cr_expect_str_eq(mpool_status_name(MPOOL_TIMED_OUT), "timed_out");
    cr_expect_str_eq(mpool_status_name((mpool_status)99), "unknown");
}

Test(error, the_detail_is_that_of_the_last_failure)
{
    cr_expect_str_eq(mpool_error_detail(), "");
    cr_expect_eq(mp_error(MPOOL_E_INVAL, "the %s is %d", "number", 7), MPOOL_E_INVAL);
    cr_expect_str_eq(mpool_error_detail(), "the number is 7");
    errno = ENOENT;
    cr_expect_eq(mp_error(MPOOL_E_SYSTEM, "open: %m"), MPOOL_E_SYSTEM);
    cr_expect_str_eq(mpool_error_detail(), "open: No such file or directory");
    cr_expect_eq(errno, ENOENT, "errno stays as it is");
    cr_expect_eq(mp_error_nomem(), MPOOL_E_NOMEM);
    cr_expect_str_eq(mpool_error_detail(), "out of memory");
}

Test(error, a_long_detail_is_cut)
{
    char text[3000];

    memset(text, 'x', sizeof text - 1);
    text[sizeof text - 1] = '\0';
    (void)mp_error(MPOOL_E_INVAL, "%s", text);
    cr_expect_eq(strlen(mpool_error_detail()), 999);
}

static void *fail_in_a_thread(void *seen)
{
    *(size_t *)seen = strlen(mpool_error_detail());
    (void)mp_error(MPOOL_E_INVAL, "of the thread");
    return NULL;
}

Test(error, each_thread_has_a_detail_of_its_own)
{
    pthread_t thread;
    size_t seen = 77;

    (void)mp_error(MPOOL_E_INVAL, "of the first");
    cr_assert_eq(pthread_create(&thread, NULL, fail_in_a_thread, &seen), 0);
    cr_assert_eq(pthread_join(thread, NULL), 0);
    cr_expect_eq(seen, 0);
    cr_expect_str_eq(mpool_error_detail(), "of the first");
}
