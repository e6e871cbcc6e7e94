#!/bin/sh
# tests/cli/resume.sh - runs that go on with an earlier one
#
#     sh resume.sh MPOOL
. "$(dirname -- "$0")/lib.sh"

nl='
'

# step TEXT - a job file with one step "a" that has this, in braces
step() {
    printf 'mpool: 1\nsteps:\n  a: {%s}\n' "$1" >job.yaml
}

what_is_done_is_not_done_again() {
    step 'each: {range: 1..6}, shell: "echo >>ran-$1; [ $1 -le 3 ] || [ -e fixed ]"'
    exits 1 "$mpool" run --json
    is "$(json out done) $(json out failed) $(json out resumed)" '3 3 0'
    touch fixed
    exits 0 "$mpool" run --json --resume
    is "$(json out done) $(json out failed) $(json out resumed) $(json out total)" '6 0 3 6'
    is "$(cat ran-1 ran-2 ran-3 | wc -l) $(cat ran-4 ran-5 ran-6 | wc -l)" '3 6'
    exits 0 "$mpool" run --json --resume
    is "$(json out done) $(json out resumed)" '6 6'
    exits 0 "$mpool" run --resume
    is "$(head -n 2 err | tr -s ' ' | cut -d ' ' -f 1-5 | tr '\n' '|')" 'step jobs done failed earlier|a 6 6 0 6|'
}

a_run_that_does_not_resume_says_what_was_done() {
    step 'each: {range: 1..6}, shell: "[ $1 -le 4 ]"'
    exits 1 "$mpool" run -q
    exits 1 "$mpool" run
    has err 'mpool: 4 of 6 jobs done earlier, which --resume goes on with; this run begins anew'
    step 'each: {range: 1..6}, shell: "[ $1 -le 5 ]"'
    exits 1 "$mpool" run -q --resume
    exits 1 "$mpool" run
    has err 'mpool: 9 jobs done earlier, which --resume goes on with; this run begins anew'
    exits 1 "$mpool" run --no-journal
    has_not err 'begins anew'
    exits 1 "$mpool" run -q
    has_not err 'begins anew'
    step 'each: {range: 1..6}, call: square'
    exits 0 "$mpool" run -q
    is "$(find "$XDG_STATE_HOME" -name '*.journal' | wc -l)" 1
}

one_of_several_jobs_is_of_several() {
    exits 1 "$mpool" exec -q test {} = a ::: a b c
    exits 1 "$mpool" exec test {} = a ::: a b c
    has err 'mpool: 1 of 3 jobs done earlier, which'
}

only_failures_can_be_run_again() {
    step 'each: {range: 1..3}, shell: "echo >>ran-$1; [ $1 -ne 2 ]"'
    exits 1 "$mpool" run -q
    step 'each: {range: 1..6}, shell: "echo >>ran-$1; [ $1 -ne 2 ]"'
    exits 1 "$mpool" run --json --retry-failed
    is "$(json out done) $(json out failed) $(json out pending)" '2 1 3'
    has err 'mpool: 3 jobs have not failed earlier, and --retry-failed runs no other; --resume runs all'
    is "$(cat ran-1 ran-3 | wc -l) $(wc -l <ran-2) $(find . -name 'ran-[456]' | wc -l)" '2 2 0'
}

without_an_earlier_run_nothing_has_failed() {
    step 'each: {range: 1..3}, shell: "echo >>ran"'
    exits 1 "$mpool" run -q --retry-failed
    is "$(cat err)" 'mpool: nothing has failed, for there is no earlier run; without --retry-failed all jobs are run'
    exits 1 "$mpool" exec -q --retry-failed touch ran ::: a
    is "$(cat err)" 'mpool: nothing has failed, for there is no earlier run; without --retry-failed all jobs are run'
    [ ! -e ran ]
    # Now there is one, which has begun none.
    exits 1 "$mpool" run -q --retry-failed
    has err 'mpool: 3 jobs have not failed earlier, and --retry-failed runs no other; --resume runs all'
}

