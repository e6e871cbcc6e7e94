/*
 * cli/source_walk.c - what is below a directory
 *
 *     each: {walk: /usr/share, type: file, match: "*.gz", exclude: .git, max_depth: 3}
 *
 * The items are the root's text, a slash and the path below it, byte for byte; a root that begins with a hyphen gets
 * "./". As for find(1), the root itself is an item too if its type is the one that is wanted. A pattern without a slash
 * is for the name, at any depth; one with a slash is for the path below the root. What is excluded is not entered.
 * Links are items of type link, and only with `follow` what they lead to; the root may be a link. Nothing but
 * directories is ever opened, and no file is asked for its status where the directory tells its type.
 *
 * Runs in: the mpool command. Owns: the walk, which is in cli/walk.c.
 */
#include "cli/made.h"
#include "cli/signals.h"
#include "cli/source.h"
#include "cli/value.h"
#include "cli/walk.h"

#include <errno.h>
#include <fcntl.h>
#include <fnmatch.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#define ANY_TYPE 0xff
#define DEPTH_MAX 1000000

struct options {
    struct source_texts roots, match, exclude;
    unsigned char type; /* as in a directory entry */
    bool follow, one_filesystem;
    int64_t max_depth;
};

struct walking {
    struct source source;
    const struct options *options;
    size_t next_root;
    size_t root_size; /* of the root's path, with a slash behind */
    bool begun;       /* the walk is in a root */
    struct walk walk;
    struct text item;
};

static const struct {
    const char *name;
    unsigned char type;
} types[] = {{"file", DT_REG}, {"dir", DT_DIR}, {"directory", DT_DIR}, {"link", DT_LNK}, {"any", ANY_TYPE}};

#define TYPES (sizeof types / sizeof types[0])

static const char *type_name(size_t i)
{
    return i < TYPES ? types[i].name : NULL;
}

static const struct form type_form = {.kind = FORM_LISTED, .word = type_name};
static const struct form depth_form = {.kind = FORM_NUMBER, .least = 0, .most = DEPTH_MAX};

static const struct schema_key keys[] = {
    {"walk", KEY_MUST, &schema_texts_form, "The directory whose files are the items, or several in a list"},
    {"type", KEY_MAY, &type_form, "What is an item: file, the default, dir, link or any"},
    {"match", KEY_MAY, &source_patterns_form, "Only these: patterns for the name, or with a slash for the path below"},
    {"exclude", KEY_MAY, &source_patterns_form, "Not these, nor what is in them; patterns as for match"},
    {"follow", KEY_MAY, &schema_boolean_form, "Follow symbolic links; false by default"},
    {"one_filesystem", KEY_MAY, &schema_boolean_form, "Stay on the file system of the directory; false by default"},
    {"max_depth", KEY_MAY, &depth_form, "So many levels below the directory, at most"},
    {"batch", SOURCE_BATCH_KEY},
    {0},
};

/* ---- what the file says ------------------------------------------------------------------------------------------ */

static bool read_type(struct report *report, const struct yaml_node *node, unsigned char *type)
{
    *type = DT_REG;
    if (node == NULL)
        return true;
    for (size_t i = 0; i < TYPES; i++) {
        if (yaml_is(node, types[i].name)) {
            *type = types[i].type;
            return true;
        }
    }
    report_error(report, node->place, "`type` is file, dir, link or any, not %s", value_name(node));
    return false;
}

static bool read_patterns(struct jobfile *jobfile, const struct yaml_node *node, const char *what,
                          struct source_texts *patterns)
{
    return node == NULL ||
           source_patterns_read(jobfile, node, what, "one without a slash matches names at any depth", patterns);
}

/* The roots have to be there before any job runs. One that begins with a hyphen gets "./", as an item would. */
static bool read_roots(struct jobfile *jobfile, const struct yaml_node *node, struct source_texts *roots)
{
    struct stat status;
    bool ok = true;

    if (!source_texts_read(jobfile, node, "a directory of `walk`", roots))
        return false;
    for (size_t i = 0; i < roots->count; i++) {
        const char *root = roots->texts[i];
        if (root[0] == '-') {
            char *safe = arena_get(&jobfile->yaml.arena, strlen(root) + 3);
            memcpy(safe, "./", 3);
            memcpy(safe + 2, root, strlen(root) + 1);
            roots->texts[i] = safe;
        }
        if (stat(roots->texts[i], &status) != 0) {
            report_error(&jobfile->yaml.report, roots->places[i], "\"%.200s\": %s", root, strerror(errno));
            ok = false;
        }
    }
    return ok;
}

