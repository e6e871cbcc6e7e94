#!/bin/sh
# tests/cli/outputs.sh - files that jobs make: `outputs` and `inputs`
#
#     sh outputs.sh MPOOL
. "$(dirname -- "$0")/lib.sh"

# step TEXT - a job file with one step "a" that has this, in braces
step() {
    printf 'mpool: 1\nsteps:\n  a: {%s}\n' "$1" >job.yaml
}

# Nothing is left that is for a while only.
nothing_left() {
    is "$(find . -name '.mpool-*')" ''
}

# ---- making ----------------------------------------------------------------------------------------------------------

a_file_is_in_its_place_when_its_job_is_done() {
    mkdir made
    step 'each: {items: [a, b]}, outputs: ["made/{item}.x.txt"], args: ["{item}", "{output}"],
        shell: "echo half >$2; [ ! -e made/$1.x.txt ]; ls -A made; echo $2; echo whole >>$2", order: items'
    exits 0 "$mpool" run -q -j 1
    is "$(sed 's/[0-9][0-9]*-a/N-a/' out | head -n 2 | tr '\n' ' ')" '.mpool-a.x.txt made/.mpool-a.x.txt/N-a.x.txt '
    is "$(cat made/a.x.txt made/b.x.txt | tr '\n' ' ')" 'half whole half whole '
    nothing_left
    step 'each: {items: [c]}, outputs: "{item}", argv: [echo, hello], capture: {stdout: "{output}"}'
    exits 0 "$mpool" run -q
    is "$(cat c)" hello
    nothing_left
}

an_attempt_that_is_not_done_leaves_what_was_there() {
    for end in 'exit 3' 'kill -SEGV $$' 'kill -KILL $PPID; sleep 100' 'sleep 100'; do
        echo old >a
        touch -d '1 hour ago' a
        : >in
        step "each: {items: [in]}, outputs: [a], args: ['{output}'], timeout: 1s,
            shell: 'echo half >\$1; [ -s \$1 ]; $end'"
        exits 1 "$mpool" run -q
        is "$(cat a)" old
        nothing_left
    done
}

what_is_tried_again_begins_with_nothing() {
    step 'outputs: [a], args: ["{output}", "{attempt}"], retries: 2,
        shell: "[ ! -e $1 ] || echo there >>seen; echo $2 >>$1; echo >$1.more; mkdir -p $(dirname $1)/d/e; [ $2 -eq 3 ]"'
    exits 0 "$mpool" run --json
    is "$(json out retried) $(cat a)" '2 3'
    [ ! -e seen ]
    nothing_left
    rm a
    step 'outputs: [a], args: ["{output}", "{attempt}"], retries: 1,
        shell: "[ ! -e $1 ] || echo there >>seen; echo $2 >>$1; [ $2 -eq 2 ] || kill -KILL $PPID; sleep 0.2"'
    exits 0 "$mpool" run --json
    is "$(json out retried) $(cat a)" '1 2'
    [ ! -e seen ]
    nothing_left
}

a_program_that_makes_nothing_has_failed() {
    step 'each: {items: [a, b]}, outputs: ["{item}.1", "{item}.2"], args: ["{outputs}"],
        shell: "echo >$1; case $2 in *b.2) echo >$2; esac"'
    exits 1 "$mpool" run --output lines
    has lines '"item":"a","status":"failed","result":null,"error":"it has not made its output \"a.2\""'
    is "$(echo ?.?)" 'b.1 b.2'
    nothing_left
    step 'each: {items: [c]}, outputs: ["{item}"], argv: [mkdir, "{output}"]'
    exits 1 "$mpool" run -q
    has err 'its output "c": Is a directory'
    nothing_left
}

a_job_that_fails_for_its_result_leaves_nothing() {
    step 'each: {items: [1, x]}, outputs: ["{item}.out"], args: ["{item}", "{output}"], shell: "echo $1 | tee $2",
        result: number'
    exits 1 "$mpool" run -q
    for total in 'sum: "{result.n}"' 'sum: "{result.n}", by: "{item}"'; do
        rm -f 1.out
        step "each: {items: [1]}, outputs: ['{item}.out'], args: ['{output}'], shell: 'echo {} | tee \$1', result: json,
            totals: {n: {$total}}"
        exits 1 "$mpool" run -q
        has err 'result.n is not there'
        is "$(echo ?.out)" '?.out'
        nothing_left
    done
}

