#!/bin/sh
# tests/cli/doctor.sh - `mpool doctor`: what a machine allows, on this one with limits of our own
#
#     sh doctor.sh MPOOL
. "$(dirname -- "$0")/lib.sh"

# The verdict, and what stands behind it, of a finding in ./out.
finding() {
    sed -n "s,^\\([a-z]*\\)  *$1  *\\(.*\\),\\1 \\2,p" out
}

# finds WHAT PATTERN - what was found of it matches, verdict included
finds() {
    finding "$1" | grep -qx -e "$2" || {
        echo "of \"$1\" was found: $(finding "$1"); and not: $2"
        cat out
        return 1
    }
}

nothing_is_in_the_way_on_a_machine_that_runs_jobs() {
    exits 0 "$mpool" doctor
    [ ! -s err ]
    is "$(grep -cv '^\(ok  \|warn\)  [^ ]' out)" 0
    finds versions "ok mpool $("$mpool" version | cut -d ' ' -f 2), msgpack-c .*, libfyaml .*"
    finds 'start-up' 'ok [0-9]*\.[0-9][0-9] ms from nothing to a worker that takes jobs'
    finds 'round trip' "ok [0-9]*\\.[0-9][0-9] ms from a job's submission to its result"
    finds 'memory of a worker' 'ok [0-9.]* [KM]iB of its own, idle'
    finds 'shared memory' 'ok a memfd, not /dev/shm; 72.0 GiB may be used, as far as there is memory'
    is "$(finding backtraces | wc -l)" 1
}

the_columns_are_aligned() {
    MPOOL_WORKERS=none XDG_RUNTIME_DIR=/no/such/place exits 0 "$mpool" doctor
    # The second column is as wide as its longest entry, and so is the third where a fourth one follows.
    is "$(cut -c 5-6,29-30 out | sort -u)" '    '
    is "$(awk '{ at = match($0, /(set it to a number|a directory of yours)/) } at { print at }' out | sort -u | wc -l)" 1
}

the_limit_that_wins_is_named() {
    exits 0 "$mpool" doctor
    finds '$MPOOL_WORKERS' 'ok not set'
    MPOOL_WORKERS=1 exits 0 "$mpool" doctor --json
    is "$(json out workers)" 1
    if [ "$(nproc)" -gt 1 ]; then
        MPOOL_WORKERS=1 exits 0 "$mpool" doctor
        finds 'workers: auto' 'ok 1, as \$MPOOL_WORKERS says'
        exits 0 taskset -c "$(taskset -cp $$ | sed 's/.*: \([0-9]*\).*/\1/')" "$mpool" doctor
        finds 'processors by affinity' 'ok 1'
        finds 'workers: auto' 'ok 1, as many as processors that this process may run on'
    fi
}

a_number_of_workers_that_is_none_is_told() {
    MPOOL_WORKERS=2x exits 0 "$mpool" doctor
    finds '$MPOOL_WORKERS' 'warn "2x" is no whole number from 1, and sets no limit  *set it to a number, or unset it'
}

too_few_open_files_are_told_with_the_number_that_is_needed() {
    MPOOL_WORKERS=1 exits 3 sh -c 'ulimit -n 20; exec "$0" doctor' "$mpool"
    finds 'open files' 'fail 20; 1 worker needs 27  *raise the limit: ulimit -n 27; or use fewer workers'
    # The trial says the same by itself.
    finds trial 'fail no worker has started: 1 workers need about 27 file descriptors.*'
    MPOOL_WORKERS=1 exits 0 sh -c 'ulimit -n 27; exec "$0" doctor' "$mpool"
    finds 'open files' 'ok 27; 1 worker needs 27'
}

