# repository.sh - buyers and auditors run at the same time; sourced, never run
normalise()
{
    sort
}
