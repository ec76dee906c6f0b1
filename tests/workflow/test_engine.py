"""perform() is the one door: what it does in order, and what it refuses without changing anything."""

from datetime import timedelta

import pytest

from tests.workflow.asserting import assert_refused, assert_sound, refreshed
from tests.world import NOW, act, key, toy_case, walk_to, write_text
from workflow import engine, grants
from workflow.machine import NEEDS, Action, Kind, Right, Role, State, TaskKind, TaskStatus
from workflow.models import Decision, Event, Task, User
from workflow.refusals import (
    NotPermitted,
    NotPossible,
    ReasonMissing,
    Refused,
)

pytestmark = pytest.mark.django_db


def test_a_case_opens_in_draft_with_the_editors_task_and_rights(world, toy):
    case = toy_case(world, toy)
    task = Task.objects.get(case=case)
    assert (case.state, case.number, task.kind) == (State.DRAFT, "2027-0001", TaskKind.FILL)
    assert task.role_group.role == Role.EDITOR
    assert task.due_at is not None
    assert grants.rights_of(world.editor, case) == {Right.CHANGE, Right.SUBMIT, Right.CANCEL}
    assert grants.rights_of(world.teacher, case) == frozenset()
    assert [e.action for e in Event.objects.filter(case=case)] == ["start", "edit"]
    assert_sound(case)


def test_a_table_walks_from_draft_to_approved_with_one_decision_a_step(world, toy):
    case = walk_to(toy_case(world, toy), world, "approved")
    assert case.state == State.APPROVED
    steps = list(
        Decision.objects.filter(case=case).order_by("pk").values_list("step__key", "actor__username", "verdict")
    )
    assert steps == [
        ("office", "reviewer", "approved"),
        ("business", "business_reviewer", "approved"),
        ("performance", "performance_reviewer", "approved"),
        ("release", "leader", "released"),
    ]
    assert set(Decision.objects.filter(case=case).values_list("content_hash", flat=True)) == {case.content_hash}
    assert not Task.objects.filter(case=case, status=TaskStatus.OPEN).exists()
    assert_sound(case)


@pytest.mark.parametrize("stop", ["department_review", "finance_review", "performance", "release", "approved"])
def test_state_tasks_rights_and_record_agree_at_every_stop(world, toy, stop):
    assert_sound(walk_to(toy_case(world, toy), world, stop))


def test_where_unit_and_department_are_one_office_either_of_them_signs_once(world, toy):
    case = walk_to(toy_case(world, toy), world, "department_review")
    assert Task.objects.filter(case=case, status=TaskStatus.OPEN).count() == 2
    act(case, Action.APPROVE, world.head)
    assert refreshed(case).state == State.FINANCE_REVIEW
    assert sorted(Task.objects.filter(case=case, kind=TaskKind.REVIEW).values_list("status", flat=True)) == [
        "done",
        "open",
        "withdrawn",
    ]
    assert_sound(case)


def test_elsewhere_the_unit_head_signs_before_the_department(world, toy):
    case = toy_case(world, toy, by=world.teacher, unit=world.primary)
    act(case, Action.SUBMIT, world.teacher)
    assert refreshed(case).step.key == "unit_head"
    act(case, Action.APPROVE, world.principal)
    assert (refreshed(case).step.key, refreshed(case).state) == ("department", State.DEPARTMENT_REVIEW)
    act(case, Action.APPROVE, world.school_reviewer)
    assert refreshed(case).step.key == "business"
    assert_sound(case)


def test_a_return_goes_to_the_unit_with_a_term_and_the_whole_chain_runs_again(world, toy):
    case = walk_to(toy_case(world, toy), world, "performance")
    act(case, Action.RETURN, world.performance_reviewer, reason="成本合计与资金不符")
    case = refreshed(case)
    task = Task.objects.get(case=case, status=TaskStatus.OPEN)
    assert (case.state, task.kind) == (State.DRAFT, TaskKind.CORRECT)
    assert NOW + timedelta(days=2) < task.due_at < NOW + timedelta(days=6)
    assert Decision.objects.get(case=case, verdict="returned").words == "成本合计与资金不符"
    assert_sound(case)
    write_text(case, toy, by=world.editor, text="mended")
    case = walk_to(case, world, "approved")
    assert case.pass_no == 2
    assert Decision.objects.filter(case=case, pass_no=2).count() == 4
    assert_sound(case)


