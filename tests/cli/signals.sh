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

two_have_begun() {
    [ "$(find . -name 'begun-*' | wc -l)" -eq 2 ]
}

# A program is asked by SIGTERM, and has the time to clean up.
sigint_twice_asks_programs_to_end() {
    printf '%s\n' 'mpool: 1' 'workers: 2' 'steps:' '  a:' '    each: {range: 1..9}' \
        "    shell: 'trap \"touch cleaned-\$1; exit 1\" TERM; touch begun-\$1; sleep 600 & wait'" >job.yaml
    env --default-signal=INT "$mpool" run --json >out 2>err &
    mpool_pid=$!
    wait_until two_have_begun
    kill -INT "$mpool_pid"
    wait_until grep -q 'finishing 2 running jobs (longest [0-9]*\.[0-9] s); ^C again stops them' err
    kill -INT "$mpool_pid"
    ends 130
    grep -q 'stopping 2 running jobs (longest [0-9]*\.[0-9] s); ^C again kills them' err
    is "$(find . -name 'cleaned-*' | wc -l) $(json out cancelled) $(json out total)" '2 9 9'
}

sigint_three_times_kills_what_runs() {
    printf '%s\n' 'mpool: 1' 'workers: 2' 'steps:' '  a:' '    each: {range: 1..9}' \
        "    shell: 'trap \"\" TERM; touch begun-\$1; while :; do sleep 600; done'" >job.yaml
    env --default-signal=INT "$mpool" run --json >out 2>err &
    mpool_pid=$!
    wait_until two_have_begun
    kill -INT "$mpool_pid"
    wait_until grep -q 'finishing' err
    kill -INT "$mpool_pid"
    wait_until grep -q 'stopping' err
    kill -INT "$mpool_pid"
    ends 130
    is "$(json out cancelled)" 9
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

# is_full PIPE - it takes not one byte more; what it does take is a NUL
is_full() {
    ! dd if=/dev/zero of="$1" bs=1 count=1 oflag=nonblock conv=notrunc 2>/dev/null
}

# interrupt TEXT - ^C, and the text on standard error while the pipe is still full
interrupt() {
    kill -INT "$mpool_pid"
    wait_until grep -qF -e "$1" err
}

# A pipe that the test holds open and does not read, as a pager does.
a_reader_that_stands_still_holds_up_no_signal() {
    printf '{mpool: 1, workers: 2, steps: {a: {each: {range: 1..10000000}, call: square}}}' >job.yaml
    mkfifo pipe
    exec 3<>pipe
    env --default-signal=INT "$mpool" run --output - >pipe 2>err &
    mpool_pid=$!
    wait_until is_full pipe
    interrupt 'mpool: finishing '
    is_full pipe
    kill -INT "$mpool_pid"
    ends 130
    has err 'pending'
    is "$(grep -c '^mpool: finishing' err)" 1
}

a_reader_that_goes_on_after_a_signal_gets_everything() {
    printf '{mpool: 1, workers: 2, steps: {a: {each: {range: 1..10000000}, call: square}}}' >job.yaml
    mkfifo pipe
    exec 3<>pipe
    env --default-signal=INT "$mpool" run --json --output pipe >out 2>err 3<&- &
    mpool_pid=$!
    wait_until is_full pipe
    interrupt 'mpool: finishing '
    exec 4<pipe 3<&-
    cat <&4 >lines &
    exec 4<&-
    ends 130
    wait
    tr -d '\0' <lines >clean
    is "$(wc -l <clean)" "$(($(json out done) + $(json out cancelled)))"
    is "$(grep -cv '^{"step":"a","index":[0-9]*,"item":.*}$' clean)" 0
}

the_summary_object_can_be_given_up_too() {
    printf '{mpool: 1, steps: {a: {each: {range: 1..10}, call: square}}}' >job.yaml
    mkfifo pipe
    exec 3<>pipe
    until is_full pipe; do
        dd if=/dev/zero of=pipe bs=4096 count=1 oflag=nonblock conv=notrunc 2>/dev/null || :
    done
    env --default-signal=INT "$mpool" run --json >pipe 2>err &
    mpool_pid=$!
    wait_until grep -q '^a  *10' err
    interrupt 'mpool: finishing what is to be written; ^C again stops it'
    kill -INT "$mpool_pid"
    ends 130
    is "$(grep -c '^mpool: finishing' err)" 1
}

# Nobody writes to it: open() would wait there for ever, or until a signal fails it. The signals are sent when they are
# caught, as SigCgt shows.
a_fifo_that_nobody_writes_to_is_no_failed_job() {
    printf '{mpool: 1, steps: {a: {each: {lines: fifo}, call: echo}}}' >job.yaml
    mkfifo fifo
    for signal in INT TERM; do
        env --default-signal=INT,TERM "$mpool" run --json >out 2>err &
        mpool_pid=$!
        wait_until grep -q 'SigCgt:.*[4-7c-f]..[2367abef]$' "/proc/$mpool_pid/status"
        wait_until grep -q 'State:.*S' "/proc/$mpool_pid/status"
        kill "-$signal" "$mpool_pid"
        case $signal in
        INT) ends 130 ;;
        TERM) ends 143 ;;
        esac
        is "$(json out total) $(json out failed)" '0 0'
        has_not err 'system call'
    done
    # It is the file that is waited for, and not read, when jobs are counted.
    exits 0 "$mpool" check
    is "$(cat out)" 'a  as many jobs as lines from fifo'
    printf 'one\ntwo\n' >fifo &
    exits 0 "$mpool" run --json
    is "$(json out done)" 2
    wait
}

