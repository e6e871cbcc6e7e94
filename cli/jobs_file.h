/*
 * cli/jobs_file.h - how many jobs to run at a time, in a file that may change while they run
 */
#ifndef CLI_JOBS_FILE_H
#define CLI_JOBS_FILE_H

#include <stdbool.h>
#include <stdint.h>

struct jobs_file {
    const char *path; /* NULL: there is none */
    unsigned jobs;
    bool wrong; /* what it says now is no number, which was said */
    int64_t looked_ns;
};

/* jobs_file_open - read it for the first time; false: it has no such number, which was said */
bool jobs_file_open(struct jobs_file *file, const char *path);

/*
 * jobs_file_look - has it changed? It is read once a second at most.
 *
 * Returns the new number, or 0: it says what it has said before. What is wrong is said once, and the number stays.
 */
unsigned jobs_file_look(struct jobs_file *file, int64_t now_ns);

#endif
