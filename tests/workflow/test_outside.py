"""代填, 补录, 下达控制数, 免报: what reaches a case from outside its route, and what each refuses."""

import pytest

from tests.workflow.asserting import assert_refused, assert_sound, refreshed
from tests.world import NOW, act, person, toy_case, walk_to, write_text
from workflow import deadlines, record, story
from workflow.machine import Action, Kind, Role, State, TaskKind, TaskStatus
from workflow.models import Decision, Event, Task
from workflow.refusals import (
    DetailMissing,
    EditsItself,
    NoProposal,
    NothingToConfirm,
    NotPermitted,
    NotPossible,
    NotVisible,
    ReasonMissing,
    SamePersonRefused,
    Unconfirmed,
)

pytestmark = pytest.mark.django_db
DOCUMENT = {"document_number": "演示财预〔2026〕9号", "document_date": "2026-03-01"}


def open_kinds(case):
    tasks = Task.objects.filter(case=case, status=TaskStatus.OPEN).order_by("kind", "pk")
    return [(t.kind, t.role_group.name) for t in tasks]


def last_payload(case):
    return record.payload_of(Event.objects.filter(case=case, refused="").last())


def fill_for(case, toy, by, text="filled in", **more):
    details = {"basis": "phone", "reason": "经办来电口述"} | more
    return act(case, Action.FILL_FOR, by, prepare=lambda locked: toy.texts.update({locked.pk: text}), **details)


# FILL_FOR


@pytest.mark.parametrize("who", ["reviewer", "business_reviewer", "performance_reviewer"])
def test_what_is_filled_in_for_a_unit_counts_once_the_unit_has_confirmed(world, toy, who):
    case = toy_case(world, toy)
    filler = getattr(world, who)
    fill_for(case, toy, filler)
    (task,) = Task.objects.filter(case=case, kind=TaskKind.CONFIRM, status=TaskStatus.OPEN)
    assert (task.budget_days, task.role_group.role) == (2, Role.EDITOR)
    refusal = assert_refused(Unconfirmed, case, lambda: act(case, Action.SUBMIT, world.editor))
    assert str(filler) in str(refusal)
    assert_refused(NotPermitted, case, lambda: act(case, Action.CONFIRM_FILLED, world.head))
    act(case, Action.CONFIRM_FILLED, world.editor)
    assert last_payload(case)["filled_by"] == str(filler)
    assert_refused(NothingToConfirm, case, lambda: act(case, Action.CONFIRM_FILLED, world.editor))
    act(case, Action.SUBMIT, world.editor)
    assert not Task.objects.filter(case=case, kind=TaskKind.CONFIRM, status=TaskStatus.OPEN).exists()
    assert_sound(case)


def test_filling_in_is_no_drafting_once_it_is_confirmed(world, toy):
    case = toy_case(world, toy)
    fill_for(case, toy, world.reviewer)
    act(case, Action.CONFIRM_FILLED, world.editor)
    act(case, Action.SUBMIT, world.editor)
    act(case, Action.APPROVE, world.reviewer)
    assert refreshed(case).step.key == "business"


def test_filling_in_needs_a_basis_words_and_an_office_that_does_not_edit_itself(world, toy):
    case = toy_case(world, toy)
    assert_refused(DetailMissing, case, lambda: fill_for(case, toy, world.reviewer, basis=""))
    assert_refused(DetailMissing, case, lambda: fill_for(case, toy, world.reviewer, basis="rumour"))
    assert_refused(ReasonMissing, case, lambda: fill_for(case, toy, world.reviewer, reason=" "))
    for who in (world.head, world.leader, world.auditor):
        assert_refused(NotPermitted, case, lambda who=who: fill_for(case, toy, who))
    assert_refused(NotVisible, case, lambda: fill_for(case, toy, world.teacher))
    both = person("both", (world.own, Role.EDITOR), (world.office, Role.DEPARTMENT_REVIEWER))
    assert_refused(EditsItself, case, lambda: fill_for(case, toy, both))
    toy.texts[case.pk] = "first text"  # the toy is no database and keeps what a refusal wrote
    act(case, Action.SUBMIT, world.editor)
    assert_refused(NotPossible, case, lambda: fill_for(case, toy, world.reviewer))


