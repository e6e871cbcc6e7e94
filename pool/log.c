/*
 * pool/log.c - what a pool has to say, on its way to the program
 *
 * Runs in: the host. Owns: a ring of lines, and the thread that calls the program's hook with them.
 *
 * The supervisor runs no code of the program's and waits for none, so between the two there is a ring. Its lock is held
 * for as long as it takes to copy a line, and never while the hook runs. A hook that is slower than what happens loses
 * lines: they are counted, and the number is told in the place where they are missing.
 */
#include "pool/log.h"

#include "base/error.h"
#include "base/thread.h"

#include <inttypes.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define LINES 1024

struct line {
    mpool_log_level level;
    uint64_t lost; /* so many were, before this one */
    char text[MP_LOG_TEXT];
};

struct mp_log {
    mpool_log *hook;
    void *user;
    pthread_t thread;

    pthread_mutex_t lock;
    pthread_cond_t changed;
    size_t first; /* the oldest line */
    size_t count;
    uint64_t lost; /* since the newest line */
    bool closing;
    struct line lines[LINES];
};

/* ---- in ---------------------------------------------------------------------------------------------------------- */

void mp_log_write(struct mp_log *log, mpool_log_level level, const char *format, ...)
{
    char copy[MP_LOG_TEXT];
    struct line *line;
    va_list args;

    if (log == NULL)
        return;
    va_start(args, format);
    (void)vsnprintf(copy, sizeof copy, format, args);
    va_end(args);
    for (char *at = copy; *at != '\0'; at++) /* some of it comes from workers: it stays one line */
        if ((unsigned char)*at < ' ' || *at == 0x7f)
            *at = ' ';
    (void)pthread_mutex_lock(&log->lock);
    if (log->count < LINES) {
        line = &log->lines[(log->first + log->count++) % LINES];
        line->level = level;
        line->lost = log->lost;
        memcpy(line->text, copy, strlen(copy) + 1);
        log->lost = 0;
    } else {
        log->lost++;
    }
    (void)pthread_cond_signal(&log->changed);
    (void)pthread_mutex_unlock(&log->lock);
}

/* ---- out --------------------------------------------------------------------------------------------------------- */

/* The next line; one without text if some were lost and none came after them. False: that was all. */
static bool take(struct mp_log *log, struct line *line)
{
    (void)pthread_mutex_lock(&log->lock);
    while (log->count == 0 && log->lost == 0 && !log->closing)
        (void)pthread_cond_wait(&log->changed, &log->lock);
    line->text[0] = '\0';
    if (log->count > 0) {
        *line = log->lines[log->first];
        log->first = (log->first + 1) % LINES;
        log->count--;
    } else {
        line->lost = log->lost;
        log->lost = 0;
    }
    (void)pthread_mutex_unlock(&log->lock);
    return line->text[0] != '\0' || line->lost > 0;
}

static void *run(void *data)
{
    struct mp_log *log = data;
    struct line line;
    char lost[64];

    (void)pthread_setname_np(pthread_self(), "mpool-log");
    while (take(log, &line)) {
        if (line.lost > 0) {
            (void)snprintf(lost, sizeof lost, "%" PRIu64 " lines were lost", line.lost);
            log->hook(log->user, MPOOL_LOG_WARNING, lost);
        }
        if (line.text[0] != '\0')
            log->hook(log->user, line.level, line.text);
    }
    return NULL;
}

/* ---- life -------------------------------------------------------------------------------------------------------- */

static void destroy(struct mp_log *log)
{
    (void)pthread_cond_destroy(&log->changed);
    (void)pthread_mutex_destroy(&log->lock);
    free(log);
}

mpool_err mp_log_open(mpool_log *hook, void *user, struct mp_log **result)
{
    struct mp_log *log;
    mpool_err err;

    if (hook == NULL) {
        *result = NULL;
        return MPOOL_OK;
    }
    log = malloc(sizeof *log); /* what is not written takes no memory */
    if (log == NULL)
        return mp_error_nomem();
    memset(log, 0, offsetof(struct mp_log, lines));
    log->hook = hook;
    log->user = user;
    (void)pthread_mutex_init(&log->lock, NULL); /* these two cannot fail, as they are made here */
    (void)pthread_cond_init(&log->changed, NULL);
    err = mp_thread_start(&log->thread, run, log);
    if (err != MPOOL_OK) {
        destroy(log);
        return err;
    }
    *result = log;
    return MPOOL_OK;
}

void mp_log_close(struct mp_log *log)
{
    if (log == NULL)
        return;
    (void)pthread_mutex_lock(&log->lock);
    log->closing = true;
    (void)pthread_cond_signal(&log->changed);
    (void)pthread_mutex_unlock(&log->lock);
    (void)pthread_join(log->thread, NULL);
    destroy(log);
}
