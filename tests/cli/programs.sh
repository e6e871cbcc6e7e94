#!/bin/sh
# tests/cli/programs.sh - steps that run programs: `argv`, `shell`, and what belongs to them
#
#     sh programs.sh MPOOL
. "$(dirname -- "$0")/lib.sh"

# step TEXT - a job file with one step "a" that has this, in braces
step() {
    printf 'mpool: 1\nsteps:\n  a: {%s}\n' "$1" >job.yaml
}

an_argument_is_passed_as_it_is() {
    printf '%s\n' '- "a b"' "- \"it's\"" '- "$(touch canary) `touch canary` ; & | > x"' '- "*"' '- ""' '- 1.10' \
        '- "{{item}}"' >items
    { printf 'mpool: 1\nsteps:\n  a:\n    each:\n      items:\n'; sed 's/^/      /' items; cat <<'YAML'; } >job.yaml
    argv: [printf, '<%s>\n', "{item}", "x{item}y"]
    order: items
YAML
    exits 0 "$mpool" run -q
    printf '<%s>\n<x%sy>\n' "a b" "a b" "it's" "it's" '$(touch canary) `touch canary` ; & | > x' \
        '$(touch canary) `touch canary` ; & | > x' '*' '*' '' '' 1.10 1.10 '{item}' '{item}' >expected
    diff expected out
    [ ! -e canary ]
}

bytes_that_are_no_text_are_passed_as_well() {
    printf 'x\377y\0line\nbreak\0' >names
    step 'each: {lines: names, separator: nul}, argv: [printf, "%s.", "{item}"], order: items'
    exits 0 "$mpool" run -q
    printf 'x\377y.line\nbreak.' | cmp - out
}

a_batch_is_spread_over_arguments() {
    step 'each: {range: 1..5, batch: 2}, argv: [echo, a, "{items}", b], order: items'
    exits 0 "$mpool" run -q
    is "$(cat out)" "$(printf 'a 1 2 b\na 3 4 b\na 5 b')"
    step 'each: {range: 1..5, batch: 2}, shell: "echo $# $1 ${2-none}", order: items'
    exits 0 "$mpool" run -q
    is "$(cat out)" "$(printf '2 1 2\n2 3 4\n1 5 none')"
    step 'each: {items: [1.10, {a: b}], batch: 2}, argv: [echo, "{items}"]'
    exits 1 "$mpool" run -q
    has err '{items}: number 2 of them is a list or a map, which has no text'
}

fields_of_items_are_arguments() {
    printf 'name,size\n"a b",1.10\n-x,007\n' >t.csv
    step 'each: {csv: t.csv}, argv: [printf, "<%s %s>", "{item.name}", "{item.size}"], order: items'
    exits 0 "$mpool" run -q
    is "$(cat out)" '<a b 1.10><-x 007>'
    step 'each: {csv: t.csv}, shell: "echo $1"'
    exits 2 "$mpool" run
    has err 'say with `args` what $1, $2 ... are'
}

a_shell_gets_the_item_as_its_first_parameter() {
    step 'each: {items: ["a; touch canary", "b c"]}, shell: '"'"'printf "%s {item}\n" "$1"'"'"', order: items'
    exits 0 "$mpool" run -q
    printf 'a; touch canary {item}\nb c {item}\n' | diff - out
    [ ! -e canary ]
    step 'each: {items: [x]}, shell: '"'"'echo "$#:$2"'"'"', args: [1, "{item} {item}"]'
    exits 0 "$mpool" run -q
    is "$(cat out)" '2:x x'
    step 'shell: '"'"'echo "$#"'"'"
    exits 0 "$mpool" run -q
    is "$(cat out)" 0
}

