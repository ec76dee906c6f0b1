"""会审: all, a number, in order; people asked besides (转请会审); returns, transfers and undoing inside a step."""

import pytest

from tests.workflow.asserting import assert_refused, assert_sound, refreshed
from tests.world import NOW, act, person, toy_case
from workflow import record, routes
from workflow.machine import Action, Role, State, TaskStatus
from workflow.models import Decision, Event, Route, Step, Task, User
from workflow.refusals import AskedFirst, DetailMissing, NotPermitted, UnknownPerson

pytestmark = pytest.mark.django_db


@pytest.fixture
def three(world):
    """Three reviewers of the department."""
    return [world.reviewer, *(person(n, (world.office, Role.DEPARTMENT_REVIEWER)) for n in ("second", "third"))]


def submitted(world, toy, rule, *, quorum=None):
    """A case at a step that the department's reviewers sign by `rule`; then comes the division in charge."""
    route = Route.objects.create(case_kind="target", profile="nx_2022", version=9, title="会审")
    common = {"route": route, "waiting_title": "待审"}
    Step.objects.create(
        position=1, key="both", stage="department_review", title="会审", rule=rule, quorum=quorum,
        candidates=[{"role": "department_reviewer", "of": "department"}], **common,
    )  # fmt: skip
    Step.objects.create(
        position=2, key="business", stage="finance_review", title="业务股审核",
        candidates=[{"role": "finance_reviewer", "of": "division_in_charge"}], **common,
    )  # fmt: skip
    routes.publish(route, now=NOW)
    case = toy_case(world, toy)
    act(case, Action.SUBMIT, world.editor)
    return case


def holders(case):
    tasks = Task.objects.filter(case=case, status=TaskStatus.OPEN).order_by("pk")
    return [t.person.username if t.person else t.role_group.name for t in tasks]


def desk(case):
    step = refreshed(case).step
    return step.key if step else ""


@pytest.mark.parametrize("again", ["chain", "direct"])
def test_a_return_while_others_are_pending_closes_their_tasks_and_everybody_signs_anew(world, toy, three, again):
    case = submitted(world, toy, "all")
    act(case, Action.APPROVE, three[0])
    act(case, Action.RETURN, three[1], reason="x", again=again)
    assert refreshed(case).state == State.DRAFT
    assert_sound(case)
    act(case, Action.SUBMIT, world.editor)
    assert holders(case) == ["reviewer", "second", "third"]
    for by in three:
        assert desk(case) == "both"
        act(case, Action.APPROVE, by)
    assert desk(case) == "business"
    assert_sound(case)


def test_a_return_to_a_countersign_and_forward_again_counts_anew(world, toy, three):
    case = submitted(world, toy, "quorum", quorum=2)
    act(case, Action.APPROVE, three[0])
    act(case, Action.APPROVE, three[1])
    assert (desk(case), holders(case)) == ("business", ["演示业务股·财政审核人"])
    act(case, Action.RETURN, world.business_reviewer, reason="x", to="both")
    assert len(holders(case)) == 3
    act(case, Action.APPROVE, three[2])
    assert desk(case) == "both"
    act(case, Action.APPROVE, three[0])
    assert desk(case) == "business"
    assert_sound(case)


@pytest.mark.parametrize(("rule", "quorum"), [("all", None), ("quorum", 3), ("sequence", None)])
def test_a_transfer_inside_a_countersign_keeps_the_number_needed(world, toy, three, rule, quorum):
    head = person("office_head", (world.office, Role.DEPARTMENT_HEAD))
    case = submitted(world, toy, rule, quorum=quorum)
    act(case, Action.TRANSFER, three[0], person="office_head", reason="请假")
    for by in (head, three[1]):
        act(case, Action.APPROVE, by)
        assert desk(case) == "both"
        assert_sound(case)
    act(case, Action.APPROVE, three[2])
    assert desk(case) == "business"
    assert Decision.objects.filter(case=case).count() == 3
    assert_sound(case)


def test_one_who_leaves_and_one_who_comes_change_nothing_in_a_step_that_is_open(world, toy, three):
    case = submitted(world, toy, "all")
    person("newcomer", (world.office, Role.DEPARTMENT_REVIEWER))
    User.objects.filter(username="third").update(is_active=False)
    act(case, Action.APPROVE, three[0])
    act(case, Action.APPROVE, three[1])
    assert desk(case) == "both"
    head = person("office_head", (world.office, Role.DEPARTMENT_HEAD))
    act(case, Action.TRANSFER, head, person="newcomer", reason="原审核人调离")
    act(case, Action.APPROVE, User.objects.get(username="newcomer"))
    assert desk(case) == "business"
    assert_sound(case)


def test_in_order_the_next_is_asked_when_the_one_before_has_signed_and_undoing_goes_back(world, toy, three):
    case = submitted(world, toy, "sequence")
    assert holders(case) == ["reviewer"]
    act(case, Action.APPROVE, three[0])
    assert holders(case) == ["second"]
    act(case, Action.UNDO_APPROVAL, three[0], reason="x")
    assert holders(case) == ["reviewer"]
    assert_sound(case)
    for by in three:
        act(case, Action.APPROVE, by)
    assert desk(case) == "business"
    act(case, Action.UNDO_APPROVAL, three[2], reason="x")
    assert (desk(case), holders(case)) == ("both", ["third"])
    act(case, Action.APPROVE, three[2])
    assert desk(case) == "business"
    assert_sound(case)


