/*
 * cli/placeholder.c - a word of `mpool exec` as a text with templates
 *
 * Runs in: the mpool command, before anything is forked. Owns: nothing. Pure.
 */
#include "cli/placeholder.h"

#include "cli/template.h"

#include <string.h>

#define TO_A_SHELL "give it to a shell: sh -c 'echo \"${1##*/}\"' sh {1}"

static const struct {
    const char *string; /* without its braces */
    const char *template;
} parts[] = {{"", "{item}"}, {"/", "{name}"}, {"//", "{dir}"}, {".", "{root}"}, {"/.", "{stem}"}};

/* A replacement string that was found. */
struct found {
    size_t length; /* 0: there is none */
    size_t source; /* 2 of {2}; 0: it has no number */
    size_t part;   /* of `parts` */
};

const char *placeholder_source(size_t number)
{
    static const char *const sources[PLACEHOLDER_SOURCES] = {"1", "2", "3", "4", "5", "6", "7", "8", "9"};

    return sources[number];
}

/* {}, {/}, {1}, {1/} and the like at the start of a text. */
static struct found find(const char *at)
{
    struct found found = {.source = at[1] >= '1' && at[1] <= '9' ? (size_t)(at[1] - '0') : 0};
    const char *rest = at + 1 + (found.source > 0);

    for (size_t i = 0; i < sizeof parts / sizeof parts[0] && found.length == 0; i++) {
        size_t length = strlen(parts[i].string);
        if (strncmp(rest, parts[i].string, length) != 0 || rest[length] != '}')
            continue;
        found.part = i;
        found.length = (size_t)(rest - at) + length + 1;
    }
    return found;
}

/* Why it cannot be had; NULL: it can. */
static const char *problem_of(const struct found *found, const struct placeholders *how, bool alone)
{
    if (how->batch && found->source > 0)
        return "with -n a job has several items, and all of them are {}; {1} is for one";
    if (how->batch && found->part > 0)
        return "with -n a job has several items, and all of them are {}; for parts of paths, give them to a shell";
    if (how->batch && !alone)
        return "with -n a job has several items, each an argument: {} stands alone, as a word of its own";
    if (how->sources > 1 && found->source > how->sources)
        return "{N} stands for the item of the Nth \":::\", and there are not so many";
    if (how->sources > 1 && found->part > 0)
        return "with several \":::\" an item is {1}, {2} ...; for a part of its path, " TO_A_SHELL;
    return NULL;
}

static void add(const struct found *found, const struct placeholders *how, struct text *to)
{
    if (how->sources <= 1)
        text_string(to, how->batch ? "{items}" : parts[found->part].template);
    else if (found->source > 0)
        text_printf(to, "{item.%s}", placeholder_source(found->source - 1));
    for (size_t i = 0; how->sources > 1 && found->source == 0 && i < how->sources; i++)
        text_printf(to, "%s{item.%s}", i > 0 ? " " : "", placeholder_source(i));
}

/* How long a replacement string at the start of a text is; 0: there is none. */
static size_t take(const char *at, const struct placeholders *how, bool alone, struct text *to,
                   enum placeholder_use *use, const char **problem)
{
    struct found found = find(at);

    if (strncmp(at, "{#}", 3) == 0) {
        text_string(to, "{number}");
        *use = *use > PLACEHOLDER_NUMBER ? *use : PLACEHOLDER_NUMBER;
        return 3;
    }
    if (strncmp(at, "{%}", 3) == 0)
        *problem = "{%} is not known here; {#} is the job's number, and in a job file {worker} is that of its worker";
    else if (strncmp(at, "{=", 2) == 0)
        *problem = "{= perl =} is not known here; to change an item, give it to a shell: "
                   "sh -c 'echo \"${1%.gz}\"' sh {}";
    /* Of one list there is no second item: a{2} is a regular expression. */
    if (*problem != NULL || found.length == 0 || (how->sources <= 1 && !how->batch && found.source > 1))
        return 0;
    *problem = problem_of(&found, how, alone && at[found.length] == '\0');
    if (*problem != NULL)
        return 0;
    add(&found, how, to);
    *use = PLACEHOLDER_ITEM;
    return found.length;
}

const char *placeholder_template(const char *word, const struct placeholders *how, struct text *to,
                                 enum placeholder_use *use)
{
    const char *problem = NULL;

    for (const char *at = word; *at != '\0' && problem == NULL;) {
        size_t literal = strcspn(at, "{"), length = 0;
        text_add(to, at, literal);
        at += literal;
        if (*at == '\0')
            break;
        /* ${1} is a shell's, and the item in it would be code. */
        if (at == word || at[-1] != '$')
            length = take(at, how, at == word, to, use, &problem);
        if (length == 0) {
            /* What would be a template elsewhere is none here. */
            length = template_match(at, strlen(at));
            template_escape(to, at, length);
        }
        if (length == 0) {
            length = 1;
            text_string(to, at[1] == '{' ? "{vars." PLACEHOLDER_BRACE "}" : "{");
        }
        at += length;
    }
    return problem;
}
