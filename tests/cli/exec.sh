#!/bin/sh
# tests/cli/exec.sh - `mpool exec`
#
#     sh exec.sh MPOOL
. "$(dirname -- "$0")/lib.sh"

items_are_lines_and_come_last() {
    printf 'a b\n\nc\\\n"d' | exits 0 "$mpool" exec -qk printf '<%s>'
    is "$(cat out)" '<a b><><c\><"d>'
}

items_can_end_with_a_nul_and_come_from_a_file() {
    printf 'a\nb\0-c\0' >items
    exits 0 "$mpool" exec -qk -0 -a items printf '<%s>'
    is "$(cat out)" "$(printf '<a\nb><-c>')"
    exits 2 "$mpool" exec -a absent true
    has err '"absent": No such file or directory'
}

several_items_can_be_given_at_a_time() {
    seq 7 | exits 0 "$mpool" exec -qk -n 3 echo
    is "$(cat out)" "$(printf '1 2 3\n4 5 6\n7')"
    exits 0 "$mpool" exec -qk -n2 printf '<%s>' x '{}' y ::: 'a b' c d
    is "$(cat out)" '<x><a b><c><y><x><d><y>'
    exits 2 "$mpool" exec -n 0 true ::: a
    has err "-n takes a number of items from 1"
    exits 2 "$mpool" exec -n 2 echo 'x{}' ::: a
    has err '{} stands alone, as a word of its own'
    for bad in '{1}' '{2}' '{/}' '{1/}'; do
        exits 2 "$mpool" exec -n 2 echo "$bad" ::: a
        has err 'with -n a job has several items'
    done
}

items_can_be_on_the_command_line() {
    exits 0 "$mpool" exec -qk echo '<{}>' ::: a '{item}' '{}' ''
    is "$(cat out)" "$(printf '<a>\n<{item}>\n<{}>\n<>')"
}

replacement_strings_are_those_of_parallel() {
    exits 0 "$mpool" exec -qk printf '%s|' '{}' '{/}' '{//}' '{.}' '{/.}' '{#}' '{1}' '{1/}' '{1//}{1.}' 'x{1/.}' \
        ::: a/b.tar.gz c.d/e /f.g
    is "$(cat out)" "$(printf '%s' 'a/b.tar.gz|b.tar.gz|a|a/b.tar|b.tar|1|a/b.tar.gz|b.tar.gz|aa/b.tar|xb.tar|' \
        'c.d/e|e|c.d|c.d/e|e|2|c.d/e|e|c.dc.d/e|xe|' '/f.g|f.g|/|/f|f|3|/f.g|f.g|//f|xf|')"
    exits 2 "$mpool" exec echo '{%}' ::: a
    has err '{%} is not known here'
    exits 2 "$mpool" exec echo '{= s/a/b/ =}' ::: a
    has err '{= perl =} is not known here'
}

other_braces_are_literal() {
    exits 0 "$mpool" exec -q echo '{print $1}' '{print}' '{{item}}' 'x{' '}' ::: a
    is "$(cat out)" '{print $1} {print} {{item}} x{ } a'
    exits 0 "$mpool" exec -q echo '{item}' '{path}{name}' 'a{2}' '{vars.x}' '{ item }' '{number}' ::: a
    is "$(cat out)" '{item} {path}{name} a{2} {vars.x} { item } {number} a'
    is "$(cat err)" ''
    exits 0 "$mpool" exec -q echo '{item.1}' '{path}' '{10}' '{1}' ::: a ::: b
    is "$(cat out)" '{item.1} {path} {10} a'
}

braces_around_a_replacement_string_stay() {
    exits 0 "$mpool" exec -q echo '{{}}' '{{.}}' '{{/}}' '{{#}}' '{{1}}' '{{{}}}' '{{}' '{}}' '${{}}' '{{item}}{{}}' \
        '{{{item}}}' '{{item}' ::: a
    is "$(cat out)" '{a} {a} {a} {1} {a} {{a}} {a a} ${a} {{item}}{a} {{{item}}} {{item}'
    exits 0 "$mpool" exec -q echo '{{}}' '{{2}}' ::: a ::: b
    is "$(cat out)" '{a b} {b}'
}

