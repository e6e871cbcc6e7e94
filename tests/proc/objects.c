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

/* ---- semaphores -------------------------------------------------------------------------------------------------- */

PROC(semaphore, lets_in_as_many_as_it_has_permits)
PROC(semaphore, gets_back_what_a_dead_thread_held)
PROC(semaphore, knows_those_apart_who_have_a_place_one_after_the_other)
PROC(semaphore, refuses_a_permit_from_who_has_none)
PROC(semaphore, waits_as_long_as_it_was_told)
PROC(semaphore, of_kind_transferable_is_a_signal_to_another_process)
PROC(semaphore, of_kind_transferable_has_no_more_free_than_it_may)
PROC(semaphore, refuses_options_that_make_no_sense)
PROC(semaphore, survives_whatever_lies_in_it)

/* ---- events, conditions, barriers -------------------------------------------------------------------------------- */

PROC(event, wakes_jobs_processes_and_threads_that_wait)
PROC(event, that_is_cleared_at_once_has_been_seen_by_who_waited)
PROC(event, wakes_at_once)
PROC(event, waits_as_long_as_it_was_told)
PROC(event, survives_whatever_lies_in_it)
PROC(condition, wakes_as_many_as_it_is_told)
PROC(condition, gives_a_notification_that_dies_with_its_thread_to_another)
PROC(condition, lets_jobs_processes_and_threads_wait_for_each_other)
PROC(condition, waits_as_long_as_it_was_told_and_holds_the_lock_again)
PROC(condition, refuses_who_does_not_hold_its_lock)
PROC(condition, tells_who_waits_that_a_holder_of_its_lock_has_died)
PROC(condition, survives_whatever_lies_in_it)
PROC(barrier, lets_jobs_processes_and_threads_go_on_together)
PROC(barrier, of_one_party_never_waits)
PROC(barrier, breaks_when_one_gives_up_and_is_mended_by_a_reset)
PROC(barrier, that_is_broken_or_reset_lets_nobody_wait)
PROC(barrier, breaks_when_one_who_waits_dies)
PROC(barrier, breaks_when_one_of_the_last_round_dies_and_has_not_come)
PROC(barrier, tells_who_is_slow_how_its_round_has_ended)
PROC(barrier, refuses_what_makes_no_sense)
PROC(barrier, survives_whatever_lies_in_it)

/* ---- all of them, killed at random moments (tests/proc/victims.h), and behind any instruction -------------------- */

PROC(killed, holders_of_a_lock)
PROC(killed, holders_of_an_rlock)
PROC(killed, holders_of_permits)
PROC(killed, receivers_of_permits)
PROC(killed, who_waits_for_an_event_or_sets_it)
PROC(killed, who_waits_for_a_condition_or_holds_its_lock)
PROC(killed, parties_of_a_barrier)
PROC(killed, at_any_instruction_of_a_lock)
PROC(killed, at_any_instruction_of_an_rlock)
PROC(killed, at_any_instruction_of_a_bounded_semaphore)
PROC(killed, at_any_instruction_of_a_transferable_semaphore)
PROC(killed, at_any_instruction_of_an_event)
PROC(killed, at_any_instruction_of_a_condition)
PROC(killed, at_any_instruction_of_a_barrier)
PROC(killed, at_any_instruction_of_a_queue)

/* ---- queues ------------------------------------------------------------------------------------------------------ */

PROC(queue, gives_back_what_was_put_in_by_every_format)
PROC(queue, carries_items_of_any_size_around_its_end)
PROC(queue, carries_a_mebibyte)
PROC(queue, keeps_an_item_of_another_shape)
PROC(queue, refuses_what_is_no_item_and_no_queue)
PROC(queue, is_in_order_for_each_producer)
PROC(queue, holds_as_many_as_it_may_and_not_one_more)
PROC(queue, connects_jobs_processes_and_threads)
PROC(queue, waits_as_long_as_it_was_told)
PROC(queue, that_is_closed_tells_those_who_wait)
PROC(queue, is_joined_when_all_is_done)
PROC(queue, goes_on_when_those_who_wait_are_killed)

/* ---- their descriptors ------------------------------------------------------------------------------------------- */

PROC(watch, is_at_the_level_of_its_queue_behind_each_call)
PROC(watch, wakes_any_process_that_polls)
PROC(watch, is_not_readable_when_another_process_has_taken_all)
PROC(watch, ends_with_its_queue_in_every_process)
PROC(watch, does_not_hold_up_the_release)

/* ---- pipes ------------------------------------------------------------------------------------------------------- */

PROC(pipe, carries_values_there_and_back)
PROC(pipe, in_one_direction_is_refused_the_other)
PROC(pipe, that_is_closed_gives_what_is_in_it_and_then_the_end)
PROC(pipe, whose_other_end_has_died_ends)
PROC(pipe, of_which_one_end_was_released_ends_for_the_other)

/* ---- queues under fire ------------------------------------------------------------------------------------------- */

PROC(killed, producers_and_consumers_lose_nothing_and_double_nothing)
PROC(broken, is_emptied_and_works_again)
PROC(broken, items_count_as_done)
PROC(broken, crashes_nobody_and_hangs_nobody)

/* ---- arrays ------------------------------------------------------------------------------------------------------ */

PROC(array, items_of_every_format_come_out_as_they_went_in)
PROC(array, strings_and_single_items_mix_with_them)
PROC(array, odd_calls_are_refused_and_put_nothing)
PROC(array, as_many_go_in_as_there_is_room_for)
PROC(array, items_wait_for_room_and_for_each_other)

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

/* ---- queues of other programs ------------------------------------------------------------------------------------ */

PROC(serve, gives_other_programs_the_calls_of_a_queue)
PROC(serve, is_in_order_for_each_producer_and_exact_for_all)
PROC(serve, may_be_used_by_hosts_and_jobs)
PROC(serve, waits_as_long_as_it_was_told)
PROC(serve, wakes_those_who_wait)
PROC(serve, tells_those_who_wait_when_it_ends)
PROC(serve, tells_those_who_wait_when_its_host_ends_mpool)
PROC(serve, is_heard_when_it_ends_behind_an_answer)
PROC(serve, may_be_killed)
PROC(serve, that_has_stopped_is_given_up)
PROC(serve, loses_an_item_at_most_with_a_client_that_is_killed)
PROC(serve, touches_nothing_that_is_at_its_address)
PROC(serve, may_be_at_a_relative_address)
PROC(serve, is_for_nobody_but_its_user)
PROC(serve, is_told_from_what_is_no_server)
PROC(serve, is_not_impressed_by_nonsense)
PROC(serve, goes_on_without_file_descriptors)
PROC(serve, leaves_nothing)
