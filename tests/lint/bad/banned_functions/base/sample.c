/* strcpy(to, from) in a comment
   gets(line) on its second line */
static const char *const text = "sprintf(\"%s\")"; // system(text)
int sample(struct sample *s)
{
    strcpy(s->to, s->from);
    s->system("a member is not the function");
    s.popen("nor is this");
    my_strcpy(s->to, s->from);
    strcpy (s->to, s->from); /* lint: allow strcpy because the sample says so */
    /* lint: allow strcpy because the sample says so */
    strcpy(s->to, s->from);
    /* lint: allow strcpy */
    strcpy(s->to, s->from);
    /* lint: allow strcat because it is about another function */
    strcpy(s->to, s->from);
    s->c = '"'; gets(s->line); s->c = '"';
    printf /* with a comment between */ ("%s", s->line);
    fork();
    pthread_condattr_setpshared(&s->attributes, PTHREAD_PROCESS_SHARED);
    usleep(1);
    exit(1);
    _exit(1);
    return atoi(s->line) + atoi(s->line);
}
