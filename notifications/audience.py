"""Who is responsible now: the people a notice goes to, decided when it is expanded and asked again when it is sent.

Reads the procedure's roles and tasks; writes nothing. Whoever may not see the case is never named here.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from notifications.kinds import KINDS
from notifications.models import Notice
from workflow import delegations, grants, purging, record, routes, signing, sql
from workflow.delegations import Deputy
from workflow.grants import Post
from workflow.machine import Action, Place, Role, TaskKind, TaskStatus
from workflow.models import Case, Decision, Event, Organisation, Rung, Task, User

HEADS: dict[str, tuple[tuple[Role, Place | None], ...]] = {
    Role.EDITOR: ((Role.UNIT_HEAD, Place.UNIT), (Role.DEPARTMENT_HEAD, Place.DEPARTMENT)),
    Role.UNIT_HEAD: ((Role.DEPARTMENT_HEAD, Place.DEPARTMENT),),
    Role.DEPARTMENT_REVIEWER: ((Role.DEPARTMENT_HEAD, Place.DEPARTMENT),),
    Role.FINANCE_REVIEWER: ((Role.FINANCE_HEAD, None), (Role.FINANCE_HEAD, Place.BUREAU)),
}
"""Whose head is who, in order; None: at the same place. The first post with somebody in it counts."""

OFFICES: dict[str, tuple[tuple[Role, Place], ...]] = {
    Rung.Audience.DIVISION_IN_CHARGE: (
        (Role.FINANCE_REVIEWER, Place.DIVISION_IN_CHARGE),
        (Role.FINANCE_HEAD, Place.DIVISION_IN_CHARGE),
    ),
    Rung.Audience.PERFORMANCE_HEAD: ((Role.FINANCE_HEAD, Place.PERFORMANCE_DIVISION),),
    Rung.Audience.BUREAU_HEAD: ((Role.FINANCE_HEAD, Place.BUREAU),),
}
STAND_INS: dict[str, tuple[tuple[Role, Place], ...]] = {
    Rung.Audience.PERFORMANCE_HEAD: ((Role.FINANCE_REVIEWER, Place.PERFORMANCE_DIVISION),),
}
"""Who hears of it where nobody holds the post: a small performance division has no head of its own."""


@dataclass(frozen=True, slots=True)
class Around:
    """A notice with the role groups around its case and the case's open tasks."""

    notice: Notice
    posts: Sequence[Post]
    open_tasks: Sequence[Task]
    submitter: int | None = None
    """Who submitted the case last (their id), where the kind tells them."""
    returned_by: Organisation | None = None
    """Whose desk it came back from, so that the unit calls those who know."""

    @property
    def task(self) -> Task | None:
        """The notice's task while it is open."""
        return next((task for task in self.open_tasks if task.pk == self.notice.task_id), None)


@dataclass(frozen=True, slots=True)
class Directory:
    """People and posts as they are now, asked once for a handful of notices: make a fresh one for the next handful."""

    now: datetime
    posts: dict[tuple[int, int], Sequence[Post]] = field(default_factory=dict)
    people: dict[int, User] = field(default_factory=dict)
    deputies: dict[int, list[Deputy]] = field(default_factory=dict)
    """Who acts now for whom, by the principal's id; read once, by the first question."""
    has_asked: list[bool] = field(default_factory=list)

    def posts_around(self, case: Case) -> Sequence[Post]:
        """Return the role groups around `case`, the same for every case of a unit."""
        place = case.unit_id, case.department_id
        if place not in self.posts:
            self.posts[place] = grants.posts_around(case)
        return self.posts[place]

    def deputies_of(self, principal: int, kind: str) -> list[int]:
        """Return who acts for the person (their id) now on documents of `kind`, deputies of deputies included."""
        if not self.has_asked:
            self.has_asked.append(True)
            self.deputies.update(delegations.acting(now=self.now))
        return [one.deputy_id for one in self.deputies.get(principal, ()) if one.covers(kind)]

    def active(self, ids: Iterable[int]) -> list[User]:
        """Return the active people of `ids`, in the order of their ids."""
        wanted = set(ids)
        if unknown := wanted - set(self.people):
            found = {person.pk: person for person in User.objects.filter(pk__in=unknown)}
            grants.know_roles(found.values())
            self.people.update(found)
        return [self.people[pk] for pk in sorted(wanted) if pk in self.people and self.people[pk].is_active]


