"""What the design promises and which test holds it to that: the nine properties of engine.md §7, the defects of other
engines of peers.md §4.6, what issue 4 delivers and its bad input. A row that names no test that is there fails.
"""

import ast
import functools
from pathlib import Path

import pytest

from targets import profiles
from tests.house.source import ROOT, text
from workflow.machine import Kind
from workflow.models import Route

ALWAYS_TRUE = {
    "1 every state reached, every open state left by somebody":
        "workflow/test_walk.py::test_every_state_is_reached_and_every_state_that_is_not_final_is_left_by_somebody",
    "1 approved only with a valid decision for every step by others than the drafters, or one admission":
        "workflow/test_walk.py::test_at_every_stop_exactly_those_may_act_whom_the_table_names "
        "workflow/test_walk.py::test_a_random_walk_goes_as_the_model_goes",
    "2 state, tasks, grants, clocks and the last event agree after every action":
        "workflow/test_bad_input.py::test_done_by_who_may_it_leaves_the_case_sound_and_twice_it_has_one_effect "
        "workflow/test_walk.py::test_at_every_stop_exactly_those_may_act_whom_the_table_names",
    "2 and after any crash":
        "faults/test_kills.py::test_whatever_is_killed_nothing_is_lost_early_or_doubled "
        "faults/test_crash_points.py::test_a_crash_before_each_commit_of_each_job_is_as_if_it_had_not_begun",
    "3 two at once: one effect, the other told who and when":
        "faults/test_races.py::test_two_approvers_at_once_have_one_effect_and_the_other_is_told_who",
    "3 the same click ten times: one effect":
        "faults/test_races.py::test_one_click_ten_times_at_once_has_one_effect",
    "4 the last decision names the content in force; an earlier one other content only under 直达":
        "workflow/test_walk.py::test_a_random_walk_goes_as_the_model_goes "
        "workflow/test_undo_and_return.py::test_after_a_correction_it_goes_straight_back_to_who_returned_it",
    "5 nothing due lost, early or doubled, whatever is killed":
        "faults/test_kills.py::test_whatever_is_killed_nothing_is_lost_early_or_doubled "
        "faults/test_sweepers.py::test_four_sweepers_fire_every_rung_once",
    "6 an invisible case is nowhere":
        "journeys/test_rights_of_pages.py::test_a_case_is_nowhere_for_who_may_not_see_it "
        "workflow/test_visibility.py::test_lists_and_single_cases_agree_for_everybody",
    "7 history is never rewritten":
        "workflow/test_record.py::test_no_statement_rewrites_what_is_append_only "
        "workflow/test_tampering.py::test_every_random_tampering_is_found",
    "7 whoever is deactivated stays readable":
        "workflow/test_peers.py::test_a_person_who_acted_is_never_deleted_and_keeps_their_name_in_the_record",
    "8 an adjustment in review changes nothing in force":
        "targets/test_adjustments.py::test_nothing_that_happens_to_an_adjustment_in_review_changes_what_is_in_force "
        "targets/test_adjustments.py::test_an_adjustment_in_review_leaves_the_report_at_what_is_in_force",
    "9 only engine.py writes state": "house/test_code.py::test_only_the_engine_writes_the_state_of_a_case",
}  # fmt: skip

