/*
 * cli/signals.h - ^C and other wishes to stop, and the wish to be told what runs
 */
#ifndef CLI_SIGNALS_H
#define CLI_SIGNALS_H

#include <stdbool.h>

/*
 * signals_ignore - ignore what would end or stop a run for want of a reader
 *
 * SIGPIPE: writing to a pipe that nobody reads is an error of the write. SIGTTOU: a run in the background that tells
 * what it has come to is not stopped for it, whatever the terminal is set to; its jobs would wait as well.
 */
void signals_ignore(void);

/*
 * signals_catch - from now on SIGINT, SIGTERM and SIGHUP are counted and no longer end the command, nor does SIGUSR1
 *
 * One that is ignored, as SIGHUP under nohup, stays so. System calls that wait are interrupted.
 */
void signals_catch(void);

/*
 * signals_asked - how insistently to stop
 *
 * 0 not at all; 1 after what is running (^C); 2 what is running is to stop (^C again, SIGTERM, SIGHUP); 3 at once (once
 * more)
 */
int signals_asked(void);

/* signals_first - the first signal that asked; 0 if none did */
int signals_first(void);

/* signals_fd - readable while a signal has asked that was not heeded; for poll(). -1 before signals_catch(). */
int signals_fd(void);

/* signals_heed - signals_asked(), for who does what is asked; signals_fd() is readable at the next signal only */
int signals_heed(void);

/* signals_curious - has SIGUSR1 come since the last call? */
bool signals_curious(void);

/* signals_stop_wanted - has SIGTSTP (^Z) come, and no SIGCONT since? */
bool signals_stop_wanted(void);

/*
 * signals_stop - stop this process, as if SIGTSTP had never been caught; returns when it is continued
 *
 * Returns at once where the kernel lets no such stop be, because nobody is there who could end it.
 */
void signals_stop(void);

/* signals_die - end by a signal, as if it had never been caught. Everything has to be cleaned up. */
void signals_die(int signal);

#endif
