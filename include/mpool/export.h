/*
 * mpool/export.h - which symbols libmpool shows
 */
#ifndef MPOOL_EXPORT_H
#define MPOOL_EXPORT_H

#if defined(__cplusplus)
#define MPOOL_API extern "C" __attribute__((visibility("default")))
#else
#define MPOOL_API __attribute__((visibility("default")))
#endif

/* The compiler checks the arguments from number `first` on against the printf format that is argument number `text`. */
#define MPOOL_PRINTF(text, first) __attribute__((format(printf, text, first)))

/* Not everybody has a use for it. */
#define MPOOL_UNUSED __attribute__((unused))

#endif
