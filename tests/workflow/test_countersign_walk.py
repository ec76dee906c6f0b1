"""Random walks through countersigned steps: whoever signs, is asked besides, returns or takes back, in any order.

After each action the case lies on exactly the desks that the model names; what the model forbids is refused and
changes nothing. The walk of the whole machine is in test_walk. BTR_WALKS sets how many walks each rule takes.
"""

import os
import random
from collections import Counter

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.workflow.asserting import assert_promised, assert_sound, refreshed, rows
from tests.workflow.countersigning import EDITOR, OUTSIDE, OWN, QUORUM, Countersigned
from tests.workflow.test_countersign import submitted, three  # noqa: F401
from tests.world import act, toy_case
from workflow import record
from workflow.machine import Action, TaskStatus
from workflow.models import Task, User
from workflow.refusals import Refused

PEOPLE = [*OWN, *OUTSIDE, EDITOR, "head"]
ACTIONS = ["submit", "approve", "add_approver", "return", "undo_approval"]
AGAIN = ["chain", "direct"]
WAYS = [(place, rule) for place in ("before", "beside", "after") for rule in ("any", "all", "sequence")]
"""When and how people are asked besides; the walks of each rule reach every one."""
PLACE_OF = {"both": "both", "next": "business"}
WALKS, STEPS = int(os.environ.get("BTR_WALKS", "10")), 14
OFTEN = {"approve": 5, "add_approver": 4, "return": 1, "undo_approval": 2, "submit": 6}


def desks(case):
    """Return everybody on whose desk the case lies, by name."""
    tasks = Task.objects.filter(case=case, status=TaskStatus.OPEN).exclude(step=None)
    people = {task.person.username for task in tasks.select_related("person") if task.person}
    groups = [task.role_group_id for task in tasks if task.role_group_id]
    return people | set(User.objects.filter(groups__in=groups).values_list("username", flat=True))


def tried(case, action, who, *, asked, place, rule, again):
    """Carry out `action`; return whether it was done."""
    carried = {
        "add_approver": {"people": asked, "place": place, "rule": rule, "reason": "x"},
        "return": {"again": again, "reason": "x"},
        "undo_approval": {"reason": "x"},
    }.get(action, {})
    try:
        act(case, Action(action), User.objects.get(username=who), **carried)
    except Refused:
        return False
    return True


def chosen(chance, model, reached):
    """Return an action with who does it and what it carries: mostly one that is allowed, now and then anything."""
    place, rule = min(WAYS, key=lambda way: (reached[way], chance.random()))
    more = {
        "asked": chance.sample(OUTSIDE, chance.choice([1, 1, 2, 3])),
        "place": place,
        "rule": rule,
        "again": chance.choice(AGAIN),
    }
    allowed = [(a, who) for a in ACTIONS for who in PEOPLE if model.may(a, who, more["asked"])]
    if not allowed or chance.random() < 0.2:
        return chance.choice(ACTIONS), chance.choice(PEOPLE), more
    count = Counter(a for a, _who in allowed)
    action, who = chance.choices(allowed, [OFTEN[a] / count[a] for a, _who in allowed])[0]
    return action, who, more


@pytest.mark.django_db
@pytest.mark.parametrize("rule", ["any", "all", "quorum", "sequence"])
def test_a_countersigned_step_goes_as_the_model_goes(world, toy, three, rule):  # noqa: F811
    first = submitted(world, toy, rule, quorum=QUORUM if rule == "quorum" else None)
    reached, done_of = Counter(), Counter()
    assert_sound(first)

    @settings(max_examples=WALKS, deadline=None, derandomize=True,
              suppress_health_check=[HealthCheck.too_slow])  # fmt: skip
    @given(seed=st.integers(0, 10**6))
    def walk(seed):
        chance = random.Random(seed)
        case, model = toy_case(world, toy), Countersigned(rule)
        act(case, Action.SUBMIT, world.editor)
        model.do("submit", EDITOR, asked=[], place="", rule="", again="")
        for n in range(STEPS):
            if model.at == "approved":
                break
            action, who, more = chosen(chance, model, reached)
            expected, before = model.may(action, who, more["asked"]), rows(case)
            done = tried(case, action, who, **more)
            assert done == expected, (n, action, who, more, model)
            if not done:
                assert rows(case) == before
                continue
            model.do(action, who, **more)
            done_of[action] += 1
            if action == "add_approver":
                reached[more["place"], more["rule"]] += 1
            agree(case, model)
        assert_sound(case)

    walk()
    print(f"{rule}: {sum(done_of.values())} actions, {dict(done_of)}; {len(reached)} ways of asking")
    assert set(done_of) == set(ACTIONS)
    assert set(reached) == set(WAYS)


def agree(case, model):
    here = refreshed(case)
    states = {"draft": "draft", "both": "department_review", "next": "finance_review", "approved": "approved"}
    assert here.state == states[model.at]
    assert (here.step.key if here.step else "") == PLACE_OF.get(model.at, "")
    assert desks(case) == model.holders(), model
    assert list(record.verify(case_id=case.pk)) == []
    assert_promised(case)
