/*
 * cli/ledger.c - the totals of a step, as its jobs end
 *
 * Runs in: the mpool command, on its main thread. Owns: the totals that are not the pool's.
 *
 * A job is added in two goes. The first one looks at it for each total, and changes nothing: is its number there, are
 * its texts for `by` and `show`, is there room? Only if all is well the second one adds it to all of them.
 */
#include "cli/ledger.h"

#include "cli/field.h"
#include "cli/label.h"
#include "cli/names.h"
#include "cli/product.h"

#include <stdlib.h>

/* The pool's kind for a total; a mean is a sum and a count. 0: the pool has none that does. */
static mpool_total_kind pool_kind(const struct total *total)
{
    static const mpool_total_kind kinds[] = {
        [AGGREGATE_SUM] = MPOOL_SUM,     [AGGREGATE_MIN] = MPOOL_MIN,  [AGGREGATE_MAX] = MPOOL_MAX,
        [AGGREGATE_COUNT] = MPOOL_COUNT, [AGGREGATE_MEAN] = MPOOL_SUM, [AGGREGATE_PRODUCT] = 0,
    };

    return total->by == NULL && total->show == NULL ? kinds[total->kind] : 0;
}

mpool_err ledger_open(struct ledger *ledger, mpool_pool *pool, const struct step *step, bool keep)
{
    mpool_err err = MPOOL_OK;

    *ledger = (struct ledger){
        .step = step, .kept = keep, .accounts = memory_get(step->total_count * sizeof *ledger->accounts)};
    for (size_t i = 0; i < step->total_count; i++) {
        ledger->accounts[i].total = &step->totals[i];
        ledger->kept = ledger->kept || pool_kind(&step->totals[i]) == 0 ||
                       (step->program != NULL && step->totals[i].field != NULL); /* it would be told by another name */
    }
    for (size_t i = 0; i < step->total_count && !ledger->kept && err == MPOOL_OK; i++)
        err =
            mpool_total_open(pool, step->totals[i].pool_name, pool_kind(&step->totals[i]), &ledger->accounts[i].pooled);
    return err;
}

void ledger_close(struct ledger *ledger)
{
    if (ledger->step == NULL)
        return;
    for (size_t i = 0; i < ledger->step->total_count; i++) {
        struct account *account = &ledger->accounts[i];
        groups_free(&account->groups);
        text_free(&account->key);
        text_free(&account->name);
        text_free(&account->scratch);
    }
    free(ledger->accounts);
    text_free(&ledger->fault);
    *ledger = (struct ledger){0};
}

size_t ledger_collect(const struct ledger *ledger, mpool_collect *collect)
{
    if (ledger->kept)
        return 0;
    for (size_t i = 0; i < ledger->step->total_count; i++) {
        const struct total *total = &ledger->step->totals[i];
        collect[i] = (mpool_collect){.total = total->pool_name, .field = total->pool_field};
    }
    return ledger->step->total_count;
}

/* ---- a job ------------------------------------------------------------------------------------------------------- */

/* The same words as the pool's, which takes the same numbers; but a product is of numbers of any size. */
static bool read_number(struct account *account, const msgpack_object *result, struct text *fault)
{
    const struct total *total = account->total;
    const msgpack_object *value = field_find(result, total->field);
    bool any = total->kind == AGGREGATE_PRODUCT;

    if (total->kind == AGGREGATE_COUNT)
        return true;
    if (value != NULL && number_read(value, &account->number) && (any || number_is_small(&account->number)))
        return true;
    text_printf(fault, "%s%s", total->field != NULL ? "result." : "the result",
                total->field != NULL ? total->field : "");
    if (value == NULL)
        text_string(fault, " is not there");
    else
        text_string(fault, any ? " is not a number" : " is not a number of at most 63 bits");
    return false;
}

