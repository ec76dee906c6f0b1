"""Who may do what to which case: roles, scopes, and guardian's rows derived from state and open tasks.

The only user of guardian's tables. Rights are a projection: `sync` rewrites a case's rows in the transaction
that moves it, `drift` compares all rows with what they should be. Viewing follows from the organisation.
"""

from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import date, datetime

from django.contrib.auth.models import Permission
from django.db import connection
from django.db.models import Exists, Func, OuterRef, Q, QuerySet, TextField
from django.db.models.functions import Now

from workflow import delegations, sql
from workflow.machine import REVIEW_STATES, STANDING_GRANTS, TASK_RIGHTS, Right, Role, TaskStatus
from workflow.models import (
    Case,
    CaseGroupPermission,
    CaseUserPermission,
    Copy,
    Organisation,
    RoleGroup,
    Task,
    User,
)
from workflow.posts import Post, posts_of
from workflow.posts import posts_around as posts_around
from workflow.posts import posts_everywhere as posts_everywhere

# Roles and scope of a person


@dataclass(frozen=True, slots=True)
class Membership:
    """One role of a person: the role group, its role and its organisation."""

    group_id: int
    role: str
    organisation_id: int
    organisation_kind: str
    is_performance_division: bool
    organisation: str
    has_predecessors: bool = False
    """Whether another organisation has gone over into this one: its closed cases are seen too."""


@dataclass(frozen=True, slots=True)
class Scope:
    """What a person may see: everything, or the cases of these units, departments and divisions in charge."""

    person_id: int
    everything: bool = False
    units: frozenset[int] = frozenset()
    departments: frozenset[int] = frozenset()
    divisions: frozenset[int] = frozenset()
    borrowed: tuple[tuple["Scope", frozenset[str] | None], ...] = ()
    """What the person sees as a deputy, each with the kinds of document it holds for (None: all)."""

    def q(self) -> Q:
        """Return the condition on Case for lists; the same rule as `covers`."""
        if self.everything or any(scope.everything and kinds is None for scope, kinds in self.borrowed):
            return Q()  # An empty Q joined to others by "or" would vanish.
        seen = self._own_q()
        for scope, kinds in self.borrowed:
            seen |= scope.q() if kinds is None else Q(scope.q(), kind__in=kinds)
        return seen

    def _own_q(self) -> Q:
        return (
            Q(unit__in=self.units)
            | Q(department__in=self.departments)
            | Q(department__division_in_charge__in=self.divisions)
            | Q(pk__in=Task.objects.filter(person=self.person_id).values("case_id"))
            | Q(pk__in=Copy.objects.filter(person=self.person_id).values("case_id"))
        )

    def covers(self, case: Case) -> bool:
        """Return whether this one case is seen; the same rule as `q`."""
        return (
            self.everything
            or case.unit_id in self.units
            or case.department_id in self.departments
            or case.department.division_in_charge_id in self.divisions
            or Task.objects.filter(case=case, person=self.person_id).exists()
            or Copy.objects.filter(case=case, person=self.person_id).exists()
            or any((kinds is None or case.kind in kinds) and scope.covers(case) for scope, kinds in self.borrowed)
        )


MEMBERSHIP = (
    "pk", "role", "organisation_id", "organisation__kind", "organisation__is_performance_division",
    "organisation__name",
)  # fmt: skip
"""The columns of a Membership but its last, `has_predecessors`."""


def roles_of(user: User) -> tuple[Membership, ...]:
    """Return the roles of an active person, none of an inactive one. Asked once a user object."""
    if not user.is_active or user.pk is None:
        return ()
    kept: tuple[Membership, ...] | None = user.__dict__.get("_memberships")
    if kept is None:
        groups = RoleGroup.objects.filter(user=user).annotate(
            is_deputy=delegations.held_now(user.pk),
            has_predecessors=Exists(Organisation.objects.filter(successor=OuterRef("organisation"))),
        )
        rows = groups.values_list(*MEMBERSHIP, "has_predecessors", "is_deputy")
        found = list(rows)
        kept = user.__dict__["_memberships"] = tuple(Membership(*row[:-1]) for row in found)
        if found and not found[0][-1]:
            user.__dict__["_borrowed"] = []
    return kept


def know_roles(people: Collection[User]) -> None:
    """Ask once for the roles of many people, so that `roles_of` does not ask for each. Two statements."""
    asked = {person.pk: person for person in people if person.is_active}
    deputies = delegations.deputies_now(asked)
    groups = RoleGroup.objects.filter(user__in=asked).annotate(
        has_predecessors=Exists(Organisation.objects.filter(successor=OuterRef("organisation")))
    )
    held: dict[int, list[Membership]] = {pk: [] for pk in asked}
    for row in groups.order_by("pk").values_list(*MEMBERSHIP, "has_predecessors", "user"):
        held[row[-1]].append(Membership(*row[:-1]))
    for pk, person in asked.items():
        person.__dict__["_memberships"] = tuple(held[pk])
        if pk not in deputies:
            person.__dict__["_borrowed"] = []


