/*
 * pool/process.h - the processes that the host has started
 */
#ifndef MP_POOL_PROCESS_H
#define MP_POOL_PROCESS_H

/* mp_processes_end - mpool_fini(): wait for those that are no daemons, then end the daemons, and wait for them too. */
void mp_processes_end(void);

#endif
