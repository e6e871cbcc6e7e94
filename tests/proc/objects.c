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
