/*
 * pool/threads.c - how many threads this process has
 *
 * Runs in: the host, and a fork server that was spawned, before either has threads. A fork takes one thread along, and
 * with it the locks that others held: so there must be no others.
 */
#include "pool/threads.h"

#include "base/error.h"

#include <dirent.h>
#include <time.h>

/* How long a thread that has ended may be among those of the process. */
#define THREAD_END_MS 50

/*
 * As the kernel lists them; one entry is us. ThreadSanitizer has one of its own everywhere.
 * -1: it cannot be told, for errno.
 */
static int count_threads(void)
{
#if defined(__SANITIZE_THREAD__)
    return 1;
#else
    DIR *directory = opendir("/proc/self/task");
    int threads = 0;
    const struct dirent *entry;

    if (directory == NULL)
        return -1;
    while ((entry = readdir(directory)) != NULL)
        threads += entry->d_name[0] != '.';
    (void)closedir(directory);
    return threads;
#endif
}

/* A thread that was joined is listed for a moment yet. */
mpool_err mp_threads_check_single(void)
{
    const struct timespec nap = {.tv_nsec = 1000000};
    int threads = count_threads();

    for (int naps = 0; threads > 1 && naps < THREAD_END_MS; naps++) {
        (void)nanosleep(&nap, NULL);
        threads = count_threads();
    }
    if (threads < 0)
        return mp_error(MPOOL_E_SYSTEM, "/proc/self/task: %m; is /proc mounted?");
    if (threads > 1)
        return mp_error(MPOOL_E_THREADS,
                        "the process has %d threads; call mpool_init() before the first one is started", threads);
    return MPOOL_OK;
}
