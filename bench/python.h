/*
 * bench/python.h - a Python script that mpool is measured against
 *
 * The conversation: the script says one line when it is ready; after that it is asked by a line, and answers by a line,
 * until its stdin ends.
 */
#ifndef MPOOL_BENCH_PYTHON_H
#define MPOOL_BENCH_PYTHON_H

#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

struct bench_python {
    pid_t pid;
    FILE *to;
    FILE *from;
    char answer[4096]; /* the last one */
};

/*
 * Comes before the first pool is opened. Returns false, and says so, if the script does not get ready: no python3.
 * There is nothing to be ended then.
 */
static inline bool bench_python_start(struct bench_python *python, const char *script)
{
    int in[2], out[2];

    if (pipe(in) != 0 || pipe(out) != 0)
        return false;
    python->pid = fork(); /* lint: allow fork because the benchmark starts what it measures against */
    if (python->pid == 0) {
        (void)prctl(PR_SET_PDEATHSIG, SIGKILL);
        (void)dup2(in[0], STDIN_FILENO);
        (void)dup2(out[1], STDOUT_FILENO);
        (void)close(in[1]);
        (void)close(out[0]);
        (void)execlp("python3", "python3", "-c", script, (char *)NULL);
        _exit(127);
    }
    (void)close(in[0]);
    (void)close(out[1]);
    python->to = fdopen(in[1], "w");
    python->from = fdopen(out[0], "r");
    if (fgets(python->answer, sizeof python->answer, python->from) != NULL)
        return true;
    printf("python3 is not there, or the script does not start: nothing is measured against it\n");
    (void)fclose(python->to);
    (void)fclose(python->from);
    (void)waitpid(python->pid, NULL, 0);
    return false;
}

/* Asks, and gives the answer; valid until the next one. Ends the program if there is none. */
static inline const char *bench_python_ask(struct bench_python *python, const char *question)
{
    (void)fprintf(python->to, "%s\n", question);
    (void)fflush(python->to);
    if (fgets(python->answer, sizeof python->answer, python->from) != NULL)
        return python->answer;
    fprintf(stderr, "python3 gives no answer to \"%s\"\n", question);
    exit(1);
}

static inline void bench_python_end(struct bench_python *python)
{
    (void)fclose(python->to);
    (void)waitpid(python->pid, NULL, 0);
    (void)fclose(python->from);
}

#endif
