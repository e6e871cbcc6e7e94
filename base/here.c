/*
 * base/here.c - is this the process that it was?
 *
 * Runs in: the host, workers. Owns: a page for each mark.
 */
#include "base/here.h"

#include "base/error.h"

#include <sys/mman.h>
#include <unistd.h>

mpool_err mp_here_mark(const bool **here)
{
    size_t size = (size_t)sysconf(_SC_PAGESIZE);
    void *page = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

    if (page == MAP_FAILED || madvise(page, size, MADV_WIPEONFORK) != 0)
        return mp_error(MPOOL_E_SYSTEM, "cannot map a page that is wiped on fork: %m");
    *(bool *)page = true;
    *here = page;
    return MPOOL_OK;
}
