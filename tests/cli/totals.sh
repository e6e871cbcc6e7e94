#!/bin/sh
# tests/cli/totals.sh - totals that need the item or GMP: groups, named jobs, lists of jobs, products; and means
#
#     sh totals.sh MPOOL
. "$(dirname -- "$0")/lib.sh"

# job TEXT - a job file with this as its steps
job() {
    printf 'mpool: 1\nsteps:\n%s\n' "$1" >job.yaml
}

# totals - the map of totals in ./out
totals() {
    sed 's/.*"totals":\(.*\),"seconds":.*/\1/' out
}

# A tree with 300 files of five extensions, each of another size.
tree() {
    mkdir -p tree/sub
    i=0
    for ext in .c .h .tar.gz '' .txt; do
        while [ $((i % 61)) -lt 60 ]; do
            i=$((i + 1))
            truncate -s $((i * i)) "tree/sub/f$i$ext"
        done
        i=$((i + 1))
    done
}

groups_equal_what_find_and_awk_say() {
    tree
    job '  a:
    each: {walk: tree}
    call: file_size
    totals: {bytes: {sum: "{result.bytes}", by: "{ext}"}, most: {max: "{result.bytes}", by: "{ext}"},
      files: {count: jobs, by: "{ext}"}, all: {sum: "{result.bytes}"}, any: {count: jobs}}
  b: {each: {walk: tree}, call: file_size, totals: {all: {sum: "{result.bytes}"}}}'
    exits 0 "$mpool" run --json
    find tree -type f -printf '%s %f\n' | awk '{
            ext = $2 ~ /\./ ? $2 : ""
            sub(/.*\./, "", ext)
            sum[ext] += $1; count[ext]++; all += $1
            if ($1 > most[ext]) most[ext] = $1
        }
        function show(map,    i, out) {
            split("  c gz h txt", key, " ")
            out = "\"\":" sprintf("%.0f", map[""])
            for (i = 1; i <= 4; i++) out = out ",\"" key[i] "\":" sprintf("%.0f", map[key[i]])
            return "{" out "}"
        }
        END {
            printf "{\"a\":{\"bytes\":%s,\"most\":%s,\"files\":%s,\"all\":%.0f,\"any\":%d},\"b\":{\"all\":%.0f}}",
                show(sum), show(most), show(count), all, NR, all
        }' >expected
    is "$(totals)" "$(cat expected)"
}

a_group_can_be_named_by_the_result() {
    mkdir d
    touch d/a d/b
    ln -s a d/c
    job '  a: {each: {walk: d, type: any}, call: file_size, totals: {n: {count: jobs, by: "{dir}/{result.type}"}}}
  b: {each: {items: [1, 2.5, true, x, 1, "1"]}, call: echo, totals: {n: {count: jobs, by: "{result}"}}}
  c: {each: {range: 0..9}, call: square, totals: {s: {sum: "{result}", by: "{index}"}}}'
    exits 0 "$mpool" run --json
    is "$(totals)" '{"a":{"n":{"./directory":1,"d/file":2,"d/link":1}},"b":{"n":{"1":3,"2.5":1,"true":1,"x":1}},"c":{"s":{"0":0,"1":1,"2":4,"3":9,"4":16,"5":25,"6":36,"7":49,"8":64,"9":81}}}'
}

people_see_the_ten_largest_groups() {
    job '  a: {each: {range: 1..1005}, call: echo, totals: {s: {sum: "{result}", by: "k{item}"}, least: {min: "{result}", by: "{index}", show: "i{item}"}}}
  b: {each: {items: [1]}, call: echo, totals: {n: {count: jobs, by: "{item}"}}}
  c: {each: {items: []}, call: echo, totals: {n: {count: jobs, by: "{item}"}}}'
    exits 0 "$mpool" run
    is "$(sed -n '/^a\.s/,/^a\.least/p' err)" 'a.s      1,005 groups
    k1005  1,005
    k1004  1,004
    k1003  1,003
    k1002  1,002
    k1001  1,001
    k1000  1,000
    k999     999
    k998     998
    k997     997
    k996     996
    … 995 more
a.least  1,005 groups'
    has err '    1004  1,005  i1005'
    is "$(sed -n '/^b\.n/,$p' err)" 'b.n      1 group
    1  1
c.n      0 groups'
}

