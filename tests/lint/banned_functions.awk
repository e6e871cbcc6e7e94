# tests/lint/banned_functions.awk - finds calls of the functions in tests/lint/banned.txt, the first file of the input

FILENAME ~ /\/banned\.txt$/ {
    if ($0 !~ /^(#|$)/) {
        where[$1] = $2
        name = $1
        sub(/^[^ ]+ +[^ ]+ +/, "")
        why[name] = $0
    }
    next
}

FNR == 1 {
    commented = 0
    above = ""
}

{
    rest = strip($0)
    while (match(rest, /[A-Za-z_][A-Za-z0-9_]* *\(/)) {
        name = substr(rest, RSTART, RLENGTH - 1)
        sub(/ +$/, "", name)
        before = substr(rest, 1, RSTART - 1)
        rest = substr(rest, RSTART + RLENGTH)
        if (name in where && FILENAME ~ where[name] && before !~ /(\.|->) *$/ && !is_allowed(name, $0, above))
            print FILENAME ":" FNR ": " name "(): " why[name]
    }
    above = $0
}