totals_have_what_was_done_earlier() {
    step 'each: {items: [10, 20, 30]}, shell: "echo $1; [ $1 -ne 20 ] || [ -e fixed ]", result: number, totals: {s: {sum: "{result}"}, n: count, most: {max: "{result}", show: "{item}"}}'
    exits 1 "$mpool" run --json
    is "$(json out s) $(json out n)" '40 2'
    touch fixed
    exits 0 "$mpool" run --json --resume
    is "$(json out s) $(json out n) $(json out resumed)" '60 3 2'
    has out '"most":{"value":30,"show":"30"}'
    step 'each: {range: 1..1000}, call: square, totals: {s: {sum: "{result}"}}'
    exits 0 "$mpool" run --json --journal j
    exits 0 "$mpool" run --json --journal j --resume
    is "$(json out s) $(json out resumed)" '333833500 1000'
}

equal_jobs_are_each_done_once() {
    step 'each: {items: [a, a, a]}, shell: "n=$(cat n 2>/dev/null || echo 0); echo $((n + 1)) >n; [ $n -lt 2 ] || [ -e fixed ]"'
    exits 1 "$mpool" run -q -j1
    touch fixed
    exits 0 "$mpool" run --json --resume
    is "$(cat n) $(json out resumed)" '4 2'
}

other_limits_make_no_other_job_and_another_file_does() {
    mkdir d
    echo 1 >d/x
    step 'each: {walk: d}, argv: [cat, "{path}"], timeout: 5s'
    exits 0 "$mpool" run -q
    step 'each: {walk: d}, argv: [cat, "{path}"], timeout: 9s, nice: 1'
    exits 0 "$mpool" run -q --resume
    is "$(cat out)" ''
    echo 22 >d/x
    exits 0 "$mpool" run -q --resume
    is "$(cat out)" 22
}

lines_of_output_are_written_once() {
    step 'each: {range: 1..5}, shell: "[ $1 -ne 3 ] || [ -e fixed ]"'
    exits 1 "$mpool" run -q --output lines
    touch fixed
    exits 0 "$mpool" run -q --output lines --resume
    is "$(grep -c '"status":"done"' lines) $(grep -c '"status":"failed"' lines)" '5 1'
    is "$(sed 's/.*"index":\([0-9]*\).*"status":"done".*/\1/; /failed/d' lines | sort | tr '\n' ' ')" '0 1 2 3 4 '
}

what_could_not_be_written_is_not_done() {
    code=0
    "$mpool" exec -q -j1 sh -c 'echo out $1' sh ::: a b c >/dev/full 2>err || code=$?
    is "$code" 3
    exits 0 "$mpool" log --json 'mpool exec'
    is "$(grep -c 'its output could not be written: No space left on device' out)" 3
    exits 0 "$mpool" exec -q --resume -j1 sh -c 'echo out $1' sh ::: a b c
    is "$(cat out)" "out a${nl}out b${nl}out c"
}

how_a_program_has_ended_is_in_the_log() {
    exits 1 "$mpool" exec -q -j1 sh -c {} ::: 'exit 7' 'kill -9 $$' true
    exits 0 "$mpool" log --json 'mpool exec'
    is "$(sed 's/.*"index":\([0-9]*\).*"exit_code":\([^,]*\),"signal":\([^,]*\).*/\1 \2 \3/' out)" "0 7 null${nl}1 null 9"
    exits 0 "$mpool" log 'mpool exec' 0
    has out 'exit      7'
    exits 0 "$mpool" log --json 'mpool exec' 2
    has out '"exit_code":null,"signal":null'
}

