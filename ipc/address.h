/*
 * ipc/address.h - where a server is to be found: the path of a socket
 *
 * Whoever may write to the directory of a socket can put another in its place, and a listen of nng's deletes what is at
 * its path. So the directory has to be this user's alone, and a socket is bound at a fresh name beside its address
 * first; it gets its address by a link, which replaces nothing.
 */
#ifndef MP_IPC_ADDRESS_H
#define MP_IPC_ADDRESS_H

#include <mpool/error.h>

#include <sys/types.h>

/* The most bytes of an address: the fresh name has seven more, and a socket takes 107. */
#define MP_ADDRESS_MAX 100

struct mp_address {
    int directory;                   /* open, and locked until mp_address_publish() */
    char fresh[MP_ADDRESS_MAX + 16]; /* the path to bind a socket to; nothing is there */
    char name[MP_ADDRESS_MAX + 1];   /* of the address, in the directory */
    dev_t device;                    /* what was published there */
    ino_t inode;
};

/* mp_address_check - could it be one? Errors: MPOOL_E_INVAL. */
mpool_err mp_address_check(const char *path);

/*
 * mp_address_open - see to it that a server may be there
 *
 * The socket of a dead server of this user is removed.
 * Errors: MPOOL_E_INVAL (no directory of this user's alone, or something else is there), MPOOL_E_SYSTEM.
 */
mpool_err mp_address_open(const char *path, struct mp_address *address);

/* mp_address_publish - what is bound to the fresh path is at the address now. Errors: MPOOL_E_INVAL, MPOOL_E_SYSTEM. */
mpool_err mp_address_publish(struct mp_address *address);

/* mp_address_close - if what was published is still there, remove it. */
void mp_address_close(struct mp_address *address);

/*
 * mp_address_look - is there something to connect to?
 *
 * Errors: MPOOL_E_NOTFOUND (nothing), MPOOL_E_PROTOCOL (no socket), MPOOL_E_IDENTITY (another user's, or behind a
 *         directory that is), MPOOL_E_SYSTEM.
 */
mpool_err mp_address_look(const char *path);

#endif
