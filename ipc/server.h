/*
 * ipc/server.h - the queues of this host that other programs use
 */
#ifndef MP_IPC_SERVER_H
#define MP_IPC_SERVER_H

#include <mpool/queue.h>

/* mp_servers_end - release the servers of a queue; NULL: of all. Calls: the host, while there is the queue. */
void mp_servers_end(const mpool_queue *queue);

#endif
