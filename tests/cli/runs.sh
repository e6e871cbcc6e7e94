#!/bin/sh
# tests/cli/runs.sh - `mpool run`: totals, results, failures, exit codes
#
#     sh runs.sh MPOOL
. "$(dirname -- "$0")/lib.sh"

# job TEXT - a job file with this as its steps
job() {
    printf 'mpool: 1\nsteps:\n%s\n' "$1" >job.yaml
}

# A tree with names of every kind, and more than 2 GiB in it.
tree() {
    mkdir -p tree/sub/inner 'tree/-dash'
    echo hello >"tree/$(printf 'new\nline')"
    echo hello! >"tree/$(printf '\377\376')"
    printf xyz >'tree/-dash/-rf'
    printf x >"tree/ \"quotes' \$(touch canary) \`touch canary\`"
    printf xx >"tree/sub/$(printf 'tab\tesc\033[31m')"
    printf x >"tree/sub/inner/$(awk 'BEGIN { while (i++ < 255) printf "n" }')"
    truncate -s 3G tree/sparse
    truncate -s 5G tree/sub/sparse
    : >tree/empty
}

totals_equal_what_find_and_awk_say() {
    tree
    job '  sizes:
    each: {walk: tree}
    call: file_size
    totals: {bytes: sum, files: count, smallest: {min: "{result.bytes}"}, largest: {max: "{result.bytes}"}}'
    exits 0 "$mpool" run --json
    is "$(json out bytes) $(json out files) $(json out smallest) $(json out largest)" \
        "$(find tree -type f -printf '%s\n' | awk '{ s += $1; if (NR == 1 || $1 < l) l = $1; if ($1 > m) m = $1 }
            END { printf "%.0f %d %.0f %.0f", s, NR, l, m }')"
    has err 'sizes.bytes     8,589,934,61'
    [ ! -e canary ]
}

a_root_that_begins_with_a_hyphen_is_no_option() {
    mkdir ./-tree
    printf abc >./-tree/-f
    job '  a: {each: {walk: "-tree"}, call: file_size, totals: {bytes: sum}}'
    exits 0 "$mpool" run --output lines
    has lines '"item":"./-tree/-f","status":"done","result":{"path":"./-tree/-f","bytes":3,'
}

the_examples_run() {
    for example in file-sizes largest-files factorials squares; do
        exits 0 "$mpool" run "$here/../../examples/jobs/$example.yaml" --json --output lines
        is "$(json out failed)" 0
        is "$(wc -l <lines)" "$(json out total)"
    done
    is "$(json out sum) $(json out largest)" '333333833333500000 1000000000000'
}

the_summary_object_has_what_scripts_rely_on() {
    printf '{mpool: 1, name: "my \\"run\\"", steps: {a: {each: {range: 1..10}, call: square, totals: {s: {sum: "{result}"}}},
        b: {call: echo, args: 1.5, totals: {x: {max: "{result}"}, n: count}}, c: {each: {items: []}, call: echo,
        totals: {least: {min: "{result}"}, all: {sum: "{result}"}}}}}' >job.yaml
    exits 0 "$mpool" run --json
    is "$(wc -l <out)" 1
    is "$(sed 's/"seconds":[0-9.]*,/"seconds":S,/' out)" \
        '{"name":"my \"run\"","jobs":{"total":11,"done":11,"failed":0,"crashed":0,"timed_out":0,"cancelled":0,"skipped":0,"pending":0,"retried":0,"resumed":0,"up_to_date":0},"totals":{"a":{"s":385},"b":{"x":1.5,"n":1},"c":{"least":null,"all":0}},"seconds":S,"exit":0}'
    has err 'a.s      385'
    has err 'b.x      1.5'
    has err 'c.least  -'
}

steps_run_when_what_they_need_is_done() {
    job '  c: {needs: [b], shell: "echo c"}
  a: {shell: "echo a"}
  b: {needs: {a: done}, shell: "echo b"}
  d: {shell: "echo d"}'
    exits 0 "$mpool" run
    is "$(tr '\n' ' ' <out)" 'a b c d '
}