static const void *walk_options(struct jobfile *jobfile, const struct yaml_node *each, const struct yaml_node *value)
{
    struct report *report = &jobfile->yaml.report;
    struct options *options = arena_get(&jobfile->yaml.arena, sizeof *options);
    const struct yaml_node *follow = yaml_get(each, "follow"), *one = yaml_get(each, "one_filesystem");
    const struct yaml_node *depth = yaml_get(each, "max_depth");
    bool ok = true;

    *options = (struct options){.max_depth = INT64_MAX};
    ok = read_roots(jobfile, value, &options->roots) && ok;
    ok = read_type(report, yaml_get(each, "type"), &options->type) && ok;
    ok = read_patterns(jobfile, yaml_get(each, "match"), "`match`", &options->match) && ok;
    ok = read_patterns(jobfile, yaml_get(each, "exclude"), "`exclude`", &options->exclude) && ok;
    ok = (follow == NULL || schema_boolean(report, follow, "`follow`", &options->follow)) && ok;
    ok = (one == NULL || schema_boolean(report, one, "`one_filesystem`", &options->one_filesystem)) && ok;
    ok = (depth == NULL || schema_number(report, depth, "`max_depth`", 0, DEPTH_MAX, &options->max_depth)) && ok;
    return ok ? options : NULL;
}

/* ---- which entries are items ------------------------------------------------------------------------------------- */

/* `path` is the one below the root; its last part is `name`. */
static bool matches_one(const char *pattern, const char *path, const char *name)
{
    size_t length = strlen(pattern);

    if (memchr(pattern, '/', length) != NULL)
        return fnmatch(pattern, path, FNM_PATHNAME) == 0;
    /* The most frequent pattern by far, "*.gz", is a comparison. */
    if (pattern[0] == '*' && strpbrk(pattern + 1, "*?[\\") == NULL) {
        size_t name_length = strlen(name);
        return name_length >= length - 1 && memcmp(name + name_length - (length - 1), pattern + 1, length - 1) == 0;
    }
    return fnmatch(pattern, name, 0) == 0;
}

static bool matches(const struct source_texts *patterns, const char *path, const char *name)
{
    for (size_t i = 0; i < patterns->count; i++) {
        if (matches_one(patterns->texts[i], path, name))
            return true;
    }
    return false;
}

static unsigned char type_of(const struct stat *status)
{
    return IFTODT(status->st_mode);
}

/* The entry's type, asked for only if the directory does not tell it; DT_UNKNOWN: it is gone. */
static unsigned char entry_type(const struct walking *walking, const struct dirent64 *entry)
{
    unsigned char type = entry->d_type;
    struct stat status;

    if (type == DT_UNKNOWN && fstatat(walk_fd(&walking->walk), entry->d_name, &status, AT_SYMLINK_NOFOLLOW) == 0)
        type = type_of(&status);
    /* A link that leads nowhere stays a link. */
    if (type == DT_LNK && walking->options->follow && fstatat(walk_fd(&walking->walk), entry->d_name, &status, 0) == 0)
        type = type_of(&status);
    return type;
}

/* Notes a directory for later, and says whether the entry is an item; its path is in walking->item then. */
static bool take_entry(struct walking *walking, const struct dirent64 *entry)
{
    const struct options *options = walking->options;
    const struct text *directory = &walking->walk.path;
    size_t length = strlen(entry->d_name);
    unsigned char type = entry_type(walking, entry);
    bool wanted = type == options->type || (options->type == ANY_TYPE && type != DT_UNKNOWN);
    bool enter = type == DT_DIR && (int64_t)walking->walk.depth < options->max_depth;

    /* In there are files that a job is just making, or that a killed run has left. */
    if ((!wanted && !enter) || (type == DT_DIR && made_is_name(entry->d_name)))
        return false;
    text_clear(&walking->item);
    text_add(&walking->item, directory->data, directory->size);
    text_add(&walking->item, entry->d_name, length);
    const char *below = walking->item.data + walking->root_size;
    if (options->exclude.count > 0 && matches(&options->exclude, below, entry->d_name))
        return false;
    if (enter)
        walk_note(&walking->walk, entry->d_name, length);
    return wanted && (options->match.count == 0 || matches(&options->match, below, entry->d_name));
}

