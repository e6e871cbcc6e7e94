/*
 * tests/install/consumers/words.cpp - a C++ program that uses an installed mpool: futures, a total, a failure
 */
#include <mpool/mpool.h>

#include <cstdio>
#include <cstring>
#include <string>
#include <vector>

MPOOL_FUNCTION(measure)
{
    const char *word;

    if (mpool_unpack(args, "s", &word) != MPOOL_OK)
        return mpool_job_fail(job, "%s", mpool_error_detail());
    if (*word == '\0')
        return mpool_job_fail(job, "an empty word");
    const auto length = static_cast<std::int64_t>(std::string(word).size());
    if (mpool_job_total_add(job, "letters", length) != MPOOL_OK)
        return mpool_job_fail(job, "%s", mpool_error_detail());
    return mpool_pack(result, "{s:I}", "length", length) != MPOOL_OK;
}

/* A function that has no use for anything it is given. */
MPOOL_FUNCTION(nothing)
{
    return 0;
}

namespace
{
int fail()
{
    std::fprintf(stderr, "words: %s\n", mpool_error_detail());
    return 1;
}
} // namespace

int main()
{
    const std::vector<std::string> words = {"ape", "", "gazelle"};
    std::vector<mpool_future *> futures(words.size());
    mpool_pool *pool;
    mpool_total *letters;
    mpool_task task = {};

    if (mpool_init(nullptr) != MPOOL_OK || mpool_pool_open(nullptr, &pool) != MPOOL_OK ||
        mpool_total_open(pool, "letters", MPOOL_SUM, &letters) != MPOOL_OK)
        return fail();
    task.function = "measure";
    for (std::size_t i = 0; i < words.size(); i++) {
        if (mpool_pool_submit(pool, &task, &futures[i], "s", words[i].c_str()) != MPOOL_OK)
            return fail();
    }
    for (mpool_future *future : futures) {
        const mpool_result *result;
        std::int64_t length;
        if (mpool_future_wait(future, MPOOL_FOREVER, &result) != MPOOL_OK)
            return fail();
        if (mpool_result_unpack(result, "{s:I}", "length", &length) == MPOOL_OK)
            std::printf("%lld\n", static_cast<long long>(length));
        else
            std::printf("%s: %s\n", mpool_status_name(result->status), result->error);
        mpool_future_free(future);
    }
    std::int64_t sum;
    if (mpool_total_int64(letters, &sum) != MPOOL_OK)
        return fail();
    std::printf("%lld letters\n", static_cast<long long>(sum));
    mpool_pool_free(pool);
    mpool_fini();
    return 0;
}
