#!/bin/sh
# tests/cli/other_tools_cases.sh - what GNU parallel's manual tests in tools of its kind; to be read with `.`
#
# parallel_alternatives(7) publishes in "TESTING OTHER TOOLS" what such tools do wrong. Each function here is one of
# these, in our words and smaller, or follows from one: it runs in an empty directory of its own, with TMPDIR in
# another one, and prints in a line what it has seen; `right` if all is as it should be. other_tools.sh runs them for
# mpool and compares, other_tools_table.sh runs them for three tools and prints a table.

# use mpool|parallel|xargs - makes ./each, a program, for cases start it under limits, and kill it:
#     ./each JOBS [-0] [-I] PROGRAM [ARGUMENT...]     -0: items end with a NUL; -I: {} stands for the item
use() {
    {
        cat <<'EACH'
#!/bin/sh
jobs=$1 nul='' place=''
shift
[ "$1" != -0 ] || { nul=-0; shift; }
[ "$1" != -I ] || { place='-I{}'; shift; }
EACH
        case $1 in
        mpool) echo "exec '$mpool' exec -q -j \$jobs \$nul -- \"\$@\"" ;;
        parallel) echo 'exec parallel -j $jobs $nul -- "$@"' ;;
        xargs) echo 'exec xargs -P $jobs $nul ${place:--n1} "$@"' ;;
        esac
    } >each
    chmod +x each
}

# program NAME - a script; its text is standard input
program() {
    { echo '#!/bin/sh'; cat; } >"$1"
    chmod +x "$1"
}

# coded COMMAND... - its exit code goes to ./code, also in a pipe
coded() {
    coded=0
    "$@" || coded=$?
    echo $coded >code
}

# kept yes|no - is the output all that was written? What the tool has said of it is in ./code.
kept() {
    case "$1 $(cat code)" in
    'yes 0') echo right ;;
    'yes '*) echo "complete, and yet exit $(cat code)" ;;
    *' 0') echo 'lost in silence: exit 0' ;;
    *) echo "lost, and told: exit $(cat code)" ;;
    esac
}

# lines_are FILE LINE COUNT - are there so many lines, and all of them this one?
lines_are() {
    whole=$(grep -cxF -e "$2" "$1") || :
    if [ "$whole $(wc -l <"$1")" = "$3 $3" ]; then
        echo right
    else
        echo "mixed: $whole of $3 lines are whole"
    fi
}

# MIX. A line is what one job writes in three long pieces, by turns to both streams.
long_lines_of_several_jobs() {
    program job <<'JOB'
fill() { head -c 200000 /dev/zero | tr '\0' "$1"; printf ' '; }
fill a
fill b >&2
fill c
fill d >&2
fill e
fill f >&2
echo
echo >&2
JOB
    seq 20 | ./each 8 ./job 2>err >out
    if [ "$(cat out err | wc -c)" -ne $((40 * 600004)) ]; then
        echo 'letters are missing'
        return
    fi
    { tr -s ace <out; tr -s bdf <err | tr bdf ace; } >lines
    lines_are lines 'a c e ' 40
}

# MIX, of short pieces: a line comes in ten writes, with the others' writes between.
short_pieces_of_several_jobs() {
    program job <<'JOB'
for n in 0 1 2 3 4 5 6 7 8 9; do
    printf "$n "
    sleep 0.001
done
echo
JOB
    seq 20 | ./each 8 ./job >out
    lines_are out '0 1 2 3 4 5 6 7 8 9 ' 20
}

# STDERRMERGE. What is written to one stream comes out of that one.
both_streams_of_a_job() {
    program job <<'JOB'
echo stdout
echo stderr >&2
echo stdout
echo stderr >&2
JOB
    echo x | ./each 1 ./job 2>err >out
    if [ "$(tr '\n' ' ' <out)$(tr '\n' ' ' <err)" = 'stdout stdout stderr stderr ' ]; then
        echo right
    else
        echo "merged: stdout has $(wc -l <out) lines, and stderr $(wc -l <err)"
    fi
}

# RAM. Each output has more bytes than any process may have of memory. (ulimit -d counts stacks of threads too.)
outputs_larger_than_memory() {
    program job <<'JOB'
head -c 40000000 /dev/zero | tr '\0' "$1"
JOB
    printf '%s\n' a b c >items
    coded sh -c 'ulimit -s 1024; ulimit -d 24576; exec ./each 2 ./job <items' >out
    runs=$(tr -s abc <out | wc -c)
    if [ "$(wc -c <out)" -ne 120000000 ]; then
        kept no
    elif [ "$runs" -ne 3 ]; then
        echo "mixed: $runs pieces of 3"
    else
        kept yes
    fi
}

