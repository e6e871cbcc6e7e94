/*
 * workers/collect.h - numbers of a job's result that go into totals
 */
#ifndef MP_WORKERS_COLLECT_H
#define MP_WORKERS_COLLECT_H

#include "workers/job.h"

/* mp_collect - stage what the job's frame asks for; a number that is not there fails the job. */
void mp_collect(struct mpool_job *job);

#endif
