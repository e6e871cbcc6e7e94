/*
 * cli/template.h - where the templates in a text are
 *
 * A template is {name} or {name.name...}, and nothing else: the first name begins with a letter or an underscore, the
 * others may begin with a digit, and have hyphens. Every other brace is literal, so that awk, jq and regular
 * expressions stay as they are. {{name}} stands for the text {name}. Pure; what names mean is cli/reference.h's.
 */
#ifndef CLI_TEMPLATE_H
#define CLI_TEMPLATE_H

#include "cli/text.h"

#include <stdbool.h>
#include <stddef.h>

/* A piece of a text; it points into the text. */
struct template_part {
    bool reference;   /* a template: `text` is what is between its braces */
    const char *text; /* otherwise: bytes to be taken as they are */
    size_t length;
};

/*
 * template_next - the next part of a text
 *
 * cursor    in/out  from the start of the text to its end
 *
 * Returns false at the end. The parts cover the text without gaps, but for the braces that are left out.
 */
bool template_next(const char **cursor, const char *end, struct template_part *part);

/* template_match - the length of the {name} or {{name}} at the start of a text; 0 if there is none */
size_t template_match(const char *text, size_t size);

/*
 * template_slip - the length of what starts a text and is literal, but was perhaps meant as a template: "{ item }", or
 * "{}" as xargs has it
 *
 * name      out  "item"; of "{}" it is empty
 *
 * Returns 0 if there is nothing of the kind.
 */
size_t template_slip(const char *text, size_t size, struct template_part *name);

/* template_escape - append a text so that as a template it gives just this text */
void template_escape(struct text *to, const char *text, size_t size);

#endif