def test_any_editor_of_the_unit_recalls_until_somebody_has_decided(world, toy):
    case = walk_to(toy_case(world, toy), world, "department_review")
    due = Task.objects.get(case=case, kind=TaskKind.FILL).due_at
    act(case, Action.RECALL, world.editor2)
    case = refreshed(case)
    assert case.state == State.DRAFT
    assert Task.objects.get(case=case, status=TaskStatus.OPEN).due_at == due
    assert_sound(case)
    act(case, Action.SUBMIT, world.editor)
    act(case, Action.APPROVE, world.reviewer)
    assert_refused(NotPossible, case, lambda: act(case, Action.RECALL, world.editor))


def test_a_unit_does_not_recall_once_its_head_has_signed(world, toy):
    case = toy_case(world, toy, by=world.teacher, unit=world.primary)
    act(case, Action.SUBMIT, world.teacher)
    act(case, Action.APPROVE, world.principal)
    assert_refused(NotPossible, case, lambda: act(case, Action.RECALL, world.teacher))


def test_a_draft_is_cancelled_with_a_reason_and_stays_readable(world, toy):
    case = toy_case(world, toy)
    assert_refused(ReasonMissing, case, lambda: act(case, Action.CANCEL, world.editor, reason="  "))
    act(case, Action.CANCEL, world.editor, reason="项目取消")
    assert refreshed(case).state == State.CANCELLED
    assert not Task.objects.filter(case=case, status=TaskStatus.OPEN).exists()
    assert_sound(case)


def test_monitoring_is_opened_by_the_clock_or_by_the_performance_division(world, toy):
    case = walk_to(toy_case(world, toy), world, "approved")
    assert_refused(NotPermitted, case, lambda: act(case, Action.OPEN_MONITORING, world.business_reviewer))
    act(case, Action.OPEN_MONITORING, None, period_id=1)
    assert refreshed(case).state == State.MONITORING
    act(case, Action.OPEN_MONITORING, world.performance_reviewer, period_id=2)
    assert toy.after_calls[-1] == (case.pk, "open_monitoring")
    assert_sound(case)


def test_the_clock_may_do_nothing_else(world, toy):
    case = walk_to(toy_case(world, toy), world, "department_review")
    assert_refused(NotPermitted, case, lambda: act(case, Action.APPROVE, None))


def test_a_report_case_never_enters_monitoring(world, toy):
    case = toy_case(world, toy)
    report = engine.start(
        kind=Kind.REPORT,
        unit=world.own,
        title="监控",
        fiscal_year=2027,
        profile="nx_2022",
        parent=case,
        by=None,
        key=key(),
        now=NOW,
        task_kind=TaskKind.REPORT,
    )
    write_text(report, toy, by=world.editor, text="six numbers")
    act(report, Action.SUBMIT, world.editor)
    act(report, Action.APPROVE, world.reviewer)
    act(report, Action.APPROVE, world.performance_reviewer)
    assert refreshed(report).state == State.APPROVED
    assert_refused(NotPossible, report, lambda: act(report, Action.OPEN_MONITORING, world.performance_reviewer))


# Asking


def test_explain_says_for_every_action_may_or_why_not(world, toy):
    case = walk_to(toy_case(world, toy), world, "department_review")
    asked = {e.action: e for e in engine.available_actions(refreshed(case), by=world.reviewer, now=NOW)}
    assert asked[Action.APPROVE].may
    assert asked[Action.APPROVE].until is not None
    assert not asked[Action.RECALL].may
    assert asked[Action.RECALL].why
    assert set(asked) == {Action.EDIT, *NEEDS}


def test_what_explain_promises_perform_keeps(world, toy):
    people = [u for u in vars(world).values() if isinstance(u, User)]
    for stop in ("department_review", "finance_review", "performance", "release", "approved"):
        case = walk_to(toy_case(world, toy), world, stop)
        for by in people:
            fresh = User.objects.get(pk=by.pk)
            for action in (Action.APPROVE, Action.RELEASE, Action.RECALL, Action.REJECT, Action.CLAIM, Action.URGE):
                promised = engine.explain(refreshed(case), action, by=fresh, now=NOW).may
                other = walk_to(toy_case(world, toy), world, stop)
                try:
                    act(other, action, fresh, reason="x")
                    done = True
                except Refused:
                    done = False
                assert promised == done, (stop, action, by.username)
