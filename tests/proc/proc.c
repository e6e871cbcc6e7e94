/*
 * tests/proc/proc.c - the process tests: every scenario of pools and processes, and how it is run
 *
 * A scenario is a function in scenarios/, and says there what has to hold while it runs; how its host ends, and what
 * must not be left afterwards, is held here, by runner.c. Those of shared objects are listed in objects.c.
 */
#include "tests/proc/list.h"

#include <signal.h>

void proc_test(struct proc_run run)
{
    char text[8192];

    switch (proc_run(&run, text, sizeof text)) {
    case PROC_PASSED:
        break;
    case PROC_SKIPPED:
        cr_skip_test("%s", text);
        break;
    case PROC_FAILED:
        cr_assert_fail("%s\n%s", run.scenario, text);
        break;
    }
}

/* ---- the host ---------------------------------------------------------------------------------------------------- */

PROC(host, init_refuses_a_process_with_threads)
PROC(host, a_second_init_changes_nothing)
PROC(host, functions_are_registered_before_init)
PROC(host, nothing_works_before_init_and_after_fini)
PROC(host, fini_ends_though_a_child_holds_our_descriptors)
PROC(host, one_without_stdout_loses_what_jobs_print_and_nothing_else)
PROC(host, one_without_stdin_stdout_and_stderr_works)
PROC(host, sees_no_child_and_no_signal_of_mpools)
PROC(host, waits_for_its_own_children_as_ever)
PROC(host, may_ignore_its_children_and_block_all_signals)
PROC(host, works_in_a_storm_of_signals)
PROC(host, a_pool_outlives_the_thread_that_opened_it)
PROC(host, a_forked_child_does_not_have_the_pool)
PROC(host, opens_no_pool_once_it_is_somebody_else)
PROC(host, that_is_out_of_file_descriptors_is_told)
PROC(host, that_has_no_memory_for_threads_is_told_which_limits_are_set)
PROC(host, needs_the_tasks_and_files_that_it_is_told)
PROC(neighbours, a_library_may_use_mpool_too)
PROC(neighbours, a_host_may_exit_without_a_word)

/* ---- the end of the host, and of the fork server ----------------------------------------------------------------- */

PROC(death, a_killed_host_takes_everything_along, .dies_by = SIGKILL, .within_a_second = true)
PROC(death, a_killed_host_takes_everything_along_but_its_own_child, .dies_by = SIGKILL, .within_a_second = true,
     .survivor = true)
PROC(death, a_killed_fork_server_breaks_the_pool)
PROC(death, a_killed_fork_server_leaves_no_command_behind)
PROC(death, jobs_submitted_while_the_pool_breaks_have_an_end)
PROC(death, a_host_killed_while_a_worker_is_looked_at_takes_the_unwinder_along, .dies_by = SIGKILL,
     .within_a_second = true, .fault = "unwinder.attached:stop")
PROC(death, a_pool_that_is_freed_while_a_worker_is_looked_at_ends, .fault = "unwinder.attached:stop")

/* ---- workers that do not get up ---------------------------------------------------------------------------------- */

PROC(start, a_pool_whose_workers_all_die_does_not_open_and_says_how_they_died, .fault = "worker.start:exit")
PROC(start, workers_that_hang_are_killed_when_their_time_is_up, .fault = "worker.connected:stop")
PROC(start, a_pool_gets_up_though_some_workers_die, .fault = "worker.start:kill@8,worker.connected:exit@8")

/* ---- jobs one by one --------------------------------------------------------------------------------------------- */

PROC(submit, a_wait_for_a_job_that_runs_is_over_when_its_time_is_up)
PROC(submit, a_job_whose_future_is_freed_or_not_wanted_is_done_all_the_same)
PROC(submit, a_result_outlives_its_pool)
PROC(submit, a_result_has_the_jobs_tag_number_and_slot)
PROC(submit, a_full_queue_says_so_or_waits)
PROC(submit, a_result_that_is_none_fails_its_job_and_is_not_tried_again)
PROC(submit, what_cannot_be_queued_is_refused_and_leaves_nothing)
PROC(submit, several_threads_share_a_small_queue)

/* ---- waiting, and what is called when a job has ended ------------------------------------------------------------ */

