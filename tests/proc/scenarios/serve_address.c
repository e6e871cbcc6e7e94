/*
 * tests/proc/scenarios/serve_address.c - scenarios: where a queue is served, for whom, and what is left of it
 */
#include "tests/proc/clients.h"
#include "tests/proc/queues.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

/* ---- where a queue may be served --------------------------------------------------------------------------------- */

static void refuses(mpool_queue *queue, const char *path, const char *word)
{
    mpool_queue_server *server = NULL;
    unsigned fds = count_fds();

    CHECK_ERR(mpool_queue_serve(queue, path, &server), MPOOL_E_INVAL);
    CHECK_SAYS(mpool_error_detail(), word);
    CHECK(server == NULL);
    AWAIT(count_fds() <= fds); /* the other server may just have let us in, and out */
}

SCENARIO(serve, touches_nothing_that_is_at_its_address)
{
    mpool_queue *queue = new_queue(0, 0);
    mpool_queue_server *server = serve(queue), *second;
    char path[256];

    write_file(in_directory("file"), "precious");
    refuses(queue, in_directory("file"), "no socket");
    has_text(in_directory("file"), "precious");
    CHECK(symlink("file", in_directory("link")) == 0);
    refuses(queue, in_directory("link"), "no socket");
    has_text(in_directory("link"), "precious");
    CHECK(symlink("nowhere", in_directory("dangling")) == 0);
    refuses(queue, in_directory("dangling"), "no socket");
    refuses(queue, address(), "another server");
    CHECK(mkdir(in_directory("open"), 0700) == 0 && chmod(in_directory("open"), 0711) == 0);
    refuses(queue, in_directory("open/queue"), "chmod 700");
    refuses(queue, in_directory("nowhere/queue"), "No such file");
    refuses(queue, in_directory("file/queue"), "Not a directory");
    refuses(queue, NULL, "empty");
    refuses(queue, "", "empty");
    refuses(queue, in_directory("open/"), "directory");
    (void)snprintf(path, sizeof path, "%s/%0120d", getenv("TMPDIR"), 1);
    refuses(queue, path, "bytes");
    (void)snprintf(path, sizeof path, "%s/%0*d", getenv("TMPDIR"), (int)(100 - strlen(getenv("TMPDIR")) - 1), 1);
    CHECK_OK(mpool_queue_serve(queue, path, &second)); /* as long as may be */
    CHECK(access(path, F_OK) == 0);
    mpool_queue_server_free(second);
    CHECK(access(path, F_OK) != 0);

    /* Somebody has put something else there: that stays. */
    CHECK(unlink(address()) == 0);
    write_file(address(), "precious");
    mpool_queue_server_free(server);
    has_text(address(), "precious");
    CHECK(unlink(address()) == 0 && unlink(in_directory("file")) == 0 && unlink(in_directory("link")) == 0);
    CHECK(unlink(in_directory("dangling")) == 0 && rmdir(in_directory("open")) == 0);
    mpool_fini();
}

SCENARIO(serve, may_be_at_a_relative_address)
{
    mpool_queue *queue, *remotes[2];
    mpool_queue_server *server;

    CHECK(chdir(getenv("TMPDIR")) == 0);
    queue = new_queue(0, 0);
    CHECK_OK(mpool_queue_serve(queue, "here", &server));
    CHECK_OK(mpool_queue_connect("here", LONG_MS, &remotes[0]));
    CHECK_OK(mpool_queue_connect(in_directory("here"), LONG_MS, &remotes[1]));
    CHECK(chdir("/") == 0);
    mpool_queue_server_free(server);
    CHECK(access(in_directory("here"), F_OK) != 0);
    for (int i = 0; i < 2; i++)
        mpool_queue_free(remotes[i]);
    mpool_fini();
}

/* ---- users ------------------------------------------------------------------------------------------------------- */

/* As somebody else, who may look into the directory meanwhile. */
static void connect_as_another(int number)
{
    mpool_queue *queue;

    (void)number;
    AWAIT(atomic_load(&board->gate) == 1);
    CHECK(setresuid(65534, 65534, 65534) == 0);
    CHECK_ERR(mpool_queue_connect(address(), LONG_MS, &queue), MPOOL_E_IDENTITY);
}

/* A client whose socket may be anybody's by its file: it is asked who it is. */
static void talk_as_another(int number)
{
    struct sockaddr_un to = {.sun_family = AF_UNIX};
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    char byte;

    (void)number;
    AWAIT(atomic_load(&board->gate) == 1);
    (void)snprintf(to.sun_path, sizeof to.sun_path, "%s", address());
    CHECK(setresuid(65534, 65534, 65534) == 0);
    CHECK(connect(fd, (struct sockaddr *)&to, sizeof to) == 0);
    CHECK(read(fd, &byte, 1) <= 0); /* it hangs up */
    CHECK(close(fd) == 0);
}

