#!/bin/sh
# tests/cli/status.sh - what a run is at while it runs: `mpool status RUN`, `mpool status RUN JOB`, and SIGUSR1
#
#     sh status.sh MPOOL
#
# Jobs wait for a file that the test makes, so that a state lasts as long as it is looked at.
. "$(dirname -- "$0")/lib.sh"

# begin ARGUMENT... - start `mpool run`, with signals as usual; a program of it makes begun-ITEM and waits for go-ITEM
begin() {
    env --default-signal=INT,TERM,USR1 "$mpool" run --json "$@" >summary 2>err &
    mpool_pid=$!
}

# A step whose programs say that they have begun, and wait.
held_step() {
    printf '%s\n' "  $1:" "    each: {items: [$2]}" \
        "    shell: 'touch \"begun-\$1\"; until test -e \"go-\$1\"; do sleep 0.02; done'"
}

# Which two of three jobs begin first is not said anywhere: they are in `first` and `second`, and the other in `last`.
two_have_begun() {
    [ "$(find . -name 'begun-*' | wc -l)" -eq 2 ]
}

name_them() {
    wait_until two_have_begun
    first= second= last=
    index=0
    for name in one two three; do
        if [ ! -e "begun-$name" ]; then
            last=$index
        elif [ -z "$first" ]; then
            first=$index first_name=$name
        else
            second=$index
        fi
        index=$((index + 1))
    done
}

ends() {
    code=0
    wait "$mpool_pid" || code=$?
    is "$code" "$1"
}

# says TEXT ARGUMENT... - `mpool status ARGUMENT...` comes to say the text; what it says then is in ./out
says() {
    wait_until says_now "$@"
}

says_now() {
    text=$1
    shift
    "$mpool" status "$@" >out 2>status-err && grep -qF -e "$text" out
}

field() {
    sed -n "s/^$1  *//p" out
}

a_run_that_runs_tells_what_each_worker_does() {
    {
        printf 'mpool: 1\nname: held\nworkers: 3\nsteps:\n'
        held_step sizes 'one, two'
    } >job.yaml
    begin
    wait_until test -e begun-one -a -e begun-two
    says 'sizes  one  ' held
    has out "process $mpool_pid runs it, for "
    is "$(sed -n 's/^worker [0-9]*  \([a-z]*\).*/\1/p' out | tr '\n' ' ')" 'sizes sizes '
    has out '1 worker idle'
    grep -q '^worker [0-9]  sizes  two  [0-9]*\.[0-9] s$' out
    exits 0 "$mpool" status --json held
    grep -q '"workers":\[{"worker":[0-9],"step":"sizes","index":[01],"item":"[a-z]*","attempt":1,"seconds":[0-9.]*,"pid":[0-9]*,"program":[0-9]*}' out
    # It is the program's process.
    program=$(sed -n 's/.*"item":"one",[^}]*"program":\([0-9]*\)}.*/\1/p' out)
    tr '\0' ' ' <"/proc/$program/cmdline" | grep -q 'sh one $'
    touch go-one
    says '1 job has ended' held
    touch go-two
    ends 0
    exits 0 "$mpool" status held
    has out 'ended with exit code 0'
    has_not out 'worker '
    exits 0 "$mpool" status --json held
    has out '"workers":null'
}

# A function of the command's own is seen as well as a program is.
a_function_is_seen_at_work() {
    printf '{mpool: 1, name: calls, workers: 2, steps: {a: {each: {items: [600]}, call: sleep}}}' >job.yaml
    begin --journal=journal
    says 'worker 0  a  600  ' journal || says 'worker 1  a  600  ' journal
    exits 0 "$mpool" status journal a/0
    is "$(field state) $(field item)" 'runs 600'
    kill -TERM "$mpool_pid"
    ends 143
}

# The names of all functions, for the board has to know each of them.
each_built_in_function_is_seen() {
    exits 0 "$mpool" functions
    count=$(grep -c '^[a-z]' out)
    [ "$count" -le "$(sed -n 's/^#define CALLS(X) //p' "$here/../../cli/work/call.c" | tr -cd 'X' | wc -c)" ]
}

