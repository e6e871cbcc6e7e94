/*
 * cli/mpool_worker.c - mpool-worker: the fork server of hosts that spawn it
 *
 * It has no functions of its own: those of its workers come from shared objects.
 */
#include <mpool/init.h>

#include <stdio.h>

int main(void)
{
    mpool_worker_program_main();
    fprintf(stderr, "mpool-worker: programs that use mpool start it, in mpool_init() with MPOOL_START_SPAWN\n");
    return 2;
}
