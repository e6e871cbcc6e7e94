#include <stdlib.h>
#include <string.h>

struct pair {
    int a;
    int b;
};

void *grow(void *memory, size_t size)
{
    memory = realloc(memory, size);
    return memory;
}

void clear(struct pair *pair)
{
    memset(pair, sizeof *pair, 0);
}

int compared(const struct pair *one, const struct pair *two)
{
    if (one->a == two->a && one->a == two->a)
        return 1;
    return one->b;
}

int good(const struct pair *pair)
{
    return pair->a < pair->b ? pair->a : pair->b;
}
