/*
 * pool/children.c - the fork server's children: workers, by the pool they belong to, and their orphans
 *
 * Runs in: the fork server. Owns: the records of its children, and the sockets to their supervisors.
 *
 *  - Only this process kills and reaps. A worker's whole process group is killed before the worker is reaped, so that
 *    neither its process id nor its group can belong to somebody else by then.
 *  - Workers are subreapers, so that what they start stays below them; when one dies, what is left comes here. A child
 *    that is not a worker (nor an unwinder, pool/autopsy.c) is therefore the orphan of a dead worker, and is killed,
 *    and so are those that its death brings.
 *  - Nothing here waits for the host to read: a report that does not fit into the socket stays with its child's record.
 */
#include "pool/children.h"

#include "base/memgroup.h"
#include "base/oom.h"
#include "base/panic.h"
#include "ipc/forkpipe.h"
#include "pool/autopsy.h"
#include "pool/groups.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#define CHILDREN_MAX 4096 /* orphans looked at in one sweep; there is another one after each death */

static struct mp_family *families;
static struct mp_oom oom; /* who counts the processes that the kernel kills for want of memory */

void mp_children_begin(void)
{
    mp_oom_find("", &oom);
    mp_memgroup_find("");
}

struct mp_family *mp_families(void)
{
    return families;
}

/* ---- records ----------------------------------------------------------------------------------------------------- */

void mp_family_open(uint32_t pool, int fd)
{
    struct mp_family *family = calloc(1, sizeof *family);

    if (family == NULL || fd < 0)
        mp_panic("a pool without a socket, or no memory for it");
    family->pool = pool;
    family->fd = fd;
    family->next = families;
    families = family;
}

struct mp_child *mp_family_add(struct mp_family *family, uint32_t slot, uint64_t generation)
{
    struct mp_child *child = calloc(1, sizeof *child);

    if (child == NULL)
        mp_panic("out of memory");
    child->oom_known = mp_oom_read(&oom, &child->oom_before);
    child->slot = slot;
    child->generation = generation;
    child->next = family->children;
    family->children = child;
    return child;
}

static struct mp_child *find_by_pid(pid_t pid)
{
    for (struct mp_family *family = families; family != NULL; family = family->next)
        for (struct mp_child *child = family->children; child != NULL; child = child->next)
            if (!child->dead && child->pid == pid)
                return child;
    return NULL;
}

struct mp_child *mp_family_find(const struct mp_family *family, uint32_t slot, uint64_t generation)
{
    for (struct mp_child *child = family->children; child != NULL; child = child->next)
        if (child->slot == slot && child->generation == generation)
            return child;
    return NULL;
}

void mp_children_forget(void)
{
    struct mp_family **link = &families;

    while (*link != NULL) {
        struct mp_family *family = *link;

        if (family->fd >= 0 || family->children != NULL) {
            link = &family->next;
            continue;
        }
        *link = family->next;
        free(family);
    }
}

/* ---- reports ----------------------------------------------------------------------------------------------------- */

static mpool_err report(const struct mp_family *family, const struct mp_child *child, enum mp_fork_kind kind)
{
    struct mp_fork_message message = {.kind = kind,
                                      .pool = family->pool,
                                      .slot = child->slot,
                                      .generation = child->generation,
                                      .pid = child->pid,
                                      .status = child->status,
                                      .error = child->error,
                                      .usage = child->usage,
                                      .oom_source = child->oom_known ? oom.source : MP_OOM_NOBODY,
                                      .oom_before = child->oom_before,
                                      .oom_after = child->oom_after};

    return mp_forkpipe_send(family->fd, &message, -1, false);
}

/* It is dead, and nobody writes about it any more. */
static bool is_over(const struct mp_child *child)
{
    return child->dead && child->autopsy != MP_AUTOPSY_RUNNING;
}

/* True once all has been said about a child that there is to say. */
static bool report_child(const struct mp_family *family, struct mp_child *child)
{
    if (family->fd < 0)
        return is_over(child);
    if (child->error != 0)
        return report(family, child, MP_FORK_FAILED) == MPOOL_OK;
    if (!child->born_told) {
        if (report(family, child, MP_FORK_BORN) != MPOOL_OK)
            return false;
        child->born_told = true;
    }
    return is_over(child) && report(family, child, MP_FORK_DIED) == MPOOL_OK;
}

