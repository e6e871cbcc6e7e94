/*
 * cli/main.c - the mpool command: which command is meant
 *
 * Runs in: the mpool command, from its start to its end. Owns: file descriptors 0 to 2, which are always open.
 */
#include "cli/command.h"
#include "cli/completion.h"
#include "cli/names.h"
#include "cli/options.h"
#include "cli/suggest.h"
#include "cli/words.h"

#include <mpool/init.h>

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static int command_completion(int argc, char **argv);
static int command_version(int argc, char **argv);
static int command_help(int argc, char **argv);

static const struct argp completion_argp = {
    .parser = options_parse_word,
    .args_doc = COMPLETION_SHELLS,
    .doc = "Print a script with which a shell completes commands, options and their values.\v"
           "For bash, in ~/.bashrc:       eval \"$(mpool completion bash)\"\n"
           "For zsh, in ~/.zshrc:         eval \"$(mpool completion zsh)\"\n"
           "For fish, in its config.fish: mpool completion fish | source",
};
static const struct argp help_argp = {
    .parser = options_parse_word,
    .args_doc = "[COMMAND]",
    .doc = "Say which commands there are, or what COMMAND takes.",
};

static const struct command commands[] = {
    {"run", "mpool run", command_run, &options_run_argp, "run the jobs of a job file"},
    {"exec", "mpool exec", command_exec, &exec_argp, "run a program for each of many items"},
    {"check", "mpool check", command_check, &options_check_argp, "check a job file, and count its jobs"},
    {"status", "mpool status", command_status, &words_status_argp, "list the runs that have a journal"},
    {"log", "mpool log", command_log, &words_log_argp, "list the jobs of a run that failed, or tell of one job"},
    {"audit", "mpool audit", command_audit, &words_audit_argp, "check the record of a journal"},
    {"functions", "mpool functions", command_functions, &options_functions_argp,
     "list the functions that a step can call"},
    {"schema", "mpool schema", command_schema, NULL, "print a JSON Schema of job files, for editors"},
    {"doctor", "mpool doctor", command_doctor, &doctor_argp, "tell what this machine allows a run"},
    {"completion", "mpool completion", command_completion, &completion_argp, "print a completion script for a shell"},
    {"version", "mpool version", command_version, NULL, "print the version"},
    {"help", "mpool help", command_help, &help_argp, "print this"},
};

#define NAME_SIZE 32
#define COUNT (sizeof commands / sizeof commands[0])

static const struct command *find_command(const char *name)
{
    for (size_t i = 0; i < COUNT; i++) {
        if (strcmp(name, commands[i].name) == 0)
            return &commands[i];
    }
    return NULL;
}

/* `arguments` has room for the name at its start. */
static int run_command(const struct command *command, int argc, char **arguments)
{
    char name[NAME_SIZE];

    (void)snprintf(name, sizeof name, "%s", command->full_name);
    arguments[0] = name;
    return command->run(argc, arguments);
}

static int command_completion(int argc, char **argv)
{
    struct options_word shell = {.among = COMPLETION_SHELLS};

    options_parse(&completion_argp, 0, argc, argv, &shell);
    completion_print(shell.word, commands, COUNT);
    return EXIT_DONE;
}

static int command_version(int argc, char **argv)
{
    options_none(argc, argv, "Print the version.");
    (void)printf("mpool %s\n", mpool_version());
    return EXIT_DONE;
}

/* Who leaves out `run` gives a job file, or an option of it. */
static bool is_meant_for_run(const char *word)
{
    const char *dot = strrchr(word, '.');
    struct stat status;

    return (dot != NULL && (strcmp(dot, ".yaml") == 0 || strcmp(dot, ".yml") == 0)) || word[0] == '-' ||
           (stat(word, &status) == 0 && !S_ISDIR(status.st_mode));
}

static int refuse_command(const char *word)
{
    struct suggestion near = {.word = word};
    struct text line = {0};

    for (size_t i = 0; i < COUNT; i++)
        suggest_offer(&near, commands[i].name);
    text_string(&line, "mpool: there is no command \"");
    names_escape(&line, word, strlen(word));
    text_char(&line, '"');
    if (near.best != NULL) {
        text_string(&line, suggest_text(&near));
    } else if (is_meant_for_run(word)) {
        text_string(&line, "; did you mean: mpool run ");
        names_escape(&line, word, strlen(word));
    } else {
        text_string(&line, "; mpool help lists them");
    }
    (void)fprintf(stderr, "%s\n", line.data);
    text_free(&line);
    return EXIT_USAGE;
}

static int command_help(int argc, char **argv)
{
    char option[] = "--help";
    struct options_word name = {0};

    options_parse(&help_argp, 0, argc, argv, &name);
    if (name.word != NULL) {
        /* `mpool help run` is `mpool run --help`. */
        const struct command *command = find_command(name.word);
        char *arguments[] = {NULL, option, NULL};
        return command != NULL ? run_command(command, 2, arguments) : refuse_command(name.word);
    }
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

int main(int argc, char **argv)
{
    const struct command *command;
    const char *name;

    open_standard_fds();
    if (argc < 1 || atexit(close_stdout) != 0)
        return EXIT_BROKEN;
    if (argc == 1)
        return usage();
    name = argv[1];
    if (strcmp(name, "--version") == 0 || strcmp(name, "-V") == 0)
        name = "version";
    else if (strcmp(name, "--help") == 0 || strcmp(name, "-h") == 0 || strcmp(name, "-?") == 0)
        name = "help";
    command = find_command(name);
    return command != NULL ? run_command(command, argc - 1, argv + 1) : refuse_command(name);
}
