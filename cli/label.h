/*
 * cli/label.h - a text about one job, made of its item and its result
 *
 *     by: "{dir}/{result.type}"      show: "{path}"
 */
#ifndef CLI_LABEL_H
#define CLI_LABEL_H

#include "cli/reference.h"

#include <msgpack.h>

/* The most bytes of one. */
#define LABEL_MAX ((size_t)64 << 10)

struct label;

/*
 * label_result - is a template {result} or {result.FIELD}?
 *
 * field     out  the latter, in the arena; NULL: the result itself
 */
bool label_result(struct arena *arena, const struct template_part *found, const char **field);

/*
 * label_read - check and prepare a text with templates
 *
 * scope     in   what the templates may name, besides {result} and {result.FIELD}
 * key       in   its name in the job file, for messages: "by"; it is kept
 *
 * Returns NULL where something is wrong, which was reported; else what lives as long as the jobfile.
 */
const struct label *label_read(const struct scope *scope, const struct yaml_node *node, const char *key);

/*
 * label_make - the text for one job, without secrets, in place of what was in `to`
 *
 * fault     out  where there is none, why is appended
 */
bool label_make(const struct label *label, const struct item *item, uint64_t index, const msgpack_object *result,
                struct text *to, struct text *fault);

#endif