bool mp_family_report(struct mp_family *family)
{
    struct mp_child **link = &family->children;
    bool waits = false;

    while (*link != NULL) {
        struct mp_child *child = *link;

        if (report_child(family, child)) {
            *link = child->next;
            free(child);
            continue;
        }
        waits = waits || is_over(child) || !child->born_told;
        link = &child->next;
    }
    return waits;
}

/* ---- killing ----------------------------------------------------------------------------------------------------- */

void mp_child_kill(const struct mp_child *child)
{
    if (child->dead)
        return;
    (void)kill(-child->pid, SIGKILL);
    (void)kill(child->pid, SIGKILL);
    if (child->autopsy == MP_AUTOPSY_RUNNING)
        (void)kill(child->unwinder, SIGKILL);
}

void mp_family_signal(const struct mp_family *family, uint32_t slot, uint64_t generation, int number)
{
    for (const struct mp_child *child = family->children; child != NULL; child = child->next)
        if (child->slot == slot && child->generation == generation && !child->dead)
            (void)kill(child->pid, number);
}

void mp_family_close(struct mp_family *family)
{
    (void)close(family->fd);
    family->fd = -1;
    for (const struct mp_child *child = family->children; child != NULL; child = child->next)
        mp_child_kill(child);
}

/* The process ids of our children, living or dead; the kernel lists them. Returns how many. */
static size_t list_children(pid_t *pids, size_t room)
{
    char path[64], *word = NULL;
    size_t count = 0, word_room = 0;
    FILE *file;

    (void)snprintf(path, sizeof path, "/proc/self/task/%d/children", (int)getpid());
    file = fopen(path, "re");
    if (file == NULL)
        return 0;
    while (count < room && getdelim(&word, &word_room, ' ', file) > 1)
        pids[count++] = (pid_t)strtol(word, NULL, 10);
    free(word);
    (void)fclose(file);
    return count;
}

/* Kills every child that is neither a worker nor an unwinder. */
static void sweep_orphans(void)
{
    static pid_t pids[CHILDREN_MAX];
    size_t count = list_children(pids, CHILDREN_MAX);

    for (size_t i = 0; i < count; i++)
        if (find_by_pid(pids[i]) == NULL && !mp_autopsy_has(pids[i]))
            (void)kill(pids[i], SIGKILL);
}

/* ---- reaping ----------------------------------------------------------------------------------------------------- */

/* Reaps one dead child, if there is one. Its group is killed while its zombie still holds the number. */
static bool reap_one(bool wait)
{
    siginfo_t info = {0};
    struct mp_child *child;
    struct rusage usage;
    int status;

    if (waitid(P_ALL, 0, &info, WEXITED | WNOWAIT | (wait ? 0 : WNOHANG)) != 0 || info.si_pid == 0)
        return false;
    child = find_by_pid(info.si_pid);
    if (child != NULL)
        (void)kill(-child->pid, SIGKILL);
    if (wait4(info.si_pid, &status, 0, &usage) != info.si_pid)
        return true;
    if (child == NULL) {
        (void)mp_autopsy_ended(info.si_pid);
    } else {
        child->dead = true;
        child->status = status;
        child->usage = usage;
        child->oom_known = child->oom_known && WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL &&
                           mp_oom_read(&oom, &child->oom_after);
        mp_autopsy_died(child);
        if (child->page != NULL && child->page->has_group != 0)
            mp_groups_add(child->pid);
    }
    return true;
}

/* Takes note of children that have stopped. */
static void hear_stops(void)
{
    siginfo_t info = {0};

    while (waitid(P_ALL, 0, &info, WSTOPPED | WNOHANG) == 0 && info.si_pid != 0) {
        struct mp_child *child = find_by_pid(info.si_pid);

        if (child != NULL)
            mp_autopsy_stopped(child);
        info.si_pid = 0;
    }
}

void mp_children_reap(void)
{
    bool reaped = false;

    hear_stops();

    while (reap_one(false))
        reaped = true;
    if (reaped) {
        sweep_orphans();
        mp_groups_remove();
    }
}

void mp_children_end(void)
{
    for (struct mp_family *family = families; family != NULL; family = family->next)
        for (const struct mp_child *child = family->children; child != NULL; child = child->next)
            mp_child_kill(child);
    do {
        sweep_orphans();
        mp_groups_remove();
    } while (reap_one(true));
    mp_groups_remove();
}
