#!/bin/sh
# tests/cli/terminal.sh - what is on a terminal while a run goes on
#
#     sh terminal.sh MPOOL
#
# script(1) gives the command a terminal, and writes down what comes there.
. "$(dirname -- "$0")/lib.sh"

escape=$(printf '\033')
return=$(printf '\r')

# on_terminal COLUMNS ARGUMENT... - `mpool run` there; what comes is in ./screen, its exit code in ./code
on_terminal() {
    columns=$1
    shift
    printf '%s\n' "stty cols $columns 2>/dev/null" "\"$mpool\" run $*" 'echo $? >code' >commands
    script -q -c 'sh commands' screen >/dev/null
    # The last line of a screen is there before the file is complete.
    is "$(cat code)" "${expected_code:-0}"
}

# A run of more than a second, and jobs that fail in it.
slow_jobs() {
    printf 'mpool: 1\nworkers: 2\nsteps:\n  step-one: {each: {range: 1..14}, call: sleep, args: 0.2, totals: {jobs-of-it: count}}\n' >job.yaml
}

# The texts that were drawn over each other, one a line.
redraws() {
    tr '\r' '\n' <screen | sed -n "s/^\(.*\)$escape\[J.*/\1/p"
}

a_live_line_shows_numbers_rate_and_totals() {
    slow_jobs
    TERM=xterm on_terminal 100
    redraws | grep -q '^step-one  [0-9]* of 14 done  [0-9]*%  ETA 0:[0-9][0-9]  [0-9.]*/s  jobs-of-it [0-9]*$'
    # It is gone in the end, and the summary is there.
    is "$(redraws | tail -n 1)" ''
    has screen 'step-one.jobs-of-it  14'
    # Ten times a second are the most: of 1.4 seconds.
    [ "$(redraws | wc -l)" -le 18 ]
    [ "$(redraws | wc -l)" -ge 4 ]
}

it_never_wraps() {
    slow_jobs
    for columns in 30 12 2 1; do
        TERM=xterm on_terminal $columns
        [ "$(redraws | awk '{ if (length($0) > m) m = length($0) } END { print m + 0 }')" -lt "$columns" ]
    done
    # A terminal that does not know its width.
    TERM=xterm on_terminal 0
    redraws | grep -q 'of 14 done'
}

# What matters less is left out first, and nothing is cut in two while there is something to leave out.
a_narrow_terminal_has_what_matters_most() {
    printf '%s\n' 'mpool: 1' 'workers: 2' 'steps:' '  st:' '    each: {range: 1..12}' '    retries: 1' \
        '    shell: "sleep 0.2; exit $(($1 % 2))"' '    totals: {n: count}' >job.yaml
    export expected_code=1 TERM=xterm
    on_terminal 90
    redraws | grep -q '^st  [0-9]* of 12 done  [0-9]*%  ETA 0:[0-9][0-9]  [0-9]* failed  [0-9]* retried  [0-9.]*/s  n [0-9]*$'
    on_terminal 50
    redraws | grep -q '^st  [0-9]* of 12 done  [0-9]*%  ETA 0:[0-9][0-9]  [0-9]* failed  [0-9.]*/s$'
    on_terminal 40
    redraws | grep -q '^st  [0-9]* of 12 done  ETA 0:[0-9][0-9]  [0-9]* failed$'
    on_terminal 25
    redraws | grep -q '^[0-9]* of 12 done  [0-9] failed$'
    on_terminal 20
    redraws | grep -q '^[0-9]* of 12 done$'
}

