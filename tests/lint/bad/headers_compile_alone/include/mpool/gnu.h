#include <unistd.h>
static inline int gnu(void)
{
    return gettid();
}
