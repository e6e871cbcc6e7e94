/*
 * workers/local.h - the values that each process has of its own, from its beginning to its end
 */
#ifndef MP_WORKERS_LOCAL_H
#define MP_WORKERS_LOCAL_H

/* mp_locals_begin - a child of the fork server: it has none of the values of the process that it is a copy of. */
void mp_locals_begin(void);

/* mp_locals_end - call the destructors. */
void mp_locals_end(void);

#endif
