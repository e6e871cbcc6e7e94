/*
 * cli/state.c - the directory where journals are kept: $XDG_STATE_HOME/mpool, ~/.local/state/mpool by default
 *
 * Runs in: the mpool command, on its main thread. Owns: nothing; the files outlive it.
 *
 * Several commands may be at it at once. The number is taken under a lock; a journal is removed only by who has locked
 * it, and who opens one looks, once it has the lock, whether it is still there (cli/journal_file.c).
 */
#include "cli/state.h"

#include "cli/journal_file.h"
#include "cli/memory.h"
#include "cli/notice.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#define SUFFIX ".journal"
#define NAME_MAX_BYTES 40 /* of the readable part of a journal's name */
#define DAY_SECONDS 86400

/* The XDG specification: a path that is not absolute is to be ignored. */
static const char *absolute(const char *path)
{
    return path != NULL && path[0] == '/' ? path : NULL;
}

const char *state_directory(struct text *path)
{
    const char *state = absolute(getenv("XDG_STATE_HOME")), *home = absolute(getenv("HOME"));

    if (state == NULL && home == NULL) {
        const struct passwd *user = getpwuid(getuid());
        home = user != NULL ? absolute(user->pw_dir) : NULL;
    }
    if (state == NULL && home == NULL)
        return "there is no home directory to keep journals in; set HOME, or name a file: --journal FILE";
    text_string(path, state != NULL ? state : home);
    text_string(path, state != NULL ? "/mpool" : "/.local/state/mpool");
    return NULL;
}

/* Makes what is missing of a path; 0, or errno. */
static int make_path(char *path)
{
    for (char *slash = strchr(path + 1, '/');; slash = strchr(slash + 1, '/')) {
        if (slash != NULL)
            *slash = '\0';
        int code = mkdir(path, 0700) == 0 || errno == EEXIST ? 0 : errno;
        if (slash != NULL)
            *slash = '/';
        if (code != 0 || slash == NULL)
            return code;
    }
}

static bool check_directory(const char *path)
{
    struct stat status;

    if (stat(path, &status) != 0) {
        notice(path, "%s", strerror(errno));
        return false;
    }
    if (!S_ISDIR(status.st_mode)) {
        notice(path, "journals are kept here, and it is no directory; move it away");
        return false;
    }
    /* Who else can write here could put other journals in place of ours. */
    if (status.st_uid != geteuid() || (status.st_mode & 022) != 0) {
        notice(path, "journals are kept here, and other users could change them; chmod 700 and chown help");
        return false;
    }
    return true;
}

bool state_make(void)
{
    struct text path = {0};
    const char *problem = state_directory(&path);
    bool ok = problem == NULL;

    if (!ok) {
        notice("journal", "%s", problem);
    } else {
        int code = make_path(path.data);
        ok = code == 0 && check_directory(path.data);
        if (code != 0)
            notice(path.data,
                   "cannot be made: %s; journals are kept there: set XDG_STATE_HOME, or name a file: "
                   "--journal FILE",
                   strerror(code));
    }
    text_free(&path);
    return ok;
}

void state_journal(const struct identity *identity, struct text *path)
{
    const char *slash = strrchr(identity->jobfile, '/');
    const char *name = slash != NULL ? slash + 1 : identity->jobfile;

    /* No name that an option could be. */
    if (name[0] == '\0' || name[0] == '-' || name[0] == '.')
        name = "mpool";
    size_t length = strcspn(name, ".");
    (void)state_directory(path);
    text_char(path, '/');
    for (size_t i = 0; i < length && i < NAME_MAX_BYTES; i++) {
        bool plain = (name[i] >= 'a' && name[i] <= 'z') || (name[i] >= 'A' && name[i] <= 'Z') ||
                     (name[i] >= '0' && name[i] <= '9') || name[i] == '-' || name[i] == '_';
        text_char(path, plain ? name[i] : '_');
    }
    text_char(path, '-');
    for (size_t i = 0; i < KEY_SIZE / 2; i++)
        text_printf(path, "%02x", identity->key.bytes[i]);
    text_string(path, SUFFIX);
}

void state_link(const struct identity *identity, const char *journal)
{
    struct text path = {0};
    struct key key;

    if (state_directory(&path) == NULL && make_path(path.data) == 0) {
        /* One job file may have several journals elsewhere. */
        struct identity elsewhere = *identity;
        key_bytes(journal, strlen(journal), &key);
        elsewhere.key = key;
        text_clear(&path);
        state_journal(&elsewhere, &path);
        if (symlink(journal, path.data) != 0) {
            /* It is known already, or there can be no link. */
        }
    }
    text_free(&path);
}

static int64_t next_number(int fd)
{
    char digits[24] = "";
    int64_t number = 0;

    if (flock(fd, LOCK_EX) != 0 || pread(fd, digits, sizeof digits - 1, 0) < 0)
        return 0;
    number = strtoll(digits, NULL, 10);
    number = number > 0 && number < INT64_MAX ? number + 1 : 1;
    int length = snprintf(digits, sizeof digits, "%" PRId64 "\n", number);
    return pwrite(fd, digits, (size_t)length, 0) == length ? number : 0;
}

int64_t state_number(void)
{
    struct text path = {0};
    int64_t number = 0;

    if (state_directory(&path) == NULL) {
        text_string(&path, "/number");
        int fd = open(path.data, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
        if (fd >= 0) {
            number = next_number(fd);
            (void)close(fd);
        }
    }
    text_free(&path);
    return number;
}

static bool is_journal(const char *name)
{
    size_t length = strlen(name);

    return length > strlen(SUFFIX) && strcmp(name + length - strlen(SUFFIX), SUFFIX) == 0;
}

void state_each(void (*call)(void *user, const char *path), void *user)
{
    struct text path = {0};
    DIR *directory = state_directory(&path) == NULL ? opendir(path.data) : NULL;
    size_t length = path.size;

    for (struct dirent *entry; directory != NULL && (entry = readdir(directory)) != NULL;) {
        if (!is_journal(entry->d_name))
            continue;
        text_printf(&path, "/%s", entry->d_name);
        call(user, path.data);
        path.size = length;
    }
    if (directory != NULL)
        (void)closedir(directory);
    text_free(&path);
}

/* The wall clock: it is compared with the times of files. */
static int64_t days_since(const char *path, const char *suffix)
{
    struct text name = {0};
    struct stat status;

    text_printf(&name, "%s%s", path, suffix);
    bool there = stat(name.data, &status) == 0;
    text_free(&name);
    return there ? ((int64_t)time(NULL) - status.st_mtime) / DAY_SECONDS : STATE_DAYS;
}

static void clean(void *user, const char *path)
{
    struct stat status;

    (void)user;
    if (lstat(path, &status) != 0)
        return;
    if (S_ISLNK(status.st_mode)) {
        /* What is elsewhere is whose it is; a link that leads nowhere is ours. */
        if (stat(path, &status) != 0 && errno == ENOENT)
            (void)unlink(path);
    } else if (S_ISREG(status.st_mode) && days_since(path, "") >= STATE_DAYS &&
               days_since(path, "-wal") >= STATE_DAYS) {
        journal_file_remove(path);
    }
}

void state_clean(void)
{
    state_each(clean, NULL);
}
