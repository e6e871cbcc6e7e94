/*
 * cli/journal_file.h - the file of a journal: is it one, whose is it, and who is writing to it?
 *
 * Who writes to a journal holds a lock on it, which the kernel frees when the process is gone, however it goes.
 */
#ifndef CLI_JOURNAL_FILE_H
#define CLI_JOURNAL_FILE_H

#include "cli/sql.h"

#include <stdbool.h>

struct journal_file {
    int fd;     /* has the lock; to be closed after SQLite has closed the file */
    char *path; /* absolute, without links */
};

/*
 * journal_file_open - open a journal, or create it, and lock it
 *
 * Returns 0 (EXIT_DONE); or what to exit with, and the reason was said: EXIT_USAGE, it cannot be opened there;
 * EXIT_JOURNAL, it is in use, no journal, or one of another version.
 */
int journal_file_open(struct journal_file *file, const char *path);
void journal_file_close(struct journal_file *file);

/* journal_file_schema - make the tables of an empty file; a file that has them is left as it is */
bool journal_file_schema(struct sql *sql);

/* journal_file_remove - remove a journal, unless somebody is writing to it */
void journal_file_remove(const char *path);

/* journal_file_busy - is somebody writing to it? */
bool journal_file_busy(const char *path);

/* journal_file_is - does the file look like a journal of this version? NULL: yes; else what it is */
const char *journal_file_is(int fd);

/* journal_file_remote - the name of a file system of the network, from its number in statfs(); NULL: it is none */
const char *journal_file_remote(unsigned long type);

#endif
