/*
 * cli/tempfile.h - files without a name
 *
 * Being without a name, such a file is gone with the last process that has it open, however that ends.
 */
#ifndef CLI_TEMPFILE_H
#define CLI_TEMPFILE_H

/* tempfile_make - one in tempfile_dir(), to be read and written; `flags` as of open(2). -1 and errno: it cannot be. */
int tempfile_make(int flags);

/* tempfile_dir - $TMPDIR if files can be made in it, or /tmp */
const char *tempfile_dir(void);

/* tempfile_fault - why no file can be made in a directory; NULL: it can. Valid until the next call. */
const char *tempfile_fault(const char *directory);

/* tempfile_again - open it anew, with a position of its own, by a descriptor that this process has of it */
int tempfile_again(int fd, int flags);

#endif