def test_a_signed_scan_confirms_at_once_and_lets_the_filler_submit_what_it_shows(world, toy):
    case = toy_case(world, toy)
    assert_refused(NotPermitted, case, lambda: act(case, Action.SUBMIT, world.reviewer))
    fill_for(case, toy, world.reviewer, scan="ab" * 32)
    assert (TaskKind.CONFIRM, "演示办公室本级·经办") not in open_kinds(case)
    assert_refused(NothingToConfirm, case, lambda: act(case, Action.CONFIRM_FILLED, world.editor))
    write_text(case, toy, by=world.editor, text="no longer what was signed")
    assert_refused(NotPermitted, case, lambda: act(case, Action.SUBMIT, world.reviewer))
    fill_for(case, toy, world.business_reviewer, scan="cd" * 32)
    act(case, Action.SUBMIT, world.business_reviewer)
    act(case, Action.APPROVE, world.reviewer)
    assert_refused(SamePersonRefused, case, lambda: act(case, Action.APPROVE, world.business_reviewer))
    assert_sound(case)


def test_who_filled_in_does_not_confirm_for_the_unit_even_as_its_new_editor(world, toy):
    case = toy_case(world, toy)
    fill_for(case, toy, world.reviewer)
    world.reviewer.groups.add(world.own.role_groups.get(role=Role.EDITOR))
    assert_refused(SamePersonRefused, case, lambda: act(case, Action.CONFIRM_FILLED, world.reviewer))


# ADMIT


def test_two_finance_people_admit_what_was_approved_on_paper_and_it_is_marked_for_ever(world, toy):
    case = toy_case(world, toy)
    act(case, Action.PROPOSE_ADMISSION, world.business_reviewer, **DOCUMENT)
    asked = {name for kind, name in open_kinds(case) if kind == TaskKind.CONFIRM}
    assert {name.split("·")[0] for name in asked} == {"演示绩效股", "演示财政局"}
    assert_refused(SamePersonRefused, case, lambda: act(case, Action.ADMIT, world.business_reviewer))
    for who in (world.editor, world.reviewer, world.auditor):
        assert_refused(NotPermitted, case, lambda who=who: act(case, Action.ADMIT, who))
    act(case, Action.ADMIT, world.performance_reviewer)
    admitted = refreshed(case)
    assert (admitted.state, admitted.is_admitted, admitted.approved_at) == (State.APPROVED, True, NOW)
    payload = last_payload(case)
    assert (payload["document_number"], payload["document_date"]) == tuple(DOCUMENT.values())
    assert payload["proposed_by"] == str(world.business_reviewer)
    assert not Decision.objects.filter(case=case).exists()
    assert open_kinds(case) == []
    assert_sound(case)
    steps = story.route_steps(admitted, open_tasks=[])
    assert [step.status for step in steps] == ["done", "spared", "spared", "spared", "spared"]
    act(case, Action.OPEN_MONITORING, None, period_id=1)
    assert refreshed(case).is_admitted


@pytest.mark.parametrize(
    "details",
    [{}, {"document_number": "x"}, DOCUMENT | {"document_date": "1.3.2026"}, DOCUMENT | {"document_number": "y" * 61}],
)
def test_an_admission_is_proposed_with_document_number_and_date(world, toy, details):
    case = toy_case(world, toy)
    assert_refused(DetailMissing, case, lambda: act(case, Action.PROPOSE_ADMISSION, world.business_reviewer, **details))


