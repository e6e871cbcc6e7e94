/*
 * tests/proc/scenarios/serve_strangers.c - scenarios: who is no server, who is no client, and who has to wait outside
 */
#include "serialize/request.h"
#include "tests/proc/clients.h"
#include "tests/proc/queues.h"

#include <fcntl.h>
#include <stdio.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

/* ---- who is no server -------------------------------------------------------------------------------------------- */

static int listen_at(const char *path)
{
    struct sockaddr_un at = {.sun_family = AF_UNIX};
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

    (void)snprintf(at.sun_path, sizeof at.sun_path, "%s", path);
    CHECK(fd >= 0 && bind(fd, (struct sockaddr *)&at, sizeof at) == 0 && listen(fd, 5) == 0);
    return fd;
}

enum { SAYS_NOTHING, HANGS_UP, SAYS_HTTP, SAYS_NNG, SAYS_VERSION_2, SAYS_TOO_MUCH, SAYS_AN_ANSWER, IMPOSTORS };

static void pretend(int how)
{
    static const struct {
        const char *bytes;
        size_t size;
    } says[IMPOSTORS] = {
        [SAYS_HTTP] = {"HTTP/1.1 400 Bad Request\r\n\r\n", 28},
        [SAYS_NNG] = {"\0SP\0\0\x11\0\0", 8},
        [SAYS_VERSION_2] = {"mpq\n\0\0\0\x05\x94\x08\x02\x02\x03", 13},
        [SAYS_TOO_MUCH] = {"mpq\n\xff\xff\xff\xff", 8},
        [SAYS_AN_ANSWER] = {"mpq\n\0\0\0\x08\x96\x09\x00\xc4\x00\x00\xc2\x00", 16},
    };
    int listener = listen_at(address()), fd;
    char bytes[256];

    atomic_store(&board->held, how + 1);
    fd = accept(listener, NULL, NULL);
    CHECK(fd >= 0);
    if (how != HANGS_UP)
        CHECK(recv(fd, bytes, sizeof bytes, 0) > 0); /* HELLO */
    if (says[how].size > 0)
        CHECK(send(fd, says[how].bytes, says[how].size, MSG_NOSIGNAL) == (ssize_t)says[how].size);
    if (how != HANGS_UP)
        CHECK(recv(fd, bytes, sizeof bytes, 0) == 0);
    CHECK(close(fd) == 0 && close(listener) == 0 && unlink(address()) == 0);
}

SCENARIO(serve, is_told_from_what_is_no_server)
{
    mpool_queue *queue;
    pid_t impostor;
    int64_t begun = monotonic_ms();

    CHECK_ERR(mpool_queue_connect(address(), 0, &queue), MPOOL_E_TIMEOUT);
    CHECK_ERR(mpool_queue_connect(address(), 120, &queue), MPOOL_E_TIMEOUT);
    CHECK(monotonic_ms() - begun >= 119);
    CHECK_ERR(mpool_queue_connect(NULL, 0, &queue), MPOOL_E_INVAL);
    CHECK_ERR(mpool_queue_connect("", 0, &queue), MPOOL_E_INVAL);
    write_file(address(), "precious");
    CHECK_ERR(mpool_queue_connect(address(), LONG_MS, &queue), MPOOL_E_PROTOCOL);
    has_text(address(), "precious");
    CHECK(unlink(address()) == 0);
    for (int how = 0; how < IMPOSTORS; how++) {
        impostor = fork_client(pretend, how);
        AWAIT(atomic_load(&board->held) == how + 1);
        CHECK_ERR(mpool_queue_connect(address(), how == SAYS_NOTHING ? 0 : LONG_MS, &queue),
                  how == SAYS_NOTHING ? MPOOL_E_TIMEOUT : MPOOL_E_PROTOCOL);
        join_client(impostor, 0);
    }
}

/* ---- who is no client -------------------------------------------------------------------------------------------- */

static int talk(void)
{
    struct sockaddr_un to = {.sun_family = AF_UNIX};
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

    (void)snprintf(to.sun_path, sizeof to.sun_path, "%s", address());
    CHECK(fd >= 0 && connect(fd, (struct sockaddr *)&to, sizeof to) == 0);
    return fd;
}

static void say(int fd, const char *bytes, size_t size)
{
    CHECK(send(fd, bytes, size, MSG_NOSIGNAL) == (ssize_t)size);
}

#define SAY(fd, bytes) say(fd, bytes, sizeof(bytes) - 1)
#define HELLO "mpq\n\0\0\0\x03\x92\x01\x01"
#define GET_FOR_EVER "mpq\n\0\0\0\x04\x93\x03\xff\x01"
#define SIZE "mpq\n\0\0\0\x02\x91\x05"

/* A frame comes. */
static void hear(int fd)
{
    char bytes[256];

    CHECK(readable(fd, LONG_MS) && recv(fd, bytes, sizeof bytes, 0) > MP_FRAME_HEAD);
}

/* The server hangs up. */
static void is_sent_away(int fd)
{
    char bytes[256];

    CHECK(readable(fd, LONG_MS) && recv(fd, bytes, sizeof bytes, 0) <= 0);
    CHECK(close(fd) == 0);
}

