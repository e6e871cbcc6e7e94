static inline int *only_c(void *pointer)
{
    return pointer;
}
