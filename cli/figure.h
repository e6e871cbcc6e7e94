/*
 * cli/figure.h - the value of a total, for people and programs
 *
 * {0} is one of nothing: the least of no numbers.
 */
#ifndef CLI_FIGURE_H
#define CLI_FIGURE_H

#include "cli/number.h"
#include "cli/text.h"

enum figure_kind {
    FIGURE_NONE = 0,
    FIGURE_INTEGER, /* exact, in `digits` */
    FIGURE_REAL,
};

struct figure {
    enum figure_kind kind;
    double real; /* infinite: it is beyond what a float can hold */
    struct text digits;
};

/* figure_of - that of one number, which is small (cli/number.h); release with figure_free() */
struct figure figure_of(const struct number *number);

/* figure_json - integers to 64 bits are numbers, larger ones strings: many readers would round them */
void figure_json(struct text *to, const struct figure *figure);

/* figure_show - digits in groups of three; of a very long integer the first and the last ones */
void figure_show(struct text *to, const struct figure *figure);

void figure_free(struct figure *figure);

#endif
