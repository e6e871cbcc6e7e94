/*
 * workers/functions/file_size.c - what lstat() tells about one file
 *
 * Runs in: workers. This is the function of the main job, which calls it a million times, so it makes one system call,
 * allocates nothing, and packs by hand. A name is bytes: it is packed as it came, a str as a str and a bin as a bin.
 */
#include "args.h"
#include "builtins.h"

#include <mpool/job.h>

#include <errno.h>
#include <limits.h>
#include <string.h>
#include <sys/stat.h>

/* The unit of st_blocks, whatever the file system's own block is. */
#define BLOCK_BYTES 512

static const char *type_name(mode_t mode)
{
    switch (mode & S_IFMT) {
    case S_IFREG:
        return "file";
    case S_IFDIR:
        return "directory";
    case S_IFLNK:
        return "link";
    case S_IFIFO:
        return "fifo";
    case S_IFSOCK:
        return "socket";
    case S_IFCHR:
        return "character_device";
    case S_IFBLK:
        return "block_device";
    default:
        return "other";
    }
}

/* The fields behind the path, packed: nine keys of up to 9 bytes with numbers of up to 9, and the type's name. */
struct fields {
    char bytes[256];
    size_t size;
};

/* Inlined, as the compiler sees which packer it is for: packing costs a third of lstat() so, else as much as it. */
static int append(void *fields, const char *bytes, size_t size)
{
    struct fields *to = fields;

    if (size > sizeof to->bytes - to->size)
        return -1;
    memcpy(to->bytes + to->size, bytes, size);
    to->size += size;
    return 0;
}

static inline int pack_text(msgpack_packer *packer, const char *text)
{
    return msgpack_pack_str_with_body(packer, text, strlen(text));
}

static inline int pack_unsigned(msgpack_packer *packer, const char *key, uint64_t value)
{
    return pack_text(packer, key) | msgpack_pack_uint64(packer, value);
}

static inline int pack_signed(msgpack_packer *packer, const char *key, int64_t value)
{
    return pack_text(packer, key) | msgpack_pack_int64(packer, value);
}

/*
 * The path as it came, then the fields; those that are summed up come first, for a total looks from the front. The
 * fields are gathered here and appended at once, as the raw bytes they are: msgpack calls its writer twice a key.
 */
static int pack_status(msgpack_packer *result, const msgpack_object *path, const struct stat *status)
{
    struct fields fields;
    msgpack_packer packer;
    int err = 0;

    fields.size = 0;
    msgpack_packer_init(&packer, &fields, append);
    err |= pack_signed(&packer, "bytes", status->st_size);
    err |= pack_signed(&packer, "allocated", (int64_t)status->st_blocks * BLOCK_BYTES);
    err |= pack_signed(&packer, "blocks", status->st_blocks);
    err |= pack_signed(&packer, "mtime", status->st_mtim.tv_sec);
    err |= pack_text(&packer, "type") | pack_text(&packer, type_name(status->st_mode));
    err |= pack_unsigned(&packer, "mode", status->st_mode & 07777);
    err |= pack_unsigned(&packer, "links", status->st_nlink);
    err |= pack_unsigned(&packer, "inode", status->st_ino);
    err |= pack_unsigned(&packer, "device", status->st_dev);

    err |= msgpack_pack_map(result, 10);
    err |= pack_text(result, "path") | msgpack_pack_object(result, *path);
    err |= msgpack_pack_str_body(result, fields.bytes, fields.size);
    return err;
}

int mp_builtin_file_size(mpool_job *job, const msgpack_object *args, msgpack_packer *result)
{
    const msgpack_object *path = args->type == MSGPACK_OBJECT_MAP ? mp_args_field(args, "path") : args;
    char name[PATH_MAX];
    struct stat status;
    const char *bytes;
    size_t size;

    if (!mp_args_bytes(path, &bytes, &size))
        return mpool_job_fail(job, "file_size: the argument is not a path, and not a map with one as `path`");
    if (size == 0)
        return mpool_job_fail(job, "file_size: the path is empty");
    if (size >= sizeof name)
        return mpool_job_fail(job, "file_size: a path of %zu bytes is too long, %d is the most", size, PATH_MAX - 1);
    if (memchr(bytes, '\0', size) != NULL)
        return mpool_job_fail(job, "file_size: the path has a NUL byte in it");
    memcpy(name, bytes, size);
    name[size] = '\0';
    if (lstat(name, &status) != 0)
        return mpool_job_fail(job, "%s: %s", name, strerror(errno));
    if (pack_status(result, path, &status) != 0)
        return mpool_job_fail(job, "no memory for the result");
    return 0;
}
