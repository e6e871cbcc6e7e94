/*
 * pool/directory.h - the private runtime directory, where the sockets are
 */
#ifndef MP_POOL_DIRECTORY_H
#define MP_POOL_DIRECTORY_H

#include <mpool/error.h>

#include <stddef.h>

/*
 * mp_directory_choose - where the runtime directory is to be made
 *
 * wanted    in   the program's wish; NULL: the first of $XDG_RUNTIME_DIR, $TMPDIR and /tmp that will do
 * parent    out  set on MPOOL_OK; belongs to the environment or the caller
 *
 * It must be absolute, writable, and short enough that a socket's path fits into the 107 bytes of an address.
 * Errors: MPOOL_E_INVAL (a wish that will not do), MPOOL_E_SYSTEM (none will). Calls: the host.
 */
mpool_err mp_directory_choose(const char *wanted, const char **parent);

/* mp_directory_make - make it, for this user only; returns 0 and its path, or an errno. Calls: the fork server. */
int mp_directory_make(const char *parent, char *path, size_t room);

/* mp_directory_remove - remove it with all that is in it. "" is allowed. Calls: the fork server. */
void mp_directory_remove(const char *path);

#endif
