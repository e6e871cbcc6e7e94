/*
 * tests/cli/text_test.c - templates, parts of paths, escaping, JSON and suggestions: what is pure in the command
 */
#include "cli/json.h"
#include "cli/names.h"
#include "cli/path.h"
#include "cli/suggest.h"
#include "cli/template.h"

#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

/* The parts of a text, each with a bar behind; references with a $ in front. */
static char *parts(const char *text)
{
    const char *cursor = text, *end = text + strlen(text);
    struct template_part part;
    struct text all = {0};

    text_string(&all, "");
    while (template_next(&cursor, end, &part)) {
        if (part.reference)
            text_char(&all, '$');
        text_add(&all, part.text, part.length);
        text_char(&all, '|');
    }
    return all.data;
}

#define PARTS(text, expected)                                                                                          \
    do {                                                                                                               \
        char *found = parts(text);                                                                                     \
        cr_expect_str_eq(found, expected);                                                                             \
        free(found);                                                                                                   \
    } while (0)

Test(template, a_name_in_braces_is_a_template)
{
    PARTS("{path}", "$path|");
    PARTS("{item.field.inner}", "$item.field.inner|");
    PARTS("{vars.my-var}/x", "$vars.my-var|/x|");
    PARTS("{dir}/{stem}.out", "$dir|/|$stem|.out|");
    PARTS("{item.0}", "$item.0|");
    PARTS("a{_x1}", "a|$_x1|");
}

Test(template, every_other_brace_is_literal)
{
    PARTS("", "");
    PARTS("{}", "{}|");
    PARTS("{1,3}", "{1,3}|");
    PARTS("{ print $1 }", "{ print $1 }|");
    PARTS("*.{gz,xz}", "*.{gz,xz}|");
    PARTS("{a b}", "{a b}|");
    PARTS("{a.}", "{a.}|");
    PARTS("{.a}", "{.a}|");
    PARTS("{a-b}", "{a-b}|");
    PARTS("{path", "{path|");
    PARTS("path}", "path}|");
    PARTS("{{", "{{|");
    PARTS("{\xc3\xa9}", "{\xc3\xa9}|");
}

Test(template, doubled_braces_stand_for_the_text)
{
    PARTS("{{name}}", "{name}|");
    PARTS("a{{b.c}}d", "a|{b.c}|d|");
    PARTS("{{{name}}}", "{|{name}|}|");
    PARTS("{{name}", "{|$name|");
    PARTS("{name}}", "$name|}|");
    PARTS("{{name}}{name}", "{name}|$name|");
}

Test(template, what_was_perhaps_meant_as_one_is_found)
{
    static const struct {
        const char *text;
        size_t length;
        const char *name;
    } cases[] = {
        {"{}", 2, ""},
        {"{}.png", 2, ""},
        {"{ item }", 8, "item"},
        {"{item }x", 7, "item"},
        {"{\titem}", 7, "item"},
        {"{ item.x }", 10, "item.x"},
        {"{item}", 0, ""},
        {"{ }", 0, ""},
        {"{", 0, ""},
        {"{ ", 0, ""},
        {"{ item", 0, ""},
        {"{ item ", 0, ""},
        {"{ a b }", 0, ""},
        {"{ a, b }", 0, ""},
        {"x{}", 0, ""},
        {"", 0, ""},
    };

    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct template_part name = {.text = ""};
        size_t length = template_slip(cases[i].text, strlen(cases[i].text), &name);
        cr_expect_eq(length, cases[i].length, "%s: %zu", cases[i].text, length);
        cr_expect(name.length == strlen(cases[i].name) && memcmp(name.text, cases[i].name, name.length) == 0);
    }
}

Test(template, an_escaped_text_gives_itself)
{
    static const char *const texts[] = {"{path}",  "{{path}}", "{{{path}}}", "a{b}c{d.e}{", "{x}}",
                                        "{{x}",    "plain",    "{",          "}",           "{{{{a}}}}",
                                        "{a}{b}{", "{{a}}{b}", "{\"x\":{}}", "{a.b}.c}",    "{{{a}"};

    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        struct text escaped = {0}, again = {0};
        struct template_part part;
        template_escape(&escaped, texts[i], strlen(texts[i]));
        const char *cursor = escaped.data, *end = escaped.data + escaped.size;
        while (template_next(&cursor, end, &part)) {
            cr_expect(!part.reference, "%s has a template", escaped.data);
            text_add(&again, part.text, part.length);
        }
        cr_expect_str_eq(again.data, texts[i]);
        text_free(&escaped);
        text_free(&again);
    }
}

