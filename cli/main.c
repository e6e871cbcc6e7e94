/*
 * cli/main.c - the mpool command: which command is meant
 *
 * Runs in: the mpool command, from its start to its end. Owns: file descriptors 0 to 2, which are always open.
 */
#include "cli/command.h"
#include "cli/names.h"
#include "cli/options.h"
#include "cli/suggest.h"

#include <mpool/init.h>

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static int command_version(int argc, char **argv);
static int command_help(int argc, char **argv);

static const struct command {
    const char *name;
    const char *full_name; /* as messages call it */
    int (*run)(int argc, char **argv);
    const char *summary;
} commands[] = {
    {"run", "mpool run", command_run, "run the jobs of a job file"},
    {"exec", "mpool exec", command_exec, "run a program for each of many items"},
    {"check", "mpool check", command_check, "check a job file, and count its jobs"},
    {"status", "mpool status", command_status, "list the runs that have a journal"},
    {"log", "mpool log", command_log, "list the jobs of a run that failed, or tell of one job"},
    {"audit", "mpool audit", command_audit, "check the record of a journal"},
    {"functions", "mpool functions", command_functions, "list the functions that a step can call"},
    {"version", "mpool version", command_version, "print the version"},
    {"help", "mpool help", command_help, "print this"},
};

#define NAME_SIZE 32
#define COUNT (sizeof commands / sizeof commands[0])

static int command_version(int argc, char **argv)
{
    options_none(argc, argv, "Print the version.");
    (void)printf("mpool %s\n", mpool_version());
    return EXIT_DONE;
}

static int command_help(int argc, char **argv)
{
    char option[] = "--help";

    /* `mpool help run` is `mpool run --help`. */
    for (size_t i = 0; argc == 2 && i < COUNT; i++) {
        if (strcmp(argv[1], commands[i].name) == 0) {
            char name[NAME_SIZE];
            (void)snprintf(name, sizeof name, "%s", commands[i].full_name);
            char *arguments[] = {name, option, NULL};
            return commands[i].run(2, arguments);
        }
    }
    options_none(argc, argv, "Say which commands there are.");
    (void)puts("Usage: mpool COMMAND [OPTION...] [ARGUMENT...]\n\n"
               "Runs many jobs in parallel, in supervised worker processes: a job that crashes costs only itself.\n");
    for (size_t i = 0; i < COUNT; i++)
        (void)printf("  mpool %-10s %s\n", commands[i].name, commands[i].summary);
    (void)puts("\n`mpool COMMAND --help` tells what a command takes.");
    return EXIT_DONE;
}

static int usage(void)
{
    (void)fputs("mpool runs many jobs in parallel, in supervised worker processes. For example:\n\n"
                "  mpool run examples/jobs/file-sizes.yaml    size every file under /usr/share\n"
                "  mpool exec gzip --keep ::: *.txt             run a program for each of many items\n"
                "  mpool check job.yaml                       is the job file right, and how many jobs has it?\n"
                "  mpool functions                            what a step of a job file can call\n\n"
                "`mpool help` lists the commands.\n",
                stderr);
    return EXIT_USAGE;
}

/*
 * A command that was started with one of 0 to 2 closed would get that number for a file or a socket, and write its
 * messages there. What takes its place can only be used the wrong way round: who reads a closed standard input, or
 * writes to a closed standard output, is to get an error, and not to believe that all is well.
 */
static void open_standard_fds(void)
{
    static const int wrong_way[] = {O_WRONLY, O_RDONLY, O_RDWR};
    int fd;

    do {
        fd = open("/dev/null", O_RDWR);
        if (fd >= 0 && fd < STDERR_FILENO) {
            (void)close(fd);
            fd = open("/dev/null", wrong_way[fd]);
        }
    } while (fd >= 0 && fd <= STDERR_FILENO);
    if (fd > STDERR_FILENO)
        (void)close(fd);
}

/* What was printed has to have arrived: a full disk is not success. Also after --help, which argp prints and exits. */
static void close_stdout(void)
{
    if (fflush(stdout) == 0 && ferror(stdout) == 0)
        return;
    /* Who reads through a pipe and has seen enough is not told about it. */
    if (errno != EPIPE)
        (void)fprintf(stderr, "mpool: standard output: %s\n", strerror(errno));
    _exit(EXIT_BROKEN);
}

/* Who leaves out `run` gives a job file, or an option of it. */
static bool is_meant_for_run(const char *word)
{
    const char *dot = strrchr(word, '.');
    struct stat status;

    return (dot != NULL && (strcmp(dot, ".yaml") == 0 || strcmp(dot, ".yml") == 0)) || word[0] == '-' ||
           (stat(word, &status) == 0 && !S_ISDIR(status.st_mode));
}

static int refuse_command(const struct suggestion *near)
{
    struct text line = {0};

    text_string(&line, "mpool: there is no command \"");
    names_escape(&line, near->word, strlen(near->word));
    text_char(&line, '"');
    if (near->best != NULL) {
        text_string(&line, suggest_text(near));
    } else if (is_meant_for_run(near->word)) {
        text_string(&line, "; did you mean: mpool run ");
        names_escape(&line, near->word, strlen(near->word));
    } else {
        text_string(&line, "; mpool help lists them");
    }
    (void)fprintf(stderr, "%s\n", line.data);
    text_free(&line);
    return EXIT_USAGE;
}

int main(int argc, char **argv)
{
    struct suggestion near;

    open_standard_fds();
    if (argc < 1 || atexit(close_stdout) != 0)
        return EXIT_BROKEN;
    if (argc == 1)
        return usage();
    near = (struct suggestion){.word = argv[1]};
    if (strcmp(argv[1], "--version") == 0 || strcmp(argv[1], "-V") == 0)
        near.word = "version";
    else if (strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "-h") == 0 || strcmp(argv[1], "-?") == 0)
        near.word = "help";
    for (size_t i = 0; i < COUNT; i++) {
        if (strcmp(near.word, commands[i].name) == 0) {
            char name[NAME_SIZE];
            (void)snprintf(name, sizeof name, "%s", commands[i].full_name);
            argv[1] = name;
            return commands[i].run(argc - 1, argv + 1);
        }
    }
    for (size_t i = 0; i < COUNT; i++)
        suggest_offer(&near, commands[i].name);
    return refuse_command(&near);
}
