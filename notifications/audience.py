"""Who is responsible now: the people a notice goes to, decided when it is expanded and asked again when it is sent.

Reads the procedure's roles and tasks; writes nothing. Whoever may not see the case is never named here.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from notifications.kinds import KINDS
from notifications.models import Notice
from workflow import grants
from workflow.grants import Post
from workflow.machine import Action, Place, Role, TaskStatus
from workflow.models import Case, Event, Rung, Task, User

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

    @property
    def task(self) -> Task | None:
        """The notice's task while it is open."""
        return next((task for task in self.open_tasks if task.pk == self.notice.task_id), None)


def around(notice: Notice) -> Around:
    """Load what decides the audience of `notice`. Two queries; needs case.unit and case.department selected."""
    tasks = Task.objects.filter(case=notice.case_id, status=TaskStatus.OPEN).order_by("pk")
    return Around(
        notice, grants.posts_around(notice.case), list(tasks.select_related("step", "role_group__organisation"))
    )


def people_of(seen: Around) -> list[User]:
    """Return the active people who are to be told now, without who did it, and only those who may see the case."""
    kind = KINDS[seen.notice.kind]
    if kind.while_task_open and seen.task is None:
        return []
    ids = dict.fromkeys(AUDIENCES[kind.audience](seen))
    if seen.notice.by_id is not None:
        ids.pop(seen.notice.by_id, None)
    people = User.objects.filter(pk__in=ids, is_active=True).order_by("pk")
    return [person for person in people if grants.may(person, "view", seen.notice.case)]


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


def _editors(seen: Around) -> list[int]:
    return _in(seen.posts, [(Role.EDITOR, Place.UNIT)])


def _unit(seen: Around) -> list[int]:
    return _in(seen.posts, [(Role.EDITOR, Place.UNIT), (Role.UNIT_HEAD, Place.UNIT)])


def _unit_and_submitter(seen: Around) -> list[int]:
    submissions = Event.objects.filter(case=seen.notice.case_id, action=Action.SUBMIT, refused="")
    submitted = submissions.order_by("-seq").first()
    submitter = [submitted.actor_id] if submitted and submitted.actor_id else []
    return [*_editors(seen), *submitter]


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


AUDIENCES: dict[str, Callable[[Around], list[int]]] = {
    "desk": _desk,
    "assignees": _assignees,
    "editors": _editors,
    "unit": _unit,
    "unit_and_submitter": _unit_and_submitter,
    "rung": _of_rung,
}


def holder_of(case: Case, task: Task | None) -> tuple[str, str]:
    """Return the name and the office phone of who has the task: its group's organisation, else the unit."""
    group = task.role_group if task else None
    organisation = group.organisation if group else case.unit
    return organisation.name, organisation.phone or case.department.phone
