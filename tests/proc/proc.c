/*
 * tests/proc/proc.c - the process tests: every scenario, and how it is run
 *
 * A scenario is a function in scenarios/, and says there what has to hold while it runs; how its host ends, and what
 * must not be left afterwards, is held here, by runner.c.
 */
#include "tests/proc/runner.h"

#include <criterion/criterion.h>

#include <signal.h>

static void test(struct proc_run run)
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

/* PROC(suite, what_holds, option...) runs the scenario suite/what_holds; the options are those of struct proc_run. */
#define PROC(suite, name, ...)                                                                                         \
    Test(suite, name)                                                                                                  \
    {                                                                                                                  \
        test((struct proc_run){.scenario = #suite "/" #name, ##__VA_ARGS__});                                          \
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

/* ---- the end of the host, and of the fork server ----------------------------------------------------------------- */

PROC(death, a_killed_host_takes_everything_along, .dies_by = SIGKILL, .within_a_second = true)
PROC(death, a_killed_host_takes_everything_along_but_its_own_child, .dies_by = SIGKILL, .within_a_second = true,
     .survivor = true)
PROC(death, a_killed_fork_server_breaks_the_pool)
PROC(death, a_killed_fork_server_leaves_no_command_behind)
PROC(death, jobs_submitted_while_the_pool_breaks_have_an_end)

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
PROC(submit, arguments_may_have_eight_megabytes_and_no_more)
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
PROC(worker, has_default_signals_and_nothing_to_read)
PROC(worker, what_a_job_printed_arrives_even_if_the_next_one_kills_its_worker)
PROC(worker, does_not_print_what_its_host_had_in_its_buffer)
PROC(worker, takes_its_descendants_along_when_it_dies)
PROC(worker, takes_its_descendants_along_when_its_pool_ends)
PROC(worker, runs_no_job_in_a_process_that_a_job_has_forked)
PROC(worker, reaps_what_jobs_have_left_behind)
PROC(worker, that_sends_where_nothing_is_due_loses_its_connection)
PROC(worker, cannot_use_pools)

/* ---- many pools, many jobs --------------------------------------------------------------------------------------- */

PROC(many, pools_one_after_the_other_leave_nothing)
PROC(many, pools_at_a_time_know_nothing_of_each_other)
PROC(many, jobs_need_no_more_memory_than_some)
PROC(many, jobs_behind_a_long_one_are_recalled)

/* ---- the fault matrix: each point of a worker's work, each way to die -------------------------------------------- */

/* FAULT(point, action, percent): the jobs of the scenario are all done, and cost exactly what they must. */
#define FAULT(point, action, percent)                                                                                  \
    Test(faults, action##_at_##point)                                                                                  \
    {                                                                                                                  \
        test((struct proc_run){.scenario = "faults/cost_no_job_and_no_total",                                          \
                               .fault = "worker." #point ":" #action "@" #percent});                                   \
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