min_and_max_name_their_jobs() {
    tree
    truncate -s 1000000 "tree/$(printf 'big\033[31m\n\377')"
    job '  a:
    each: {walk: tree}
    call: file_size
    totals: {largest: {max: "{result.bytes}", show: "{path}"}, smallest: {min: "{result.bytes}", show: "{name}"},
      three: {max: "{result.bytes}", show: "{stem}", top: 3}, few: {min: "{result.bytes}", show: "{result.bytes} of {index}", top: 1},
      each: {max: "{result.bytes}", show: "{name}", by: "{ext}"}}
  b: {each: {items: []}, call: echo, totals: {m: {max: "{result}", show: "{item}"}, l: {max: "{result}", show: "{item}", top: 2}, g: {max: "{result}", show: "{item}", by: "{item}"}}}'
    exits 0 "$mpool" run --json
    has out '"largest":{"value":1000000,"show":{"bytes":"dHJlZS9iaWcbWzMxbQr/"}},"smallest":{"value":1,"show":"f1.c"},"three":[{"value":1000000,"show":{"bytes":"YmlnG1szMW0K/w=="}},{"value":92416,"show":"f304"},{"value":91809,"show":"f303"}],"few":[{"value":1,"show":"1 of '
    has out '"each":{"":{"value":1000000,"show":{"bytes":"YmlnG1szMW0K/w=="}},"c":{"value":3600,"show":"f60.c"},"gz":{"value":33124,"show":"f182.tar.gz"},"h":{"value":14641,"show":"f121.h"},"txt":{"value":92416,"show":"f304.txt"}}'
    has out '"b":{"m":null,"l":[],"g":{}}'
    has err 'a.largest   1,000,000  tree/big\e[31m\n\xff'
    has err 'a.smallest  1  f1.c'
    is "$(sed -n '/^a\.three/,/^a\.few/p' err)" 'a.three     3 jobs
    1,000,000  big\e[31m\n\xff
       92,416  f304
       91,809  f303
a.few       1 job'
    is "$(sed -n '/^a\.each/,/^b\.m/p' err)" 'a.each      5 groups
    ""   1,000,000  big\e[31m\n\xff
    txt     92,416  f304.txt
    gz      33,124  f182.tar.gz
    h       14,641  f121.h
    c        3,600  f60.c
b.m         -'
}

# Whoever is faster.
of_equal_jobs_the_first_items_are_listed() {
    job '  a: {each: {range: 1..2000}, call: echo, args: 7, totals: {l: {max: "{result}", show: "{item}", top: 3}, m: {min: "{result}", show: "{item}"}}}'
    for _ in 1 2 3; do
        exits 0 "$mpool" run --json -j 4
        is "$(totals)" '{"a":{"l":[{"value":7,"show":"1"},{"value":7,"show":"2"},{"value":7,"show":"3"}],"m":{"value":7,"show":"1"}}}'
    done
}

a_product_is_exact_and_a_mean_is_a_float() {
    job '  a: {each: {range: 1..30}, call: echo, totals: {p: {product: "{result}"}, m: {mean: "{result}"}, by: {product: "{result}", by: "{result}"}}}
  b: {each: {range: 20..22}, call: factorial, totals: {p: {product: "{result}"}}}
  c: {each: {items: [1.5, 4, -1]}, call: echo, totals: {p: {product: "{result}"}, m: {mean: "{result}"}}}
  d: {each: {items: [1.5, 4, -1]}, call: echo, totals: {m: {mean: "{result}"}}}
  e: {each: {items: []}, call: echo, totals: {m: {mean: "{result}"}, s: {sum: "{result}"}}}
  f: {each: {items: []}, call: echo, totals: {m: {mean: "{result}"}, p: {product: "{result}"}}}
  g: {each: {range: 1..50}, call: echo, totals: {p: {product: "{result}"}}}'
    exits 0 "$mpool" run --json
    has out '{"a":{"p":"265252859812191058636308480000000","m":15.5,"by":{"1":1,"10":10,"11":11,'
    has out '"b":{"p":"139712453991742882302128844608730435062687858688000000000000"},'
    has out '"c":{"p":-6,"m":1.5},"d":{"m":1.5},"e":{"m":null,"s":0},"f":{"m":null,"p":1},'
    has out '"g":{"p":"30414093201713378043612608166064768844377641568960512000000000000"}'
    has err 'a.p   265,252,859,812,191,058,636,308,480,000,000'
    has err 'g.p   30414093201713378043…0000000000 (65 digits)'
}

# Plain totals of the same step too: otherwise the job would be in some of them.
a_job_without_its_number_fails_and_adds_to_no_total() {
    job '  a:
    each: {items: [{a: 1, b: x}, {a: 2}, {b: y}, {a: "4", b: x}, {a: 18446744073709551615, b: x}, {a: 8, b: ~}, {a: 16, b: z}]}
    call: echo
    totals: {n: count, s: {sum: "{result.a}"}, g: {sum: "{result.a}", by: "{result.b}"}, l: {max: "{result.a}", show: "{index}", top: 9}}'
    exits 1 "$mpool" run --json --output lines -j 1
    is "$(totals)" '{"a":{"n":2,"s":17,"g":{"x":1,"z":16},"l":[{"value":16,"show":"6"},{"value":1,"show":"0"}]}}'
    is "$(json out total) $(json out done) $(json out failed)" '7 2 5'
    is "$(wc -l <lines)" 7
    has lines '"index":0,"item":{"a":1,"b":"x"},"status":"done","result":{"a":1,"b":"x"},"error":null,'
    has lines '"index":1,"item":{"a":2},"status":"failed","result":null,"error":"total \"a.g\": result.b is not there","attempts":1,"worker":0,'
    has lines '"index":2,"item":{"b":"y"},"status":"failed","result":null,"error":"total \"a.s\": result.a is not there",'
    has lines '"index":3,"item":{"a":"4","b":"x"},"status":"failed","result":null,"error":"total \"a.s\": result.a is not a number of at most 63 bits",'
    has lines '"index":4,"item":{"a":18446744073709551615,"b":"x"},"status":"failed","result":null,"error":"total \"a.s\": result.a is not a number of at most 63 bits",'
    has lines '"index":5,"item":{"a":8,"b":null},"status":"failed","result":null,"error":"total \"a.g\": result.b is no text, number, true or false",'
    is "$(grep -c 'failed after 1 attempt: total "a' err)" 5
    is "$(grep -c '  again: ' err)" 5
    # In the pool the same jobs fail, in the same words, for what they have in common.
    cp lines first
    job '  a:
    each: {items: [{a: 1, b: x}, {a: 2}, {b: y}, {a: "4", b: x}, {a: 18446744073709551615, b: x}, {a: 8, b: ~}, {a: 16, b: z}]}
    call: echo
    totals: {n: count, s: {sum: "{result.a}"}}'
    exits 1 "$mpool" run --json --output lines -j 1
    is "$(totals)" '{"a":{"n":4,"s":27}}'
    is "$(sed -n 's/.*\("index":[234],.*"error":"[^,]*\),.*/\1/p' lines | sort)" \
        "$(sed -n 's/.*\("index":[234],.*"error":"[^,]*\),.*/\1/p' first | sort)"
}

a_failed_job_says_what_to_write_in_place_of_a_field() {
    job '  a: {each: {items: [3]}, call: square, totals: {p: product}}
  b: {each: {items: [3]}, call: square, totals: {m: {max: "{result.n}", show: "{item}"}}}'
    exits 1 "$mpool" run
    has err 'total "a.p": result.p is not there; if the result itself is the number, write p: {product: "{result}"}'
    has err 'total "b.m": result.n is not there; if the result itself is the number, write "{result}" in place of "{result.n}"'
}

# A job that fails for its total is not tried again: it would end the same way.
such_a_job_is_not_tried_again() {
    job '  a: {each: {items: [x]}, call: echo, retries: 3, totals: {p: {product: "{result}"}}}'
    exits 1 "$mpool" run --output lines
    has lines '"error":"total \"a.p\": the result is not a number","attempts":1,'
}

one_group_too_many_fails_its_job_alone() {
    job '  a: {each: {items: [a, b, a, c, a, d]}, call: echo, totals: {n: {count: jobs, by: "{item}", keys: 2}, all: count}}
  b: {each: {range: 1..10003}, call: square, totals: {s: {sum: "{result}", by: "{item}"}}}'
    exits 1 "$mpool" run --json -j 1
    has out '{"a":{"n":{"a":3,"b":1},"all":4},"b":{"s":{"1":1,'
    is "$(json out done) $(json out failed)" '10004 5'
    has err 'a: c: failed after 1 attempt: total "a.n": it has 2 groups, the most it may have, and this job would open one more; allow more with `keys`, or choose another `by`'
    has err 'total "b.s": it has 10,000 groups, the most'
}

a_product_beyond_its_limit_fails_the_job_that_would_go_there() {
    job '  a: {each: {range: 1..23}, call: factorial, args: 100000, totals: {p: {product: "{result}"}, n: {count: jobs}}}'
    exits 1 "$mpool" run --json
    is "$(json out done) $(json out failed) $(json out n)" '22 1 22'
    has err 'total "a.p": with this factor it might have more than ten million digits, which is the limit; multiply fewer numbers'
    # 100,000! begins with 2824229407960 and is 2.824e456573: to the power of 22 it has 10,044,616 digits.
    is "$(sed 's/.*"p":"\([0-9]*\)".*/\1/' out | tr -d '\n' | wc -c)" 10044616
}

groups_are_exact_while_workers_crash() {
    job '  a:
    each: {range: 1..60}
    call: crash
    args: {how: kill, until_attempt: 2}
    retries: 2
    totals: {attempts: {sum: "{result}", by: "{item}"}, n: {count: jobs, by: "{result}"}, p: {product: "{result}"}}'
    exits 0 "$mpool" run --json -j 3
    has out '"n":{"2":60},"p":1152921504606846976}'
    is "$(grep -o '"[0-9]*":2[,}]' out | wc -l)" 60
}

names_of_groups_are_utf8_and_escaped_for_people() {
    mkdir tree
    touch tree/a.gz "tree/b.$(printf '\377')" "tree/c.\\xff" "tree/d.$(printf 'e\033[31m')"
    job '  a: {each: {walk: tree}, call: file_size, totals: {n: {count: jobs, by: "{ext}"}}}'
    exits 0 "$mpool" run --json
    has out '"n":{"\\xff":2,"e\u001b[31m":1,"gz":1}'
    has err '    \\xff    2'
    has err '    e\e[31m  1'
}

a_text_for_a_total_that_is_too_long_fails_its_job() {
    { echo short; head -c 65537 /dev/zero | tr '\0' x; echo; } >lines
    job '  a: {each: {lines: lines}, call: echo, args: 1, totals: {n: {count: jobs, by: "{item}"}}}
  b: {each: {lines: lines}, call: echo, args: 1, totals: {m: {max: "{result}", show: "{item}"}}}'
    exits 1 "$mpool" run --json
    is "$(totals)" '{"a":{"n":{"short":1}},"b":{"m":{"value":1,"show":"short"}}}'
    has err 'total "a.n": `by` comes to more than 64 KiB'
    has err 'total "b.m": `show` comes to more than 64 KiB'
}

the_live_line_has_what_is_one_number() {
    job '  a: {each: {range: 1..15}, call: sleep, args: 0.2, totals: {n: {count: jobs}, g: {count: jobs, by: "{item}"}, p: {product: "{result}"}, s: {sum: "{result}"}, m: {mean: "{result}"}}}'
    exits 0 "$mpool" run -j 2 --progress always
    grep -q '^a  [0-9]* of 15 done  [0-9]*%  ETA 0:[0-9][0-9]  [0-9.]*/s  n [0-9]*  s [0-9.e-]*  m [0-9.]*$' err
}

what_was_stopped_has_the_totals_of_what_was_done() {
    job '  a: {each: {range: 1..1000000}, call: sleep, args: 0.01, totals: {n: {count: jobs, by: "{item}", keys: 1000000}, all: {count: jobs}}}'
    env --default-signal=INT "$mpool" run --json --output lines >out 2>err &
    pid=$!
    wait_until test -s lines
    kill -INT "$pid"
    code=0
    wait "$pid" || code=$?
    is "$code" 130
    [ "$(json out done)" -gt 0 ]
    is "$(json out all)" "$(json out done)"
    is "$(totals | grep -o '"[0-9]*":1' | wc -l)" "$(json out done)"
}

try groups_equal_what_find_and_awk_say a_group_can_be_named_by_the_result people_see_the_ten_largest_groups \
    min_and_max_name_their_jobs of_equal_jobs_the_first_items_are_listed a_product_is_exact_and_a_mean_is_a_float \
    a_job_without_its_number_fails_and_adds_to_no_total a_failed_job_says_what_to_write_in_place_of_a_field \
    such_a_job_is_not_tried_again one_group_too_many_fails_its_job_alone \
    a_product_beyond_its_limit_fails_the_job_that_would_go_there groups_are_exact_while_workers_crash \
    names_of_groups_are_utf8_and_escaped_for_people a_text_for_a_total_that_is_too_long_fails_its_job \
    the_live_line_has_what_is_one_number what_was_stopped_has_the_totals_of_what_was_done
finish
