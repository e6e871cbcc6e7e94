/*
 * cli/source_range.c - whole numbers, both ends included
 *
 *     each: {range: 1..100}      {range: 10..1, step: -3}      {range: {from: 0, to: 100, step: 10}}
 *
 * Runs in: the mpool command. Owns: nothing.
 */
#include "cli/source.h"
#include "cli/value.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

struct bounds {
    int64_t from, to, step;
};

struct range {
    struct source source;
    int64_t next;
    int64_t step;
    uint64_t left;
};

static const struct form number_form = {.kind = FORM_NUMBER, .least = INT64_MIN, .most = INT64_MAX};

static const struct schema_key inner_options[] = {
    {"from", KEY_MUST, &number_form, "The first number"},
    {"to", KEY_MUST, &number_form, "The last one, if the steps come to it"},
    {"step", KEY_MAY, &number_form, "From one to the next; 1 by default"},
    {0},
};
static const struct form text_form = {.kind = FORM_PATTERN, .pattern = "^-?[0-9]+\\.\\.-?[0-9]+$"};
static const struct form map_form = {.kind = FORM_MAP, .keys = inner_options};
static const struct form range_form = FORM_OR(&text_form, &map_form);

static const struct schema_key options[] = {
    {"range", KEY_MUST, &range_form, "Whole numbers, both ends included: 1..100, or {from: 1, to: 100}"},
    {"step", KEY_MAY, &number_form, "From one to the next; 1 by default"},
    {"batch", SOURCE_BATCH_KEY},
    {0},
};

static uint64_t bounds_count(const struct bounds *bounds)
{
    uint64_t distance = bounds->step > 0 ? (uint64_t)bounds->to - (uint64_t)bounds->from
                                         : (uint64_t)bounds->from - (uint64_t)bounds->to;
    uint64_t step = bounds->step > 0 ? (uint64_t)bounds->step : 0 - (uint64_t)bounds->step;

    return distance / step + 1;
}

/* "1..100" */
static bool read_text(struct report *report, const struct yaml_node *value, struct bounds *bounds)
{
    const char *dots = value->kind == YAML_SCALAR ? strstr(value->text, "..") : NULL;

    if (dots != NULL && schema_digits(value->text, (size_t)(dots - value->text), &bounds->from) &&
        schema_digits(dots + 2, value->length - (size_t)(dots + 2 - value->text), &bounds->to))
        return true;
    report_error(report, value->place, "`range` is two whole numbers of 64 bits, as in 1..100, not %s",
                 value_name(value));
    return false;
}

/* {from: 1, to: 100, step: 2} */
static bool read_map(struct report *report, const struct yaml_node *value, struct bounds *bounds,
                     const struct yaml_node **step)
{
    const struct yaml_node *from = yaml_get(value, "from"), *to = yaml_get(value, "to");

    if (!schema_keys(report, value, inner_options, "range"))
        return false;
    if (from == NULL || to == NULL) {
        report_error(report, value->place, "`range` needs \"%s\"", from == NULL ? "from" : "to");
        return false;
    }
    if (yaml_get(value, "step") != NULL)
        *step = yaml_get(value, "step");
    return schema_number(report, from, "`from`", INT64_MIN, INT64_MAX, &bounds->from) &&
           schema_number(report, to, "`to`", INT64_MIN, INT64_MAX, &bounds->to);
}

static const void *range_read(struct jobfile *jobfile, const struct yaml_node *each, const struct yaml_node *value)
{
    struct report *report = &jobfile->yaml.report;
    struct bounds *bounds = arena_get(&jobfile->yaml.arena, sizeof *bounds);
    const struct yaml_node *step = yaml_get(each, "step");

    *bounds = (struct bounds){.step = 1};
    if (!(value->kind == YAML_MAP ? read_map(report, value, bounds, &step) : read_text(report, value, bounds)))
        return NULL;
    if (step != NULL && !schema_number(report, step, "`step`", INT64_MIN, INT64_MAX, &bounds->step))
        return NULL;
    if (bounds->step == 0) {
        report_error(report, step->place, "a range with a step of 0 would not end");
        return NULL;
    }
    if (bounds->from != bounds->to && (bounds->from < bounds->to) != (bounds->step > 0)) {
        report_error(report, value->place, "from %" PRId64 " to %" PRId64 " the step has to be %s", bounds->from,
                     bounds->to, bounds->step > 0 ? "negative: add step: -1" : "positive");
        return NULL;
    }
    if (bounds_count(bounds) == 0) { /* all 2^64 numbers */
        report_error(report, value->place, "a range has at most 2^64-1 numbers");
        return NULL;
    }
    return bounds;
}

static uint64_t range_count(const void *each)
{
    return bounds_count(each);
}

static struct source *range_open(const void *each)
{
    const struct bounds *bounds = each;
    struct range *range = memory_get(sizeof *range);

    *range = (struct range){
        .source.kind = &source_range, .next = bounds->from, .step = bounds->step, .left = bounds_count(bounds)};
    return &range->source;
}

static enum source_answer range_next(struct source *source, struct item *item)
{
    struct range *range = (struct range *)source;

    if (range->left == 0)
        return SOURCE_END;
    *item = (struct item){.kind = ITEM_INTEGER, .integer = range->next};
    /* Behind the last number the sum may not fit; it is not used then. */
    range->next = (int64_t)((uint64_t)range->next + (uint64_t)range->step);
    range->left--;
    return SOURCE_ITEM;
}

static uint64_t range_left(const struct source *source)
{
    return ((const struct range *)source)->left;
}

static void range_close(struct source *source)
{
    free(source);
}

const struct source_kind source_range = {
    .name = "range",
    .options = options,
    .shape = SHAPE_NUMBER,
    .read = range_read,
    .count = range_count,
    .open = range_open,
    .next = range_next,
    .left = range_left,
    .close = range_close,
};
