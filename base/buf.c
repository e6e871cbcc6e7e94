/*
 * base/buf.c - a byte buffer that grows by doubling
 *
 * Runs in: any process.
 */
#include "base/buf.h"

#include <stdint.h>
#include <stdlib.h>

bool mp_buf_reserve(struct mp_buf *buf, size_t more)
{
    size_t room = buf->room != 0 ? buf->room : 256;
    char *data;

    if (more > SIZE_MAX / 2 - buf->size)
        return false;
    while (room < buf->size + more)
        room *= 2;
    if (room == buf->room)
        return true;
    data = realloc(buf->data, room);
    if (data == NULL)
        return false;
    buf->data = data;
    buf->room = room;
    return true;
}

int mp_buf_write(void *buf, const char *data, size_t size)
{
    return mp_buf_add(buf, data, size) ? 0 : -1;
}

int mp_buf_write_bounded(void *writer, const char *data, size_t size)
{
    struct mp_buf_writer *to = writer;

    if (to->refused > 0 || size > to->most - to->buf->size) {
        to->refused += size;
        return -1;
    }
    to->failed = to->failed || !mp_buf_add(to->buf, data, size);
    return to->failed ? -1 : 0;
}

void mp_buf_free(struct mp_buf *buf)
{
    free(buf->data);
    *buf = (struct mp_buf){0};
}
