/*
 * examples/reentrant.c - a function that holds a lock calls another one that acquires it: that takes an rlock
 */
#include <mpool/mpool.h>
#include <stdio.h>

struct account {
    mpool_rlock *lock;
    int64_t *cents;
};

static void deposit(const struct account *account, int64_t cents)
{
    MPOOL_WITH_RLOCK (account->lock) {
        *account->cents += cents;
    }
}

static void add_interest(const struct account *account) /* of one per cent */
{
    MPOOL_WITH_RLOCK (account->lock) /* nobody comes between the reading and the deposit */
    {
        deposit(account, *account->cents / 100);
    }
}

MPOOL_FUNCTION(use_account)
{
    mpool_handle handle;
    mpool_value *value;
    if (mpool_unpack(args, "h", &handle) != MPOOL_OK || mpool_value_open(handle, &value) != MPOOL_OK)
        return mpool_job_fail(job, "%s", mpool_error_detail());
    const struct account account = {mpool_value_get_lock(value), mpool_value_data(value)};
    for (int year = 0; year < 100; year++)
        add_interest(&account);
    return 0;
}

int main(void)
{
    const int64_t initial = 10000;
    int64_t cents = 0;
    mpool_process *processes[4];
    mpool_value *value;
    mpool_lock *lock;
    if (mpool_init(NULL) != MPOOL_OK || mpool_lock_new(&lock) != MPOOL_OK ||
        mpool_value_new(&(mpool_value_options){.type = MPOOL_I64}, &initial, &value) != MPOOL_OK)
        return fprintf(stderr, "reentrant: %s\n", mpool_error_detail()), 1;
    for (int i = 0; i < 4; i++)
        if (mpool_process_start(&(mpool_process_options){.function = "use_account"}, &processes[i], "h",
                                mpool_value_handle(value)) != MPOOL_OK)
            return fprintf(stderr, "reentrant: %s\n", mpool_error_detail()), 1;
    for (int i = 0; i < 4; i++) {
        (void)mpool_process_join(processes[i], MPOOL_FOREVER);
        mpool_process_free(processes[i]);
    }
    (void)mpool_value_get(value, &cents, sizeof cents);
    printf("after 4 times 100 years: %lld cents\n", (long long)cents);
    MPOOL_WITH_LOCK (lock) {
        /* A plain lock says at once that its holder would wait for itself. */
        printf("a lock, again: %s\n", mpool_err_name(mpool_lock_acquire(lock, MPOOL_FOREVER)));
    }
    mpool_fini();
}
