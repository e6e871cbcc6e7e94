/*
 * cli/work/order.h - what a job of a command says: which program, and how to run it
 *
 * The step of the job file has made it (cli/program_order.c), as a list of two maps: what is run, and how. The keys of
 * both are read alike; all but `argv` may be left out. A text may be open in parts (cli/late.h).
 *
 *     argv    [text or list of texts ...]     a list stands for each of its texts
 *     env     {name: text or nil}             on top of what the run has; nil takes a variable away
 *     clear   true                            nothing of what the run has
 *     cwd     text
 *     outputs [text ...]                      the files that it makes, see cli/work/making.h
 *     input   text                            standard input; without it and `file` there is none
 *     file    text                            the file to read standard input from
 *     results text                            the step whose results it reads
 *     stdout  text                            the file to write standard output to,
 *     stderr  text                            standard error likewise
 *     exit    text                            the file that says how it has ended
 *     tag     text                            for each line to begin with, where lines are shown as they come
 *     show    integer                         what becomes of output otherwise: enum order_show
 *     result  integer                         what the job's result is made of: enum order_result
 *     expect  [integer ...]                   the exit codes of a job that is done; without it 0
 *     soft    integer                         milliseconds until it is asked to end, by SIGTERM
 *     hard    integer                         and until it is killed
 *     percent integer                         and until it is killed, of the median (cli/median.h)
 *     nice    integer                         added to its niceness
 *     memory  integer                         bytes of data it may have
 *     cpu     integer                         seconds of CPU time
 */
#ifndef CLI_WORK_ORDER_H
#define CLI_WORK_ORDER_H

#include "cli/late.h"

#include <msgpack.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum order_show {
    SHOW_GATHER = 0, /* gathered, for when the job has ended */
    SHOW_INHERIT,    /* straight to where the run's goes */
    SHOW_DROP,
    SHOW_LINES, /* line by line, as they come */
};

enum order_result {
    RESULT_NONE = 0,
    RESULT_TEXT,   /* standard output, without newlines at its end */
    RESULT_NUMBER, /* the one number that standard output has */
    RESULT_JSON,   /* the one value that it has as JSON */
};

struct order {
    char **argv; /* ends with NULL; argv[0] is there */
    char **env;  /* NULL: that of the run */
    const char *cwd;
    const char *input; /* NULL: none */
    size_t input_size;
    const char *file, *results, *out_file, *err_file, *exit_file;
    const char *tag; /* NULL: none */
    enum order_show show;
    enum order_result result;
    uint64_t expect[4]; /* bit n % 64 of n / 64: exit code n is fine */
    int64_t soft_ms, hard_ms, percent;
    int nice;
    int64_t memory_bytes; /* 0: any */
    const char *group;    /* the cgroup that limits it, see mpool_job_cgroup(); NULL: none, a limit is by ulimit */
    int64_t cpu_s;        /* 0: any */
};

/*
 * order_read - read the arguments of a job
 *
 * late      in   what is put in where they are open
 * zone      in   its strings live there; the input points into the arguments
 * order     out  set on success only
 *
 * Returns NULL; or what is wrong with them, one line.
 */
const char *order_read(const msgpack_object *args, const struct late *late, msgpack_zone *zone, struct order *order);

/* order_find - the value of a key, in either map, as it stands there; NULL: there is none */
const msgpack_object *order_find(const msgpack_object *args, const char *key);

#endif