SCENARIO(serve, is_for_nobody_but_its_user)
{
    pid_t clients[2];
    mpool_queue *queue;
    mpool_queue_server *server, *second;

    if (geteuid() != 0)
        skip("it takes root to become somebody else");
    clients[0] = fork_client(connect_as_another, 0);
    clients[1] = fork_client(talk_as_another, 0);
    queue = new_queue(0, 0);
    server = serve(queue);
    CHECK(chmod(address(), 0777) == 0 && chmod(getenv("TMPDIR"), 0755) == 0);
    atomic_store(&board->gate, 1);
    for (int i = 0; i < 2; i++)
        join_client(clients[i], 0);
    CHECK(chmod(getenv("TMPDIR"), 0700) == 0);
    mpool_queue_server_free(server);
    CHECK(mkdir(in_directory("theirs"), 0700) == 0 && chown(in_directory("theirs"), 65534, 65534) == 0);
    CHECK_ERR(mpool_queue_serve(queue, in_directory("theirs/queue"), &second), MPOOL_E_INVAL);
    CHECK_SAYS(mpool_error_detail(), "another user");
    CHECK(rmdir(in_directory("theirs")) == 0);
    mpool_fini();
}

/* ---- what is left ------------------------------------------------------------------------------------------------ */

static void use_in_child(mpool_queue *queue, mpool_queue *remote, mpool_queue_server *server)
{
    mpool_queue_server *another;
    mpool_queue *connected;
    int number;

    CHECK_ERR(mpool_queue_serve(queue, in_directory("another"), &another), MPOOL_E_FORKED);
    CHECK_ERR(mpool_queue_connect(address(), 0, &connected), MPOOL_E_FORKED);
    CHECK_ERR(mpool_queue_put(remote, 0, "i", 1), MPOOL_E_FORKED);
    CHECK_ERR(mpool_queue_get(remote, 0, "i", &number), MPOOL_E_FORKED);
    CHECK_INT(mpool_queue_qsize(remote), 0);
    mpool_queue_free(remote);
    mpool_queue_server_free(server);
}

static void fork_a_client(int number)
{
    mpool_queue *queue;
    pid_t child;

    AWAIT(atomic_load(&board->gate) == 1);
    queue = connect_queue();
    child = fork();
    if (child == 0) {
        CHECK_ERR(mpool_queue_put(queue, 0, "i", 1), MPOOL_E_FORKED);
        CHECK_ERR(mpool_queue_connect(address(), 0, &queue), MPOOL_E_FORKED);
        mpool_queue_free(queue);
        _exit(0);
    }
    join_client(child, 0);
    CHECK_OK(mpool_queue_put(queue, 0, "i", number));
    mpool_queue_free(queue);
}

SCENARIO(serve, leaves_nothing)
{
    pid_t client = fork_client(fork_a_client, 7), child;
    mpool_queue_server *server = NULL, *left;
    mpool_queue *queue = NULL, *remote;
    unsigned threads, fds;

    CHECK_ERR(mpool_queue_serve(queue, address(), &server), MPOOL_E_NOINIT);
    queue = new_queue(0, 0);
    CHECK_ERR(mpool_queue_serve(NULL, address(), &server), MPOOL_E_STALE);
    mpool_queue_server_free(serve(queue)); /* nng has its threads and descriptors */
    threads = count_threads();
    fds = count_fds();
    for (int i = 0; i < 20; i++) {
        server = serve(queue);
        for (int k = 0; k < 3; k++) {
            CHECK_OK(mpool_queue_connect(address(), LONG_MS, &remote));
            CHECK_OK(mpool_queue_put(remote, 0, "i", i));
            mpool_queue_free(remote);
        }
        mpool_queue_server_free(server);
        mpool_queue_server_free(NULL);
        CHECK(access(address(), F_OK) != 0);
    }
    CHECK_INT(count_threads(), threads);
    AWAIT(count_fds() == fds);
    CHECK_INT(mpool_queue_qsize(queue), 60);

    server = serve(queue);
    open_gate();
    join_client(client, 0);
    CHECK_OK(mpool_queue_connect(address(), LONG_MS, &remote));
    child = fork();
    CHECK(child >= 0);
    if (child == 0) {
        use_in_child(queue, remote, server);
        _exit(0);
    }
    join_client(child, 0);
    CHECK_OK(mpool_queue_put(remote, 0, "i", 1));
    mpool_queue_free(queue); /* which ends the server */
    CHECK(access(address(), F_OK) != 0);
    CHECK_ERR(mpool_queue_put(remote, 0, "i", 1), MPOOL_E_BROKEN);
    mpool_queue_server_free(server);

    CHECK_OK(mpool_queue_new(NULL, &queue));
    left = serve(queue);
    mpool_fini();
    mpool_queue_server_free(left);
    CHECK(access(address(), F_OK) != 0);
    CHECK_ERR(mpool_queue_serve(queue, address(), &server), MPOOL_E_NOINIT);
    CHECK_ERR(mpool_queue_put(remote, 0, "i", 1), MPOOL_E_BROKEN);
    mpool_queue_free(remote);
}