def test_undoing_one_of_all_leaves_the_others_as_they_are(world, toy, three):
    case = submitted(world, toy, "all")
    act(case, Action.APPROVE, three[0])
    act(case, Action.UNDO_APPROVAL, three[0], reason="x")
    assert sorted(holders(case)) == ["reviewer", "second", "third"]
    act(case, Action.APPROVE, three[1])
    assert_refused(NotPermitted, case, lambda: act(case, Action.UNDO_APPROVAL, three[0], reason="x"))
    assert_sound(case)


# ADD_APPROVER


def test_who_is_asked_before_signs_first(world, toy, three):
    case = submitted(world, toy, "any")
    act(case, Action.ADD_APPROVER, three[0], people="performance_reviewer", place="before", reason="请绩效股先看")
    assert sorted(holders(case)) == sorted(["演示办公室·主管部门审核人", "performance_reviewer"])
    assert_sound(case)
    assert_refused(AskedFirst, case, lambda: act(case, Action.APPROVE, three[1]))
    act(case, Action.APPROVE, world.performance_reviewer)
    assert desk(case) == "both"
    act(case, Action.APPROVE, three[0])
    assert desk(case) == "business"
    assert_sound(case)


def test_who_is_asked_before_may_return_the_case(world, toy, three):
    case = submitted(world, toy, "any")
    act(case, Action.ADD_APPROVER, three[0], people="performance_reviewer", place="before", reason="x")
    act(case, Action.RETURN, world.performance_reviewer, reason="先改", again="direct")
    act(case, Action.SUBMIT, world.editor)
    assert holders(case) == ["演示办公室·主管部门审核人"]
    act(case, Action.APPROVE, three[0])
    assert desk(case) == "business"
    assert_sound(case)


@pytest.mark.parametrize("first", ["own", "added"])
def test_who_is_asked_beside_signs_as_well_in_whatever_order(world, toy, three, first):
    case = submitted(world, toy, "any")
    act(case, Action.ADD_APPROVER, three[0], people=["performance_reviewer"], place="beside", reason="会审")
    people = [three[0], world.performance_reviewer]
    for n, by in enumerate(people if first == "own" else people[::-1]):
        act(case, Action.APPROVE, by)
        assert desk(case) == ("both", "business")[n]
        assert_sound(case)


@pytest.mark.parametrize(("rule", "needed"), [("any", 1), ("all", 2), ("sequence", 2)])
def test_several_asked_after_sign_by_their_own_rule(world, toy, three, rule, needed):
    case = submitted(world, toy, "any")
    asked = [world.performance_reviewer, world.leader]
    names = [p.username for p in asked]
    act(case, Action.ADD_APPROVER, three[0], people=names, place="after", rule=rule, reason="x")
    assert len(holders(case)) == 1
    act(case, Action.APPROVE, three[0])
    assert (desk(case), holders(case)) == ("both", names[:1] if rule == "sequence" else names)
    assert_sound(case)
    for by in asked[:needed]:
        assert desk(case) == "both"
        act(case, Action.APPROVE, by)
    assert desk(case) == "business"
    assert_sound(case)


def test_undoing_the_approval_withdraws_those_who_were_asked_after_it(world, toy, three):
    case = submitted(world, toy, "any")
    act(case, Action.ADD_APPROVER, three[0], people="leader", place="after", reason="x")
    act(case, Action.APPROVE, three[0])
    act(case, Action.UNDO_APPROVAL, three[0], reason="x")
    assert len(holders(case)) == 1
    assert "leader" not in holders(case)
    act(case, Action.APPROVE, three[1])
    assert holders(case) == ["leader"]
    act(case, Action.APPROVE, world.leader)
    assert desk(case) == "business"
    assert_sound(case)


@pytest.mark.parametrize("name", ["editor", "reviewer", "ghost", "roleless", ""])
def test_nobody_is_asked_who_could_not_sign(world, toy, three, name):
    person("roleless")
    case = submitted(world, toy, "any")
    assert_refused(
        UnknownPerson if name else DetailMissing,
        case,
        lambda: act(case, Action.ADD_APPROVER, three[0], people=name, reason="x"),
    )


def test_how_others_are_asked_must_make_sense(world, toy, three):
    case = submitted(world, toy, "any")
    ask = {"people": "leader", "reason": "x"}
    assert_refused(DetailMissing, case, lambda: act(case, Action.ADD_APPROVER, three[0], place="under", **ask))
    assert_refused(DetailMissing, case, lambda: act(case, Action.ADD_APPROVER, three[0], rule="quorum", **ask))
    assert_refused(NotPermitted, case, lambda: act(case, Action.ADD_APPROVER, world.business_reviewer, **ask))


def test_who_was_asked_and_is_away_is_replaced_by_transfer(world, toy, three):
    case = submitted(world, toy, "any")
    act(case, Action.ADD_APPROVER, three[0], people="leader", place="beside", reason="x")
    act(case, Action.TRANSFER, world.leader, person="performance_reviewer", reason="请绩效股代看")
    act(case, Action.APPROVE, world.performance_reviewer)
    act(case, Action.APPROVE, three[1])
    assert desk(case) == "business"
    added = [record.payload_of(e).get("added") for e in Event.objects.filter(case=case, action="approve")]
    assert added == ["beside", None]
    assert_sound(case)