# In a script an item would be code; and ${1} is what the shell has.
an_item_is_never_code_by_mistake() {
    exits 0 "$mpool" exec -qk sh -c 'echo "${1}-${2}"' sh ::: 'a;b' '$(c)' ::: d
    is "$(cat out)" "$(printf 'a;b-d\n$(c)-d')"
    for script in 'echo {}' 'cat {1}' 'echo {/}'; do
        exits 2 "$mpool" exec sh -c "$script" ::: '$(touch injected)'
        has err 'within a script an item would be code; write "$1" there'
        exits 2 "$mpool" exec env A=b /bin/sh -e -uc "$script" sh ::: '$(touch injected)'
    done
    exits 2 "$mpool" exec bash -c 'echo {2}' ::: a ::: '$(touch injected)'
    ! [ -e injected ]
    # Numbers are none, and items that are whole scripts are meant so.
    exits 0 "$mpool" exec -q sh -c 'echo {#} "$1"' sh {} ::: a
    is "$(cat out)" '1 a'
    exits 0 "$mpool" exec -qk sh -c '{}' ::: 'echo a' 'echo b'
    is "$(cat out)" "$(printf 'a\nb')"
    exits 0 "$mpool" exec -q sh -c ::: 'echo a'
    is "$(cat out)" a
}

options_of_the_program_are_its_own() {
    exits 0 "$mpool" exec -q ls -a -d ::: .
    is "$(cat out)" .
    exits 0 "$mpool" exec -q -- echo -n ::: a
    is "$(cat out)" a
}

lines_can_begin_with_the_item_and_nothing_is_mixed() {
    exits 0 "$mpool" exec -qk --tag sh -c 'echo "$1"1; echo "$1"2' sh ::: a b
    is "$(cat out)" "$(printf 'a\ta1\na\ta2\nb\tb1\nb\tb2')"
}

# The first line is there while its job still runs.
lines_are_shown_as_they_come() {
    mkfifo gate
    "$mpool" exec -q -j2 --line-buffer --tag sh -c 'echo "$1 first"; read -r word <gate; echo "$1 $word"' sh ::: a >out &
    wait_until grep -q first out
    is "$(cat out)" "$(printf 'a\ta first')"
    echo last >gate
    wait
    is "$(cat out)" "$(printf 'a\ta first\na\ta last')"
    # Without a newline at its end a line gets one; standard error is as standard output.
    exits 0 "$mpool" exec -q --line-buffer printf 'x{}' ::: a
    is "$(wc -l <out)" 1
    exits 0 "$mpool" exec -q --line-buffer --tag sh -c 'printf x >&2' sh ::: a
    is "$(cat err)" "$(printf 'a\tx')"
    exits 1 "$mpool" exec -q --line-buffer sh -c 'echo why >&2; exit 3' sh ::: a
    has err 'sh exited with 3: why'
    exits 0 "$mpool" exec --json --line-buffer echo ::: a
    is "$(wc -l <out)" 1
    is "$(json out done)" 1
}

lines_are_never_mixed_however_long_they_are() {
    seq 6 | exits 0 "$mpool" exec -q -j4 --line-buffer --tag sh -c 'seq -f "$1 %g" 3000
        head -c 200000 /dev/zero | tr "\0" "$1"; sleep 0.05; head -c 100000 /dev/zero | tr "\0" "$1"; echo " $1"' sh
    awk -F '\t' '{ split($2, word, " "); first = substr(word[1], 1, 1); rest = word[1]; gsub(first, "", rest) }
        NF != 2 || first != $1 || rest != "" { bad++ }
        length(word[1]) == 300000 { long++ }
        END { print NR, bad + 0, long }' out >found
    is "$(cat found)" '18006 0 6'
    # Both streams in one pipe.
    seq 4 | "$mpool" exec -q -j4 --line-buffer sh -c 'seq 2000; seq 2000 >&2' sh >out 2>&1
    is "$(sort -n out | uniq -c | awk '$1 != 8' | wc -l)" 0
}

# The reader stands still, so that the worker of one job is in the middle of a line.
who_is_killed_in_a_line_holds_up_nobody() {
    mkfifo pipe go
    exec 3<>pipe
    line=$(head -c 9000 /dev/zero | tr '\0' a)
    "$mpool" exec -q -j2 --line-buffer sh -c 'case $1 in
        b) read -r word <go; seq -f b%g 1000; touch written ;;
        *) echo $PPID >pid; exec yes "$1" ;;
        esac' sh ::: "$line" b >pipe 2>err 3<&- &
    wait_until test -s pid
    echo go >go
    wait_until test -e written
    kill -KILL "$(cat pid)"
    exec 4<pipe 3<&-
    cat <&4 >all
    wait
    is "$(grep -c '^b[0-9]*$' all)" 1000
    is "$(grep -c 'ab' all || :)" 0
    has err 'crashed after 1 attempt: the worker was killed by SIGKILL'
}

