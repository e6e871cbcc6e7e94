/*
 * pool/groups.h - the cgroups that dead workers leave behind
 */
#ifndef MP_POOL_GROUPS_H
#define MP_POOL_GROUPS_H

#include <sys/types.h>

/* mp_groups_add - this worker is dead, and may have had a cgroup (base/memgroup.h). */
void mp_groups_add(pid_t worker);

/*
 * mp_groups_remove - remove those in which nobody is left, and kill all in the others: when they are dead, it is to be
 *                    called again
 */
void mp_groups_remove(void);

#endif
