"""The tables of the gate, row by row against a second writing of engine.md §1 and §2: where, of which kind, by whom.

Nothing here reads the tables that it checks.
"""

import pytest

from tests.workflow.asserting import assert_refused, refreshed
from tests.workflow.test_bad_input import DOCUMENT
from tests.world import NOW, act, person, toy_case, walk_to, write_text
from workflow import engine, grants
from workflow.machine import Action, Kind, Place, Right, Role, State, TaskKind
from workflow.models import Case, RoleGroup, Task, User
from workflow.refusals import (
    AlreadyDecided,
    AskedFirst,
    ConditionsOpen,
    NotPermitted,
    NotPossible,
    SamePersonRefused,
    Unconfirmed,
)

pytestmark = pytest.mark.django_db

D, DR, FR, A, M, S, C, R, X = (
    State.DRAFT, State.DEPARTMENT_REVIEW, State.FINANCE_REVIEW, State.APPROVED, State.MONITORING, State.SUSPENDED,
    State.CLOSED, State.REJECTED, State.CANCELLED,
)  # fmt: skip
T, EVERY = {Kind.TARGET}, {Kind.TARGET, Kind.REPORT, Kind.SELF_EVALUATION}
POSSIBLE = {
    "submit": ({D}, EVERY), "recall": ({DR}, EVERY), "approve": ({DR, FR}, EVERY),
    "approve_with_conditions": ({DR, FR}, EVERY), "meet_condition": ({DR, FR}, EVERY),
    "undo_approval": ({DR, FR, A}, EVERY), "return": ({DR, FR}, EVERY), "reject": ({FR}, EVERY),
    "readmit": ({R}, EVERY), "release": ({FR}, EVERY), "fill_for": ({D}, T), "confirm_filled": ({D}, T),
    "propose_admission": ({D}, T), "decline_admission": ({D}, T), "admit": ({D}, T),
    "funds_changed": ({D, DR, FR, A}, T), "waive": ({D, DR, FR}, EVERY - T), "cancel": ({D}, EVERY),
    "adjust": ({A, M}, T), "open_monitoring": ({A, M}, T), "suspend": ({M}, T), "resume": ({S}, T), "close": ({M}, T),
    "claim": ({DR, FR}, EVERY), "transfer": ({DR, FR}, EVERY), "add_approver": ({DR, FR}, EVERY),
    "copy": ({DR, FR}, EVERY), "urge": ({D, DR, FR}, EVERY), "edit": ({D}, EVERY),
}  # fmt: skip
"""Each verb: the states it is possible from, and the kinds of document that it exists for."""

STANDING = [
    ("change", "editor", "unit", {D}, EVERY),
    ("submit", "editor", "unit", {D, DR}, EVERY),
    ("cancel", "editor", "unit", {D}, T),
    ("cancel", "finance_reviewer", "division_in_charge", {D}, T),
    ("cancel", "finance_reviewer", "performance_division", {D}, T),
    ("adjust", "editor", "unit", {A, M}, T),
    ("report", "editor", "unit", {M}, T),
    ("monitor", "finance_reviewer", "performance_division", {A, M, S}, T),
    ("readmit", "finance_head", "division_in_charge", {R}, EVERY),
    ("readmit", "finance_head", "bureau", {R}, EVERY),
    ("urge", "editor", "unit", {DR, FR}, EVERY),
    ("urge", "unit_head", "unit", {DR, FR}, EVERY),
    ("urge", "department_reviewer", "department", {D}, EVERY),
    ("urge", "finance_reviewer", "division_in_charge", {D}, EVERY),
]
"""Who holds what while no task says more."""
OF_TASKS = {"review": {"review"}, "confirm": {"review"}, "release": {"release", "review"}}


def short(right):
    return str(right).removesuffix("_case")


@pytest.mark.parametrize("kind", Kind)
@pytest.mark.parametrize("state", State)
def test_what_the_state_or_the_kind_rules_out_is_told_as_not_possible_whoever_asks(world, toy, state, kind):
    case = toy_case(world, toy)
    Case.objects.filter(pk=case.pk).update(state=state, kind=kind)
    for who in (world.editor, world.business_reviewer):
        case = refreshed(case)
        by = User.objects.get(pk=who.pk)
        told = {e.action.value: e for e in engine.available_actions(case, by=by, now=NOW)}
        assert set(told) == set(POSSIBLE)
        for action, (states, kinds) in POSSIBLE.items():
            if state not in states or kind not in kinds:
                sentence = str(NotPossible(action=Action(action).label, state=case.desk))
                assert (told[action].may, told[action].why) == (False, sentence), (action, who)