PROC(wait, any_is_over_when_the_first_has_ended_and_all_when_the_last_has)
PROC(wait, for_the_first_exception_is_over_with_a_job_that_is_not_done)
PROC(wait, for_nothing_is_over_at_once)
PROC(wait, may_be_for_jobs_of_several_pools_and_for_many)
PROC(wait, a_future_says_whether_it_is_done)
PROC(wait, a_thread_is_not_woken_by_the_jobs_of_others)
PROC(wait, ends_when_the_pool_is_taken_away)
PROC(wait, apply_gives_the_result_of_a_job_however_it_ended)
PROC(wait, apply_that_is_refused_leaves_nothing)
PROC(callback, runs_once_on_the_thread_that_dispatches)
PROC(callback, dispatch_waits_for_what_is_to_come_and_ends_when_nothing_is)
PROC(callback, who_waits_for_a_job_runs_its_callback_and_no_other)
PROC(callback, what_nobody_has_dispatched_runs_when_the_pool_ends)
PROC(callback, of_a_job_that_was_not_queued_is_not_called)
PROC(callback, may_call_any_function)
PROC(callback, may_free_its_pool)
PROC(callback, each_runs_once_whoever_is_the_first_to_take_it)
PROC(callback, is_waited_for_where_its_job_is)
PROC(callback, the_descriptor_is_readable_while_something_is_to_be_taken)
PROC(callback, the_descriptor_knows_what_ended_before_somebody_waited_and_what_nobody_waits_for)
PROC(callback, the_descriptor_is_enough_for_an_event_loop)

/* ---- arrays ------------------------------------------------------------------------------------------------------ */

PROC(map, results_are_where_their_items_are)
PROC(map, structs_travel_as_they_are)
PROC(map, every_format_goes_there_and_back)
PROC(map, one_bad_item_leaves_its_place_and_the_others_as_they_should_be)
PROC(map, of_no_items_is_nothing_and_results_need_not_be_wanted)
PROC(map, a_result_of_another_shape_is_told_and_the_others_stand)
PROC(map, several_threads_map_at_a_time)
PROC(map, has_its_turn_while_another_thread_fills_the_queue)
PROC(map, of_an_item_that_cannot_be_packed_says_which)
PROC(map, in_a_pool_that_is_terminated_ends_with_what_is_done)

/* ---- iterators --------------------------------------------------------------------------------------------------- */

PROC(iter, a_poll_does_not_wait_for_room_in_the_queue)
PROC(iter, gives_each_job_once_with_its_tag_and_index)
PROC(iter, of_nothing_ends_at_once)
PROC(iter, does_not_run_away_from_its_reader)
PROC(iter, a_generator_that_fails_stops_after_the_results_of_the_jobs_before)
PROC(iter, a_generator_may_have_nothing_yet)
PROC(iter, that_is_stopped_asks_no_more_and_gives_what_was_submitted)
PROC(iter, that_is_freed_early_leaves_its_jobs_to_their_end)
PROC(iter, waits_without_work_when_neither_room_nor_jobs_are_there)
PROC(iter, that_its_generator_stops_comes_to_its_end)
PROC(iter, a_poll_ends_though_there_is_always_more_to_submit)
PROC(iter, outlives_its_pool)
PROC(imap, gives_failures_in_their_places)
PROC(imap, goes_on_behind_a_slow_item_but_not_without_end)
PROC(imap, ends_as_the_unordered_one_does)
PROC(imap, a_generator_that_waits_for_results_when_none_is_to_come_is_an_error)
PROC(imap, gets_no_more_from_a_generator_that_waits_for_results)

/* ---- jobs that jobs submit --------------------------------------------------------------------------------------- */

PROC(children, of_an_iteration_are_results_of_it)
PROC(children, of_an_ordered_iteration_come_between_its_items)
PROC(children, of_a_job_with_a_callback_have_it_too)
PROC(children, of_a_map_are_waited_for_and_take_no_place)
PROC(children, of_an_attempt_that_comes_to_nothing_are_not_there)
PROC(children, are_exact_whatever_is_killed)
PROC(children, may_be_as_many_as_a_job_can_have)
PROC(children, may_have_megabytes_of_arguments)
PROC(children, do_not_wait_for_room_in_the_queue)
PROC(children, are_taken_by_a_pool_that_was_closed)
PROC(children, are_not_begun_by_a_pool_that_drains)
PROC(children, without_end_are_ended_with_their_iteration)
PROC(children, without_end_are_ended_with_their_pool)
PROC(children, have_tasks_as_all_jobs_have)
PROC(children, that_cannot_be_are_refused_in_the_job)
PROC(children, are_for_jobs_to_have)

