/*
 * mpool/good.h - named as it is included
 */
