/*
 * tests/cli/deep.c - makes a directory tree that is deeper than PATH_MAX, for the tests of walk
 *
 *     deep DIRECTORY LEVELS
 *
 * Each level has a directory `d` that goes on, a directory `e` with a file in it, and a file `f`: so of every level a
 * subdirectory waits while the walk is below. LEVELS levels have 2 x LEVELS files and 2 x LEVELS directories.
 */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

static int make(int fd, const char *name, int *inner)
{
    if (mkdirat(fd, name, 0777) != 0)
        return -1;
    *inner = openat(fd, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    return *inner < 0 ? -1 : 0;
}

static int touch(int fd, const char *name)
{
    int file = openat(fd, name, O_WRONLY | O_CREAT | O_CLOEXEC, 0666);

    return file < 0 ? -1 : close(file);
}

int main(int argc, char **argv)
{
    int fd = argc == 3 ? open(argv[1], O_RDONLY | O_DIRECTORY | O_CLOEXEC) : -1;

    if (fd < 0) {
        perror("deep");
        return 1;
    }
    for (long level = strtol(argv[2], NULL, 10); level > 0; level--) {
        int side, down;
        if (touch(fd, "f") != 0 || make(fd, "e", &side) != 0 || touch(side, "g") != 0 || make(fd, "d", &down) != 0) {
            perror("deep");
            return 1;
        }
        (void)close(side);
        (void)close(fd);
        fd = down;
    }
    return 0;
}
