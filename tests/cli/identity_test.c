/*
 * tests/cli/identity_test.c - keys of jobs, identities of runs, and the place of what is kept of them
 */
#include "cli/identity.h"
#include "cli/key.h"
#include "cli/state.h"

#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

/* ---- keys -------------------------------------------------------------------------------------------------------- */

static struct key key_of(const char *function, const char *first, const char *second)
{
    const char *argv[] = {first, second};
    const struct key_parts parts = {
        .function = function, .argv = argv, .argc = (size_t)(first != NULL) + (second != NULL)};
    struct text scratch = {0};
    struct key key;

    key_make(&parts, &scratch, &key);
    text_free(&scratch);
    return key;
}

static bool same(struct key a, struct key b)
{
    return memcmp(a.bytes, b.bytes, KEY_SIZE) == 0;
}

Test(key, equal_jobs_have_equal_keys)
{
    cr_expect(same(key_of("file_size", NULL, NULL), key_of("file_size", NULL, NULL)));
    cr_expect(same(key_of(NULL, "gzip", "a"), key_of(NULL, "gzip", "a")));
}

Test(key, what_differs_in_any_part_has_another_key)
{
    cr_expect_not(same(key_of("ab", NULL, NULL), key_of("abc", NULL, NULL)));
    cr_expect_not(same(key_of(NULL, "ab", "c"), key_of(NULL, "a", "bc")));
    cr_expect_not(same(key_of("a", NULL, NULL), key_of(NULL, "a", NULL)));
    cr_expect_not(same(key_of(NULL, "a", ""), key_of(NULL, "a", NULL)));
}

Test(key, a_file_that_was_written_to_makes_another_job)
{
    const struct key_file before = {.size_bytes = 5, .mtime_ns = 1}, grown = {6, 1}, touched = {5, 2};
    const struct key_file *files[] = {&before, &grown, &touched, NULL};
    struct text scratch = {0};
    struct key keys[4];

    for (int i = 0; i < 4; i++)
        key_make(&(struct key_parts){.function = "file_size", .args = "a", .args_size = 1, .file = files[i]}, &scratch,
                 &keys[i]);
    for (int i = 0; i < 4; i++) {
        for (int j = 0; j < i; j++)
            cr_expect_not(same(keys[i], keys[j]), "%d and %d", i, j);
    }
    text_free(&scratch);
}

Test(key, the_hash_is_blake2b)
{
    /* RFC 7693 has no 16-byte vector; this one is from the reference implementation (b2sum -l 128). */
    static const unsigned char expected[KEY_SIZE] = {0xcf, 0x4a, 0xb7, 0x91, 0xc6, 0x2b, 0x8d, 0x2b,
                                                     0x21, 0x09, 0xc9, 0x02, 0x75, 0x28, 0x78, 0x16};
    struct key key;

    key_bytes("abc", 3, &key);
    cr_expect_arr_eq(key.bytes, expected, KEY_SIZE);
}

/* ---- identities and places --------------------------------------------------------------------------------------- */

Test(identity, the_order_of_settings_does_not_matter_and_their_values_do)
{
    const struct setting one[] = {{"a", "1"}, {"b", "2"}}, turned[] = {{"b", "2"}, {"a", "1"}},
                         other[] = {{"a", "1"}, {"b", "3"}};
    struct identity a, b, c;

    identity_make(&a, "job.yaml", one, 2);
    identity_make(&b, "job.yaml", turned, 2);
    identity_make(&c, "job.yaml", other, 2);
    cr_expect(same(a.key, b.key));
    cr_expect_not(same(a.key, c.key));
    cr_expect_str_eq(a.settings.data, "{\"a\":\"1\",\"b\":\"2\"}");
    identity_free(&a);
    identity_free(&b);
    identity_free(&c);
}

Test(identity, a_secret_is_not_written_down_and_may_change)
{
    const struct setting before[] = {{"DB_PASSWORD", "tiger"}}, after[] = {{"DB_PASSWORD", "lion"}};
    struct identity a, b;

    identity_make(&a, "job.yaml", before, 1);
    identity_make(&b, "job.yaml", after, 1);
    cr_expect(same(a.key, b.key));
    cr_expect_str_eq(a.settings.data, "{\"DB_PASSWORD\":null}");
    identity_free(&a);
    identity_free(&b);
    cr_expect(identity_is_secret("api_key"));
    cr_expect(identity_is_secret("GithubToken"));
    cr_expect_not(identity_is_secret("root"));
    cr_expect_not(identity_is_secret("keys"));
}

Test(identity, a_pipe_of_the_shells_is_named_as_it_is)
{
    struct identity identity;

    identity_make(&identity, "/dev/stdin", NULL, 0);
    cr_expect_str_eq(identity.jobfile, "/dev/stdin");
    identity_free(&identity);
}

static void expect_directory(const char *expected)
{
    struct text path = {0};

    cr_expect_null(state_directory(&path));
    cr_expect_str_eq(path.data, expected);
    text_free(&path);
}

Test(state, the_directory_is_that_of_the_xdg_specification)
{
    (void)setenv("HOME", "/home/a", 1);
    (void)unsetenv("XDG_STATE_HOME");
    expect_directory("/home/a/.local/state/mpool");
    (void)setenv("XDG_STATE_HOME", "/var/a", 1);
    expect_directory("/var/a/mpool");
    /* One that is not absolute is to be ignored. */
    (void)setenv("XDG_STATE_HOME", "var/a", 1);
    expect_directory("/home/a/.local/state/mpool");
    (void)setenv("XDG_STATE_HOME", "", 1);
    expect_directory("/home/a/.local/state/mpool");
}
