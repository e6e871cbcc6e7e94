/*
 * cli/walk.c - the way through a tree of directories, with few file descriptors
 *
 * Runs in: the mpool command. Owns: the file descriptors of the directories on the way.
 *
 * A level keeps its file descriptor while subdirectories of it wait. In a tree that is deep and has branches everywhere
 * these could be very many, so at most OPEN_MAX are kept, and those nearest to the root are closed first. On the way
 * back a closed level is opened again, through ".." of the level below; device and inode show whether it is the same
 * directory. If it is not, because the way down went through a link, or because somebody has moved a directory, its
 * path is opened name by name; if that leads elsewhere too, the level's waiting subdirectories are a fault.
 */
#include "cli/walk.h"

#include "cli/memory.h"

#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define BUFFER_SIZE ((size_t)128 << 10)
#define OPEN_MAX 64
#define OPEN_FLAGS (O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY)

static struct walk_level *last(struct walk *walk)
{
    return &walk->levels[walk->depth - 1];
}

static bool has_waiting(const struct walk *walk, size_t level)
{
    size_t end = level + 1 < walk->depth ? walk->levels[level + 1].names : walk->names.size;

    return end > walk->levels[level].names;
}

/* Nothing needs the level any more, or its file descriptor is wanted for another one. */
static void close_level(struct walk *walk, struct walk_level *level)
{
    if (level->fd >= 0) {
        (void)close(level->fd);
        walk->open_fds--;
        level->fd = -1;
    }
}

static void identify(struct walk_level *level)
{
    struct stat status;

    if (!level->known && fstat(level->fd, &status) == 0) {
        level->known = true;
        level->device = status.st_dev;
        level->inode = status.st_ino;
    }
}

/* Closes the open level that is nearest to the root, other than the last. */
static bool close_one(struct walk *walk)
{
    for (size_t i = walk->first_open; i + 1 < walk->depth; i++) {
        struct walk_level *level = &walk->levels[i];
        walk->first_open = i + 1;
        if (level->fd >= 0) {
            identify(level);
            close_level(walk, level);
            level->to_reopen = true;
            walk->to_reopen++;
            return true;
        }
    }
    return false;
}

/* openat() that makes room where the process has no file descriptor left. */
static int open_at(struct walk *walk, int fd, const char *name, int flags)
{
    int opened;

    while ((opened = openat(fd, name, OPEN_FLAGS | flags)) < 0 && (errno == EMFILE || errno == ENFILE)) {
        if (!close_one(walk))
            break;
    }
    return opened;
}

static void push(struct walk *walk, int fd)
{
    walk->levels = memory_more(walk->levels, &walk->room, walk->depth, sizeof *walk->levels);
    walk->levels[walk->depth++] =
        (struct walk_level){.fd = fd, .path_size = walk->path.size, .names = walk->names.size};
    walk->open_fds++;
    walk->reading = true;
    walk->buffer_at = walk->buffer_size = 0;
    while (walk->open_fds > OPEN_MAX && close_one(walk))
        continue;
}

/* ---- up ---------------------------------------------------------------------------------------------------------- */

static bool is_level(int fd, const struct walk_level *level)
{
    struct stat status;

    return fstat(fd, &status) == 0 && status.st_dev == level->device && status.st_ino == level->inode;
}

/* Opens the last level by its path, name by name, for the whole may be longer than PATH_MAX. */
static int open_by_path(struct walk *walk)
{
    int fd = AT_FDCWD;

    for (size_t i = 0; i < walk->depth; i++) {
        size_t start = i > 0 ? walk->levels[i - 1].path_size : 0;
        char *name = memory_copy(walk->path.data + start, walk->levels[i].path_size - start);
        int next = openat(fd, name, OPEN_FLAGS);
        int saved = errno;
        free(name);
        if (fd >= 0)
            (void)close(fd);
        errno = saved;
        if (next < 0)
            return -1;
        fd = next;
    }
    return fd;
}

/* The level is no longer one that waits to be opened again. */
static void settle(struct walk *walk, struct walk_level *level)
{
    walk->to_reopen -= level->to_reopen;
    level->to_reopen = false;
}

/* The last level is open again. */
static void reopen_with(struct walk *walk, int fd)
{
    last(walk)->fd = fd;
    settle(walk, last(walk));
    walk->open_fds++;
    if (walk->depth - 1 < walk->first_open)
        walk->first_open = walk->depth - 1;
}

/*
 * Leaves the last level. While there is one above that has to be opened again, each on the way to it is opened through
 * the one below.
 */
static void leave(struct walk *walk)
{
    struct walk_level *below = last(walk);
    int fd = -1;

    if (walk->to_reopen > 0 && below->fd >= 0 && walk->depth > 1 && walk->levels[walk->depth - 2].fd < 0)
        fd = openat(below->fd, "..", OPEN_FLAGS);
    close_level(walk, below);
    settle(walk, below);
    walk->depth--;
    if (fd < 0)
        return;
    if (!last(walk)->known || is_level(fd, last(walk)))
        reopen_with(walk, fd);
    else
        (void)close(fd);
}

