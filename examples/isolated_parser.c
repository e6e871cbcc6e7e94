/*
 * examples/isolated_parser.c - a parser that cannot be trusted, and what it does to bad input: nothing, to the program
 *
 * Each input is parsed in a worker, within half a second. Where the parser hangs or crashes, the result says how, and
 * where in the code it was; the next input finds a fresh worker.
 */
#include <mpool/mpool.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>

/*
 * The parser: sums a list, as in [1,2,[3,4]], where &0 stands for the first number in it, &1 for the second ... It has
 * three bugs, of kinds that every parser has had.
 */
struct parser {
    char *at;
    int count;
    int64_t numbers[16];
};

static int64_t *number(struct parser *parser, long long n)
{
    return parser->numbers + n; /* bug: is there one of this number? */
}

static int64_t sum_list(struct parser *parser)
{
    int64_t sum = 0;

    parser->at++;
    while (*parser->at != ']') { /* bug: what if the list is never closed? */
        if (*parser->at == '[')
            sum += sum_list(parser); /* bug: there is no limit on the depth */
        else if (*parser->at == '&')
            sum += *number(parser, strtoll(parser->at + 1, &parser->at, 10));
        else
            sum += *number(parser, parser->count++ % 16) = strtoll(parser->at, &parser->at, 10);
        parser->at += *parser->at == ',';
    }
    parser->at++;
    return sum;
}

MPOOL_FUNCTION(parse)
{
    struct parser parser = {0};

    if (mpool_unpack(args, "s", &parser.at) != MPOOL_OK)
        return mpool_job_fail(job, "%s", mpool_error_detail());
    if (parser.at[0] != '[')
        return mpool_job_fail(job, "a list begins with [");
    return mpool_pack(result, "I", sum_list(&parser)) != MPOOL_OK;
}

/* Workers are forked from this process, so they have their stack where our main thread has it. */
static const char *kind_of(uint64_t address)
{
    struct rlimit stack;
    uint64_t here = (uint64_t)(uintptr_t)&stack;

    if (address < 4096)
        return "near NULL";
    if (getrlimit(RLIMIT_STACK, &stack) == 0 && address < here && here - address < stack.rlim_cur + (1U << 20))
        return "at the end of the stack";
    return "at an address where nothing is";
}

static void tell(const char *input, const mpool_result *result)
{
    const mpool_dossier *dossier = result->dossier;
    int64_t sum;

    printf("%-18.18s ", input);
    if (mpool_result_unpack(result, "I", &sum) == MPOOL_OK)
        printf("%lld\n", (long long)sum);
    else if (result->status != MPOOL_CRASHED)
        printf("%s: %s\n", mpool_status_name(result->status), result->error);
    else
        printf("%s: %s %s\n", mpool_status_name(result->status), dossier->signal_name,
               dossier->has_fault_address ? kind_of(dossier->fault_address) : "at no address");
    if (dossier != NULL && dossier->backtrace != NULL) /* its first line: the innermost call */
        fprintf(stderr, "    %.*s\n", (int)strcspn(dossier->backtrace, "\n"), dossier->backtrace);
}

int main(void)
{
    static char deep[1000000];
    const char *inputs[] = {"[1,2,[3,4]]", "1,2", "[1,2", "[5,&-999999999999]", deep, "[5,&0,[]]"};
    const mpool_task task = {.function = "parse", .timeout_ms = 500};
    mpool_pool *pool;

    memset(deep, '[', sizeof deep - 1);
    if (mpool_init(NULL) != MPOOL_OK || mpool_pool_open(NULL, &pool) != MPOOL_OK)
        return fprintf(stderr, "isolated_parser: %s\n", mpool_error_detail()), 1;
    for (size_t i = 0; i < sizeof inputs / sizeof inputs[0]; i++) {
        const mpool_result *result;
        mpool_future *future;

        if (mpool_pool_apply(pool, &task, &future, &result, "s", inputs[i]) != MPOOL_OK)
            return fprintf(stderr, "isolated_parser: %s\n", mpool_error_detail()), 1;
        tell(inputs[i], result);
        mpool_future_free(future);
    }
    mpool_pool_free(pool);
    mpool_fini();
    return 0;
}