# Root is not held to it.
too_few_processes_are_told_with_the_number_that_is_needed() {
    if [ "$(id -u)" -eq 0 ]; then
        exits 0 prlimit --nproc=5 "$mpool" doctor
        finds 'tasks of the user' "ok root's are not limited"
        chmod 755 "$work" "$work"/*
        chmod 777 "$TMPDIR"
        MPOOL_WORKERS=1 exits 3 setpriv --reuid=65534 --clear-groups prlimit --nproc=5 "$mpool" doctor
    else
        MPOOL_WORKERS=1 exits 3 prlimit --nproc=5 "$mpool" doctor
    fi
    finds 'tasks of the user' 'fail 5; 1 worker needs [0-9]*  *raise the limit: ulimit -u [0-9]*; or use fewer workers'
}

less_shared_memory_is_told_with_its_limit() {
    exits 0 sh -c 'ulimit -f 20000000; exec "$0" doctor' "$mpool"
    finds 'shared memory' 'warn a memfd.*  lift the limits on it: ulimit -v unlimited; ulimit -f unlimited'
}

directories_that_cannot_be_used_are_told() {
    : >file
    XDG_RUNTIME_DIR=$PWD/file exits 0 "$mpool" doctor
    finds '$XDG_RUNTIME_DIR' "warn .*/file: is no directory  *a directory of yours.*"
    XDG_RUNTIME_DIR=here exits 0 "$mpool" doctor
    finds '$XDG_RUNTIME_DIR' 'warn here: is no absolute path  *a directory of yours.*'
    XDG_RUNTIME_DIR=/no/such/directory exits 0 "$mpool" doctor
    finds '$XDG_RUNTIME_DIR' 'warn /no/such/directory: No such file or directory  *a directory of yours.*'
    long=$PWD/$(printf '%060d' 0)
    mkdir "$long"
    XDG_RUNTIME_DIR=$long exits 0 "$mpool" doctor
    finds '$XDG_RUNTIME_DIR' 'warn .*: is longer than 60 bytes  *a directory of yours.*'
    rmdir "$long"
    exits 0 "$mpool" doctor
    finds '$XDG_RUNTIME_DIR' 'ok not set'
    finds /tmp 'ok /tmp, [0-9.]* [A-Za-z]* free'
}

the_state_directory_is_looked_at_and_not_made() {
    XDG_STATE_HOME=$PWD/a/b exits 0 "$mpool" doctor
    finds 'state directory' 'ok .*/a/b/mpool, which is not there yet, and can be made'
    [ ! -e a ]
    mkdir -p a/b/mpool
    XDG_STATE_HOME=$PWD/a/b exits 0 "$mpool" doctor
    finds 'state directory' 'ok .*/a/b/mpool, [0-9.]* [A-Za-z]* free'
    : >file
    XDG_STATE_HOME=$PWD/file exits 0 "$mpool" doctor
    finds 'state directory' 'warn .*/file/mpool: .*: Not a directory  *set XDG_STATE_HOME.*'
    XDG_STATE_HOME=/proc/sys exits 0 "$mpool" doctor
    finds 'state directory' 'warn /proc/sys/mpool: /proc/sys: .*  *set XDG_STATE_HOME.*'
    XDG_STATE_HOME=/proc/x exits 0 "$mpool" doctor
    finds 'state directory' 'warn /proc/x/mpool: /proc: .*  *set XDG_STATE_HOME.*'
    XDG_STATE_HOME=here HOME=$PWD exits 0 "$mpool" doctor
    finds '$XDG_STATE_HOME' 'warn here: is no absolute path  *set it to .*'
    finds 'state directory' 'ok .*/.local/state/mpool, which is not there yet, and can be made'
    is "$(ls -A)" "$(printf 'a\nerr\nfile\nout')"
    exits 0 env -u HOME -u XDG_STATE_HOME "$mpool" doctor
    finds 'state directory' '.*/.local/state/mpool.*'
}

names_cannot_send_sequences() {
    XDG_RUNTIME_DIR=$(printf '/\033[31m\n') exits 0 "$mpool" doctor
    has out '/\e[31m'
    ! grep -q "$(printf '\033')" out
}

the_crash_of_the_trial_leaves_no_core() {
    mkdir there
    cd there
    (ulimit -c unlimited 2>/dev/null || :; "$mpool" doctor >../out)
    is "$(ls)" ''
}

the_object_has_what_scripts_rely_on() {
    exits 0 "$mpool" doctor --json
    is "$(wc -l <out)" 1
    grep -q '^{"version":"[0-9.]*","workers":[0-9]*,"findings":\[{"verdict":"ok","what":"versions","value":"mpool .*","remedy":null},.*\],"exit":0}$' out
    MPOOL_WORKERS=1 exits 3 sh -c 'ulimit -n 20; exec "$0" doctor --json' "$mpool"
    has out '{"verdict":"fail","what":"open files","value":"20; 1 worker needs 27","remedy":"raise the limit: ulimit -n 27; or use fewer workers"}'
    has out '"exit":3}'
}

try nothing_is_in_the_way_on_a_machine_that_runs_jobs the_columns_are_aligned the_limit_that_wins_is_named \
    a_number_of_workers_that_is_none_is_told too_few_open_files_are_told_with_the_number_that_is_needed \
    too_few_processes_are_told_with_the_number_that_is_needed \
    less_shared_memory_is_told_with_its_limit directories_that_cannot_be_used_are_told \
    the_state_directory_is_looked_at_and_not_made names_cannot_send_sequences the_crash_of_the_trial_leaves_no_core \
    the_object_has_what_scripts_rely_on
finish
