/*
 * cli/form.h - the form of a value in a job file, for editors
 *
 * Each key of a table has one beside it (cli/schema.h), and `mpool schema` makes JSON Schema of them all. A form is
 * what can be told of a value without knowing anything else: it may be looser than the check that a value gets when a
 * job file is read, and is never stricter; but that a ~ which is meant as a text wants quotes.
 *
 *     static const struct form depth_form = {.kind = FORM_NUMBER, .least = 0, .most = DEPTH_MAX};
 */
#ifndef CLI_FORM_H
#define CLI_FORM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct schema_key;

enum form_kind {
    FORM_ANY = 0, /* whatever YAML has */
    FORM_TEXT,    /* a scalar of which only the text counts, 1.10 and no included; not empty. It matches `pattern`, if
                     there is one. */
    FORM_SCALAR,  /* a text, a number, true or false */
    FORM_NULL,    /* nothing */
    FORM_BOOLEAN, /* true or false */
    FORM_NUMBER,  /* a whole number from `least` to `most` */
    FORM_WORD,    /* one of `words` */
    FORM_LISTED,  /* one of the words that `word` gives, from a table of ours */
    FORM_PATTERN, /* a text that matches `pattern`, and no number */
    FORM_LIST,    /* a list of `of`, at least `least` of them */
    FORM_MAP,     /* a map with keys of `keys` and no others, at least `least` of them */
    FORM_TABLES,  /* a map with keys of one of the tables that `table` gives */
    FORM_NAMED,   /* a map of `of`, by names that match `pattern`; at least `least` and, if not 0, at most `most` */
    FORM_EITHER,  /* one of `forms` */
};

/* The words and the tables are numbered from 0; NULL is behind the last. */
typedef const char *form_word(size_t i);
typedef const struct schema_key *form_table(size_t i);

struct form {
    enum form_kind kind;
    bool templates; /* {vars.x} and {env.X} may stand in the place of all that is in it */
    int64_t least, most;
    const char *pattern; /* a regular expression of JavaScript, which is what JSON Schema has */
    const char *words;   /* "newline|nul" */
    form_word *word;
    const struct schema_key *keys;
    form_table *table;
    const struct form *of;
    const struct form *const *forms; /* ends with NULL */
    const char *definition;          /* a name for a form that has itself in it; NULL: it has not */
};

/* FORM_OR - the form of a value that is one of several: FORM_OR(&this_form, &that_form) */
#define FORM_OR(...)                                                                                                   \
    {                                                                                                                  \
        .kind = FORM_EITHER, .forms = (const struct form *const[])                                                     \
        {                                                                                                              \
            __VA_ARGS__, NULL                                                                                          \
        }                                                                                                              \
    }

#endif
