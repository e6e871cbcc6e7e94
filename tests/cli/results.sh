#!/bin/sh
# tests/cli/results.sh - steps that take the results of others
. "$(dirname -- "$0")/lib.sh"

# steps LINE... - the job file
steps() {
    printf 'mpool: 1\nsteps:\n' >job.yaml
    printf '  %s\n' "$@" >>job.yaml
}

# values STEP - the results of a step in the last run's lines, in the order of their numbers
values() {
    grep "\"step\":\"$1\"" lines | grep '"status":"done"' | sed 's/.*"result":\(.*\),"error".*/\1/' | sort -n | tr '\n' ' '
}

results_are_the_items_of_a_later_step() {
    steps 'squares: {each: {range: 1..5}, call: square}' \
        'again: {each: {results: squares}, call: square, args: "{result}", totals: {sum: {sum: "{result}"}}}' \
        'items: {each: {results: squares}, call: square}'
    exits 0 "$mpool" run --json --output lines
    is "$(json out sum) $(values again)" '979 1 16 81 256 625 '
    is "$(values items)" '1 4 9 16 25 '
}

an_item_keeps_its_templates_and_the_result_has_fields() {
    mkdir d
    printf 12345 >d/a.tar.gz
    steps "sizes: {each: {walk: d}, call: file_size}" \
        'shown: {each: {results: sizes}, argv: [echo, "{stem} {result.bytes} {path} {index}"], result: text}'
    exits 0 "$mpool" run --output lines
    is "$(values shown)" '"a.tar 5 d/a.tar.gz 0" '
    printf 'name,n\nx,3\n' >t.csv
    steps 'rows: {each: {csv: t.csv}, argv: [echo, "{item.n}"], result: number}' \
        'shown: {each: {results: rows}, argv: [echo, "{item.name}{result}"], result: text}' \
        'third: {each: {results: shown}, argv: [echo, "{item.name}-{result}"], result: text}'
    exits 0 "$mpool" run --output lines
    is "$(values third)" '"x-x3" '
}

# The very item, and not what it would be as a value.
an_item_keeps_its_text() {
    steps 'a: {each: {items: [1.10, 007, 0x10, 1e3, ~, +5, .5]}, argv: [echo, "{index}"], result: text}' \
        'b: {each: {results: a}, argv: [echo, "{item}"], order: items}'
    exits 0 "$mpool" run -q
    is "$(tr '\n' ' ' <out)" '1.10 007 0x10 1e3 ~ +5 .5 '
    printf 'x\n1.10\n' >t.csv
    steps 'a: {each: {product: {x: {items: [1.10, 007]}, y: {csv: t.csv}}}, argv: [echo, "{index}"], result: text}' \
        'b: {each: {results: a}, argv: [echo, "{item.x} {item.y.x} {result}"], order: items, result: text}' \
        'c: {each: {results: b}, argv: [echo, "{item.x} {item.y.x} {result}"], order: items}'
    exits 0 "$mpool" run -q
    is "$(tr '\n' ',' <out)" '1.10 1.10 1.10 1.10 0,007 1.10 007 1.10 1,'
    steps 'a: {each: {items: [1.10, 007]}, argv: [echo, "{item}"], result: text}' \
        'b: {each: {results: a, batch: 2}, argv: [echo, "{items}"]}'
    exits 0 "$mpool" run -q
    is "$(cat out)" '1.10 007'
}

# A product opens its inner sources again and again.
an_item_keeps_the_names_of_its_fields() {
    printf 'p\n1\n2\n' >one.csv
    printf 'q\n3\n4\n' >two.csv
    steps 'a: {each: {product: {x: {range: 1..20}, a: {csv: one.csv}, b: {csv: two.csv}}}, argv: [echo, "{index}"],' \
        '    result: text}' \
        'b: {each: {results: a}, argv: [echo, "{item.x} {item.a.p} {item.b.q}"], order: items}'
    exits 0 "$mpool" run -q
    for x in $(seq 20); do
        printf '%s\n' "$x 1 3" "$x 1 4" "$x 2 3" "$x 2 4"
    done >expected
    cmp out expected
}

a_step_of_one_job_has_no_item_for_others() {
    steps 'a: {argv: [echo], result: text}' 'b: {each: {results: a}, argv: [echo, "{item}"]}'
    exits 2 "$mpool" check
    has err 'the step that it takes has no `each`, so there is no item'
}

bytes_that_are_no_text_come_through() {
    printf 'a\377b\n' >names
    steps 'one: {each: {lines: names}, argv: [printf, "%s", "{item}"], result: text}' \
        'two: {each: {results: one}, argv: [printf, "%s.%s\n", "{item}", "{result}"]}'
    exits 0 "$mpool" run -q
    is "$(od -An -c out | tr -d ' ')" 'a377b.a377b\n'
}

