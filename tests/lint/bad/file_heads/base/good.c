/*
 * base/good.c - says what it is
 *
 * Does a thing. Runs in: any process.
 */
