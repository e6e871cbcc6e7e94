/*
 * cli/table.h - rows of texts, in columns that are as wide as their widest cell
 */
#ifndef CLI_TABLE_H
#define CLI_TABLE_H

#include "cli/text.h"

#define TABLE_COLUMNS 9

/* {0} is an empty one. */
struct table {
    struct text (*rows)[TABLE_COLUMNS];
    size_t count, room, columns;
};

/* table_heading - begin with the names of the columns, the last one NULL */
void table_heading(struct table *table, const char *const *names);

/* table_row - add a row; returns its cells, which are empty, until the next call */
struct text *table_row(struct table *table);

/* table_print - on standard output; `left` has a bit for each column that is no number */
void table_print(struct table *table, unsigned left);
void table_free(struct table *table);

#endif