@pytest.mark.parametrize("kind", Kind)
def test_each_office_holds_in_each_state_what_the_table_says_and_nothing_more(kind):
    places = [(role, place) for role in Role for place in Place]
    posts = [grants.Post(n, role, place, "", ()) for n, (role, place) in enumerate(places, start=1)]
    for state in State:
        found = grants.wanted(Case(kind=kind), state=state, posts=posts, tasks=())
        told = {
            (short(right), str(posts[group - 1].role), str(posts[group - 1].place)) for group, right in found.groups
        }
        assert told == {(r, who, at) for r, who, at, states, kinds in STANDING if state in states and kind in kinds}
        assert not found.people


@pytest.mark.parametrize("task_kind", TaskKind)
def test_an_open_task_gives_its_people_what_its_kind_needs_and_nothing_more(task_kind):
    for state in State:
        for status in ("open", "done", "withdrawn"):
            tasks = [
                Task(kind=task_kind, status=status, role_group_id=7),
                Task(kind=task_kind, status=status, person_id=8),
            ]
            found = grants.wanted(Case(kind=Kind.TARGET), state=state, posts=(), tasks=tasks)
            rights = OF_TASKS.get(task_kind.value, set()) if state in (DR, FR) and status == "open" else set()
            assert {(group, short(right)) for group, right in found.groups} == {(7, right) for right in rights}
            assert {(who, short(right)) for who, right in found.people} == {(8, right) for right in rights}


# One check each, where the others would let it through


@pytest.fixture
def world(world):
    world.business2 = person("business2", (world.business, Role.FINANCE_REVIEWER))
    return world


def explained(case, action, who):
    by = User.objects.get(pk=who.pk)
    return engine.explain(refreshed(case), action, by=by, now=NOW)


def head_of(office, name):
    return person(name, (office, Role.FINANCE_HEAD))


def test_a_head_transfers_for_their_people_and_does_nothing_else_of_theirs(world, toy):
    head = head_of(world.business, "business_head")
    case = walk_to(toy_case(world, toy), world, "finance_review")
    may = {e.action for e in engine.available_actions(case, by=User.objects.get(pk=head.pk), now=NOW) if e.may}
    assert may == {Action.TRANSFER}
    act(case, Action.TRANSFER, head, people=["business2"], reason="请假")
    assert Task.objects.get(case=case, status="open").person == world.business2


def test_who_releases_does_not_sign_without_the_document_and_claims_nothing(world, toy):
    case = walk_to(toy_case(world, toy), world, "release")
    for action in (Action.APPROVE, Action.APPROVE_WITH_CONDITIONS, Action.REJECT, Action.CLAIM, Action.ADD_APPROVER):
        assert_refused(NotPossible, case, lambda a=action: act(case, a, world.leader, reason="x", conditions=["x"]))
    act(case, Action.RELEASE, world.leader, **DOCUMENT)


def test_what_one_was_asked_for_in_person_or_has_taken_is_not_taken_again(world, toy):
    case = walk_to(toy_case(world, toy), world, "finance_review")
    act(case, Action.CLAIM, world.business_reviewer)
    assert_refused(NotPossible, case, lambda: act(case, Action.CLAIM, world.business_reviewer))
    act(case, Action.CLAIM, world.business2)
    act(case, Action.TRANSFER, world.business2, people=["business_reviewer"], reason="请假")
    assert_refused(NotPossible, case, lambda: act(case, Action.CLAIM, world.business_reviewer))


def test_whoever_was_asked_before_signs_first_and_only_they_are_named(world, toy):
    case = walk_to(toy_case(world, toy), world, "finance_review")
    act(case, Action.ADD_APPROVER, world.business_reviewer, people=["auditor"], place="before", reason="请先看")
    for action in (Action.APPROVE, Action.APPROVE_WITH_CONDITIONS):
        told = assert_refused(AskedFirst, case, lambda a=action: act(case, a, world.business2, conditions=["x"]))
        assert "演示·auditor" in str(told)
        assert "演示·editor" not in str(told)
    assert explained(case, Action.CLAIM, world.business2).may
    act(case, Action.RETURN, world.business_reviewer, reason="不必再看")
    assert refreshed(case).state == State.DRAFT