/* ---- values of every size ---------------------------------------------------------------------------------------- */

PROC(values, of_all_sizes_go_there_and_back)
PROC(values, of_a_hundred_megabytes_go_there_and_back_several_at_a_time)
PROC(values, of_a_gigabyte_less_one_byte_are_the_largest, .patience = 3)
PROC(values, beyond_the_limit_are_refused_and_nothing_is_sent)
PROC(values, large_and_small_ones_come_out_of_one_generator)
PROC(values, of_an_iterator_that_is_freed_early_are_given_back)
PROC(values, of_three_megabytes_can_be_mapped)
PROC(values, one_after_the_other_leave_nothing)
PROC(values, of_results_outlive_their_pool)
PROC(values, may_be_read_by_several_threads)
PROC(values, that_are_not_wanted_stay_in_the_worker)
PROC(values, of_arguments_cannot_be_written_by_a_job)

/* ---- room in the arena ------------------------------------------------------------------------------------------- */

PROC(blocks, submits_wait_for_room_or_say_that_there_is_none)
PROC(blocks, submits_that_wait_for_room_hear_of_the_end)
PROC(blocks, pools_share_the_room)
PROC(blocks, workers_wait_until_results_are_taken)
PROC(blocks, futures_may_be_waited_for_in_any_order)
PROC(blocks, a_result_that_waits_too_long_fails_and_says_why)
PROC(blocks, a_worker_that_dies_waiting_for_room_leaves_none_taken)
PROC(blocks, a_pool_that_is_terminated_while_a_worker_waits_ends)
PROC(blocks, faults_cost_no_job_and_no_room,
     .fault = "worker.asked:kill@15,worker.granted:segv@15,worker.filled:kill@15,"
              "worker.before_reply:exit@10,worker.replied:kill@10")
PROC(forge, of_blocks_is_not_believed)
PROC(forge, of_children_is_not_believed)

/* ---- workers that die -------------------------------------------------------------------------------------------- */

PROC(crash, one_costs_only_its_job_and_says_what_happened)
PROC(crash, a_poison_job_uses_up_its_crash_limit_or_its_retries)
PROC(crash, a_poison_item_among_short_ones_fails_alone)
PROC(crash, a_job_that_crashed_twice_can_be_done_in_the_end)
PROC(crash, of_all_workers_at_once_costs_each_running_job_an_attempt)
PROC(crash, an_idle_worker_that_is_killed_is_replaced_at_once)
PROC(crash, jobs_behind_a_killed_one_run_elsewhere_uncharged)

/* ---- jobs that fail ---------------------------------------------------------------------------------------------- */

PROC(retry, a_failing_job_is_tried_again_under_its_own_number)
PROC(retry, a_job_that_fails_to_the_end_says_why_the_last_attempt_did)
PROC(retry, without_retries_the_first_failure_is_the_end)
PROC(retry, a_crash_is_followed_by_another_attempt_if_its_exit_code_or_signal_is_named)
PROC(retry, a_limit_is_no_crash_by_a_signal)
PROC(retry, what_was_named_is_tried_again_and_can_be_done)
PROC(retry, crash_limit_and_once_hold_for_ends_that_are_named)
PROC(retry, an_end_that_there_is_not_is_refused_and_told)
PROC(told, a_process_that_a_job_has_run_is_told_of_and_its_worker_lives_on)
PROC(told, retries_can_ask_for_its_exit_code_and_its_signal)

/* ---- whose turn it is -------------------------------------------------------------------------------------------- */

