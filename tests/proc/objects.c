/*
 * tests/proc/objects.c - the process tests of shared objects: every scenario; how it is run is said in proc.c
 */
#include "tests/proc/list.h"

#include <signal.h>

/* ---- all objects ------------------------------------------------------------------------------------------------- */

PROC(handle, a_stale_or_forged_one_is_refused)
PROC(handle, objects_are_made_by_the_host_alone)
PROC(handle, what_is_released_is_memory_again)
PROC(handle, objects_without_room_are_refused_when_they_are_made)

/* ---- locks ------------------------------------------------------------------------------------------------------- */

PROC(lock, is_held_by_one_process_at_a_time)
PROC(lock, goes_on_from_a_dead_holder_who_is_told_of_once)
PROC(lock, is_released_at_every_exit_from_its_block)
PROC(lock, waits_as_long_as_it_was_told)
PROC(lock, refuses_who_does_not_hold_it)
PROC(lock, of_kind_rlock_may_be_acquired_again)

/* ---- values and arrays ------------------------------------------------------------------------------------------- */

PROC(value, holds_any_c_type)
PROC(value, of_odd_types_and_sizes_is_refused)
PROC(value, of_an_array_has_as_many_elements_as_it_was_made_with)
PROC(value, whose_head_was_written_over_is_refused)
PROC(value, is_exact_under_its_lock_from_processes_and_jobs)
PROC(value, of_a_large_raw_array_is_there_in_another_process)
PROC(value, goes_on_from_holders_that_are_killed)
PROC(value, is_mended_by_those_who_survive)

/* ---- atomics and adders ------------------------------------------------------------------------------------------ */

PROC(atomic, begins_with_its_first_number_and_is_found_by_its_handle)
PROC(atomic, changes_from_processes_and_jobs_are_all_there)
PROC(atomic, changes_of_the_killed_have_happened_or_have_not)

PROC(adder, begins_with_nothing_and_keeps_what_its_kind_says)
PROC(adder, that_is_none_is_refused)
PROC(adder, is_exact_from_processes_and_jobs)
PROC(adder, takes_more_threads_than_it_has_cells)
PROC(adder, begins_anew_in_all_cells_at_once)
PROC(adder, has_what_the_killed_had_added)

/* ---- atoms ------------------------------------------------------------------------------------------------------- */

PROC(atom, holds_any_value_of_a_format)
PROC(atom, refuses_what_does_not_fit)
PROC(atom, that_was_written_over_is_refused)
PROC(atom, is_compared_by_what_mpool_pack_makes_of_values)
PROC(atom, is_changed_by_a_function_or_not_at_all)
PROC(atom, calls_its_function_again_if_it_was_overtaken)
PROC(atom, changes_from_processes_jobs_and_threads_are_all_there)
PROC(atom, of_a_set_has_each_member_once)
PROC(atom, that_is_no_set_or_too_small_for_a_member_says_so)
PROC(atom, of_a_set_tells_one_of_several_processes_that_it_has_changed_it)
PROC(atom, changes_of_the_killed_are_whole_and_none_is_lost)
PROC(atom, changes_of_the_killed_and_of_the_others_are_whole_and_none_is_lost)
