"""Every verb refused in every way: wrong state, wrong person, stale page, twice, no reason, no such step, a deputy
whose delegation has just ended. Each refusal changes nothing but its own record.
"""

from datetime import timedelta

import pytest
from django.db import IntegrityError, transaction

from tests.workflow.asserting import assert_refused, assert_sound, refreshed, rows
from tests.workflow.test_verbs import monitored
from tests.world import NOW, act, group, key, person, seen, toy_case, walk_to
from workflow import delegations, engine, routes
from workflow.machine import FINAL_STATES, NEEDS, Action, Kind, Role
from workflow.models import Case, Event, Step, User
from workflow.refusals import (
    NobodyThere,
    NotPossible,
    NotVisible,
    ReasonMissing,
    Refused,
    Stale,
    TooSoon,
    UnknownStep,
)

pytestmark = pytest.mark.django_db
DOCUMENT = {"document_number": "演示〔2026〕9号", "document_date": "2026-03-01"}
EVERYBODY = ("editor", "editor2", "head", "reviewer", "business_reviewer", "performance_reviewer", "leader", "auditor",
             "teacher")  # fmt: skip
"""Everybody around the case, and somebody of another department."""
VALID: dict[Action, tuple[str, str, dict]] = {
    Action.SUBMIT: ("draft", "editor", {}),
    Action.RECALL: ("department_review", "editor", {}),
    Action.APPROVE: ("finance_review", "business_reviewer", {}),
    Action.APPROVE_WITH_CONDITIONS: ("finance_review", "business_reviewer", {"conditions": ["补充依据"]}),
    Action.MEET_CONDITION: ("conditional", "business_reviewer", {}),
    Action.UNDO_APPROVAL: ("performance", "business_reviewer", {}),
    Action.RETURN: ("finance_review", "business_reviewer", {}),
    Action.REJECT: ("finance_review", "business_reviewer", {}),
    Action.READMIT: ("rejected", "leader", {}),
    Action.RELEASE: ("release", "leader", DOCUMENT),
    Action.FILL_FOR: ("draft", "reviewer", {"basis": "phone"}),
    Action.CONFIRM_FILLED: ("filled", "editor", {}),
    Action.PROPOSE_ADMISSION: ("draft", "business_reviewer", DOCUMENT),
    Action.DECLINE_ADMISSION: ("proposed", "leader", {}),
    Action.ADMIT: ("proposed", "leader", {}),
    Action.FUNDS_CHANGED: ("approved", "business_reviewer", {"amount": "1"}),
    Action.WAIVE: ("report", "performance_reviewer", {}),
    Action.CANCEL: ("draft", "editor", {}),
    Action.ADJUST: ("approved", "editor", {}),
    Action.OPEN_MONITORING: ("approved", "performance_reviewer", {"period_id": 1}),
    Action.SUSPEND: ("monitoring", "performance_reviewer", {}),
    Action.RESUME: ("suspended", "performance_reviewer", {}),
    Action.CLOSE: ("over", "performance_reviewer", {}),
    Action.CLAIM: ("finance_review", "business_reviewer", {}),
    Action.TRANSFER: ("finance_review", "business_reviewer", {"people": ["business2"]}),
    Action.ADD_APPROVER: ("finance_review", "business_reviewer", {"people": ["business2"]}),
    Action.COPY: ("finance_review", "business_reviewer", {"people": ["auditor"]}),
    Action.URGE: ("finance_review", "editor", {}),
}
"""Action → where it can be done, by whom, and what it carries besides a reason."""
ALSO: dict[Action, set[str]] = {
    Action.SUBMIT: {"editor2"}, Action.RECALL: {"editor2"}, Action.CONFIRM_FILLED: {"editor2"},
    Action.CANCEL: {"editor2", "business_reviewer", "performance_reviewer"}, Action.ADJUST: {"editor2"},
    Action.FILL_FOR: {"business_reviewer", "performance_reviewer"},
    Action.PROPOSE_ADMISSION: {"performance_reviewer", "leader"}, Action.ADMIT: {"performance_reviewer"},
    Action.DECLINE_ADMISSION: {"business_reviewer", "performance_reviewer"},
    Action.FUNDS_CHANGED: {"performance_reviewer", "leader"}, Action.URGE: {"editor2", "head"},
    Action.MEET_CONDITION: {"performance_reviewer"},
}  # fmt: skip
"""Who may do it as well."""
STOPS = sorted({stop for stop, _who, _more in VALID.values()})
LATER = {"over": NOW.replace(year=2028)}