PROC(order, higher_priorities_go_first_and_equals_in_their_order)
PROC(order, a_delayed_job_waits_for_its_time_and_others_do_not)
PROC(order, close_waits_for_delayed_jobs_and_drain_cancels_them)
PROC(order, at_most_so_many_of_a_key_run_at_a_time_and_others_pass_them)
PROC(order, a_worker_that_dies_leaves_the_gate)
PROC(order, the_time_between_attempts_doubles_up_to_the_most)
PROC(order, only_the_ends_that_are_named_are_tried_again)
PROC(order, what_runs_once_is_not_run_again_when_its_worker_is_killed)
PROC(order, a_task_that_makes_no_sense_is_refused)

/* ---- jobs that are not wanted any more --------------------------------------------------------------------------- */

PROC(cancel, a_job_that_waits_ends_at_once)
PROC(cancel, a_job_that_was_handed_out_and_has_not_begun_ends_and_its_neighbours_run)
PROC(cancel, a_job_that_runs_is_asked_and_what_it_answers_counts)
PROC(cancel, a_job_that_does_not_listen_is_killed_when_its_grace_is_over)
PROC(cancel, a_stopped_worker_holds_up_no_cancellation)
PROC(cancel, a_job_that_has_ended_stays_as_it_is)
PROC(cancel, an_iteration_ends_and_others_go_on)
PROC(cancel, every_job_ends_once_whenever_it_was_cancelled)

/* ---- how many workers -------------------------------------------------------------------------------------------- */

PROC(crew, a_worker_is_replaced_after_its_number_of_jobs)
PROC(crew, the_successor_is_there_before_the_old_worker_goes)
PROC(crew, a_worker_is_replaced_when_it_is_old)
PROC(crew, a_worker_is_replaced_when_it_is_large)
PROC(crew, a_pool_is_resized_and_no_job_suffers)
PROC(crew, workers_come_when_jobs_wait_and_go_when_they_idle)
PROC(crew, numbers_that_make_no_sense_are_refused)
PROC(crew, totals_are_exact_while_workers_come_and_go)

/* ---- what workers do first, and last ----------------------------------------------------------------------------- */

PROC(setup, each_worker_is_set_up_before_its_first_job_and_says_goodbye)
PROC(setup, a_worker_that_takes_anothers_place_is_set_up_too)
PROC(setup, an_initializer_that_fails_is_the_error_of_open)
PROC(setup, an_initializer_that_crashes_is_told_as_the_death_it_is)
PROC(setup, that_cannot_be_is_refused)

/* ---- timeouts ---------------------------------------------------------------------------------------------------- */

PROC(limits, a_hard_one_kills_the_worker_and_ends_the_job_as_timed_out)
PROC(limits, a_job_that_timed_out_has_its_retries)
PROC(limits, a_soft_one_asks_the_job_it_is_meant_for_and_no_other)
PROC(limits, a_job_that_does_not_listen_to_the_soft_one_is_killed_by_the_hard_one)
PROC(limits, a_stopped_worker_times_out)
PROC(limits, a_stopped_worker_without_one_is_waited_for)
PROC(limits, jobs_behind_a_slow_one_have_no_clock)
PROC(limits, beyond_what_a_clock_can_count_are_refused)
PROC(limits, only_the_jobs_that_take_too_long_time_out)

PROC(pause, no_limit_runs_in_one)
PROC(pause, a_host_that_stops_in_one_finds_all_as_it_was)
PROC(pause, no_job_begins_in_one)
PROC(pause, ends_with_its_pool)
PROC(pause, a_host_that_dies_in_one_leaves_nothing, .dies_by = SIGKILL, .within_a_second = true)

/* ---- memory and CPU time ----------------------------------------------------------------------------------------- */

