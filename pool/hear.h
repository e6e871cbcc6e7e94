/*
 * pool/hear.h - what the supervisor hears, of workers, the fork server and the application
 */
#ifndef MP_POOL_HEAR_H
#define MP_POOL_HEAR_H

#include "pool/supervisor.h"

/* mp_hear_seat - what a worker has sent, up to `most` messages: who talks without end must not keep us from others. */
void mp_hear_seat(struct mp_supervisor *sup, unsigned slot, unsigned most);

/* mp_hear_server - what the fork server reports, or that it is gone. */
void mp_hear_server(struct mp_supervisor *sup);

/* mp_hear_deaths - generations that are dead, once all that they have sent was heard. */
void mp_hear_deaths(struct mp_supervisor *sup);

/* mp_hear_application - what was submitted or asked for. */
void mp_hear_application(struct mp_supervisor *sup);

#endif