one_step_can_be_run_by_itself() {
    job '  a: {shell: "exit 1"}
  b: {needs: [a], shell: "echo b"}'
    exits 0 "$mpool" run --only b
    is "$(cat out)" b
    exits 2 "$mpool" run --only bb
    has err 'job.yaml: error: --only: there is no step "bb"'
}

a_step_that_needs_what_is_not_done_is_skipped_with_the_reason() {
    job '  a: {each: {range: 1..3}, shell: "exit $(($1 == 2))"}
  b: {needs: [a], each: {range: 1..4}, call: echo}
  c: {needs: [b], call: echo}
  d: {needs: {a: any, c: any}, shell: "echo d"}
  e: {call: echo}'
    exits 1 "$mpool" run --json
    has err 'mpool: b is skipped: it needs "a", of which 1 job is not done'
    has err 'mpool: c is skipped: it needs "b", which was skipped'
    is "$(json out done) $(json out failed) $(json out skipped) $(json out total)" '4 1 5 10'
    exits 1 "$mpool" run
    is "$(cat out)" d
}

the_name_of_a_run_is_its_file_unless_it_has_one() {
    mkdir d
    echo '{mpool: 1, steps: {a: {call: echo}}}' >d/x.yaml
    exits 0 "$mpool" run d/x.yaml --json
    has out '{"name":"x.yaml",'
}

a_line_of_output_has_what_scripts_rely_on() {
    mkdir tree
    name=$(printf 'tree/\377')
    echo x >"$name"
    job '  files: {each: {walk: tree}, call: file_size}
  values: {each: {items: [18446744073709551615, -9223372036854775808, 0.1, true, ~, "é\n\"", [1, {a: b}]]}, call: echo}
  big: {each: {range: 20..21}, call: factorial}
  args: {each: {items: [{path: /a/b.tar.gz, n: 1.10}]}, call: echo, args: {a: "{item.n}", b: "v{item.n}", c: "{index}", d: "{{x}}"}}'
    exits 0 "$mpool" run --output lines -j 1
    is "$(wc -l <lines)" 11
    has lines '{"step":"files","index":0,"item":{"bytes":"dHJlZS//"},"status":"done","result":{"path":{"bytes":"dHJlZS//"},"bytes":2,'
    has lines '"index":0,"item":18446744073709551615,"status":"done","result":18446744073709551615,"error":null,"attempts":1,"worker":0,"seconds":0.0'
    has lines '"item":-9223372036854775808,"status":"done","result":-9223372036854775808,'
    has lines '"item":0.1,"status":"done","result":0.1,'
    has lines '"item":true,"status":"done","result":true,'
    has lines '"item":null,"status":"done","result":null,'
    has lines '"item":"é\n\"","status":"done","result":"é\n\"",'
    has lines '"item":[1,{"a":"b"}],"status":"done","result":[1,{"a":"b"}],'
    has lines '"item":20,"status":"done","result":2432902008176640000,'
    has lines '"item":21,"status":"done","result":"51090942171709440000",'
    has lines '"result":{"a":1.1,"b":"v1.10","c":0,"d":"{x}"}'
    # Every line is JSON, if there is something that can tell.
    ! command -v jq >/dev/null || is "$(jq -c .step <lines | sort | uniq -c | tr -d ' \n')" '1"args"2"big"1"files"7"values"'
}

output_can_go_to_standard_output() {
    job '  a: {each: {range: 1..1000}, call: square}'
    exits 0 "$mpool" run --output -
    is "$(wc -l <out)" 1000
    is "$(awk -F '"result":' '{ s += $2 } END { print s }' out)" 333833500
}

