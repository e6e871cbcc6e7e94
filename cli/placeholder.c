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
    {"{%}", NULL, "{%} is not known here: a job does not know in which slot it will run; {#} is the job's number"},
    {"{=", NULL,
     "{= perl =} is not known here; to change an item, give it to a shell: sh -c 'echo \"${1%.gz}\"' sh {}"},
};

/* Templates that name something of an item. */
static const char *const names[] = {"item", "items", "path", "name", "stem", "ext", "dir", "root", "index", "number"};

static bool is_name(const struct template_part *part)
{
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        size_t length = strlen(names[i]);
        if (part->length >= length && memcmp(part->text, names[i], length) == 0 &&
            (part->length == length || part->text[length] == '.'))
            return true;
    }
    return false;
}

/* How long a replacement string, or a template that is known, at the start of a text is; 0: there is none. */
static size_t take(const char *at, bool batch, struct text *to, bool *uses, const char **problem)
{
    const char *cursor = at;
    struct template_part part;
    size_t length;

    for (size_t i = 0; i < sizeof replacements / sizeof replacements[0]; i++) {
        length = strlen(replacements[i].string);
        if (strncmp(at, replacements[i].string, length) != 0)
            continue;
        *problem = replacements[i].problem;
        if (*problem == NULL)
            text_string(to, batch && i == 0 ? "{items}" : replacements[i].template);
        *uses = true;
        return length;
    }
    length = template_match(at, strlen(at));
    if (length == 0 || !template_next(&cursor, at + length, &part))
        return 0;
    /* {{item}} stands for the text {item}, as everywhere. */
    bool doubled = !part.reference;
    struct template_part name = {.text = part.text + doubled, .length = part.length - (doubled ? 2 : 0)};
    if (!is_name(&name))
        return 0;
    text_add(to, at, length);
    *uses = *uses || !doubled;
    return length;
}

const char *placeholder_template(const char *word, bool batch, struct text *to, bool *uses)
{
    const char *problem = NULL;

    for (const char *at = word; *at != '\0' && problem == NULL;) {
        size_t literal = strcspn(at, "{"), length;
        text_add(to, at, literal);
        at += literal;
        if (*at == '\0')
            break;
        length = take(at, batch, to, uses, &problem);
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