/* Two groups never have the same name in JSON: what is not UTF-8 is written as there before it is compared. */
static bool read_key(struct account *account, const struct item *item, uint64_t index, const msgpack_object *result,
                     struct text *fault)
{
    text_clear(&account->key);
    text_string(&account->key, "");
    if (account->total->by == NULL)
        return true;
    if (!label_make(account->total->by, item, index, result, &account->scratch, fault))
        return false;
    names_valid(&account->key, account->scratch.data, account->scratch.size);
    return true;
}

static bool find_room(struct account *account, struct text *fault)
{
    const struct total *total = account->total;

    account->group = groups_find(&account->groups, account->key.data, account->key.size);
    if (account->group == NULL && total->by != NULL && account->groups.count >= total->keys) {
        text_string(fault, "it has ");
        text_number(fault, account->groups.count);
        text_string(fault,
                    " groups, the most it may have, and this job would open one more; allow more with `keys`, or "
                    "choose another `by`");
        return false;
    }
    if (total->kind == AGGREGATE_PRODUCT && account->product_bits + product_bits(&account->number) > PRODUCT_BITS_MAX) {
        text_string(fault, "with this factor it might have more than ten million digits, which is the limit; multiply "
                           "fewer numbers");
        return false;
    }
    return true;
}

static bool look(struct account *account, uint64_t index, const struct item *item, const msgpack_object *result,
                 struct text *fault)
{
    const struct label *show = account->total->show;

    return read_number(account, result, fault) && read_key(account, item, index, result, fault) &&
           (show == NULL || label_make(show, item, index, result, &account->name, fault)) && find_room(account, fault);
}

static void enter(struct account *account, uint64_t index)
{
    const struct total *total = account->total;
    struct group *group = account->group;

    if (group == NULL)
        group = groups_add(&account->groups, account->key.data, account->key.size);
    if (total->kind == AGGREGATE_PRODUCT)
        account->product_bits += product_bits(&account->number);
    if (total->show != NULL)
        top_add(&group->top, total->top, total->kind == AGGREGATE_MAX, &account->number, index, account->name.data,
                account->name.size);
    else
        aggregate_add(&group->aggregate, total->kind, &account->number);
}

const char *ledger_add(struct ledger *ledger, uint64_t index, const struct item *item, const msgpack_object *value)
{
    struct text *fault = &ledger->fault;
    size_t count = ledger->step->total_count;

    if (!ledger->kept)
        return NULL;
    text_clear(fault);
    for (size_t i = 0; i < count && fault->size == 0; i++) {
        struct text why = {0};
        if (!look(&ledger->accounts[i], index, item, value, &why))
            text_printf(fault, "total \"%s\": %s", ledger->step->totals[i].pool_name, why.data);
        text_free(&why);
    }
    for (size_t i = 0; i < count && fault->size == 0; i++)
        enter(&ledger->accounts[i], index);
    return fault->size > 0 ? fault->data : NULL;
}

/* ---- what it comes to -------------------------------------------------------------------------------------------- */

static struct figure pooled_figure(const struct account *account)
{
    struct figure figure = {0};
    mpool_total_value value;

    if (mpool_total_read(account->pooled, &value) != MPOOL_OK || value.text[0] == '\0')
        return figure;
    if (account->total->kind == AGGREGATE_MEAN)
        return aggregate_mean(value.number, value.count);
    figure.kind = value.is_float ? FIGURE_REAL : FIGURE_INTEGER;
    figure.real = value.number;
    if (!value.is_float)
        text_string(&figure.digits, value.text);
    return figure;
}

bool ledger_figure(const struct account *account, struct figure *figure)
{
    const struct aggregate nothing = {0};
    const struct group *group;

    if (account->total->by != NULL || account->total->show != NULL)
        return false;
    if (account->pooled != NULL) {
        *figure = pooled_figure(account);
        return true;
    }
    group = groups_find(&account->groups, "", 0);
    *figure = aggregate_figure(group != NULL ? &group->aggregate : &nothing, account->total->kind);
    return true;
}
