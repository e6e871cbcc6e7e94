/*
 * pool/credentials.c - who this process is, and was at mpool_init()
 *
 * Runs in: the host. Workers are forked from a copy of what it was then: one that has given up privileges since would
 * still have them in its workers.
 */
#include "pool/credentials.h"

#include "base/error.h"

#include <linux/capability.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/types.h>
#include <unistd.h>

struct credentials {
    uid_t real_user, effective_user;
    gid_t real_group, effective_group;
    struct __user_cap_data_struct capabilities[2];
};

static struct credentials noted;

static void get_credentials(struct credentials *credentials)
{
    struct __user_cap_header_struct header = {.version = _LINUX_CAPABILITY_VERSION_3};

    memset(credentials, 0, sizeof *credentials);
    credentials->real_user = getuid();
    credentials->effective_user = geteuid();
    credentials->real_group = getgid();
    credentials->effective_group = getegid();
    (void)syscall(SYS_capget, &header, credentials->capabilities);
}

void mp_credentials_note(void)
{
    get_credentials(&noted);
}

mpool_err mp_credentials_check(void)
{
    struct credentials now;

    get_credentials(&now);
    if (memcmp(&now, &noted, sizeof now) == 0)
        return MPOOL_OK;
    return mp_error(MPOOL_E_IDENTITY, "user, group or capabilities have changed since mpool_init(), and workers would "
                                      "still have the old ones; call mpool_init() after dropping privileges");
}
