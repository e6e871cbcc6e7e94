# atom_state.sh - the clients come at the same time; sourced, never run
normalise()
{
    sort
}