static void expect_part(struct path_part part, const char *path, const char *what, const char *expected)
{
    cr_expect(part.length == strlen(expected) && memcmp(part.text, expected, part.length) == 0,
              "%s of \"%s\": \"%.*s\"", what, path, (int)part.length, part.text);
}

Test(path, has_name_stem_ext_and_dir)
{
    static const struct {
        const char *path, *name, *stem, *ext, *dir;
    } cases[] = {
        {"out/a.tar.gz", "a.tar.gz", "a.tar", "gz", "out"},
        {"README", "README", "README", "", "."},
        {"/etc/.profile", ".profile", ".profile", "", "/etc"},
        {"a/b/", "b", "b", "", "a"},
        {"a/b.c//", "b.c", "b", "c", "a"},
        {"/", "/", "/", "", "/"},
        {"//", "/", "/", "", "/"},
        {"/x", "x", "x", "", "/"},
        {"//x", "x", "x", "", "/"},
        {"a//b", "b", "b", "", "a"},
        {".", ".", ".", "", "."},
        {"..", "..", "..", "", "."},
        {"../x", "x", "x", "", ".."},
        {"a.", "a.", "a.", "", "."},
        {"..a.b", "..a.b", "..a", "b", "."},
        {"a b/c\nd.e f", "c\nd.e f", "c\nd", "e f", "a b"},
        {"\xff/\xfe.x", "\xfe.x", "\xfe", "x", "\xff"},
        {"", "", "", "", "."},
    };

    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        const char *path = cases[i].path;
        size_t length = strlen(path);
        expect_part(path_name(path, length), path, "name", cases[i].name);
        expect_part(path_stem(path, length), path, "stem", cases[i].stem);
        expect_part(path_ext(path, length), path, "ext", cases[i].ext);
        expect_part(path_dir(path, length), path, "dir", cases[i].dir);
    }
}

Test(names, utf8_is_told_from_what_is_not)
{
    static const char *const good[] = {
        "", "abcdefgh12345", "\xc3\xa9", "\xe2\x82\xac", "\xf0\x9f\x98\x80", "\xf4\x8f\xbf\xbf"};
    static const char *const bad[] = {
        "\xff",     "abcdefg\x80",         "\xc3", "\xc0\x80", "\xe0\x80\x80", "\xed\xa0\x80", "\xf4\x90\x80\x80",
        "\xe2\x82", "\xf8\x88\x80\x80\x80"};

    for (size_t i = 0; i < sizeof good / sizeof good[0]; i++)
        cr_expect(names_is_utf8(good[i], strlen(good[i])), "%zu", i);
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
        cr_expect(!names_is_utf8(bad[i], strlen(bad[i])), "%zu", i);
}

Test(names, nothing_that_a_terminal_acts_on_comes_through)
{
    struct text text = {0};
    static const char name[] = "a\033[31m\n\t\r\x7f\\\xff\xc2\x9b\xe2\x80\xae\xc3\xa9";

    names_escape(&text, name, sizeof name - 1);
    cr_expect_str_eq(text.data, "a\\e[31m\\n\\t\\r\\x7f\\\\\\xff\\xc2\\x9b\\xe2\\x80\\xae\xc3\xa9");
    text_clear(&text);
    names_shell(&text, "it's", 4);
    cr_expect_str_eq(text.data, "'it'\\''s'");
    text_clear(&text);
    names_escape_cut(&text, "ab\xc3\xa9", 4, 3);
    cr_expect_str_eq(text.data, "ab…");
    text_free(&text);
}

Test(json, names_that_are_not_utf8_come_as_base64)
{
    struct text text = {0};

    json_bytes(&text, "a\xff", 2);
    text_char(&text, ' ');
    json_bytes(&text, "\xff\xfe\xfd", 3);
    text_char(&text, ' ');
    json_bytes(&text, "\xff", 1);
    text_char(&text, ' ');
    json_bytes(&text, "\"\\\n\x01", 4);
    text_char(&text, ' ');
    json_string(&text, "\xff\n", 2);
    text_char(&text, ' ');
    json_bytes(&text, "\x7f\xc2\x9b\xe2\x80\xae\xc2\xa9\xe2\x82\xac", 11);
    cr_expect_str_eq(text.data, "{\"bytes\":\"Yf8=\"} {\"bytes\":\"//79\"} {\"bytes\":\"/w==\"} "
                                "\"\\\"\\\\\\n\\u0001\" \"\\\\xff\\n\" \"\\u007f\\u009b\\u202e\xc2\xa9\xe2\x82\xac\"");
    text_free(&text);
}

