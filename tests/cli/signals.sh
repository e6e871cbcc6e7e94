#!/bin/sh
# tests/cli/signals.sh - ^C and other signals: what is finished, what is stopped, and that nothing is left
#
#     sh signals.sh MPOOL
#
# A shell starts what is in the background with SIGINT ignored, and the command keeps to that; so env resets it.
. "$(dirname -- "$0")/lib.sh"

# begin ARGUMENT... - start `mpool run` and wait until the first job has ended
begin() {
    env --default-signal=INT,TERM,HUP "$mpool" run --json --output lines "$@" >out 2>err &
    mpool_pid=$!
    wait_until test -s lines
}

# ends CODE - it ends with this, soon
ends() {
    code=0
    wait "$mpool_pid" || code=$?
    is "$code" "$1"
}

# Jobs of 2 s on two workers: the first ^C lets those that run come to their end, and cancels the third.
sigint_once_finishes_what_runs() {
    printf '{mpool: 1, workers: 2, steps: {a: {each: {items: [0, 2, 2, 2]}, call: sleep}, b: {each: {range: 1..7}, call: sleep},
        c: {each: {walk: /usr/bin}, call: file_size}}}' >job.yaml
    begin
    kill -INT "$mpool_pid"
    ends 130
    is "$(json out done) $(json out cancelled) $(json out pending) $(json out total) $(json out exit)" '3 1 7 11 130'
    has err 'mpool: finishing 2 running jobs'
    has err '^C again stops them'
    has err 'pending'
}

sigint_twice_stops_what_runs() {
    printf '{mpool: 1, workers: 2, steps: {a: {each: {items: [0, 600, 600, 600]}, call: sleep}}}' >job.yaml
    begin
    kill -INT "$mpool_pid"
    wait_until grep -q 'finishing 2 running jobs' err
    kill -INT "$mpool_pid"
    ends 130
    is "$(json out done) $(json out cancelled) $(json out exit)" '1 3 130'
    # What has not run is in the lines as well.
    is "$(grep -c '"status":"cancelled","result":null' lines)" 3
}

sigterm_stops_at_once() {
    printf '{mpool: 1, workers: 2, steps: {a: {each: {items: [0, 600, 600, 600]}, call: sleep}}}' >job.yaml
    begin
    kill -TERM "$mpool_pid"
    ends 143
    is "$(json out done) $(json out cancelled) $(json out exit)" '1 3 143'
}

sighup_stops_at_once() {
    printf '{mpool: 1, workers: 2, steps: {a: {each: {items: [0, 600, 600, 600]}, call: sleep}}}' >job.yaml
    begin
    kill -HUP "$mpool_pid"
    ends 129
    is "$(json out exit)" 129
}

nohup_is_respected() {
    printf '{mpool: 1, workers: 2, steps: {a: {each: {items: [0, 0.5, 0.5]}, call: sleep}}}' >job.yaml
    (
        trap '' HUP
        exec "$mpool" run --json --output lines >out 2>err
    ) &
    mpool_pid=$!
    wait_until test -s lines
    kill -HUP "$mpool_pid"
    ends 0
    is "$(json out done)" 3
}

# A pipe that stays open holds the command in read(); the signal has to reach it there.
waiting_for_standard_input_can_be_stopped() {
    printf '{mpool: 1, steps: {a: {each: {lines: "-"}, call: echo}}}' >job.yaml
    mkfifo pipe
    for signal in INT TERM; do
        env --default-signal=INT,TERM "$mpool" run --json <pipe >out 2>err &
        mpool_pid=$!
        exec 3>pipe
        echo one >&3
        wait_until grep -q 'State:.*S' "/proc/$mpool_pid/status"
        wait_until workers_idle
        kill "-$signal" "$mpool_pid"
        case $signal in
        INT) ends 130 ;;
        TERM) ends 143 ;;
        esac
        exec 3>&-
    done
}

# The workers are there: the command and its fork server have at least one more process of this case.
workers_idle() {
    [ "$(left_processes "$MPOOL_TEST_TAG" | grep -c "$mpool")" -ge 2 ]
}

kill_minus_9_leaves_nothing() {
    printf '{mpool: 1, workers: 2, steps: {a: {each: {items: [0, 600, 600, 600]}, call: sleep}}}' >job.yaml
    begin
    kill -KILL "$mpool_pid"
    ends 137
    # That no process and no file is left is looked at after each case.
}

signals_that_do_not_concern_it_do_no_harm() {
    printf '{mpool: 1, workers: 2, steps: {a: {each: {range: 0..200000}, call: echo}}}' >job.yaml
    env --default-signal "$mpool" run --json --output lines >out 2>err &
    mpool_pid=$!
    wait_until test -s lines
    while kill -CHLD "$mpool_pid" 2>/dev/null && kill -WINCH "$mpool_pid" 2>/dev/null; do
        :
    done
    ends 0
    is "$(json out done) $(json out total)" '200001 200001'
}

try sigint_once_finishes_what_runs sigint_twice_stops_what_runs sigterm_stops_at_once sighup_stops_at_once \
    nohup_is_respected waiting_for_standard_input_can_be_stopped kill_minus_9_leaves_nothing \
    signals_that_do_not_concern_it_do_no_harm
finish
