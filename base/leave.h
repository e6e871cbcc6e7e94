/*
 * base/leave.h - the end of a process that was forked and never called exec
 */
#ifndef MP_BASE_LEAVE_H
#define MP_BASE_LEAVE_H

#include <unistd.h>

#ifdef MPOOL_COVERAGE
/* gcc's: writes down what was executed; exit() would have called it. */
void __gcov_dump(void); /* NOLINT(bugprone-reserved-identifier,cert-dcl37-c) because it is gcc's name */
#endif

/*
 * mp_leave - _exit()
 *
 * exit() would run the host program's atexit handlers in a process that is not the host.
 */
_Noreturn static inline void mp_leave(int code)
{
#ifdef MPOOL_COVERAGE
    __gcov_dump();
#endif
    _exit(code);
}

#endif
