/*
 * examples/site_crawler.c - pages of the web into files, a process for each, in three ways
 *
 *     site_crawler URL...
 *
 * One after the other; all together; and as daemons, which the program waits for only because it wants to. A page goes
 * to the file that the end of its URL names. By libcurl: this example alone needs it.
 */
#include <mpool/mpool.h>

#include <curl/curl.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

enum { PAGES_MOST = 100 };

/* A line that says who says it. */
static void log_line(const char *format, ...)
{
    va_list args;

    va_start(args, format);
    printf("[%s] ", mpool_process_current()->name);
    vprintf(format, args);
    printf("\n");
    va_end(args);
}

/* NULL: it is in the file. Otherwise what was wrong. */
static const char *fetch(const char *url, FILE *file)
{
    CURL *curl = curl_easy_init();
    CURLcode code;

    if (curl == NULL)
        return "libcurl does not start";
    curl_easy_setopt(curl, CURLOPT_URL, url);
    curl_easy_setopt(curl, CURLOPT_WRITEDATA, file); /* libcurl's own function fwrite()s to it */
    curl_easy_setopt(curl, CURLOPT_FAILONERROR, 1L);
    curl_easy_setopt(curl, CURLOPT_TIMEOUT_MS, 10000L);
    curl_easy_setopt(curl, CURLOPT_NOSIGNAL, 1L);
    code = curl_easy_perform(curl);
    curl_easy_cleanup(curl);
    return code != CURLE_OK ? curl_easy_strerror(code) : NULL;
}

MPOOL_FUNCTION(save)
{
    const char *url, *name, *problem;
    FILE *file;
    long size;

    if (mpool_unpack(args, "s", &url) != MPOOL_OK)
        return mpool_job_fail(job, "%s", mpool_error_detail());
    name = strrchr(url, '/');
    if (name == NULL || *++name == '\0' || *name == '.' || (file = fopen(name, "wbe")) == NULL)
        return mpool_job_fail(job, "there can be no file for %s", url);
    problem = fetch(url, file);
    size = ftell(file);
    if (fclose(file) != 0)
        problem = "the file could not be written";
    if (problem != NULL) {
        (void)unlink(name);
        log_line("Problem with %s: %s", name, problem);
        return 0;
    }
    log_line("saved %s, %ld bytes", name, size);
    return 0;
}

static mpool_process *start(const char *how, int number, const char *url, bool daemon)
{
    mpool_process_options options = {.function = "save", .daemon = daemon};
    mpool_process *process;
    char name[32];

    (void)snprintf(name, sizeof name, "%s %d", how, number);
    options.name = name;
    if (mpool_process_start(&options, &process, "s", url) == MPOOL_OK)
        return process;
    log_line("%s: %s", url, mpool_error_detail());
    return NULL;
}

static void join_free(mpool_process *process)
{
    if (process != NULL)
        (void)mpool_process_join(process, MPOOL_FOREVER);
    mpool_process_free(process);
}

int main(int argc, char **argv)
{
    mpool_process *processes[PAGES_MOST];
    size_t active = 0;

    if (argc < 2 || argc > PAGES_MOST + 1)
        return fprintf(stderr, "usage: site_crawler URL..., 1 to %d of them\n", PAGES_MOST), 2;
    setlinebuf(stdout); /* the processes write to the same one, a line at a time */
    if (mpool_init(NULL) != MPOOL_OK)
        return fprintf(stderr, "site_crawler: %s\n", mpool_error_detail()), 1;

    for (int i = 1; i < argc; i++)
        join_free(start("one by one", i, argv[i], false));

    for (int i = 1; i < argc; i++)
        processes[i - 1] = start("together", i, argv[i], false);
    for (int i = 1; i < argc; i++)
        join_free(processes[i - 1]);

    for (int i = 1; i < argc; i++)
        mpool_process_free(start("daemon", i, argv[i], true)); /* the handle alone: the process goes on */
    if (mpool_process_active_children(processes, PAGES_MOST, &active) == MPOOL_OK)
        for (size_t i = 0; i < active; i++)
            join_free(processes[i]);
    log_line("all pages three times");
    mpool_fini();
    return 0;
}
