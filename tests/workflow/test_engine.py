"""perform() is the one door: what it does in order, and what it refuses without changing anything."""

from datetime import timedelta

import pytest

from tests.world import NOW, act, key, seen, toy_case, walk_to, write_text
from workflow import engine, grants, record, routes
from workflow.canonical import content_hash
from workflow.machine import Action, Kind, Right, Role, State, TaskKind, TaskStatus
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
    Refused,
    SamePersonRefused,
    Stale,
    UnknownStep,
)

pytestmark = pytest.mark.django_db


def refreshed(case):
    return Case.objects.select_related("step", "unit", "department").get(pk=case.pk)


def rows(case):
    """Everything about a case that a refusal must leave alone."""
    fresh = Case.objects.filter(pk=case.pk).values(
        "state", "version", "content_hash", "step", "pass_no", "amount", "title", "route", "submitted_at"
    )
    return (
        list(fresh),
        list(Task.objects.filter(case=case).order_by("pk").values()),
        list(Decision.objects.filter(case=case).values()),
        grants.rights_of(User.objects.get(username="editor"), case),
        Event.objects.filter(case=case, refused="").count(),
    )


def assert_refused(refusal, case, call):
    """`call` raises `refusal`, changes nothing, and leaves exactly one record of the refusal."""
    before, refused_before = rows(case), Event.objects.filter(case=case).exclude(refused="").count()
    with pytest.raises(refusal) as caught:
        call()
    assert str(caught.value)
    assert "%(" not in str(caught.value)
    assert rows(case) == before
    last = Event.objects.filter(case=case).last()
    assert Event.objects.filter(case=case).exclude(refused="").count() == refused_before + 1
    assert last.refused == refusal.code
    assert record.payload_of(last)["refusal"]["message"] == str(caught.value)
    assert list(record.verify()) == []
    return caught.value


def assert_sound(case):
    """State, open tasks, grants, clocks and the last event agree."""
    case = refreshed(case)
    last = Event.objects.filter(case=case, refused="").last()
    assert last.to_state == case.state
    assert last.version == case.version
    assert list(grants.drift()) == []
    assert list(record.verify()) == []
    open_tasks = list(Task.objects.filter(case=case, status=TaskStatus.OPEN))
    if case.state in (State.DEPARTMENT_REVIEW, State.FINANCE_REVIEW):
        assert case.step is not None
        assert {t.step_id for t in open_tasks} == {case.step_id}
    else:
        assert case.step is None
        assert all(t.step_id is None for t in open_tasks)
    assert not Task.objects.filter(case=case).exclude(status=TaskStatus.OPEN).exclude(next_rung_at=None).exists()


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
        "done", "open", "withdrawn",
    ]  # fmt: skip
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
    report = engine.start(kind=Kind.REPORT, unit=world.own, title="监控", fiscal_year=2027, profile="nx_2022", parent=case,
                          by=None, key=key(), now=NOW, task_kind=TaskKind.REPORT)  # fmt: skip
    write_text(report, toy, by=world.editor, text="six numbers")
    act(report, Action.SUBMIT, world.editor)
    act(report, Action.APPROVE, world.reviewer)
    act(report, Action.APPROVE, world.performance_reviewer)
    assert refreshed(report).state == State.APPROVED
    assert_refused(NotPossible, report, lambda: act(report, Action.OPEN_MONITORING, world.performance_reviewer))


# Refusals


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
        KeyReused, second,
        lambda: engine.perform(second, Action.SUBMIT, by=world.editor, seen=seen(second), key=k, now=NOW),
    )  # fmt: skip


def test_opening_twice_with_one_key_opens_one_case(world, toy):
    options = {"kind": Kind.TARGET, "unit": world.own, "title": "演示", "fiscal_year": 2027, "profile": "nx_2022",
               "by": world.editor, "key": key(), "now": NOW}  # fmt: skip
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
    route = Route.objects.create(case_kind="target", profile="nx_2022", version=2, title="two signatures")
    Step.objects.create(route=route, position=1, key="both", stage="department_review", title="会审", waiting_title="待会审",
                        candidates=[{"role": "department_reviewer", "of": "department"}], rule=rule, quorum=quorum)  # fmt: skip
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


# Asking


def test_explain_says_for_every_action_may_or_why_not(world, toy):
    case = walk_to(toy_case(world, toy), world, "department_review")
    asked = {e.action: e for e in engine.available_actions(refreshed(case), by=world.reviewer, now=NOW)}
    assert asked[Action.APPROVE].may
    assert asked[Action.APPROVE].until is not None
    assert not asked[Action.RECALL].may
    assert asked[Action.RECALL].why
    assert set(asked) == {Action.EDIT, Action.SUBMIT, Action.RECALL, Action.APPROVE, Action.RETURN, Action.RELEASE,
                          Action.CANCEL, Action.OPEN_MONITORING}  # fmt: skip


def test_what_explain_promises_perform_keeps(world, toy):
    people = [u for u in vars(world).values() if isinstance(u, User)]
    for stop in ("department_review", "finance_review", "performance", "release", "approved"):
        case = walk_to(toy_case(world, toy), world, stop)
        for by in people:
            fresh = User.objects.get(pk=by.pk)
            for action in (Action.APPROVE, Action.RELEASE, Action.RECALL):
                promised = engine.explain(refreshed(case), action, by=fresh, now=NOW).may
                other = walk_to(toy_case(world, toy), world, stop)
                try:
                    act(other, action, fresh)
                    done = True
                except Refused:
                    done = False
                assert promised == done, (stop, action, by.username)
