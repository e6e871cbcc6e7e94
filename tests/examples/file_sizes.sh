# file_sizes.sh - two files, and one that nobody can read, not even root; sourced, never run
prepare()
{
    mkdir files
    printf '%010d' 1 >files/a.txt
    ln -s nowhere files/b.txt
    printf '%0200000d' 1 >files/c.txt
    printf 'not this one' >files/d.log
}

run()
{
    example 'files/*.txt'
}