Test(json, integers_are_exact_and_floats_are_short)
{
    msgpack_sbuffer buffer;
    msgpack_packer packer;
    struct text text = {0};

    msgpack_sbuffer_init(&buffer);
    msgpack_packer_init(&packer, &buffer, msgpack_sbuffer_write);
    msgpack_pack_array(&packer, 8);
    msgpack_pack_uint64(&packer, UINT64_MAX);
    msgpack_pack_int64(&packer, INT64_MIN);
    msgpack_pack_double(&packer, 0.1);
    msgpack_pack_double(&packer, 1e300);
    msgpack_pack_double(&packer, 1.0 / 0.0);
    msgpack_pack_nil(&packer);
    msgpack_pack_bin_with_body(&packer, "x", 1);
    msgpack_pack_map(&packer, 1);
    msgpack_pack_int(&packer, 7);
    msgpack_pack_true(&packer);
    json_packed(&text, buffer.data, buffer.size);
    cr_expect_str_eq(text.data, "[18446744073709551615,-9223372036854775808,0.1,1e+300,null,null,{\"bytes\":\"eA==\"},"
                                "{\"7\":true}]");
    text_free(&text);
    msgpack_sbuffer_destroy(&buffer);
}

static const char *nearest(const char *word)
{
    static const char *const known[] = {"workers", "steps", "sum", "min", "max", "count", "file_size", "each"};
    struct suggestion near = {.word = word};

    for (size_t i = 0; i < sizeof known / sizeof known[0]; i++)
        suggest_offer(&near, known[i]);
    return near.best != NULL ? near.best : "";
}

Test(suggest, what_is_near_is_suggested_and_nothing_else)
{
    cr_expect_str_eq(nearest("wrokers"), "workers");
    cr_expect_str_eq(nearest("worker"), "workers");
    cr_expect_str_eq(nearest("summ"), "sum");
    cr_expect_str_eq(nearest("filesize"), "file_size");
    cr_expect_str_eq(nearest("conut"), "count");
    cr_expect_str_eq(nearest("eahc"), "each");
    cr_expect_str_eq(nearest("banana"), "");
    cr_expect_str_eq(nearest("x"), "");
    cr_expect_str_eq(nearest(""), "");
}

Test(suggest, where_nothing_is_near_the_known_words_are_listed)
{
    struct suggestion near = {.word = "jobs"};

    cr_expect_str_eq(suggest_or_list(&near), "; it has none");
    suggest_offer(&near, "mpool");
    suggest_offer(&near, "x");
    cr_expect_str_eq(suggest_or_list(&near), "; it has mpool, x");
    suggest_offer(&near, "workers"); /* means the same */
    cr_expect_str_eq(suggest_or_list(&near), "; did you mean \"workers\"?");
}

Test(suggest, a_long_list_is_cut)
{
    struct suggestion near = {.word = "zzz"};

    for (int i = 0; i < 100; i++)
        suggest_offer(&near, "abcdefgh");
    suggest_offer(&near, "i");
    cr_expect_lt(strlen(near.known), SUGGEST_LIST_SIZE);
    cr_expect_str_eq(near.known + strlen(near.known) - strlen("h, …"), "h, …");

    struct suggestion one = {.word = "zzz"};
    char word[2 * SUGGEST_LIST_SIZE] = {0};
    memset(word, 'a', sizeof word - 1);
    suggest_offer(&one, word);
    cr_expect_str_eq(suggest_or_list(&one), "; it has …");
}

Test(text, bytes_are_dropped_at_the_start)
{
    struct text text = {0};

    text_drop(&text, 0);
    text_string(&text, "abc");
    text_drop(&text, 2);
    cr_expect_str_eq(text.data, "c");
    text_drop(&text, 1);
    cr_expect(text.size == 0 && text.data[0] == '\0');
    text_free(&text);
}

Test(text, numbers_come_in_groups_of_three)
{
    static const struct {
        unsigned long long number;
        const char *text;
    } cases[] = {
        {0, "0"}, {999, "999"}, {1000, "1,000"}, {1234567, "1,234,567"}, {UINT64_MAX, "18,446,744,073,709,551,615"}};

    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct text text = {0};
        text_number(&text, cases[i].number);
        cr_expect_str_eq(text.data, cases[i].text);
        text_free(&text);
    }
}
