/*
 * pool/where.c - does not say where it runs
 */
/* Runs in: a comment further down does not count. */
