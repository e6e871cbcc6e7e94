#include <stdlib.h>
#include <string.h>

struct pair {
    int a;
    int b;
};

int leak(size_t size)
{
    char *memory = malloc(size);

    if (memory == NULL)
        return -1;
    return 0;
}

int dangling(int *value)
{
    free(value);
    return *value;
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
