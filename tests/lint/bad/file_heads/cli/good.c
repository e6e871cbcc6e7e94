/*
 * cli/good.c - the command has one kind of process
 */