the_output_of_jobs_is_not_mixed() {
    step 'each: {range: 1..40}, shell: "for i in 1 2 3 4 5; do printf \"$1.$i \"; printf \"$1.$i \" >&2; sleep 0.001; done; echo; echo >&2"'
    exits 0 "$mpool" run -q -j 8
    for file in out err; do
        is "$(wc -l <$file)" 40
        awk '{ for (i = 1; i <= 5; i++) if ($i != $1 - 0.1 + i / 10 "") exit 1; if (NF != 5) exit 1 }' $file
    done
}

output_comes_in_the_order_of_the_items_if_asked_for() {
    step 'each: {range: 1..20}, shell: "[ $1 -gt 2 ] || sleep 0.2; echo $1", order: items'
    exits 0 "$mpool" run -q -j 4
    seq 20 | diff - out
}

each_line_can_begin_with_the_item() {
    step 'each: {items: [a, b]}, shell: "printf \"1\n2\"; echo e >&2", tag: true, order: items'
    exits 0 "$mpool" run -q
    printf 'a\t1\na\t2b\t1\nb\t2' | diff - out
    printf 'a\te\nb\te\n' | diff - err
}

output_of_any_size_comes_whole() {
    step 'each: {items: [a, b]}, shell: "head -c 20000000 /dev/zero | tr \"\\0\" $1; head -c 300000 /dev/zero | tr \"\\0\" $1 >&2", order: items'
    exits 0 "$mpool" run -q -j 2
    is "$(tr -d a <out | tr -d b | wc -c) $(head -c 20000000 out | tr -d a | wc -c) $(wc -c <out)" '0 0 40000000'
    is "$(wc -c <err)" 600000
}

a_place_for_temporary_files_that_will_not_do_is_passed_over() {
    : >file
    for place in /no/such/directory "$PWD/file" here ''; do
        step 'argv: [head, -c, 200000, /dev/zero]'
        TMPDIR=$place exits 0 "$mpool" run -q
        is "$(wc -c <out)" 200000
        TMPDIR=$place exits 0 "$mpool" exec -q --line-buffer echo ::: a
        is "$(cat out)" a
    done
}

what_a_program_has_left_running_is_not_waited_for() {
    step 'shell: "(sleep 5; echo late) & echo $!; echo now"'
    exits 0 "$mpool" run -q --json
    step 'shell: "(trap \"\" PIPE; sleep 100) & echo $!; echo now"'
    start=$(date +%s)
    exits 0 "$mpool" run -q
    [ $(($(date +%s) - start)) -lt 50 ]
    has out now
}

a_program_gets_no_standard_input_unless_it_is_given_some() {
    step 'argv: [cat]'
    echo mine | exits 0 "$mpool" run -q
    is "$(cat out)" ''
    step 'each: {items: [x]}, argv: [cat], stdin: {text: "<{item}>"}'
    exits 0 "$mpool" run -q
    is "$(cat out)" '<x>'
    printf 'from a file' >f-x
    step 'each: {items: [x]}, argv: [cat], stdin: {file: "f-{item}"}'
    exits 0 "$mpool" run -q
    is "$(cat out)" 'from a file'
    step 'argv: [cat], stdin: {file: nowhere}'
    exits 1 "$mpool" run -q
    has err 'its standard input nowhere: No such file or directory'
}

standard_output_and_error_can_go_to_files() {
    step 'each: {items: [x, y]}, shell: "echo o$1; echo e$1 >&2", capture: {stdout: "{item}.out", stderr: "{item}.err"}'
    exits 0 "$mpool" run -q
    is "$(cat out x.out y.out x.err y.err)" "$(printf 'ox\noy\nex\ney')"
    step 'argv: [echo], capture: {stdout: x.out/where}'
    exits 1 "$mpool" run -q
    has err 'its standard output x.out/where: Not a directory'
    step 'each: {items: [x, y]}, argv: [sh, -c, "exit 3"], expect: 3, capture: {exit: "new/{item}/exit"}'
    exits 0 "$mpool" run -q
    has new/x/exit '"exit":3,"signal":null'
    has new/y/exit '"argv":["sh","-c","exit 3"]'
    step 'argv: ["true"], capture: {exit: x.out/where}'
    exits 1 "$mpool" run -q
    has err 'its end could not be written to x.out/where: Not a directory'
}

