"""The other verbs: 不予通过, 中止, 归档, 我来审, 转交, 抄送, 催办, 通过并限期修改. Each with what it refuses."""

from datetime import timedelta

import pytest

from tests.workflow.asserting import assert_refused, assert_sound, refreshed
from tests.world import NOW, act, key, person, toy_case, walk_to, write_text
from workflow import engine, grants, record
from workflow.machine import Action, Kind, Role, State, TaskKind, TaskStatus
from workflow.models import Case, Decision, Event, Suspension, Task, User
from workflow.refusals import (
    Claimed,
    ConditionsOpen,
    DetailMissing,
    NotPermitted,
    NotPossible,
    NotVisible,
    ReasonMissing,
    ReportsOutstanding,
    SamePersonRefused,
    TooSoon,
    UnknownCondition,
    UnknownPerson,
    YearNotOver,
)

pytestmark = pytest.mark.django_db
AFTER_THE_YEAR = NOW.replace(year=2028)


def last_payload(case):
    return record.payload_of(Event.objects.filter(case=case, refused="").last())


def open_tasks(case):
    return list(Task.objects.filter(case=case, status=TaskStatus.OPEN).order_by("pk"))


# REJECT and READMIT


def test_finance_rejects_with_a_reason_and_a_finance_head_readmits(world, toy):
    case = walk_to(toy_case(world, toy), world, "finance_review")
    assert_refused(ReasonMissing, case, lambda: act(case, Action.REJECT, world.business_reviewer))
    assert_refused(NotPermitted, case, lambda: act(case, Action.REJECT, world.reviewer, reason="x"))
    act(case, Action.REJECT, world.business_reviewer, reason="与职能无关")
    assert (refreshed(case).state, open_tasks(case)) == (State.REJECTED, [])
    assert Decision.objects.filter(case=case).last().verdict == "rejected"
    assert_sound(case)
    assert_refused(NotPermitted, case, lambda: act(case, Action.READMIT, world.business_reviewer, reason="x"))
    assert_refused(NotPossible, case, lambda: act(case, Action.SUBMIT, world.editor))
    act(case, Action.READMIT, world.leader, reason="局务会同意重报")
    assert (refreshed(case).state, [t.kind for t in open_tasks(case)]) == (State.DRAFT, [TaskKind.CORRECT])
    assert_sound(case)
    write_text(case, toy, by=world.editor, text="anew")
    assert walk_to(case, world, "approved").state == State.APPROVED
    assert_sound(case)


def test_the_department_does_not_reject(world, toy):
    case = walk_to(toy_case(world, toy), world, "department_review")
    assert_refused(NotPossible, case, lambda: act(case, Action.REJECT, world.reviewer, reason="x"))


# SUSPEND, RESUME, CLOSE


def monitored(world, toy):
    case = walk_to(toy_case(world, toy), world, "approved")
    act(case, Action.OPEN_MONITORING, None, period_id=1)
    report = engine.start(
        kind=Kind.REPORT, unit=world.own, title="监控", fiscal_year=2027, profile="nx_2022", parent=case, by=None,
        key=key(), now=NOW, task_kind=TaskKind.REPORT, due_on=(NOW + timedelta(days=10)).date(),
    )  # fmt: skip
    return refreshed(case), report


def test_monitoring_is_suspended_and_resumed_and_its_reports_rest_meanwhile(world, toy):
    case, report = monitored(world, toy)
    (task,) = open_tasks(report)
    assert_refused(NotPermitted, case, lambda: act(case, Action.SUSPEND, world.business_reviewer, reason="x"))
    assert_refused(ReasonMissing, case, lambda: act(case, Action.SUSPEND, world.performance_reviewer))
    act(case, Action.SUSPEND, world.performance_reviewer, reason="项目暂停实施")
    assert refreshed(case).state == State.SUSPENDED
    assert Task.objects.get(pk=task.pk).resting_since == NOW
    assert Suspension.objects.get(task=task).reason == "项目暂停实施"
    assert_sound(case)
    assert_refused(NotPossible, case, lambda: act(case, Action.OPEN_MONITORING, None, period_id=2))
    act(case, Action.RESUME, world.performance_reviewer, reason="恢复实施", now=NOW + timedelta(days=7))
    assert refreshed(case).state == State.MONITORING
    woken = Task.objects.get(pk=task.pk)
    assert (woken.resting_since, woken.due_at > task.due_at) == (None, True)
    assert_sound(case)


