/*
 * cli/totals.c - the totals of a run, for people and for programs
 *
 *     sizes.bytes    9,876,543,210
 *     sizes.by_type  13 groups
 *         gz         7,654,321,000
 *         ...
 *         … 3 more
 *     sizes.largest  10 jobs
 *         1,234,567  /usr/share/a.gz
 *         ...
 *
 * Runs in: the mpool command, on its main thread, before the pool is freed. Owns: nothing.
 */
#include "cli/totals.h"

#include "cli/json.h"
#include "cli/names.h"

#include <stdlib.h>
#include <string.h>

/* So many groups are shown to people; the others are counted. */
#define GROUPS_SHOWN 10

/* Bytes of a name that people see. */
#define NAME_SHOWN 200

/* How far what belongs to a total is moved in. */
#define INDENT 4

/* ---- for people -------------------------------------------------------------------------------------------------- */

/* Characters take one column each: good enough for a table, if not for every script of the world. */
static size_t columns_of(const struct text *text)
{
    size_t columns = 0;

    for (size_t i = 0; i < text->size; i++)
        columns += ((unsigned char)text->data[i] & 0xc0) != 0x80;
    return columns;
}

static void add_spaces(struct text *to, size_t count)
{
    while (count-- > 0)
        text_char(to, ' ');
}

static void add_name(struct text *to, const char *name, size_t size)
{
    if (size == 0)
        text_string(to, "\"\"");
    names_escape_cut(to, name, size, NAME_SHOWN);
}

static void add_number(struct text *to, const struct number *number)
{
    struct figure figure = figure_of(number);

    figure_show(to, &figure);
    figure_free(&figure);
}

/* Two texts of a row; the figures are on the right of their column. */
struct row {
    struct text name, figure;
    const struct top_entry *best; /* the job with this figure; NULL: of no single one */
};

static void add_rows(struct text *to, const struct row *rows, size_t count)
{
    size_t name_width = 0, figure_width = 0;

    for (size_t i = 0; i < count; i++) {
        size_t name = columns_of(&rows[i].name), figure = columns_of(&rows[i].figure);
        name_width = name > name_width ? name : name_width;
        figure_width = figure > figure_width ? figure : figure_width;
    }
    for (size_t i = 0; i < count; i++) {
        add_spaces(to, INDENT);
        text_add(to, rows[i].name.data, rows[i].name.size);
        add_spaces(to, name_width - columns_of(&rows[i].name) + (name_width > 0 ? 2 : 0));
        add_spaces(to, figure_width - columns_of(&rows[i].figure));
        text_add(to, rows[i].figure.data, rows[i].figure.size);
        if (rows[i].best != NULL) {
            text_string(to, "  ");
            add_name(to, rows[i].best->name, rows[i].best->size);
        }
        text_char(to, '\n');
    }
}

static void free_rows(struct row *rows, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        text_free(&rows[i].name);
        text_free(&rows[i].figure);
    }
    free(rows);
}

/* The larger value first, and equal ones by their names. Both groups are of the total that `user` is. */
static int compare_groups(const void *left, const void *right, void *user)
{
    const struct group *a = *(struct group *const *)left, *b = *(struct group *const *)right;
    const struct total *total = user;
    int order;

    if (total->show != NULL)
        order = number_compare(&a->top.entries[0].number, &b->top.entries[0].number);
    else
        order = aggregate_compare(&a->aggregate, &b->aggregate, total->kind);
    if (order != 0)
        return -order;
    order = memcmp(a->key, b->key, a->size < b->size ? a->size : b->size);
    return order != 0 ? order : (a->size > b->size) - (a->size < b->size);
}

static void fill_row(struct row *row, const struct total *total, const struct group *group)
{
    add_name(&row->name, group->key, group->size);
    if (total->show != NULL) {
        row->best = &group->top.entries[0];
        add_number(&row->figure, &row->best->number);
    } else {
        struct figure figure = aggregate_figure(&group->aggregate, total->kind);
        figure_show(&row->figure, &figure);
        figure_free(&figure);
    }
}

static void print_groups(struct text *to, const struct account *account)
{
    struct total total = *account->total; /* a copy, for qsort_r() hands on nothing constant */
    size_t count = account->groups.count, shown = count < GROUPS_SHOWN ? count : GROUPS_SHOWN;
    struct group **groups = groups_list(&account->groups);
    struct row *rows = memory_get(shown * sizeof *rows);

    text_number(to, count);
    text_string(to, count == 1 ? " group\n" : " groups\n");
    qsort_r(groups, count, sizeof(struct group *), compare_groups, &total);
    for (size_t i = 0; i < shown; i++)
        fill_row(&rows[i], &total, groups[i]);
    add_rows(to, rows, shown);
    if (count > shown) {
        add_spaces(to, INDENT);
        text_string(to, "… ");
        text_number(to, count - shown);
        text_string(to, " more\n");
    }
    free_rows(rows, shown);
    free(groups);
}

