/*
 * cli/path.h - the parts of a path, as templates name them
 *
 *     path            name       stem     ext   dir    root
 *     out/a.tar.gz    a.tar.gz   a.tar    gz    out    out/a.tar
 *     README          README     README         .      README
 *     /etc/.profile   .profile   .profile       /etc   /etc/.profile
 *     a/b/            b          b              a      a/b
 */
#ifndef CLI_PATH_H
#define CLI_PATH_H

#include <stddef.h>

/* A part of a path; it points into the path, or to a constant. */
struct path_part {
    const char *text;
    size_t length;
};

struct path_part path_name(const char *path, size_t length);
struct path_part path_stem(const char *path, size_t length);
struct path_part path_ext(const char *path, size_t length);
struct path_part path_dir(const char *path, size_t length);
struct path_part path_root(const char *path, size_t length);

#endif