DEFECTS_OF_OTHERS = {
    "double approve from two loaded pages":
        "workflow/test_peers.py::test_two_loaded_pages_approve_once_and_the_second_is_told_who_was_first",
    "two threads at a barrier":
        "faults/test_races.py::test_two_approvers_at_once_have_one_effect_and_the_other_is_told_who",
    "stale page approving the next step":
        "workflow/test_peers.py::test_a_page_loaded_at_one_step_does_not_approve_the_next",
    "approve racing with withdraw":
        "workflow/test_peers.py::test_an_approval_and_a_recall_of_the_same_page_have_one_effect "
        "faults/test_races.py::test_of_two_who_act_at_once_on_one_case_one_has_an_effect",
    "countersigner returns while others pending":
        "workflow/test_countersign.py::test_a_return_while_others_are_pending_closes_their_tasks_and_everybody_signs_anew",
    "return to a countersign node, then forward again":
        "workflow/test_countersign.py::test_a_return_to_a_countersign_and_forward_again_counts_anew",
    "transfer inside 会签 keeps the number needed":
        "workflow/test_countersign.py::test_a_transfer_inside_a_countersign_keeps_the_number_needed",
    "delegate chain A→B→A": "workflow/test_delegations.py::test_chains_are_bounded_and_cycles_refused",
    "delegate who is the drafter":
        "workflow/test_delegations.py::test_who_drafted_does_not_decide_as_a_deputy_nor_a_deputy_for_who_drafted",
    "approver leaves mid-step":
        "workflow/test_countersign.py::test_one_who_leaves_and_one_who_comes_change_nothing_in_a_step_that_is_open "
        "workflow/test_bad_input.py::test_by_somebody_who_has_left",
    "no-op save keeps approvals":
        "workflow/test_peers.py::test_a_save_that_changes_nothing_keeps_the_approvals "
        "targets/test_peers.py::test_a_save_that_changes_nothing_keeps_version_content_and_approvals",
    "transition whose save fails leaves no history":
        "workflow/test_peers.py::test_an_action_whose_own_work_fails_leaves_no_history",
    "refresh of a deleted row":
        "workflow/test_peers.py::test_a_case_is_never_deleted_and_so_leaves_no_right_behind "
        "workflow/test_bad_input.py::test_a_case_that_is_not_there_leaves_nothing",
    "beat runs twice": "faults/test_broker.py::test_three_beats_and_two_workers_fire_everything_once",
    "worker killed between claim and send":
        "faults/test_kills.py::test_whatever_is_killed_nothing_is_lost_early_or_doubled",
    "Redis flushed": "faults/test_broker.py::test_redis_killed_paused_and_emptied_loses_nothing_and_no_request_fails",
    "clock jumps, DST-free year end, 调休 weekend":
        "faults/test_time_and_mail.py::test_a_process_whose_clock_is_wrong_fires_nothing_early_and_nothing_again "
        "faults/test_time_and_mail.py::test_wherever_the_machine_believes_to_be_a_day_ends_in_shanghai "
        "workflow/test_calendar.py::test_make_up_days_count_and_holidays_do_not",
    "calendar edited while clocks run":
        "workflow/test_pages_timing.py::test_a_year_is_previewed_then_stored_and_deadlines_move_with_a_line_and_a_notice",
    "rejection at step 2 notifies step-1 reviewers and drafter":
        "workflow/test_peers.py::test_who_drafted_and_their_unit_hear_of_a_rejection_at_a_later_step "
        "notifications/test_expand.py::test_a_rejection_tells_them_too_and_an_approval_taken_back_does_not_count",
    "bulk of 500 with 3 bad rows":
        "workflow/test_peers.py::test_of_five_hundred_with_three_bad_ones_the_others_are_done",
    "XLSX with a state column": "targets/test_peers.py::test_a_list_with_a_column_of_states_moves_no_table",
    "object deleted leaves no grant":
        "workflow/test_peers.py::test_a_case_is_never_deleted_and_so_leaves_no_right_behind",
    "cross-department URL tampering (view, cancel, export)":
        "targets/test_peers.py::test_another_departments_people_find_no_page_of_a_table_whatever_they_send",
    "user deletion keeps history":
        "workflow/test_peers.py::test_a_person_who_acted_is_never_deleted_and_keeps_their_name_in_the_record",
}  # fmt: skip

BAD_INPUT = {
    "every verb from every wrong state": "workflow/test_bad_input.py::test_from_every_wrong_state",
    "by every wrong person": "workflow/test_bad_input.py::test_by_every_wrong_person",
    "on a stale page": "workflow/test_bad_input.py::test_on_a_stale_page",
    "twice, with the same key and with another":
        "workflow/test_bad_input.py::test_done_by_who_may_it_leaves_the_case_sound_and_twice_it_has_one_effect",
    "with a missing reason": "workflow/test_bad_input.py::test_without_a_reason",
    "to a step that does not exist":
        "workflow/test_bad_input.py::test_to_a_step_that_does_not_exist_or_does_not_lie_before",
    "by a deputy whose delegation ended a second ago":
        "workflow/test_bad_input.py::test_by_a_deputy_whose_delegation_ended_a_second_ago",
    "on a route with a cycle": "workflow/test_bad_input.py::test_a_route_is_a_line_and_cannot_be_bent_into_a_cycle",
    "on a route with an empty step":
        "workflow/test_bad_input.py::test_before_an_empty_step_every_verb_that_would_enter_it_is_refused",
}  # fmt: skip