lines_whose_reader_is_gone_end_the_run() {
    code=0
    { seq 8 | "$mpool" exec -q -j2 --line-buffer seq {} 1000000 2>err || echo $? >code; } | head -n 1 >out
    wait_until test -s code
    is "$(grep -cx '[0-9]*' out)" 1
    is "$(cat code) $(cat err)" '141 '
}

what_jobs_write_can_go_into_files() {
    exits 1 "$mpool" exec -q --results 'a {item}/b' sh -c 'echo "$1"; echo e >&2; [ $1 != K ] || kill -9 $$; exit $1' sh \
        ::: 0 3 K
    is "$(cat out)" ''
    is "$(cd 'a {item}/b' && find . -type f | sort | tr '\n' ' ')" \
        './1/exit ./1/stderr ./1/stdout ./2/exit ./2/stderr ./2/stdout ./3/exit ./3/stderr ./3/stdout '
    is "$(cat 'a {item}/b/'*/stdout | tr '\n' ' ')" '0 3 K '
    is "$(cat 'a {item}/b/2/stderr')" e
    is "$(sed 's/.*"sh",//; s/[0-9.]*}$/T/' 'a {item}/b/'*/exit | tr '\n' ' ')" \
        '"0"],"exit":0,"signal":null,"seconds":T "3"],"exit":3,"signal":null,"seconds":T "K"],"exit":null,"signal":9,"seconds":T '
    # An item is no part of a path; what an earlier run has left is made anew.
    exits 0 "$mpool" exec -q --results 'a {item}/b' printf '%s' ::: "../$(head -c 5000 /dev/zero | tr '\0' x)"
    is "$(wc -c <'a {item}/b/1/stdout')" 5003
    exits 1 "$mpool" exec -q --results /dev/null/x true ::: a
    has err 'its standard output /dev/null/x/1/stdout: Not a directory'
    exits 2 "$mpool" exec --results x --tag true ::: a
    has err '--results puts output in files'
    exits 2 "$mpool" exec --results '' true ::: a
    has err '--results takes a directory'
}

# The file of the end is there when the others are complete, and not before.
a_file_tells_how_a_program_has_ended() {
    mkfifo gate
    mkdir -p o/1
    echo old >o/1/exit
    "$mpool" exec -q --results o sh -c 'echo began; read -r word <gate; echo "$word"' sh ::: a >out &
    wait_until test -s o/1/stdout
    is "$(ls o/1)" "$(printf 'stderr\nstdout')"
    echo word >gate
    wait
    is "$(cat o/1/stdout)" "$(printf 'began\nword')"
    has o/1/exit '"exit":0'
}

times_and_retries_are_those_of_a_step() {
    exits 1 "$mpool" exec -q --timeout 200ms sleep ::: 1000
    has err 'sleep ran longer than its limit of 200 ms'
    exits 1 "$mpool" exec -q --retries 2 sh -c 'echo >>n; exit 1' ::: a
    is "$(wc -l <n)" 3
    exits 2 "$mpool" exec --timeout soon true ::: a
    has err '`timeout` is a time from 1ms to 366d'
    exits 2 "$mpool" exec --retries many true ::: a
    has err '`retries` is a whole number from 0'
}

failures_can_end_the_run() {
    seq 100 | exits 1 "$mpool" exec -j1 -q --json --halt soon,fail=3 false
    is "$(json out failed)" 3
    has err 'mpool: exec: 3 jobs failed, and `halt` ends the run'
    printf '600\n600\nx\n' | exits 1 "$mpool" exec -j3 -q --json --halt now,fail=1 sleep
    is "$(json out failed) $(json out cancelled)" '1 2'
    printf '600\n0\n600\n' | exits 0 "$mpool" exec -j3 -q --json --halt now,success=1 sleep
    is "$(json out done) $(json out cancelled)" '1 2'
    # The other worker is at one more job at most, and what is quick travels by itself as well.
    seq 100 | exits 1 "$mpool" exec -j2 -q --json -k --halt now,fail=1 sh -c 'echo $1 >>begun; exit 1' sh
    [ "$(wc -l <begun)" -le 2 ]
    printf 'mpool: 1\nworkers: 1\nsteps: {a: {each: {range: 1..1000}, call: fail, halt: "soon,fail=1"}}\n' >job.yaml
    exits 1 "$mpool" run -q --json
    is "$(json out failed)" 1
    seq 100 | exits 1 "$mpool" exec -j2 -q --json --halt soon,fail=50% false
    is "$(($(json out failed) < 100))" 1
    seq 10 | exits 1 "$mpool" exec -q --json --halt never false
    is "$(json out failed)" 10
    for bad in soon now,fail=0 later,fail=1 soon,fail=101% soon,success= fail=1; do
        exits 2 "$mpool" exec --halt "$bad" true ::: a
        has err '`halt` is never, or soon or now with a number'
    done
}

