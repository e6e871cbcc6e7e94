/*
 * cli/source_glob.c - the paths that match a pattern, in order
 *
 *     each: {glob: "photos/2024-*.jpg"}      {glob: ["*.c", "*.h"]}
 *
 * As in a shell: a name that begins with a dot is matched by a dot only. That nothing matches is no error.
 *
 * Runs in: the mpool command. Owns: the list of paths. It is the one source that holds all of its items, for they are
 * sorted; for very many files there is walk.
 */
#include "cli/source.h"

#include <errno.h>
#include <glob.h>
#include <stdlib.h>
#include <string.h>

struct fault {
    struct fault *next;
    int error;
    char path[];
};

struct globbed {
    struct source source;
    glob_t found;
    size_t next;
    struct fault *faults; /* directories that could not be read */
    struct text path;     /* the item, where it needs a "./" */
};

static const struct schema_key options[] = {
    {"glob", KEY_MUST, &source_patterns_form, "The paths that match: a pattern, or a list of them"},
    {"batch", SOURCE_BATCH_KEY},
    {0},
};

/* glob() passes nothing of ours to its callback. */
static struct globbed *current;

static int note_fault(const char *path, int error)
{
    size_t length = strlen(path);

    if (error == ENOENT || error == ENOTDIR)
        return 0;
    struct fault *fault = memory_get(sizeof *fault + length + 1);
    memcpy(fault->path, path, length + 1);
    fault->error = error;
    fault->next = current->faults;
    current->faults = fault;
    return 0;
}

static const void *glob_read(struct jobfile *jobfile, const struct yaml_node *each, const struct yaml_node *value)
{
    struct source_texts *patterns = arena_get(&jobfile->yaml.arena, sizeof *patterns);

    (void)each;
    return source_patterns_read(jobfile, value, "a pattern of `glob`",
                                "for files at any depth use {walk: DIRECTORY, match: PATTERN}", patterns)
               ? patterns
               : NULL;
}

static struct source *glob_open(const void *each)
{
    const struct source_texts *patterns = each;
    struct globbed *globbed = memory_get(sizeof *globbed);

    globbed->source.kind = &source_glob;
    current = globbed;
    for (size_t i = 0; i < patterns->count; i++)
        (void)glob(patterns->texts[i], i > 0 ? GLOB_APPEND : 0, note_fault, &globbed->found);
    current = NULL;
    return &globbed->source;
}

static enum source_answer give_fault(struct globbed *globbed, struct item *item)
{
    struct fault *fault = globbed->faults;

    globbed->faults = fault->next;
    text_clear(&globbed->path);
    text_string(&globbed->path, fault->path);
    *item = (struct item){.kind = ITEM_BYTES, .bytes = globbed->path.data, .size = globbed->path.size};
    globbed->source.fault = strerror(fault->error);
    free(fault);
    return SOURCE_FAULT;
}

static enum source_answer glob_next(struct source *source, struct item *item)
{
    struct globbed *globbed = (struct globbed *)source;

    if (globbed->faults != NULL)
        return give_fault(globbed, item);
    if (globbed->next == globbed->found.gl_pathc)
        return SOURCE_END;
    const char *path = globbed->found.gl_pathv[globbed->next++];
    text_clear(&globbed->path);
    /* What begins with a hyphen could be taken for an option by a command that gets it. */
    if (path[0] == '-')
        text_string(&globbed->path, "./");
    text_string(&globbed->path, path);
    *item = (struct item){.kind = ITEM_BYTES, .bytes = globbed->path.data, .size = globbed->path.size};
    return SOURCE_ITEM;
}

static uint64_t glob_left(const struct source *source)
{
    const struct globbed *globbed = (const struct globbed *)source;

    /* A directory that could not be read is a fault, which who counts has to ask for. */
    return globbed->faults != NULL ? SOURCE_UNKNOWN : globbed->found.gl_pathc - globbed->next;
}

static void glob_close(struct source *source)
{
    struct globbed *globbed = (struct globbed *)source;

    while (globbed->faults != NULL) {
        struct fault *next = globbed->faults->next;
        free(globbed->faults);
        globbed->faults = next;
    }
    globfree(&globbed->found);
    text_free(&globbed->path);
    free(globbed);
}

const struct source_kind source_glob = {
    .name = "glob",
    .options = options,
    .shape = SHAPE_PATH,
    .nothing = "`glob` matches no path",
    .read = glob_read,
    .open = glob_open,
    .next = glob_next,
    .left = glob_left,
    .close = glob_close,
};
