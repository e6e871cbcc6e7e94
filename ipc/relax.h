/*
 * ipc/relax.h - a moment's pause while another processor is about to be done
 */
#ifndef MP_IPC_RELAX_H
#define MP_IPC_RELAX_H

static inline void mp_relax(void)
{
#if defined(__x86_64__) || defined(__i386__)
    __builtin_ia32_pause();
#elif defined(__aarch64__)
    __asm__ volatile("isb" ::: "memory");
#endif
}

#endif
