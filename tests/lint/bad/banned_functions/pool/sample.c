int sample(void)
{
    wait(NULL);
    return fork();
}
