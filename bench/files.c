/*
 * bench/files.c - mpool run over a million files, one job a file, next to find, xargs and stat
 *
 *     files [TREE]     default: a tree of 1,001,000 files, made for the purpose and removed afterwards
 *
 * Both are whole commands, start-up included, run in turn five times each. Their totals must be the same. A ratio
 * below 1 means mpool is faster.
 */
#include "command.h"

#include <errno.h>
#include <fcntl.h>
#include <spawn.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#define FOLDERS 100
#define SUBFOLDERS 10
#define FILES 1001
#define WORKERS "2"

static const char job_file[] = "mpool: 1\n"
                               "name: files\n"
                               "steps:\n"
                               "  sizes:\n"
                               "    each: {walk: \"{vars.root}\", type: file}\n"
                               "    call: file_size\n"
                               "    totals: {bytes: sum, files: count}\n"
                               "vars: {root: .}\n";

static void fail(const char *what)
{
    fprintf(stderr, "files: %s: %s\n", what, strerror(errno));
    exit(1);
}

/* ---- the tree ---------------------------------------------------------------------------------------------------- */

static void make_file(const char *folder, int number)
{
    char path[300];
    int fd;

    (void)snprintf(path, sizeof path, "%s/file-%05d.dat", folder, number);
    fd = open(path, O_CREAT | O_WRONLY | O_EXCL | O_CLOEXEC, 0644);
    if (fd < 0 || ftruncate(fd, number * 7919 % 100000) != 0)
        fail(path);
    (void)close(fd);
}

static void make_tree(const char *root)
{
    char folder[200];

    for (int i = 0; i < FOLDERS; i++) {
        (void)snprintf(folder, sizeof folder, "%s/folder-%03d", root, i);
        if (mkdir(folder, 0755) != 0)
            fail(folder);
        for (int k = 0; k < SUBFOLDERS; k++) {
            (void)snprintf(folder, sizeof folder, "%s/folder-%03d/sub-%02d", root, i, k);
            if (mkdir(folder, 0755) != 0)
                fail(folder);
            for (int n = 0; n < FILES; n++)
                make_file(folder, n);
        }
    }
}

/* ---- commands ---------------------------------------------------------------------------------------------------- */

/* Runs a command by sh, with $1 and $2; gives its seconds, and what it printed. */
static double run(const char *command, const char *first, const char *second, char *output, size_t room)
{
    char shell[] = "sh", option[] = "-c";
    char *argv[] = {
        shell, option, (char *)(uintptr_t)command, shell, (char *)(uintptr_t)first, (char *)(uintptr_t)second, NULL};
    posix_spawn_file_actions_t actions;
    double begin = bench_now();
    size_t size = 0;
    ssize_t got;
    int ends[2], status;
    pid_t pid;

    if (pipe2(ends, O_CLOEXEC) != 0 || posix_spawn_file_actions_init(&actions) != 0 ||
        posix_spawn_file_actions_adddup2(&actions, ends[1], STDOUT_FILENO) != 0)
        fail("pipe");
    if (posix_spawn(&pid, "/bin/sh", &actions, NULL, argv, environ) != 0)
        fail("sh");
    (void)posix_spawn_file_actions_destroy(&actions);
    (void)close(ends[1]);
    while (size < room - 1 && (got = read(ends[0], output + size, room - 1 - size)) > 0)
        size += (size_t)got;
    output[size] = '\0';
    (void)close(ends[0]);
    if (waitpid(pid, &status, 0) != pid || status != 0) {
        fprintf(stderr, "files: this failed: %s\n", command);
        exit(1);
    }
    return bench_now() - begin;
}

/* The number behind a key in JSON, or at the beginning of a text. */
static unsigned long long number_in(const char *text, const char *key)
{
    const char *at = key != NULL ? strstr(text, key) : text;

    return at != NULL ? strtoull(at + (key != NULL ? strlen(key) : 0), NULL, 10) : 0;
}

static void compare(const char *mpool, const char *tree)
{
    static const char find[] = "find \"$2\" -type f -print0 | xargs -0 -P2 -n500 stat -c %s | "
                               "awk '{s += $1} END {printf \"%.0f\\n\", s}'";
    static const char ours[] = "exec \"$1\" run job.yaml --json -j " WORKERS " --set root=\"$2\" 2>/dev/null";
    double mpool_times[BENCH_RUNS], find_times[BENCH_RUNS];
    char mpool_says[4096], find_says[4096];

    (void)run(ours, mpool, tree, mpool_says, sizeof mpool_says);
    for (int i = 0; i < BENCH_RUNS; i++) {
        mpool_times[i] = run(ours, mpool, tree, mpool_says, sizeof mpool_says);
        find_times[i] = run(find, mpool, tree, find_says, sizeof find_says);
        printf("run %d: mpool %.2f s, find | xargs -P2 stat | awk %.2f s: %.2fx\n", i + 1, mpool_times[i],
               find_times[i], mpool_times[i] / find_times[i]);
        if (number_in(mpool_says, "\"bytes\":") != number_in(find_says, NULL)) {
            fprintf(stderr, "files: the totals differ: %s and %s\n", mpool_says, find_says);
            exit(1);
        }
    }
    printf("%llu files, %llu bytes; medians: mpool %.2f s, find | xargs -P2 stat | awk %.2f s: %.2fx\n",
           number_in(mpool_says, "\"files\":"), number_in(find_says, NULL), bench_median(mpool_times),
           bench_median(find_times), mpool_times[BENCH_RUNS / 2] / find_times[BENCH_RUNS / 2]);
}

int main(int argc, char **argv)
{
    char mpool[2100], folder[] = "/tmp/mpool-bench.XXXXXX", tree[100];
    FILE *file;

    if (mkdtemp(folder) == NULL || chdir(folder) != 0)
        fail(folder);
    bench_mpool_path(mpool, sizeof mpool);
    (void)snprintf(tree, sizeof tree, "%s/tree", folder);
    file = fopen("job.yaml", "w");
    if (file == NULL || fputs(job_file, file) < 0 || fclose(file) != 0)
        fail("job.yaml");
    if (argc < 2 && mkdir(tree, 0755) == 0)
        make_tree(tree);
    compare(mpool, argc > 1 ? argv[1] : tree);
    (void)run("rm -rf \"$2\"", mpool, folder, tree, sizeof tree);
    return 0;
}
