# race.sh - anybody may win, but each of the eight finishes; sourced, never run
normalise()
{
    sed 's/^[1-8]\. \(Process-[1-8]\)$/\1 has finished/' | sort
}