def test_nobody_admits_what_changed_since_what_was_not_proposed_or_what_they_wrote(world, toy):
    case = toy_case(world, toy)
    assert_refused(NoProposal, case, lambda: act(case, Action.ADMIT, world.leader))
    fill_for(case, toy, world.performance_reviewer)
    act(case, Action.PROPOSE_ADMISSION, world.business_reviewer, **DOCUMENT)
    assert_refused(SamePersonRefused, case, lambda: act(case, Action.ADMIT, world.performance_reviewer))
    write_text(case, toy, by=world.editor, text="changed since")
    assert_refused(NoProposal, case, lambda: act(case, Action.ADMIT, world.leader))
    act(case, Action.PROPOSE_ADMISSION, world.business_reviewer, **DOCUMENT)
    act(case, Action.ADMIT, world.leader)
    assert refreshed(case).is_admitted


def test_a_proposal_is_declined_with_words_and_withdrawn_by_a_submission(world, toy):
    case = toy_case(world, toy)
    assert_refused(NoProposal, case, lambda: act(case, Action.DECLINE_ADMISSION, world.leader, reason="x"))
    act(case, Action.PROPOSE_ADMISSION, world.business_reviewer, **DOCUMENT)
    assert_refused(ReasonMissing, case, lambda: act(case, Action.DECLINE_ADMISSION, world.leader))
    act(case, Action.DECLINE_ADMISSION, world.leader, reason="文号不符")
    assert [kind for kind, _name in open_kinds(case)] == [TaskKind.FILL]
    assert_refused(NoProposal, case, lambda: act(case, Action.ADMIT, world.leader))
    act(case, Action.PROPOSE_ADMISSION, world.business_reviewer, **DOCUMENT)
    asked = list(Task.objects.filter(case=case, kind=TaskKind.CONFIRM, status=TaskStatus.OPEN))
    act(case, Action.SUBMIT, world.editor)
    assert {Task.objects.get(pk=t.pk).status for t in asked} == {TaskStatus.WITHDRAWN}
    assert_refused(NotPossible, case, lambda: act(case, Action.ADMIT, world.leader))
    assert_sound(case)


# FUNDS_CHANGED


def funded(world, toy, stop, amount="300000.00"):
    case = toy_case(world, toy)
    case = walk_to(case, world, stop) if stop != "draft" else refreshed(case)
    type(case).objects.filter(pk=case.pk).update(amount=amount)
    return refreshed(case)


@pytest.mark.parametrize("stop", ["draft", "department_review", "finance_review", "release", "approved"])
def test_the_same_figure_confirms_and_keeps_every_approval(world, toy, stop):
    case = funded(world, toy, stop)
    tasks = list(Task.objects.filter(case=case).values())
    act(case, Action.FUNDS_CHANGED, world.business_reviewer, amount="300000")
    assert last_payload(case)["outcome"] == "unchanged"
    after = refreshed(case)
    assert (after.state, after.step, after.version) == (case.state, case.step, case.version + 1)
    assert list(Task.objects.filter(case=case).values()) == tasks
    assert_sound(case)


def test_another_figure_reopens_and_only_the_short_route_signs_again(world, toy):
    case = funded(world, toy, "approved")
    act(case, Action.FUNDS_CHANGED, world.performance_reviewer, amount="250000.00")
    payload = last_payload(case)
    assert (payload["outcome"], payload["asks"], payload["keeps"]) == (
        "changed", ["business", "release"], ["office", "performance"],
    )  # fmt: skip
    assert (refreshed(case).state, refreshed(case).approved_at) == (State.DRAFT, None)
    assert [kind for kind, _name in open_kinds(case)] == [TaskKind.CORRECT]
    assert_sound(case)
    write_text(case, toy, by=world.editor, text="250000")
    act(case, Action.SUBMIT, world.editor)
    assert (refreshed(case).state, refreshed(case).step.key) == (State.FINANCE_REVIEW, "business")
    act(case, Action.APPROVE, world.business_reviewer)
    assert refreshed(case).step.key == "release"
    act(case, Action.RELEASE, world.leader, **DOCUMENT)
    done = refreshed(case)
    assert done.state == State.APPROVED
    assert Decision.objects.filter(case=case).latest("event_seq").content_hash == done.content_hash
    assert_sound(case)


