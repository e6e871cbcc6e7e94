/*
 * cli/source_file.c - the file that a source reads line by line: a regular one, a FIFO, or standard input
 *
 * Runs in: the mpool command, before anything is forked. Owns: nothing.
 */
#include "cli/source_file.h"

#include "cli/value.h"

#include <errno.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* Standard input can be read once, by one source of one step. */
static bool take_stdin(struct jobfile *jobfile, const struct yaml_node *value)
{
    struct report *report = &jobfile->yaml.report;

    if (strcmp(report->file, "<stdin>") == 0) {
        report_error(report, value->place, "standard input is the job file already");
        return false;
    }
    if (jobfile->stdin_step != NULL) {
        report_error(report, value->place, "standard input is read by the step \"%s\" already",
                     jobfile->stdin_step->name);
        return false;
    }
    jobfile->stdin_step = &jobfile->steps[jobfile->step_count - 1];
    jobfile_reads(jobfile, "/dev/stdin");
    return true;
}

bool source_file_read(struct jobfile *jobfile, const struct yaml_node *value, const char *what,
                      struct source_file *file)
{
    struct report *report = &jobfile->yaml.report;
    struct stat status;

    *file = (struct source_file){.separator = '\n'};
    if (value->kind == YAML_SCALAR && yaml_is(value, "-"))
        return take_stdin(jobfile, value);
    if (value->kind != YAML_SCALAR) {
        report_error(report, value->place, "`%s` names one file, not %s", what, value_name(value));
    } else if (value->length == 0) {
        report_error(report, value->place, "`%s` names a file, or \"-\" for standard input", what);
    } else if (stat(value->text, &status) != 0 || access(value->text, R_OK) != 0) {
        report_error(report, value->place, "%s: %s", value_name(value), strerror(errno));
    } else if (S_ISDIR(status.st_mode)) {
        report_error(report, value->place, "%s is a directory; for what is in it %s", value_name(value),
                     report->source != NULL ? "use walk" : "pipe paths in: find DIR | mpool exec ...");
    } else {
        jobfile_reads(jobfile, value->text);
        file->path = value->text;
        return true;
    }
    return false;
}

const char *source_file_stream(const void *each)
{
    const struct source_file *file = each;
    struct stat status;

    if (file->path == NULL)
        return "standard input";
    return stat(file->path, &status) == 0 && !S_ISREG(status.st_mode) ? file->path : NULL;
}

const char *source_file_name(const struct source_file *file)
{
    return file->path != NULL ? file->path : "standard input";
}
