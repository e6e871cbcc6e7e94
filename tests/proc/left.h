/*
 * tests/proc/left.h - what a program has left behind
 */
#ifndef TESTS_PROC_LEFT_H
#define TESTS_PROC_LEFT_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

/* The names in a directory at a moment. */
struct left_names {
    char (*names)[256];
    size_t count;
};

/* left_parent - of a process; 0 if it is gone. */
pid_t left_parent(pid_t pid);

void left_list(const char *directory, struct left_names *names);
void left_free(struct left_names *names);

/*
 * left_processes - processes with the marker in their environment, and children of ours
 *
 * but       in   one that is not to be counted; 0: none
 * text      out  them, by process id and name
 *
 * Dead children of ours are reaped on the way. Returns their number.
 */
unsigned left_processes(const char *marker, pid_t but, char *text, size_t room);

/* left_kill - end the processes that left_processes() finds, and wait until they are gone. */
void left_kill(const char *marker);

/*
 * left_files - is anything in a directory that was not there before?
 *
 * before    in   what was there; NULL: nothing
 * others    in   how names of no interest begin; NULL: all are of interest
 * text      out  what is new
 */
bool left_files(const char *directory, const struct left_names *before, const char *others, char *text, size_t room);

/* left_remove - a directory with all that is in it. */
void left_remove(const char *directory);

#endif
