#!/bin/sh
# tests/cli/journal.sh - journals, and `mpool status`, `mpool log` and `mpool audit`, which read them
#
#     sh journal.sh MPOOL JOURNAL-DRIVER
#
# The driver (tests/cli/journal_driver.c) writes journals as `mpool run` does.
. "$(dirname -- "$0")/lib.sh"

driver=$(cd "$(dirname -- "$2")" && pwd)/$(basename -- "$2")

# prepare - a state directory, and a job file
prepare() {
    XDG_STATE_HOME=$PWD/state
    export XDG_STATE_HOME
    : >job.yaml
}

# sql STATEMENT - change the journal, as no mpool does
sql() {
    sqlite3 journal "$1"
}

# hold ARGUMENT... - a run that has written its jobs down and does not end until release
hold() {
    mkfifo in
    "$driver" hold=1 "$@" <in >ready 2>holder &
    holder=$!
    exec 9>in
    wait_until grep -q ready ready
}

release() {
    exec 9>&-
    wait "$holder"
}

# ---- where journals are ---------------------------------------------------------------------------------------------

a_journal_is_found_by_job_file_directory_and_settings() {
    prepare
    : >other.yaml
    exits 0 "$driver"
    exits 0 "$driver"
    is "$(ls state/mpool | grep -c 'journal$')" 1
    exits 0 "$driver" jobfile=other.yaml
    exits 0 "$driver" set=1
    exits 0 "$driver" set=2
    exits 0 "$driver" set=2 password=tiger
    exits 0 "$driver" set=2 password=lion
    is "$(ls state/mpool | grep -c 'journal$')" 5
    mkdir elsewhere
    (cd elsewhere && exits 0 "$driver" jobfile=../job.yaml)
    is "$(ls state/mpool | grep -c '^job-.*journal$')" 5
    ! grep -rq 'tiger\|lion' state || {
        echo 'a secret was written down'
        return 1
    }
}

a_journal_elsewhere_is_known_too() {
    prepare
    exits 0 "$driver" journal=here name=mine
    exits 0 "$mpool" status
    has out "$PWD/here"
    exits 0 "$mpool" status mine
    has out "started              directory"
    exits 0 "$mpool" status --json mine
    has out "\"directory\":\"$PWD\",\"journal\":\"$PWD/here\""
    rm here
    exits 0 "$mpool" status
    is "$(cat out)" 'no run has a journal'
}

old_records_go_and_one_that_is_locked_stays() {
    prepare
    exits 0 "$driver" jobfile=old.yaml
    exits 0 "$driver" jobfile=new.yaml
    hold jobfile=held.yaml
    touch -d '31 days ago' state/mpool/old-*.journal state/mpool/held-*
    touch -d '29 days ago' state/mpool/new-*.journal
    exits 0 "$driver"
    is "$(ls state/mpool | sed -n 's/-.*journal$//p' | tr '\n' ' ')" 'held job new '
    release
    exits 0 "$mpool" log job.yaml
}

old_runs_go_from_a_journal_that_is_in_use() {
    prepare
    exits 0 "$driver" journal=journal jobs=10
    exits 0 "$driver" journal=journal jobs=20
    sql "UPDATE runs SET started = started - 31 * 86400000000000 WHERE id = 1"
    exits 0 "$driver" journal=journal jobs=30
    is "$(sql 'SELECT group_concat(id) FROM runs')" 2,3
    is "$(sql 'SELECT count(*) FROM jobs')" 50
    exits 0 "$mpool" audit journal
}

# ---- what cannot be a journal ---------------------------------------------------------------------------------------

a_second_run_is_told_who_the_first_one_is() {
    prepare
    hold
    exits 4 "$driver"
    has err "in use by process $holder, since $(date +%Y-)"
    release
    exits 0 "$driver"
}

a_killed_run_leaves_no_lock() {
    prepare
    hold
    kill -9 "$holder"
    wait "$holder" || :
    exec 9>&-
    exits 0 "$driver" resume=1
    has err 'ran 0, resumed 10'
}