a_program_has_its_directory_and_its_environment() {
    mkdir d
    step 'each: {items: [v]}, cwd: d, env: {A: "a-{item}", HOME: null}, shell: "pwd; echo $A ${HOME-none} $PWD"'
    exits 0 "$mpool" run -q
    is "$(cat out)" "$(printf '%s\na-v none %s' "$(pwd)/d" "$(pwd)/d")"
    step 'env: {clear: true, B: b}, argv: [/usr/bin/env]'
    exits 0 "$mpool" run -q
    is "$(cat out)" B=b
    step 'cwd: nowhere, argv: [pwd]'
    exits 1 "$mpool" run -q
    has err 'its directory "nowhere": No such file or directory'
}

a_step_can_show_nothing_or_all_at_once() {
    step 'shell: "echo out; echo err >&2", show: none'
    exits 0 "$mpool" run -q
    is "$(cat out err)" err
    for show in straight lines; do
        step "shell: 'echo out; echo err >&2', show: $show"
        exits 0 "$mpool" run -q
        is "$(cat out err)" "$(printf 'out\nerr')"
    done
    # What is the result is no line to be shown, and what is captured neither.
    step 'shell: "echo 5; echo err >&2", show: lines, result: number, totals: {n: {sum: "{result}"}}'
    exits 0 "$mpool" run
    is "$(cat out)" ''
    has err 'a.n  5'
    is "$(grep -c '^err$' err)" 1
    step 'shell: "echo 5; echo err >&2", show: lines, capture: {stderr: captured}'
    exits 0 "$mpool" run -q
    is "$(cat out err captured)" "$(printf '5\nerr')"
}

an_exit_code_is_a_failure_and_a_signal_a_crash() {
    step 'each: {items: [0, 3, KILL]}, shell: "echo so $1 >&2; [ $1 != KILL ] || kill -KILL $$; exit $1", order: items'
    exits 1 "$mpool" run --json --output lines
    is "$(json out done) $(json out failed) $(json out crashed)" '1 1 1'
    has lines '"item":3,"status":"failed","result":null,"error":"/bin/sh exited with 3: so 3"'
    has lines '"item":"KILL","status":"crashed","result":null,"error":"/bin/sh was killed by SIGKILL: so KILL"'
    step 'each: {items: [0, 3, 4]}, shell: "exit $1", expect: [3, 4]'
    exits 1 "$mpool" run --json
    is "$(json out done) $(json out failed)" '2 1'
}

retries_can_ask_for_exit_codes_and_signals_of_programs() {
    step 'each: {items: [a, b]}, shell: "echo >>$1; [ $1 = a ] || exit 75; kill -SEGV $$", retries: {max: 4, on: ["exit:75", "signal:SEGV"]}'
    exits 1 "$mpool" run --json
    is "$(json out retried) $(wc -l <a) $(wc -l <b)" '6 3 5'
    has err 'which is the limit whatever retries says'
    step 'each: {items: [c]}, shell: "echo >>$1; exit 74", retries: {max: 4, on: ["exit:75"]}'
    exits 1 "$mpool" run --json
    is "$(wc -l <c)" 1
}

a_program_that_takes_too_long_is_ended_and_what_it_wrote_is_shown() {
    step 'shell: "echo before; sleep 1000 & sleep 1000", timeout: 200ms'
    exits 1 "$mpool" run -q
    is "$(cat out)" before
    has err 'timed_out after 1 attempt: /bin/sh ran longer than its limit of 200 ms'
    step 'shell: "trap \"echo asked; exit 9\" TERM; sleep 1000 & wait", timeout: {soft: 100ms, hard: 100s}'
    exits 1 "$mpool" run -q --json
    is "$(json out timed_out)" 1
    # To exit with 0 when one is asked to end says nothing of the job.
    step 'shell: "trap \"echo asked; exit 0\" TERM; sleep 1000 & wait", timeout: {soft: 100ms}'
    exits 1 "$mpool" run -q
    is "$(cat out)" asked
    has err 'timed_out after 1 attempt: /bin/sh ran longer than its limit of 100 ms'
    step 'each: {items: [0, 0, 0, 1000]}, shell: "sleep $1", timeout: 300%'
    exits 1 "$mpool" run -q --json
    is "$(json out done) $(json out timed_out)" '3 1'
    has err 'a: 1000: timed_out after 1 attempt: /bin/sh ran longer than its limit of '
}

