"""What the procedure's pages read: open tasks, what was done, where a case stands, what is overdue.

Reads only; every function costs a fixed number of statements, whatever the number of rows.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import reduce
from operator import or_
from typing import Any

from django.db.models import Count, Exists, F, OuterRef, Prefetch, Q, QuerySet, Subquery, Value
from django.utils.translation import gettext as _

from workflow import administering, grants, words
from workflow.administering import Duty
from workflow.machine import Action, TaskKind, TaskStatus
from workflow.models import Case, Event, Organisation, RoleGroup, Task, User

ROWS_SHOWN = 200
"""The most rows the inbox shows at once; the counts on the tabs are always complete."""
PAGE = 30
HANDING_OVER = (
    Action.SUBMIT, Action.APPROVE, Action.APPROVE_WITH_CONDITIONS, Action.UNDO_APPROVAL, Action.RETURN, Action.READMIT,
    Action.TRANSFER, Action.ADD_APPROVER, Action.RECALL, Action.START, Action.FILL_FOR,
    Action.PROPOSE_ADMISSION,
)  # fmt: skip
DECIDING = (
    Action.APPROVE, Action.APPROVE_WITH_CONDITIONS, Action.UNDO_APPROVAL, Action.RETURN, Action.REJECT, Action.READMIT,
    Action.RELEASE, Action.CANCEL, Action.OPEN_MONITORING, Action.SUSPEND, Action.RESUME, Action.CLOSE,
)  # fmt: skip
DOING = (*DECIDING, Action.SUBMIT)
"""What a person has dealt with (已办): decisions, and what was handed in."""
BEGINNING = (Action.START, Action.SUBMIT)
UNIT_KINDS = (TaskKind.FILL, TaskKind.CORRECT, TaskKind.REPORT, TaskKind.ADJUST)
"""The kinds of task that a unit has; the others are decisions."""


def tasks_of(user: User) -> QuerySet[Task]:
    """Return the open tasks of the person's role groups, of the person, and of those whose deputy they are now."""
    desks = _desks_of(user)
    wanted = reduce(or_, desks) if desks else Q(pk__in=())
    return Task.objects.filter(wanted, status=TaskStatus.OPEN)


def _desks_of(user: User) -> list[Q]:
    """Return the conditions of the desks a person works at: each an equality on the front of one index.

    A task has a role group or a person, never both, so a task lies on one of them only, but for a deputy's.
    """
    if not user.is_active:
        return []
    desks = _own_desks_of(user)
    for one in grants.borrowed_now(user):
        kinds = Q() if one.kinds is None else Q(case__kind__in=one.kinds)
        desks += [desk & kinds for desk in _own_desks_of(one.principal)]
    return desks


def _own_desks_of(person: User) -> list[Q]:
    groups = dict.fromkeys(held.group_id for held in grants.roles_of(person))
    return [*(Q(role_group=group) for group in groups), Q(person=person)]


def desk_of(person: User) -> Q:
    """Return the condition on tasks that lie on the person's own desks: asked of their groups, or of them."""
    return reduce(or_, _own_desks_of(person))


def open_tasks_for(user: User, *, late_at: datetime | None = None, limit: int = ROWS_SHOWN) -> list[Task]:
    """Return the inbox: open tasks with case, unit, department and step, the earliest deadline first. One statement.

    `late_at` keeps what is overdue at that moment. Each task carries `from_name` and `from_at`: who handed the case
    over and when, and `on_behalf_of`: the principal's name on a deputy's. Of each desk only the first `limit` rows
    are walked, in the order of its index.
    """
    handed = Event.objects.filter(case=OuterRef("case"), refused="", action__in=HANDING_OVER).order_by("-seq")
    late = Q() if late_at is None else Q(due_at__lte=late_at)
    by_due = (F("due_at").asc(nulls_last=True), "id")
    desks = [Task.objects.filter(desk, late, status=TaskStatus.OPEN).order_by(*by_due) for desk in _desks_of(user)]
    if not desks:
        return []
    first, *others = (Task.objects.filter(pk__in=desk.values("pk")[:limit]).values("pk") for desk in desks)
    rows = Task.objects.filter(pk__in=first.union(*others, all=True) if others else first)
    rows = rows.select_related("case__unit", "case__department", "case__step", "step")
    rows = rows.annotate(from_name=Subquery(handed.values("actor_name")[:1]), from_at=Subquery(handed.values("at")[:1]))
    found: list[Task] = list(rows.order_by(*by_due)[:limit])
    for task in found:
        task.on_behalf_of = _behalf_of(task, user)  # type: ignore[attr-defined]
    return found


