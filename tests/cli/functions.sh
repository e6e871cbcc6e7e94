#!/bin/sh
# tests/cli/functions.sh - `functions` of a job file: functions of shared objects
#
#     sh functions.sh MPOOL CC SOURCE     SOURCE: the top of the source tree
. "$(dirname -- "$0")/lib.sh"
cc=$2
source=$(cd "$3" && pwd)

# compile NAME - NAME.c, as the page says
compile() {
    "$cc" -shared -fPIC -o "$1.so" "$1.c" -I "$source/include"
}

# The example of docs/job-file.md: the blocks behind "```c words.c" and "```yaml words.yaml".
example() {
    for file in words.c words.yaml; do
        awk -v first="^\`\`\`.* $file\$" '$0 ~ first { inside = 1; next } /^```/ { inside = 0 } inside' \
            "$source/docs/job-file.md" >"$file"
        [ -s "$file" ]
    done
    compile words
}

the_example_of_the_page_runs() {
    example
    mkdir texts
    printf 'one two  three\n four' >texts/a.txt
    printf ' ' >texts/b.txt
    exits 0 "$mpool" run words.yaml --json --output lines
    is "$(json out done) $(json out words)" '2 4'
    grep '"item":"texts/a.txt"' lines | grep -qF '"result":{"words":4}'
    exits 0 "$mpool" functions words.yaml
    has out 'count_words  of ./words.so'
    has out 'file_size'
    rm texts/a.txt
    ln -s nowhere texts/a.txt
    echo 'texts/a.txt' >names
    sed 's/each: .*/each: {lines: names}/' words.yaml >job.yaml
    exits 1 "$mpool" run
    has err 'texts/a.txt: No such file or directory'
    again=$(sed -n 's/^  again: //p' err | sed "s|mpool run|$mpool run|")
    code=0
    sh -c "$again" 2>again || code=$?
    is "$code" 1
    has again 'texts/a.txt: No such file or directory'
}

# lib NAME CODE - a shared object with this in it
lib() {
    printf '#include <mpool/mpool.h>\n%s\n' "$2" >"$1.c"
    compile "$1"
}

# job OBJECTS CALL...
job() {
    printf 'mpool: 1\nfunctions: %s\nsteps:\n' "$1" >job.yaml
    shift
    for call in "$@"; do
        printf '  %s: {call: "%s", totals: {n: {sum: "{result}"}}}\n' "s_${call%%:*}" "$call" >>job.yaml
    done
}

functions_are_found_by_name_or_by_symbol() {
    lib one 'MPOOL_FUNCTION(first) { return mpool_pack(result, "i", 1) != MPOOL_OK; }
        MPOOL_FUNCTION(second) { return mpool_pack(result, "i", 2) != MPOOL_OK; }'
    lib two 'mpool_function third;
        int third(mpool_job *job, const msgpack_object *args, msgpack_packer *result)
        { (void)args; mpool_job_total_add(job, "s_third.n", 0); return mpool_pack(result, "i", 3) != MPOOL_OK; }'
    job '[one.so, ./two.so]' first second third square
    sed -i 's/square"/square", args: 4/' job.yaml
    exits 0 "$mpool" run -q --json -j 2
    has out '"totals":{"s_first":{"n":1},"s_second":{"n":2},"s_third":{"n":3},"s_square":{"n":16}}'
    exits 0 "$mpool" functions job.yaml
    is "$(tail -n 2 out)" "$(printf 'first  of ./one.so\nsecond  of ./one.so')"
    mkdir d
    cp one.so two.so job.yaml d
    rm one.so two.so
    exits 0 "$mpool" run -q -C d job.yaml
}

what_is_wrong_is_told_with_its_place() {
    lib one 'MPOOL_FUNCTION(first) { return 0; }'
    lib other 'MPOOL_FUNCTION(first) { return 0; } MPOOL_FUNCTION(echo) { return 0; }'
    lib kills '#include <signal.h>
        __attribute__((constructor)) static void at_once(void) { raise(SIGSEGV); }'
    lib leaves '#include <stdlib.h>
        __attribute__((constructor)) static void at_once(void) { exit(0); }'
    lib needs 'int absent(void); MPOOL_FUNCTION(first) { return absent(); }'
    echo text >text.so
    job '[nowhere.so]' first
    exits 2 "$mpool" check
    has err 'job.yaml:2:13: error: "nowhere.so" cannot be loaded: '
    has err 'No such file or directory'
    has_not err 'there is no function'
    job '[./nowhere.so]' first
    exits 2 "$mpool" check
    has err 'job.yaml:2:13: error: "./nowhere.so" cannot be loaded: ./nowhere.so: No such file or directory'
    job '[./text.so]' first
    exits 2 "$mpool" check
    has err 'job.yaml:2:13: error: "./text.so" cannot be loaded: '
    has err 'file too short'
    job '[needs.so]' first
    exits 2 "$mpool" check
    has err 'undefined symbol: absent'
    job '[kills.so]' first
    exits 2 "$mpool" check
    has err '"kills.so" was killed by SIGSEGV when it was loaded'
    job '[leaves.so]' first
    exits 2 "$mpool" check
    has err '"leaves.so" ended the process with 0 when it was loaded'
    job '[one.so, other.so]' first echo frist printf mpool_pack
    exits 2 "$mpool" run
    has err 'job.yaml:4:19: error: "first" is a function of ./one.so, and of ./other.so, too; one of them needs another name'
    has err '"echo" is a function of mpool itself, and of ./other.so, too'
    has err 'there is no function "frist"; did you mean "first"?'
    has err 'there is no function "printf"; mpool functions FILE lists those there are'
    has err 'there is no function "mpool_pack"'
}

a_constructor_that_does_not_end_is_told() {
    lib waits '#include <unistd.h>
        __attribute__((constructor)) static void at_once(void) { for (;;) pause(); }'
    job '[waits.so]' first
    exits 2 sh -c "trap '' ALRM; exec \"$mpool\" check"
    has err 'job.yaml:2:13: error: "waits.so" was not loaded within 10 s: does a constructor wait for something?'
}

an_object_that_crashes_later_costs_its_job() {
    lib dies '#include <stdlib.h>
        MPOOL_FUNCTION(dies) { abort(); }'
    job '[dies.so]' dies square
    sed -i 's/square"/square", args: 4/' job.yaml
    exits 1 "$mpool" run --json
    is "$(json out done) $(json out crashed)" '1 1'
}

try the_example_of_the_page_runs functions_are_found_by_name_or_by_symbol what_is_wrong_is_told_with_its_place \
    a_constructor_that_does_not_end_is_told an_object_that_crashes_later_costs_its_job
finish