# It has ended well and in time: what it has written fits into its pipe. Only the reader of that is late.
a_slow_reader_is_no_limit_of_time() {
    "$mpool" exec --line-buffer -j2 -q --retries 2 --timeout 2s --output lines sh -c \
        'echo >>ran-$1; head -c 50000 /dev/zero | tr "\0" x | fold -w 99' sh ::: a b c 2>err | {
        sleep 4
        wc -l
    } >count
    is "$(cat count) $(wc -l <ran-a) $(wc -l <ran-b) $(wc -l <ran-c)" '1518 1 1 1'
    is "$(grep -c '"status":"done"' lines)" 3
}

standard_output_can_be_the_result() {
    step 'each: {items: [1, 2.5, 18446744073709551615]}, argv: [echo, " {item}"], result: number, totals: {n: count}, order: items'
    exits 0 "$mpool" run --json --output lines
    is "$(json out n)" 3
    has lines '"item":1,"status":"done","result":1,'
    has lines '"result":2.5,'
    has lines '"result":18446744073709551615,'
    step 'each: {items: [1, 2, 12]}, argv: [echo, "{item}"], result: number, totals: {plain: {sum: "{result}"}}'
    exits 0 "$mpool" run --json
    is "$(json out plain)" 15
    step 'each: {items: [1, 2, 12]}, argv: [echo, "{item}"], result: number, totals: {p: {product: "{result}"}, g: {sum: "{result}", by: "{result}"}}'
    exits 0 "$mpool" run --json
    has out '"a":{"p":24,"g":{"1":1,"12":12,"2":2}}'
    step 'each: {items: [a b]}, argv: [printf, "<%s>\n\n", "{item}"], result: text'
    exits 0 "$mpool" run --output -
    has out '"result":"<a b>",'
    step 'argv: [echo, 12 apples], result: number'
    exits 1 "$mpool" run -q
    has err 'its output is not a number: "12 apples"'
    for word in 18446744073709551616 -9223372036854775809; do
        step "argv: [echo, '$word'], result: number"
        exits 1 "$mpool" run -q
        has err "its output is not a number: \"$word\"; a whole one has at most 64 bits"
    done
    step 'argv: [echo, 2024-01-15], result: number'
    exits 1 "$mpool" run -q
    has_not err 'whole'
    for word in 0x10 inf nan 5x '5\0000' ''; do
        step "argv: [printf, '$word'], result: number"
        exits 1 "$mpool" run -q
        has err 'its output is not a number: "'
    done
}

# Beyond that it could not travel, nor what the program has said with it.
a_json_result_has_29_levels() {
    step "each: {items: [29, 30]}, result: json, order: items,
        shell: 'printf \"%*s\" \"\$1\" \"\" | tr \" \" \"[\"; printf \"%*s\" \"\$1\" \"\" | tr \" \" \"]\"; echo said >&2'"
    exits 1 "$mpool" run --output lines
    has lines '"item":29,"status":"done","result":[[[['
    has err 'a: 30: failed after 1 attempt: its output is no JSON: line 1, column 1: more than 29 levels'
    is "$(grep -c '^said' err)" 2
}

