"""Work that nobody can do: open tasks without anybody who could act, and cases that a step without people holds up.

The sweep notices tasks whose office is empty or whose person has left, within a minute, and announces them once; the
board shows those and what only separation of duties stops. Reads, but for `Task.nobody_since`.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db.models import Exists, F, OuterRef, Q, QuerySet
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from workflow import grants, routes
from workflow.look import Look
from workflow.machine import Action, State, TaskStatus
from workflow.models import Case, Event, RoleGroup, Task, User
from workflow.signals import announced

SHOWN = 200
LOOKED_AT = 500
"""So many tasks whose people might all be barred are looked at one by one for the board."""
BLOCKED_SINCE = timedelta(days=60)
ANNOUNCED_AT_ONCE = 50

NOBODY = _("nobody holds the post")
LEFT = _("the person who was asked has left")
BARRED = _("everybody who holds the post has drafted the case or signed an earlier finance step")
HELD_UP = _("the next step has nobody, so the case was held before it")


@dataclass(frozen=True, slots=True)
class Orphan:
    """One thing that nobody can do: the case, the open task (None: the case is held before a step), and why.

    office: who should act. group: the role group that wants somebody. person: who has left. since: when it opened.
    """

    case: Case
    task: Task | None
    why: str | Promise
    office: str
    since: datetime
    group: RoleGroup | None = None
    person: User | None = None


def stuck_tasks() -> QuerySet[Task]:
    """Return the open tasks of groups without an active member, and of people who have left."""
    members = User.objects.filter(is_active=True, groups=OuterRef("pk"))
    # The few empty groups and people who left are asked first: each is one probe of an index on open tasks.
    empty = list(RoleGroup.objects.filter(~Exists(members)).values_list("pk", flat=True))
    gone = list(User.objects.filter(is_active=False).values_list("pk", flat=True))
    return Task.objects.filter(Q(role_group__in=empty) | Q(person__in=gone), status=TaskStatus.OPEN)


def when_time_passes(*, now: datetime, **kwargs: Any) -> None:
    """Receiver of time_passes: note which tasks have lost their people or found them, and announce the new ones."""
    notice_tasks(now=now)


def notice_tasks(*, now: datetime) -> int:
    """Mark tasks that nobody can do since now, unmark the others; return how many are new. Each is announced once."""
    stuck = set(stuck_tasks().values_list("pk", flat=True))
    marked = set(Task.objects.filter(nobody_since__isnull=False, status=TaskStatus.OPEN).values_list("pk", flat=True))
    if found := marked - stuck:
        Task.objects.filter(pk__in=found).update(nobody_since=None)
    new = sorted(stuck - marked)
    for start in range(0, len(new), ANNOUNCED_AT_ONCE):
        chunk = new[start : start + ANNOUNCED_AT_ONCE]
        tasks = list(_with_case(Task.objects.filter(pk__in=chunk)))
        Task.objects.filter(pk__in=chunk, nobody_since=None).update(nobody_since=now)
        for task in {task.case_id: task for task in tasks}.values():
            announce(task.case, office=_office(task), why=LEFT if task.person_id else NOBODY, now=now)
    return len(new)


def announce(case: Case, *, office: str, why: str | Promise, now: datetime) -> None:
    """Tell whoever keeps the posts filled that nobody can act on `case`."""
    facts = {"reason": f"{office}: {why}", "office": office}
    announced.send(sender=Case, case=case, kind="nobody_there", by=None, now=now, facts=facts)


def _with_case(tasks: QuerySet[Task]) -> QuerySet[Task]:
    return tasks.select_related(
        "case__unit", "case__department", "case__route", "step", "role_group__organisation", "person"
    )


def _office(task: Task) -> str:
    return str(task.role_group.name if task.role_group else task.person)


def board() -> list[Orphan]:
    """Return what nobody can do, the oldest first, SHOWN at most. A fixed number of statements, but for BARRED ones."""
    found = [
        Orphan(task.case, task, LEFT if task.person_id else NOBODY, _office(task), task.opened_at,
               task.role_group, task.person)
        for task in _with_case(stuck_tasks()).order_by("opened_at", "pk")[:SHOWN]
    ]  # fmt: skip
    there = {orphan.task.pk for orphan in found if orphan.task}
    found += [
        Orphan(task.case, task, BARRED, _office(task), task.opened_at, task.role_group)
        for task in barred()
        if task.pk not in there
    ]
    return sorted([*found, *held_up()], key=lambda orphan: orphan.since)[:SHOWN]


def barred() -> list[Task]:
    """Return open review tasks of groups all of whose members are barred from signing: drafted, or signed in finance.

    One statement narrows them down to those where every member has had a hand in the case; each is then looked at.
    """
    had_a_hand = Event.objects.filter(
        Q(actor=OuterRef("pk")) | Q(on_behalf_of=OuterRef("pk")),
        case=OuterRef(OuterRef("case_id")),
        refused="",
        action__in=(Action.EDIT, Action.SUBMIT, Action.APPROVE, Action.APPROVE_WITH_CONDITIONS),
    )
    free = User.objects.filter(~Exists(had_a_hand), groups=OuterRef("role_group_id"), is_active=True)
    tasks = Task.objects.filter(~Exists(free), status=TaskStatus.OPEN, step__isnull=False, role_group__isnull=False)
    return [task for task in _with_case(tasks).order_by("opened_at", "pk")[:LOOKED_AT] if _is_barred(task)]


def _is_barred(task: Task) -> bool:
    assert task.step is not None
    members = User.objects.filter(groups=task.role_group_id, is_active=True)
    look = Look(task.case, by=None, on_behalf_of=None, now=task.opened_at)
    return bool(members) and all(_may_not_sign(look, task, person.pk) for person in members)


def _may_not_sign(look: Look, task: Task, person: int) -> bool:
    step = task.step
    assert step is not None
    if not routes.is_inside_unit(step) and look.has_drafted(person):
        return True
    signed = {signature.step for signature in look.signed.of_people([person]) if signature.in_finance}
    return step.stage == State.FINANCE_REVIEW and bool(signed - {step.key})


def held_up() -> list[Orphan]:
    """Return the cases that could not go on because the next step has nobody, and that have not moved since."""
    events = (
        Event.objects.filter(refused="nobody_there", seq__gte=F("case__head_seq") - 5, version=F("case__version"))
        .select_related("case__unit", "case__department")
        .order_by("-pk")[:SHOWN]
    )
    newest = {event.case_id: event for event in reversed(events)}
    return [Orphan(event.case, None, HELD_UP, event.case.department.name, event.at) for event in newest.values()]


def only_seen(orphans: Sequence[Orphan], *, by: User) -> set[int]:
    """Return the ids of the cases among `orphans` that `by` may see: only those are named on the board."""
    ids = {orphan.case.pk for orphan in orphans}
    return set(grants.visible_to(by).filter(pk__in=ids).values_list("pk", flat=True)) if ids else set()


@dataclass(frozen=True, slots=True)
class Desk:
    """Orphans of one office for one reason, as the board lists them."""

    office: str
    why: str
    orphans: tuple[Orphan, ...]
    group: RoleGroup | None
    person: User | None

    @property
    def since(self) -> datetime:
        """When the oldest of them opened."""
        return min(orphan.since for orphan in self.orphans)


def by_desk(orphans: Iterable[Orphan]) -> list[Desk]:
    """Group orphans by office and reason: one row of the board, which is mended at one place."""
    grouped: dict[tuple[str, str], list[Orphan]] = {}
    for orphan in orphans:
        grouped.setdefault((orphan.office, str(orphan.why)), []).append(orphan)
    return [
        Desk(office, why, tuple(found), found[0].group, found[0].person) for (office, why), found in grouped.items()
    ]


def count() -> int:
    """Return how many tasks the sweep has marked: the number beside the board's name."""
    return Task.objects.filter(nobody_since__isnull=False, status=TaskStatus.OPEN).count()
