/*
 * cli/memory.c - memory that is there, or the command ends
 *
 * Runs in: the mpool command. Owns: nothing; arenas belong to their users.
 */
#include "cli/memory.h"

#include <stdalign.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Large enough that a job file of usual size needs one. */
#define CHUNK_SIZE ((size_t)32 << 10)

struct arena_chunk {
    struct arena_chunk *next;
    size_t used;
    size_t room;
    alignas(max_align_t) char bytes[];
};

_Noreturn void memory_exhausted(void)
{
    (void)fputs("mpool: out of memory\n", stderr);
    exit(3);
}

void *memory_get(size_t size)
{
    void *memory = calloc(1, size > 0 ? size : 1);

    if (memory == NULL)
        memory_exhausted();
    return memory;
}

void *memory_grow(void *memory, size_t size)
{
    void *grown = realloc(memory, size > 0 ? size : 1);

    if (grown == NULL)
        memory_exhausted();
    return grown;
}

char *memory_copy(const void *bytes, size_t size)
{
    char *copy = memory_get(size + 1);

    if (size > 0)
        memcpy(copy, bytes, size);
    return copy;
}

void *memory_more(void *array, size_t *room, size_t count, size_t element_size)
{
    if (count < *room)
        return array;
    size_t wanted = *room == 0 ? 8 : *room * 2;
    if (wanted > SIZE_MAX / element_size)
        memory_exhausted();
    array = memory_grow(array, wanted * element_size);
    *room = wanted;
    return array;
}

void *arena_get(struct arena *arena, size_t size)
{
    struct arena_chunk *chunk = arena->chunks;
    size_t rounded = (size + alignof(max_align_t) - 1) / alignof(max_align_t) * alignof(max_align_t);

    if (chunk == NULL || chunk->room - chunk->used < rounded) {
        size_t room = rounded > CHUNK_SIZE ? rounded : CHUNK_SIZE;
        chunk = memory_get(sizeof *chunk + room);
        chunk->room = room;
        chunk->next = arena->chunks;
        arena->chunks = chunk;
    }
    void *memory = chunk->bytes + chunk->used;
    chunk->used += rounded;
    return memory;
}

char *arena_copy(struct arena *arena, const void *bytes, size_t size)
{
    char *copy = arena_get(arena, size + 1);

    if (size > 0)
        memcpy(copy, bytes, size);
    copy[size] = '\0';
    return copy;
}

void arena_free(struct arena *arena)
{
    while (arena->chunks != NULL) {
        struct arena_chunk *next = arena->chunks->next;
        free(arena->chunks);
        arena->chunks = next;
    }
}
