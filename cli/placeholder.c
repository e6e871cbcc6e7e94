/*
 * cli/placeholder.c - a word of `mpool exec` as a text with templates
 *
 * Runs in: the mpool command, before anything is forked. Owns: nothing. Pure.
 */
#include "cli/placeholder.h"

#include "cli/template.h"

#include <string.h>

static const struct {
    const char *string, *template, *problem;
} replacements[] = {
    {"{}", "{item}", NULL},
    {"{/}", "{name}", NULL},
    {"{//}", "{dir}", NULL},
    {"{.}", "{root}", NULL},
    {"{/.}", "{stem}", NULL},
    {"{#}", "{number}", NULL},
    {"{%}", NULL, "{%} is not known here; {worker} is the number of the worker that runs the job, from 0"},
    {"{=", NULL,
     "{= perl =} is not known here; to change an item, give it to a shell: sh -c 'echo \"${1%.gz}\"' sh {}"},
};

/* Templates that name something of an item, and behind these what tells nothing of it. */
static const char *const names[] = {"item", "items", "path",  "name",   "stem",   "ext",
                                    "dir",  "root",  "index", "number", "worker", "attempt"};
#define OF_ITEM 10

static bool is_name(const struct template_part *part, bool *of_item)
{
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        *of_item = i < OF_ITEM;
        size_t length = strlen(names[i]);
        if (part->length >= length && memcmp(part->text, names[i], length) == 0 &&
            (part->length == length || part->text[length] == '.'))
            return true;
    }
    return false;
}

const char *placeholder_source(size_t number)
{
    static const char *const sources[PLACEHOLDER_SOURCES] = {"_1", "_2", "_3", "_4", "_5", "_6", "_7", "_8", "_9"};

    return sources[number];
}

/* Where items come from several sources: how long {1}, {2} ... or {} at the start of a text is; 0: there is none. */
static size_t take_of_several(const char *at, size_t sources, struct text *to, const char **problem)
{
    bool number = at[1] >= '1' && at[1] <= '9' && at[2] == '}';

    if (number && (size_t)(at[1] - '0') > sources)
        *problem = "{N} stands for the item of the Nth \":::\", and there are not so many";
    else if (number)
        text_printf(to, "{item.%s}", placeholder_source((size_t)(at[1] - '1')));
    else if (strncmp(at, "{/", 2) == 0 || strncmp(at, "{.", 2) == 0)
        *problem = "with several \":::\" an item is {1}, {2} ...; for a part of its path, give it to a shell: "
                   "sh -c 'echo \"${1##*/}\"' sh {1}";
    for (size_t i = 0; strncmp(at, "{}", 2) == 0 && i < sources; i++)
        text_printf(to, "%s{item.%s}", i > 0 ? " " : "", placeholder_source(i));
    return number ? 3 : strncmp(at, "{}", 2) == 0 ? 2 : 0;
}

/* How long a replacement string, or a template that is known, at the start of a text is; 0: there is none. */
static size_t take(const char *at, const struct placeholders *how, struct text *to, bool *uses, const char **problem)
{
    const char *cursor = at;
    struct template_part part;
    size_t length = how->sources > 1 ? take_of_several(at, how->sources, to, problem) : 0;

    *uses = *uses || length > 0;
    if (length > 0 || *problem != NULL)
        return length;
    for (size_t i = 0; i < sizeof replacements / sizeof replacements[0]; i++) {
        length = strlen(replacements[i].string);
        if (strncmp(at, replacements[i].string, length) != 0)
            continue;
        *problem = replacements[i].problem;
        if (*problem == NULL)
            text_string(to, how->batch && i == 0 ? "{items}" : replacements[i].template);
        *uses = true;
        return length;
    }
    length = template_match(at, strlen(at));
    if (length == 0 || !template_next(&cursor, at + length, &part))
        return 0;
    /* {{item}} stands for the text {item}, as everywhere. */
    bool doubled = !part.reference, of_item;
    struct template_part name = {.text = part.text + doubled, .length = part.length - (doubled ? 2 : 0)};
    if (!is_name(&name, &of_item))
        return 0;
    text_add(to, at, length);
    *uses = *uses || (of_item && !doubled);
    return length;
}

const char *placeholder_template(const char *word, const struct placeholders *how, struct text *to, bool *uses)
{
    const char *problem = NULL;

    for (const char *at = word; *at != '\0' && problem == NULL;) {
        size_t literal = strcspn(at, "{"), length;
        text_add(to, at, literal);
        at += literal;
        if (*at == '\0')
            break;
        length = take(at, how, to, uses, &problem);
        if (length == 0) {
            /* What would be a template elsewhere is none here. */
            length = template_match(at, strlen(at));
            template_escape(to, at, length > 0 ? length : 1);
            length = length > 0 ? length : 1;
        }
        at += length;
    }
    return problem;
}