def _behalf_of(task: Task, user: User) -> str:
    """Return the name of the principal on whose desk `task` lies, "" for one's own. No statement."""

    def has(person: User) -> bool:
        groups = {held.group_id for held in grants.roles_of(person)}
        return task.person_id == person.pk or task.role_group_id in groups

    if has(user):
        return ""
    return next((str(one.principal) for one in grants.borrowed_now(user) if has(one.principal)), "")


@dataclass(frozen=True, slots=True)
class Counts:
    """The numbers on the inbox's tabs."""

    todo: int
    late: int
    done: int
    mine: int


def counts_for(user: User, *, now: datetime) -> Counts:
    """Return how many tasks are open and overdue, and what `user` dealt with and began. Two statements."""
    open_ = _open_counts(user, now=now)
    made = _events_by(user).aggregate(
        done=Count("id", filter=Q(action__in=DOING)),
        mine=Count("case", filter=Q(action__in=BEGINNING), distinct=True),
    )
    return Counts(**open_, **made)


def _open_counts(user: User, *, now: datetime) -> dict[str, int]:
    """Return how many tasks lie on the person's desks and how many of them are late, desk by desk in one statement.

    A deputy's task may lie on two of them, so a deputy's are counted together.
    """
    all_, late = Count("id"), Count("id", filter=Q(due_at__lte=now))
    if not user.is_active or grants.borrowed_now(user):
        return tasks_of(user).aggregate(todo=all_, late=late)
    # Grouped by no column: by one that the desk's index lacks (status, say) every row itself would be read.
    first, *others = (
        Task.objects.filter(desk, status=TaskStatus.OPEN).order_by().values(one=Value(1)).annotate(todo=all_, late=late)
        for desk in _desks_of(user)
    )
    found = list(first.union(*others, all=True))
    return {"todo": sum(row["todo"] for row in found), "late": sum(row["late"] for row in found)}


def _events_by(user: User) -> QuerySet[Event]:
    """Return what `user` carried out, on cases that they still see."""
    events = Event.objects.filter(actor=user, refused="")
    scope = grants.scope_of(user)
    return events if scope.everything else events.filter(case__in=grants.visible_to(user).values("pk"))


@dataclass(frozen=True, slots=True)
class Page:
    """One page of a keyset list: the rows, and the key that the next page starts behind (None at the end)."""

    rows: list[Any]
    after: int | None


def _page(rows: QuerySet[Any], *, size: int) -> Page:
    found = list(rows[: size + 1])
    return Page(found[:size], found[size - 1].pk if len(found) > size else None)


def done_by(user: User, *, after: int | None = None, size: int = PAGE) -> Page:
    """Return what `user` decided and submitted, newest first, with their cases; `after`: the last event id seen."""
    rows = _events_by(user).filter(action__in=DOING).select_related("case__unit", "case__step").order_by("-id")
    return _page(rows.filter(id__lt=after) if after else rows, size=size)


def begun_by(user: User, *, after: int | None = None, size: int = PAGE) -> Page:
    """Return the cases that `user` opened or submitted, newest first, each with its open tasks. Two statements."""
    mine = Event.objects.filter(case=OuterRef("pk"), actor=user, refused="", action__in=BEGINNING)
    rows = grants.visible_to(user).filter(Exists(mine)).select_related("unit", "department", "step")
    rows = rows.prefetch_related(open_tasks_prefetch()).order_by("-id")
    return _page(rows.filter(id__lt=after) if after else rows, size=size)


def open_tasks_prefetch() -> "Prefetch[Any]":
    """Return the prefetch that gives each case `open_tasks`, with who holds them."""
    tasks = Task.objects.filter(status=TaskStatus.OPEN).select_related("step", "role_group__organisation", "person")
    return Prefetch("tasks", queryset=tasks.order_by("id"), to_attr="open_tasks")


# Where a case stands


@dataclass(frozen=True, slots=True)
class Holder:
    """Who has a task: an office with its phone, or a person."""

    name: str
    phone: str = ""


def holder_of(task: Task) -> Holder:
    """Return who has `task`; select role_group__organisation and person with it."""
    if task.role_group_id and task.role_group:
        return Holder(task.role_group.organisation.name, task.role_group.organisation.phone)
    return Holder(str(task.person), task.person.phone if task.person else "")


