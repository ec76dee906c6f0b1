"""The machine walked through: every state × action × person, and random walks against a model written from the table.

engine.md §7: every state is reached and left; state, tasks, grants and record agree after every action; a refusal
changes nothing; the last decision names the content in force, an earlier one other content only under 直达.
"""

import random
from collections import Counter
from datetime import timedelta

import pytest
from django.db import transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.workflow.asserting import IN_FORCE, assert_promised, assert_sound, refreshed, rows
from tests.workflow.walking import SEES, SHORT_ROUTE, WAY, Model
from tests.world import NOW, act, build_world, key, person, seen, toy_case, walk_to, write_text
from workflow import delegations, engine, grants, record
from workflow.look import Look
from workflow.machine import FINAL_STATES, NEEDS, Action, Role, State
from workflow.models import RoleGroup, User
from workflow.refusals import Refused

PEOPLE = [*sorted(SEES), "teacher"]
PROFILES = ("nx_2022", "mof_2021")
"""Those that are shipped, each with its route."""
BESIDE = {
    "cancelled": (0, [("cancel", "editor", {})]),
    "rejected": (2, [("reject", "business_reviewer", {})]),
    "returned": (3, [("return", "performance_reviewer", {"again": "direct"})]),
    "returned to a step": (4, [("return", "leader", {"again": "direct", "to": "business"})]),
    "conditional": (2, [("approve_with_conditions", "business_reviewer", {})]),
    "claimed": (2, [("claim", "business_reviewer", {})]),
    "undone": (3, [("undo_approval", "business_reviewer", {})]),
    "filled in": (0, [("fill_for", "reviewer", {"text": "filled in"})]),
    "proposed": (0, [("propose_admission", "business_reviewer", {})]),
    "admitted": (0, [("propose_admission", "business_reviewer", {}), ("admit", "leader", {})]),
    "other figure": (5, [("funds_changed", "business_reviewer", {})]),
    "corrected": (3, [("return", "performance_reviewer", {"again": "direct"}), ("edit", "editor", {"text": "mended"}),
                      ("submit", "editor", {})]),
}  # fmt: skip
"""Where else than on the plain way a case can stand: how far it goes on it, and what happens then."""
STOPS = ("draft", "department_review", "finance_review", "performance", "release", "approved",
         "monitoring", "suspended", *BESIDE)  # fmt: skip
CARRIES = {
    Action.APPROVE_WITH_CONDITIONS: {"conditions": ["补充依据"]},
    Action.FILL_FOR: {"basis": "phone"},
    Action.PROPOSE_ADMISSION: {"document_number": "演示〔2026〕9号", "document_date": "2026-03-01"},
    Action.FUNDS_CHANGED: {"amount": "500000"},
}
"""What an action needs to be carried out besides a reason."""
ELSEWHERE = {Action.TRANSFER, Action.ADD_APPROVER, Action.COPY}
"""Tested one by one in test_verbs and test_countersign: they name people."""
UNFORESEEN = (Action.CLOSE, Action.RECALL, Action.URGE)
"""Whether they are refused depends on the clock and on others' acts as well, so they are always tried."""
REFUSED_EVERY = 3
"""Of what the engine explains as refused, every third is tried as well; what it promises, always."""
ACTIONS = [Action.EDIT, *(a for a in NEEDS if a not in ELSEWHERE)]


@pytest.fixture
def world(request, db):
    """The county, where one editor is a department reviewer as well."""
    world = build_world(profile=getattr(request, "param", PROFILES[0]))
    world.editor2.groups.add(RoleGroup.objects.get(organisation=world.office, role=Role.DEPARTMENT_REVIEWER))
    return world


class Undo(Exception):
    """Rolls one attempt back."""


def attempt(case, toy, action, who, *, now=NOW, deputy="", **details):
    """Carry out `action`; return whether it was done. `deputy`: who does it on behalf of `who`."""
    by = User.objects.get(username=who)
    behalf = {"on_behalf_of": by} if deputy else {}
    try:
        if action == Action.EDIT:
            write_text(case, toy, by=by, text=details.get("text", "edited"), now=now)
        else:
            text = details.pop("text", "filled in") if action == Action.FILL_FOR else None
            prepare = (lambda locked: toy.texts.update({locked.pk: text})) if text else None
            actor = User.objects.get(username=deputy) if deputy else by
            engine.perform(case, action, by=actor, **behalf, seen=seen(case), key=key(), now=now, prepare=prepare,
                           **{"reason": "理由", **CARRIES.get(action, {}), **details})  # fmt: skip
    except Refused:
        return False
    return True


