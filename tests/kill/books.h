/*
 * tests/kill/books.h - what the test knows itself: which job has what value, how each one ended, what it left behind
 */
#ifndef TESTS_KILL_BOOKS_H
#define TESTS_KILL_BOOKS_H

#include <mpool/mpool.h>
#include <stdint.h>

/* dice - the next number of a sequence (splitmix64 by Steele, Lea and Flood). */
uint64_t dice(uint64_t *state);

/* die - say what is wrong, and with what seed; end the process. */
_Noreturn void die(const char *format, ...) MPOOL_PRINTF(1, 2);

/* must - die unless the call was good. */
void must(mpool_err err, const char *what);

/* books_init - before mpool_init(): workers see the books. */
void books_init(uint64_t seed, uint32_t jobs);

/* books_begin - forget all that has happened so far. */
void books_begin(void);

/* books_enter - a job has ended; dies if that job has ended before, or as it must not. */
void books_enter(const mpool_result *result, bool retried);

/* books_close - all jobs have ended; dies if the books do not agree with what the pool says. */
void books_close(const mpool_pool_stats *stats, mpool_total *const totals[], bool retried);

/* books_totals - adds to the pool the totals that books_close() wants to see. */
#define BOOKS_TOTALS 5
void books_totals(mpool_pool *pool, mpool_total *totals[BOOKS_TOTALS]);

#endif
