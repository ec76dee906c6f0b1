"""Lists and single cases never disagree: c in visible_to(u) exactly when may(u, "view", c), over a generated county.

BTR_PAIRS sets how many pairs of a person and a case are asked; the seed is in the name of a failing case.
"""

import os
import random
from datetime import UTC, datetime, timedelta

import pytest

from workflow import grants
from workflow.machine import Kind, Role, TaskKind
from workflow.models import Case, Copy, Delegation, Organisation, RoleGroup, Task, User

pytestmark = pytest.mark.django_db
PAIRS = int(os.environ.get("BTR_PAIRS", "900"))
KINDS = Organisation.Kind
# Lists ask the database whether a delegation holds now, so these begin and end around the real day.
TODAY = datetime.now(tz=UTC)


def county(dice: random.Random) -> list[Organisation]:
    """Make a bureau with divisions, departments with units, some of which went over into others; return them all."""
    make = Organisation.objects.create
    bureau = make(code="F", name="演示财政局", kind=KINDS.BUREAU)
    divisions = [
        make(code=f"F{n}", name=f"演示股室{n}", kind=KINDS.DIVISION, parent=bureau, is_performance_division=n == 0)
        for n in range(4)
    ]
    found = [bureau, *divisions]
    for n in range(10):
        division = dice.choice([*divisions, None])
        department = make(code=f"D{n}", name=f"演示部门{n}", kind=KINDS.DEPARTMENT, division_in_charge=division)
        units = [
            make(code=f"D{n}-{k}", name=f"演示单位{n}-{k}", kind=KINDS.UNIT, parent=department)
            for k in range(dice.randint(1, 4))
        ]
        found += [department, *units]
    for ended in dice.sample([o for o in found if o.kind in (KINDS.UNIT, KINDS.DEPARTMENT)], 5):
        heir = dice.choice([o for o in found if o.kind == ended.kind and o.pk > ended.pk] or [None])
        Organisation.objects.filter(pk=ended.pk).update(successor=heir)
    return found


def people(dice: random.Random, organisations: list[Organisation], count: int) -> list[User]:
    """Make people with none to three posts, fitting or not, some of whom have left, and their delegations."""
    made = []
    for n in range(count):
        user = User.objects.create(username=f"p{n}", full_name=f"演示{n}", is_active=dice.random() > 0.1)
        for _ in range(dice.choice([0, 1, 1, 1, 2, 3])):
            organisation, role = dice.choice(organisations), dice.choice(list(Role))
            name = f"{organisation.name}·{role.value}"
            user.groups.add(
                RoleGroup.objects.get_or_create(organisation=organisation, role=role, defaults={"name": name})[0]
            )
        made.append(user)
    for _ in range(count):
        principal, deputy = dice.sample(made, 2)
        start = TODAY + timedelta(days=dice.choice([-30, -5, -1, 1]))
        Delegation.objects.create(
            principal=principal,
            deputy=deputy,
            starts_at=start,
            ends_at=start + timedelta(days=dice.choice([2, 10, 60])),
            scope={"kinds": [dice.choice(Kind.values)]} if dice.random() < 0.4 else {},
            revoked_at=TODAY - timedelta(days=1) if dice.random() < 0.15 else None,
            created_at=TODAY,
        )
    return made


def cases(dice: random.Random, organisations: list[Organisation], persons: list[User], count: int) -> list[Case]:
    """Make cases of any unit in any kind, tasks of persons among them, and copies."""
    units = [o for o in organisations if o.kind in (KINDS.UNIT, KINDS.DEPARTMENT)]
    made = []
    for n in range(count):
        unit = dice.choice(units)
        case = Case.objects.create(
            kind=dice.choice(Kind.values), number=f"2027-{n:04d}", title="演示项目", fiscal_year=2027,
            profile="nx_2022", unit=unit, department=unit.department, opened_at=TODAY, moved_at=TODAY,
        )  # fmt: skip
        if dice.random() < 0.4:
            closed = dice.random() < 0.5
            Task.objects.create(
                case=case, kind=TaskKind.REVIEW, person=dice.choice(persons), opened_at=TODAY,
                status="done" if closed else "open", closed_at=TODAY if closed else None,
            )  # fmt: skip
        if dice.random() < 0.3:
            Copy.objects.create(case=case, person=dice.choice(persons), given_by=dice.choice(persons), given_at=TODAY)
        made.append(case)
    return made


@pytest.mark.parametrize("seed", [1, 2])
def test_lists_and_single_cases_agree_for_everybody(seed):
    dice = random.Random(seed)
    side = max(round((PAIRS / 2) ** 0.5), 12)
    organisations = county(dice)
    persons = people(dice, organisations, side)
    everything = cases(dice, organisations, persons, side)
    fresh = list(Case.objects.select_related("unit", "department").filter(pk__in=[c.pk for c in everything]))
    seen = 0
    for person in User.objects.filter(pk__in=[p.pk for p in persons]):
        listed = set(grants.visible_to(person).values_list("pk", flat=True))
        asked = {case.pk for case in fresh if grants.may(person, "view", case)}
        assert listed == asked, f"{person} of seed {seed}"
        seen += len(listed)
    assert side * side / 50 < seen < side * side * 0.9
