/*
 * base/fd.h - file descriptors that keep out of the way of 0, 1 and 2
 */
#ifndef MP_BASE_FD_H
#define MP_BASE_FD_H

/*
 * mp_fd_raise - move a file descriptor above 2, close-on-exec; fd is closed if it was below
 *
 * A program may run with its standard streams closed. What is opened then gets their numbers, and what somebody prints
 * would land in it. Returns the new number, or -1 with errno set; -1 for -1.
 */
int mp_fd_raise(int fd);

#endif
