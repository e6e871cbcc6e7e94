# workers_with_delays.sh - the workers run at the same time; sourced, never run
normalise()
{
    sort
}