PROC(memory, beyond_the_limit_is_refused_and_others_have_theirs)
PROC(memory, a_crash_for_want_of_it_is_told_as_such)
PROC(memory, who_goes_wrong_otherwise_is_not_said_to_have_run_out_of_memory)
PROC(memory, that_ran_out_is_an_end_that_can_be_tried_again)
PROC(memory, that_no_machine_has_is_refused)
PROC(memory, a_limit_ends_with_its_job_and_is_no_more_than_the_workers_own)
PROC(memory, what_an_initializer_has_taken_does_not_count)
PROC(memory, what_a_job_has_left_in_its_worker_costs_the_next_one_an_attempt_and_no_more)
PROC(memory, a_result_beyond_the_limit_fails_its_job_and_not_its_worker)
PROC(memory, a_job_that_has_taken_all_hears_and_loses_no_connection)
PROC(group, who_needs_more_memory_is_killed_and_it_is_told)
PROC(group, who_fails_otherwise_has_not_run_out_of_memory)
PROC(group, what_is_left_in_it_ends_with_the_job)
PROC(group, goes_with_its_worker_and_so_does_all_that_is_in_it)
PROC(group, is_gone_when_the_pool_is_terminated)
PROC(group, is_gone_when_the_host_is_killed)
PROC(group, that_cannot_be_had_is_told)
PROC(cpu, a_job_that_uses_more_cpu_time_than_its_limit_times_out)
PROC(cpu, a_job_that_waits_uses_no_cpu_time)
PROC(cpu, attempts_that_used_too_much_cpu_time_are_time_limits_and_no_crashes)
PROC(cpu, each_job_of_a_frame_has_its_own_cpu_time)
PROC(cpu, a_signal_that_comes_late_costs_nobody)
PROC(cpu, jobs_that_end_with_their_cpu_time_cost_no_other)
PROC(cpu, jobs_whose_threads_go_on_when_their_cpu_time_ends_cost_no_other)
PROC(cpu, that_is_used_up_leaves_no_core_dump)
PROC(cpu, a_worker_that_dies_of_its_own_cpu_limit_has_crashed)
PROC(cpu, limits_that_no_clock_can_count_are_refused)

/* ---- the ends of a pool ------------------------------------------------------------------------------------------ */

PROC(ends, close_runs_what_was_submitted_to_its_end)
PROC(ends, drain_lets_running_jobs_end_and_begins_no_other)
PROC(ends, a_worker_that_dies_while_the_pool_drains_ends_its_job_and_the_pool)
PROC(ends, terminate_kills_workers_and_cancels_their_jobs)
PROC(ends, harder_ends_follow_softer_ones)
PROC(ends, free_ends_a_pool_that_nobody_closed)
PROC(ends, a_stopped_worker_is_killed_in_the_end)
PROC(ends, fini_ends_pools_that_are_open)
PROC(ends, threads_that_wait_for_room_hear_of_the_end)

/* ---- totals ------------------------------------------------------------------------------------------------------ */

PROC(totals, of_every_kind_are_exact)
PROC(totals, beyond_64_bits_are_exact_and_say_that_they_do_not_fit)
PROC(totals, of_floats_are_floats)
PROC(totals, have_names_of_their_own_and_are_at_most_64)
PROC(totals, collect_numbers_from_results)
PROC(totals, fail_a_job_whose_result_has_no_such_number)
PROC(totals, have_nothing_of_attempts_that_failed_or_crashed)
PROC(totals, cannot_be_written_by_a_job)
PROC(totals, can_be_added_while_the_pool_works_and_read_after_its_end)

/* ---- worker processes -------------------------------------------------------------------------------------------- */

PROC(worker, has_no_descriptors_but_stdio_and_nngs_and_what_is_kept)
PROC(worker, has_its_main_thread_a_courier_and_those_of_nng)
PROC(worker, has_default_signals_and_nothing_to_read)
PROC(worker, what_a_job_printed_arrives_even_if_the_next_one_kills_its_worker)
PROC(worker, does_not_print_what_its_host_had_in_its_buffer)
PROC(worker, takes_its_descendants_along_when_it_dies)
PROC(worker, takes_its_descendants_along_when_its_pool_ends)
PROC(worker, runs_no_job_in_a_process_that_a_job_has_forked)
PROC(worker, reaps_what_jobs_have_left_behind)
PROC(worker, that_sends_where_nothing_is_due_loses_its_connection)
PROC(worker, cannot_use_pools)

/* ---- what jobs print --------------------------------------------------------------------------------------------- */

PROC(output, of_ten_megabytes_does_not_stall)
PROC(output, does_not_reach_the_host_unless_it_is_inherited)
PROC(output, may_have_an_end_and_may_have_none)
PROC(output, that_is_no_choice_is_refused)
PROC(output, that_is_captured_is_the_jobs_own_to_the_byte)
PROC(output, that_is_captured_is_cut_at_its_cap)
PROC(output, is_captured_of_the_last_attempt_however_it_ended)
PROC(output, is_captured_of_each_job_of_an_iterator)
PROC(output, that_cannot_be_captured_is_refused)

