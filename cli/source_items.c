/*
 * cli/source_items.c - items that are in the job file
 *
 *     each: {items: [1.10, "two", {name: three, size: 3}]}
 *
 * Runs in: the mpool command. Owns: nothing; the items belong to the job file.
 */
#include "cli/source.h"
#include "cli/value.h"

#include <stdlib.h>

struct items {
    struct source source;
    const struct yaml_node *next;
    uint64_t left;
};

static const struct form list_form = {.kind = FORM_LIST, .of = &schema_any_form};

static const struct schema_key options[] = {
    {"items", KEY_MUST, &list_form, "The values: scalars, lists or maps"},
    {"batch", SOURCE_BATCH_KEY},
    {0},
};

static const void *items_read(struct jobfile *jobfile, const struct yaml_node *each, const struct yaml_node *value)
{
    (void)each;
    if (value->kind == YAML_LIST)
        return value_check(&jobfile->yaml.report, value) ? value : NULL;
    report_error(&jobfile->yaml.report, value->place, "`items` is a list, not %s", value_name(value));
    return NULL;
}

static void items_describe(const void *each, struct shape *shape)
{
    shape->nodes = each;
}

static uint64_t items_count(const void *each)
{
    return ((const struct yaml_node *)each)->count;
}

static struct source *items_open(const void *each)
{
    const struct yaml_node *list = each;
    struct items *items = memory_get(sizeof *items);

    *items = (struct items){.source.kind = &source_items, .next = list->first, .left = list->count};
    return &items->source;
}

static enum source_answer items_next(struct source *source, struct item *item)
{
    struct items *items = (struct items *)source;

    if (items->next == NULL)
        return SOURCE_END;
    *item = (struct item){.kind = ITEM_NODE, .node = items->next};
    items->next = items->next->next;
    items->left--;
    return SOURCE_ITEM;
}

static uint64_t items_left(const struct source *source)
{
    return ((const struct items *)source)->left;
}

static void items_close(struct source *source)
{
    free(source);
}

const struct source_kind source_items = {
    .name = "items",
    .options = options,
    .shape = SHAPE_NODES,
    .read = items_read,
    .describe = items_describe,
    .count = items_count,
    .open = items_open,
    .next = items_next,
    .left = items_left,
    .close = items_close,
};