a_step_without_items_has_a_result_too() {
    steps 'one: {argv: [echo, hello], result: text}' \
        'two: {each: {results: one}, argv: [echo, "{result}, world"]}' \
        'three: {each: {results: one}, shell: "echo $#"}'
    exits 0 "$mpool" run -q
    is "$(tr '\n' ' ' <out)" 'hello, world 0 '
}

a_step_without_results_has_items_all_the_same() {
    steps 'one: {each: {items: [a, b]}, argv: ["true"], order: items}' \
        'two: {each: {results: one}, argv: [echo, "{item}"], order: items}' 'three: {stdin: {results: one}, argv: [cat]}'
    exits 0 "$mpool" run -q
    printf 'a\nb\n{"index":0,"item":"a","result":null}\n{"index":1,"item":"b","result":null}\n' | diff - out
}

jobs_that_are_not_done_give_no_item() {
    steps 'one: {each: {range: 1..5}, shell: "[ $1 -ne 3 ] && echo $1", result: number}' \
        'two: {each: {results: one}, call: square, args: "{result}"}' \
        'strict: {needs: [one], each: {results: one}, call: square}'
    exits 1 "$mpool" run --json --output lines
    is "$(values two)" '1 4 16 25 '
    is "$(json out skipped)" 4
    has err 'strict is skipped'
}

a_program_reads_results_as_lines() {
    steps 'one: {each: {range: 5..7}, call: square, order: items}' \
        'two: {stdin: {results: one}, shell: "cat; cat"}' \
        'each: {each: {range: 1..2}, stdin: {results: one}, argv: [wc, -l]}'
    exits 0 "$mpool" run -q
    printf '{"index":%d,"item":%d,"result":%d}\n' 0 5 25 1 6 36 2 7 49 >expected
    echo 3 >>expected
    echo 3 >>expected
    diff expected out
    exits 0 "$mpool" run --dry-run
    has out '# two: not as a command, for it reads the results of a step'
    exits 0 "$mpool" check
}

results_of_every_size_and_number_are_kept() {
    steps 'one: {each: {range: 1..20000}, call: square}' \
        'two: {each: {results: one}, call: square, args: "{result}", totals: {n: count}}' \
        'three: {each: {range: 1..3}, argv: [head, -c, "60000", /dev/zero], result: text}' \
        'four: {each: {results: three}, call: echo, args: "{result}"}' \
        'five: {stdin: {results: one}, argv: [wc, -l]}'
    exits 0 "$mpool" run --json --output lines
    is "$(json out n)" 20000
    is "$(grep '"step":"four"' lines | awk '{ print (length($0) > 60000) }' | tr -d '\n')" 111
    exits 0 "$mpool" run -q
    is "$(cat out)" 20000
}

batches_have_the_items_and_no_result() {
    steps 'one: {each: {range: 1..4}, call: square, order: items}' \
        'two: {each: {results: one, batch: 2}, argv: [echo, "{items}"]}'
    exits 0 "$mpool" run -q -j1
    is "$(tr '\n' ',' <out)" '1 2,3 4,'
}

a_batch_of_results_is_an_item_for_others() {
    seq 300 | awk '{ s = $1; for (i = 0; i < $1 % 40; i++) s = s "-" $1; print s }' >items.txt
    for size in 2 3 7; do
        steps 'one: {each: {lines: items.txt}, call: echo, order: items}' \
            "two: {each: {results: one, batch: $size}, argv: [echo, '{items}'], result: text}" \
            'three: {each: {results: two}, call: echo, args: ["{item}", "{result}"]}'
        exits 0 "$mpool" run -q --output lines
        values three | tr -cs '0-9-' '\n' | grep . | sort >found
        cat items.txt items.txt | sort | cmp - found
    done
}

a_resumed_run_has_the_results_of_the_earlier_one() {
    steps 'one: {each: {range: 1..4}, shell: "echo >>ran-$1; [ $1 -ne 3 -o -e fixed ] && echo $1", result: number}' \
        'two: {each: {results: one}, argv: [sh, -c, "echo >>again-$1", sh, "{result}"]}' \
        'three: {stdin: {results: one}, shell: "cat >read; echo >>reports"}'
    exits 1 "$mpool" run -q
    exits 1 "$mpool" run -q --resume
    is "$(cat reports | wc -l) $(cat ran-* | wc -l) $(cat again-* | wc -l)" '1 5 3'
    touch fixed
    exits 0 "$mpool" run -q --resume
    is "$(cat reports | wc -l) $(cat ran-* | wc -l) $(cat again-* | wc -l)" '2 6 4'
    is "$(sort read | sed 's/.*result":\([0-9]*\).*/\1/' | tr -d '\n')" 1234
    exits 0 "$mpool" run -q --resume
    is "$(cat reports | wc -l) $(cat ran-* | wc -l) $(cat again-* | wc -l)" '2 6 4'
}

