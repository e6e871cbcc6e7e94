/*
 * cli/doctor_places.c - the directories that runs write to
 *
 * Runs in: the mpool command. Owns: nothing; what is made to try it is taken away at once.
 */
#include "cli/doctor.h"

#include "cli/state.h"
#include "cli/tempfile.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

/* A path that is longer leaves no room for the name of a socket in it (mpool/init.h, mpool(1)). */
#define RUNTIME_MAX 60

static void say_directory(struct doctor *doctor, const char *what, const char *directory)
{
    struct statvfs system;
    char size[DOCTOR_SIZE_MAX];

    if (statvfs(directory, &system) != 0) {
        doctor_say(doctor, VERDICT_WARN, what, "%s: %s", directory, strerror(errno));
        return;
    }
    int64_t bytes = (int64_t)((uint64_t)system.f_bavail * system.f_frsize);
    bool full = system.f_bavail == 0 || (system.f_files > 0 && system.f_favail == 0);
    doctor_say(doctor, full ? VERDICT_WARN : VERDICT_OK, what, "%s, %s free", directory, doctor_size(size, bytes));
    if (full)
        doctor_advise(doctor, "make room: no file can be made there");
}

/* One of the places for sockets, of which the first is taken that will do. */
static void say_runtime(struct doctor *doctor, const char *what, const char *directory)
{
    const char *fault;

    if (directory == NULL) {
        doctor_say(doctor, VERDICT_OK, what, "not set");
        return;
    }
    fault = tempfile_fault(directory);
    if (fault == NULL && strlen(directory) > RUNTIME_MAX)
        fault = "is longer than 60 bytes";
    if (fault == NULL) {
        say_directory(doctor, what, directory);
        return;
    }
    doctor_say(doctor, VERDICT_WARN, what, "%s: %s", directory, fault);
    doctor_advise(doctor, "a directory of yours that can be written to; without, mpool takes another");
}

/* The directory itself, or the nearest one above that there is. The path is cut short there. */
static bool find_nearest(struct text *path)
{
    struct stat status;
    bool whole = true;

    while (stat(path->data, &status) != 0 && errno == ENOENT && path->size > 1) {
        size_t size = (size_t)(strrchr(path->data, '/') - path->data);
        path->size = size > 0 ? size : 1;
        path->data[path->size] = '\0';
        whole = false;
    }
    return whole;
}

/* Why no directory can be made in another: for root all may be written to, and yet /proc takes none. */
static const char *try_make(const char *parent)
{
    struct text path = {0};
    const char *fault;

    text_printf(&path, "%s/mpool.XXXXXX", parent);
    fault = mkdtemp(path.data) == NULL ? strerror(errno) : NULL;
    if (fault == NULL)
        (void)rmdir(path.data);
    text_free(&path);
    return fault;
}

static void say_state(struct doctor *doctor)
{
    const char *home = getenv("XDG_STATE_HOME");
    struct text path = {0}, nearest = {0};

    if (home != NULL && home[0] != '\0' && home[0] != '/') {
        doctor_say(doctor, VERDICT_WARN, "$XDG_STATE_HOME", "%s: is no absolute path", home);
        doctor_advise(doctor, "set it to an absolute path; this one is ignored");
    }
    const char *fault = state_directory(&path);
    if (fault != NULL) {
        doctor_say(doctor, VERDICT_WARN, "state directory", "%s", fault);
        return;
    }
    text_add(&nearest, path.data, path.size);
    bool whole = find_nearest(&nearest);
    fault = tempfile_fault(nearest.data);
    if (fault == NULL && !whole)
        fault = try_make(nearest.data);
    if (fault != NULL) {
        doctor_say(doctor, VERDICT_WARN, "state directory", "%s: %s: %s", path.data, nearest.data, fault);
        doctor_advise(doctor, "set XDG_STATE_HOME to a directory of yours that can be written to");
    } else if (whole) {
        say_directory(doctor, "state directory", path.data);
    } else {
        doctor_say(doctor, VERDICT_OK, "state directory", "%s, which is not there yet, and can be made", path.data);
    }
    text_free(&path);
    text_free(&nearest);
}

void doctor_places(struct doctor *doctor)
{
    say_runtime(doctor, "$XDG_RUNTIME_DIR", getenv("XDG_RUNTIME_DIR"));
    say_runtime(doctor, "$TMPDIR", getenv("TMPDIR"));
    say_runtime(doctor, "/tmp", "/tmp");
    say_state(doctor);
}
