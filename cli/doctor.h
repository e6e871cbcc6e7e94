/*
 * cli/doctor.h - what `mpool doctor` finds out
 *
 * There is one file for each group of findings: cli/doctor_limits.c, _places and _trial.
 */
#ifndef CLI_DOCTOR_H
#define CLI_DOCTOR_H

#include "cli/text.h"

#include <mpool/limits.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum verdict {
    VERDICT_OK = 0,
    VERDICT_WARN, /* runs work, but not as well as they could */
    VERDICT_FAIL, /* `mpool run` will not work */
};

struct finding {
    enum verdict verdict;
    const char *what;
    struct text value;
    struct text remedy; /* empty: none is needed */
};

/* A pool of one worker that has been opened, used and freed. */
struct trial {
    struct text failure;   /* why it did not work; empty: it did */
    struct text backtrace; /* of a crash, or why there is none */
    int64_t start_ns;      /* from nothing to a worker that takes jobs; -1: it did not come to that; so the others */
    int64_t trip_ns;       /* from the submission of a job to its result */
    int64_t crash_ns;      /* the same for one that crashes, with its backtrace */
    int64_t arena_bytes;   /* addresses of the shared memory */
    int64_t worker_bytes;  /* private memory of the worker */
};

struct doctor {
    mpool_limits limits;
    mpool_needs needs; /* of a pool of limits.cpus workers */
    struct trial trial;
    struct finding *findings;
    size_t count, room;
};

/* doctor_say - add a finding; doctor_advise - add a remedy to the last one */
void doctor_say(struct doctor *doctor, enum verdict verdict, const char *what, const char *format, ...)
    MPOOL_PRINTF(4, 5);
void doctor_advise(struct doctor *doctor, const char *format, ...) MPOOL_PRINTF(2, 3);

/* doctor_size - a number of bytes for people: "1.5 GiB" */
#define DOCTOR_SIZE_MAX 32
const char *doctor_size(char size[DOCTOR_SIZE_MAX], int64_t bytes);

/* doctor_limits - processors, files, tasks, memory; wants the trial to have been made */
void doctor_limits(struct doctor *doctor);

/* doctor_places - the directories that runs write to */
void doctor_places(struct doctor *doctor);

/* doctor_try - make the trial: forks, and ends all that it has started; doctor_trial - tell how it was */
void doctor_try(struct trial *trial);
void doctor_trial(struct doctor *doctor);

#endif