def test_a_case_is_archived_after_its_year_with_its_reports_in_or_waived(world, toy):
    case, report = monitored(world, toy)
    assert_refused(YearNotOver, case, lambda: act(case, Action.CLOSE, world.performance_reviewer))
    refusal = assert_refused(ReportsOutstanding, case, lambda: act(case, Action.CLOSE, None, now=AFTER_THE_YEAR))
    assert report.number in str(refusal)
    act(case, Action.CLOSE, world.performance_reviewer, reason="单位撤销，免报", now=AFTER_THE_YEAR)
    assert refreshed(case).state == State.CLOSED
    assert last_payload(case)["waived"] == [report.number]
    assert (refreshed(report).state, open_tasks(report)) == (State.CANCELLED, [])
    assert (last_payload(report)["reason"], last_payload(report)["pass"]) == ("单位撤销，免报", 0)
    assert_sound(case)
    assert_sound(report)


# CLAIM


def test_who_claims_a_task_has_it_until_a_colleague_takes_it_over(world, toy):
    other = person("business2", (world.business, Role.FINANCE_REVIEWER))
    case = walk_to(toy_case(world, toy), world, "finance_review")
    act(case, Action.CLAIM, world.business_reviewer)
    assert open_tasks(case)[0].claimed_by == world.business_reviewer
    refusal = assert_refused(Claimed, case, lambda: act(case, Action.APPROVE, other))
    assert "演示·business_reviewer" in str(refusal)
    assert_refused(Claimed, case, lambda: act(case, Action.RETURN, other, reason="x"))
    assert_refused(NotPossible, case, lambda: act(case, Action.CLAIM, world.business_reviewer))
    act(case, Action.CLAIM, other)
    assert_sound(case)
    assert_refused(Claimed, case, lambda: act(case, Action.APPROVE, world.business_reviewer))
    act(case, Action.APPROVE, other)
    assert refreshed(case).step.key == "performance"


def test_who_drafted_does_not_claim(world, toy):
    world.editor.groups.add(world.office.role_groups.get(role=Role.DEPARTMENT_REVIEWER))
    case = walk_to(toy_case(world, toy), world, "department_review")
    assert_refused(SamePersonRefused, case, lambda: act(case, Action.CLAIM, world.editor))


# TRANSFER


def test_a_task_goes_to_a_colleague_with_its_deadline(world, toy):
    other = person("business2", (world.business, Role.FINANCE_HEAD))
    case = walk_to(toy_case(world, toy), world, "finance_review")
    (was,) = open_tasks(case)
    act(case, Action.TRANSFER, world.business_reviewer, person="business2", reason="出差")
    (now_,) = open_tasks(case)
    assert (now_.person, now_.role_group, now_.due_at) == (other, None, was.due_at)
    assert Task.objects.get(pk=was.pk).status == TaskStatus.WITHDRAWN
    assert last_payload(case)["to_name"] == "演示·business2"
    assert_sound(case)
    assert_refused(NotPermitted, case, lambda: act(case, Action.APPROVE, world.business_reviewer))
    act(case, Action.APPROVE, other)
    assert refreshed(case).step.key == "performance"
    assert_sound(case)


def test_the_head_transfers_what_lies_with_their_people(world, toy):
    head = person("business_head", (world.business, Role.FINANCE_HEAD))
    person("business2", (world.business, Role.FINANCE_REVIEWER))
    case = walk_to(toy_case(world, toy), world, "finance_review")
    act(case, Action.TRANSFER, head, person="business2", reason="原经办调离")
    assert open_tasks(case)[0].person.username == "business2"
    assert_refused(NotPermitted, case, lambda: act(case, Action.TRANSFER, world.leader, person="x", reason="x"))


@pytest.mark.parametrize("name", ["nobody", "teacher", "editor", "reviewer", "business_reviewer", "gone", ""])
def test_a_task_goes_to_nobody_who_could_not_decide_on_it(world, toy, name):
    person("gone", (world.business, Role.FINANCE_REVIEWER), is_active=False)
    case = walk_to(toy_case(world, toy), world, "finance_review")
    assert_refused(
        UnknownPerson if name else DetailMissing,
        case,
        lambda: act(case, Action.TRANSFER, world.business_reviewer, person=name, reason="出差"),
    )


def test_a_transfer_needs_a_reason(world, toy):
    person("business2", (world.business, Role.FINANCE_REVIEWER))
    case = walk_to(toy_case(world, toy), world, "finance_review")
    assert_refused(ReasonMissing, case, lambda: act(case, Action.TRANSFER, world.business_reviewer, person="business2"))


# COPY