how_many_jobs_there_are_is_known_before_they_have_run() {
    {
        printf 'mpool: 1\nname: held\nworkers: 1\nsteps:\n'
        held_step a 'one'
        printf '  b: {each: {range: 1..7}, call: square}\n  c: {each: {range: 1..7, batch: 2}, call: echo}\n  d: {call: echo, args: 1}\n'
        printf '  e: {each: {walk: tree}, call: file_size}\n'
    } >job.yaml
    mkdir tree
    touch tree/1 tree/2
    begin
    wait_until test -e begun-one
    says 'd        0       0       0      1' held
    is "$(awk '$1 ~ /^[a-e]$/ { printf "%s %s ", $1, $5 }' out)" 'a 1 b 7 c 4 d 1 e ? '
    is "$(awk '$2 == "held" { print $6 }' out)" '?'
    touch go-one
    ends 0
    exits 0 "$mpool" status held
    is "$(awk '$1 ~ /^[a-e]$/ { printf "%s %s ", $1, $5 }' out)" 'a 1 b 7 c 4 d 1 e 2 '
    exits 0 "$mpool" audit "$XDG_STATE_HOME"/mpool/*.journal
}

# A directory tree has as many jobs as were found in it, from when its end was found.
a_walk_is_counted_when_its_end_is_found() {
    printf '%s\n' 'mpool: 1' 'name: held' 'workers: 1' 'steps:' '  a:' '    each: {walk: tree}' \
        "    shell: 'touch begun-1; until test -e go; do sleep 0.02; done'" >job.yaml
    mkdir tree
    touch tree/1 tree/2 tree/3
    begin
    wait_until test -e begun-1
    says 'a        0       0       0      3' held
    touch go
    ends 0
}

# A step is skipped as a whole, with one row.
a_step_that_is_skipped_has_its_jobs() {
    printf '%s\n' 'mpool: 1' 'name: skipping' 'steps:' '  a: {each: {range: 1..2}, shell: "exit 1"}' \
        '  b: {each: {range: 1..5}, needs: [a], shell: "true"}' >job.yaml
    exits 1 "$mpool" run
    exits 0 "$mpool" status skipping
    is "$(awk '$1 ~ /^[ab]$/ { printf "%s %s %s ", $1, $4, $5 }' out)" 'a 0 2 b 5 5 '
    exits 0 "$mpool" status --json skipping
    has out '"skipped":5'
    has out '{"step":"b","total":5,"done":0,"failed":0,"others":5}'
    exits 0 "$mpool" audit "$XDG_STATE_HOME"/mpool/*.journal
    has out '0 done, 2 failed, 0 crashed, 0 timed out, 0 cancelled, 5 skipped'
    has out 'no job is without an end'
    sqlite3 "$XDG_STATE_HOME"/mpool/*.journal 'DELETE FROM jobs WHERE id = 2'
    exits 1 "$mpool" audit "$XDG_STATE_HOME"/mpool/*.journal
    has out 'NO  step a has 2 jobs, and 1 of them have an end'
    exits 0 "$mpool" status skipping b/3
    is "$(field state)" skipped
    is "$(field why)" 'it needs "a", of which 2 jobs are not done'
    exits 2 "$mpool" status skipping b/5
    exits 0 "$mpool" log skipping b/3
    has out 'it needs "a", of which 2 jobs are not done'
}

why_a_job_waits_is_told() {
    {
        printf 'mpool: 1\nname: held\nworkers: 2\nsteps:\n'
        held_step a 'one, two, three'
        printf '  b: {each: {range: 1..2}, needs: [a], shell: "true"}\n'
    } >job.yaml
    begin
    name_them
    says 'state     runs' held "a/$first"
    is "$(field item) $(field attempts) $(field job)" "$first_name 1 of 1 a/$first"
    says 'state     runs' held "a/$second"
    says 'why       all 2 workers are busy' held "a/$last"
    is "$(field state)" waits
    exits 0 "$mpool" status held b/1
    is "$(field state) $(field why)" 'waits its step has not begun: steps run one after the other, and "a" is not over'
    exits 0 "$mpool" status --json held "a/$last"
    has out '{"step":"a","index":'"$last"',"item":null,"state":"waits","why":"all 2 workers are busy","waited":'
    says 'a        0       0       0      3' held
    exits 2 "$mpool" status held a/3
    has err 'the step has 3 jobs, and the first one is 0'
    exits 2 "$mpool" status held c/0
    has err 'the run has no step of this name'
    exits 2 "$mpool" status held 0
    has err "the run has 2 steps, and the job's has to be named"
    kill -INT "$mpool_pid"
    says 'why       the run begins no more jobs: a signal or `halt` ends it' held b/0
    touch go-one go-two go-three
    ends 130
    exits 0 "$mpool" status held "a/$first"
    is "$(field state) $(field attempts)" 'done 1 of 1'
    grep -q '^waited  *[0-9.]* s$' out
    grep -q '^ran  *[0-9.]* s$' out
    exits 0 "$mpool" status held "a/$last"
    is "$(field state)" cancelled
    exits 0 "$mpool" status held b/0
    is "$(field state) $(field why)" 'has not run the run has ended without it; mpool run --resume goes on with it'
}

at_most_delay_and_backoff_are_told() {
    {
        printf 'mpool: 1\nname: held\nworkers: 4\nsteps:\n'
        held_step a 'one, two, three'
        printf '    at_most: 2\n    retries: {max: 2, backoff: 90s}\n'
        printf '  b: {each: {range: 1..2}, delay: 1h, shell: "true"}\n'
    } >job.yaml
    begin
    name_them
    says 'why       at_most: 2 jobs of its step run, and no more may at a time' held "a/$last"
    has out 'backoff: if an attempt of it has failed, it waits for the next one, 1:30 or a multiple'
    touch go-one go-two go-three
    says 'delay: it begins no sooner than 1:00:00 after it could' held b/1
    kill -TERM "$mpool_pid"
    ends 143
}

# The second attempt is the one that waits for the file.
another_attempt_is_told_as_such() {
    printf '%s\n' 'mpool: 1' 'name: held' 'workers: 1' 'steps:' '  a:' '    retries: 1' '    each: {items: [x]}' \
        "    shell: 'test -e first || { touch first; exit 1; }; touch begun; until test -e go; do sleep 0.02; done'" >job.yaml
    begin
    wait_until test -e begun
    says 'attempts  2 of 2' held 0
    is "$(field state)" runs
    says '  attempt 2' held
    touch go
    ends 0
}

# What a worker has left on the board that was killed is no job at work.
a_worker_that_was_killed_is_at_no_work() {
    {
        printf 'mpool: 1\nname: held\nworkers: 1\nsteps:\n'
        held_step a 'one'
        printf '    retries: {max: 1, backoff: 1h, on: [crashed]}\n'
    } >job.yaml
    begin
    wait_until test -e begun-one
    says 'worker 0  a  one' held
    exits 0 "$mpool" status --json held
    kill -KILL "$(sed -n 's/.*"pid":\([0-9]*\),"program".*/\1/p' out)"
    says '1 worker idle' held
    has_not out 'worker 0'
    says 'backoff: if an attempt of it has failed' held 0
    is "$(field state)" waits
    kill -TERM "$mpool_pid"
    ends 143
}

