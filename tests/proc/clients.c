/*
 * tests/proc/clients.c - other programs that use a queue of the scenario's
 *
 * Runs in: proc-helper, as a host, and its children.
 */
#include "tests/proc/clients.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

const char *in_directory(const char *name)
{
    static char paths[4][128];
    static unsigned next;
    char *path = paths[next++ % 4];

    CHECK(getenv("TMPDIR") != NULL);
    (void)snprintf(path, sizeof paths[0], "%s/%s", getenv("TMPDIR"), name);
    return path;
}

const char *address(void)
{
    return in_directory("queue");
}

pid_t fork_client(void (*run)(int number), int number)
{
    pid_t client = fork();
    unsigned fds;

    CHECK(client >= 0);
    if (client > 0)
        return client;
    fds = count_fds();
    run(number);
    AWAIT(count_fds() == fds);
    (void)fflush(NULL);
    _exit(0);
}

void join_client(pid_t client, int wanted)
{
    int status;

    CHECK_INT(waitpid(client, &status, 0), client);
    CHECK_INT(WIFEXITED(status) ? WEXITSTATUS(status) : -WTERMSIG(status), wanted);
}

mpool_queue *connect_queue(void)
{
    mpool_queue *queue;

    CHECK_OK(mpool_queue_connect(address(), LONG_MS, &queue));
    return queue;
}

mpool_queue_server *serve(mpool_queue *queue)
{
    mpool_queue_server *server;

    CHECK_OK(mpool_queue_serve(queue, address(), &server));
    return server;
}

void write_file(const char *path, const char *text)
{
    FILE *file = fopen(path, "we");

    CHECK(file != NULL && fputs(text, file) >= 0 && fclose(file) == 0);
}

void has_text(const char *path, const char *text)
{
    char found[64] = "";
    FILE *file = fopen(path, "re");

    CHECK(file != NULL && fgets(found, sizeof found, file) != NULL && fclose(file) == 0);
    CHECK_TEXT(found, text);
}