def test_a_copy_lets_somebody_read_the_case_and_nothing_more(world, toy):
    case = walk_to(toy_case(world, toy), world, "finance_review")
    assert_refused(NotVisible, case, lambda: act(case, Action.APPROVE, world.teacher))
    act(case, Action.COPY, world.business_reviewer, people=["teacher", "auditor"], reason="供参考")
    teacher = User.objects.get(username="teacher")
    assert grants.may(teacher, "view", refreshed(case))
    assert set(grants.visible_to(teacher)) == {case}
    assert grants.rights_of(teacher, case) == frozenset()
    assert_refused(NotPermitted, case, lambda: act(case, Action.APPROVE, world.teacher))
    act(case, Action.COPY, world.business_reviewer, people="teacher")
    assert_sound(case)
    assert_refused(UnknownPerson, case, lambda: act(case, Action.COPY, world.business_reviewer, people="ghost"))
    assert_refused(NotPermitted, case, lambda: act(case, Action.COPY, world.reviewer, people="teacher"))
    User.objects.filter(pk=teacher.pk).update(is_active=False)
    assert not grants.visible_to(User.objects.get(username="teacher")).exists()


# URGE


def test_the_unit_urges_once_a_day(world, toy):
    case = walk_to(toy_case(world, toy), world, "finance_review")
    act(case, Action.URGE, world.editor)
    assert_sound(case)
    assert_refused(TooSoon, case, lambda: act(case, Action.URGE, world.head, now=NOW + timedelta(hours=23)))
    act(case, Action.URGE, world.head, now=NOW + timedelta(hours=24))
    later = NOW + timedelta(days=3)
    assert_refused(NotPermitted, case, lambda: act(case, Action.URGE, world.auditor, now=later))


def test_the_department_and_the_division_urge_a_unit_that_has_not_submitted(world, toy):
    case = toy_case(world, toy)
    assert_refused(NotPermitted, case, lambda: act(case, Action.URGE, world.editor))
    act(case, Action.URGE, world.reviewer)
    act(case, Action.URGE, world.business_reviewer, now=NOW + timedelta(days=2))
    assert_sound(case)


# APPROVE_WITH_CONDITIONS


def conditional(world, toy):
    case = walk_to(toy_case(world, toy), world, "finance_review")
    conditions = ["补充满意度调查方案", "成本依据附后"]
    act(case, Action.APPROVE_WITH_CONDITIONS, world.business_reviewer, conditions=conditions)
    return case


def test_under_conditions_it_goes_on_and_is_not_released_before_they_are_met(world, toy):
    case = conditional(world, toy)
    assert refreshed(case).step.key == "performance"
    assert Decision.objects.filter(case=case).last().verdict == "conditional"
    act(case, Action.APPROVE, world.performance_reviewer)
    refusal = assert_refused(ConditionsOpen, case, lambda: act(case, Action.RELEASE, world.leader))
    assert "补充满意度调查方案" in str(refusal)
    assert_refused(UnknownCondition, case, lambda: act(case, Action.MEET_CONDITION, world.leader, reason="x"))
    assert_refused(NotPermitted, case, lambda: act(case, Action.MEET_CONDITION, world.editor, reason="x"))
    seq = Decision.objects.filter(case=case, verdict="conditional").get().event_seq
    act(case, Action.MEET_CONDITION, world.business_reviewer, condition=f"{seq}.1", reason="方案已收到")
    assert_refused(ConditionsOpen, case, lambda: act(case, Action.RELEASE, world.leader))
    act(case, Action.MEET_CONDITION, world.leader, reason="已附")
    assert_refused(NotPossible, case, lambda: act(case, Action.MEET_CONDITION, world.leader, reason="x"))
    act(case, Action.RELEASE, world.leader)
    assert refreshed(case).state == State.APPROVED
    assert_sound(case)


def test_conditions_need_words_and_go_with_the_signature_that_set_them(world, toy):
    case = walk_to(toy_case(world, toy), world, "finance_review")
    aside = Action.APPROVE_WITH_CONDITIONS
    assert_refused(DetailMissing, case, lambda: act(case, aside, world.business_reviewer, conditions=" \n "))
    act(case, aside, world.business_reviewer, conditions="补充依据")
    act(case, Action.UNDO_APPROVAL, world.business_reviewer, reason="x")
    act(case, Action.APPROVE, world.business_reviewer)
    act(case, Action.APPROVE, world.performance_reviewer)
    act(case, Action.RELEASE, world.leader)
    assert refreshed(case).state == State.APPROVED


def test_a_route_without_release_does_not_end_under_conditions(world, toy):
    case = toy_case(world, toy)
    report = engine.start(
        kind=Kind.REPORT, unit=world.own, title="监控", fiscal_year=2027, profile="nx_2022", parent=case, by=None,
        key=key(), now=NOW, task_kind=TaskKind.REPORT,
    )  # fmt: skip
    write_text(report, toy, by=world.editor, text="six numbers")
    act(report, Action.SUBMIT, world.editor)
    act(report, Action.APPROVE, world.reviewer)
    aside = Action.APPROVE_WITH_CONDITIONS
    assert_refused(ConditionsOpen, report, lambda: act(report, aside, world.performance_reviewer, conditions="补充"))
    assert Case.objects.get(pk=report.pk).state == State.FINANCE_REVIEW