def test_a_figure_during_review_takes_the_case_back_and_forgets_nothing_else(world, toy):
    case = funded(world, toy, "performance")
    act(case, Action.FUNDS_CHANGED, world.business_reviewer, amount="100")
    act(case, Action.SUBMIT, world.editor)
    act(case, Action.APPROVE, world.business_reviewer)
    assert refreshed(case).step.key == "performance"
    assert_sound(case)


@pytest.mark.parametrize("stop", ["draft", "department_review", "finance_review", "approved"])
def test_without_money_the_case_ends_as_not_funded(world, toy, stop):
    case = funded(world, toy, stop)
    act(case, Action.FUNDS_CHANGED, world.leader, amount="0")
    ended = refreshed(case)
    assert (ended.state, ended.is_unfunded, open_kinds(case)) == (State.CANCELLED, True, [])
    assert str(ended.desk) in ("Not funded", "未安排")
    assert_sound(case)


@pytest.mark.parametrize("amount", ["", "viel", "-1", "NaN", "Infinity", "1e30", "1.234", None])
def test_a_figure_that_is_no_amount_is_refused(world, toy, amount):
    case = funded(world, toy, "approved")
    assert_refused(DetailMissing, case, lambda: act(case, Action.FUNDS_CHANGED, world.business_reviewer, amount=amount))


def test_only_the_bureau_sets_a_figure_and_not_while_the_year_is_running(world, toy):
    case = funded(world, toy, "approved")
    for who in (world.editor, world.reviewer, world.auditor):
        assert_refused(NotPermitted, case, lambda who=who: act(case, Action.FUNDS_CHANGED, who, amount="1"))
    act(case, Action.OPEN_MONITORING, None, period_id=1)
    assert_refused(NotPossible, case, lambda: act(case, Action.FUNDS_CHANGED, world.leader, amount="1"))


# the term of a return, and WAIVE


@pytest.mark.parametrize("days", ["-1", "61", "drei", "1.5", "²"])
def test_a_term_that_is_none_is_refused(world, toy, days):
    case = walk_to(toy_case(world, toy), world, "finance_review")
    assert_refused(
        DetailMissing, case, lambda: act(case, Action.RETURN, world.business_reviewer, reason="x", days=days)
    )


@pytest.mark.parametrize(("days", "due"), [(None, "2026-09-10"), ("1", "2026-09-08"), (0, "2026-09-07")])
def test_the_returner_sets_the_term_of_the_correction_in_working_days(world, toy, days, due):
    case = walk_to(toy_case(world, toy), world, "finance_review")
    act(case, Action.RETURN, world.business_reviewer, reason="x", **({} if days is None else {"days": days}))
    task = Task.objects.get(case=case, kind=TaskKind.CORRECT)
    assert deadlines.due_day(task.due_at).isoformat() == due
    assert (task.budget_days or 0) == (3 if days is None else int(days))


def test_a_report_is_waived_by_the_performance_division_with_a_reason(world, toy):
    from tests.workflow.test_verbs import monitored

    case, report = monitored(world, toy)
    assert_refused(NotPermitted, report, lambda: act(report, Action.WAIVE, world.business_reviewer, reason="x"))
    assert_refused(ReasonMissing, report, lambda: act(report, Action.WAIVE, world.performance_reviewer))
    assert_refused(NotPossible, case, lambda: act(case, Action.WAIVE, world.performance_reviewer, reason="x"))
    act(report, Action.WAIVE, world.performance_reviewer, reason="项目已并入其他项目")
    assert (refreshed(report).state, open_kinds(report)) == (State.CANCELLED, [])
    assert_sound(report)
    assert report.kind == Kind.REPORT
