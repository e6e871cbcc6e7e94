/*
 * cli/command.h - the commands: `mpool run`, `mpool check` ...
 *
 * Each takes its own arguments, argv[0] being "mpool run" or the like, and returns what the program exits with.
 */
#ifndef CLI_COMMAND_H
#define CLI_COMMAND_H

struct argp;

struct command {
    const char *name;
    const char *full_name; /* as messages call it */
    int (*run)(int argc, char **argv);
    const struct argp *argp; /* what it takes; NULL: nothing but --help */
    const char *summary;
};

/* What the program exits with. */
enum exit_code {
    EXIT_DONE = 0,    /* all jobs are done */
    EXIT_JOBS = 1,    /* some job is not */
    EXIT_USAGE = 2,   /* the command line or the job file is wrong */
    EXIT_BROKEN = 3,  /* the run could not go on */
    EXIT_JOURNAL = 4, /* the journal is in use, or not this run's */
};

int command_run(int argc, char **argv);
int command_exec(int argc, char **argv);
int command_check(int argc, char **argv);
int command_status(int argc, char **argv);
int command_log(int argc, char **argv);
int command_audit(int argc, char **argv);
int command_functions(int argc, char **argv);
int command_schema(int argc, char **argv);
int command_doctor(int argc, char **argv);

/* What they take, if it is nowhere else. */
extern const struct argp exec_argp;
extern const struct argp doctor_argp;

#endif