lines_of_standard_input_are_jobs() {
    job '  a: {each: {lines: "-"}, call: echo}'
    printf 'one\ntwo\n\nfour' | { exits 0 "$mpool" run --output lines; }
    is "$(sed 's/.*"result":"\([^"]*\)".*/\1/' lines | sort | tr '\n' ,)" ',four,one,two,'
}

templates_give_the_parts_of_a_path() {
    mkdir -p d/e
    touch d/e/a.tar.gz
    job '  a: {each: {walk: d}, call: echo, args: ["{path}", "{name}", "{stem}", "{ext}", "{dir}", "{dir}/{stem}.{index}", "{vars.v}", "{env.V}"]}
vars: {v: 7}'
    V=w exits 0 env V=w "$mpool" run --output lines --set v=007
    has lines '"result":["d/e/a.tar.gz","a.tar.gz","a.tar","gz","d/e","d/e/a.tar.0",7,"w"]'
}

one_bad_job_costs_only_itself() {
    job '  a:
    each: {items: [1, 2, x, 4]}
    call: square
    totals: {s: {sum: "{result}"}, n: count}'
    exits 1 "$mpool" run --json
    is "$(json out done) $(json out failed) $(json out s) $(json out n)" '3 1 21 3'
    has err 'a: x: failed after 1 attempt: square: the argument is not a number'
    has err "  again: printf %s '{mpool: 1, steps: {a: {call: square, args: \"x\"}}}' | mpool run -"
}

a_crash_costs_only_the_job_that_crashed() {
    job '  a: {each: {range: 1..200}, call: crash, args: {how: segv, until_attempt: "{item}"}}'
    exits 1 "$mpool" run --json
    is "$(json out done) $(json out crashed) $(json out total)" '1 199 200'
    has err '… 189 more; --output FILE has them all'
    exits 1 "$mpool" run --output "$(printf 'lin\033[s')"
    has err '… 189 more; lin\e[s has them all'
    has err 'SIGSEGV'
    # A journal has them all.
    job '  a: {each: {range: 1..20}, call: crash, args: {how: segv, until_attempt: "{item}"}}'
    exits 1 "$mpool" run --journal record
    has err "… 9 more: mpool log $(pwd)/record"
    exits 0 "$mpool" log record
    is "$(wc -l <out)" 19
    seq 12 | exits 1 "$mpool" exec -q false
    exits 0 "$mpool" log "$(sed -n 's/^… 2 more: mpool log //p' err)"
    is "$(wc -l <out)" 12
}

a_job_is_tried_again_as_often_as_the_file_says() {
    job '  a: {each: {range: 1..5}, call: fail, args: {until_attempt: "{item}"}, retries: 2}
  b: {each: {range: 1..3}, call: crash, args: {until_attempt: "{item}"}}
defaults: {retries: 1}'
    exits 1 "$mpool" run --json --output lines
    is "$(json out done) $(json out failed) $(json out crashed)" '5 2 1'
    has lines '"step":"a","index":2,"item":3,"status":"done","result":3,"error":null,"attempts":3,'
    has lines '"step":"a","index":4,"item":5,"status":"failed","result":null,"error":"failed, as it was told to","attempts":3,'
    has lines '"step":"b","index":2,"item":3,"status":"crashed",'
}

only_the_ends_that_the_file_names_are_tried_again() {
    job '  a: {each: {items: [exit, kill, term]}, call: crash, args: {how: "{item}", until_attempt: 3}}
  b: {call: fail, args: {until_attempt: 2}}
  c: {call: fail, args: {until_attempt: 2}, retries: 1}
defaults: {retries: {max: 2, backoff: 1ms, on: ["exit:3", signal:KILL]}}'
    exits 1 "$mpool" run --json --output lines
    is "$(json out done) $(json out failed) $(json out crashed)" '3 1 1'
    has lines '"step":"a","index":0,"item":"exit","status":"done","result":3,"error":null,"attempts":3,'
    has lines '"step":"a","index":1,"item":"kill","status":"done","result":3,"error":null,"attempts":3,'
    grep -q '"item":"term","status":"crashed",.*"attempts":1,' lines
    grep -q '"step":"b",.*"status":"failed",.*"attempts":1,' lines
    grep -q '"step":"c",.*"status":"done",.*"attempts":2,' lines
}

a_job_that_takes_too_long_is_stopped() {
    job '  hard: {each: {items: [0.01, 60]}, call: sleep, timeout: 300ms}
  soft: {each: {items: [0.01, 60]}, call: sleep, timeout: {soft: 300ms, hard: 20s}}'
    exits 1 "$mpool" run --json --output lines
    is "$(json out done) $(json out failed) $(json out timed_out)" '2 1 1'
    has lines '"step":"hard","index":1,"item":60,"status":"timed_out",'
    has lines '"step":"soft","index":1,"item":60,"status":"failed","result":null,"error":"sleep: asked to stop'
}

the_command_that_is_printed_runs_a_failed_job_again() {
    job "  a: {each: {items: [\"it's {{path}} \$(touch canary)\", {message: \"{{{{a}}}} \\\\ \\x1b[31m\", until_attempt: 9}]}, call: fail}"
    exits 1 "$mpool" run --output first
    sed -n 's/^  again: //p' err >commands
    is "$(wc -l <commands)" 2
    mkdir bin
    ln -s "$mpool" bin/mpool
    while IFS= read -r command; do
        code=0
        PATH=$PWD/bin:$PATH sh -c "$command" </dev/null 2>again || code=$?
        is "$code" 1
        # The same message, of the one job that it has.
        grep -F "$(sed -n 's/^a: .*failed after 1 attempt: //p' again)" err
    done <commands
    [ ! -e canary ]
}

an_item_that_cannot_be_had_is_a_failed_job() {
    mkdir -p tree/closed
    touch tree/a
    chmod 000 tree/closed
    job '  a: {each: {walk: tree}, call: echo, totals: {n: count}}'
    as=
    if [ "$(id -u)" -eq 0 ]; then
        as='setpriv --reuid=65534 --clear-groups'
        chmod 755 "$work" "$work"/*
        chmod 777 . "$TMPDIR"
    fi
    # shellcheck disable=SC2086
    exits 1 $as "$mpool" run --json --output lines
    is "$(json out total) $(json out done) $(json out failed) $(json out n)" '2 1 1 1'
    has err 'a: tree/closed: Permission denied'
    has lines '"item":"tree/closed","status":"failed","result":null,"error":"Permission denied","attempts":0,"worker":null,"seconds":null}'
    chmod 755 tree/closed
}

# A command is text, and so is the job file in it.
a_failed_job_that_no_command_can_repeat_says_why() {
    mkdir tree
    touch "tree/$(printf 'b\377')"
    head -c 3000 /dev/zero | tr '\0' x >long
    job '  a: {each: {walk: tree}, call: fail}
  b: {each: {lines: long}, call: fail}'
    exits 1 "$mpool" run
    has err '  again: not as a command, for the item is not UTF-8, and a job file has to be'
    has err '  again: not as a command, for it would be too long'
}

a_total_over_a_field_that_is_not_there_says_what_to_write() {
    job '  a: {each: {items: [3]}, call: square, totals: {s: sum, large: {max: "{result.n}"}}}'
    exits 1 "$mpool" run
    has err 'total "a.s": result.s is not there; if the result itself is the number, write s: {sum: "{result}"}'
    job '  a: {each: {items: [3]}, call: square, totals: {large: {max: "{result.n}"}}}'
    exits 1 "$mpool" run
    has err 'result.n is not there; if the result itself is the number, write large: {max: "{result}"}'
    job '  a: {each: {items: [3]}, call: square, totals: {large: {max: "{result}"}}}'
    exits 0 "$mpool" run
}

# What would be null, or no number that JSON has, is a text on the command line, where nothing has quotes.
an_empty_setting_is_an_empty_text() {
    job '  a: {call: echo, args: ["{vars.a}", "{vars.b}", "{vars.c}", "{vars.d}"]}
vars: {a: 1, b: 1, c: 1, d: ""}'
    exits 0 "$mpool" run --output - --set a= --set b=null --set c=-.inf
    has out '"result":["","null","-.inf",""]'
}

a_step_without_a_limit_can_say_so() {
    job '  a: {call: sleep, args: 0.3, timeout: none}
  b: {call: sleep, args: 0.3, timeout: {soft: none, hard: none}}
  c: {call: sleep, args: 0.3}
defaults: {timeout: 20ms}'
    exits 1 "$mpool" run --json
    is "$(json out done) $(json out timed_out)" '2 1'
}

names_are_escaped_for_people() {
    mkdir tree
    touch "tree/$(printf 'a\033[31m\nb\377')"
    job '  a: {each: {walk: tree}, call: fail}'
    exits 1 "$mpool" run
    has err 'a: tree/a\e[31m\nb\xff: failed after 1 attempt: tree/a\e[31m\nb\xff'
}

a_write_error_ends_the_run_with_3() {
    job '  a: {each: {range: 1..1000000}, call: square}'
    exits 3 "$mpool" run --output /dev/full
    has err 'mpool: /dev/full: No space left on device'
    job '  a: {each: {range: 1..10}, call: square}'
    code=0
    "$mpool" run --json >/dev/full 2>err || code=$?
    is "$code" 3
    has err 'mpool: standard output: No space left on device'
}

an_output_that_cannot_be_made_is_told_before_any_job_runs() {
    job '  a: {each: {range: 1..10}, call: fail}'
    exits 2 "$mpool" run --output "$(printf '/no/such/dir\nectory')"
    is "$(cat err)" 'mpool: --output "/no/such/dir\nectory": No such file or directory'
    exits 2 "$mpool" run --output .
    is "$(cat err)" 'mpool: --output ".": Is a directory'
}

# The reader has gone before the object is written, so this does not depend on who is faster.
nobody_reading_the_summary_object_ends_the_run_quietly() {
    job '  a: {each: {range: 1..10}, call: square}'
    mkfifo pipe
    exec 4<>pipe 3>pipe 4>&-
    for command in run 'run --output lines'; do
        code=0
        # shellcheck disable=SC2086
        "$mpool" $command --json >&3 2>err || code=$?
        is "$code" 141
        has_not err 'mpool:'
    done
    is "$(wc -l <lines)" 10
}

nobody_reading_the_output_ends_the_run_quietly() {
    job '  a: {each: {range: 1..10000000}, call: square}'
    {
        code=0
        "$mpool" run --output - 2>err || code=$?
        echo "$code" >code
    } | head -n 1 >first
    is "$(cat code)" 141
    has first '{"step":"a","index":'
    has_not err 'mpool:'
}

closed_standard_files_do_no_harm() {
    job '  a: {each: {range: 1..1000}, call: square, totals: {n: count}}'
    "$mpool" run --output lines <&- >&- 2>&-
    is "$(wc -l <lines)" 1000
    "$mpool" run >&- 2>err
    # What was to be written there is lost, and that is told.
    exits 3 sh -c 'exec "$0" run --json >&-' "$mpool"
    has err 'mpool: standard output: Bad file descriptor'
    is "$("$mpool" run --json 2>&- <&- | sed 's/.*"n":\([0-9]*\).*/\1/')" 1000
}

the_number_of_workers_is_what_was_asked_for() {
    job '  a: {each: {range: 1..6}, call: sleep, args: 0.5}
workers: 1'
    exits 0 "$mpool" run --json -j 6
    awk -v s="$(json out seconds)" 'BEGIN { exit !(s < 2) }'
    job '  a: {each: {range: 1..3}, call: sleep, args: 0.3}
workers: 1'
    exits 0 "$mpool" run --json
    awk -v s="$(json out seconds)" 'BEGIN { exit !(s > 0.8) }'
}

the_number_of_workers_can_be_in_a_file_that_changes() {
    echo 1 >jobs
    # The first job asks for more of them, and ends when four run.
    job '  a: {each: {range: 1..4}, shell: "touch run-$1; echo 4 >jobs; while [ ! -e run-4 ]; do sleep 0.02; done"}'
    exits 0 "$mpool" run -q --jobs-file jobs
    job '  a: {shell: "echo many >jobs; while ! grep -q many err; do sleep 0.02; done; echo 2 >jobs"}'
    exits 0 "$mpool" run -q --jobs-file jobs
    is "$(cat err)" "mpool: jobs: takes a number of jobs from 1 to 1024, or 50% of the CPUs, or +1 or -1, not 'many'; the run goes on as before"
    exits 2 "$mpool" run --jobs-file nowhere
    has err 'mpool: nowhere: No such file or directory'
    exits 2 "$mpool" run --jobs-file jobs -j 2
    has err '-j and --jobs-file both say how many jobs to run at a time'
    exits 0 "$mpool" exec -q --jobs-file jobs echo ::: a
}

large_arguments_arrive_and_too_large_ones_fail_their_job() {
    for size in 1000000 8000000 8388608; do
        head -c "$size" /dev/zero | tr '\0' x
        echo
    done >lines
    job '  a: {each: {lines: lines}, call: echo, args: ["{item}"]}'
    exits 1 "$mpool" run --json --output results
    is "$(json out done) $(json out failed)" '2 1'
    has err 'the line is longer than 8 MiB'
    is "$(awk '{ print (length($0) > 16000000) }' results | sort | tr -d '\n')" 001
}

progress_is_written_to_a_file_only_if_asked_for() {
    job '  a: {each: {range: 1..15}, call: sleep, args: 0.2, totals: {n: count}}'
    exits 0 "$mpool" run -j 2
    is "$(grep -c 'of 15 done' err)" 0
    exits 0 "$mpool" run -j 2 --progress always
    grep -q '^a  [0-9]* of 15 done  [0-9]*%  ETA 0:[0-9][0-9]  [0-9.]*/s  n [0-9]*$' err
    ! grep -q "$(printf '[\033\r]')" err
}

try totals_equal_what_find_and_awk_say a_root_that_begins_with_a_hyphen_is_no_option the_examples_run \
    the_summary_object_has_what_scripts_rely_on one_step_can_be_run_by_itself steps_run_when_what_they_need_is_done \
    a_step_that_needs_what_is_not_done_is_skipped_with_the_reason the_name_of_a_run_is_its_file_unless_it_has_one \
    a_line_of_output_has_what_scripts_rely_on output_can_go_to_standard_output lines_of_standard_input_are_jobs \
    templates_give_the_parts_of_a_path one_bad_job_costs_only_itself a_crash_costs_only_the_job_that_crashed \
    a_job_is_tried_again_as_often_as_the_file_says only_the_ends_that_the_file_names_are_tried_again \
    a_job_that_takes_too_long_is_stopped \
    the_command_that_is_printed_runs_a_failed_job_again an_item_that_cannot_be_had_is_a_failed_job \
    a_failed_job_that_no_command_can_repeat_says_why a_total_over_a_field_that_is_not_there_says_what_to_write \
    an_empty_setting_is_an_empty_text a_step_without_a_limit_can_say_so names_are_escaped_for_people a_write_error_ends_the_run_with_3 \
    an_output_that_cannot_be_made_is_told_before_any_job_runs nobody_reading_the_summary_object_ends_the_run_quietly \
    nobody_reading_the_output_ends_the_run_quietly \
    closed_standard_files_do_no_harm the_number_of_workers_is_what_was_asked_for \
    the_number_of_workers_can_be_in_a_file_that_changes \
    large_arguments_arrive_and_too_large_ones_fail_their_job progress_is_written_to_a_file_only_if_asked_for
finish
