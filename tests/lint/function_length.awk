# tests/lint/function_length.awk - finds functions of more than 70 lines, and prints where they begin and their names

FNR == 1 {
    commented = start = allowed = 0
    name = ""
}

{
    code = strip($0)
}

# What belongs to a function begins behind a blank line.
start == 0 && /^$/ {
    allowed = 0
    name = ""
}

start == 0 && is_allowed("function_length", $0, "") {
    allowed = 1
}

start == 0 && name == "" && match(code, /[A-Za-z_][A-Za-z0-9_]*\(/) {
    name = substr(code, RSTART, RLENGTH - 1)
}

start == 0 && /^{$/ {
    start = FNR
}

start != 0 && /^}/ {
    lines = FNR - start - 1
    if (lines > 70 && !allowed)
        print FILENAME ":" start ": " name "() has " lines " lines, and 70 are the most: take it apart"
    start = allowed = 0
    name = ""
}