a_job_log_is_as_parallel_writes_it() {
    printf '0\n3\nKILL\n' >items
    exits 1 "$mpool" exec -kq -a items --joblog log sh -c '[ $1 != KILL ] || kill -KILL $$; sleep 0.05; exit $1' sh
    is "$(head -n 1 log)" "$(printf 'Seq\tHost\tStarttime\tJobRuntime\tSend\tReceive\tExitval\tSignal\tCommand')"
    is "$(tail -n +2 log | cut -f 1,2,5-8 | tr '\t\n' ' |')" '1 : 0 0 0 0|2 : 0 0 3 0|3 : 0 0 0 9|'
    awk -F '\t' -v now="$(date +%s)" 'NR == 2 && ($4 < 0.05 || $4 > 60 || $3 < now - 600 || $3 > now + 1) { exit 1 }' log
    code=0
    sh -c "$(sed -n 3p log | cut -f 9)" || code=$?
    is "$code" 3
    exits 2 "$mpool" exec --joblog no/where true ::: a
    has err '--joblog "no/where": No such file or directory'
}

# Exitval 0 and Signal 0 are for jobs that are done when their line is written.
a_job_log_tells_what_is_not_done() {
    exits 1 "$mpool" exec -q -j2 --joblog log --halt now,fail=1 sh -c 'trap "exit 0" TERM; sleep $1 & wait; false' sh ::: 0.1 9 9 9
    is "$(tail -n +2 log | cut -f 1,7,8 | sort | tr '\t\n' ' |')" '1 1 0|'
    printf 'mpool: 1\nsteps:\n  a: {each: {items: [nothing]}, call: file_size}\n' >job.yaml
    exits 1 "$mpool" run -q --joblog log
    is "$(tail -n +2 log | cut -f 1,7,8 | tr '\t\n' ' |')" '1 -1 0|'
}

a_job_log_goes_on_with_the_run() {
    exits 1 "$mpool" exec -kq --joblog log sh -c '[ $1 != 2 ] || [ -e on ]' sh ::: 1 2 3
    printf 'half a li' >>log
    touch on
    exits 0 "$mpool" exec -kq --joblog log --resume sh -c '[ $1 != 2 ] || [ -e on ]' sh ::: 1 2 3
    is "$(cut -f 1,7 log | tr '\t\n' ' |')" 'Seq Exitval|1 0|2 1|3 0|half a li|2 0|'
    exits 0 "$mpool" exec -kq --joblog log --resume sh -c '[ $1 != 2 ] || [ -e on ]' sh ::: 1 2 3
    is "$(wc -l <log)" 6
    exits 0 "$mpool" exec -q --joblog log true ::: 1
    is "$(wc -l <log)" 2
}

what_is_read_or_written_is_not_written_over() {
    printf 'a\nb\n' >list
    ln list link
    for option in --output --joblog --journal; do
        exits 2 "$mpool" exec -a list "$option" link echo
        has err "mpool: $option \"link\" is a file that the run reads"
        echo 2 >jobs
        exits 2 "$mpool" exec --jobs-file jobs "$option" jobs echo ::: a
        has err "mpool: $option \"jobs\" is the file of --jobs-file"
    done
    is "$(cat list jobs | tr '\n' ' ')" 'a b 2 '
    exits 2 "$mpool" exec --output new --joblog new echo ::: a
    has err 'mpool: --joblog "new" is also that of --output'
    exits 2 "$mpool" exec --journal new --joblog new echo ::: a
    exits 2 "$mpool" exec --journal new --output new echo ::: a
    has err 'mpool: --journal "new" is also that of --output'
    ! test -e new
    exits 2 "$mpool" exec --output ./new --joblog new echo ::: a
    has err 'mpool: --joblog "new" is also that of --output'
    exits 2 "$mpool" exec --output list echo <list
    has err 'mpool: --output "list" is a file that the run reads'
    printf 'mpool: 1\nsteps:\n  a: {each: {range: 1..2}, call: square}\n  b: {each: {lines: list}, call: echo}\n' >job.yaml
    printf '  c: {stdin: {file: jobs}, argv: [cat]}\n' >>job.yaml
    exits 2 "$mpool" run --output job.yaml - <job.yaml
    has err 'mpool: --output "job.yaml" is the job file itself'
    exits 2 "$mpool" run --output list
    exits 2 "$mpool" run --output jobs
    has err 'mpool: --output "jobs" is a file that the run reads'
    is "$(cat list jobs | tr '\n' ' ')" 'a b 2 '
    # That step does not run, and may well read what this one writes.
    exits 0 "$mpool" run --only a --output list
    is "$(wc -l <list)" 2
}

