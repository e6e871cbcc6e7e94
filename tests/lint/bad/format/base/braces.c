int good(void)
{
    return 1;
}

int braces(void) {
  return 1;
}