output_that_is_no_result_is_shown() {
    step 'argv: [seq, "20000"], result: text'
    exits 1 "$mpool" run -q
    has err 'its result is larger than 64 KiB'
    seq 20000 | cmp - out
    step 'argv: [sh, -c, "echo why; exit 3"], result: number'
    exits 1 "$mpool" run -q
    is "$(cat out)" why
    step 'argv: [seq, "20000"], result: text, show: none'
    exits 1 "$mpool" run -q
    is "$(cat out)" ''
}

standard_output_can_be_json() {
    step "each: {range: 1..3}, argv: [printf, '{\"n\": %d, \"l\": [null, true, 1.5]}', '{item}'], result: json,
        totals: {n: {sum: '{result.n}'}, e: {count: jobs, by: '{result.n}'}}"
    exits 0 "$mpool" run --json --output lines
    is "$(json out n)" 6
    has lines '"item":2,"status":"done","result":{"n":2,"l":[null,true,1.5]},'
    for bad in '{"a": 1' '1 2' '' '{"a": 1, "a": 2}'; do
        printf %s "$bad" >text
        step 'argv: [cat, text], result: json'
        exits 1 "$mpool" run -q
        has err 'its output is no JSON: line 1, column '
    done
    step 'argv: [cat, text], result: json, totals: {n: {sum: "{result.m}"}}'
    echo '{"n": 1}' >text
    exits 1 "$mpool" run -q
    has err 'result.m is not there'
}

what_cannot_be_run_is_told() {
    step 'argv: [no-such-program-at-all, x]'
    exits 2 "$mpool" run
    has err 'job.yaml:3:14: error: there is no program "no-such-program-at-all" in any directory of $PATH'
    echo 'echo hi' >script
    chmod +x script
    step 'each: {items: [./script, ./absent, /]}, argv: ["{item}"], order: items'
    exits 1 "$mpool" run -q --output lines
    has lines 'cannot run \"./script\": Exec format error; a script begins with #!'
    has lines 'cannot run \"./absent\": No such file or directory'
    has lines 'cannot run \"/\": Permission denied'
    head -c 200000 /dev/zero | tr '\0' x >long
    step 'each: {lines: long}, argv: [true, "{item}"]'
    exits 1 "$mpool" run -q
    has err 'Argument list too long; one argument may have 128 KiB'
}

signals_and_descriptors_are_as_a_shell_would_have_them() {
    step 'shell: "grep -E \"^Sig(Blk|Ign)\" /proc/self/status; ls /proc/self/fd | tr \"\\n\" \" \""'
    exits 0 "$mpool" run -q
    has out 'SigBlk:	0000000000000000'
    # The two that glibc keeps for itself are ignored in whatever posix_spawn() starts.
    has out 'SigIgn:	0000000180000000'
    has out '0 1 2 3 '
}

limits_are_the_programs() {
    step 'shell: "ulimit -d; ulimit -t; nice", memory: 64MiB, cpu_time: 7s, nice: 3'
    MPOOL_CGROUP=/nowhere exits 0 "$mpool" run -q
    is "$(tr '\n' ' ' <out)" "65536 7 $(($(nice) + 3)) "
    step 'shell: "while :; do :; done", cpu_time: 1s'
    exits 1 "$mpool" run -q --json
    is "$(json out timed_out)" 1
    has err '/bin/sh used more than its limit of 1 s of CPU time'
    step 'argv: [cat, /dev/null], nice: 1'
    exits 0 "$mpool" run -q
}

# Where no cgroup can be made, the limit is that of each process by itself.
memory_is_what_a_program_and_all_that_it_starts_have() {
    step 'shell: "cat /proc/self/cgroup", memory: 32MiB'
    exits 0 "$mpool" run -q
    grep -q 'mpool-[0-9]*$' out || return 0
    step 'shell: "exec tail /dev/zero", memory: 32MiB, retries: {max: 1, on: [oom]}'
    exits 1 "$mpool" run --json
    is "$(json out failed) $(json out crashed) $(json out retried)" '0 1 1'
    has err 'was killed by SIGKILL; out of memory in its cgroup, whose limit is 33554432 bytes'
    step 'shell: "tail /dev/zero & tail /dev/zero & wait; exit 3", memory: 32MiB'
    exits 1 "$mpool" run
    has err 'exited with 3; out of memory in its cgroup'
    step 'each: {range: 1..20}, argv: [/bin/true], memory: 32MiB'
    exits 0 "$mpool" run -q
}

