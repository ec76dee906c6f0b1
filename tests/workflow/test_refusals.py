"""What perform() refuses: each with its sentence, and nothing changed but the record of the refusal."""

from datetime import timedelta

import pytest

from tests.workflow.asserting import assert_refused, assert_sound, refreshed
from tests.world import NOW, act, key, seen, toy_case, walk_to, write_text
from workflow import engine, record, routes
from workflow.canonical import content_hash
from workflow.machine import Action, Kind, Role, State, TaskStatus
from workflow.models import Case, Decision, Event, Organisation, RoleGroup, Route, Step, Task, User
from workflow.refusals import (
    Blocked,
    Blocker,
    KeyReused,
    NobodyThere,
    NoRoute,
    NotPermitted,
    NotPossible,
    NotVisible,
    ReasonMissing,
    SamePersonRefused,
    Stale,
    UnknownStep,
)

pytestmark = pytest.mark.django_db


def test_nobody_decides_on_what_they_drafted_edited_or_submitted(world, toy):
    world.editor.groups.add(RoleGroup.objects.get(organisation=world.office, role=Role.DEPARTMENT_REVIEWER))
    case = walk_to(toy_case(world, toy), world, "department_review")
    refusal = assert_refused(SamePersonRefused, case, lambda: act(case, Action.APPROVE, world.editor))
    assert "演示办公室" in str(refusal)
    assert_refused(SamePersonRefused, case, lambda: act(case, Action.RETURN, world.editor, reason="x"))
    act(case, Action.APPROVE, world.reviewer)


def test_within_the_unit_one_person_may_hold_two_posts_and_the_record_says_so(world, toy):
    world.teacher.groups.add(RoleGroup.objects.get(organisation=world.primary, role=Role.UNIT_HEAD))
    case = toy_case(world, toy, by=world.teacher, unit=world.primary)
    act(case, Action.SUBMIT, world.teacher)
    act(case, Action.APPROVE, world.teacher)
    assert record.payload_of(Event.objects.filter(case=case).last())["one_person_two_posts"] is True


def test_nobody_signs_two_finance_steps(world, toy):
    world.business_reviewer.groups.add(
        RoleGroup.objects.get(organisation=world.performance, role=Role.FINANCE_REVIEWER)
    )
    case = walk_to(toy_case(world, toy), world, "finance_review")
    act(case, Action.APPROVE, world.business_reviewer)
    assert_refused(SamePersonRefused, case, lambda: act(case, Action.APPROVE, world.business_reviewer))
    act(case, Action.APPROVE, world.performance_reviewer)
    assert refreshed(case).step.key == "release"


def test_where_one_person_is_both_divisions_the_second_step_is_skipped_with_a_record(world, toy):
    group = RoleGroup.objects.get(organisation=world.performance, role=Role.FINANCE_REVIEWER)
    world.performance_reviewer.groups.remove(group)
    world.business_reviewer.groups.add(group)
    case = walk_to(toy_case(world, toy), world, "finance_review")
    act(case, Action.APPROVE, world.business_reviewer)
    assert refreshed(case).step.key == "release"
    assert record.payload_of(Event.objects.filter(case=case).last())["skipped"] == ["performance"]


def test_another_departments_people_see_no_such_case(world, toy):
    case = walk_to(toy_case(world, toy), world, "department_review")
    assert_refused(NotVisible, case, lambda: act(case, Action.APPROVE, world.school_reviewer))
    assert_refused(NotVisible, case, lambda: write_text(case, toy, by=world.teacher, text="no"))


def test_who_sees_a_case_but_holds_no_right_is_told_who_does(world, toy):
    case = walk_to(toy_case(world, toy), world, "finance_review")
    refusal = assert_refused(NotPermitted, case, lambda: act(case, Action.APPROVE, world.reviewer))
    assert "演示业务股" in str(refusal)
    assert_refused(NotPermitted, case, lambda: act(case, Action.APPROVE, world.auditor))
    assert_refused(NotPermitted, case, lambda: act(case, Action.APPROVE, world.performance_reviewer))


