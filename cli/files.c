/*
 * cli/files.c - the files that a run writes: none is one that it reads, and each is another
 *
 * Runs in: the mpool command. Owns: nothing.
 *
 * `mpool run --output job.yaml` would be the end of job.yaml, and `mpool exec -a list --joblog list` of the list.
 */
#include "cli/files.h"

#include "cli/names.h"

#include <string.h>
#include <sys/stat.h>

void files_say(const char *option, const char *path, const char *what, const char *why)
{
    struct text line = {0};

    text_printf(&line, "mpool: %s \"", option);
    names_escape(&line, path, strlen(path));
    text_printf(&line, "\"%s%s\n", what, why);
    text_write(&line, stderr);
    text_free(&line);
}

/* Two paths of one regular file, or one path of a file that is not there yet. NULL: none. */
static bool is_same(const char *path, const char *other)
{
    struct stat a, b;

    if (path == NULL || other == NULL)
        return false;
    if (stat(path, &a) != 0 || stat(other, &b) != 0)
        return strcmp(path, other) == 0;
    return a.st_dev == b.st_dev && a.st_ino == b.st_ino && S_ISREG(a.st_mode);
}

/* Has this option the path of something else? */
static bool check(const char *option, const char *path, const char *other, const char *what)
{
    if (!is_same(path, other))
        return true;
    files_say(option, path, " is ", what);
    return false;
}

/* With --only most steps are not. */
static bool is_run(const struct jobfile *jobfile, const char *step)
{
    for (size_t i = 0; i < jobfile->step_count; i++) {
        if (jobfile->steps[i].name == step)
            return true;
    }
    return false;
}

static bool check_read(const char *option, const char *path, const struct options *options,
                       const struct jobfile *jobfile)
{
    bool standard = options->file != NULL && strcmp(options->file, "-") == 0;
    bool ok = check(option, path, standard ? "/dev/stdin" : options->file, "the job file itself") &&
              check(option, path, options->jobs_file, "the file of --jobs-file");

    for (const struct read_file *file = jobfile->files; ok && file != NULL; file = file->next) {
        if (is_run(jobfile, file->step))
            ok = check(option, path, file->path, "a file that the run reads");
    }
    return ok;
}

bool files_check(const struct options *options, const struct jobfile *jobfile)
{
    bool standard = options->output != NULL && strcmp(options->output, "-") == 0;
    const char *output = standard ? NULL : options->output;

    return check_read("--output", output, options, jobfile) &&
           check_read("--joblog", options->joblog, options, jobfile) &&
           check_read("--journal", options->journal, options, jobfile) &&
           check("--joblog", options->joblog, output, "also that of --output") &&
           check("--journal", options->journal, output, "also that of --output") &&
           check("--journal", options->journal, options->joblog, "also that of --joblog");
}