what_nobody_has_read_is_not_done() {
    step 'each: {range: 1..5}, shell: "echo $1; until [ $1 = 1 ] || [ -e gone ]; do sleep .1; done", totals: {n: count}'
    { "$mpool" run -q -j1 --journal j 2>err || :; } | { head -n 1 && exec <&- && touch gone; } >first
    is "$(cat first)" 1
    exits 0 "$mpool" audit j
    has out 'total a.n: it has jobs whose output could not be written'
    exits 0 "$mpool" run -q -j1 --journal j --resume
    is "$(tr '\n' ' ' <out)" '2 3 4 5 '
    step 'each: {range: 1..3}, call: square'
    code=0
    "$mpool" run -q --journal k --output - >/dev/full 2>err || code=$?
    is "$code" 3
    exits 0 "$mpool" run -q --journal k --output - --resume
    is "$(grep -c '"status":"done"' out)" 3
}

exec_resumes_too() {
    seq 5 | exits 1 "$mpool" exec -q sh -c 'echo >>ran-$1; [ $1 -ne 3 ] || [ -e fixed ]' sh
    touch fixed
    seq 5 | exits 0 "$mpool" exec -q --json --resume sh -c 'echo >>ran-$1; [ $1 -ne 3 ] || [ -e fixed ]' sh
    is "$(json out resumed) $(cat ran-* | wc -l)" '4 6'
    seq 5 | exits 0 "$mpool" exec -q --json --resume sh -c 'true' sh
    is "$(json out resumed)" 0
}

a_second_run_at_the_same_time_is_refused() {
    step 'each: {range: 1..2}, shell: "touch begun; sleep 600"'
    echo mine | tee lines >log
    "$mpool" run -q &
    wait_until test -e begun
    # It has not touched the files of the first.
    exits 4 "$mpool" run -q --output lines --joblog log
    exits 4 "$mpool" run -q --output lines --joblog log --resume
    is "$(cat lines) $(cat log)" 'mine mine'
    kill -TERM $!
    wait $! || :
}

# A home on a network, or a system without one.
where_no_journal_can_be_a_run_goes_on_without() {
    : >file
    step 'shell: "echo done"'
    XDG_STATE_HOME=$PWD/file exits 0 "$mpool" run -q
    is "$(cat out)" done
    has err 'the run goes on without a journal, and cannot be resumed'
    XDG_STATE_HOME=$PWD/file exits 2 "$mpool" run -q --resume
    exits 2 "$mpool" run -q --journal ''
    has err '--journal needs the name of a file'
    exits 0 "$mpool" run -q --journal here.journal
    exits 0 "$mpool" audit here.journal
}

# The terminal has all of it, and the file has not.
a_full_disk_under_output_revokes_what_has_no_line() {
    unshare -m true 2>/dev/null || return 0
    mkdir small
    step 'each: {range: 1..2000}, argv: [echo, "o{item}"]'
    # shellcheck disable=SC2016
    exits 0 unshare -m sh -c 'mount -t tmpfs -o size=32k none small
        "$0" run --quiet --journal j --output small/lines >shown 2>stopped
        echo $? >code
        "$0" status --json j >state
        cp small/lines lines
        mount -o remount,size=50m small
        "$0" run --quiet --journal j --output small/lines --resume >more && "$0" audit j && cp small/lines all' "$mpool"
    is "$(cat code)" 3
    [ "$(wc -l <shown)" -ge "$(wc -l <lines)" ]
    is "$(json state done)" "$(wc -l <lines)"
    is "$(wc -l <all) $(sed 's/.*"index":\([0-9]*\),.*"status":"done".*/\1/' all | sort -u | wc -l)" '2000 2000'
}

