# tests/lint/strip.awk - C without its comments, strings and character constants
#
# strip(line) gives the code of a line; it keeps in `commented` whether a block comment goes on, so lines come in order.
# It is set back at the start of a file by  FNR == 1 { commented = 0 }.

function strip(line,    code, at, next_two)
{
    code = ""
    while (line != "") {
        if (commented) {
            at = index(line, "*/")
            if (at == 0)
                return code
            line = substr(line, at + 2)
            commented = 0
            code = code " "
        }
        if (!match(line, /\/\*|\/\/|"|'/))
            return code line
        code = code substr(line, 1, RSTART - 1)
        next_two = substr(line, RSTART, 2)
        line = substr(line, RSTART)
        if (next_two == "//")
            return code
        if (next_two == "/*") {
            commented = 1
            line = substr(line, 3)
        } else if (match(line, /^"([^"\\]|\\.)*"/) || match(line, /^'([^'\\]|\\.)*'/)) {
            code = code substr(line, 1, 1) substr(line, 1, 1)
            line = substr(line, RLENGTH + 1)
        } else {
            return code
        }
    }
    return code
}

# Does this line, or the one above, say  lint: allow NAME because ...  with a reason?
function is_allowed(name, line, above)
{
    name = "lint: allow " name " because [^ ]"
    return line ~ name || above ~ name
}
