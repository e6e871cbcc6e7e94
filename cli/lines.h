/*
 * cli/lines.h - whole lines of many processes, on standard output and error of the run
 *
 * Workers write there themselves what `show: lines` asks for, one at a time: who has the lock writes lines that have
 * their end, however long they are, so lines are never mixed. The command draws its live line under the same lock.
 */
#ifndef CLI_LINES_H
#define CLI_LINES_H

#include <stdbool.h>
#include <stddef.h>

/* Called several times a second while a reader is slow; false: nobody wants to wait any longer. */
typedef bool lines_look(void *user);

struct lines_patience {
    lines_look *look;
    void *user;
};

/*
 * lines_open - before mpool_init(), whose workers have to keep lines_fd()
 *
 * mute      in   what goes to standard output is dropped
 *
 * Returns 0; or an errno. lines_close() releases it. Without it lines_fd() is 0, and the calls for the command do
 * nothing.
 */
int lines_open(bool mute);
int lines_fd(void);
void lines_close(void);

/*
 * lines_begin - in a worker, before lines to standard output or error: wait until nobody else writes
 *
 * number    in   STDOUT_FILENO, STDERR_FILENO
 *
 * Returns false if nothing is to be written there: it is muted, has an error, or waiting was given up.
 */
bool lines_begin(int number, const struct lines_patience *patience);

/* lines_put - write a part of these lines; lines_end - that was the last part */
void lines_put(int number, const char *bytes, size_t size, const struct lines_patience *patience);
void lines_end(void);

/* lines_draw - in the command: may the live line be drawn now? Then lines_drew() has to say that it was. */
bool lines_draw(void);
void lines_drew(void);

/* lines_cleared - it is gone; lines_took_away - has a worker taken it away, to write to the terminal? */
void lines_cleared(void);
bool lines_took_away(void);

/* lines_error - why lines could not be written, an errno; 0: they were */
int lines_error(int number);

#endif