# Results are written down where something needs them. So a total that is added later needs the jobs once more, and once.
a_total_that_is_added_later_counts_each_job() {
    jobs='each: {range: 1..5}, shell: "echo >>ran-$1; echo $1", result: number'
    step "$jobs"
    exits 0 "$mpool" run -q
    step "$jobs, totals: {s: {sum: \"{result}\"}}"
    for resumed in 0 5 5; do
        exits 0 "$mpool" run --json --resume
        is "$(json out resumed) $(json out s) $(cat ran-* | wc -l)" "$resumed 15 10"
    done
    # The third and the sixth that run fail.
    jobs='each: {items: [7, 7, 7]}, shell: "echo >>all; [ $(($(wc -l <all) % 3)) -ne 0 ] && echo 7", result: number'
    step "$jobs"
    exits 1 "$mpool" run -q -j1
    step "$jobs, totals: {s: {sum: \"{result}\"}}"
    exits 1 "$mpool" run -q -j1 --resume
    exits 0 "$mpool" run --json -j1 --resume
    is "$(json out resumed) $(json out s) $(wc -l <all)" '2 21 7'
}

a_damaged_journal_is_told_with_what_to_do() {
    exits 0 "$mpool" exec -q echo ::: a b
    journal=$(find "$XDG_STATE_HOME" -name '*.journal')
    seq 1000 | dd of="$journal" bs=1 seek=100 conv=notrunc 2>/dev/null
    exits 3 "$mpool" exec -q echo ::: a
    has err "$journal: the journal cannot be written: database disk image is malformed; move the file away"
    mv "$journal" "$journal.away"
    exits 0 "$mpool" exec -q echo ::: a
}

# Its name is no option, whatever is run.
a_journal_has_a_name_that_begins_with_a_letter() {
    exits 0 "$mpool" exec -q ls /tmp/ ::: .
    echo '{mpool: 1, steps: {a: {argv: ["true"]}}}' | exits 0 "$mpool" run -q -
    echo '{mpool: 1, steps: {a: {argv: ["true"]}}}' >.hidden.yaml
    exits 0 "$mpool" run -q .hidden.yaml
    is "$(find "$XDG_STATE_HOME" -name 'mpool-*.journal' | wc -l) $(find "$XDG_STATE_HOME" -name '*.journal' | wc -l)" '3 3'
}

# Where a file system of our own can be mounted, for a moment and for nobody else.
a_full_disk_under_the_journal_stops_the_run() {
    unshare -m true 2>/dev/null || return 0
    mkdir small
    # There is time to write the first ones down.
    printf 'mpool: 1\nsteps:\n  a: {each: {items: [0, 0.3]}, call: sleep}\n' >job.yaml
    printf '  b: {needs: [a], each: {range: 1..20000}, call: square, totals: {n: count}}\n' >>job.yaml
    # shellcheck disable=SC2016
    exits 0 unshare -m sh -c 'mount -t tmpfs -o size=512k none small
        "$0" run --quiet --journal small/journal 2>stopped
        echo $? >code
        "$0" status small/journal >state
        mount -o remount,size=50m small
        "$0" run --json --journal small/journal --resume && "$0" audit small/journal' "$mpool"
    is "$(cat code)" 3
    grep -F "$PWD/small/journal: database or disk is full" stopped
    grep -F 'when that is mended, go on with --resume' stopped
    has state 'and has written no end: it was killed, or its journal was full'
    is "$(json out done) $(json out n)" '20002 20000'
    [ "$(json out resumed)" -gt 0 ]
}

try what_is_done_is_not_done_again a_run_that_does_not_resume_says_what_was_done one_of_several_jobs_is_of_several \
    only_failures_can_be_run_again \
    without_an_earlier_run_nothing_has_failed totals_have_what_was_done_earlier equal_jobs_are_each_done_once \
    other_limits_make_no_other_job_and_another_file_does lines_of_output_are_written_once \
    what_could_not_be_written_is_not_done how_a_program_has_ended_is_in_the_log what_nobody_has_read_is_not_done exec_resumes_too \
    a_second_run_at_the_same_time_is_refused where_no_journal_can_be_a_run_goes_on_without \
    a_damaged_journal_is_told_with_what_to_do a_journal_has_a_name_that_begins_with_a_letter \
    a_full_disk_under_output_revokes_what_has_no_line \
    a_total_that_is_added_later_counts_each_job a_full_disk_under_the_journal_stops_the_run
finish