static void talk_nonsense(void)
{
    int fd = talk();

    SAY(fd, "GET / HTTP/1.1\r\n\r\n");
    is_sent_away(fd);
    fd = talk(); /* nng's own protocols */
    SAY(fd, "\0SP\0\0\x11\0\0");
    is_sent_away(fd);
    fd = talk(); /* no HELLO */
    SAY(fd, SIZE);
    is_sent_away(fd);
    fd = talk(); /* two */
    SAY(fd, HELLO);
    hear(fd);
    SAY(fd, HELLO);
    is_sent_away(fd);
    fd = talk(); /* an answer */
    SAY(fd, HELLO);
    hear(fd);
    SAY(fd, "mpq\n\0\0\0\x05\x94\x08\x01\x02\x03");
    is_sent_away(fd);
    fd = talk(); /* 4 GiB */
    SAY(fd, HELLO);
    hear(fd);
    SAY(fd, "mpq\n\xff\xff\xff\xff");
    is_sent_away(fd);
    fd = talk(); /* 4,294,967,295 items */
    SAY(fd, HELLO);
    hear(fd);
    SAY(fd, "mpq\n\0\0\0\x08\x93\x02\0\xce\xff\xff\xff\xff");
    is_sent_away(fd);
    fd = talk(); /* another version is told ours, and no more */
    SAY(fd, "mpq\n\0\0\0\x03\x92\x01\x02");
    hear(fd);
    SAY(fd, SIZE);
    is_sent_away(fd);
    fd = talk(); /* out of turn */
    SAY(fd, HELLO);
    hear(fd);
    SAY(fd, GET_FOR_EVER GET_FOR_EVER);
    is_sent_away(fd);
    fd = talk();
    SAY(fd, HELLO);
    hear(fd);
    SAY(fd, GET_FOR_EVER);
    let_pass(20);
    SAY(fd, SIZE);
    is_sent_away(fd);
}

/* Bytes one by one are as good as all at once. */
static void talk_slowly(void)
{
    int fd = talk();

    for (size_t i = 0; i < sizeof HELLO - 1; i++)
        say(fd, &HELLO[i], 1);
    hear(fd);
    for (size_t i = 0; i < sizeof SIZE - 1; i++)
        say(fd, &SIZE[i], 1);
    hear(fd);
    CHECK(close(fd) == 0);
}

SCENARIO(serve, is_not_impressed_by_nonsense)
{
    mpool_queue *queue = new_queue(0, 0), *remote;
    mpool_queue_server *server = serve(queue);
    int silent[20], half = talk(), waiting = talk(), number;
    unsigned fds;

    CHECK_OK(mpool_queue_connect(address(), LONG_MS, &remote));
    SAY(half, "mpq\n\0\0");
    SAY(waiting, HELLO);
    hear(waiting);
    CHECK_OK(mpool_queue_put(remote, 0, "i", 1));
    CHECK_OK(mpool_queue_get(remote, 0, "i", &number));
    fds = count_fds();
    for (int round = 0; round < 3; round++) {
        talk_nonsense();
        talk_slowly();
        CHECK_OK(mpool_queue_put(remote, 0, "i", round));
        CHECK_OK(mpool_queue_get(remote, 0, "i", &number));
    }
    for (int i = 0; i < 20; i++)
        silent[i] = talk();
    CHECK_OK(mpool_queue_put(remote, 0, "i", 1));
    for (int i = 0; i < 20; i++)
        CHECK(close(silent[i]) == 0);
    AWAIT(count_fds() == fds);

    /* Who waits for an item and goes gets none. */
    CHECK_OK(mpool_queue_get(remote, 0, "i", &number));
    SAY(waiting, GET_FOR_EVER);
    let_pass(20);
    CHECK(close(waiting) == 0);
    AWAIT(count_fds() == fds - 2);
    CHECK_OK(mpool_queue_put(remote, 0, "i", 9));
    CHECK_OK(mpool_queue_get(remote, 0, "i", &number));
    CHECK_INT(number, 9);
    CHECK(close(half) == 0);
    mpool_queue_free(remote);
    mpool_queue_server_free(server);
    mpool_fini();
}

#define CROWD 20

static void come_in_a_crowd(int number)
{
    int fds[CROWD];
    mpool_queue *queue = NULL, *inside;

    inside = connect_queue();
    for (int i = 0; i < CROWD; i++)
        fds[i] = talk();
    CHECK_ERR(mpool_queue_connect(address(), 1200, &queue), MPOOL_E_TIMEOUT);
    CHECK_OK(mpool_queue_put(inside, LONG_MS, "i", number));
    for (int i = 0; i < CROWD; i++)
        CHECK(close(fds[i]) == 0);
    CHECK_OK(mpool_queue_connect(address(), LONG_MS, &queue));
    CHECK_OK(mpool_queue_put(queue, LONG_MS, "i", number));
    mpool_queue_free(queue);
    mpool_queue_free(inside);
}

/* Those who are in are served; the others wait outside. */
SCENARIO(serve, goes_on_without_file_descriptors)
{
    pid_t client = fork_client(come_in_a_crowd, 3);
    mpool_queue *queue = new_queue(0, 0);
    mpool_queue_server *server = serve(queue);
    struct rlimit limit;
    rlim_t before;
    int number, next = fcntl(0, F_DUPFD_CLOEXEC, 3);

    CHECK(next > 0 && close(next) == 0 && getrlimit(RLIMIT_NOFILE, &limit) == 0);
    before = limit.rlim_cur;
    limit.rlim_cur = (rlim_t)next + 5;
    CHECK(setrlimit(RLIMIT_NOFILE, &limit) == 0);
    for (int i = 0; i < 2; i++) {
        CHECK_OK(mpool_queue_get(queue, LONG_MS, "i", &number));
        CHECK_INT(number, 3);
    }
    join_client(client, 0);
    limit.rlim_cur = before;
    CHECK(setrlimit(RLIMIT_NOFILE, &limit) == 0);
    mpool_queue_server_free(server);
    mpool_fini();
}
