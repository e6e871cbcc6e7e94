/*
 * cli/notice.h - what is wrong with a thing, in one line on standard error
 *
 *     mpool: /srv/run.journal: is in use by process 4711, since 2026-05-01 10:00:00
 */
#ifndef CLI_NOTICE_H
#define CLI_NOTICE_H

#include <mpool/export.h>

/* notice - `what` is escaped as a name; in what is printed behind it control characters are */
void notice(const char *what, const char *format, ...) MPOOL_PRINTF(2, 3);

#endif