/* ---- what is left to be read ------------------------------------------------------------------------------------- */

PROC(dossier, is_there_for_jobs_that_went_wrong_and_no_others)
PROC(dossier, of_a_job_in_a_batch_has_its_output_though_it_may_have_more)
PROC(dossier, has_the_output_of_exactly_the_job_that_went_wrong)
PROC(dossier, has_the_last_four_kilobytes_of_the_output)
PROC(dossier, has_no_output_where_it_is_inherited)
PROC(dossier, of_a_worker_killed_from_outside_says_whether_it_was_the_kernel)
PROC(dossier, of_a_worker_killed_by_the_kernel_says_that_memory_had_run_out)

PROC(backtrace, of_a_bad_access_has_its_address_and_begins_where_it_was)
PROC(backtrace, of_a_raised_signal_has_no_address)
PROC(backtrace, needs_no_heap_and_no_lock_of_the_worker)
PROC(backtrace, of_a_stack_overflow_has_the_innermost_calls)
PROC(backtrace, of_a_call_to_nowhere_has_the_caller)
PROC(backtrace, is_of_the_thread_that_crashed)
PROC(backtrace, leaves_the_jobs_own_handlers_and_children_alone)
PROC(backtrace, of_a_job_that_timed_out_says_where_it_was_stuck)
PROC(backtrace, of_twenty_workers_at_once_keeps_nobody_waiting)
PROC(backtrace, is_not_taken_of_a_worker_that_a_stranger_has_stopped)

