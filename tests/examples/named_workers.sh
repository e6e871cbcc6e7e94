# named_workers.sh - the workers run at the same time; sourced, never run
normalise()
{
    sort
}