# A program's lines, and those of the live line, are never on one row.
lines_of_programs_and_the_live_line_are_apart() {
    printf '%s\n' 'mpool: 1' 'workers: 2' 'steps:' '  st:' '    each: {range: 1..6}' '    show: lines' \
        '    shell: "for i in 1 2 3; do echo line-$1-$i; sleep 0.1; done"' >job.yaml
    TERM=xterm on_terminal 90
    is "$(tr -d '\r' <screen | sed "s/.*$escape\[J//" | grep -c '^line-[1-6]-[1-3]$')" 18
    redraws | grep -q 'of 6 done'
}

# What is written straight would be written over the live line.
there_is_no_live_line_where_programs_write_straight() {
    printf '%s\n' 'mpool: 1' 'steps:' '  st: {each: {range: 1..4}, show: straight, shell: "sleep 0.2; echo out-$1"}' >job.yaml
    TERM=xterm on_terminal 90
    ! grep -q "$escape" screen
    is "$(grep -c out- screen)" 4
}

nothing_but_text_comes_to_a_dumb_terminal() {
    slow_jobs
    for term in dumb ''; do
        TERM=$term on_terminal 100
        ! grep -q "$escape" screen
        has screen 'step-one.jobs-of-it  14'
    done
    TERM=dumb on_terminal 100 --progress=always
    ! grep -q "$escape" screen
    has screen 'of 14 done'
}

there_are_no_colours() {
    slow_jobs
    NO_COLOR=1 TERM=xterm-256color on_terminal 100
    ! grep -q "$escape\[[0-9;]*m" screen
}

never_means_never() {
    slow_jobs
    TERM=xterm on_terminal 100 --progress=never
    ! grep -q "$escape" screen
    has screen 'step-one.jobs-of-it  14'
}

names_cannot_send_sequences() {
    mkdir tree
    touch "tree/$(printf 'a\033[31m\302\2332Jb')"
    printf 'mpool: 1\nsteps:\n  a: {each: {walk: tree}, call: fail}\n' >job.yaml
    expected_code=1 TERM=dumb on_terminal 100
    ! grep -q "$escape" screen
    ! grep -q "$(printf '\302\233')" screen
    has screen 'a: tree/a\e[31m\xc2\x9b2Jb'
    has screen 'args: "tree/a\u001b[31m\u009b2Jb"'
}

# ^C is typed once a job has ended; the terminal sends SIGINT to all of its foreground processes.
control_c_finishes_what_runs() {
    printf 'mpool: 1\nworkers: 2\nsteps:\n  a: {each: {items: [0, 0.5, 1]}, call: sleep}\n  b: {each: {range: 1..5}, call: sleep}\n' >job.yaml
    # The shell lives on to write the code.
    printf '%s\n' 'trap : INT' "\"$mpool\" run --json --output lines >out" 'echo $? >code' >commands
    mkfifo keys
    TERM=xterm env --default-signal=INT script -q -c 'sh commands' screen <keys >/dev/null &
    exec 3>keys
    wait_until test -s lines
    printf '\003' >&3
    wait_until test -s code
    exec 3>&-
    wait
    is "$(cat code) $(json out done) $(json out pending)" '130 3 5'
    has screen '; ^C again stops them'
}

# is_stopped PID
is_stopped() {
    grep -q '^State:.*T (stopped)' "/proc/$1/status"
}

# The limit is 6 s, and the pool's own lies 5 s behind: the run is stopped for longer than both. A test that waits for
# the state does not know how long; that it was long enough is all that time is for here.
control_z_stops_the_programs_and_no_limit_runs() {
    # The program forks nothing: a shell that waits for vfork() has another state than one that is stopped.
    mkfifo go
    printf '%s\n' 'mpool: 1' 'name: held' 'workers: 1' 'steps:' '  a:' '    timeout: 6s' \
        "    shell: 'echo \$\$ >begun; read -r x <go'" \
        '  b: {call: sleep, args: 0.1, timeout: 60s}' >job.yaml
    printf '%s\n' 'set -m' "\"$mpool\" run --json >out" 'echo >stopped' 'until test -e again; do sleep 0.02; done' \
        'fg' 'echo $? >code' >commands
    mkfifo keys
    TERM=xterm env --default-signal=TSTP,CONT script -q -c 'sh commands' screen <keys >/dev/null &
    exec 3>keys
    wait_until test -s begun
    printf '\032' >&3
    wait_until test -e stopped
    wait_until is_stopped "$(cat begun)"
    sleep 12
    is_stopped "$(cat begun)"
    touch again
    echo on >go
    wait_until test -s code
    exec 3>&-
    wait
    is "$(cat code) $(json out done) $(json out timed_out) $(json out retried)" '0 2 0 0'
}

a_run_in_the_background_goes_on_and_draws_nothing() {
    slow_jobs
    printf '%s\n' 'stty tostop' 'set -m' "\"$mpool\" run &" 'wait $!' 'echo $? >code' >commands
    TERM=xterm timeout 60 script -q -c 'sh commands' screen >/dev/null
    is "$(cat code)" 0
    ! grep -q "$return$escape" screen
    is "$(redraws | grep -c done || :)" 0
    has screen 'step-one.jobs-of-it  14'
}

try a_live_line_shows_numbers_rate_and_totals it_never_wraps a_narrow_terminal_has_what_matters_most \
    lines_of_programs_and_the_live_line_are_apart there_is_no_live_line_where_programs_write_straight nothing_but_text_comes_to_a_dumb_terminal \
    there_are_no_colours never_means_never names_cannot_send_sequences control_c_finishes_what_runs \
    control_z_stops_the_programs_and_no_limit_runs \
    a_run_in_the_background_goes_on_and_draws_nothing
finish
