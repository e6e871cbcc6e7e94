/*
 * tests/cli/journal_driver.h - what journal-driver writes to its standard output with acks=1
 */
#ifndef TESTS_CLI_JOURNAL_DRIVER_H
#define TESTS_CLI_JOURNAL_DRIVER_H

#include <stdint.h>

/* With a key's number: a job of this key was run. Without: such a job is durable. */
#define JOURNAL_DRIVER_RAN (UINT64_C(1) << 63)

#endif
