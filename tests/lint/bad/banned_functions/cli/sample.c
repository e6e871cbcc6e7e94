int main(void)
{
    printf("a program may print\n");
    exit(system("true"));
}
