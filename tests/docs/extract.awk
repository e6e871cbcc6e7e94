# tests/docs/extract.awk - takes the programs out of a page, each with what it is to print
#
#     awk -v dir=DIRECTORY -f extract.awk PAGE.md
#
# A program is a block that begins with ```c NAME.c; what it prints is the next block, ```text. They go to DIR/NAME.c and
# DIR/NAME.expected, and the names to standard output. A block in C without a name is a part of a program, and has no
# main().

function wrong(what)
{
    print FILENAME ":" FNR ": " what >"/dev/stderr"
    failed = 1
    exit 1
}

/^```/ && inside != "" {
    if (inside == "text")
        name = ""
    close(file)
    inside = file = ""
    next
}

/^```c( |$)/ {
    if (name != "")
        wrong(name ".c is not followed by a block with what it prints, ```text")
    inside = "c"
    if (NF == 1)
        next
    if ($2 !~ /^[a-z0-9_]+\.c$/)
        wrong("a program is named as in ```c first_pool.c")
    name = $2
    sub(/\.c$/, "", name)
    if (name in seen)
        wrong("there are two programs " name ".c")
    seen[name] = 1
    file = dir "/" name ".c"
    printf "#line %d \"%s\"\n", FNR + 1, FILENAME >file
    print name
    next
}

/^```text$/ && name != "" {
    inside = "text"
    file = dir "/" name ".expected"
    printf "" >file
    next
}

/^```/ {
    inside = "other"
    next
}

inside == "c" && file == "" && /(^|[^a-z_])main\(/ { wrong("a program without a name: ```c NAME.c") }

inside != "" && file != "" { print >file }

END {
    if (!failed && name != "")
        wrong(name ".c is not followed by a block with what it prints, ```text")
    if (!failed && inside != "")
        wrong("a block has no end")
}
