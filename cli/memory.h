/*
 * cli/memory.h - memory that is there, or the command ends
 *
 * The command is a program, not a library: where memory runs out it says so and exits with 3. The fork server ends its
 * workers when that happens, so nothing is left behind.
 */
#ifndef CLI_MEMORY_H
#define CLI_MEMORY_H

#include <stddef.h>

/* memory_exhausted - say that there is none, and end the command */
_Noreturn void memory_exhausted(void);

/* memory_get - `size` zeroed bytes; memory_grow - as realloc(); memory_copy - a copy of bytes with a NUL behind. */
void *memory_get(size_t size);
void *memory_grow(void *memory, size_t size);
char *memory_copy(const void *bytes, size_t size);

/*
 * memory_more - grow an array by doubling
 *
 * room      in/out  elements there is room for
 * count     in      elements in use; the result has room for one more
 */
void *memory_more(void *array, size_t *room, size_t count, size_t element_size);

/* Many small pieces that are freed together. {0} is an empty one. */
struct arena {
    struct arena_chunk *chunks;
};

void *arena_get(struct arena *arena, size_t size);
char *arena_copy(struct arena *arena, const void *bytes, size_t size);
void arena_free(struct arena *arena);

#endif
