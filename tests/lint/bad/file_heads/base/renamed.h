/*
 * base/old.h - was renamed, and the comment was not
 */