# on_a_small_disk COMMAND... - TMPDIR is a file system of 8 MiB, which is gone afterwards
on_a_small_disk() {
    mkdir -p small
    unshare $unshare sh -c 'mount -t tmpfs -o size=8m none small && TMPDIR=$PWD/small exec "$@"' sh "$@"
}

# Who is not root may mount within a namespace, if anyone may.
can_mount() {
    for unshare in -m -rm; do
        ! on_a_small_disk true 2>/dev/null || return 0
    done
    return 1
}

# DISKFULL. Outputs are larger than the disk on which a tool may keep them. Where nothing can be mounted, files may not
# be larger than that (ulimit -f).
outputs_larger_than_the_disk() {
    program job <<'JOB'
head -c 12000000 /dev/zero | tr '\0' "$1"
JOB
    printf '%s\n' a b c >items
    if can_mount; then
        coded on_a_small_disk ./each 2 ./job <items 2>err | cat >out
    else
        coded sh -c 'ulimit -f 16384; exec ./each 2 ./job <items' 2>err | cat >out
    fi
    [ "$(wc -c <out)" -eq 36000000 ] && kept yes || kept no
}

# DISKFULL. The disk is full for a while only: SECONDS, and there is room again when the job ends. In a part of the
# output that is kept nobody can see that something was there.
outputs_while_the_disk_was_full() {
    program job <<JOB
head -c 100000000 /dev/zero >"\$TMPDIR/filler" 2>/dev/null
head -c 1000000 /dev/zero | tr '\\0' x 2>/dev/null
echo this is missing 2>/dev/null
sleep $1
rm "\$TMPDIR/filler"
echo end
JOB
    can_mount || {
        echo 'not tried: nothing can be mounted here'
        return
    }
    echo a | coded on_a_small_disk ./each 1 ./job 2>err | cat >out
    [ "$(wc -c <out)" -eq 1000020 ] && kept yes || kept no
}

# DISKFULL, where the output goes to.
outputs_to_a_full_disk() {
    seq 20 | coded ./each 2 echo 2>err >/dev/full
    kept no
}