/* The last level has waiting subdirectories: its file descriptor is needed. */
static bool require_open(struct walk *walk)
{
    struct walk_level *level = last(walk);

    if (level->fd >= 0)
        return true;
    int fd = open_by_path(walk);
    if (fd >= 0 && level->known && !is_level(fd, level)) {
        (void)close(fd);
        fd = -1;
        errno = ESTALE;
    }
    if (fd < 0)
        return false;
    reopen_with(walk, fd);
    return true;
}

/* ---- down -------------------------------------------------------------------------------------------------------- */

/* May the directory be entered that was just opened? A link may lead to where the walk already is. */
static bool is_welcome(struct walk *walk, int fd)
{
    struct stat status;

    if (!walk->follow && !walk->one_filesystem)
        return true;
    if (fstat(fd, &status) != 0)
        return false;
    if (walk->one_filesystem && status.st_dev != walk->device)
        return false;
    for (size_t i = 0; walk->follow && i < walk->depth; i++) {
        if (walk->levels[i].device == status.st_dev && walk->levels[i].inode == status.st_ino)
            return false;
    }
    return true;
}

void walk_note(struct walk *walk, const char *name, size_t length)
{
    uint32_t size = (uint32_t)length;

    text_add(&walk->names, name, length + 1);
    text_add(&walk->names, &size, sizeof size);
}

/* Enters the subdirectory of the last level that was noted last. False: it cannot be read, and errno says why. */
static bool enter_waiting(struct walk *walk, bool *entered)
{
    struct walk_level *level = last(walk);
    uint32_t length;

    *entered = false;
    memcpy(&length, walk->names.data + walk->names.size - sizeof length, sizeof length);
    walk->names.size -= sizeof length + length + 1;
    const char *name = walk->names.data + walk->names.size;
    int fd = open_at(walk, level->fd, name, walk->follow ? 0 : O_NOFOLLOW);
    int saved = errno;
    text_add(&walk->path, name, length);
    text_char(&walk->path, '/');
    if (fd < 0) {
        errno = saved;
        return false;
    }
    if (!has_waiting(walk, walk->depth - 1))
        close_level(walk, level);
    if (!is_welcome(walk, fd)) {
        (void)close(fd);
        walk->path.size = level->path_size;
        return true;
    }
    push(walk, fd);
    if (walk->follow)
        identify(last(walk));
    *entered = true;
    return true;
}

/*
 * Goes on to the next directory: into a waiting one of the last level, or up until a level has one. Directories that
 * are gone by now are passed over: that happens in a tree that is in use.
 */
static enum walk_answer next_directory(struct walk *walk)
{
    bool entered = false;

    while (walk->depth > 0 && !entered) {
        struct walk_level *level = last(walk);
        walk->path.size = level->path_size;
        if (!has_waiting(walk, walk->depth - 1)) {
            leave(walk);
        } else if (!require_open(walk)) {
            walk->names.size = level->names;
            return WALK_FAULT;
        } else if (!enter_waiting(walk, &entered) && errno != ENOENT) {
            return WALK_FAULT;
        }
    }
    return entered ? WALK_ENTRY : WALK_END;
}

/* ---- entries ----------------------------------------------------------------------------------------------------- */

int walk_begin(struct walk *walk, const char *root)
{
    walk->names.size = 0;
    text_clear(&walk->path);
    text_string(&walk->path, root);
    int fd = open_at(walk, AT_FDCWD, root, 0);
    if (fd < 0)
        return errno;
    if (root[strlen(root) - 1] != '/')
        text_char(&walk->path, '/');
    if (walk->buffer == NULL)
        walk->buffer = memory_get(BUFFER_SIZE);
    walk->first_open = 0;
    push(walk, fd);
    identify(last(walk));
    walk->device = last(walk)->device;
    return 0;
}

int walk_fd(const struct walk *walk)
{
    return walk->levels[walk->depth - 1].fd;
}

static bool is_dot(const char *name)
{
    return name[0] == '.' && (name[1] == '\0' || (name[1] == '.' && name[2] == '\0'));
}

enum walk_answer walk_read(struct walk *walk, struct dirent64 **entry)
{
    for (;;) {
        while (walk->reading && walk->buffer_at < walk->buffer_size) {
            struct dirent64 *found = (struct dirent64 *)(void *)(walk->buffer + walk->buffer_at);
            walk->buffer_at += found->d_reclen;
            if (!is_dot(found->d_name)) {
                *entry = found;
                return WALK_ENTRY;
            }
        }
        if (walk->reading) {
            ssize_t got = getdents64(walk_fd(walk), walk->buffer, BUFFER_SIZE);
            walk->buffer_at = 0;
            walk->buffer_size = got > 0 ? (size_t)got : 0;
            walk->reading = got > 0;
            if (got < 0 && errno != ENOENT)
                return WALK_FAULT;
            if (got > 0)
                continue;
        }
        enum walk_answer answer = next_directory(walk);
        if (answer != WALK_ENTRY)
            return answer;
    }
}

void walk_end(struct walk *walk)
{
    for (size_t i = 0; i < walk->depth; i++)
        close_level(walk, &walk->levels[i]);
    free(walk->levels);
    free(walk->buffer);
    text_free(&walk->names);
    text_free(&walk->path);
    *walk = (struct walk){0};
}
