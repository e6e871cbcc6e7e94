/*
 * cli/source.h - where the items of a step come from
 *
 * A source is a generator: it gives one item at a time and holds no more than it needs for the next, so that ten
 * million items take no more memory than ten. There is one file for each kind: cli/source_items.c, _range, _lines,
 * _csv, _jsonl, _glob, _walk, _product, _zip and _results.
 */
#ifndef CLI_SOURCE_H
#define CLI_SOURCE_H

#include "cli/item.h"
#include "cli/reference.h"
#include "cli/schema.h"

#include <stdbool.h>
#include <stdint.h>

/* How many are left cannot be told without asking for them. */
#define SOURCE_UNKNOWN UINT64_MAX

/* The most bytes of a job's arguments: what the jobs of a run have in memory stays bounded. */
#define SOURCE_ARGS_MAX ((size_t)8 << 20)

enum source_answer {
    SOURCE_ITEM = 1, /* an item */
    SOURCE_FAULT,    /* an item that cannot be had, a directory that cannot be read; the next may be fine */
    SOURCE_LATER,    /* nobody has written the next line yet; a little time was waited for it */
    SOURCE_END,      /* there is no more, or a signal has asked to stop */
};

/* Each kind has a struct that begins with this one. */
struct source {
    const struct source_kind *kind;
    const char *fault; /* SOURCE_FAULT: what is wrong with the item, one line */
};

struct source_kind {
    const char *name;                 /* the key in `each` that says so */
    const struct schema_key *options; /* the keys it takes, its own included */
    enum shape_kind shape;
    const char *nothing; /* what to tell people if it gives no item at all; NULL: that is as they wrote it */
    const char *unit;    /* "lines": what makes an item in a file; NULL: that is hard to say */
    bool fault_is_item;  /* a fault stands for one item, as a line that is wrong does, and not for some or none */

    /*
     * Read what the file says: `each` is the map, `value` that of the source's own key; templates are expanded. Returns
     * what open() takes, in the jobfile's arena; NULL if something is wrong, which was reported. Also looks whether
     * what it names exists.
     */
    const void *(*read)(struct jobfile *jobfile, const struct yaml_node *each, const struct yaml_node *value);

    /* The shape of the items, if its kind does not say it all. May be NULL. */
    void (*describe)(const void *each, struct shape *shape);

    /* What can be read only once, as people know it; NULL: the items can be asked for again. May be NULL: they can. */
    const char *(*stream)(const void *each);

    /* How many items there are, if the job file tells; else SOURCE_UNKNOWN. May be NULL: it does not. */
    uint64_t (*count)(const void *each);

    struct source *(*open)(const void *each);
    enum source_answer (*next)(struct source *source, struct item *item);
    uint64_t (*left)(const struct source *source);
    void (*close)(struct source *source);

    /* Appends where the last item was read: "people.csv:7: ". May be NULL: its text says enough. */
    void (*place)(const struct source *source, struct text *to);
};

extern const struct source_kind source_items;
extern const struct source_kind source_range;
extern const struct source_kind source_lines;
extern const struct source_kind source_csv;
extern const struct source_kind source_jsonl;
extern const struct source_kind source_glob;
extern const struct source_kind source_walk;
extern const struct source_kind source_product;
extern const struct source_kind source_zip;
extern const struct source_kind source_results;

/* source_results_silent - the name of the step whose results they are, if its jobs have none; else NULL */
const char *source_results_silent(const void *each);

/* `each`, and the patterns in it. */
extern const struct form source_form;
extern const struct form source_pattern_form;
extern const struct form source_patterns_form;
extern const struct form source_batch_form;

/* What follows the name of `batch` in a table of keys. */
#define SOURCE_BATCH_KEY KEY_MAY, &source_batch_form, "So many items go to one job"

/*
 * source_read - read `each` of a step
 *
 * step      in/out  gets the source and what it reads from
 * scope     out     what templates in the step's arguments may name
 */
bool source_read(struct jobfile *jobfile, struct step *step, struct yaml_node *each, struct scope *scope);

/* A source, and what its open() takes. */
struct source_choice {
    const struct source_kind *kind;
    const void *each;
};

/*
 * source_choose - read a map that names a source, the templates in which were expanded
 *
 * what      in   how messages call it: "`each`"
 * choice    out  the source
 * shape     out  what its items are
 */
bool source_choose(struct jobfile *jobfile, const struct yaml_node *map, const char *what, struct source_choice *choice,
                   struct shape *shape);

/* source_count - how many items there are, if the job file tells; SOURCE_UNKNOWN */
uint64_t source_count(const struct source_choice *choice);

/* source_jobs - how many jobs a step will have, if the job file tells; SOURCE_UNKNOWN */
uint64_t source_jobs(const struct step *step);

/* source_stream - what the items are read from, if that can be read only once: "standard input", a FIFO; else NULL */
const char *source_stream(const struct step *step);

/* source_say_nothing - tell people that a step has no job, if they may wonder why */
void source_say_nothing(const struct step *step);

/* source_open - begin to read the items of a step; one without `each` has one item, ITEM_NONE */
struct source *source_open(const struct step *step);
enum source_answer source_next(struct source *source, struct item *item);
uint64_t source_left(const struct source *source);
void source_close(struct source *source);

/* source_place - append where the last item was read, with a colon and a blank; nothing, if that is not known */
void source_place(const struct source *source, struct text *to);

/* A list of texts in the jobfile's arena, for sources that take one or several. */
struct source_texts {
    const char **texts;
    size_t *places; /* where each is in the file */
    size_t count;
};

/* source_texts_read - a text, or a list of them; not empty. `what` is how messages call one. */
bool source_texts_read(struct jobfile *jobfile, const struct yaml_node *node, const char *what,
                       struct source_texts *texts);

/*
 * source_patterns_read - the same for patterns
 *
 * What would be taken literally and was hardly meant so is an error: ** and {a,b}. `deep`: what to write for **.
 */
bool source_patterns_read(struct jobfile *jobfile, const struct yaml_node *node, const char *what, const char *deep,
                          struct source_texts *patterns);

#endif