def stopped_at(world, toy, stop):
    """Return a case at `stop` and the model of it."""
    case, model = toy_case(world, toy), Model()
    way = [("submit", "editor"), ("approve", "reviewer"), ("approve", "business_reviewer"),
           ("approve", "performance_reviewer"), ("release", "leader"), ("open_monitoring", "performance_reviewer"),
           ("suspend", "performance_reviewer")]  # fmt: skip
    ahead, then = BESIDE.get(stop) or (STOPS.index(stop), [])
    for action, who, more in [*((action, who, {}) for action, who in way[:ahead]), *then]:
        assert attempt(case, toy, Action(action), who, **more), (stop, action)
        model.do(action, who, **more)
    return case, model


@pytest.mark.parametrize("world", PROFILES, indirect=True)
@pytest.mark.parametrize("stop", STOPS)
def test_at_every_stop_exactly_those_may_act_whom_the_table_names(world, toy, stop):
    case, model = stopped_at(world, toy, stop)
    here = refreshed(case)
    assert (here.state, here.step.key if here.step else "") == (model.state, model.step)
    before, content = rows(case), toy.texts[case.pk]
    for who in PEOPLE:
        by = User.objects.get(username=who)
        assert grants.visible_to(by).filter(pk=case.pk).exists() == (who in SEES)
        promised = {e.action: e for e in engine.available_actions(refreshed(case), by=by, now=NOW)}
        for number, action in enumerate(ACTIONS, start=len(who)):
            expected = model.may(action, who)
            if action not in UNFORESEEN:
                assert promised[action].may == expected, (stop, action.value, who, str(promised[action]))
                if not expected and number % REFUSED_EVERY:
                    continue
            done = None
            try:
                with transaction.atomic():
                    done = attempt(case, toy, action, who)
                    if done:
                        assert_sound(case)
                        assert_promised(case)
                    raise Undo
            except Undo:
                toy.texts[case.pk] = content
            assert done == expected, (stop, action.value, who)
    assert rows(case) == before


@pytest.mark.parametrize("world", PROFILES, indirect=True)
def test_every_state_is_reached_and_every_state_that_is_not_final_is_left_by_somebody(world, toy):
    reached = set()
    for stop in STOPS:
        case, model = stopped_at(world, toy, stop)
        state, content = refreshed(case).state, toy.texts[case.pk]
        reached.add(state)
        later = NOW.replace(year=2028)
        exits = []
        for who in PEOPLE:
            for action in [a for a in ACTIONS if model.may(a, who) or (a == Action.CLOSE and "performance" in who)]:
                try:
                    with transaction.atomic():
                        if attempt(case, toy, action, who, now=later) and refreshed(case).state != state:
                            exits.append((action, who))
                            reached.add(refreshed(case).state)
                        raise Undo
                except Undo:
                    toy.texts[case.pk] = content
        assert bool(exits) != (state in FINAL_STATES), (stop, exits)
    assert reached == set(State)


MOVES = st.tuples(
    st.sampled_from(ACTIONS),
    st.sampled_from(PEOPLE),
    st.sampled_from(["unit", *WAY]),
    st.sampled_from(["chain", "direct"]),
)


DEPUTY_OF = "business_reviewer"
BY_DEPUTY = (Action.APPROVE, Action.APPROVE_WITH_CONDITIONS, Action.RETURN, Action.REJECT, Action.UNDO_APPROVAL)
STEPS, WALKS = 14, 40
STARTS = ("draft", *(stop for stop in STOPS if stop != "cancelled"))
"""Walks begin all over the machine, so that what lies deep in it is walked from as often as the beginning."""
PAIRS = 42
"""How many pairs of a place (state or step) and an action the walks reach at least; 48 when this was written."""