/* The one job of a min or a max; or several, each in a row of its own. */
static void print_jobs(struct text *to, const struct account *account, const struct top *top)
{
    if (top->count == 0) {
        text_string(to, "-\n");
    } else if (!account->total->list) {
        add_number(to, &top->entries[0].number);
        text_string(to, "  ");
        add_name(to, top->entries[0].name, top->entries[0].size);
        text_char(to, '\n');
    } else {
        struct row *rows = memory_get(top->count * sizeof *rows);
        text_number(to, top->count);
        text_string(to, top->count == 1 ? " job\n" : " jobs\n");
        for (size_t i = 0; i < top->count; i++) {
            rows[i].best = &top->entries[i];
            add_number(&rows[i].figure, &rows[i].best->number);
        }
        add_rows(to, rows, top->count);
        free_rows(rows, top->count);
    }
}

/* The jobs that a total without groups names. */
static const struct top *jobs_of(const struct account *account)
{
    static const struct top none = {0};
    const struct group *group = groups_find(&account->groups, "", 0);

    return group != NULL ? &group->top : &none;
}

static void print_total(struct text *to, const struct account *account)
{
    struct figure figure = {0};

    if (account->total->by != NULL) {
        print_groups(to, account);
    } else if (account->total->show != NULL) {
        print_jobs(to, account, jobs_of(account));
    } else {
        (void)ledger_figure(account, &figure);
        figure_show(to, &figure);
        text_char(to, '\n');
        figure_free(&figure);
    }
}

void totals_print(struct text *to, const struct run *run)
{
    size_t width = 0;

    for (size_t i = 0; i < run->jobfile.step_count; i++) {
        const struct step *step = run->steps[i].step;
        for (size_t t = 0; t < step->total_count; t++) {
            size_t length = strlen(step->totals[t].pool_name);
            width = length > width ? length : width;
        }
    }
    if (width > 0)
        text_char(to, '\n');
    for (size_t i = 0; i < run->jobfile.step_count; i++) {
        const struct run_step *step = &run->steps[i];
        for (size_t t = 0; t < step->step->total_count; t++) {
            text_printf(to, "%-*s  ", (int)width, step->step->totals[t].pool_name);
            print_total(to, &step->ledger.accounts[t]);
        }
    }
}

/* ---- for programs ------------------------------------------------------------------------------------------------ */

static void json_job(struct text *to, const struct top_entry *entry)
{
    struct figure figure = figure_of(&entry->number);

    text_string(to, "{\"value\":");
    figure_json(to, &figure);
    text_string(to, ",\"show\":");
    json_bytes(to, entry->name, entry->size);
    text_char(to, '}');
    figure_free(&figure);
}

static void json_jobs(struct text *to, const struct total *total, const struct top *top)
{
    if (total->list)
        text_char(to, '[');
    else if (top->count == 0)
        text_string(to, "null");
    for (size_t i = 0; i < top->count; i++) {
        if (i > 0)
            text_char(to, ',');
        json_job(to, &top->entries[i]);
    }
    if (total->list)
        text_char(to, ']');
}

static void json_groups(struct text *to, const struct account *account)
{
    struct group **groups = groups_list(&account->groups);

    text_char(to, '{');
    for (size_t i = 0; i < account->groups.count; i++) {
        if (i > 0)
            text_char(to, ',');
        json_string(to, groups[i]->key, groups[i]->size);
        text_char(to, ':');
        if (account->total->show != NULL) {
            json_jobs(to, account->total, &groups[i]->top);
        } else {
            struct figure figure = aggregate_figure(&groups[i]->aggregate, account->total->kind);
            figure_json(to, &figure);
            figure_free(&figure);
        }
    }
    text_char(to, '}');
    free(groups);
}

static void json_total(struct text *to, const struct account *account)
{
    struct figure figure = {0};

    if (account->total->by != NULL) {
        json_groups(to, account);
    } else if (account->total->show != NULL) {
        json_jobs(to, account->total, jobs_of(account));
    } else {
        (void)ledger_figure(account, &figure);
        figure_json(to, &figure);
        figure_free(&figure);
    }
}

void totals_json(struct text *to, const struct run *run)
{
    bool first = true;

    text_char(to, '{');
    for (size_t i = 0; i < run->jobfile.step_count; i++) {
        const struct run_step *step = &run->steps[i];
        if (step->step->total_count == 0)
            continue;
        text_printf(to, "%s\"%s\":{", first ? "" : ",", step->step->name);
        first = false;
        for (size_t t = 0; t < step->step->total_count; t++) {
            text_printf(to, "%s\"%s\":", t > 0 ? "," : "", step->step->totals[t].name);
            json_total(to, &step->ledger.accounts[t]);
        }
        text_char(to, '}');
    }
    text_char(to, '}');
}