# Its second source has nothing to give, whatever the first one goes through.
a_product_that_comes_to_nothing_can_be_stopped() {
    printf '{mpool: 1, steps: {a: {each: {product: {a: {range: 1..4000000000000000000}, b: {lines: empty}}}, call: echo}}}' >job.yaml
    : >empty
    env --default-signal=INT,TERM "$mpool" run --json >out 2>err &
    mpool_pid=$!
    wait_until grep -q 'SigCgt:.*[4-7c-f]..[2367abef]$' "/proc/$mpool_pid/status"
    wait_until grep -q 'State:.*R' "/proc/$mpool_pid/status"
    kill -INT "$mpool_pid"
    ends 130
    is "$(json out total) $(json out failed)" '0 0'
}

# The workers are there: the command and its fork server have at least one more process of this case.
workers_idle() {
    left=$(left_processes "$MPOOL_TEST_TAG")
    [ "$(printf '%s\n' "$left" | grep -c "$mpool")" -ge 2 ]
}

kill_minus_9_leaves_nothing() {
    printf '{mpool: 1, workers: 2, steps: {a: {each: {items: [0, 600, 600, 600]}, call: sleep}}}' >job.yaml
    begin
    kill -KILL "$mpool_pid"
    ends 137
    # That no process and no file is left is looked at after each case.
}

sigquit_ends_it_at_once_with_its_programs() {
    ulimit -c 0
    printf '%s\n' 'mpool: 1' 'steps: {a: {each: {range: 1..3}, shell: "echo >>ran-$1; [ $1 = 1 ] || [ -e go ] || sleep 600"}}' >job.yaml
    env --default-signal=QUIT "$mpool" run -j 2 --output lines &
    mpool_pid=$!
    wait_until test -s lines -a -e ran-3
    kill -QUIT "$mpool_pid"
    ends 131
    touch go
    exits 0 "$mpool" run --json --resume
    is "$(json out done) $(json out resumed) $(wc -l <ran-1)" '3 1 1'
}

# The pool has all jobs by then: the run notices by their results.
programs_end_with_the_fork_server() {
    printf '%s\n' 'mpool: 1' 'workers: 2' 'steps: {a: {each: {range: 1..3}, shell: "echo >begun-$1; sleep 600; echo >went-on"}}' >job.yaml
    "$mpool" run --json >out 2>err &
    mpool_pid=$!
    wait_until test -e begun-1 -a -e begun-2
    server=$(cut -d ' ' -f 1 "/proc/$mpool_pid/task/$mpool_pid/children")
    kill -KILL "$server"
    ends 3
    has err 'mpool: a: the pool is broken: the fork server is gone; it may have been killed'
    is "$(json out done) $(json out cancelled)" '0 3'
    ! test -e went-on
    # That nothing runs on is looked at after each case.
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

try sigint_once_finishes_what_runs sigint_twice_stops_what_runs sigint_twice_asks_programs_to_end \
    sigint_three_times_kills_what_runs sigterm_stops_at_once sighup_stops_at_once \
    a_reader_that_stands_still_holds_up_no_signal a_reader_that_goes_on_after_a_signal_gets_everything \
    the_summary_object_can_be_given_up_too a_fifo_that_nobody_writes_to_is_no_failed_job nohup_is_respected \
    a_product_that_comes_to_nothing_can_be_stopped \
    waiting_for_standard_input_can_be_stopped kill_minus_9_leaves_nothing \
    sigquit_ends_it_at_once_with_its_programs programs_end_with_the_fork_server signals_that_do_not_concern_it_do_no_harm
finish