several_outputs_are_spread() {
    step 'each: {items: [a]}, outputs: ["{item}.1", "{item}.2", "{item}.3"], argv: [touch, "{output}.log", "{outputs}"]'
    exits 0 "$mpool" run -q
    is "$(echo a*)" 'a.1 a.2 a.3'
    nothing_left
    exits 0 "$mpool" run --dry-run
    is "$(cat out)" '# a: a: up to date'
    rm a.2
    exits 0 "$mpool" run --dry-run
    is "$(cat out)" 'touch a.1.log a.1 a.2 a.3'
}

a_program_in_another_directory_gets_an_absolute_name() {
    mkdir d made
    step "each: {items: [a]}, outputs: ['made/{item}'], cwd: d, argv: [sh, -c, 'pwd >\$0; exit \$1', '{output}', 5],
        expect: [5]"
    exits 0 "$mpool" run -q
    is "$(cat made/a)" "$PWD/d"
    rm made/a
    exits 0 "$mpool" run --dry-run
    sh out || :
    is "$(cat made/a)" "$PWD/d"
    nothing_left
}

a_name_may_be_any() {
    mkdir "d 'x"
    long=$(printf %0240d 0)
    printf '%s\n' 'a b' '-x' "$(printf 'b\377')" "$long" >names
    step "each: {lines: names}, outputs: [\"d 'x/{item}\"], argv: [cp, names, '{output}']"
    exits 0 "$mpool" run -q
    is "$(ls -A "d 'x" | wc -l)" 4
    while read -r name; do
        cmp names "d 'x/$name"
    done <names
    printf '%s1\n' "$long" >names
    exits 1 "$mpool" run -q
    has err 'File name too long; a name of an output has at most 240 bytes'
}

where_nothing_can_be_made_it_is_told() {
    step 'each: {items: [no/where, d, e/]}, outputs: ["{item}"], argv: [touch, "{output}"], order: items'
    mkdir d e
    exits 1 "$mpool" run --output lines
    has lines '"item":"no/where","status":"failed","result":null,"error":"the directory \"no\" of its output is not there; make it before, as with mkdir -p"'
    has lines 'its output \"d\" cannot be made: Is a directory'
    has lines 'its output \"e/\" cannot be made: Is a directory'
    nothing_left
}

no_two_jobs_make_one_file() {
    mkdir d
    ln -s d link
    step 'each: {items: [d/a, d/b, ./d//a, link/b, d/c]}, outputs: ["{item}"], argv: [touch, "{output}"]'
    exits 1 "$mpool" run --json --output lines
    is "$(json out done) $(json out failed)" '3 2'
    has lines '"item":"./d//a","status":"failed","result":null,"error":"its output \"./d//a\" is that of a/0, too; each job makes files of its own'
    has lines '"error":"its output \"link/b\" is that of a/1, too'
    exits 0 "$mpool" audit "$(find "$XDG_STATE_HOME" -name '*.journal')"
    step 'outputs: [x, ./x], argv: [touch, "{outputs}"]'
    exits 1 "$mpool" run -q
    has err 'two of its outputs are "./x"'
    step 'each: {range: 1..5000}, outputs: ["d/{item}"], argv: ["true", "{output}"]'
    sed -i 's/argv/halt: "now,fail=1", argv/' job.yaml
    exits 1 "$mpool" run -q
    has_not err 'is that of'
}

a_walk_does_not_find_what_is_being_made() {
    mkdir -p tree/.mpool-b tree/.mpool-c/d
    touch tree/a tree/.mpool-b/1-b tree/.mpool-x
    step 'each: {walk: tree, type: any}, argv: [echo, "{path}"]'
    exits 0 "$mpool" run -q
    is "$(sort out | tr '\n' ' ')" 'tree tree/.mpool-x tree/a '
}

what_a_killed_run_has_left_is_taken_away() {
    mkdir -p .mpool-a/d other
    touch .mpool-a/1-a .mpool-a/d/e other/precious
    step 'outputs: [a], args: ["{output}"], shell: "ls $(dirname $1) >$1"'
    exits 0 "$mpool" run -q
    is "$(sed 's/[0-9]*-a/N-a/' a)" N-a
    nothing_left
    rm a
    ln -s other .mpool-a
    exits 1 "$mpool" run -q
    has err 'its output "a" cannot be made: beside it is something in the way, whose name begins with ".mpool-"'
    [ -e other/precious ]
}

what_cannot_be_put_in_its_place_ends_the_run() {
    step 'each: {range: 1..50}, outputs: ["a{item}"], args: ["{output}", "{item}"], shell: "echo $2 >$1; [ $2 -gt 1 ] || mkdir a1"'
    exits 3 "$mpool" run -q -j 1
    has err 'a1: cannot be put in its place: Is a directory; it is kept beside that, and --resume tries again'
    rmdir a1
    exits 0 "$mpool" run -q --resume --json
    is "$(json out done) $(cat a1) $(cat a50)" '50 1 50'
    [ "$(json out resumed)" -gt 0 ]
    nothing_left
}

