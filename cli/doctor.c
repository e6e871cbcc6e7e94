/*
 * cli/doctor.c - `mpool doctor`: what this machine allows a run, and which limit is the least
 *
 *     ok    workers: auto  2, as many as processors are online
 *     fail  open files     20; 2 workers need 34                 raise the limit: ulimit -n 40
 *
 * Runs in: the mpool command; for the trial it has a pool. Owns: the findings.
 *
 * A line is a finding: how grave it is, what was looked at, what is there, and what to do about it. Nothing is taken
 * from what a machine should be like: either a limit is compared with what mpool needs, or it is tried out.
 */
#include "cli/doctor.h"

#include "cli/command.h"
#include "cli/json.h"
#include "cli/memory.h"
#include "cli/names.h"
#include "cli/options.h"

#include <mpool/init.h>

#include <argp.h>
#include <gnu/libc-version.h>
#include <libfyaml.h>
#include <msgpack.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/utsname.h>

enum { OPTION_JSON = 1000 };

static const struct argp_option doctor_options[] = {
    {"json", OPTION_JSON, NULL, 0, "Write the findings as one JSON object", 0},
    {0},
};

static const char *const verdict_names[] = {
    [VERDICT_OK] = "ok",
    [VERDICT_WARN] = "warn",
    [VERDICT_FAIL] = "fail",
};

static error_t parse(int key, char *argument, struct argp_state *state)
{
    bool *json = state->input;

    if (key == ARGP_KEY_ARG)
        argp_error(state, "this command takes no arguments, and here is '%s'", argument);
    if (key != OPTION_JSON)
        return ARGP_ERR_UNKNOWN;
    *json = true;
    return 0;
}

const struct argp doctor_argp = {
    doctor_options,
    parse,
    "",
    "Tell what this machine allows a run, and which limit is the least; and try it out.\v"
    "Exit status: 0 nothing is in the way, 2 the command line is wrong, 3 something is (a line begins with fail).",
    NULL,
    NULL,
    NULL,
};

/* ---- findings ---------------------------------------------------------------------------------------------------- */

/* What comes from outside, a name in it, must not reach the terminal as it is. */
static void print_clean(struct text *to, const char *format, va_list args)
{
    char *printed = NULL;
    int size = vasprintf(&printed, format, args);

    if (size < 0)
        memory_exhausted();
    names_clean(to, printed, (size_t)size);
    free(printed);
}

void doctor_say(struct doctor *doctor, enum verdict verdict, const char *what, const char *format, ...)
{
    struct finding finding = {.verdict = verdict, .what = what};
    va_list args;

    va_start(args, format);
    print_clean(&finding.value, format, args);
    va_end(args);
    doctor->findings = memory_more(doctor->findings, &doctor->room, doctor->count, sizeof finding);
    doctor->findings[doctor->count++] = finding;
}

void doctor_advise(struct doctor *doctor, const char *format, ...)
{
    va_list args;

    va_start(args, format);
    print_clean(&doctor->findings[doctor->count - 1].remedy, format, args);
    va_end(args);
}

const char *doctor_size(char size[DOCTOR_SIZE_MAX], int64_t bytes)
{
    static const char *const units[] = {"bytes", "KiB", "MiB", "GiB", "TiB", "PiB"};
    double number = (double)bytes;
    size_t unit = 0;

    for (; number >= 1024 && unit + 1 < sizeof units / sizeof units[0]; unit++)
        number /= 1024;
    (void)snprintf(size, DOCTOR_SIZE_MAX, "%.*f %s", unit > 0 ? 1 : 0, number, units[unit]);
    return size;
}

static void say_versions(struct doctor *doctor)
{
    struct utsname system;

    doctor_say(doctor, VERDICT_OK, "versions", "mpool %s, msgpack-c %s, libfyaml %s, glibc %s", mpool_version(),
               msgpack_version(), fy_library_version(), gnu_get_libc_version());
    if (uname(&system) == 0)
        doctor_say(doctor, VERDICT_OK, "system", "%s %s %s", system.sysname, system.release, system.machine);
}

/* ---- what is printed --------------------------------------------------------------------------------------------- */

static int widest(int width, const char *text)
{
    int length = (int)strlen(text);

    return length > width ? length : width;
}

static void print_table(const struct doctor *doctor)
{
    int what = 0, value = 0;

    for (size_t i = 0; i < doctor->count; i++) {
        what = widest(what, doctor->findings[i].what);
        /* What stands alone at the end of its line moves nothing aside. */
        if (doctor->findings[i].remedy.size > 0)
            value = widest(value, doctor->findings[i].value.data);
    }
    for (size_t i = 0; i < doctor->count; i++) {
        const struct finding *finding = &doctor->findings[i];
        (void)printf("%-4s  %-*s  ", verdict_names[finding->verdict], what, finding->what);
        if (finding->remedy.size > 0)
            (void)printf("%-*s  %s\n", value, finding->value.data, finding->remedy.data);
        else
            (void)puts(finding->value.data);
    }
}

static void print_json(const struct doctor *doctor, int code)
{
    struct text json = {0};

    text_printf(&json, "{\"version\":\"%s\",\"workers\":%u,\"findings\":[", mpool_version(), doctor->limits.cpus);
    for (size_t i = 0; i < doctor->count; i++) {
        const struct finding *finding = &doctor->findings[i];
        text_printf(&json, "%s{\"verdict\":\"%s\",\"what\":", i > 0 ? "," : "", verdict_names[finding->verdict]);
        json_string(&json, finding->what, strlen(finding->what));
        text_string(&json, ",\"value\":");
        json_string(&json, finding->value.data, finding->value.size);
        text_string(&json, ",\"remedy\":");
        if (finding->remedy.size > 0)
            json_string(&json, finding->remedy.data, finding->remedy.size);
        else
            text_string(&json, "null");
        text_char(&json, '}');
    }
    text_printf(&json, "],\"exit\":%d}", code);
    (void)puts(json.data);
    text_free(&json);
}

static int exit_code(const struct doctor *doctor)
{
    for (size_t i = 0; i < doctor->count; i++) {
        if (doctor->findings[i].verdict == VERDICT_FAIL)
            return EXIT_BROKEN;
    }
    return EXIT_DONE;
}

static void free_doctor(struct doctor *doctor)
{
    for (size_t i = 0; i < doctor->count; i++) {
        text_free(&doctor->findings[i].value);
        text_free(&doctor->findings[i].remedy);
    }
    free(doctor->findings);
    text_free(&doctor->trial.failure);
    text_free(&doctor->trial.backtrace);
}

int command_doctor(int argc, char **argv)
{
    struct doctor doctor = {0};
    bool json = false;

    options_parse(&doctor_argp, 0, argc, argv, &json);
    mpool_limits_read(&doctor.limits);
    mpool_needs_count(doctor.limits.cpus, &doctor.needs);
    doctor_try(&doctor.trial);
    say_versions(&doctor);
    doctor_limits(&doctor);
    doctor_places(&doctor);
    doctor_trial(&doctor);
    int code = exit_code(&doctor);
    if (json)
        print_json(&doctor, code);
    else
        print_table(&doctor);
    free_doctor(&doctor);
    return code;
}