@pytest.mark.django_db(transaction=False)
def test_a_random_walk_goes_as_the_model_goes(world, toy):
    """Mostly what the model allows, least reached first, in between anything at all; a deputy acts now and then.

    After each action the engine is where the model is; a refusal changes nothing.
    """
    lend(world)
    reached = Counter()

    @settings(max_examples=WALKS, deadline=None, derandomize=True,
              suppress_health_check=[HealthCheck.too_slow])  # fmt: skip
    @given(seed=st.integers(0, 10**6), strange=st.lists(MOVES, min_size=4, max_size=8))
    def walk(seed, strange):
        chance, now, here = random.Random(f"{seed} {strange}"), NOW, Counter()
        case, model = stopped_at(world, toy, chance.choice(STARTS))
        for n in range(STEPS):
            now += timedelta(hours=30)
            model.waited = False
            action, who, to, again = _choose(chance, model, strange, n, here)
            details = {"to": to, "again": again} if action == Action.RETURN else {}
            text = {"text": f"text {n}"} if action in (Action.EDIT, Action.FILL_FOR) else {}
            expected = model.may(action, who)
            if action == Action.RETURN and expected and to != "unit" and (WAY.index(to) >= WAY.index(model.step)):
                expected = False
            before = rows(case)
            deputy = who == DEPUTY_OF and action in BY_DEPUTY and chance.random() < 0.3
            done = attempt(case, toy, action, who, now=now, deputy="deputy" if deputy else "", **details, **text)
            assert done == expected, (n, action.value, who, details)
            if not expected:
                assert rows(case) == before
                continue
            reached[model.step or model.state, action.value] += 1
            here[model.step or model.state, action.value] += 1
            if deputy:
                reached["deputy", action.value] += 1
            model.do(action, who, **details, **text)
            _agree(case, model, now)

    walk()
    print(f"{len(reached)} pairs of place and action reached in {sum(reached.values())} actions")
    assert len(reached) >= PAIRS, sorted(reached)


def lend(world):
    """Let somebody without any post act for the business division all the time."""
    world.deputy = person("deputy")
    delegations.give(
        principal=world.business_reviewer,
        deputy=world.deputy,
        starts_at=NOW,
        ends_at=NOW + timedelta(days=300),
        by=world.business_reviewer,
        now=NOW,
        basis="演示〔2026〕1号",
    )


RARELY = dict.fromkeys((Action.CANCEL, Action.REJECT, Action.URGE), 0.02) | dict.fromkeys(
    (Action.ADMIT, Action.PROPOSE_ADMISSION, Action.DECLINE_ADMISSION, Action.FUNDS_CHANGED, Action.FILL_FOR), 0.15
)
"""What would end most walks early if it were chosen as often as the rest."""


def _choose(chance, model, strange, n, here):
    """Return what is tried next: of what may be done rather what was rarely done there, at times a strange one."""
    if n % 4 == 3:
        return strange[n % len(strange)]
    allowed = [(action, who) for action in ACTIONS for who in PEOPLE if model.may(action, who)]
    if not allowed:
        return strange[n % len(strange)]
    people = Counter(action for action, _who in allowed)
    place = model.step or model.state
    weights = [RARELY.get(a, 1) / people[a] / (1 + 3 * here[place, a.value]) for a, _who in allowed]
    action, who = chance.choices(allowed, weights)[0]
    return action, who, chance.choice(["unit", "unit", *WAY]), chance.choice(["chain", "direct"])


def _agree(case, model, now):
    case = refreshed(case)
    assert (case.state, case.step.key if case.step else "") == (model.state, model.step)
    assert list(record.verify(case_id=case.pk)) == []
    assert_promised(case)
    tasks = list(case.tasks.all())
    assert grants.rows_of(case) == grants.wanted(case, state=case.state, posts=grants.posts_around(case), tasks=tasks)
    stands = Look(case, by=None, on_behalf_of=None, now=now).signed
    if case.state != State.CANCELLED:  # what stood before the end says nothing any more
        assert {s.step for s in stands.signatures} == set(model.signed)
        assert sorted(c.step for c in stands.conditions) == sorted(step for step, _who in model.conditions)
    if model.admitted:
        assert case.is_admitted
        assert case.state in IN_FORCE
    elif case.state == State.APPROVED:
        assert set(model.signed) == set(WAY)
        assert {s.step: s.people for s in stands.signatures}.keys() == set(WAY)
        last = max(stands.signatures, key=lambda s: s.seq)
        assert last.content_hash == case.content_hash
        for s in stands.signatures:
            other = s.content_hash != case.content_hash
            later = [by for by in model.direct_by if WAY.index(by) > WAY.index(s.step)]
            assert not other or later or (model.funds_changed and s.step not in SHORT_ROUTE), (
                "other content without a straight return by a later step or a control figure"
            )


@pytest.mark.django_db
def test_the_walk_of_the_world_and_of_the_model_agree_on_the_plain_way(world, toy):
    case = walk_to(toy_case(world, toy), world, "approved")
    assert case.state == State.APPROVED
    act(case, Action.OPEN_MONITORING, None, period_id=1)
    assert_sound(case)
