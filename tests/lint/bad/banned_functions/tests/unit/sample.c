int main(void)
{
    usleep(100000);
    sleep(1); /* lint: allow sleep because nothing tells when it is over */
    return fork();
}
