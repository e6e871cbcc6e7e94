/*
 * cli/board.c - what each worker of a run does at this moment
 *
 * Runs in: the mpool command, its workers, and another mpool command that looks. Owns: the memory of the run's own
 * board, and the file without a name behind it.
 *
 * A slot has two parts with one writer each, the worker and the command. Each part has a turn that is odd while it is
 * written, and who reads takes nothing that was written meanwhile. A writer that is killed in the midst leaves an odd
 * turn: its part says nothing then, until the next worker of this slot writes, which begins with an odd turn all the
 * same. What a worker that is dead has left there is told by its process id. The file can be read and written by this
 * user alone, and nobody can change its size: so no reader dies of it.
 */
#include "cli/board.h"

#include <mpool/job.h>

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

/* It names the layout: a board of another version is none. */
static const char magic[16] = "mpool board 1";

/* What the board's file is called, and what a descriptor of it is a link to. */
#define FILE_NAME "mpool-board"
static const char link_begin[] = "/memfd:" FILE_NAME " ";

/* How often a part is read again that was written meanwhile. */
#define TRIES 100

struct slot {
    /* The worker's. */
    atomic_uint turn;
    atomic_int program;   /* by itself, for it changes while a job runs */
    _Atomic uint64_t job; /* likewise when it ends; 0: none */
    int64_t began_ns;
    pid_t pid;
    unsigned attempt;
    /* The command's. */
    _Alignas(64) atomic_uint caption_turn;
    struct board_caption caption;
};

struct board {
    char magic[16];
    struct board_identity identity; /* written before the name is */
    struct board_run run;
    _Alignas(64) struct slot slots[MPOOL_WORKERS_MAX];
};

static struct {
    struct board *board; /* NULL: there is none */
    int fd;
    pid_t pid; /* of the process that writes; asked for once in each */
} own;