a_dry_run_prints_what_would_be_run() {
    exits 0 "$mpool" exec --dry-run rm -- ::: a 'b c' "d'e"
    printf "rm -- a\nrm -- 'b c'\nrm -- 'd'\\\\''e'\n" | diff - out
}

who_forgets_something_is_told() {
    exits 2 "$mpool" exec
    has err 'no program is named'
    exits 2 "$mpool" exec ::: a
    has err 'there is no program before'
    exits 2 "$mpool" exec true ::: a :::: b
    has err "'::::' is not known here; items of a file are read by -a FILE"
    exits 2 "$mpool" exec true ::: a ::: b :::+ c
    has err '":::" and ":::+" are not mixed'
    exits 2 "$mpool" exec true :::+ c
    exits 2 "$mpool" exec -n 2 true ::: a ::: c
    exits 2 "$mpool" exec echo '{3}' ::: a ::: c
    has err '{N} stands for the item of the Nth ":::", and there are not so many'
    exits 2 "$mpool" exec echo '{/}' ::: a ::: c
    has err 'an item is {1}, {2} ...'
    exits 2 "$mpool" exec 'echo {} | wc -l' ::: a
    has err "a shell runs it by: mpool exec -- sh -c 'echo {} | wc -l' sh"
    exits 2 "$mpool" exec no-such-program-at-all ::: a
    has err 'there is no program "no-such-program-at-all" in any directory of $PATH'
    echo 'echo x' >text
    for bad in "/tmp; that is a directory" "./text; that is a file which may not be executed"; do
        exits 2 "$mpool" exec "${bad%%;*}" ::: a
        has err "there is no program \"${bad%%;*}\";${bad#*;}"
    done
    exits 2 "$mpool" exec -a . true
    has err '"." is a directory; for what is in it pipe paths in: find DIR | mpool exec ...'
    exits 0 "$mpool" exec true
    has err 'mpool: exec: there is no item in standard input'
    exits 2 "$mpool" exec --joblog - true ::: a
    has err '--joblog takes the name of a file'
    exits 2 "$mpool" exec -u -k true ::: a
    has err '-u shows output as it comes'
    exits 2 "$mpool" exec --line-buffer -k true ::: a
    has err '--line-buffer shows lines as they come, and cannot go with -k'
    exits 2 "$mpool" exec --line-buffer -u true ::: a
    exits 2 "$mpool" exec -j 0 true ::: a
    has err "-j takes a number of jobs from 1 to 1024, or 50% of the CPUs, or +1 or -1, not '0'"
}

a_terminal_as_standard_input_is_an_error_and_no_wait() {
    code=0
    timeout 20 script -qec "'$mpool' exec true" typescript >out </dev/null || code=$?
    is "$code" 2
    has out 'there are no items, and standard input is a terminal'
}

progress_is_shown_as_parallel_does() {
    for option in --bar --eta; do
        mkfifo gate
        "$mpool" exec $option sh -c 'read -r word <gate' sh ::: a 2>err &
        wait_until grep -q '^exec  0 of 1 done' err
        echo >gate
        wait
        rm gate
    done
}

the_number_of_jobs_can_depend_on_the_machine() {
    for jobs in 100% +0 -1000 200%; do
        exits 0 "$mpool" exec -q -j "$jobs" true ::: a
    done
    for jobs in % 0% ++1 1.5 x 100000; do
        exits 2 "$mpool" exec -j "$jobs" true ::: a
    done
}