# Nothing of a run that was killed is taken for a run, and the next one of the journal is seen again.
a_run_that_was_killed_has_no_workers() {
    {
        printf 'mpool: 1\nname: held\nworkers: 1\nsteps:\n'
        held_step a 'one'
    } >job.yaml
    begin
    wait_until test -e begun-one
    says 'worker 0  a  one' held
    kill -KILL "$mpool_pid"
    ends 137
    exits 0 "$mpool" status held
    has out "process $mpool_pid is gone, and has written no end: it was killed"
    has_not out 'worker '
    exits 0 "$mpool" status held 0
    is "$(field state) $(field why)" \
        'has not run the run was killed before this job had an end; mpool run --resume goes on with it'
    is "$(find "$XDG_STATE_HOME" -name '*board*')" ''
    rm begun-one
    begin
    wait_until test -e begun-one
    says 'worker 0  a  one' held
    touch go-one
    ends 0
}

names_of_items_are_escaped() {
    {
        printf 'mpool: 1\nname: held\nworkers: 1\nsteps:\n'
        printf '%s\n' '  a:' '    each: {items: ["a\u001b[31mb"]}' \
            "    shell: 'touch begun; until test -e go; do sleep 0.02; done'"
    } >job.yaml
    begin
    wait_until test -e begun
    says 'worker 0  a  a\e[31mb  ' held
    exits 0 "$mpool" status held 0
    is "$(field item)" 'a\e[31mb'
    touch go
    ends 0
}

