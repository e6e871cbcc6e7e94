/*
 * tests/unit/grant.c - what a worker may ask for and answer with, over books of the test's own
 */
#include "pool/grant.h"

#include "pool/block.h"

#include <criterion/criterion.h>

#define SIZE ((size_t)3 << 20)

/* The books: one block at a time, at this place. */
static size_t place = 7 * MP_BLOCK_ALIGN;
static mpool_err verdict = MPOOL_OK;
static int taken;

mpool_err mp_block_take(enum mp_block_use use, size_t size, struct mp_block *block)
{
    cr_assert_eq(use, MP_BLOCK_RESULT);
    if (verdict != MPOOL_OK)
        return verdict;
    taken++;
    *block = (struct mp_block){.offset = place, .size = size};
    return MPOOL_OK;
}

void mp_block_give(enum mp_block_use use, struct mp_block *block)
{
    cr_assert_eq(use, MP_BLOCK_RESULT);
    taken -= block->size > 0;
    *block = (struct mp_block){0};
}

void mp_block_limits(size_t size, size_t *most, size_t *used)
{
    cr_assert_eq(size, SIZE);
    *most = 100;
    *used = 60;
}

static struct mp_grant grant;
static struct mp_message answer;
static const struct mp_need need = {.ticket = 5, .size = SIZE};

static struct mp_answers answers(uint32_t ticket, uint32_t count, size_t offset, size_t size)
{
    return (struct mp_answers){.ticket = ticket, .count = count, .block = {.offset = offset, .size = size}};
}

static void have_it_granted(void)
{
    cr_assert(mp_grant_ask(&grant, &need, 1000, 50));
    cr_assert(mp_grant_decide(&grant, 1000, &answer));
    cr_assert_eq(answer.type, MP_GRANTED);
    cr_assert_eq(taken, 1);
}

Test(grant, is_of_what_was_asked_for_and_one_at_a_time)
{
    have_it_granted();
    cr_expect_eq(answer.as.granted.ticket, 5);
    cr_expect_eq(answer.as.granted.block.offset, place);
    cr_expect_eq(answer.as.granted.block.size, SIZE);
    cr_expect_not(mp_grant_ask(&grant, &need, 1000, 50));
    cr_expect_not(mp_grant_decide(&grant, 1000, &answer), "it has been answered");
    mp_grant_end(&grant);
    cr_expect_eq(taken, 0);
    cr_expect(mp_grant_ask(&grant, &need, 1000, 50));
    cr_expect_not(mp_grant_ask(&grant, &need, 1000, 50), "nor while one is asked for");
}

Test(grant, admits_exactly_the_block_that_was_granted_for_exactly_that_job)
{
    struct mp_answers forged[] = {
        answers(5, 1, place + MP_BLOCK_ALIGN, SIZE),
        answers(5, 1, place - MP_BLOCK_ALIGN, SIZE),
        answers(5, 1, 0, SIZE),
        answers(5, 1, place, SIZE + 1),
        answers(5, 1, place, SIZE - 1),
        answers(4, 1, place, SIZE),
        answers(6, 1, place, SIZE),
        answers(5, 1, SIZE_MAX / 2 / MP_BLOCK_ALIGN * MP_BLOCK_ALIGN, SIZE),
    };
    struct mp_answers right = answers(5, 1, place, SIZE);

    cr_expect_not(mp_grant_admits(&grant, &right), "nothing was granted");
    cr_assert(mp_grant_ask(&grant, &need, 1000, 50));
    cr_expect_not(mp_grant_admits(&grant, &right), "nothing is granted yet");
    mp_grant_end(&grant);
    have_it_granted();
    for (size_t i = 0; i < sizeof forged / sizeof forged[0]; i++)
        cr_expect_not(mp_grant_admits(&grant, &forged[i]), "%zu", i);
    cr_expect(mp_grant_admits(&grant, &right));
    cr_expect_eq(mp_grant_take(&grant, &right).offset, place);
    cr_expect_eq(taken, 1, "it has another owner now");
    cr_expect_not(mp_grant_admits(&grant, &right), "and is not given twice");
}

Test(grant, that_is_not_used_is_given_back_with_the_answer_to_its_job)
{
    struct mp_answers before = answers(3, 2, 0, 0), its = answers(4, 2, 0, 0);

    have_it_granted();
    cr_expect(mp_grant_admits(&grant, &before));
    cr_expect_eq(mp_grant_take(&grant, &before).size, 0);
    cr_expect_eq(taken, 1);
    cr_expect(mp_grant_admits(&grant, &its));
    cr_expect_eq(mp_grant_take(&grant, &its).size, 0);
    cr_expect_eq(taken, 0);
    cr_expect(mp_grant_ask(&grant, &need, 1000, 50));
    cr_expect_not(mp_grant_admits(&grant, &its), "a job that waits for a block has no answer");
}

Test(grant, waits_for_room_until_its_time_is_up_or_put_off)
{
    verdict = MPOOL_E_FULL;
    cr_expect_eq(mp_grant_due(&grant), INT64_MAX);
    cr_assert(mp_grant_ask(&grant, &need, 1000, 50));
    cr_expect_eq(mp_grant_due(&grant), 1050);
    cr_expect_not(mp_grant_decide(&grant, 1049, &answer));
    mp_grant_put_off(&grant, 1049, 50);
    cr_expect_not(mp_grant_decide(&grant, 1098, &answer));
    cr_assert(mp_grant_decide(&grant, 1099, &answer));
    cr_expect_eq(answer.type, MP_REFUSED);
    cr_expect_eq(answer.as.refused.ticket, 5);
    cr_expect_eq(answer.as.refused.most, 100);
    cr_expect_eq(answer.as.refused.used, 60);
    cr_expect_eq(mp_grant_due(&grant), INT64_MAX);
    cr_expect(mp_grant_ask(&grant, &need, 2000, 50), "another attempt may ask again");
}

Test(grant, of_what_will_never_fit_is_refused_at_once)
{
    verdict = MPOOL_E_TOOBIG;
    cr_assert(mp_grant_ask(&grant, &need, 1000, 50));
    cr_assert(mp_grant_decide(&grant, 1000, &answer));
    cr_expect_eq(answer.type, MP_REFUSED);
    cr_expect_eq(taken, 0);
}
