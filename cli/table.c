/*
 * cli/table.c - rows of texts, in columns
 *
 * Runs in: the mpool command. Owns: nothing; tables belong to their users.
 */
#include "cli/table.h"

#include "cli/memory.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct text *table_row(struct table *table)
{
    table->rows = memory_more(table->rows, &table->room, table->count, sizeof *table->rows);
    memset(table->rows[table->count], 0, sizeof *table->rows);
    return table->rows[table->count++];
}

/* What people see as one column each: characters, not bytes. */
static size_t width(const struct text *cell)
{
    size_t count = 0;

    for (size_t i = 0; i < cell->size; i++)
        count += ((unsigned char)cell->data[i] & 0xc0) != 0x80;
    return count;
}

void table_print(struct table *table, unsigned left)
{
    size_t widths[TABLE_COLUMNS] = {0};
    struct text line = {0};

    for (size_t i = 0; i < table->count; i++) {
        for (size_t c = 0; c < table->columns; c++)
            widths[c] = width(&table->rows[i][c]) > widths[c] ? width(&table->rows[i][c]) : widths[c];
    }
    for (size_t i = 0; i < table->count; i++) {
        text_clear(&line);
        for (size_t c = 0; c < table->columns; c++) {
            const struct text *cell = &table->rows[i][c];
            int space = (int)(widths[c] - width(cell));
            bool last = c + 1 == table->columns;
            bool to_left = (left & 1U << c) != 0;
            text_printf(&line, "%*s%s%*s%s", to_left ? 0 : space, "", cell->size > 0 ? cell->data : "",
                        to_left && !last ? space : 0, "", last ? "\n" : "  ");
        }
        text_write(&line, stdout);
    }
    text_free(&line);
}

void table_free(struct table *table)
{
    for (size_t i = 0; i < table->count; i++) {
        for (size_t c = 0; c < TABLE_COLUMNS; c++)
            text_free(&table->rows[i][c]);
    }
    free(table->rows);
}

void table_heading(struct table *table, const char *const *names)
{
    struct text *row = table_row(table);

    for (; table->columns < TABLE_COLUMNS && names[table->columns] != NULL; table->columns++)
        text_string(&row[table->columns], names[table->columns]);
}
