/*
 * tests/unit/ends.c - how an attempt can end, in words and in sets
 */
#include "base/ends.h"

#include <mpool/pool.h>

#include <criterion/criterion.h>

#include <signal.h>
#include <stdio.h>
#include <string.h>

static bool have(const char *words, struct mp_end end)
{
    struct mp_ends ends;
    char why[MP_ENDS_WHY] = "";

    cr_assert(mp_ends_parse(words, &ends, why, sizeof why), "\"%s\": %s", words != NULL ? words : "NULL", why);
    return mp_ends_have(&ends, &end);
}

static const struct mp_end failed = {.status = MPOOL_FAILED, .exit_code = -1},
                           timed_out = {.status = MPOOL_TIMED_OUT, .signal = SIGKILL};

static struct mp_end killed_by(int number)
{
    return (struct mp_end){.status = MPOOL_CRASHED, .signal = number, .exit_code = -1};
}

static struct mp_end exited_with(int code)
{
    return (struct mp_end){.status = MPOOL_CRASHED, .exit_code = code};
}

Test(ends, without_words_there_are_those_of_the_three_statuses)
{
    cr_expect(have(NULL, failed) && have(NULL, timed_out));
    cr_expect(have(NULL, killed_by(SIGSEGV)) && have(NULL, exited_with(3)));
    cr_expect_not(have(NULL, (struct mp_end){.status = MPOOL_CANCELLED}));
}

Test(ends, a_status_has_all_of_its_own_and_no_others)
{
    cr_expect(have("failed", failed));
    cr_expect_not(have("failed", timed_out) || have("failed", killed_by(SIGSEGV)));
    cr_expect(have("timed_out", timed_out));
    cr_expect_not(have("timed_out", failed) || have("timed_out", killed_by(SIGKILL)));
    for (int code = 0; code <= 255; code++)
        cr_expect(have("crashed", exited_with(code)));
    for (int number = 1; number <= 64; number++)
        cr_expect(have("crashed", killed_by(number)));
    cr_expect_not(have("crashed", failed) || have("crashed", timed_out));
}

Test(ends, an_exit_code_is_one_of_256)
{
    char word[32];

    for (int named = 0; named <= 255; named++) {
        (void)snprintf(word, sizeof word, "exit:%d", named);
        for (int code = 0; code <= 255; code++)
            cr_expect_eq(have(word, exited_with(code)), code == named, "%s and %d", word, code);
    }
    cr_expect_not(have("exit:9", killed_by(9)));
    cr_expect_not(have("exit:0", failed));
}

/* A worker that exits has crashed; a command that exits has failed. */
Test(ends, a_failure_can_have_an_exit_code_and_no_signal)
{
    const struct mp_end exited = {.status = MPOOL_FAILED, .exit_code = 75};

    cr_expect(have("exit:75", exited) && have("failed", exited));
    cr_expect_not(have("exit:74", exited) || have("crashed", exited) || have("exit:255", failed));
}

Test(ends, a_signal_has_its_name_with_or_without_sig)
{
    char word[32];

    for (int named = 1; named < 32; named++)
        for (int number = 1; number <= 64; number++) {
            (void)snprintf(word, sizeof word, "signal:%s", sigabbrev_np(named));
            cr_expect_eq(have(word, killed_by(number)), number == named, "%s and %d", word, number);
            (void)snprintf(word, sizeof word, "signal:SIG%s", sigabbrev_np(named));
            cr_expect_eq(have(word, killed_by(number)), number == named, "%s and %d", word, number);
        }
    cr_expect_not(have("signal:SEGV", exited_with(SIGSEGV)));
}

/* mpool itself kills the worker of a job that times out: that is no crash by a signal. */
Test(ends, a_limit_is_no_signal)
{
    cr_expect_not(have("signal:KILL", timed_out));
    cr_expect_not(have("signal:XCPU", (struct mp_end){.status = MPOOL_TIMED_OUT, .signal = SIGXCPU}));
}

Test(ends, memory_runs_out_for_what_fails_and_for_what_crashes)
{
    cr_expect(have("oom", (struct mp_end){.status = MPOOL_FAILED, .oom = true}));
    cr_expect(have("oom", (struct mp_end){.status = MPOOL_CRASHED, .signal = SIGKILL, .oom = true}));
    cr_expect_not(have("oom", failed) || have("oom", timed_out) || have("oom", killed_by(SIGKILL)));
}