# ---- is there anything to be made? -----------------------------------------------------------------------------------

what_is_up_to_date_is_skipped() {
    mkdir in made
    touch in/a in/b in/c
    cat >job.yaml <<'YAML'
mpool: 1
steps:
  a:
    each: {walk: in}
    argv: [cp, "{path}", "{output}"]
    outputs: ["made/{name}"]
    totals: {n: count}
  b: {needs: [a], argv: [touch, b]}
  c: {each: {results: a}, argv: [echo, "{path}"]}
YAML
    exits 0 "$mpool" run --json
    is "$(json out done) $(json out skipped) $(json out n)" '7 0 3'
    touch -d '1 hour' in/b
    rm b
    exits 0 "$mpool" run --json --output lines
    is "$(json out done) $(json out skipped) $(json out up_to_date) $(json out n)" '3 2 2 1'
    has err 'step  jobs  done  failed  up to date  seconds'
    has_not err skipped
    has lines '"item":"in/a","status":"skipped","result":null,"error":"up to date","attempts":0,'
    [ -e b ]
    journal=$(find "$XDG_STATE_HOME" -name '*.journal')
    exits 0 "$mpool" audit "$journal"
    exits 0 "$mpool" log 2 a/0
}

# made TEXT - how many jobs of step a a run has, beside those that are up to date
made() {
    exits 0 "$mpool" run -q --json
    json out done
}

inputs_are_what_is_said_or_the_file_of_the_item() {
    mkdir d
    touch -d '2020-01-01' in style d/x
    step 'each: {items: [in]}, outputs: ["{item}.o"], inputs: ["{path}", style], argv: [touch, "{output}"]'
    is "$(made) $(made)" '1 0'
    touch -d '2020-01-01' in.o
    is "$(made)" 0
    touch -d '2020-01-01 00:00:00.000000001' style
    is "$(made) $(made)" '1 0'
    step 'each: {items: [in]}, outputs: ["{item}.o"], inputs: [], argv: [touch, "{output}"]'
    touch -d '1 hour' in
    is "$(made)" 0
    step 'each: {items: [in]}, outputs: ["{item}.o"], argv: [touch, -d, "2 hours", "{output}"]'
    is "$(made) $(made)" '1 0'
    step 'each: {items: [in]}, outputs: ["{item}.o"], inputs: [style, absent], argv: [touch, "{output}"]'
    is "$(made) $(made)" '1 1'
    step 'each: {items: [in, d, nowhere], batch: 3}, outputs: [o], argv: [touch, "{output}"]'
    touch -d '2020-01-01' in
    is "$(made) $(made)" '1 0'
    touch -d '1 hour' in
    is "$(made)" 1
    step 'each: {items: [in, style], batch: 2}, outputs: [o], inputs: ["{items}", "{index}"], argv: [touch, "{output}"]'
    touch -d '2020-01-01' in style 0
    is "$(made)" 0
    touch -d '1 hour' style
    is "$(made)" 1
    step 'outputs: [o], inputs: [style], argv: [touch, -d, "2 hours", "{output}"]'
    is "$(made) $(made)" '1 0'
}

# ---- runs that end early ---------------------------------------------------------------------------------------------

what_is_old_is_made_again_by_a_run_that_goes_on() {
    echo 1 >in
    touch -d '2020-01-01' in
    step 'each: {items: [in]}, outputs: ["{item}.o"], inputs: ["{item}"], argv: [cp, in, "{output}"]'
    exits 0 "$mpool" run -q
    exits 0 "$mpool" run -q --resume --json
    is "$(json out resumed)" 1
    echo 2 >in
    touch -d '1 hour' in
    exits 0 "$mpool" run -q --resume --json
    is "$(json out resumed) $(json out done) $(cat in.o)" '0 1 2'
}

a_run_that_goes_on_has_the_files_of_its_jobs() {
    step 'each: {items: [a, b, c]}, outputs: ["{item}"], inputs: [in], argv: [sh, -c, "echo >>ran; echo $1 >$0", "{output}", "{item}"],
        totals: {n: count}'
    : >in
    exits 0 "$mpool" run -q
    # As if the run had been killed when the job was written down, and before its file was in its place.
    mkdir .mpool-a
    mv a .mpool-a/ready
    rm b
    mkdir .mpool-c
    exits 0 "$mpool" run -q --resume --json
    is "$(json out resumed) $(json out done) $(json out n) $(wc -l <ran) $(cat a b c | tr '\n' ' ')" '2 3 3 4 a b c '
    nothing_left
}