files_in_memory_that_a_program_leaves_are_not_charged_to_the_next() {
    file=/dev/shm/mpool-test-$$
    step "each: {range: 1..3}, shell: 'head -c 12000000 /dev/zero >>$file', memory: 16MiB"
    code=0
    "$mpool" run -q -j 1 2>err || code=$?
    rm -f "$file"
    is "$code$(cat err)" 0
}

a_failure_comes_with_the_command_that_repeats_it() {
    mkdir d
    step "each: {items: [\"it's\"]}, cwd: d, env: {A: x y, B: null}, stdin: {text: in}, argv: [sh, -c, 'cat; echo \"\$1 \$A \${B-none}\"; exit 5', sh, \"{item}\"]"
    B=b exits 1 "$mpool" run
    again=$(sed -n 's/^  again: //p' err)
    code=0
    B=b sh -c "$again" >again || code=$?
    is "$code $(cat again) $(cat out)" "5 init's x y none init's x y none"
}

# Where there is a shell that can read them.
and_has_no_control_characters() {
    name=$(printf 'a\033[31m\r\t\302\233\377é')
    exits 1 "$mpool" exec sh -c 'printf %s "$1" >got; exit 1' sh ::: "$name"
    has err "sh 'a'\$'\\033''[31m'\$'\\015''"
    is "$(grep -c "$(printf '[\033\r\302\377]')" err)" 0
    command -v bash >/dev/null || return 0
    rm got
    bash -c "$(sed -n 's/^  again: //p' err)" || :
    is "$(cat got)" "$name"
}

# Files are where the run is.
and_finds_its_files() {
    mkdir d
    echo in >in.txt
    step "cwd: d, stdin: {file: in.txt}, capture: {stdout: o.txt}, shell: 'cat; pwd; exit 3'"
    exits 1 "$mpool" run -q
    mv o.txt once.txt
    code=0
    sh -c "$(sed -n 's/^  again: //p' err)" || code=$?
    is "$code" 3
    cmp o.txt once.txt
}

# 64 KiB, and not a byte more; whether the end of the pipe is seen with the last of them is chance.
a_result_has_so_many_bytes() {
    step "each: {range: 1..20}, shell: 'head -c 65536 /dev/zero | tr \"\\0\" x', result: text"
    exits 0 "$mpool" run -q
    step "shell: 'head -c 65537 /dev/zero | tr \"\\0\" x', result: text"
    exits 1 "$mpool" run -q
    has err 'its result is larger than 64 KiB'
    step "shell: 'head -c 70000 /dev/zero | tr \"\\0\" x >&2; sleep 0.2; head -c 70000 /dev/zero', result: text"
    exits 1 "$mpool" run -q
    has err 'its result is larger than 64 KiB'
}

# It would be stopped for reading in the background, and wait for ever.
a_program_has_no_terminal() {
    command -v script >/dev/null || {
        echo 'script(1) is not there'
        return 1
    }
    echo 'echo begun; read x </dev/tty; echo "got $x"' >asks.sh
    timeout 60 script -qec "$mpool exec -q sh asks.sh ::: a" /dev/null </dev/null >out 2>&1 || :
    has out begun
    has out /dev/tty
}

