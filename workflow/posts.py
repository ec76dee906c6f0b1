"""The posts around a case: the role groups that a route or a grant can mean for it, each with its place and members.

Reads only. Used through workflow.grants; with loaded rows no statement is asked.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from workflow import sql
from workflow.machine import Place
from workflow.models import Case, Organisation, RoleGroup, User


@dataclass(frozen=True, slots=True)
class Post:
    """One role group seen from a case: its place, its role, and its active members."""

    group_id: int
    role: str
    place: str
    organisation: str
    members: tuple[int, ...] = field(default=())


def posts_around(case: Case) -> tuple[Post, ...]:
    """Return every role group that a route or a grant can mean for `case`. One query.

    Needs `case.department` and `case.unit` selected.
    """
    division = case.department.division_in_charge_id
    return posts_of(case, sql.rows(sql.POSTS_AROUND_A_CASE, case.unit_id, case.department_id, division or 0))


def posts_of(case: Case, found: Iterable[Sequence[Any]]) -> tuple[Post, ...]:
    """Return the posts from rows of (group, role, organisation, name, kind, is performance division, member)."""
    division = case.department.division_in_charge_id
    groups: dict[int, tuple[str, int, str, str, bool]] = {}
    members: dict[int, list[int]] = defaultdict(list)
    for group, role, organisation, name, kind, performance, person in found:
        groups[group] = (role, organisation, name, kind, bool(performance))
        if person is not None:
            members[group].append(person)
    return tuple(
        Post(group, role, place, name, tuple(members[group]))
        for group, (role, organisation, name, kind, performance) in groups.items()
        for place in _places(case, organisation, kind, performance, division)
    )


def posts_everywhere() -> Callable[[Organisation], tuple[Post, ...]]:
    """Return a function that gives the posts around any unit, as `posts_around` does for its cases. Two statements.

    For looking at many units at once; needs each unit's `parent` selected.
    """
    found: Any = RoleGroup.objects
    groups: list[RoleGroup] = list(found.select_related("organisation").order_by("pk"))
    members: dict[int, list[int]] = defaultdict(list)
    memberships = User.groups.through.objects.filter(user__is_active=True, group__in=[g.pk for g in groups])
    for group, person in memberships.order_by("user_id").values_list("group_id", "user_id"):
        members[group].append(person)

    def posts_for(unit: Organisation) -> tuple[Post, ...]:
        case = Case(unit=unit, department=unit.department)
        division = unit.department.division_in_charge_id
        return tuple(
            Post(group.pk, group.role, place, of.name, tuple(members[group.pk]))
            for group in groups
            for of in (group.organisation,)
            for place in _places(case, of.pk, of.kind, of.is_performance_division, division)
        )

    return posts_for


def _places(case: Case, organisation: int, kind: str, performance: bool, division: int | None) -> Iterator[Place]:
    if organisation == case.unit_id:
        yield Place.UNIT
    if organisation == case.department_id:
        yield Place.DEPARTMENT
    if organisation == division:
        yield Place.DIVISION_IN_CHARGE
    if performance:
        yield Place.PERFORMANCE_DIVISION
    if kind == Organisation.Kind.BUREAU:
        yield Place.BUREAU