# stop SIGNAL... - to the run, once each of its two jobs has begun to write
stop() {
    rm -rf made
    mkdir made
    env --default-signal=INT "$mpool" run -q 2>err &
    pid=$!
    wait_until sh -c 'set -- $(find made -type f -size +0); [ $# -eq 2 ]'
    for signal in "$@"; do
        kill "-$signal" $pid
        sleep 0.1
    done
    code=0
    wait $pid || code=$?
}

what_is_stopped_leaves_nothing() {
    step 'each: {items: [1, 2, 3]}, outputs: ["made/{item}"], args: ["{output}"], shell: "trap : TERM; echo half >$1; sleep 100 & wait; wait; sleep 100"'
    sed -i 's/^mpool: 1/mpool: 1\nworkers: 2/' job.yaml
    stop INT INT INT
    is "$code $(find made -type f) $(find made -name '.mpool-*')" '130  '
    stop INT TERM TERM
    is "$(find made -type f) $(find made -name '.mpool-*')" ' '
    step 'each: {items: [1, 2, 3]}, outputs: ["made/{item}"], args: ["{output}"], shell: "echo half >$1; sleep 100"'
    sed -i 's/^mpool: 1/mpool: 1\nworkers: 2/' job.yaml
    stop TERM
    is "$(find made -type f) $(find made -name '.mpool-*')" ' '
}

# It may have done half of its work.
who_ends_well_when_asked_to_end_is_not_done() {
    step 'each: {items: [1, 2]}, outputs: ["made/{item}"], args: ["{output}"],
        shell: "trap \"exit 0\" TERM; echo half >$1; [ -e on ] || { sleep 100 & wait; }; echo whole >>$1"'
    stop TERM
    is "$code $(find made -type f)" '143 '
    touch on
    exits 0 "$mpool" run --json --resume
    is "$(json out done) $(json out resumed) $(tr '\n' ' ' <made/1)" '2 0 half whole '
}

# A grep in a pipe here would have the case's tag, and find itself.
no_workers() {
    case $(left_processes "$MPOOL_TEST_TAG") in *'mpool run'* | *'sh -c'*) return 1 ;; esac
}

# What is in its place is whole, and of a job of this number.
look_at_files() {
    for file in made/*; do
        [ -e "$file" ] || continue
        is "$(cat "$file")" "$(printf 'begin %s\nend %s' "${file#made/}" "${file#made/}")"
    done
}

no_kill_leaves_half_a_file() {
    kills=${MPOOL_KILLS:-12} jobs=240 killed=0
    step 'each: {range: 1..240}, outputs: ["made/{item}", "more/{item}"], args: ["{item}", "{outputs}"], totals: {n: count},
        shell: "echo begin $1 >$2; sleep 0.01; echo end $1 >>$2; cp $2 $3"'
    mkdir made more
    while [ "$killed" -lt "$kills" ]; do
        "$mpool" run -q --resume 2>err &
        pid=$!
        sleep "0.$(printf %03d $((30 + $(od -An -N2 -tu2 /dev/urandom) % 250)))"
        kill -KILL $pid 2>/dev/null || :
        wait $pid 2>/dev/null || :
        wait_until no_workers
        look_at_files
        killed=$((killed + 1))
        # Now and then a job is to be done again although it was recorded.
        rm -f "made/$killed"
    done
    exits 0 "$mpool" run --json --resume
    look_at_files
    is "$(json out done) $(json out up_to_date) $(json out n)" "$jobs 0 $jobs"
    is "$(ls -A made | wc -l) $(ls -A more | wc -l)" "$jobs $jobs"
    diff -r made more
    nothing_left
    exits 0 "$mpool" audit "$(find "$XDG_STATE_HOME" -name '*.journal')"
}

try a_file_is_in_its_place_when_its_job_is_done an_attempt_that_is_not_done_leaves_what_was_there \
    what_is_tried_again_begins_with_nothing a_program_that_makes_nothing_has_failed \
    a_job_that_fails_for_its_result_leaves_nothing several_outputs_are_spread \
    a_program_in_another_directory_gets_an_absolute_name a_name_may_be_any where_nothing_can_be_made_it_is_told \
    no_two_jobs_make_one_file a_walk_does_not_find_what_is_being_made what_a_killed_run_has_left_is_taken_away \
    what_cannot_be_put_in_its_place_ends_the_run \
    what_is_up_to_date_is_skipped inputs_are_what_is_said_or_the_file_of_the_item \
    what_is_old_is_made_again_by_a_run_that_goes_on a_run_that_goes_on_has_the_files_of_its_jobs what_is_stopped_leaves_nothing \
    who_ends_well_when_asked_to_end_is_not_done no_kill_leaves_half_a_file
finish
