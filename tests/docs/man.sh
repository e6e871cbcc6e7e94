#!/bin/sh
# man.sh MPOOL PAGES - the manual pages are well-formed, and say what the command takes
set -eu
LC_ALL=C.UTF-8
MANWIDTH=200
MANROFFSEQ=
export LC_ALL MANWIDTH MANROFFSEQ
mpool=$1
pages=$2
command -v man >/dev/null || {
    echo 'skipped: man is not installed; ./dev setup installs it'
    exit 77
}
work=$(mktemp -d "${TMPDIR:-/tmp}/mpool-man.XXXXXX")
trap 'rm -rf -- "$work"' EXIT
trap 'exit 1' HUP INT TERM
code=0

for page in "$pages"/*.[0-9]; do
    man --warnings -E UTF-8 -l -Tutf8 -Z "$page" 2>"$work/warnings" >/dev/null || :
    if [ -s "$work/warnings" ]; then
        sed "s,^,man: $page: ," "$work/warnings"
        code=1
    fi
done

# Commands and options: those of the page are those of the help.
man -E UTF-8 -l "$pages/mpool.1" | sed 's/.\x08//g' >"$work/page"
"$mpool" help | sed -n 's/^  mpool \([a-z]*\) .*/\1/p' | sort >"$work/commands"
sed -n '/^COMMANDS/,/^OPTIONS/s/^ \{7\}\([a-z]*\)\( .*\|$\)/\1/p' "$work/page" | grep . | sort | diff "$work/commands" - || {
    echo 'man: the commands of mpool help (left) and of mpool(1) (right) differ'
    code=1
}
# Each with its short form.
options()
{
    grep -oE -e "^ {$1}(-.[^-]*, )?--[a-z-]+(, --[a-z-]+)*" | grep -oE -e '(^| )(-[^ ,-]|--[a-z-]+)' | tr -d ' ' | sort -u
}
while read -r command; do
    "$mpool" "$command" --help
done <"$work/commands" | options 2,6 >"$work/options"
sed -n '/^OPTIONS/,/^EXIT STATUS/p' "$work/page" | options 7 | diff "$work/options" - || {
    echo 'man: the options of the commands (left) and of mpool(1) (right) differ'
    code=1
}

# The example of mpool-job(5) is a job file.
sed -n '/^\.EX/,/^\.EE/p' "$pages/mpool-job.5" | grep -v '^\.E' >"$work/job.yaml"
mkdir "$work/tree"
: >"$work/tree/a.gz"
[ "$("$mpool" check "$work/job.yaml" --set root="$work/tree")" = 'sizes  1 job' ] || {
    echo 'man: the example of mpool-job(5) is no job file with one job for one file'
    code=1
}
exit $code
