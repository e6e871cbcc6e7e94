/*
 * cli/made.h - a file that a job makes, until it is in its place
 *
 * The program writes to a file in a directory of the file's own beside the place where it belongs:
 *
 *     out/a.png                    the place
 *     out/.mpool-a.png/123-a.png   what the program is given: 123 is the worker's process
 *     out/.mpool-a.png/ready       the same when the program has come to a good end
 *
 * The worker makes the directory and says when the file is ready; the command puts it in its place, or takes all away,
 * when it is known how the job has ended. So the place has a whole file or what it had before, whatever is killed. A
 * directory that a killed run has left is found by its name, and emptied before the same file is made again; a program
 * of that run which still lives has another file there, or none.
 */
#ifndef CLI_MADE_H
#define CLI_MADE_H

#include <limits.h>
#include <stdbool.h>
#include <sys/types.h>

/* What the names of these directories begin with, and the most bytes of a name that is to fit in there. */
#define MADE_MARK ".mpool-"
#define MADE_NAME_MAX 240

/*
 * made_begin - make the directory, with nothing in it
 *
 * file      out  what the program is to write to
 *
 * Returns 0 or an errno: EISDIR, there is a directory in the file's place, or the path ends with a slash.
 */
int made_begin(const char *place, pid_t worker, char file[PATH_MAX]);

/* made_ready - the program has come to a good end. 0 or an errno: ENOENT, it has made no file; EISDIR, a directory. */
int made_ready(const char *place, const char *file);

/* made_place - put a file that is ready in its place. 0 or an errno: ENOENT, none is ready. */
int made_place(const char *place);

/* made_drop - take away what there is of it, but for the place */
void made_drop(const char *place);

/* made_is_name - is this the name of such a directory? */
bool made_is_name(const char *name);

#endif