def test_an_open_condition_holds_the_release_up_and_nothing_before_it(world, toy):
    case = walk_to(toy_case(world, toy), world, "department_review")
    act(case, Action.APPROVE_WITH_CONDITIONS, world.reviewer, conditions=["补充依据"])
    act(case, Action.APPROVE, world.business_reviewer)
    act(case, Action.APPROVE, world.performance_reviewer)
    told = assert_refused(ConditionsOpen, case, lambda: act(case, Action.RELEASE, world.leader, **DOCUMENT))
    assert "补充依据" in str(told)
    assert not explained(case, Action.RELEASE, world.leader).may
    act(case, Action.MEET_CONDITION, world.leader, reason="已补")
    assert explained(case, Action.RELEASE, world.leader).may
    act(case, Action.RELEASE, world.leader, **DOCUMENT)


def test_who_has_signed_while_others_have_not_is_told_when_they_did(world, toy):
    case = walk_to(toy_case(world, toy), world, "finance_review")
    act(case, Action.ADD_APPROVER, world.business_reviewer, people=["auditor"], reason="会审")
    act(case, Action.APPROVE, world.business_reviewer, now=NOW.replace(day=9))
    later = {"now": NOW.replace(day=10)}
    told = assert_refused(AlreadyDecided, case, lambda: act(case, Action.APPROVE, world.business_reviewer, **later))
    assert told.facts["at"].startswith("2026-09-09")


def test_nothing_is_undone_where_nothing_was_approved_and_a_head_undoes_for_their_people(world, toy):
    case = walk_to(toy_case(world, toy), world, "department_review")
    assert_refused(NotPossible, case, lambda: act(case, Action.UNDO_APPROVAL, world.reviewer, reason="x"))
    act(case, Action.APPROVE, world.reviewer)
    chief = person("chief", (world.office, Role.DEPARTMENT_HEAD))
    other = person("other", (world.school, Role.DEPARTMENT_HEAD), (world.bureau, Role.AUDITOR))
    for who in (other, world.business_reviewer, world.leader):
        assert_refused(NotPermitted, case, lambda who=who: act(case, Action.UNDO_APPROVAL, who, reason="x"))
    act(case, Action.UNDO_APPROVAL, chief, reason="再核对")
    assert refreshed(case).state == State.DEPARTMENT_REVIEW


def test_who_wrote_the_table_does_not_say_that_a_condition_is_met(world, toy):
    post = RoleGroup.objects.get(organisation=world.own, role=Role.EDITOR)
    case = toy_case(world, toy)
    world.performance_reviewer.groups.add(post)
    write_text(case, toy, by=world.performance_reviewer, text="a word of theirs")
    world.performance_reviewer.groups.remove(post)
    walk_to(case, world, "finance_review")
    act(case, Action.APPROVE_WITH_CONDITIONS, world.business_reviewer, conditions=["补充依据"])
    call = lambda who: act(case, Action.MEET_CONDITION, who, reason="已补")  # noqa: E731
    assert_refused(SamePersonRefused, case, lambda: call(world.performance_reviewer))
    assert_refused(NotPermitted, case, lambda: call(world.editor))
    act(case, Action.MEET_CONDITION, world.business_reviewer, reason="已补")


def test_what_was_filled_in_for_a_unit_is_submitted_by_nobody_before_it_is_confirmed(world, toy):
    case = toy_case(world, toy)
    act(case, Action.FILL_FOR, world.reviewer, basis="phone", reason="来电")
    assert_refused(Unconfirmed, case, lambda: act(case, Action.SUBMIT, world.editor))
    told = explained(case, Action.FILL_FOR, world.head)
    assert (told.may, "演示办公室·" in told.why, "演示业务股·" in told.why) == (False, True, True)
    assert "演示办公室本级" not in told.why.replace("演示办公室·", "")


def test_an_adjustment_is_neither_monitored_funded_admitted_nor_adjusted_itself(world, toy):
    child = toy_case(world, toy, parent=walk_to(toy_case(world, toy), world, "approved"))
    drafted = (Action.PROPOSE_ADMISSION, world.business_reviewer, DOCUMENT)
    funded = (Action.FUNDS_CHANGED, world.business_reviewer, {"amount": "1"})
    for action, who, more in (drafted, funded):
        assert_refused(NotPossible, child, lambda a=action, w=who, m=more: act(child, a, w, **m))
    walk_to(child, world, "approved")
    adjusted = (Action.ADJUST, world.editor, {"reason": "x"})
    for action, who, more in (funded, adjusted, (Action.OPEN_MONITORING, world.performance_reviewer, {"period_id": 1})):
        assert_refused(NotPossible, child, lambda a=action, w=who, m=more: act(child, a, w, **m))
    assert Right.ADJUST in {right for _group, right in grants.rows_of(refreshed(child)).groups}