what_is_no_journal_is_left_as_it_is() {
    prepare
    echo 'this is a text, and longer than a header of SQLite has to be, which is why it goes on for a while here' >text
    sqlite3 database 'CREATE TABLE a (b)'
    sqlite3 future 'PRAGMA application_id = 1836085100; PRAGMA user_version = 2; CREATE TABLE a (b)'
    cksum text database future >before
    exits 4 "$driver" journal=text
    has err 'is not a journal of mpool'
    exits 4 "$driver" journal=database
    has err 'is not a journal of mpool'
    exits 4 "$driver" journal=future
    has err 'is a journal of another version of mpool'
    exits 4 "$mpool" audit text
    has err 'is not a journal of mpool'
    exits 2 "$driver" journal=.
    has err 'the journal cannot be opened'
    exits 2 "$driver" journal=nowhere/journal
    has err 'the journal cannot be opened: No such file'
    exits 2 "$driver" journal=/dev/null
    has err 'a journal is a regular file'
    cksum text database future | cmp - before
}

the_journal_of_another_job_file_is_refused() {
    prepare
    exits 0 "$driver" journal=journal set=1
    exits 4 "$driver" journal=journal set=2
    has err "is the journal of another run: job file $PWD/job.yaml, in $PWD, --set {\"x\":\"1\"}"
    exits 0 "$mpool" audit journal
    has out '1 run,'
}

a_directory_that_cannot_be_made_is_told() {
    : >file
    : >job.yaml
    XDG_STATE_HOME=$PWD/file exits 2 "$driver"
    has err "file/mpool: cannot be made: Not a directory"
    mkdir -p open/mpool
    chmod 777 open/mpool
    XDG_STATE_HOME=$PWD/open exits 2 "$driver"
    has err 'other users could change them'
}

# A file that may not grow is an error of each write, as a full disk is.
a_disk_that_is_full_is_told_and_what_was_durable_stays() {
    prepare
    exits 3 sh -c 'ulimit -f 2000; exec "$0" journal=journal jobs=100000 flush=1000' "$driver"
    has err 'failure: disk I/O error: File too large'
    has_not err 'the journal cannot be written'
    exits 0 "$mpool" audit journal
    exits 0 "$driver" journal=journal jobs=100000 resume=1
    resumed=$(sed -n 's/^ran .* resumed \([0-9]*\),.*/\1/p' err)
    [ "$resumed" -gt 0 ]
    exits 0 "$mpool" audit journal
    has out 'no job is without an end'
}

# ---- resuming -------------------------------------------------------------------------------------------------------

a_chain_of_runs_is_one_run() {
    prepare
    exits 0 "$driver" jobs=100 stop=30
    exits 0 "$driver" jobs=100 stop=60 resume=1
    exits 0 "$driver" jobs=100 resume=1
    has err 'earlier: run 2, 60 of 100 done'
    has err 'ran 40, resumed 60, left 0'
    exits 0 "$driver" jobs=100 resume=1
    has err 'earlier: run 3, 0 of 0 done, finished'
    has err 'ran 0, resumed 100, left 0'
    exits 0 "$mpool" audit state/mpool/job-*.journal
    has out 'total sizes.bytes is 4950, of 100 jobs'
    has out '100 jobs were done by earlier runs, each taken once'
}

only_what_failed_is_run_again() {
    prepare
    exits 0 "$driver" jobs=100 stop=50 fail=10
    exits 1 "$driver" jobs=100 resume=1 retry=1
    has err 'ran 5, resumed 45, left 50'
}

a_run_that_resumes_none_leaves_the_one_before_as_it_was() {
    prepare
    exits 0 "$driver" jobs=100 stop=50
    exits 0 "$driver" jobs=100 stop=10
    has err 'earlier: run 1, 50 of 100 done'
    exits 0 "$driver" jobs=100 stop=90 resume=1 run=1
    exits 0 "$mpool" status
    is "$(awk '{ print $1, $4 }' out | tr '\n' ' ')" 'run done 3 90 2 10 1 50 '
    exits 2 "$driver" resume=1 run=9
    has err 'has no run 9 to resume'
}

# A process that is killed may not have written what is in the record already.
a_line_that_was_lost_is_written_by_running_its_job_again() {
    prepare
    exits 0 "$driver" journal=journal output=lines jobs=50 stop=20
    is "$(wc -l <lines)" 20
    truncate -s 400 lines
    exits 0 "$driver" journal=journal output=lines jobs=50 stop=40 resume=1
    truncate -s -5 lines
    exits 0 "$driver" journal=journal output=lines jobs=50 resume=1
    is "$(wc -l <lines)" 50
    is "$(sort lines | uniq -d | wc -l)" 0
    exits 0 "$mpool" audit journal
    has out '--output: 50 lines, each ends where its row says'
}

# ---- reading --------------------------------------------------------------------------------------------------------