a_program_is_told_its_worker_and_its_attempt() {
    step "each: {range: 1..6}, argv: [echo, '{worker}']"
    exits 0 "$mpool" run -q -j 1
    is "$(sort -u out)" 0
    step "each: {range: 1..2}, shell: 'until [ -e 1 ] && [ -e 0 ]; do : >\$1; sleep 0.01; done', args: ['{worker}']"
    exits 0 "$mpool" run -q -j 2
    step "each: {items: [a]}, argv: [sh, -c, 'cat; echo \$A \$PWD; test \$A = w0a3', '{attempt}'], cwd: 'd{attempt}',
        env: {A: 'w{worker}a{attempt}'}, stdin: {text: '<{attempt}>'}, capture: {stdout: '{item}{attempt}'}, retries: 4"
    mkdir d1 d2 d3
    exits 0 "$mpool" run -q -j 1 --json
    is "$(json out retried)" 2
    is "$(cat a1 a2 a3)" "<1>w0a1 $PWD/d1
<2>w0a2 $PWD/d2
<3>w0a3 $PWD/d3"
}

the_worker_makes_no_other_job() {
    step "each: {range: 1..4}, argv: [sh, -c, 'echo >>ran; test \$0 -lt 3 -o -e all', '{item}', '{worker}', '{attempt}']"
    exits 1 "$mpool" run -q -j 1
    : >all
    exits 0 "$mpool" run -q -j 3 --resume --json
    is "$(json out resumed) $(wc -l <ran)" '2 6'
}

the_command_of_a_failure_has_its_worker_and_attempt() {
    step "argv: [sh, -c, 'exit 3', '{worker}-{attempt}', '{{attempt}}'], retries: 2"
    exits 1 "$mpool" run -j 1
    has err "again: sh -c 'exit 3' 0-3 '{attempt}'"
    exits 0 "$mpool" run --dry-run
    is "$(cat out)" "sh -c 'exit 3' 0-1 '{attempt}'"
}

a_dry_run_prints_commands_and_runs_nothing() {
    step 'each: {items: [a, b c]}, argv: [touch, "{item}"]'
    exits 0 "$mpool" run --dry-run
    printf "touch a\ntouch 'b c'\n" | diff - out
    is "$(ls | tr '\n' ' ')" 'err job.yaml out '
}

nobody_reading_ends_the_run_quietly() {
    step 'each: {range: 1..10000}, argv: [echo, "{item}"]'
    { "$mpool" run 2>err || echo $? >code; } | head -n 1 >/dev/null
    is "$(cat code err)" 141
}

try an_argument_is_passed_as_it_is bytes_that_are_no_text_are_passed_as_well \
    a_batch_is_spread_over_arguments fields_of_items_are_arguments \
    a_shell_gets_the_item_as_its_first_parameter the_output_of_jobs_is_not_mixed \
    output_comes_in_the_order_of_the_items_if_asked_for each_line_can_begin_with_the_item \
    output_of_any_size_comes_whole a_place_for_temporary_files_that_will_not_do_is_passed_over \
    what_a_program_has_left_running_is_not_waited_for \
    a_program_gets_no_standard_input_unless_it_is_given_some standard_output_and_error_can_go_to_files \
    a_program_has_its_directory_and_its_environment a_step_can_show_nothing_or_all_at_once \
    an_exit_code_is_a_failure_and_a_signal_a_crash retries_can_ask_for_exit_codes_and_signals_of_programs \
    a_program_that_takes_too_long_is_ended_and_what_it_wrote_is_shown a_slow_reader_is_no_limit_of_time \
    standard_output_can_be_the_result \
    a_json_result_has_29_levels \
    output_that_is_no_result_is_shown standard_output_can_be_json \
    what_cannot_be_run_is_told signals_and_descriptors_are_as_a_shell_would_have_them limits_are_the_programs \
    memory_is_what_a_program_and_all_that_it_starts_have \
    files_in_memory_that_a_program_leaves_are_not_charged_to_the_next \
    a_failure_comes_with_the_command_that_repeats_it and_finds_its_files \
    and_has_no_control_characters \
    a_result_has_so_many_bytes a_program_has_no_terminal a_program_is_told_its_worker_and_its_attempt \
    the_worker_makes_no_other_job the_command_of_a_failure_has_its_worker_and_attempt a_dry_run_prints_commands_and_runs_nothing \
    nobody_reading_ends_the_run_quietly
finish
