/*
 * cli/journal_file.c - the file of a journal: is it one, whose is it, and who is writing to it?
 *
 * Runs in: the mpool command, on its main thread. Owns: the lock.
 *
 * The lock is one of an open file description (F_OFD_SETLK), on a byte behind those that SQLite locks and behind the
 * end of the file. Locks of a process would be gone as soon as anything in it closes the file. The description is
 * closed after SQLite's, because closing it would take SQLite's own locks away.
 *
 * The first page of the file says that it is ours from the first commit on: the tables are made before the file is
 * switched to write-ahead logging, after which a commit would be only in the log. So a file can be looked at before
 * SQLite touches it, and somebody else's is left as it is.
 */
#include "cli/journal_file.h"

#include "cli/command.h"
#include "cli/memory.h"
#include "cli/notice.h"

#include <endian.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <time.h>
#include <unistd.h>

/* "mpol" at byte 68 of the file, and the version of the tables at byte 60: SQLite's header has these places for it. */
#define APPLICATION 0x6d706f6c
#define VERSION 1
#define VERSION_AT 60
#define APPLICATION_AT 68
#define HEADER_SIZE 100

#define LOCK_BYTE (INT64_C(1) << 62)

/* ---- the lock ---------------------------------------------------------------------------------------------------- */

static bool try_lock(int fd)
{
    struct flock lock = {.l_type = F_WRLCK, .l_whence = SEEK_SET, .l_start = LOCK_BYTE, .l_len = 1};

    return fcntl(fd, F_OFD_SETLK, &lock) == 0;
}

bool journal_file_busy(const char *path)
{
    struct flock lock = {.l_type = F_WRLCK, .l_whence = SEEK_SET, .l_start = LOCK_BYTE, .l_len = 1};
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    bool busy = fd >= 0 && fcntl(fd, F_OFD_GETLK, &lock) == 0 && lock.l_type != F_UNLCK;

    if (fd >= 0)
        (void)close(fd);
    return busy;
}

/* Who has the lock has written its run down, unless it has begun this very moment. */
static void say_in_use(const char *path)
{
    struct sql sql;
    char since[32] = "";
    struct tm local;

    bool open = sql_open(&sql, path, SQLITE_OPEN_READONLY);
    sqlite3_stmt *query = open ? sql_prepare(&sql, "SELECT pid, started FROM runs ORDER BY id DESC LIMIT 1") : NULL;
    if (sql_step(&sql, query)) {
        time_t started = (time_t)(sqlite3_column_int64(query, 1) / 1000000000);
        if (localtime_r(&started, &local) != NULL)
            (void)strftime(since, sizeof since, "%Y-%m-%d %H:%M:%S", &local);
        notice(path,
               "the journal is in use by process %lld, since %s; wait for its end, or name another one: "
               "--journal FILE",
               (long long)sqlite3_column_int64(query, 0), since);
    } else {
        notice(path, "the journal is in use by a run that has just begun; wait for its end, or name another one: "
                     "--journal FILE");
    }
    (void)sqlite3_finalize(query);
    sql_close(&sql);
}

/* ---- the file ---------------------------------------------------------------------------------------------------- */

const char *journal_file_remote(unsigned long type)
{
    static const struct {
        unsigned long type;
        const char *name;
    } remote[] = {
        {NFS_SUPER_MAGIC, "NFS"}, {SMB_SUPER_MAGIC, "SMB"}, {0xff534d42, "CIFS"},       {0xfe534d42, "SMB"},
        {AFS_SUPER_MAGIC, "AFS"}, {AFS_FS_MAGIC, "AFS"},    {CODA_SUPER_MAGIC, "Coda"}, {0x00c36400, "Ceph"},
        {V9FS_MAGIC, "9P"},       {0x0bd00bd0, "Lustre"},   {0x47504653, "GPFS"},       {0x19830326, "BeeGFS"},
        {0x7461636f, "OCFS2"},    {0x01161970, "GFS2"},
    };

    for (size_t i = 0; i < sizeof remote / sizeof remote[0]; i++) {
        if (remote[i].type == type)
            return remote[i].name;
    }
    return NULL;
}

static uint32_t header_number(const unsigned char *header, size_t at)
{
    uint32_t number;

    memcpy(&number, header + at, sizeof number);
    return be32toh(number);
}

const char *journal_file_is(int fd)
{
    unsigned char header[HEADER_SIZE];
    ssize_t size = pread(fd, header, sizeof header, 0);

    if (size == 0)
        return NULL; /* new, or its maker was killed before the first commit */
    if (size < HEADER_SIZE || memcmp(header, "SQLite format 3", 16) != 0 ||
        header_number(header, APPLICATION_AT) != APPLICATION)
        return "is not a journal of mpool; name another file: --journal FILE";
    if (header_number(header, VERSION_AT) != VERSION)
        return "is a journal of another version of mpool; use that one, or name another file: --journal FILE";
    return NULL;
}