status_tells_the_state_of_each_run() {
    prepare
    hold jobfile=running.yaml name=running
    exits 0 "$driver" jobfile=done.yaml name=done jobs=1234
    exits 1 "$driver" jobfile=failed.yaml name=failed fail=5
    exits 0 "$driver" jobfile=killed.yaml name=killed stop=5
    exits 0 "$mpool" status
    is "$(awk 'NR > 1 { print $1, $2, $3, $4, $5, $6 }' out)" '4 killed interrupted 5 0 10
3 failed failed 8 2 10
2 done done 1,234 0 1,234
1 running running 10 0 10'
    exits 0 "$mpool" status --json
    has out '"run":4,"name":"killed","state":"interrupted"'
    exits 0 "$mpool" status 1
    has out "process $holder runs it"
    has out 'sizes    10       0       0     10'
    exits 0 "$mpool" status killed
    has out 'and has written no end: it was killed'
    exits 1 "$mpool" log killed 9
    has err 'run 4 has written down no end of this job'
    exits 0 "$mpool" status --json failed
    has out '"steps":[{"step":"sizes","total":10,"done":8,"failed":2,"others":0}]'
    release
    exits 0 "$mpool" status running
    has out 'ended with exit code 0'
}

log_lists_what_failed_and_tells_of_one_job() {
    prepare
    exits 1 "$driver" fail=4
    exits 0 "$mpool" log 1
    is "$(cat out)" 'sizes/3: item 3: failed after 3 attempts, 1.500 s: it has \e[31mno luck
sizes/7: item 7: failed after 3 attempts, 1.500 s: it has \e[31mno luck'
    exits 0 "$mpool" log job.yaml sizes/7
    has out 'attempts  3 of 3'
    has out 'error     it has \e[31mno luck'
    exits 0 "$mpool" log state/mpool/job-*.journal 2
    has out 'result    {"bytes":2}'
    exits 0 "$mpool" log --json 1
    is "$(grep -c '"status":"failed","result":null,"error":"it has \\u001b\[31mno luck","attempts":3' out)" 2
    exits 2 "$mpool" log 1 10
    has err 'the step has 10 jobs, and the first one is 0'
    exits 2 "$mpool" log 1 nothing/0
    has err 'the run has no step of this name; mpool status 1 lists them'
    exits 2 "$mpool" log 1 sizes
    has err 'a job is STEP/INDEX'
    exits 2 "$mpool" log nothing
    has err 'there is no run with this number or name'
    exits 2 "$mpool" log
    exits 0 "$driver"
    exits 0 "$mpool" log 2
    is "$(cat out)" 'no job of run 2 has failed'
}

names_reach_the_terminal_escaped() {
    prepare
    exits 0 "$driver" name="$(printf 'a\033[31mb')"
    exits 0 "$mpool" status
    has out 'a\e[31mb'
    exits 0 "$mpool" audit state/mpool/job-*.journal
    has out 'run 1, a\e[31mb: done'
    exits 0 "$mpool" log "$(printf 'a\033[31mb')"
}

a_journal_in_a_directory_that_is_read_only_can_be_read() {
    prepare
    mkdir kept
    exits 0 "$driver" journal=kept/journal
    chmod 500 kept
    code=0
    exits 0 "$mpool" audit kept/journal || code=$?
    chmod 700 kept
    [ "$code" -eq 0 ]
}

# ---- auditing -------------------------------------------------------------------------------------------------------

# finds STATEMENT TEXT - a record that was changed like this is found wrong, and that is said
finds() {
    rm -f journal lines
    exits 0 "$driver" journal=journal output=lines stop=5
    exits 0 "$driver" journal=journal output=lines resume=1
    exits 0 "$mpool" audit journal
    has out ' 0 violations'
    sql "$1"
    exits 1 "$mpool" audit journal
    has out "  NO  $2"
    exits 1 "$mpool" audit --json journal
    has out "$2"
    has_not out '"violations":0}'
}

# The second run has the rows 6 to 15: 6 to 10 were done by the first one, by its rows 1 to 5.
audit_finds_what_is_wrong() {
    prepare
    finds 'INSERT INTO jobs SELECT 16, step, number, key, status, attempts, worker, started, ended, item, error, result,
        output, exit, signal, resumed FROM jobs WHERE id = 15' 'job sizes/9 has 2 ends: rows 15, 16'
    finds 'DELETE FROM jobs WHERE id = 12' 'jobs sizes/6 to 6 have no end: rows are missing'
    finds 'DELETE FROM jobs WHERE id = 15' 'step sizes has 10 jobs, and 9 of them have an end'
    finds 'DELETE FROM jobs WHERE id = 15' 'the end of the run says 10 done, and there are 9 rows'
    finds 'UPDATE jobs SET attempts = 4 WHERE id = 15' 'job sizes/9 has 4 attempts, and 3 are the most: row 15'
    finds 'UPDATE jobs SET attempts = 0 WHERE id = 15' 'job sizes/9 is done after no attempt: row 15'
    finds 'UPDATE jobs SET status = 9 WHERE id = 15' 'job sizes/9 has the status 9, which is none: row 15'
    finds 'UPDATE jobs SET step = 77 WHERE id = 15' 'row 15 is of no step of this run'
    finds 'UPDATE jobs SET resumed = 2 WHERE id = 6' 'job sizes/0 was done earlier, says row 6, and row 2 does not say so'
    finds 'UPDATE jobs SET resumed = 2, key = (SELECT key FROM jobs WHERE id = 2) WHERE id = 6' \
        'row 2 was done once, and is taken by the rows'
    finds "UPDATE jobs SET result = x'81a5627974657308' WHERE id = 15" \
        'total sizes.bytes: the end of the run says 45, and the results come to 44'
    finds 'UPDATE jobs SET output = output + 1 WHERE id = 12' \
        '--output: line 7 ends at byte 189, and row 12 says 190'
    finds 'UPDATE jobs SET output = NULL WHERE id = 12' 'row 12 has no line in --output'
}

audit_finds_a_wrong_total_and_a_changed_output() {
    prepare
    exits 0 "$driver" journal=journal output=lines wrong=1
    exits 1 "$mpool" audit journal
    has out 'NO  total sizes.bytes: the end of the run says 46, and the results come to 45'
    rm journal
    rm lines
    exits 0 "$driver" journal=journal output=lines
    echo more >>lines
    exits 1 "$mpool" audit journal
    has out 'NO  --output has more than the 10 lines of the record'
    truncate -s 100 lines
    exits 1 "$mpool" audit journal
    has out 'NO  --output ends after 3 lines, and lacks those of 7 jobs, from row 4 on'
}

audit_says_what_it_cannot_check() {
    prepare
    exits 0 "$driver" journal=journal output=lines values=0
    rm lines
    exits 0 "$mpool" audit journal
    has out '--  total sizes.bytes: of 10 jobs that are done, 10 have no number stored'
    has out '--  --output cannot be read'
    exits 0 "$driver" journal=journal stop=5
    exits 0 "$mpool" audit journal
    has out '--  the run has no end'
}

# Not all bytes of a file mean something; but where ever it was damaged, audit comes to an end.
audit_of_a_damaged_file_ends() {
    prepare
    found=0
    exits 0 "$driver" journal=whole jobs=300
    size=$(wc -c <whole)
    for part in 1 2 3 4 5 6 7 8 9; do
        cp whole journal
        awk -v part=$part 'BEGIN { for (i = 0; i < 600; i++) printf "%c", (i * 37 + part * 11) % 127 + 1 }' |
            dd of=journal bs=1 seek=$((size * part / 10)) conv=notrunc 2>/dev/null
        code=0
        "$mpool" audit journal >out 2>err || code=$?
        case $code in
        0) ;;
        1 | 3 | 4) found=$((found + 1)) ;;
        *)
            echo "part $part: exit $code"
            cat out err
            return 1
            ;;
        esac
    done
    [ "$found" -ge 5 ]
}

try a_journal_is_found_by_job_file_directory_and_settings a_journal_elsewhere_is_known_too \
    old_records_go_and_one_that_is_locked_stays old_runs_go_from_a_journal_that_is_in_use \
    a_second_run_is_told_who_the_first_one_is a_killed_run_leaves_no_lock what_is_no_journal_is_left_as_it_is \
    the_journal_of_another_job_file_is_refused a_directory_that_cannot_be_made_is_told \
    a_disk_that_is_full_is_told_and_what_was_durable_stays \
    a_chain_of_runs_is_one_run only_what_failed_is_run_again a_run_that_resumes_none_leaves_the_one_before_as_it_was \
    a_line_that_was_lost_is_written_by_running_its_job_again \
    status_tells_the_state_of_each_run log_lists_what_failed_and_tells_of_one_job names_reach_the_terminal_escaped \
    a_journal_in_a_directory_that_is_read_only_can_be_read \
    audit_finds_what_is_wrong audit_finds_a_wrong_total_and_a_changed_output audit_says_what_it_cannot_check \
    audit_of_a_damaged_file_ends
finish