def works_in_finance(user: User) -> bool:
    """Return whether `user` holds a post of the finance bureau or its divisions that acts: an auditor only reads."""
    offices = (Organisation.Kind.BUREAU, Organisation.Kind.DIVISION)
    return any(held.role != Role.AUDITOR and held.organisation_kind in offices for held in roles_of(user))


def borrowed_now(user: User) -> list[delegations.Borrowed]:
    """Return for whom `user` may act now as a deputy. No statement for who has roles and is nobody's deputy."""
    roles_of(user)
    kept: list[delegations.Borrowed] | None = user.__dict__.get("_borrowed")
    if kept is None:
        kept = user.__dict__["_borrowed"] = delegations.borrowed_by(user, now=Now())
    return kept


def scope_of(user: User) -> Scope:
    """Return what `user` may see: from their roles, and from those of the people whose deputy they are now."""
    scope = _scope_in_person(user)
    if scope.everything:
        return scope
    lent = tuple((_scope_in_person(one.principal), one.kinds) for one in borrowed_now(user))
    return replace(scope, borrowed=lent) if lent else scope


def _scope_in_person(user: User) -> Scope:
    units, departments, divisions, everything = set(), set(), set(), False
    for held in roles_of(user):
        if held.role in (Role.EDITOR, Role.UNIT_HEAD):
            units.add(held.organisation_id)
        elif held.role in (Role.DEPARTMENT_REVIEWER, Role.DEPARTMENT_HEAD):
            departments.add(held.organisation_id)
        elif (
            held.role == Role.AUDITOR
            or held.is_performance_division
            or held.organisation_kind == Organisation.Kind.BUREAU
        ):
            everything = True
        elif held.role in (Role.FINANCE_REVIEWER, Role.FINANCE_HEAD):
            divisions.add(held.organisation_id)
    if not everything and any(held.has_predecessors for held in roles_of(user)):
        for seen in (units, departments, divisions):
            seen |= _predecessors(seen)
    return Scope(user.pk or 0, everything, frozenset(units), frozenset(departments), frozenset(divisions))


def _predecessors(organisations: set[int]) -> set[int]:
    """Return the organisations that went over into these, in one step or several. One statement a step."""
    found: set[int] = set()
    latest = set(organisations)
    while latest:
        before = Organisation.objects.filter(successor__in=latest).values_list("pk", flat=True)
        latest = set(before) - found - organisations
        found |= latest
    return found


def visible_to(user: User) -> QuerySet[Case]:
    """Return the cases that `user` may see: c in visible_to(u) exactly when may(u, "view", c)."""
    if not roles_of(user) and not user.is_active:
        return Case.objects.none()
    return Case.objects.filter(scope_of(user).q())


def rights_of(user: User, case: Case) -> frozenset[Right]:
    """Return the rights that guardian's rows give `user` on `case`. One query, two where people hold rows."""
    if not user.is_active:
        return frozenset()
    by_group = CaseGroupPermission.objects.filter(content_object=case, group__user=user).values_list("permission_id")
    by_person = CaseUserPermission.objects.filter(content_object=case, user=user).values_list("permission_id")
    names = {pk: right for right, pk in permission_ids().items()}
    return frozenset(names[pk] for (pk,) in by_group.union(by_person))


def may(user: User, right: Right | str, case: Case) -> bool:
    """Return whether `user` sees `case` ("view") or holds `right` on it now. State and duties are the engine's."""
    if right == "view":
        return user.is_active and scope_of(user).covers(case)
    return Right(right) in rights_of(user, case)


def deputises(deputy: User, principal: User, *, now: datetime, case: Case) -> bool:
    """Return whether `deputy` may act for `principal` on `case` at `now`, by one delegation or a bounded chain."""
    return any(person.pk == principal.pk for person in delegations.principals_of(deputy, now=now, kind=case.kind))


