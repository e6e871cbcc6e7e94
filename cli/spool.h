/*
 * cli/spool.h - output of commands that is too much to be sent along with results
 *
 * One file without a name for the whole run: workers add to it, the command reads what a result names, and gives the
 * room back. Being without a name, it is gone with the run, however that ends.
 */
#ifndef CLI_SPOOL_H
#define CLI_SPOOL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * spool_open - make the file (cli/tempfile.h), before mpool_init(), whose workers have to keep spool_fd()
 *
 * Returns 0; or an errno. spool_close() releases it.
 */
int spool_open(void);
int spool_fd(void);
void spool_close(void);

/*
 * spool_add - append a piece, in a worker
 *
 * offset    out  where it is, set on success
 *
 * Returns 0; or an errno: ENOSPC.
 */
int spool_add(const void *bytes, size_t size, uint64_t *offset);

/*
 * spool_read - read a part of a piece, in the command
 *
 * Returns how many bytes there were, up to `room`; 0 where the file cannot be read.
 */
size_t spool_read(uint64_t offset, char *bytes, size_t room);

/* spool_drop - a piece is not needed any more, in the command */
void spool_drop(uint64_t offset, uint64_t size);

#endif