def stopped(world, toy, stop: str) -> Case:
    """Return a case that stands where `stop` says."""
    if stop == "report":
        return monitored(world, toy)[1]
    if stop in ("monitoring", "suspended", "over"):
        case = walk_to(toy_case(world, toy), world, "approved")
        act(case, Action.OPEN_MONITORING, None, period_id=1)
        if stop == "suspended":
            act(case, Action.SUSPEND, world.performance_reviewer, reason="暂停")
        return refreshed(case)
    case = toy_case(world, toy)
    if stop == "filled":
        act(case, Action.FILL_FOR, world.reviewer, basis="phone", reason="来电")
    elif stop == "proposed":
        act(case, Action.PROPOSE_ADMISSION, world.business_reviewer, **DOCUMENT)
    elif stop in ("conditional", "rejected"):
        walk_to(case, world, "finance_review")
        verb = Action.REJECT if stop == "rejected" else Action.APPROVE_WITH_CONDITIONS
        act(case, verb, world.business_reviewer, reason="x", **({} if stop == "rejected" else {"conditions": ["补充"]}))
    elif stop != "draft":
        walk_to(case, world, stop)
    return refreshed(case)


def attempt(case, action, who, *, now=NOW, **more):
    """Perform as `who`, with everything that the action carries."""
    _stop, _who, details = VALID[action]
    return act(case, action, who, now=now, **{"reason": "理由", **details, **more})


@pytest.fixture
def world(world):
    world.business2 = person("business2", (world.business, Role.FINANCE_REVIEWER))
    return world


def test_every_verb_is_tried_here():
    assert set(VALID) == set(NEEDS)


@pytest.mark.parametrize("action", list(VALID), ids=str)
def test_done_by_who_may_it_leaves_the_case_sound_and_twice_it_has_one_effect(world, toy, action):
    stop, who, _more = VALID[action]
    case, now = stopped(world, toy, stop), LATER.get(stop, NOW)
    common = {"seen": seen(case), "key": key(), "now": now}
    first = attempt(case, action, getattr(world, who), **common)
    assert_sound(case)
    before = rows(case)
    again = attempt(case, action, getattr(world, who), **common)
    assert (again.event_seq, again.repeated, first.repeated) == (first.event_seq, True, False)
    assert rows(case) == before
    assert_refused(Stale, case, lambda: attempt(case, action, getattr(world, who), **common | {"key": key()}))


@pytest.mark.parametrize("stop", STOPS)
def test_from_every_wrong_state(world, toy, stop):
    case, now = stopped(world, toy, stop), LATER.get(stop, NOW)
    for action, needs in NEEDS.items():
        if case.state in needs.froms and Kind(case.kind) in needs.kinds:
            continue
        user = getattr(world, VALID[action][1])
        assert_refused(NotPossible, case, lambda a=action, u=user: attempt(case, a, u, now=now))


@pytest.mark.parametrize("action", list(VALID), ids=str)
def test_by_every_wrong_person(world, toy, action):
    stop, who, _more = VALID[action]
    case, now = stopped(world, toy, stop), LATER.get(stop, NOW)
    for other in EVERYBODY:
        if other == who or other in ALSO.get(action, ()):
            continue
        user = getattr(world, other)
        refusal = assert_refused(Refused, case, lambda u=user: attempt(case, action, u, now=now))
        assert isinstance(refusal, NotVisible) == (other == "teacher"), (other, refusal)


@pytest.mark.parametrize("action", list(VALID), ids=str)
def test_on_a_stale_page(world, toy, action):
    stop, who, _more = VALID[action]
    case, now = stopped(world, toy, stop), LATER.get(stop, NOW)
    user, right = getattr(world, who), seen(case)
    for wrong in (engine.Seen(right.version - 1, right.content_hash), engine.Seen(right.version, "0" * 64)):
        assert_refused(Stale, case, lambda wrong=wrong: attempt(case, action, user, seen=wrong, now=now))


@pytest.mark.parametrize("action", [a for a, needs in NEEDS.items() if needs.words], ids=str)
@pytest.mark.parametrize("reason", ["", "  \n ", None])
def test_without_a_reason(world, toy, action, reason):
    stop, who, _more = VALID[action]
    case, now = stopped(world, toy, stop), LATER.get(stop, NOW)
    assert_refused(ReasonMissing, case, lambda: attempt(case, action, getattr(world, who), reason=reason, now=now))


@pytest.mark.parametrize("step", ["nowhere", "business", "performance", "release", "unit ", "单位", "head"])
def test_to_a_step_that_does_not_exist_or_does_not_lie_before(world, toy, step):
    case = walk_to(toy_case(world, toy), world, "finance_review")
    assert_refused(UnknownStep, case, lambda: attempt(case, Action.RETURN, world.business_reviewer, to=step))


@pytest.mark.parametrize("action", [a for a, needs in NEEDS.items() if a != Action.URGE], ids=str)
def test_by_a_deputy_whose_delegation_ended_a_second_ago(world, toy, action):
    stop, who, _more = VALID[action]
    case, now = stopped(world, toy, stop), LATER.get(stop, NOW)
    principal, deputy = getattr(world, who), person("deputy", (world.school, Role.DEPARTMENT_REVIEWER))
    delegations.give(principal=principal, deputy=deputy, starts_at=now - timedelta(days=2), now=now - timedelta(days=2),
                     ends_at=now, by=principal, basis="出差")  # fmt: skip
    late = now + timedelta(seconds=1)
    for moment in (now, late):
        assert_refused(NotVisible, case, lambda m=moment: attempt(case, action, deputy, on_behalf_of=principal, now=m))


