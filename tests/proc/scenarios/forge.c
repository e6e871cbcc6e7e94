/*
 * tests/proc/scenarios/forge.c - scenarios: a worker that lies about shared memory, or about children of its jobs
 *
 * A job writes messages of its own making to its worker's connection, byte for byte as nng would. None of them may be
 * believed: the worker is killed for it, its job is charged, the memory is where it was, and there are no children.
 */
#include "serialize/message.h"
#include "serialize/task.h"
#include "tests/proc/arena.h"
#include "tests/proc/lines.h"
#include "workers/job.h"

#include <dirent.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

/* The descriptor of the connection on which this worker sends. */
static int find_connection(void)
{
    DIR *directory = opendir("/proc/self/fd");
    const struct dirent *entry;
    int found = -1;

    while (directory != NULL && (entry = readdir(directory)) != NULL) {
        struct sockaddr_un peer = {0};
        socklen_t size = sizeof peer;
        int fd = (int)strtol(entry->d_name, NULL, 10);
        size_t length;

        if (getpeername(fd, (struct sockaddr *)&peer, &size) != 0 || peer.sun_family != AF_UNIX)
            continue;
        length = strnlen(peer.sun_path, sizeof peer.sun_path);
        if (length > 2 && strcmp(peer.sun_path + length - 2, ".u") == 0)
            found = fd;
    }
    if (directory != NULL)
        (void)closedir(directory);
    return found;
}

/* nng's frame: the kind of message, its length, pair1's header with one hop, and the body. */
static bool forge(const struct mp_message *message)
{
    unsigned char head[13] = {1};
    struct mp_buf body = {0}, frame = {0};
    int fd = find_connection();
    bool sent = mp_message_write(&body, message) == MPOOL_OK;

    for (int i = 0; i < 8; i++)
        head[8 - i] = (unsigned char)((body.size + 4) >> (8 * i));
    head[12] = 1;
    sent = sent && mp_buf_add(&frame, head, sizeof head) && mp_buf_add(&frame, body.data, body.size) &&
           send(fd, frame.data, frame.size, 0) == (ssize_t)frame.size;
    mp_buf_free(&body);
    mp_buf_free(&frame);
    return sent;
}

enum lie {
    NOTHING, /* a HELLO, which is out of place: that the forger can write at all */
    BLOCK_THAT_WAS_NOT_GRANTED,
    BLOCK_OF_THE_TOTALS,
    BLOCK_OUTSIDE,
    NEED_FOR_ANOTHER_JOB,
    NEED_OF_NOTHING,
    NEED_OF_TOO_MUCH,
    SECOND_NEED,
    ANOTHER_BLOCK_THAN_GRANTED,
    LIES
};

static struct mp_message answer_with(const struct mpool_job *job, size_t offset, size_t size)
{
    return (struct mp_message){.type = MP_FRAME_RESULTS,
                               .as.answers = {.generation = job->frame->generation,
                                              .ticket = job->ticket,
                                              .count = 1,
                                              .block = {.offset = offset, .size = size}}};
}

static struct mp_message need_of(uint32_t ticket, size_t size)
{
    return (struct mp_message){.type = MP_NEED, .as.need = {.ticket = ticket, .size = size}};
}

static bool tell(const struct mpool_job *job, enum lie lie)
{
    struct mp_message message = {.type = MP_HELLO}, need = need_of(job->ticket, 2 * MIB);

    switch (lie) {
    case NOTHING:
        break;
    case BLOCK_THAT_WAS_NOT_GRANTED:
        message = answer_with(job, 4 * MIB, 2 * MIB);
        break;
    case BLOCK_OF_THE_TOTALS:
        message = answer_with(job, 0, 2 * MIB);
        break;
    case BLOCK_OUTSIDE:
        message = answer_with(job, (size_t)1 << 45, 2 * MIB);
        break;
    case NEED_FOR_ANOTHER_JOB:
        message = need_of(job->ticket + 1, 2 * MIB);
        break;
    case NEED_OF_NOTHING:
        message = need_of(job->ticket, 0);
        break;
    case NEED_OF_TOO_MUCH:
        message = need_of(job->ticket, MPOOL_VALUE_MAX + 1);
        break;
    case SECOND_NEED:
        message = need;
        break;
    case ANOTHER_BLOCK_THAN_GRANTED:
        message = answer_with(job, 4096, 2 * MIB);
        break;
    case LIES:
        return false;
    }
    return (lie < SECOND_NEED || forge(&need)) && forge(&message);
}

MPOOL_FUNCTION(lie)
{
    int which;

    (void)result;
    if (mpool_unpack(args, "i", &which) != MPOOL_OK || !tell(job, (enum lie)which))
        return mpool_job_fail(job, "cannot forge");
    for (;;)
        nap();
}