/* Is the file that was locked still the one of that name? Who cleans up may have removed it in between. */
static bool is_still_there(int fd, const char *path)
{
    struct stat ours, there;

    return fstat(fd, &ours) == 0 && stat(path, &there) == 0 && ours.st_ino == there.st_ino &&
           ours.st_dev == there.st_dev;
}

static int open_file(const char *path)
{
    int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOCTTY | O_NONBLOCK, 0600);

    if (fd < 0) {
        int code = errno;
        notice(path, "the journal cannot be opened: %s%s", strerror(code),
               code == EROFS || code == EACCES || code == EPERM
                   ? "; name a file in a directory that you may write to: --journal FILE"
                   : "");
    }
    return fd;
}

/* What is wrong with the place or the kind of the file; an exit code. */
static int check_place(int fd, const char *path)
{
    struct stat status;
    struct statfs system;

    if (fstat(fd, &status) != 0 || !S_ISREG(status.st_mode)) {
        notice(path, "a journal is a regular file, and this is none");
        return EXIT_USAGE;
    }
    const char *remote = fstatfs(fd, &system) == 0 ? journal_file_remote((unsigned long)system.f_type) : NULL;
    if (remote != NULL) {
        notice(path,
               "is on a network file system (%s), where a journal is not safe; name a file on a local disk: "
               "--journal FILE",
               remote);
        return EXIT_USAGE;
    }
    return EXIT_DONE;
}

int journal_file_open(struct journal_file *file, const char *path)
{
    const char *problem;
    int fd, code;

    *file = (struct journal_file){.fd = -1};
    do {
        fd = open_file(path);
        if (fd < 0)
            return EXIT_USAGE;
        code = check_place(fd, path);
        if (code == EXIT_DONE && (problem = journal_file_is(fd)) != NULL) {
            notice(path, "%s", problem);
            code = EXIT_JOURNAL;
        }
        if (code == EXIT_DONE && !try_lock(fd)) {
            say_in_use(path);
            code = EXIT_JOURNAL;
        }
        if (code != EXIT_DONE) {
            (void)close(fd);
            return code;
        }
        if (is_still_there(fd, path))
            break;
        (void)close(fd);
    } while (true);
    file->fd = fd;
    file->path = realpath(path, NULL);
    if (file->path == NULL)
        memory_exhausted();
    return EXIT_DONE;
}

void journal_file_close(struct journal_file *file)
{
    if (file->fd >= 0)
        (void)close(file->fd);
    free(file->path);
    *file = (struct journal_file){.fd = -1};
}

void journal_file_remove(const char *path)
{
    static const char *const suffixes[] = {"-wal", "-shm", "-journal", ""};
    int fd = open(path, O_RDWR | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);

    /* The file itself goes last: without it, nobody would look for the others. */
    for (size_t i = 0; fd >= 0 && try_lock(fd) && i < sizeof suffixes / sizeof suffixes[0]; i++) {
        struct text name = {0};
        text_printf(&name, "%s%s", path, suffixes[i]);
        (void)unlink(name.data);
        text_free(&name);
    }
    if (fd >= 0)
        (void)close(fd);
}

/* ---- the tables -------------------------------------------------------------------------------------------------- */

/*
 * Jobs are appended by rowid, and have no index: a hash as primary key would make each row a write somewhere else. A
 * job's run is that of its step. Names and texts that people chose are blobs, for they may be no UTF-8.
 */
static const char schema[] =
    "BEGIN IMMEDIATE;"
    "PRAGMA application_id = 1836085100;"
    "PRAGMA user_version = 1;"
    "CREATE TABLE journal (identity BLOB, jobfile BLOB, directory BLOB, settings TEXT);"
    "CREATE TABLE runs (id INTEGER PRIMARY KEY, number INTEGER, chain INTEGER, name BLOB, version TEXT, host TEXT,"
    " pid INTEGER, pid_start INTEGER, boot TEXT, started INTEGER, ended INTEGER, exit INTEGER, output BLOB,"
    " output_base INTEGER, row_base INTEGER, summary TEXT);"
    "CREATE TABLE steps (id INTEGER PRIMARY KEY, run INTEGER, number INTEGER, name BLOB, function BLOB,"
    " attempts_max INTEGER, totals TEXT, jobs INTEGER);"
    "CREATE TABLE jobs (id INTEGER PRIMARY KEY, step INTEGER, number INTEGER, key BLOB, status INTEGER,"
    " attempts INTEGER, worker INTEGER, started INTEGER, ended INTEGER, item BLOB, error BLOB, result BLOB,"
    " output INTEGER, exit INTEGER, signal INTEGER, resumed INTEGER);"
    "COMMIT;";

_Static_assert(APPLICATION == 1836085100 && VERSION == 1, "the schema says the same as the header is checked for");

bool journal_file_schema(struct sql *sql)
{
    if (sql_number(sql, "SELECT count(*) FROM sqlite_schema", 0, 0) == 0)
        (void)sql_run(sql, schema);
    return sql_run(sql, "PRAGMA journal_mode = WAL");
}