several_lists_give_every_combination() {
    exits 0 "$mpool" exec -qk printf '<%s>' x ::: a 'b c' ::: 1 2
    is "$(cat out)" '<x><a><1><x><a><2><x><b c><1><x><b c><2>'
    exits 0 "$mpool" exec -qk echo '{2}-{1}' '[{}]' '{}' '{#}' ::: a b ::: 1 2
    is "$(tr '\n' ',' <out)" '1-a [a 1] a 1 1,2-a [a 2] a 2 2,1-b [b 1] b 1 3,2-b [b 2] b 2 4,'
    exits 0 "$mpool" exec -qk echo '{1}{2}{3}' ::: a b :::+ 1 2 :::+ x y
    is "$(tr '\n' ',' <out)" 'a1x,b2y,'
    exits 2 "$mpool" exec -qk echo "{1}{2}" ::: a b :::+ 1
    has err 'lists with ":::+" have as many items each; the first has 2, and number 2 has 1'
    exits 0 "$mpool" exec -q echo x :::
    is "$(cat err)" 'mpool exec: there are no jobs, since there is nothing behind ":::"'
    exits 0 "$mpool" exec -q echo '{1}' '{2}' ::: a :::
    is "$(cat out)" ''
    is "$(cat err)" 'mpool exec: there are no jobs, since there is nothing behind ":::" number 2'
    # Lists have numbers, and no other names.
    exits 1 "$mpool" exec -q --output lines false ::: a 'b c' ::: 1
    has err 'exec: b c 1: failed after 1 attempt'
    has lines '"item":{"1":"b c","2":"1"}'
    for more in '' --line-buffer; do
        exits 0 "$mpool" exec -q --tag $more echo x ::: a ::: 1
        is "$(cat out)" "$(printf 'a 1\tx a 1')"
    done
    printf 'mpool: 1\nsteps: {a: {each: {zip: {1: {items: [a]}, 2: {items: [b]}}}, argv: [echo, "{item.2}{item.1}"]}}\n' >job.yaml
    exits 0 "$mpool" run -q
    is "$(cat out)" ba
}

# As in a pipe, or in each other's jobs. The journal is the first one's; the second one lets the first one go on.
runs_of_one_command_can_go_on_at_the_same_time() {
    # shellcheck disable=SC2016
    script='if [ $1 = 2 ]; then : >go; else : >here; until [ -e go ]; do sleep 0.01; done; fi; echo $1'
    "$mpool" exec -q sh -c "$script" sh ::: 1 >first &
    for _ in $(seq 1000); do [ -e here ] || sleep 0.01; done
    exits 0 "$mpool" exec -q sh -c "$script" sh ::: 2
    has err 'the journal is in use'
    has err 'the run goes on without a journal'
    is "$(cat out)" 2
    wait
    is "$(cat first)" 1
}

# In blocks of 512 or 1024 bytes; SIGXFSZ would end the command without a word.
a_limit_of_file_sizes_is_told() {
    # shellcheck disable=SC2016
    exits 3 sh -c 'ulimit -f 1; exec "$0" exec -q --no-journal true ::: 1' "$mpool"
    has err 'File too large'
}

try items_are_lines_and_come_last items_can_end_with_a_nul_and_come_from_a_file items_can_be_on_the_command_line several_items_can_be_given_at_a_time \
    replacement_strings_are_those_of_parallel other_braces_are_literal braces_around_a_replacement_string_stay an_item_is_never_code_by_mistake options_of_the_program_are_its_own \
    lines_can_begin_with_the_item_and_nothing_is_mixed lines_are_shown_as_they_come \
    lines_are_never_mixed_however_long_they_are who_is_killed_in_a_line_holds_up_nobody \
    lines_whose_reader_is_gone_end_the_run what_jobs_write_can_go_into_files a_file_tells_how_a_program_has_ended times_and_retries_are_those_of_a_step \
    failures_can_end_the_run a_job_log_is_as_parallel_writes_it a_job_log_tells_what_is_not_done \
    a_job_log_goes_on_with_the_run what_is_read_or_written_is_not_written_over a_dry_run_prints_what_would_be_run \
    who_forgets_something_is_told \
    a_terminal_as_standard_input_is_an_error_and_no_wait \
    progress_is_shown_as_parallel_does the_number_of_jobs_can_depend_on_the_machine \
    several_lists_give_every_combination runs_of_one_command_can_go_on_at_the_same_time \
    a_limit_of_file_sizes_is_told
finish
