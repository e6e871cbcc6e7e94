/*
 * base/buf.h - a byte buffer that grows
 *
 * {0} is an empty buffer. msgpack packers write into it through mp_buf_write().
 */
#ifndef MP_BASE_BUF_H
#define MP_BASE_BUF_H

#include <stdbool.h>
#include <stddef.h>
#include <string.h>

struct mp_buf {
    char *data; /* owned; NULL while nothing was ever added */
    size_t size;
    size_t room;
};

/* mp_buf_reserve - make room for `more` bytes behind the content; false: out of memory, nothing has changed. */
bool mp_buf_reserve(struct mp_buf *buf, size_t more);

/*
 * Copies up to 16 bytes by two moves that may overlap: packed numbers are so short that the call of memcpy() would take
 * longer than the copy.
 */
static inline void mp_buf_copy(char *to, const char *from, size_t size)
{
    if (size > 16) {
        memcpy(to, from, size);
    } else if (size >= 8) {
        memcpy(to, from, 8);
        memcpy(to + size - 8, from + size - 8, 8);
    } else if (size >= 4) {
        memcpy(to, from, 4);
        memcpy(to + size - 4, from + size - 4, 4);
    } else if (size > 0) {
        to[0] = from[0];
        to[size / 2] = from[size / 2];
        to[size - 1] = from[size - 1];
    }
}

/* mp_buf_add - append; false: out of memory, nothing has changed. */
static inline bool mp_buf_add(struct mp_buf *buf, const void *data, size_t size)
{
    if (size > buf->room - buf->size && !mp_buf_reserve(buf, size))
        return false;
    mp_buf_copy(buf->data + buf->size, data, size);
    buf->size += size;
    return true;
}

/* mp_buf_write - mp_buf_add() in the shape of a msgpack_packer_write; `buf` is a struct mp_buf. */
int mp_buf_write(void *buf, const char *data, size_t size);

/* A buffer for what somebody else packs, which takes no more than it may have. */
struct mp_buf_writer {
    struct mp_buf *buf;
    size_t most;    /* bytes that it may have */
    size_t refused; /* bytes that were too many; once there are any, it takes no others */
    bool failed;    /* there was no memory for some, likewise */
};

/* mp_buf_write_bounded - a msgpack_packer_write; `writer` is a struct mp_buf_writer. */
int mp_buf_write_bounded(void *writer, const char *data, size_t size);

/* mp_buf_free - release the memory; the buffer is empty afterwards and may be used again. */
void mp_buf_free(struct mp_buf *buf);

#endif
