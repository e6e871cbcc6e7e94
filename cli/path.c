/*
 * cli/path.c - the parts of a path, as templates name them
 *
 * name = stem, or stem "." ext; a dot at the start or at the end of a name separates nothing. Slashes at the end of a
 * path do not count, as for basename(1) and dirname(1).
 *
 * Runs in: the mpool command. Owns: nothing; pure functions.
 */
#include "cli/path.h"

/* The length of a path without the slashes at its end; of "/" and "//" at least one is left. */
static size_t trimmed(const char *path, size_t length)
{
    while (length > 1 && path[length - 1] == '/')
        length--;
    return length;
}

/* Where the name starts. */
static size_t name_start(const char *path, size_t length)
{
    while (length > 0 && path[length - 1] != '/')
        length--;
    return length;
}

/* Where the dot in front of the extension is, from the start of the name; the name's length if there is none. */
static size_t dot(struct path_part name)
{
    size_t first = 0;

    while (first < name.length && name.text[first] == '.')
        first++;
    for (size_t i = name.length; i > first; i--) {
        if (name.text[i - 1] == '.')
            return i < name.length ? i - 1 : name.length;
    }
    return name.length;
}

struct path_part path_name(const char *path, size_t length)
{
    length = trimmed(path, length);
    if (length == 1 && path[0] == '/')
        return (struct path_part){.text = path, .length = 1};
    size_t start = name_start(path, length);
    return (struct path_part){.text = path + start, .length = length - start};
}

struct path_part path_stem(const char *path, size_t length)
{
    struct path_part name = path_name(path, length);

    return (struct path_part){.text = name.text, .length = dot(name)};
}

struct path_part path_ext(const char *path, size_t length)
{
    struct path_part name = path_name(path, length);
    size_t at = dot(name);

    if (at == name.length)
        return (struct path_part){.text = "", .length = 0};
    return (struct path_part){.text = name.text + at + 1, .length = name.length - at - 1};
}

struct path_part path_dir(const char *path, size_t length)
{
    length = trimmed(path, length);
    size_t start = name_start(path, length);
    if (start == 0)
        return (struct path_part){.text = ".", .length = 1};
    return (struct path_part){.text = path, .length = trimmed(path, start)};
}

struct path_part path_root(const char *path, size_t length)
{
    struct path_part name = path_name(path, length);

    length = trimmed(path, length);
    return (struct path_part){.text = path, .length = length - (name.length - dot(name))};
}