def around(notices: Sequence[Notice], directory: Directory) -> list[Around]:
    """Load what decides the audience of each notice. Needs case.unit and case.department selected."""
    open_tasks: dict[int, list[Task]] = {}
    tasks = Task.objects.filter(case__in={notice.case_id for notice in notices}, status=TaskStatus.OPEN)
    for task in tasks.select_related("step", "role_group__organisation").order_by("pk"):
        open_tasks.setdefault(task.case_id, []).append(task)
    submitters, returned = _submitters(notices), _returned_by(notices)
    return [
        Around(
            notice,
            directory.posts_around(notice.case),
            open_tasks.get(notice.case_id, ()),
            submitters.get(notice.case_id),
            returned.get(notice.pk),
        )
        for notice in notices
    ]


def _submitters(notices: Sequence[Notice]) -> dict[int, int]:
    """Return who submitted last by case, for the notices whose kind tells them. One statement at most."""
    cases = {notice.case_id for notice in notices if KINDS[notice.kind].audience == "unit_and_submitter"}
    if not cases:
        return {}
    submissions = Event.objects.filter(case__in=cases, action=Action.SUBMIT, refused="").order_by("case", "seq")
    last = dict(submissions.values_list("case", "actor"))
    return {case: actor for case, actor in last.items() if actor is not None}


def _returned_by(notices: Sequence[Notice]) -> dict[int, Organisation]:
    """Return the office that returned the case by notice, where an office did. Two statements at most."""
    events = {notice.event_id: notice for notice in notices if notice.kind == "returned" and notice.event_id}
    if not events:
        return {}
    places = dict(Event.objects.filter(pk__in=events).values_list("pk", "seq"))
    decisions = Decision.objects.select_related("task__role_group__organisation").filter(
        case__in={notice.case_id for notice in events.values()}, event_seq__in=set(places.values())
    )
    groups = {(one.case_id, one.event_seq): one.task.role_group for one in decisions.order_by("-pk")}
    found = {notice.pk: groups.get((notice.case_id, places[event])) for event, notice in events.items()}
    return {pk: group.organisation for pk, group in found.items() if group is not None}


def people_of(seen: Around, directory: Directory) -> list[User]:
    """Return the active people who are to be told now, without who did it, and only those who may see the case."""
    return [
        person for person in directory.active(_meant(seen, directory)) if grants.may(person, "view", seen.notice.case)
    ]


def outsiders_of(seen: Around, directory: Directory) -> list[User]:
    """Return the active people who are to be told though they may not see the case: in words that name none."""
    if not KINDS[seen.notice.kind].outside:
        return []
    return [
        person
        for person in directory.active(_meant(seen, directory))
        if not grants.may(person, "view", seen.notice.case)
    ]


def is_meant(seen: Around, person: int, directory: Directory) -> bool:
    """Return whether the person (their id) is one of `people_of`, without asking about the others."""
    return any(
        grants.may(found, "view", seen.notice.case)
        for found in directory.active(_meant(seen, directory).keys() & {person})
    )


def _meant(seen: Around, directory: Directory) -> dict[int, None]:
    """Return the ids of those responsible now and their deputies, without who did it; none when the task is closed."""
    kind = KINDS[seen.notice.kind]
    if kind.while_task_open and seen.task is None:
        return {}
    ids = dict.fromkeys(AUDIENCES[kind.audience](seen))
    for principal in tuple(ids):
        ids |= dict.fromkeys(directory.deputies_of(principal, seen.notice.case.kind))
    if seen.notice.by_id is not None:
        ids.pop(seen.notice.by_id, None)
    return ids


def _in(posts: Iterable[Post], wanted: Iterable[tuple[Role, Place]]) -> list[int]:
    return [person for role, place in wanted for post in posts if (post.role, post.place) == (role, place)
            for person in post.members]  # fmt: skip


def _holders(seen: Around, task: Task) -> list[int]:
    if task.person_id:
        return [task.person_id]
    return [person for post in seen.posts if post.group_id == task.role_group_id for person in post.members]


def _assignees(seen: Around) -> list[int]:
    return _holders(seen, seen.task) if seen.task else []


def _desk(seen: Around) -> list[int]:
    return [person for task in seen.open_tasks if task.step_id for person in _holders(seen, task)]


def _all_holders(seen: Around) -> list[int]:
    return [person for task in seen.open_tasks for person in _holders(seen, task)]


