/*
 * cli/source_product.c - every combination of the items of several sources
 *
 *     each: {product: {host: {lines: hosts.txt}, port: {items: [80, 443]}}}
 *
 * The last source changes fastest. Each but the first is read again for each item of those before it, so it has to be
 * one that can be: nothing is kept of it but the present item. A fault in it is told as often as it is met, for each
 * time it stands for other combinations.
 *
 * Runs in: the mpool command. Owns: the sources that are open, from the first one to the one that is asked next.
 */
#include "cli/signals.h"
#include "cli/source_named.h"

#include <stdlib.h>

struct product {
    struct source source;
    const struct source_named *named;
    struct source **open;
    struct item *items; /* the present one of each source before `level` */
    size_t level;       /* the source that is asked next; those behind it are closed */
};

static const struct schema_key options[] = {
    {"product", KEY_MUST, &source_named_form, "Sources by name: an item for each combination of theirs"},
    {"batch", SOURCE_BATCH_KEY},
    {0},
};

/* A product of numbers that may be SOURCE_UNKNOWN; so is what does not fit. */
static uint64_t times(uint64_t a, uint64_t b)
{
    uint64_t result;

    if (a == 0 || b == 0)
        return 0;
    if (a == SOURCE_UNKNOWN || b == SOURCE_UNKNOWN || __builtin_mul_overflow(a, b, &result))
        return SOURCE_UNKNOWN;
    return result;
}

static uint64_t plus(uint64_t a, uint64_t b)
{
    uint64_t result;

    if (a == SOURCE_UNKNOWN || b == SOURCE_UNKNOWN || __builtin_add_overflow(a, b, &result))
        return SOURCE_UNKNOWN;
    return result;
}

static uint64_t product_count(const void *each)
{
    const struct source_named *named = each;
    uint64_t count = 1;

    for (size_t i = 0; i < named->count; i++)
        count = times(count, source_count(&named->choices[i]));
    return count;
}

/* Only the first source is read just once. */
static bool check_streams(struct report *report, const struct yaml_node *value, const struct source_named *named)
{
    const struct yaml_node *node = value->first->next;

    for (size_t i = 1; i < named->count; i++, node = node->next) {
        const struct source_choice *choice = &named->choices[i];
        const char *stream = choice->kind->stream != NULL ? choice->kind->stream(choice->each) : NULL;
        if (stream == NULL)
            continue;
        report_error(
            report, node->key->place,
            "a product reads \"%s\" again for each item of \"%s\", and %s can be read only once: name it first",
            named->names[i], named->names[i - 1], stream);
        return false;
    }
    return true;
}

static const void *product_read(struct jobfile *jobfile, const struct yaml_node *each, const struct yaml_node *value)
{
    struct report *report = &jobfile->yaml.report;
    const struct source_named *named = source_named_read(jobfile, value, "product");
    bool known = true;

    (void)each;
    if (named == NULL || !check_streams(report, value, named))
        return NULL;
    for (size_t i = 0; i < named->count; i++)
        known = known && source_count(&named->choices[i]) != SOURCE_UNKNOWN;
    if (known && product_count(named) == SOURCE_UNKNOWN) {
        report_error(report, value->place, "a product has at most 2^64-2 items, and this one has more");
        return NULL;
    }
    return named;
}

static struct source *product_open(const void *each)
{
    const struct source_named *named = each;
    struct product *product = memory_get(sizeof *product);

    *product = (struct product){.source.kind = &source_product, .named = named};
    product->open = memory_get(named->count * sizeof(struct source *));
    product->items = memory_get(named->count * sizeof *product->items);
    product->open[0] = source_named_open(named, 0);
    return &product->source;
}

static enum source_answer product_next(struct source *source, struct item *item)
{
    struct product *product = (struct product *)source;

    /* If the last source gives nothing, this can go on for as long as the first one has items. */
    while (signals_asked() == 0) {
        size_t level = product->level;
        struct source *inner = product->open[level];
        enum source_answer answer = source_next(inner, &product->items[level]);
        if (answer == SOURCE_LATER || (answer == SOURCE_END && level == 0))
            return answer;
        if (answer == SOURCE_FAULT) {
            *item = product->items[level];
            product->source.fault = inner->fault;
            return answer;
        }
        if (answer == SOURCE_END) {
            source_close(inner);
            product->open[level] = NULL;
            product->level--;
        } else if (level + 1 < product->named->count) {
            product->open[level + 1] = source_named_open(product->named, level + 1);
            product->level++;
        } else {
            *item = source_named_item(product->named, product->items);
            return SOURCE_ITEM;
        }
    }
    return SOURCE_END;
}

/* What each open source has left, times the combinations of those behind it. */
static uint64_t product_left(const struct source *source)
{
    const struct product *product = (const struct product *)source;
    uint64_t left = 0, behind = 1;

    for (size_t i = product->named->count; i-- > 0;) {
        if (product->open[i] != NULL)
            left = plus(left, times(source_left(product->open[i]), behind));
        behind = times(behind, source_count(&product->named->choices[i]));
    }
    return left;
}

static void product_close(struct source *source)
{
    struct product *product = (struct product *)source;

    for (size_t i = 0; i < product->named->count; i++)
        source_close(product->open[i]);
    free(product->open);
    free(product->items);
    free(product);
}

const struct source_kind source_product = {
    .name = "product",
    .options = options,
    .shape = SHAPE_FIELDS,
    .nothing = "`product` has no item, for one of its sources has none",
    .fault_is_item = true,
    .read = product_read,
    .describe = source_named_describe,
    .stream = source_named_stream,
    .count = product_count,
    .open = product_open,
    .next = product_next,
    .left = product_left,
    .close = product_close,
};
