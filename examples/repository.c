/*
 * examples/repository.c - four buyers fill a ledger of purchases, and auditors find it right at every look
 *
 * The repository is one struct in memory that all processes share. Its lock is held for as long as it is out of order:
 * between the entry of a purchase and the sums that it belongs to, and while an auditor adds all of it up.
 */
#include <mpool/mpool.h>
#include <stdio.h>
#include <string.h>

enum { BUYERS = 4, PURCHASES = 1000, AUDITORS = 2, PRODUCTS = 3, LEDGER = BUYERS * PURCHASES };

struct product {
    char name[16];
    int64_t price_cents, sold;
};

struct repository {
    struct product products[PRODUCTS];
    struct purchase {
        int product;
        int64_t quantity;
    } purchases[LEDGER];
    int64_t purchase_count, total_cents;
};

/* The lock is held. NULL: there is no such product. */
static struct product *find(struct repository *repository, const char *name)
{
    for (int i = 0; i < PRODUCTS; i++)
        if (strcmp(repository->products[i].name, name) == 0)
            return &repository->products[i];
    return NULL;
}

/* false: there is no such product, or no room in the ledger. */
static bool buy(mpool_value *value, const char *name, int64_t quantity)
{
    struct repository *repository = mpool_value_data(value);
    bool bought = false;

    MPOOL_WITH_RLOCK (mpool_value_get_lock(value)) {
        struct product *product = find(repository, name);

        if (product == NULL || repository->purchase_count >= LEDGER)
            return false; /* and the lock is released */
        repository->purchases[repository->purchase_count++] =
            (struct purchase){.product = (int)(product - repository->products), .quantity = quantity};
        product->sold += quantity;
        repository->total_cents += product->price_cents * quantity;
        bought = true;
    }
    return bought;
}

MPOOL_FUNCTION(buyer)
{
    static const char *const names[] = {"bread", "cheese", "wine"};
    mpool_handle handle;
    mpool_value *repository;

    if (mpool_unpack(args, "h", &handle) != MPOOL_OK || mpool_value_open(handle, &repository) != MPOOL_OK)
        return mpool_job_fail(job, "%s", mpool_error_detail());
    for (int i = 0; i < PURCHASES; i++)
        if (!buy(repository, names[i % 3], 1 + i % 2))
            return mpool_job_fail(job, "%s could not be bought", names[i % 3]);
    if (!buy(repository, "unicorn", 1))
        printf("there is no unicorn\n");
    return 0;
}

/* Do the totals agree with the purchases, and with price times quantity? */
static bool agrees(mpool_value *value)
{
    const struct repository *repository = mpool_value_data(value);
    int64_t by_purchases = 0, by_products = 0, total = -1;

    MPOOL_WITH_RLOCK (mpool_value_get_lock(value)) {
        for (int64_t i = 0; i < repository->purchase_count; i++)
            by_purchases +=
                repository->products[repository->purchases[i].product].price_cents * repository->purchases[i].quantity;
        for (int i = 0; i < PRODUCTS; i++)
            by_products += repository->products[i].price_cents * repository->products[i].sold;
        total = repository->total_cents;
    }
    return total == by_purchases && total == by_products;
}

MPOOL_FUNCTION(auditor)
{
    mpool_handle handles[2];
    mpool_value *repository;
    mpool_event *closing;

    if (mpool_unpack(args, "[h,h]", &handles[0], &handles[1]) != MPOOL_OK ||
        mpool_value_open(handles[0], &repository) != MPOOL_OK || mpool_event_open(handles[1], &closing) != MPOOL_OK)
        return mpool_job_fail(job, "%s", mpool_error_detail());
    do {
        if (!agrees(repository))
            return mpool_job_fail(job, "the totals do not agree");
    } while (!mpool_event_is_set(closing));
    printf("an auditor found all right at every look\n");
    return 0;
}

static void join_free(mpool_process *process)
{
    (void)mpool_process_join(process, MPOOL_FOREVER);
    mpool_process_free(process);
}

int main(void)
{
    static struct repository stock = {.products = {{"bread", 250, 0}, {"cheese", 990, 0}, {"wine", 1295, 0}}};
    mpool_process *auditors[AUDITORS], *buyers[BUYERS];
    mpool_value *repository;
    mpool_event *closing;

    if (mpool_init(NULL) != MPOOL_OK || mpool_event_new(&closing) != MPOOL_OK ||
        mpool_value_new(&(mpool_value_options){.size = sizeof stock}, &stock, &repository) != MPOOL_OK)
        return fprintf(stderr, "repository: %s\n", mpool_error_detail()), 1;
    for (int i = 0; i < AUDITORS; i++)
        if (mpool_process_start(&(mpool_process_options){.function = "auditor"}, &auditors[i], "[h,h]",
                                mpool_value_handle(repository), mpool_event_handle(closing)) != MPOOL_OK)
            return fprintf(stderr, "repository: %s\n", mpool_error_detail()), 1;
    for (int i = 0; i < BUYERS; i++)
        if (mpool_process_start(&(mpool_process_options){.function = "buyer"}, &buyers[i], "h",
                                mpool_value_handle(repository)) != MPOOL_OK)
            return fprintf(stderr, "repository: %s\n", mpool_error_detail()), 1;
    for (int i = 0; i < BUYERS; i++)
        join_free(buyers[i]);
    (void)mpool_event_set(closing);
    for (int i = 0; i < AUDITORS; i++)
        join_free(auditors[i]);
    (void)mpool_value_get(repository, &stock, sizeof stock);
    for (int i = 0; i < PRODUCTS; i++)
        printf("%s: %lld sold\n", stock.products[i].name, (long long)stock.products[i].sold);
    printf("%lld purchases, %lld cents, %s\n", (long long)stock.purchase_count, (long long)stock.total_cents,
           agrees(repository) ? "which agrees" : "which does not agree");
    mpool_fini();
    return 0;
}