def _confirmers(seen: Around) -> list[int]:
    """Return who holds the tasks that ask for a confirmation."""
    return [p for task in seen.open_tasks if task.kind == TaskKind.CONFIRM and not task.step_id
            for p in _holders(seen, task)]  # fmt: skip


def _named(seen: Around) -> list[int]:
    """Return the people whom the event names."""
    event = seen.notice.event
    return [int(pk) for pk in record.payload_of(event).get("people", ())] if event else []


def _finance(seen: Around) -> list[int]:
    return _in(seen.posts, OFFICES[Rung.Audience.DIVISION_IN_CHARGE])


def _stewards(seen: Around) -> list[int]:
    """Return the administrators and the performance division, who see to it that every post is held."""
    administrators = User.objects.filter(is_active=True, administers__isnull=False).values_list("pk", flat=True)
    division = [(Role.FINANCE_HEAD, Place.PERFORMANCE_DIVISION), (Role.FINANCE_REVIEWER, Place.PERFORMANCE_DIVISION)]
    return [*administrators, *_in(seen.posts, division)]


def _second_signers(seen: Around) -> list[int]:
    """Return who may sign a purge after who asked for it: whoever administers security, or the heads of the offices."""
    if seen.notice.by and purging.is_keeper(seen.notice.by):
        return _in(seen.posts, purging.HEADS)
    administrators = User.objects.filter(is_active=True, administers__isnull=False)
    return [person.pk for person in administrators if purging.is_keeper(person)]


def _editors(seen: Around) -> list[int]:
    return _in(seen.posts, [(Role.EDITOR, Place.UNIT)])


def _unit(seen: Around) -> list[int]:
    return _in(seen.posts, [(Role.EDITOR, Place.UNIT), (Role.UNIT_HEAD, Place.UNIT)])


def _unit_and_submitter(seen: Around) -> list[int]:
    return [*_editors(seen), *([seen.submitter] if seen.submitter else [])]


def _own_heads(seen: Around) -> list[int]:
    """Return the heads of those who hold the task: of the post that the task's group is, or that its person holds."""
    task = seen.task
    assert task is not None
    for post in seen.posts:
        if post.group_id != task.role_group_id and task.person_id not in post.members:
            continue
        for role, place in HEADS.get(post.role, ()):
            at = place or post.place
            if heads := [person for person in _in(seen.posts, [(role, Place(at))]) if person != task.person_id]:
                return heads
    return []


def _of_rung(seen: Around) -> list[int]:
    audience = seen.notice.facts["audience"]
    if audience == Rung.Audience.ASSIGNEES:
        return _assignees(seen)
    if audience == Rung.Audience.OWN_HEAD:
        return _own_heads(seen)
    return _in(seen.posts, OFFICES[audience]) or _in(seen.posts, STAND_INS.get(audience, ()))


def _earlier_signers(seen: Around) -> list[int]:
    """Return whose signature stood before the event and does not stand after it, without those who have it now."""
    event, case = seen.notice.event, seen.notice.case
    if event is None:
        return []
    steps = [step.key for step in routes.steps_of(case.route)] if case.route else []
    events = [one for one in sql.chain(case.pk) if one.seq <= event.seq]
    before, after = (signing.signed(part, steps=steps, payload_of=record.payload_of) for part in (events[:-1], events))
    stand = {signature.seq for signature in after.signatures}
    gone = [person for one in before.signatures if one.seq not in stand for person in sorted(one.people)]
    desk = set(_desk(seen))
    return [person for person in gone if person not in desk]


AUDIENCES: dict[str, Callable[[Around], list[int]]] = {
    "desk": _desk,
    "assignees": _assignees,
    "holders": _all_holders,
    "confirmers": _confirmers,
    "named": _named,
    "finance": _finance,
    "stewards": _stewards,
    "second_signers": _second_signers,
    "editors": _editors,
    "unit": _unit,
    "unit_and_submitter": _unit_and_submitter,
    "rung": _of_rung,
    "earlier_signers": _earlier_signers,
}


def holder_of(case: Case, task: Task | None) -> tuple[str, str]:
    """Return the name and the office phone of who has the task: its group's organisation, else the unit."""
    group = task.role_group if task else None
    organisation = group.organisation if group else case.unit
    return organisation.name, organisation.phone or case.department.phone