# LEAKS. The tool is killed when one of its jobs has written much and runs on. What is left of it in TMPDIR, and do its
# programs still run?
killed_tool() {
    program job <<'JOB'
head -c 300000 /dev/zero
echo $$ >"pid.$1"
exec sleep 1000
JOB
    seq 4 >items
    ./each 2 ./job <items >/dev/null 2>err &
    wait_until test -s pid.1
    wait_until test -s pid.2
    kill -KILL $!
    wait $! 2>/dev/null || :
    left='programs run on'
    for _ in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20; do
        # shellcheck disable=SC2046
        if ! kill -0 $(cat pid.1) 2>/dev/null && ! kill -0 $(cat pid.2) 2>/dev/null && [ -z "$(ls -A "$TMPDIR")" ]; then
            left=right
            break
        fi
        sleep 0.1
    done
    # shellcheck disable=SC2046
    kill -KILL $(cat pid.*) 2>/dev/null || :
    [ -z "$(ls -A "$TMPDIR")" ] || left="$left; $(ls -A "$TMPDIR" | wc -l) files stay"
    rm -rf "${TMPDIR:?}"/*
    echo "$left"
}

# Names of files as people make them, one a line.
names() {
    cat <<'NAMES'
My brother's 12" *** record  (costs $$$).jpg
$(touch canary)
`touch canary`; touch canary & touch canary | touch canary
-rf
 blanks around 
{}
back\slash \n
#comment
~
NAMES
    printf 'tab\there\nnot UTF-8: \377\n'
}

# given FILE - were these the arguments of ./job, and was none of them run?
given() {
    sort "$1" >expected
    sort out >got
    if [ -e canary ]; then
        echo 'an item was run as code'
    elif cmp -s expected got; then
        echo right
    else
        echo "$(comm -12 expected got | wc -l) of $(wc -l <expected) come as they are"
    fi
}

# SPCCHAR. Names as lines, with no option that says so.
special_characters() {
    program job <<'JOB'
printf '%s\n' "$1"
JOB
    names >items
    ./each 2 ./job <items >out 2>err || :
    given items
}

# SPCCHAR, and newlines in names: they end with a NUL.
names_that_end_with_a_nul() {
    program job <<'JOB'
printf '%s|%s\n' "$(printf %s "$1" | tr '\n' ^)" $#
JOB
    { names | tr '\n' '\0'; printf 'new\nline\0'; } >items
    ./each 2 -0 ./job <items >out 2>err || :
    { names; echo 'new^line'; } | sed 's/$/|1/' >expect
    given expect
}

# COMPOSED. Two commands with a semicolon between, and without it by a shell.
composed_commands() {
    echo bar | ./each 1 -I echo 'foo;' echo '{}' >out 2>err || :
    case $(tr '\n' ' ' <out) in
    'foo bar ') echo right ;;
    'foo; echo bar ')
        program job <<'JOB'
echo foo; echo "$1"
JOB
        echo bar | ./each 1 sh job >out 2>err || :
        [ "$(tr '\n' ' ' <out)" = 'foo bar ' ] && echo 'no shell is between; right with sh' || cat out
        ;;
    *) cat out ;;
    esac
}

# ONEREP. The item in several places.
an_item_in_several_places() {
    echo bar | ./each 1 -I echo '{}' foo '{}' 'a{}b' >out 2>err || :
    [ "$(cat out)" = 'bar foo bar abarb' ] && echo right || cat out
}

# INPUTSIZE. As long an argument as a program can be given; the system allows 128 KiB.
an_item_of_131000_bytes() {
    head -c 131000 /dev/zero | tr '\0' x >items
    coded ./each 1 echo <items >out 2>err
    [ "$(wc -c <out)" -eq 131001 ] && kept yes || kept no
}

# INPUTSIZE. A line that no program can be given, and one behind it. GNU parallel makes something short of such a line,
# `echo {.}`; here it is what is to be given.
a_line_of_100_MB() {
    { head -c 100000000 /dev/zero | tr '\0' x; printf '\nbehind\n'; } >items
    coded ./each 1 echo <items >out 2>err
    case $(cat out) in
    behind) kept no ;;
    *) echo "$(kept no), and the next line too" ;;
    esac
}

# INPUTSIZE, as it is published: a short part is made of such a line.
a_short_part_of_a_line_of_100_MB() {
    { printf foo.; head -c 100000000 /dev/zero | tr '\0' x; echo; } >items
    coded ./each 1 -I echo '{.}' <items >out 2>err
    case "$(cat code) $(head -c 10 out)" in
    '0 foo') echo right ;;
    *) kept no ;;
    esac
}

# 4GB. One line of output, larger than counters and buffers may be; LINE says how large, 100 MB by default.
a_long_line_of_output() {
    program job <<JOB
head -c ${LINE:-100000000} /dev/zero | tr '\\0' a
echo
JOB
    echo x | coded ./each 1 ./job 2>err | wc -lc | tr -s ' ' >out
    [ "$(sed 's/^ //' out)" = "1 $((${LINE:-100000000} + 1))" ] && kept yes || kept no
}

# The cases in the order of the table: what they are called there, and which function that is.
cases() {
    cat <<'CASES'
long lines of several jobs are not mixed|long_lines_of_several_jobs
nor are short pieces of lines|short_pieces_of_several_jobs
standard error stays apart from standard output|both_streams_of_a_job
outputs larger than memory|outputs_larger_than_memory
outputs larger than the disk for temporary files|outputs_larger_than_the_disk
outputs while that disk is full for a moment|outputs_while_the_disk_was_full 0
outputs while it is full for three seconds|outputs_while_the_disk_was_full 3
standard output on a full disk|outputs_to_a_full_disk
the tool is killed by `kill -9`: no file stays, no program runs on|killed_tool
names with quotes, blanks, `$(…)`, a leading hyphen …|special_characters
the same and newlines, with `-0`|names_that_end_with_a_nul
composed commands: `echo foo';' echo {}`|composed_commands
the item in several places|an_item_in_several_places
an item of 131,000 bytes|an_item_of_131000_bytes
a line of 100 MB in the input, and one behind it|a_line_of_100_MB
a line of 100 MB of which `{.}` is three bytes|a_short_part_of_a_line_of_100_MB
a line of 100 MB in the output|a_long_line_of_output
CASES
}