SCENARIO(forge, of_blocks_is_not_believed)
{
    static struct lines lines;
    mpool_pool *pool =
        open_small_arena(16 * MIB, &(mpool_pool_options){.workers = 1, .log = keep_line, .log_user = &lines});
    mpool_future *value = give(pool, &(mpool_task){.function = "give_pattern"}, 3 * MIB, 1);
    size_t before;
    unsigned told;

    CHECK_OK(mpool_future_wait(value, LONG_MS, NULL));
    before = arena_memory();
    for (int lie = NOTHING; lie < LIES; lie++) {
        uint64_t started = stats_of(pool).workers_started;

        run_one(pool, &(mpool_task){.function = "lie"}, lie, MPOOL_CRASHED);
        AWAIT(stats_of(pool).workers_ready == 1);
        CHECK_INT(stats_of(pool).workers_started, started + 1);
        await_no_values(before);
    }
    /* The room is there as before, and the other value what it was. */
    check_given(give(pool, &(mpool_task){.function = "give_pattern"}, 4 * MIB, 2), 4 * MIB, 2);
    check_given(value, 3 * MIB, 1);
    check_given(give(pool, &(mpool_task){.function = "give_pattern"}, 7 * MIB, 3), 7 * MIB, 3);
    finish_pool(pool);
    /* Of a grant that it has not asked for a worker may die before we can tell it to. */
    told = count_lines(&lines, MPOOL_LOG_ERROR, "sent what it could not, and is killed for it: ");
    CHECK(told >= SECOND_NEED && told <= LIES);
    CHECK(find_line(&lines, 0, MPOOL_LOG_ERROR, "it is one, but not one that is due") >= 0);
    CHECK_INT(count_lines(&lines, MPOOL_LOG_WARNING, ", by the pool, for what it had sent; job"), told);
    CHECK_INT(count_lines(&lines, MPOOL_LOG_WARNING, "(lie) is charged"), LIES);
}

/* ---- children ---------------------------------------------------------------------------------------------------- */

enum birth_lie { PARENT_BEYOND, NO_TASK, NO_FUNCTION, NO_TOTAL, BIRTH_LIES };

/* A result of this job, with a child that cannot be. */
static bool tell_of_birth(const struct mpool_job *job, enum birth_lie lie)
{
    const mpool_collect collect = {.total = "nowhere"};
    mpool_task task = {.function = lie == NO_FUNCTION ? "no_such_function" : "square"};
    struct mp_buf bytes = {0};
    struct mp_bytes tasks = {.data = "\xc0", .size = 1};
    struct mp_birth birth = {.at = lie == PARENT_BEYOND ? 999999 : 0, .args = "\x07", .args_size = 1};
    struct mp_message message = answer_with(job, 0, 0);
    bool told;

    if (lie == NO_TOTAL) {
        task.collect = &collect;
        task.collect_count = 1;
    }
    if (lie != NO_TASK) {
        if (mp_task_write(&bytes, &task) != MPOOL_OK)
            return false;
        tasks = (struct mp_bytes){.data = bytes.data, .size = bytes.size};
    }
    message.as.answers.count = birth.at + 1;
    message.as.answers.tasks = &tasks;
    message.as.answers.task_count = 1;
    message.as.answers.births = &birth;
    message.as.answers.birth_count = 1;
    told = forge(&message);
    mp_buf_free(&bytes);
    return told;
}

MPOOL_FUNCTION(lie_of_birth)
{
    int which;

    (void)result;
    if (mpool_unpack(args, "i", &which) != MPOOL_OK || !tell_of_birth(job, (enum birth_lie)which))
        return mpool_job_fail(job, "cannot forge");
    for (;;)
        nap();
}

/* The liar is a child itself: then there is a list of what it descends from, and somebody might look behind its end. */
MPOOL_FUNCTION(bear_a_liar)
{
    int which;

    (void)result;
    if (mpool_unpack(args, "i", &which) != MPOOL_OK ||
        mpool_job_submit(job, &(mpool_task){.function = "lie_of_birth"}, "i", which) != MPOOL_OK)
        return mpool_job_fail(job, "%s", mpool_error_detail());
    return 0;
}

struct ends {
    atomic_int done, crashed;
};

static void count_end(void *user, const mpool_result *result)
{
    struct ends *ends = user;

    CHECK(result->child == (result->status == MPOOL_CRASHED));
    atomic_fetch_add(result->status == MPOOL_DONE ? &ends->done : &ends->crashed, 1);
}

SCENARIO(forge, of_children_is_not_believed)
{
    mpool_pool *pool = open_pool(1);
    struct ends ends = {0};

    for (int lie = PARENT_BEYOND; lie < BIRTH_LIES; lie++) {
        const mpool_task task = {.function = "bear_a_liar", .callback = count_end, .user = &ends};

        run_one(pool, &(mpool_task){.function = "lie_of_birth"}, lie, MPOOL_CRASHED);
        CHECK_OK(mpool_pool_submit(pool, &task, NULL, "i", lie));
    }
    CHECK_OK(mpool_pool_close(pool));
    CHECK_OK(mpool_pool_join(pool, LONG_MS));
    CHECK_INT(ends.done, BIRTH_LIES);
    CHECK_INT(ends.crashed, BIRTH_LIES);
    CHECK_INT(stats_of(pool).jobs_submitted, 3 * BIRTH_LIES);
    CHECK_INT(stats_of(pool).deaths_ours, 2 * BIRTH_LIES);
    close_pool(pool);
}
