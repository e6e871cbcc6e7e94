/*
 * include/mpool/path.h - named as it is not included
 */