DELIVERED = {
    "1 every verb by every right person, from the command line and over HTTP":
        "workflow/test_bad_input.py::test_done_by_who_may_it_leaves_the_case_sound_and_twice_it_has_one_effect "
        "workflow/test_act_verbs.py::test_every_verb_is_possible_from_the_command_line "
        "journeys/test_verbs.py::test_every_verb_of_the_review_page",
    "1 any, all, a number, in order; asked before, beside, after; returns inside":
        "workflow/test_countersign_walk.py::test_a_countersigned_step_goes_as_the_model_goes",
    "2 versioned, immutable once published, hashed":
        "workflow/test_routes.py::test_publishing_makes_a_version_that_new_cases_take_and_old_ones_do_not "
        "workflow/test_routes.py::test_a_published_route_that_was_changed_by_hand_is_found",
    "2 dead ends, unreachable steps, nobody can act here":
        "workflow/test_routes.py::test_a_department_step_behind_finance_and_a_step_behind_the_release_are_dead_ends "
        "workflow/test_routes.py::test_a_condition_that_never_holds_is_found "
        "workflow/test_routes.py::test_posts_that_nobody_holds_are_listed_by_unit_and_must_be_accepted",
    "2 an editor for a clerk, with the difference to the last version":
        "workflow/test_route_pages.py::test_a_clerk_edits_without_script_and_a_head_publishes "
        "workflow/test_routes.py::test_moving_removing_and_editing_is_told_in_words",
    "2 work without people on the board":
        "workflow/test_handover.py::test_an_empty_office_is_noticed_once_and_forgotten_when_somebody_comes "
        "workflow/test_handover.py::test_a_step_whose_people_are_all_barred_is_on_the_board",
    "2 organisations merge, with their open cases":
        "workflow/test_organisations.py::test_open_cases_and_tasks_follow_and_closed_ones_stay_readable "
        "workflow/test_organisations.py::test_what_a_killed_process_left_the_next_sweep_carries_over",
    "3 decisions bound to the content, kept by a save that changes nothing":
        "workflow/test_refusals.py::test_content_changed_behind_the_engines_back_stops_the_last_approval "
        "workflow/test_peers.py::test_a_save_that_changes_nothing_keeps_the_approvals",
    "3 the difference by row identity, three ways":
        "targets/test_differences.py::test_the_three_ways_do_not_disturb_each_other "
        "targets/test_differences.py::test_the_shape_stays_as_it_is",
    "4 delegation, hand-over":
        "workflow/test_delegations.py::test_a_deputy_decides_for_the_principal_and_the_record_keeps_both_names "
        "workflow/test_handover.py::test_everything_goes_to_one_person_in_one_operation",
    "4 original, adjustments, in force":
        "targets/test_adjustments.py::test_what_is_in_force_stays_until_the_adjustment_is_approved_and_then_changes_with_its_money",
    "5 may or why not, by what right, until when":
        "workflow/test_engine.py::test_what_explain_promises_perform_keeps "
        "workflow/test_why.py::test_the_page_says_every_action_with_its_right_or_its_reason "
        "workflow/test_sealing.py::test_explain_says_who_has_it_and_what_a_person_may_do_by_what_right",
    "6 seal, stand-alone verifier":
        "workflow/test_sealing.py::test_a_chain_rewritten_whole_is_found_by_its_seal_alone "
        "workflow/test_sealing.py::test_an_exported_record_is_checked_by_plain_python",
    "6 append-only on both databases":
        "workflow/test_record.py::test_the_database_refuses_update_delete_and_replace "
        "workflow/test_record.py::test_the_database_refuses_to_replace_or_truncate",
    "6 a purge takes two signatures":
        "targets/test_purging.py::test_two_signatures_take_the_content_away_and_leave_its_hash",
    "6 what administrators change is recorded, and what is refused them":
        "workflow/test_rulings_of_time.py::test_dates_of_a_round_are_a_ruling_with_what_was_and_what_is "
        "workflow/test_rulings_of_time.py::test_who_may_not_change_the_rules_and_tries_is_kept",
    "7 pictures from the data": "workflow/test_pictures.py::test_the_rooms_page_shows_the_machine_as_it_is",
    "7 the exhaustive walk and the random walk":
        "workflow/test_walk.py::test_at_every_stop_exactly_those_may_act_whom_the_table_names "
        "workflow/test_walk.py::test_a_random_walk_goes_as_the_model_goes",
    "8 lists page by key and cost the same":
        "workflow/test_pages_inbox.py::test_what_i_did_pages_by_key_without_gaps_or_doubles "
        "workflow/test_pages_inbox.py::test_the_page_costs_the_same_with_1_and_30_rows",
    "an approval in few statements": "workflow/test_sql.py::test_an_approval_is_one_read_and_one_write",
}  # fmt: skip


@functools.cache
def names_in(path: Path) -> frozenset[str]:
    tree = ast.parse(text(path))
    return frozenset(node.name for node in ast.walk(tree) if isinstance(node, ast.FunctionDef))


@pytest.mark.parametrize("promise", [*ALWAYS_TRUE.items(), *DEFECTS_OF_OTHERS.items(), *BAD_INPUT.items(),
                                     *DELIVERED.items()], ids=str)  # fmt: skip
def test_each_promise_names_a_test_that_is_there(promise: tuple[str, str]) -> None:
    for named in promise[1].split():
        file, name = named.split("::")
        assert (ROOT / "tests" / file).exists(), named
        assert name in names_in(Path("tests", file)), named


@pytest.mark.django_db
def test_every_shipped_profile_has_its_routes() -> None:
    from django.utils import timezone

    from workflow import routes

    routes.install_defaults(now=timezone.now())
    shipped = set(Route.objects.values_list("profile", "case_kind"))
    assert {(name, kind) for name in profiles.known() for kind in (Kind.TARGET, Kind.REPORT)} <= shipped
