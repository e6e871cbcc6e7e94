/*
 * pool/news.h - what a step of the core means, in lines of the log
 */
#ifndef MP_POOL_NEWS_H
#define MP_POOL_NEWS_H

#include "pool/supervisor.h"

/* What is compared with what the step has made of it. */
struct mp_news {
    unsigned workers;
    uint64_t stale_results;
};

/* mp_news_before - the step is about to be made. */
struct mp_news mp_news_before(const struct mp_supervisor *sup);

/* mp_news_tell - it was made; nothing of what it wants is done yet, so the seats are those of the dead still. */
void mp_news_tell(const struct mp_supervisor *sup, const struct mp_event *event, const struct mp_news *before);

#endif