# Jobs end in another order than that of their items, and in a resumed run in one more.
results_come_in_the_order_of_the_items() {
    steps 'one: {each: {range: 1..4}, shell: "[ $1 -ne 1 ] || while [ ! -e done-4 ]; do sleep 0.01; done; [ $1 -ne 3 -o -e fixed ] && touch done-$1 && echo $1", result: number}' \
        'two: {each: {results: one, batch: 2}, shell: "echo >>two; echo $*", result: text}' \
        'three: {each: {results: one}, shell: "echo $1 >>three-{index}", args: ["{index}-{result}"]}' \
        'four: {stdin: {results: two}, shell: "cat >read; echo >>four"}'
    exits 1 "$mpool" run -q -j2
    is "$(grep -c . read) $(sed -n 1p read)" '2 {"index":0,"item":[1,2],"result":"1 2"}'
    exits 1 "$mpool" run -q -j2 --resume
    is "$(wc -l <two) $(wc -l <four)" '2 1'
    touch fixed
    exits 0 "$mpool" run -q -j2 --resume
    printf '{"index":%d,"item":[%d,%d],"result":"%d %d"}\n' 0 1 2 1 2 1 3 4 3 4 | diff - read
    is "$(wc -l <two) $(wc -l <four)" '3 2'
}

a_step_that_takes_results_does_not_run_alone() {
    steps 'one: {each: {range: 1..4}, call: square}' 'two: {each: {results: one}, call: square}'
    exits 2 "$mpool" run --only two
    has err 'takes the results of "one", which would not run'
    exits 0 "$mpool" run --only one
}

# examples/jobs/changelogs.yaml over 60 files, one of which is broken: stopped by ^C, and gone on with.
the_example_goes_on_after_a_stop_and_a_failure() {
    pipeline="run $here/../../examples/jobs/changelogs.yaml --set root=doc --set out=words -j2"
    for i in $(seq 60); do
        mkdir -p "doc/p$i"
        seq "$i" | gzip >"doc/p$i/changelog.gz"
    done
    echo 'no gzip' >doc/p7/changelog.gz
    # shellcheck disable=SC2086
    env --default-signal=INT "$mpool" $pipeline >out 2>err &
    pid=$!
    wait_until test -e words/doc
    kill -INT $pid
    code=0
    wait $pid || code=$?
    [ "$code" -eq 130 ] || [ "$code" -eq 1 ] # it may have been at its end
    # shellcheck disable=SC2086
    exits 1 "$mpool" $pipeline --resume --json
    is "$(json out failed) $(json out done) $(json out words)" "1 119 $((60 * 61 / 2 - 7))"
    has err 'decode: doc/p7/changelog.gz: failed after 1 attempt: /bin/sh exited with 1: '
    has err "  again: /bin/sh -c 'mkdir -p"
    is "$(wc -l <words/words.txt) $(head -n 1 words/words.txt)" '59 60 doc/p60/changelog.gz'
    is "$(find words -name '*.part' | wc -l)" 1
    seq 7 | gzip >doc/p7/changelog.gz
    # shellcheck disable=SC2086
    exits 0 "$mpool" $pipeline --resume --json
    is "$(json out done) $(json out words) $(wc -l <words/words.txt)" "121 $((60 * 61 / 2)) 60"
    is "$(json out resumed)" 118
}

# Where a file system of our own can be mounted, for a moment and for nobody else.
a_full_disk_ends_the_run() {
    unshare -m true 2>/dev/null || return 0
    mkdir small
    steps 'one: {each: {range: 1..200000}, call: square, totals: {n: count}}' 'two: {each: {results: one}, call: square}'
    exits 3 unshare -m sh -c 'mount -t tmpfs -o size=64k none small; TMPDIR=$PWD/small exec "$0" run --json' "$mpool"
    has err 'results for a later step: No space left on device'
    is "$(json out exit)" 3
}

try results_are_the_items_of_a_later_step an_item_keeps_its_templates_and_the_result_has_fields \
    an_item_keeps_its_text an_item_keeps_the_names_of_its_fields a_step_of_one_job_has_no_item_for_others \
    bytes_that_are_no_text_come_through a_step_without_items_has_a_result_too \
    a_step_without_results_has_items_all_the_same jobs_that_are_not_done_give_no_item \
    a_program_reads_results_as_lines results_of_every_size_and_number_are_kept batches_have_the_items_and_no_result \
    a_batch_of_results_is_an_item_for_others \
    a_resumed_run_has_the_results_of_the_earlier_one results_come_in_the_order_of_the_items \
    a_step_that_takes_results_does_not_run_alone \
    a_full_disk_ends_the_run the_example_goes_on_after_a_stop_and_a_failure
finish