@dataclass(frozen=True, slots=True)
class Standing:
    """Who has a case now, since when and until when: what the identity line says."""

    holders: tuple[Holder, ...] = ()
    task_kind: str = ""
    since: datetime | None = None
    due_at: datetime | None = None
    resting_since: datetime | None = None
    tasks: tuple[Task, ...] = ()

    @property
    def is_provisional(self) -> bool:
        """Whether its deadline depends on a year whose calendar is not published yet."""
        return any(task.due_is_provisional for task in self.tasks if task.due_at == self.due_at)

    @property
    def term(self) -> str:
        """How its deadline is counted, where it is a term of the law; "" for working days and dates of the round."""
        lawful = (t for t in self.tasks if t.due_at == self.due_at and t.counts_calendar_days and t.budget_days)
        return next((words.calendar_term(task.budget_days or 0) for task in lawful), "")


def standing(case: Case) -> Standing:
    """Return where `case` stands. One statement."""
    tasks = Task.objects.filter(case=case, status=TaskStatus.OPEN)
    return standing_of(tasks.select_related("step", "role_group__organisation", "person").order_by("id"))


def standing_of(open_tasks: Iterable[Task]) -> Standing:
    """Return the standing that open tasks (of one case, prefetched) mean."""
    tasks = tuple(open_tasks)
    if not tasks:
        return Standing()
    dues = [t.due_at for t in tasks if t.due_at]
    return Standing(
        holders=tuple(dict.fromkeys(holder_of(t) for t in tasks)),
        task_kind=tasks[0].kind,
        since=min(t.opened_at for t in tasks),
        due_at=min(dues) if dues else None,
        resting_since=tasks[0].resting_since,
        tasks=tasks,
    )


# The overdue board


@dataclass(slots=True)
class Debtor:
    """One office that is late, with its late tasks: a row group of the overdue board."""

    organisation: Organisation | None
    name: str
    phone: str
    tasks: list[Task] = field(default_factory=list)


def overdue_for(user: User, *, now: datetime) -> list[Debtor]:
    """Return the overdue tasks of all cases that `user` sees, by the office that has them. One statement."""
    rows = (
        Task.objects.filter(status=TaskStatus.OPEN, due_at__lte=now, resting_since__isnull=True)
        .filter(case__in=grants.visible_to(user).values("pk"))
        .select_related("case__unit", "case__department", "case__step", "step", "role_group__organisation", "person")
        .order_by("due_at", "id")[:ROWS_SHOWN]
    )
    debtors: dict[str, Debtor] = {}
    for task in rows:
        held = holder_of(task)
        office = task.role_group.organisation if task.role_group else None
        debtors.setdefault(held.name, Debtor(office, held.name, held.phone)).tasks.append(task)
    return list(debtors.values())


def group_text(debtors: Sequence[Debtor], *, now: datetime) -> str:
    """Return the ready text for the group chat: which units have not submitted, and how many tables each."""
    late = [(d.name, n) for d in debtors if (n := sum(1 for t in d.tasks if t.kind in UNIT_KINDS))]
    if not late:
        return ""
    names = "、".join(_("%(name)s (%(count)s)") % {"name": name, "count": n} for name, n in late)
    facts = {"moment": words.stamp(now), "count": len(late), "names": names}
    return _("@all units: as of %(moment)s, %(count)s units have not submitted: %(names)s. Please submit soon.") % facts


# People


@dataclass(slots=True)
class Office:
    """One organisation with its role groups and their members, and the organisations below it."""

    organisation: Organisation
    groups: list[RoleGroup] = field(default_factory=list)
    below: list["Office"] = field(default_factory=list)


def offices() -> list[Office]:
    """Return the organisations as a tree, with role groups and active members. Three statements."""
    people = User.objects.filter(is_active=True).order_by("username")
    groups: Any = RoleGroup.objects.prefetch_related(Prefetch("user_set", queryset=people, to_attr="members"))
    found = {o.pk: Office(o) for o in Organisation.objects.select_related("division_in_charge")}
    for group in groups.order_by("organisation__code", "role"):
        found[group.organisation_id].groups.append(group)
    roots: list[Office] = []
    for office in found.values():
        parent = found.get(office.organisation.parent_id or 0)
        (parent.below if parent else roots).append(office)
    return roots


def sets_rules(user: User) -> bool:
    """Return whether `user` may change dates, routes and layouts: works in finance, or administers rules."""
    return grants.works_in_finance(user) or administering.has(user, Duty.RULES)


def is_finance(user: User) -> bool:
    """Return whether `user` reads the bureau's pages: has a role in it or in one of its divisions, or administers."""
    kinds = {held.organisation_kind for held in grants.roles_of(user)}
    in_finance = bool(kinds & {Organisation.Kind.BUREAU, Organisation.Kind.DIVISION})
    return in_finance or administering.is_administrator(user)
