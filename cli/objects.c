/*
 * cli/objects.c - `functions` of a job file: shared objects, whose functions a step can call
 *
 * Runs in: the mpool command, before workers are there, and children of it. Owns: a child, while it is asked.
 *
 * What a file has it says only when it is loaded, and then its code runs. That is done in a child: so the command stays
 * as it was, without what the file may start, lives if it crashes, and goes on if it does not return. The workers load
 * the file by themselves.
 */
#include "cli/objects.h"

#include "cli/schema.h"
#include "cli/value.h"

#include <mpool/error.h>
#include <mpool/init.h>

#include <dlfcn.h>
#include <errno.h>
#include <link.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

const struct form objects_form = {.kind = FORM_LIST, .of = &schema_text_form};

/* A child is ended then. Loading takes milliseconds; a constructor that does more than that has no end. */
#define LOAD_SECONDS 10

/* What a child ends with, if not by the will of the shared object. */
enum answer { ANSWER_YES = 100, ANSWER_NO, ANSWER_WRONG };

/* What a child is to find out; what it has to say goes to `fd`. */
typedef enum answer question(int fd, const char *path, const char *symbol);

/* ---- in a child -------------------------------------------------------------------------------------------------- */

/* The command may have been started with SIGALRM ignored or blocked. */
static void set_alarm(void)
{
    const struct sigaction action = {.sa_handler = SIG_DFL};
    sigset_t set;

    (void)sigaction(SIGALRM, &action, NULL);
    (void)sigemptyset(&set);
    (void)sigaddset(&set, SIGALRM);
    (void)sigprocmask(SIG_UNBLOCK, &set, NULL);
    (void)alarm(LOAD_SECONDS);
}

static void put(int fd, const char *text, size_t size)
{
    for (size_t done = 0; done < size;) {
        ssize_t count = write(fd, text + done, size - done);
        if (count < 0 && errno != EINTR)
            return;
        done += count > 0 ? (size_t)count : 0;
    }
}

static void put_name(void *user, const char *name)
{
    put(*(int *)user, name, strlen(name) + 1);
}

static enum answer ask_names(int fd, const char *path, const char *symbol)
{
    (void)symbol;
    if (mpool_object_functions(path, put_name, &fd) == MPOOL_OK)
        return ANSWER_YES;
    put(fd, mpool_error_detail(), strlen(mpool_error_detail()));
    return ANSWER_WRONG;
}

/* Of the file itself, and not of a library that it needs. */
static enum answer ask_symbol(int fd, const char *path, const char *symbol)
{
    void *object = dlopen(path, RTLD_NOW | RTLD_LOCAL), *extra = NULL;
    void *address = object != NULL ? dlsym(object, symbol) : NULL;
    struct link_map *mine = NULL;
    Dl_info info;

    (void)fd;
    if (address == NULL || dlinfo(object, RTLD_DI_LINKMAP, &mine) != 0 ||
        dladdr1(address, &info, &extra, RTLD_DL_LINKMAP) == 0)
        return ANSWER_NO;
    return extra == mine ? ANSWER_YES : ANSWER_NO;
}

/* ---- in the command ---------------------------------------------------------------------------------------------- */

static void read_all(int fd, struct text *said)
{
    char bytes[4096];
    ssize_t count;

    while ((count = pread(fd, bytes, sizeof bytes, (off_t)said->size)) > 0)
        text_add(said, bytes, (size_t)count);
}

/*
 * Returns the child's wait status; -1: there was none, for errno. What it says comes in a file: the end of a pipe might
 * be held by who knows what the shared object has started.
 */
