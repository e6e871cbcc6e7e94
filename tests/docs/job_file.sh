#!/bin/sh
# job_file.sh MPOOL SOURCE - what the pages say of the job file is so: every example runs, and every key is there
#
# A block of YAML is a whole job file, or lines each of which is an `each`, or the `totals` of a step.
set -eu
LC_ALL=C.UTF-8
export LC_ALL
unset XDG_RUNTIME_DIR MPOOL_WORKERS
mpool=$(cd "$(dirname -- "$1")" && pwd)/$(basename -- "$1")
source=$(cd "$2" && pwd)
work=$(mktemp -d "${TMPDIR:-/tmp}/mpool-docs.XXXXXX")
trap 'rm -rf -- "$work"' EXIT
trap 'exit 1' HUP INT TERM
XDG_STATE_HOME=$work/state
export XDG_STATE_HOME
cd "$work"
code=0

# The files that the examples speak of.
mkdir tree packed
echo hello >a.txt
seq 10 >b.txt
: >tree/a.gz
: >tree/b.gz
: >photo.jpg
echo 'A photo' >titles.txt
printf 'one\ntwo\n' >hosts.txt
printf 'name,age\nAda,36\n' >people.csv

# blocks PAGE - each block of YAML goes to block-LINE, LINE being where it begins
blocks()
{
    awk '/^```/ { file = file == "" && /^```yaml$/ ? "block-" NR : ""; next } file != "" { print >file }' "$1"
}

# jobs BLOCK - makes job files of a block, job-*.yaml
jobs()
{
    case $(grep -v '^#' "$1" | head -n 1) in
    mpool:*) cp "$1" "job-$1.yaml" ;;
    each:*)
        number=0
        while read -r line; do
            number=$((number + 1))
            printf 'mpool: 1\nsteps:\n  a:\n    %s\n    call: echo\n' "$line" >"job-$1-$number.yaml"
        done <"$1"
        ;;
    totals:*)
        {
            printf 'mpool: 1\nsteps:\n  a:\n    each: {walk: ., match: "*.txt"}\n    call: file_size\n'
            sed 's/^/    /' "$1"
        } >"job-$1.yaml"
        ;;
    *) return 1 ;;
    esac
}

for page in README.md docs/job-file.md; do
    rm -f block-* job-*
    blocks "$source/$page"
    for block in block-*; do
        jobs "$block" || {
            echo "job_file: $page:${block#block-}: a block of YAML that is neither a job file, nor an \`each\`, nor \`totals\`"
            code=1
        }
    done
    for job in job-*; do
        set -- "$job"
        ! grep -q 'root: /usr/share' "$job" || set -- "$job" --set root=tree
        "$mpool" check "$@" >out 2>err && "$mpool" run --json "$@" >out 2>err </dev/null &&
            grep -q '"total":[1-9]' out && continue
        echo "job_file: $page:$(echo "$job" | grep -oE '[0-9]+' | head -n 1): this example does not run, or has no job:"
        cat "$job" out err
        code=1
    done
    echo "$page $(ls job-* | wc -l)" >>counts
done
[ "$(tr '\n' ' ' <counts)" = "README.md 1 docs/job-file.md $(sed -n '$s/.* //p' counts) " ] &&
    [ "$(sed -n '$s/.* //p' counts)" -ge 7 ] || {
    echo "job_file: these are too few examples: $(cat counts)"
    code=1
}

# What the page shows of the example with a report. The order in which jobs end, and so the index, is any.
line=$(sed -n 's/.*stdin: {results: lines} *# //p' "$source/docs/job-file.md")
[ -n "$line" ] && sed 's/"index":[0-9]*/"index":0/' report.jsonl | grep -qxF -e "$line" || {
    echo "job_file: docs/job-file.md shows $line, and it is"
    cat report.jsonl
    code=1
}

command -v python3 >/dev/null || {
    echo 'the keys were not looked at, for there is no python3; ./dev setup installs it'
    [ $code -ne 0 ] || exit 77
    exit $code
}
"$mpool" schema >schema.json
python3 "$source/tests/docs/keys.py" schema.json "$source/docs/job-file.md" "$source/docs/man/mpool-job.5.in" >missing
sed 's/^/job_file: /' missing
[ ! -s missing ] || code=1
exit $code
