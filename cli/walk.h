/*
 * cli/walk.h - the way through a tree of directories, with few file descriptors
 *
 * A walk is in one directory at a time, whose entries are read one by one. Subdirectories are noted by name, and
 * entered when the directory has been read. So memory grows with the names of subdirectories that wait, not with files;
 * and the depth is limited by neither PATH_MAX nor the number of file descriptors, for names are opened relative to
 * their directory.
 */
#ifndef CLI_WALK_H
#define CLI_WALK_H

#include "cli/text.h"

#include <dirent.h>
#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

/* A directory between the root and where the walk is. */
struct walk_level {
    int fd;         /* -1: closed */
    bool to_reopen; /* closed for want of file descriptors, while subdirectories of it wait */
    bool known;     /* device and inode are */
    dev_t device;
    ino_t inode;
    size_t path_size; /* of its path, with a slash behind */
    size_t names;     /* where the names of its waiting subdirectories begin */
};

struct walk {
    bool follow;         /* enter what links lead to */
    bool one_filesystem; /* enter no directory on another device than the root's */
    dev_t device;        /* of the root */
    struct walk_level *levels;
    size_t depth; /* levels in use */
    size_t room;
    size_t open_fds;
    size_t to_reopen;  /* levels that are */
    size_t first_open; /* no level before this one has an open file descriptor */
    bool reading;      /* the last level is being read */
    struct text names; /* waiting subdirectories, the last level's last; each a name, a NUL, and its length */
    struct text path;  /* of the last level, with a slash behind */
    char *buffer;      /* what getdents() has given */
    size_t buffer_at, buffer_size;
};

enum walk_answer {
    WALK_ENTRY = 1, /* an entry of the directory */
    WALK_FAULT,     /* a directory that cannot be read; its path is in walk->path, the reason in errno */
    WALK_END,
};

/*
 * walk_begin - enter the root
 *
 * Returns 0, or the errno of why it cannot be read.
 */
int walk_begin(struct walk *walk, const char *root);

/* walk_read - the next entry of the directory that the walk is in; enters the next directory when there is none */
enum walk_answer walk_read(struct walk *walk, struct dirent64 **entry);

/* walk_fd - the directory of the last entry */
int walk_fd(const struct walk *walk);

/* walk_note - the last entry is a directory to be entered later */
void walk_note(struct walk *walk, const char *name, size_t length);

void walk_end(struct walk *walk);

#endif