# An item of 400 bytes is cut on the board, and between characters.
a_long_item_is_cut() {
    long=$(printf 'é%.0s' $(seq 200))
    {
        printf 'mpool: 1\nname: held\nworkers: 1\nsteps:\n'
        printf '%s\n' '  a:' "    each: {items: [\"x$long\"]}" \
            "    shell: 'touch begun; until test -e go; do sleep 0.02; done'"
    } >job.yaml
    begin
    wait_until test -e begun
    says 'worker 0  a  xé' held
    has_not out "$long"
    has_not out '\x'
    touch go
    ends 0
}

# ---- SIGUSR1 --------------------------------------------------------------------------------------------------------

sigusr1_tells_what_runs_and_ends_nothing() {
    {
        printf 'mpool: 1\nworkers: 2\nsteps:\n'
        printf '  first: {each: {range: 1..3}, call: square}\n'
        held_step a 'one, two, three'
    } >job.yaml
    begin
    touch go-three
    wait_until test -e begun-one -a -e begun-two
    kill -USR1 "$mpool_pid"
    wait_until grep -q 'worker [0-9]*  a  one  [0-9]*\.[0-9] s' err
    has err 'mpool: first: 3 done, in '
    grep -q '^mpool: a: [01] of 3 done, after [0-9]*\.[0-9] s$' err
    has err '  a  two  '
    touch go-one go-two
    ends 0
    is "$(json summary done)" 6
}

# A run that waits for its reader, or for its input, answers too.
sigusr1_is_answered_while_others_are_waited_for() {
    printf '{mpool: 1, workers: 2, steps: {a: {each: {lines: "-"}, call: echo}}}' >job.yaml
    mkfifo pipe
    env --default-signal=USR1 "$mpool" run --json --output lines <pipe >summary 2>err &
    mpool_pid=$!
    exec 3>pipe
    echo one >&3
    wait_until test -s lines
    kill -USR1 "$mpool_pid"
    wait_until grep -q 'mpool: a: 1 done, after ' err
    exec 3>&-
    ends 0
    is "$(json summary done) $(json summary failed)" '1 0'
}

sigusr1_that_is_ignored_stays_so() {
    {
        printf 'mpool: 1\nworkers: 1\nsteps:\n'
        held_step a 'one'
    } >job.yaml
    (
        trap '' USR1
        exec "$mpool" run --json >summary 2>err
    ) &
    mpool_pid=$!
    wait_until test -e begun-one
    kill -USR1 "$mpool_pid"
    touch go-one
    ends 0
    has_not err 'worker'
}

try a_run_that_runs_tells_what_each_worker_does a_function_is_seen_at_work each_built_in_function_is_seen \
    how_many_jobs_there_are_is_known_before_they_have_run a_walk_is_counted_when_its_end_is_found \
    a_step_that_is_skipped_has_its_jobs \
    why_a_job_waits_is_told at_most_delay_and_backoff_are_told another_attempt_is_told_as_such \
    a_worker_that_was_killed_is_at_no_work a_run_that_was_killed_has_no_workers names_of_items_are_escaped \
    a_long_item_is_cut sigusr1_tells_what_runs_and_ends_nothing sigusr1_is_answered_while_others_are_waited_for \
    sigusr1_that_is_ignored_stays_so
finish