/* ---- one after the other ----------------------------------------------------------------------------------------- */

static struct source *walk_open(const void *each)
{
    const struct options *options = each;
    struct walking *walking = memory_get(sizeof *walking);

    walking->source.kind = &source_walk;
    walking->options = options;
    walking->walk.follow = options->follow;
    walking->walk.one_filesystem = options->one_filesystem;
    return &walking->source;
}

static enum source_answer give(const struct walking *walking, struct item *item, enum source_answer answer)
{
    *item = (struct item){.kind = ITEM_BYTES, .bytes = walking->item.data, .size = walking->item.size};
    return answer;
}

/* A directory that cannot be read. Its path is shown without the slash. */
static enum source_answer give_fault(struct walking *walking, struct item *item, const struct text *path, int error)
{
    size_t size = path->size;

    while (size > 1 && path->data[size - 1] == '/')
        size--;
    text_clear(&walking->item);
    text_add(&walking->item, path->data, size);
    walking->source.fault = strerror(error);
    return give(walking, item, SOURCE_FAULT);
}

/* Enters the next root. It may be an item itself, and it may be no directory at all. */
static enum source_answer begin_root(struct walking *walking, struct item *item)
{
    const struct options *options = walking->options;
    const char *root = options->roots.texts[walking->next_root++];
    const char *slash = strrchr(root, '/');
    struct stat status;
    int error = stat(root, &status) != 0 ? errno : 0;

    if (error == 0 && S_ISDIR(status.st_mode) && options->max_depth > 0) {
        error = walk_begin(&walking->walk, root);
        walking->begun = error == 0;
        walking->root_size = walking->walk.path.size;
    }
    text_clear(&walking->item);
    text_string(&walking->item, root);
    if (error != 0) {
        walking->source.fault = strerror(error);
        return give(walking, item, SOURCE_FAULT);
    }
    const char *name = slash != NULL && slash[1] != '\0' ? slash + 1 : root;
    bool wanted = options->type == ANY_TYPE || type_of(&status) == options->type;
    if (wanted && (options->match.count == 0 || matches(&options->match, name, name)))
        return give(walking, item, SOURCE_ITEM);
    return SOURCE_END;
}

static enum source_answer walk_next(struct source *source, struct item *item)
{
    struct walking *walking = (struct walking *)source;
    struct dirent64 *entry = NULL;

    /* Looked at for each entry, so that a walk that finds nothing can be stopped too. */
    while (signals_asked() == 0) {
        if (!walking->begun) {
            if (walking->next_root == walking->options->roots.count)
                return SOURCE_END;
            enum source_answer answer = begin_root(walking, item);
            if (answer != SOURCE_END)
                return answer;
            continue;
        }
        switch (walk_read(&walking->walk, &entry)) {
        case WALK_ENTRY:
            if (take_entry(walking, entry))
                return give(walking, item, SOURCE_ITEM);
            break;
        case WALK_FAULT:
            return give_fault(walking, item, &walking->walk.path, errno);
        case WALK_END:
            walking->begun = false;
            break;
        }
    }
    return SOURCE_END;
}

static uint64_t walk_left(const struct source *source)
{
    (void)source;
    return SOURCE_UNKNOWN;
}

static void walk_close(struct source *source)
{
    struct walking *walking = (struct walking *)source;

    walk_end(&walking->walk);
    text_free(&walking->item);
    free(walking);
}

const struct source_kind source_walk = {
    .name = "walk",
    .options = keys,
    .shape = SHAPE_PATH,
    .nothing = "`walk` finds nothing that is of its type and matches",
    .read = walk_options,
    .open = walk_open,
    .next = walk_next,
    .left = walk_left,
    .close = walk_close,
};