def test_an_inactive_person_may_nothing(world, toy):
    case = walk_to(toy_case(world, toy), world, "department_review")
    User.objects.filter(pk=world.reviewer.pk).update(is_active=False)
    assert_refused(NotVisible, case, lambda: act(case, Action.APPROVE, world.reviewer))


@pytest.mark.parametrize(
    ("stop", "action", "who", "refusal"),
    [
        ("department_review", Action.SUBMIT, "editor", NotPossible),
        ("department_review", Action.CANCEL, "editor", NotPossible),
        ("department_review", Action.RELEASE, "leader", NotPossible),
        ("finance_review", Action.RECALL, "editor", NotPossible),
        ("finance_review", Action.RELEASE, "leader", NotPermitted),
        ("finance_review", Action.OPEN_MONITORING, "performance_reviewer", NotPossible),
        ("release", Action.APPROVE, "leader", NotPossible),
        ("approved", Action.SUBMIT, "editor", NotPossible),
        ("approved", Action.RETURN, "leader", NotPossible),
        ("approved", Action.RELEASE, "leader", NotPossible),
    ],
)
def test_an_action_from_a_wrong_state_is_refused(world, toy, stop, action, who, refusal):
    case = walk_to(toy_case(world, toy), world, stop)
    assert_refused(refusal, case, lambda: act(case, action, getattr(world, who), reason="x"))


def test_editing_outside_draft_is_refused(world, toy):
    case = walk_to(toy_case(world, toy), world, "department_review")
    assert_refused(NotPossible, case, lambda: write_text(case, toy, by=world.editor, text="later"))
    assert toy.texts[case.pk] == "first text"


def test_who_looked_at_an_older_version_is_told_by_whom_and_when(world, toy):
    case = walk_to(toy_case(world, toy), world, "department_review")
    old = seen(case)
    act(case, Action.APPROVE, world.reviewer)
    refusal = assert_refused(
        Stale, case, lambda: engine.perform(case, Action.APPROVE, by=world.head, seen=old, key=key(), now=NOW)
    )
    assert "演示·reviewer" in str(refusal)
    assert [c["who"] for c in refusal.facts["changes"]] == ["演示·reviewer"]


def test_who_looked_at_other_content_is_refused(world, toy):
    case = toy_case(world, toy)
    old = seen(case)
    write_text(case, toy, by=world.editor2, text="changed meanwhile")
    assert_refused(
        Stale, case, lambda: engine.perform(case, Action.SUBMIT, by=world.editor, seen=old, key=key(), now=NOW)
    )


def test_the_same_click_ten_times_has_one_effect_and_one_answer(world, toy):
    case = walk_to(toy_case(world, toy), world, "department_review")
    before, k = seen(case), key()
    outcomes = [engine.perform(case, Action.APPROVE, by=world.reviewer, seen=before, key=k, now=NOW) for _ in range(10)]
    assert len({(o.version, o.event_seq, o.to_state) for o in outcomes}) == 1
    assert [o.repeated for o in outcomes] == [False] + [True] * 9
    assert Decision.objects.filter(case=case).count() == 1


def test_a_key_used_for_another_case_is_refused(world, toy):
    first, second = toy_case(world, toy), toy_case(world, toy)
    k = key()
    engine.perform(first, Action.SUBMIT, by=world.editor, seen=seen(first), key=k, now=NOW)
    assert_refused(
        KeyReused,
        second,
        lambda: engine.perform(second, Action.SUBMIT, by=world.editor, seen=seen(second), key=k, now=NOW),
    )


def test_opening_twice_with_one_key_opens_one_case(world, toy):
    options = {
        "kind": Kind.TARGET,
        "unit": world.own,
        "title": "演示",
        "fiscal_year": 2027,
        "profile": "nx_2022",
        "by": world.editor,
        "key": key(),
        "now": NOW,
    }
    assert engine.start(**options) == engine.start(**options)
    assert Case.objects.count() == 1