Test(ends, any_word_of_several_is_enough)
{
    const char *words = " ,timed_out, exit:75,signal:SEGV  oom,";

    cr_expect(have(words, timed_out) && have(words, exited_with(75)) && have(words, killed_by(SIGSEGV)));
    cr_expect(have(words, (struct mp_end){.status = MPOOL_FAILED, .oom = true}));
    cr_expect_not(have(words, failed) || have(words, exited_with(74)) || have(words, killed_by(SIGABRT)));
}

Test(ends, equal_sets_have_equal_bytes)
{
    struct mp_ends a, b;

    cr_assert(mp_ends_parse("oom exit:7 signal:SIGSEGV failed", &a, NULL, 0));
    cr_assert(mp_ends_parse("failed,signal:SEGV,exit:7,exit:7,oom", &b, NULL, 0));
    cr_expect_eq(memcmp(&a, &b, sizeof a), 0);
}

Test(ends, a_word_that_is_none_is_told_with_one_that_is_near)
{
    static const char *const cases[][2] = {
        {"crash", "called \"crash\"; did you mean \"crashed\"?"},
        {"failed crahsed", "called \"crahsed\"; did you mean \"crashed\"?"},
        {"Failed", "did you mean \"failed\"?"},
        {"timeout", "did you mean \"timed_out\"?"},
        {"timed-out", "did you mean \"timed_out\"?"},
        {"OOM", "did you mean \"oom\"?"},
        {"75", "called \"75\"; did you mean \"exit:75\"?"},
        {"signal:segv", "called \"signal:segv\"; did you mean \"signal:SEGV\"?"},
        {"signal:SigSegv", "did you mean \"signal:SEGV\"?"},
        {"SIGSEGV", "did you mean \"signal:SEGV\"?"},
        {"killed", "did you mean \"signal:KILL\"?"},
        {"done",
         "called \"done\"; there are failed, crashed, timed_out, oom, exit:0 to exit:255, and signal:NAME, as in "
         "signal:SEGV"},
        {"signal:", "called \"signal:\"; there are failed"},
        {"signal:11", "called \"signal:11\"; there are failed"},
        {"exit:256", "\"exit:256\" has no exit code; they go from 0 to 255, as in exit:75"},
        {"exit:", "\"exit:\" has no exit code"},
        {"exit:-1", "\"exit:-1\" has no exit code"},
        {"exit:7x", "\"exit:7x\" has no exit code"},
        {"exit:0000", "\"exit:0000\" has no exit code"},
        {"", "no end of an attempt is named"},
        {" , ", "no end of an attempt is named"},
        {"failed;crashed", "called \"failed;crashed\"; did you mean \"failed\"?"},
        {"a-word-of-more-letters-than-any-that-there-is", "called \"a-word-of-more-letters-than-any\"; there are"},
    };
    struct mp_ends ends = {.signals = 7};

    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        char why[MP_ENDS_WHY] = "";

        cr_expect_not(mp_ends_parse(cases[i][0], &ends, why, sizeof why), "%s", cases[i][0]);
        cr_expect(strstr(why, cases[i][1]) != NULL, "\"%s\": %s", cases[i][0], why);
    }
    cr_expect_eq(ends.signals, 7);
}

Test(ends, the_longest_reason_has_room)
{
    struct mp_ends ends;
    char why[MP_ENDS_WHY];

    cr_expect_not(mp_ends_parse("wwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwww", &ends, why, sizeof why));
    cr_expect_str_eq(why + strlen(why) - strlen("signal:SEGV"), "signal:SEGV");
}

Test(ends, a_program_can_check_words_by_itself)
{
    cr_expect_eq(mpool_retry_on_check("crashed, exit:75"), MPOOL_OK);
    cr_expect_eq(mpool_retry_on_check(NULL), MPOOL_OK);
    cr_expect_eq(mpool_retry_on_check("crash"), MPOOL_E_INVAL);
    cr_expect_str_eq(mpool_error_detail(), "there is no end of an attempt called \"crash\"; did you mean \"crashed\"?");
}