# Who stands around a case


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What stands around one case: the posts, guardian's rows with their keys (holder, permission), the dates of its
    round by milestone, the open tasks, the chain.
    """

    posts: tuple[Post, ...]
    rows: "Rows"
    row_ids: dict[str, dict[tuple[int, int], int]]
    dates: dict[str, date]
    tasks: list[Task]
    events: list[sql.Happened]


def around(case: Case) -> Surroundings:
    """Return what stands around `case`. One query. Needs `case.department` and `case.unit` selected."""
    return surroundings(case, sql.around(case, task=Task))


def with_surroundings(cases: QuerySet[Case]) -> QuerySet[Case]:
    """Return `cases` with what a look needs: unit, department, route, and sql.AROUND_A_CASE as one text."""
    selects = sql.around_parts(Task, mark=lambda names: "%(expressions)s")
    parts = [
        Func(*names, template=f"({select})", output_field=TextField())
        for (_text, names), select in zip(sql.AROUND_A_CASE.values(), selects, strict=True)
    ]
    as_one = Func(*parts, template=sql.AS_ONE[connection.vendor], output_field=TextField())
    return cases.select_related("unit", "department", "route").annotate(around_it=as_one)


def surroundings(case: Case, found: sql.Around) -> Surroundings:
    """Return what stands around `case` from what was read of it."""
    names = {pk: right for right, pk in permission_ids().items()}
    groups, people = (frozenset((holder, names[pk]) for holder, pk in held) for held in (found.groups, found.people))
    return Surroundings(
        posts=posts_of(case, found.posts),
        rows=Rows(groups, people),
        row_ids={"group": found.groups, "user": found.people},
        dates=found.dates,
        tasks=found.tasks,
        events=found.events,
    )


# Guardian's rows

Row = tuple[int, Right]
"""(group or user id, right)"""


@dataclass(frozen=True, slots=True)
class Rows:
    """The rows that one case should have."""

    groups: frozenset[Row]
    people: frozenset[Row]


def wanted(case: Case, *, state: str, posts: Iterable[Post], tasks: Iterable[Task]) -> Rows:
    """Return the rows that follow from `state` and the open ones of `tasks`. Pure."""
    kind = case.kind
    groups = {
        (post.group_id, grant.right)
        for grant in STANDING_GRANTS
        if state in grant.states and kind in grant.kinds
        for post in posts
        if (post.role, post.place) == (grant.role, grant.place)
    }
    people: set[Row] = set()
    for task in tasks:
        if task.status != TaskStatus.OPEN or state not in REVIEW_STATES:
            continue
        for right in TASK_RIGHTS.get(task.kind, ()):  # type: ignore[call-overload]
            if task.role_group_id:
                groups.add((task.role_group_id, right))
            elif task.person_id:
                people.add((task.person_id, right))
    return Rows(frozenset(groups), frozenset(people))


def rows_of(case: Case) -> Rows:
    """Return the rows that stand for `case`. One query."""
    return around(case).rows


def sync(case: Case, *, after: Rows) -> None:
    """Make the rows of `case` those of `after`, whatever stands: a DELETE and an INSERT for groups and for people."""
    sql.replace_grants(case.pk, "group", _pairs(after.groups))
    sql.replace_grants(case.pk, "user", _pairs(after.people))


def change(case: Case, *, stands: Surroundings, after: Rows, writes: sql.Writes) -> None:
    """Let `writes` make the rows of `case` those of `after` from those that stand, as they were read under its lock."""
    was = stands.rows
    for whose, there, should in (("group", was.groups, after.groups), ("user", was.people, after.people)):
        if there != should:
            taken = [stands.row_ids[whose][pair] for pair in _pairs(there - should)]
            writes.change_grants(case.pk, whose, take=taken, give=_pairs(should - there))


def _pairs(rows: frozenset["Row"]) -> list[tuple[int, int]]:
    ids = permission_ids()
    return [(holder, ids[right]) for holder, right in sorted(rows)]


@dataclass(frozen=True, slots=True)
class Drift:
    """One case whose rows are not what they should be; each row as "group 5: review_case"."""

    number: str
    missing: tuple[str, ...]
    surplus: tuple[str, ...]


def drift(*, mend: bool = False, among: Q | None = None) -> Iterator[Drift]:
    """Yield every case whose rows differ from what follows from its state and tasks; with `mend`, rewrite them.

    `among`: only the cases for which this condition holds.
    """
    cases = Case.objects.filter(among or Q()).select_related("unit", "department").prefetch_related("tasks")
    for case in cases.order_by("pk").iterator(chunk_size=200):
        stands = around(case)
        should = wanted(case, state=case.state, posts=stands.posts, tasks=case.tasks.all())
        there = stands.rows
        if there != should:
            if mend:
                sync(case, after=should)
            yield Drift(case.number, _words(should, there), _words(there, should))


def _words(some: Rows, other: Rows) -> tuple[str, ...]:
    groups = [f"group {pk}: {right.value}" for pk, right in some.groups - other.groups]
    return tuple(sorted(groups + [f"person {pk}: {right.value}" for pk, right in some.people - other.people]))


_permission_ids: dict[Right, int] = {}


def permission_ids() -> dict[Right, int]:
    """Return the primary key of each right's permission. Asked once a process."""
    if not _permission_ids:
        rows = Permission.objects.filter(
            content_type__app_label="workflow", content_type__model="case", codename__in=Right.values
        ).values_list("codename", "pk")
        _permission_ids.update({Right(codename): pk for codename, pk in rows})
    return _permission_ids


def forget_permission_ids() -> None:
    """Ask again next time: permissions were made anew by a migration."""
    _permission_ids.clear()