def test_urging_twice_within_a_day(world, toy):
    case = walk_to(toy_case(world, toy), world, "finance_review")
    attempt(case, Action.URGE, world.editor)
    assert_refused(TooSoon, case, lambda: attempt(case, Action.URGE, world.head))


def test_by_somebody_who_has_left(world, toy):
    for action in (Action.APPROVE, Action.FUNDS_CHANGED, Action.FILL_FOR, Action.ADMIT):
        stop, who, _more = VALID[action]
        case = stopped(world, toy, stop)
        User.objects.filter(pk=getattr(world, who).pk).update(is_active=False)
        assert_refused(Refused, case, lambda c=case, a=action, w=who: attempt(c, a, User.objects.get(username=w)))
        User.objects.filter(pk=getattr(world, who).pk).update(is_active=True)


def test_a_case_that_is_not_there_leaves_nothing(world):
    before = Event.objects.count()
    with pytest.raises(Case.DoesNotExist):
        engine.perform(10**9, Action.APPROVE, by=world.leader, seen=engine.Seen(1, ""), key=key(), now=NOW)
    assert Event.objects.count() == before


@pytest.mark.parametrize(
    ("stop", "action", "who"),
    [("draft", Action.CANCEL, "editor"), ("over", Action.CLOSE, "performance_reviewer")],
)
def test_final_states_are_left_by_nothing(world, toy, stop, action, who):
    case = stopped(world, toy, stop)
    attempt(case, action, getattr(world, who), now=LATER.get(stop, NOW))
    assert refreshed(case).state in FINAL_STATES
    for verb, (_stop, holder, _more) in VALID.items():
        user = getattr(world, holder)
        assert_refused(NotPossible, case, lambda v=verb, u=user: attempt(case, v, u, now=NOW.replace(year=2029)))


@pytest.mark.parametrize(
    ("stop", "empty", "action", "who", "more"),
    [
        ("draft", ("reviewer", "head"), Action.SUBMIT, "editor", {}),
        ("department_review", ("business_reviewer",), Action.APPROVE, "reviewer", {}),
        ("department_review", ("business_reviewer",), Action.APPROVE_WITH_CONDITIONS, "reviewer",
         {"conditions": ["补充依据"]}),
        ("finance_review", ("performance_reviewer",), Action.APPROVE, "business_reviewer", {}),
        ("performance", ("leader",), Action.APPROVE, "performance_reviewer", {}),
        ("performance", ("business_reviewer",), Action.RETURN, "performance_reviewer", {"to": "business"}),
        ("performance", ("reviewer", "head"), Action.RETURN, "performance_reviewer", {"to": "office"}),
    ],
    ids=str,
)  # fmt: skip
def test_before_an_empty_step_every_verb_that_would_enter_it_is_refused(world, toy, stop, empty, action, who, more):
    world.business2.groups.clear()
    case = stopped(world, toy, stop)
    for name in empty:
        getattr(world, name).groups.clear()
    refusal = assert_refused(NobodyThere, case, lambda: act(case, action, getattr(world, who), reason="理由", **more))
    assert "请联系管理员" in str(refusal)
    getattr(world, empty[0]).groups.add(*kept_groups(world, empty[0]))
    act(case, action, getattr(world, who), reason="理由", **more)
    assert_sound(case)


def kept_groups(world, name):
    posts = {"reviewer": (world.office, Role.DEPARTMENT_REVIEWER), "leader": (world.bureau, Role.FINANCE_HEAD),
             "business_reviewer": (world.business, Role.FINANCE_REVIEWER),
             "performance_reviewer": (world.performance, Role.FINANCE_REVIEWER)}  # fmt: skip
    return [group(*posts[name])]


@pytest.mark.parametrize("repeated", [{"position": 2}, {"key": "office"}])
def test_a_route_is_a_line_and_cannot_be_bent_into_a_cycle(world, toy, repeated):
    case = walk_to(toy_case(world, toy), world, "department_review")
    first, *_others = routes.steps_of(case.route)
    columns = {"position": 99, "key": "again", "stage": first.stage, "title": "再审", "waiting_title": "待再审"}
    with pytest.raises(IntegrityError), transaction.atomic():
        Step.objects.create(route=case.route, **columns | repeated)
    after, passed = None, []
    while (step := routes.next_step(case, routes.steps_of(case.route), after=after)) is not None:
        assert step.key not in passed
        passed.append(step.key)
        after = step
    assert passed == ["office", "business", "performance", "release"]
