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
