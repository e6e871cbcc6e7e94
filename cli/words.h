/*
 * cli/words.h - the command line of `mpool status`, `mpool log` and `mpool audit`: a few words, and --json
 */
#ifndef CLI_WORDS_H
#define CLI_WORDS_H

#include <argp.h>
#include <stdbool.h>
#include <stddef.h>

#define WORDS_MAX 2

struct words {
    const char *words[WORDS_MAX]; /* NULL: left out */
    size_t count;
    bool json;
};

extern const struct argp words_status_argp;
extern const struct argp words_log_argp;
extern const struct argp words_audit_argp;

/* words_read - what is wrong is reported, and ends the program with 2; --help is printed, and ends it with 0 */
void words_read(struct words *words, const struct argp *argp, int argc, char **argv);

#endif