/* The unwinder dies, or does not end, before and after it has the worker. */
#define UNWINDER(point, action)                                                                                        \
    Test(backtrace, that_cannot_be_taken_because_of_##action##_at_##point)                                             \
    {                                                                                                                  \
        proc_test(                                                                                                     \
            (struct proc_run){.scenario = "backtrace/that_cannot_be_taken_says_so_and_the_worker_dies_all_the_same",   \
                              .fault = "unwinder." #point ":" #action});                                               \
    }

UNWINDER(start, kill)
UNWINDER(start, stop)
UNWINDER(start, exit)
UNWINDER(attached, kill)
UNWINDER(attached, stop)
UNWINDER(attached, segv)
/* ---- processes that run one function ---------------------------------------------------------------------------- */

PROC(process, runs_its_function_with_its_arguments_and_knows_who_it_is)
PROC(process, says_by_its_exit_code_how_it_ended)
PROC(process, that_fails_says_why_on_stderr_in_one_line)
PROC(process, can_be_joined_by_several_threads_and_not_before_its_end)
PROC(process, has_a_sentinel_that_is_readable_once_it_has_ended_and_stays_so)
PROC(process, ends_by_terminate_unless_it_handles_that)
PROC(process, takes_its_group_along_when_it_is_killed)
PROC(process, takes_its_descendants_along_when_its_function_returns)
PROC(process, is_among_the_active_children_until_it_has_ended)
PROC(process, goes_on_without_a_handle_and_fini_waits_for_it)
PROC(process, that_is_a_daemon_is_ended_by_fini)
PROC(process, is_as_clean_as_a_worker)
PROC(process, can_do_what_a_job_can_and_not_what_a_host_can)
PROC(process, is_no_child_that_the_host_could_see)
PROC(process, that_cannot_be_started_is_refused_and_leaves_nothing)
PROC(process, takes_arguments_of_eight_megabytes_and_no_more)
PROC(process, handles_are_useless_in_a_forked_child)
PROC(process, too_many_of_them_are_refused_and_the_others_go_on)
PROC(process, one_after_the_other_leave_nothing)
PROC(process, that_dies_at_its_birth_has_an_exit_code, .fault = "process.start:segv")
PROC(process, dies_with_its_host, .dies_by = SIGKILL, .within_a_second = true)
PROC(process, dies_with_its_fork_server_and_that_is_told)

/* ---- functions of shared objects --------------------------------------------------------------------------------- */

PROC(shared, functions_are_loaded_once_in_each_worker_that_needs_them)
PROC(shared, objects_may_have_functions_of_the_same_name)
PROC(shared, paths_are_those_of_the_host_when_it_submits)
PROC(shared, functions_that_cannot_be_loaded_fail_their_job_for_good)
PROC(shared, files_that_are_not_there_are_refused)
PROC(shared, functions_crash_retry_and_map_as_others_do)
PROC(shared, functions_can_be_those_of_processes)
PROC(shared, objects_say_which_functions_they_define)
PROC(shared, files_that_are_no_objects_define_none)

/* ---- the start method spawn -------------------------------------------------------------------------------------- */

PROC(spawn, a_host_that_has_threads_and_has_used_nng_can_start_it_on_any)
PROC(spawn, workers_have_nothing_of_the_hosts_memory)
PROC(spawn, the_installed_program_runs_functions_of_shared_objects)
PROC(spawn, a_program_that_is_none_is_told_and_another_can_be_tried)
PROC(spawn, a_program_of_another_version_is_told)
PROC(spawn, a_program_that_says_nothing_is_ended_after_a_while)
PROC(spawn, a_program_that_forgets_to_be_one_does_not_spawn_itself)
PROC(spawn, does_not_disturb_the_hosts_signals_and_children)
PROC(spawn, a_host_that_inherits_orphans_reaps_it_in_fini)

/* ---- values of each process's own -------------------------------------------------------------------------------- */

PROC(local, begins_empty_in_each_process_and_is_destroyed_at_its_end)
PROC(local, of_a_process_that_is_killed_is_not_destroyed)

/* ---- the log ----------------------------------------------------------------------------------------------------- */

PROC(log, of_a_job_that_went_wrong_and_has_no_future_says_why)
PROC(log, of_a_finalizer_that_fails_says_why)
PROC(log, of_a_worker_that_died_says_how_and_which_job_pays)
PROC(log, of_a_death_for_an_item_says_which_it_is)
PROC(log, of_an_initializer_that_fails_says_why_and_when_it_is_tried_again)
PROC(log, of_workers_that_are_replaced_says_why)
PROC(log, of_a_pool_that_changes_its_size_says_so)
PROC(log, of_a_pool_that_breaks_says_why)
PROC(log, of_a_host_that_was_stopped_says_for_how_long)
PROC(log, a_hook_that_blocks_holds_up_no_job_and_lines_that_are_lost_are_counted)
PROC(log, a_hook_may_use_its_pool)
PROC(log, is_told_to_its_end_and_not_beyond)

/* ---- many pools, many jobs --------------------------------------------------------------------------------------- */

PROC(many, pools_one_after_the_other_leave_nothing)
PROC(many, a_thousand_pools_leave_nothing, .patience = 4)
PROC(many, pools_at_a_time_know_nothing_of_each_other)
PROC(many, jobs_need_no_more_memory_than_some)
PROC(many, jobs_behind_a_long_one_are_recalled)

/* ---- the fault matrix: each point of a worker's work, each way to die -------------------------------------------- */

/* FAULT(point, action, percent): the jobs of the scenario are all done, and cost exactly what they must. */
#define FAULT(point, action, percent)                                                                                  \
    Test(faults, action##_at_##point)                                                                                  \
    {                                                                                                                  \
        proc_test((struct proc_run){.scenario = "faults/cost_no_job_and_no_total",                                     \
                                    .fault = "worker." #point ":" #action "@" #percent});                              \
    }

FAULT(start, kill, 10)
FAULT(start, segv, 10)
FAULT(start, exit, 10)
FAULT(start, stop, 5)
FAULT(connected, kill, 10)
FAULT(connected, segv, 10)
FAULT(connected, exit, 10)
FAULT(connected, stop, 5)
FAULT(received, kill, 10)
FAULT(received, segv, 10)
FAULT(received, exit, 10)
FAULT(received, stop, 5)
FAULT(claimed, kill, 4)
FAULT(claimed, segv, 4)
FAULT(claimed, exit, 4)
FAULT(claimed, stop, 2)
FAULT(before_reply, kill, 4)
FAULT(before_reply, segv, 4)
FAULT(before_reply, exit, 4)
FAULT(before_reply, stop, 2)
FAULT(replied, kill, 4)
FAULT(replied, segv, 4)
FAULT(replied, exit, 4)
FAULT(replied, stop, 2)