int64_t board_clock_ns(void)
{
    struct timespec now = {0};

    (void)clock_gettime(CLOCK_MONOTONIC_COARSE, &now);
    return (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
}

/* ---- parts that are written while others read -------------------------------------------------------------------- */

static void begin_part(atomic_uint *turn)
{
    atomic_store_explicit(turn, atomic_load_explicit(turn, memory_order_relaxed) | 1, memory_order_relaxed);
    atomic_thread_fence(memory_order_release);
}

static void end_part(atomic_uint *turn)
{
    atomic_store_explicit(turn, atomic_load_explicit(turn, memory_order_relaxed) + 1, memory_order_release);
}

/* Copies a part; false: there was always somebody writing, or one was killed at it. */
static bool read_part(const atomic_uint *turn, const void *part, size_t size, void *copy)
{
    for (int i = 0; i < TRIES; i++) {
        unsigned before = atomic_load_explicit(turn, memory_order_acquire);
        memcpy(copy, part, size);
        atomic_thread_fence(memory_order_acquire);
        if (before % 2 == 0 && atomic_load_explicit(turn, memory_order_relaxed) == before)
            return true;
    }
    return false;
}

/* ---- in the command ---------------------------------------------------------------------------------------------- */

int board_open(void)
{
    int fd = memfd_create(FILE_NAME, MFD_CLOEXEC | MFD_ALLOW_SEALING);
    struct board *board = MAP_FAILED;

    if (fd < 0)
        return errno;
    if (fchmod(fd, 0600) == 0 && ftruncate(fd, sizeof *board) == 0 &&
        fcntl(fd, F_ADD_SEALS, F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_SEAL) == 0)
        board = mmap(NULL, sizeof *board, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    if (board == MAP_FAILED) {
        int error = errno;
        (void)close(fd);
        return error;
    }
    atomic_store(&board->run.step, -1);
    own.board = board;
    own.fd = fd;
    return 0;
}

void board_close(void)
{
    if (own.board == NULL)
        return;
    (void)munmap(own.board, sizeof *own.board);
    (void)close(own.fd);
    own.board = NULL;
}

struct board *board_own(void)
{
    return own.board;
}

void board_sign(const struct board_identity *identity)
{
    own.board->identity = *identity;
    atomic_thread_fence(memory_order_release);
    memcpy(own.board->magic, magic, sizeof magic);
}

struct board_run *board_run(struct board *board)
{
    return &board->run;
}

/* How much of a text has room, without half of a character at its end. */
static size_t cut(const char *text, size_t size)
{
    if (size <= BOARD_ITEM)
        return size;
    for (size = BOARD_ITEM; size > 0 && ((unsigned char)text[size] & 0xc0) == 0x80; size--)
        continue;
    return size;
}

void board_describe(unsigned worker, uint64_t job, size_t step, uint64_t index, const char *item, size_t size)
{
    struct slot *slot = &own.board->slots[worker];
    struct board_caption *caption = &slot->caption;

    begin_part(&slot->caption_turn);
    caption->job = job;
    caption->step = (uint32_t)step;
    caption->index = index;
    caption->size = (uint32_t)cut(item, size);
    memcpy(caption->item, item, caption->size);
    end_part(&slot->caption_turn);
}

pid_t board_program_of(unsigned worker)
{
    return own.board == NULL ? 0 : atomic_load_explicit(&own.board->slots[worker].program, memory_order_relaxed);
}

/* ---- in a worker ------------------------------------------------------------------------------------------------- */

void board_begin(const mpool_job *job)
{
    struct slot *slot = &own.board->slots[mpool_job_worker(job)];

    if (own.pid == 0)
        own.pid = getpid();
    begin_part(&slot->turn);
    atomic_store_explicit(&slot->program, 0, memory_order_relaxed);
    slot->began_ns = board_clock_ns();
    slot->pid = own.pid;
    slot->attempt = mpool_job_attempt(job);
    atomic_store_explicit(&slot->job, mpool_job_number(job) + 1, memory_order_relaxed);
    end_part(&slot->turn);
}

void board_end(const mpool_job *job)
{
    atomic_store_explicit(&own.board->slots[mpool_job_worker(job)].job, 0, memory_order_relaxed);
}

void board_program(const mpool_job *job, pid_t program)
{
    atomic_store_explicit(&own.board->slots[mpool_job_worker(job)].program, program, memory_order_relaxed);
}

/* ---- whose it is ------------------------------------------------------------------------------------------------- */

bool board_identify(const char *journal, int64_t run, struct board_identity *identity)
{
    struct stat status;

    if (stat(journal, &status) != 0)
        return false;
    *identity = (struct board_identity){.device = status.st_dev, .inode = status.st_ino, .run = run};
    return true;
}

/* ---- to be read -------------------------------------------------------------------------------------------------- */

static bool is_of(const struct board *board, const struct board_identity *identity)
{
    return memcmp(board->magic, magic, sizeof magic) == 0 && board->identity.device == identity->device &&
           board->identity.inode == identity->inode && board->identity.run == identity->run;
}

/* The board in a file, if it is that of the run. */
static struct board *map(int directory, const char *name, const struct board_identity *identity)
{
    int fd = openat(directory, name, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
    struct stat status;
    struct board *board = MAP_FAILED;

    if (fd >= 0 && fstat(fd, &status) == 0 && status.st_size == (off_t)sizeof *board)
        board = mmap(NULL, sizeof *board, PROT_READ, MAP_SHARED, fd, 0);
    if (fd >= 0)
        (void)close(fd);
    if (board == MAP_FAILED)
        return NULL;
    if (is_of(board, identity))
        return board;
    (void)munmap(board, sizeof *board);
    return NULL;
}

struct board *board_of(pid_t pid, const struct board_identity *identity)
{
    struct board *board = NULL;
    char path[64], target[64];

    (void)snprintf(path, sizeof path, "/proc/%d/fd", (int)pid);
    DIR *directory = opendir(path);
    for (struct dirent *entry; directory != NULL && board == NULL && (entry = readdir(directory)) != NULL;) {
        ssize_t size = readlinkat(dirfd(directory), entry->d_name, target, sizeof target);
        /* "/memfd:mpool-board (deleted)": nothing else is opened, for that may do something. */
        if (size > (ssize_t)strlen(link_begin) && memcmp(target, link_begin, strlen(link_begin)) == 0)
            board = map(dirfd(directory), entry->d_name, identity);
    }
    if (directory != NULL)
        (void)closedir(directory);
    return board;
}

void board_leave(struct board *board)
{
    if (board != NULL)
        (void)munmap(board, sizeof *board);
}

bool board_read(const struct board *board, unsigned worker, struct board_work *work)
{
    const struct slot *slot = &board->slots[worker];
    struct slot seen;

    if (!read_part(&slot->turn, slot, offsetof(struct slot, caption_turn), &seen) || seen.job == 0)
        return false;
    /* A process of another user may not be asked, but it is there. */
    if (seen.pid <= 0 || (kill(seen.pid, 0) != 0 && errno == ESRCH))
        return false;
    *work = (struct board_work){.worker = worker,
                                .job = seen.job,
                                .began_ns = seen.began_ns,
                                .pid = seen.pid,
                                .program = seen.program,
                                .attempt = seen.attempt};
    work->known = read_part(&slot->caption_turn, &slot->caption, sizeof slot->caption, &work->caption) &&
                  work->caption.job == work->job && work->caption.size <= BOARD_ITEM;
    return true;
}