def test_a_return_needs_a_reason_and_a_step_that_exists(world, toy):
    case = walk_to(toy_case(world, toy), world, "finance_review")
    assert_refused(ReasonMissing, case, lambda: act(case, Action.RETURN, world.business_reviewer))
    assert_refused(UnknownStep, case, lambda: act(case, Action.RETURN, world.business_reviewer, reason="x", to="moon"))


def test_the_documents_blockers_stop_an_action(world, toy):
    case = toy_case(world, toy)
    toy.blockers_for["submit"] = [Blocker("FND-02", "funds.total", "没有金额")]
    refusal = assert_refused(Blocked, case, lambda: act(case, Action.SUBMIT, world.editor))
    assert refusal.blockers[0].code == "FND-02"


def test_a_step_that_nobody_holds_blocks_and_says_which(world, toy):
    world.reviewer.groups.clear()
    world.head.groups.clear()
    case = toy_case(world, toy)
    refusal = assert_refused(NobodyThere, case, lambda: act(case, Action.SUBMIT, world.editor))
    assert "主管部门审核" in str(refusal)


def test_without_a_published_route_nothing_is_submitted(world, toy):
    case = toy_case(world, toy)
    Route.objects.update(retired_at=NOW)
    assert_refused(NoRoute, case, lambda: act(case, Action.SUBMIT, world.editor))


def test_what_an_action_carries_is_written_under_the_lock_and_undone_with_it(world, toy):
    case = toy_case(world, toy)

    def write(locked):
        toy.texts[locked.pk] = "unsaved cells"

    act(case, Action.SUBMIT, world.editor, prepare=write)
    assert refreshed(case).content_hash == content_hash({"v": 1, "text": "unsaved cells"})


def test_content_changed_behind_the_engines_back_stops_the_last_approval(world, toy):
    case = walk_to(toy_case(world, toy), world, "release")
    toy.texts[case.pk] = "changed by hand"
    assert_refused(Stale, case, lambda: act(case, Action.RELEASE, world.leader))


def test_the_unit_head_step_is_late_when_the_date_has_passed(world, toy):
    case = toy_case(world, toy)
    act(case, Action.SUBMIT, world.editor, now=NOW + timedelta(days=60))
    assert refreshed(case).is_late


@pytest.mark.parametrize(("rule", "quorum", "needed"), [("all", None, 2), ("quorum", 1, 1), ("sequence", None, 2)])
def test_a_step_can_ask_all_a_number_or_one_after_the_other(world, toy, rule, quorum, needed):
    office = Organisation.objects.get(code="D1")
    second = User.objects.create(username="reviewer2", full_name="演示·二")
    second.groups.add(RoleGroup.objects.get(organisation=office, role=Role.DEPARTMENT_REVIEWER))
    route = Route.objects.create(case_kind="target", profile="nx_2022", version=9, title="two signatures")
    Step.objects.create(
        route=route,
        position=1,
        key="both",
        stage="department_review",
        title="会审",
        waiting_title="待会审",
        candidates=[{"role": "department_reviewer", "of": "department"}],
        rule=rule,
        quorum=quorum,
    )
    routes.publish(route, now=NOW)
    case = toy_case(world, toy)
    act(case, Action.SUBMIT, world.editor)
    assert Task.objects.filter(case=case, status=TaskStatus.OPEN).count() == (1 if rule == "sequence" else 2)
    for n, by in enumerate([world.reviewer, second][:needed], start=1):
        assert refreshed(case).state == State.DEPARTMENT_REVIEW
        assert_sound(case)
        act(case, Action.APPROVE, by)
        assert Decision.objects.filter(case=case).count() == n
    assert refreshed(case).state == State.APPROVED
    assert_sound(case)