static int ask(question *what, const char *path, const char *symbol, struct text *said)
{
    int fd = memfd_create("functions", MFD_CLOEXEC), status = -1;

    text_string(said, "");
    if (fd < 0)
        return -1;
    (void)fflush(NULL);
    /* lint: allow fork because the command has one thread and no fork server yet, and the child only ends */
    pid_t child = fork();
    if (child == 0) {
        set_alarm();
        _exit((int)what(fd, path, symbol));
    }
    while (child > 0 && waitpid(child, &status, 0) < 0 && errno == EINTR)
        continue;
    if (child > 0)
        read_all(fd, said);
    (void)close(fd);
    return status;
}

bool objects_export(const struct object *object, const char *symbol)
{
    struct text said = {0};
    int status = ask(ask_symbol, object->path, symbol, &said);

    text_free(&said);
    return status >= 0 && WIFEXITED(status) && WEXITSTATUS(status) == (int)ANSWER_YES;
}

static void take_names(struct arena *arena, struct object *object, const struct text *said)
{
    size_t count = 0;

    for (size_t i = 0; i < said->size; i++)
        count += said->data[i] == '\0';
    object->names = arena_get(arena, (count + 1) * sizeof *object->names);
    for (const char *name = said->data; object->count < count; name += strlen(name) + 1)
        object->names[object->count++] = arena_copy(arena, name, strlen(name));
}

static bool refuse(struct report *report, const struct yaml_node *node, int status, const struct text *said)
{
    const char *name = status >= 0 && WIFSIGNALED(status) ? sigabbrev_np(WTERMSIG(status)) : NULL;

    if (status < 0)
        report_error(report, node->place, "%s cannot be looked at: %s", value_name(node), strerror(errno));
    else if (WIFSIGNALED(status) && WTERMSIG(status) == SIGALRM)
        report_error(report, node->place, "%s was not loaded within %d s: does a constructor wait for something?",
                     value_name(node), LOAD_SECONDS);
    else if (WIFSIGNALED(status))
        report_error(report, node->place, "%s was killed by SIG%s when it was loaded", value_name(node),
                     name != NULL ? name : "?");
    else if (WEXITSTATUS(status) == (int)ANSWER_WRONG)
        report_error(report, node->place, "%s cannot be loaded: %s", value_name(node), said->data);
    else
        report_error(report, node->place, "%s ended the process with %d when it was loaded", value_name(node),
                     WEXITSTATUS(status));
    return false;
}

static bool read_object(struct jobfile *jobfile, const struct yaml_node *node, struct object *object)
{
    struct report *report = &jobfile->yaml.report;
    struct text said = {0}, path = {0};

    if (node->kind != YAML_SCALAR || node->length == 0 || value_of(node).type == VALUE_NULL) {
        report_error(report, node->place, "what `functions` names is the path of a shared object, not %s",
                     value_name(node));
        object->broken = true;
        return false;
    }
    /* The dynamic linker would search for what has no slash. */
    text_printf(&path, "%s%s", strchr(node->text, '/') == NULL ? "./" : "", node->text);
    object->path = arena_copy(&jobfile->yaml.arena, path.data, path.size);
    int status = ask(ask_names, object->path, NULL, &said);
    bool ok = status >= 0 && WIFEXITED(status) && WEXITSTATUS(status) == (int)ANSWER_YES;
    if (ok)
        take_names(&jobfile->yaml.arena, object, &said);
    else
        (void)refuse(report, node, status, &said);
    object->broken = !ok;
    text_free(&said);
    text_free(&path);
    return ok;
}

bool objects_read(struct jobfile *jobfile, const struct yaml_node *node)
{
    bool ok = true;

    if (node == NULL)
        return true;
    if (node->kind != YAML_LIST) {
        report_error(&jobfile->yaml.report, node->place,
                     "`functions` is a list of shared objects, as in [./libmine.so], not %s", value_name(node));
        return false;
    }
    jobfile->objects = arena_get(&jobfile->yaml.arena, node->count * sizeof *jobfile->objects);
    for (const struct yaml_node *path = node->first; path != NULL; path = path->next)
        ok = read_object(jobfile, path, &jobfile->objects[jobfile->object_count++]) && ok;
    return ok;
}
