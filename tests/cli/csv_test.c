/*
 * tests/cli/csv_test.c - records of a csv, and the names of its columns
 */
#include "cli/csv.h"
#include "cli/csv_names.h"

#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

#define MOST 20

/* A file, line by line: fields with a bar behind, records with a slash; where one is wrong, its line and column. */
static char *read_csv(const char *file, size_t size, char delimiter)
{
    struct csv csv = {.delimiter = delimiter, .most = MOST};
    struct text all = {0};
    const char *end = file + size;

    text_string(&all, "");
    while (file < end) {
        const char *newline = memchr(file, '\n', (size_t)(end - file));
        const char *line_end = newline != NULL ? newline : end;
        enum csv_answer answer = csv_line(&csv, file, (size_t)(line_end - file));
        for (size_t i = 0; answer == CSV_RECORD && i < csv.count; i++) {
            size_t length;
            const char *field = csv_field(&csv, i, &length);
            text_add(&all, field, length);
            text_char(&all, '|');
        }
        if (answer == CSV_RECORD)
            text_char(&all, '/');
        else if (answer == CSV_WRONG)
            text_printf(&all, "%zu:%zu/", csv.line, csv.column);
        file = line_end + 1;
    }
    if (csv.quoted)
        text_printf(&all, "open %zu:%zu", csv.line, csv.column);
    csv_free(&csv);
    return all.data;
}

#define CSV(file, expected)                                                                                            \
    do {                                                                                                               \
        char *found = read_csv(file, sizeof(file) - 1, ',');                                                           \
        cr_expect_str_eq(found, expected);                                                                             \
        free(found);                                                                                                   \
    } while (0)

Test(csv, fields_are_what_is_between_delimiters)
{
    CSV("a,b,c", "a|b|c|/");
    CSV("a,b\nc,d\n", "a|b|/c|d|/");
    CSV(",", "||/");
    CSV("a,,", "a|||/");
    CSV(" a , b ", " a | b |/");
    CSV("b,\xff", "b|\xff|/");
}

Test(csv, quotes_hold_delimiters_quotes_and_line_ends)
{
    CSV("\"a,b\",c", "a,b|c|/");
    CSV("\"say \"\"hi\"\"\"", "say \"hi\"|/");
    CSV("\"\",\"\"", "||/");
    CSV("\"\"\"\"", "\"|/");
    CSV("\"a\nb\",c\nd", "a\nb|c|/d|/");
    CSV("\"a\n\n\nb\"", "a\n\n\nb|/");
    CSV("\"a\",\"b\n\",c", "a|b\n|c|/");
}

Test(csv, a_carriage_return_ends_a_line_but_not_a_field_in_quotes)
{
    CSV("a,b\r\nc\r\n", "a|b|/c|/");
    CSV("\"a\"\r\n", "a|/");
    CSV("\"a\r\nb\"\r\n", "a\r\nb|/");
    CSV("a\rb", "a\rb|/");
}

Test(csv, an_empty_line_is_no_record)
{
    CSV("\n\r\na\n\n", "a|/");
    CSV("\"\"\n", "|/");
}

Test(csv, what_is_wrong_has_a_place_and_the_next_line_is_read)
{
    CSV("a\"b\nc", "0:2/c|/");
    CSV("x,5\" disk\nc", "0:4/c|/");
    CSV("\"a\"b,c\nd", "0:4/d|/");
    CSV("\"a\" ,c\nd", "0:4/d|/");
    CSV("\xc3\xa9,\"\xc3\xa9\"x", "0:6/");
    CSV("\"a\nb\"c\nd", "1:3/d|/");
}

Test(csv, a_quote_that_is_not_closed_is_where_it_was_opened)
{
    CSV("a\nb,\"c\nd\n", "a|/open 0:3");
    CSV("\"a\nb\",\"c\n", "open 1:4");
}

Test(csv, a_record_has_so_many_bytes_and_no_more)
{
    CSV("01234567890123456789", "01234567890123456789|/");
    CSV("0123456789,0123456789", "0123456789|0123456789|/");
    CSV("012345678901234567890\na", "0:1/a|/");
    CSV("\"0123456789\n0123456789\"\na", "1:1/a|/");
    CSV("0123456789,\"01234567890\n\"\na", "1:1/a|/");
}

Test(csv, the_delimiter_can_be_another_one)
{
    char *found = read_csv("a;b,c;\"d;\"", 10, ';');

    cr_expect_str_eq(found, "a|b,c|d;|/");
    free(found);
    found = read_csv("a b\tc", 5, '\t');
    cr_expect_str_eq(found, "a b|c|/");
    free(found);
}

/* What is wrong with the names in a header; "" if nothing is. */
static char *read_names(const char *header, size_t size)
{
    struct csv csv = {.delimiter = ',', .most = 1000};
    struct arena arena = {0};
    struct text problem = {0};

    text_string(&problem, "");
    cr_assert_eq(csv_line(&csv, header, size), CSV_RECORD);
    const char *const *names = csv_names_take(&csv, &arena, &problem);
    cr_expect_eq(names != NULL, problem.size == 0);
    cr_expect(names == NULL || csv_names_are(&csv, names, csv.count));
    arena_free(&arena);
    csv_free(&csv);
    return problem.data;
}

#define NAMES(header, expected)                                                                                        \
    do {                                                                                                               \
        char *found = read_names(header, sizeof(header) - 1);                                                          \
        cr_expect_str_eq(found, expected);                                                                             \
        free(found);                                                                                                   \
    } while (0)

Test(csv, every_column_has_a_name_of_its_own)
{
    NAMES("name,size", "");
    NAMES("name,\"first \"\"and\"\" last\",", "");
    NAMES("a,b,c,b", "two columns have the name \"b\"; every one needs its own");
    NAMES("a,\xff", "the name of column 2 is not UTF-8, or has a NUL byte");
    NAMES("a\0b", "the name of column 1 is not UTF-8, or has a NUL byte");
}

Test(csv, a_header_that_differs_is_told_from_the_same)
{
    static const char *const names[] = {"a", "b"};
    struct csv csv = {.delimiter = ',', .most = MOST};

    (void)csv_line(&csv, "a,b", 3);
    cr_expect(csv_names_are(&csv, names, 2));
    cr_expect_not(csv_names_are(&csv, names, 1));
    (void)csv_line(&csv, "a,bb", 4);
    cr_expect_not(csv_names_are(&csv, names, 2));
    (void)csv_line(&csv, "a,", 2);
    cr_expect_not(csv_names_are(&csv, names, 2));
    csv_free(&csv);
}
