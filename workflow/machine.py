"""The machine as data: states, actions, rights, roles, and what each action needs.

Declares only: reads neither the clock nor the data. The engine walks it, the grants are derived from it, the
pictures are drawn from it.
"""

from dataclasses import dataclass

from django.db.models import TextChoices
from django.utils.translation import gettext_lazy as _
from django_fsm import transition


class State(TextChoices):
    """Where a case stands. Inside the two review states a route of steps runs, as data."""

    DRAFT = "draft", _("Not submitted")
    DEPARTMENT_REVIEW = "department_review", _("In department review")
    FINANCE_REVIEW = "finance_review", _("In finance review")
    APPROVED = "approved", _("Approved")
    MONITORING = "monitoring", _("Monitoring")
    SUSPENDED = "suspended", _("Suspended")
    CLOSED = "closed", _("Archived")
    REJECTED = "rejected", _("Rejected")
    CANCELLED = "cancelled", _("Cancelled")


REVIEW_STATES = (State.DEPARTMENT_REVIEW, State.FINANCE_REVIEW)
FINAL_STATES = (State.CLOSED, State.CANCELLED)


class Kind(TextChoices):
    """What a case is about. All kinds walk the same machine; only TARGET enters monitoring."""

    TARGET = "target", _("Target table")
    REPORT = "report", _("Monitoring report")
    SELF_EVALUATION = "self_evaluation", _("Self-evaluation")


class Action(TextChoices):
    """Everything that can be done to a case (engine.perform) or noted about it (record)."""

    START = "start", _("Open")
    EDIT = "edit", _("Edit")
    SUBMIT = "submit", _("Submit")
    RECALL = "recall", _("Recall")
    APPROVE = "approve", _("Approve")
    RETURN = "return", _("Return for correction")
    RELEASE = "release", _("Release")
    CANCEL = "cancel", _("Cancel")
    OPEN_MONITORING = "open_monitoring", _("Open monitoring")
    ESCALATE = "escalate", _("Escalate")
    EXPORT = "export", _("Export")


class Right(TextChoices):
    """Object permissions on a case, projected into guardian's rows by workflow.grants."""

    CHANGE = "change_case", _("may edit the content")
    SUBMIT = "submit_case", _("may submit and recall")
    REVIEW = "review_case", _("may review")
    RELEASE = "release_case", _("may release")
    CANCEL = "cancel_case", _("may cancel")
    ADJUST = "adjust_case", _("may propose an adjustment")
    REPORT = "report_case", _("may report progress")
    MONITOR = "monitor_case", _("may open and close monitoring")


class Role(TextChoices):
    """What a person is in an organisation. A role group is organisation x role."""

    EDITOR = "editor", _("Editor")
    UNIT_HEAD = "unit_head", _("Unit head")
    DEPARTMENT_REVIEWER = "department_reviewer", _("Department reviewer")
    DEPARTMENT_HEAD = "department_head", _("Department head")
    FINANCE_REVIEWER = "finance_reviewer", _("Finance reviewer")
    FINANCE_HEAD = "finance_head", _("Finance head")
    AUDITOR = "auditor", _("Auditor")


class Place(TextChoices):
    """Which organisation a role is sought in, seen from a case."""

    UNIT = "unit", _("the unit")
    DEPARTMENT = "department", _("the supervising department")
    DIVISION_IN_CHARGE = "division_in_charge", _("the division in charge")
    PERFORMANCE_DIVISION = "performance_division", _("the performance division")
    BUREAU = "bureau", _("the finance bureau")


class TaskKind(TextChoices):
    """What someone must do by when."""

    FILL = "fill", _("Fill in")
    CORRECT = "correct", _("Correct")
    CONFIRM = "confirm", _("Confirm")
    REVIEW = "review", _("Review")
    RELEASE = "release", _("Release")
    REPORT = "report", _("Report progress")
    ADJUST = "adjust", _("Adjust")


class TaskStatus(TextChoices):
    OPEN = "open", _("Open")
    DONE = "done", _("Done")
    WITHDRAWN = "withdrawn", _("Withdrawn")


class Rule(TextChoices):
    """How many decisions complete a step."""

    ANY = "any", _("One reviewer is enough")
    ALL = "all", _("All must review")
    QUORUM = "quorum", _("A number must review")
    SEQUENCE = "sequence", _("One after the other")


class Verdict(TextChoices):
    APPROVED = "approved", _("Approved")
    RETURNED = "returned", _("Returned")
    RELEASED = "released", _("Released")


class SamePerson(TextChoices):
    """What happens at a step whose only way on is a person who has already signed."""

    ASK = "ask", _("ask again")
    SKIP = "skip", _("skip with a record")


@dataclass(frozen=True, slots=True)
class Needs:
    """What an action needs before the engine carries it out.

    froms: states it is possible from. right: the right asked. task: kinds of open task the actor must hold,
    empty for none. words: a reason in words is asked. kinds: document kinds it exists for. system: the clock may do it.
    """

    froms: tuple[State, ...]
    right: Right
    task: tuple[TaskKind, ...] = ()
    words: bool = False
    kinds: tuple[Kind, ...] = tuple(Kind)
    system: bool = False


NEEDS: dict[Action, Needs] = {
    Action.SUBMIT: Needs((State.DRAFT,), Right.SUBMIT),
    Action.RECALL: Needs((State.DEPARTMENT_REVIEW,), Right.SUBMIT),
    Action.APPROVE: Needs(REVIEW_STATES, Right.REVIEW, task=(TaskKind.REVIEW, TaskKind.CONFIRM)),
    Action.RETURN: Needs(
        REVIEW_STATES, Right.REVIEW, task=(TaskKind.REVIEW, TaskKind.CONFIRM, TaskKind.RELEASE), words=True
    ),
    Action.RELEASE: Needs((State.FINANCE_REVIEW,), Right.RELEASE, task=(TaskKind.RELEASE,)),
    Action.CANCEL: Needs((State.DRAFT,), Right.CANCEL, words=True),
    Action.OPEN_MONITORING: Needs((State.APPROVED, State.MONITORING), Right.MONITOR, kinds=(Kind.TARGET,), system=True),
}


@dataclass(frozen=True, slots=True)
class Grant:
    """Members of `role` at `place` hold `right` while a case of `kinds` is in one of `states`."""

    states: tuple[State, ...]
    role: Role
    place: Place
    right: Right
    kinds: tuple[Kind, ...] = tuple(Kind)


STANDING_GRANTS: tuple[Grant, ...] = (
    Grant((State.DRAFT,), Role.EDITOR, Place.UNIT, Right.CHANGE),
    Grant((State.DRAFT, State.DEPARTMENT_REVIEW), Role.EDITOR, Place.UNIT, Right.SUBMIT),
    Grant((State.DRAFT,), Role.EDITOR, Place.UNIT, Right.CANCEL, kinds=(Kind.TARGET,)),
    Grant((State.DRAFT,), Role.FINANCE_REVIEWER, Place.DIVISION_IN_CHARGE, Right.CANCEL, kinds=(Kind.TARGET,)),
    Grant((State.DRAFT,), Role.FINANCE_REVIEWER, Place.PERFORMANCE_DIVISION, Right.CANCEL, kinds=(Kind.TARGET,)),
    Grant((State.APPROVED,), Role.EDITOR, Place.UNIT, Right.ADJUST, kinds=(Kind.TARGET,)),
    Grant((State.MONITORING,), Role.EDITOR, Place.UNIT, Right.REPORT, kinds=(Kind.TARGET,)),
    Grant(
        (State.APPROVED, State.MONITORING),
        Role.FINANCE_REVIEWER,
        Place.PERFORMANCE_DIVISION,
        Right.MONITOR,
        kinds=(Kind.TARGET,),
    ),
)

TASK_RIGHTS: dict[TaskKind, tuple[Right, ...]] = {
    TaskKind.REVIEW: (Right.REVIEW,),
    TaskKind.CONFIRM: (Right.REVIEW,),
    TaskKind.RELEASE: (Right.RELEASE, Right.REVIEW),
}
"""The rights that holding an open task gives; who releases may also return, which asks for REVIEW."""

STAGE_MOVES: dict[State, str] = {
    State.DEPARTMENT_REVIEW: "to_department_review",
    State.FINANCE_REVIEW: "to_finance_review",
    State.APPROVED: "to_approved",
}
"""The edge that enters each state on the way up, in the order of the way."""


class Moves:
    """The edges, declared for django-fsm. Only workflow.engine calls them; each is one arrow of the picture."""

    state: str

    @transition(field="state", source=State.DRAFT, target=State.DEPARTMENT_REVIEW)
    def to_department_review(self) -> None: ...

    @transition(field="state", source=State.DEPARTMENT_REVIEW, target=State.FINANCE_REVIEW)
    def to_finance_review(self) -> None: ...

    @transition(field="state", source=State.FINANCE_REVIEW, target=State.APPROVED)
    def to_approved(self) -> None: ...

    @transition(field="state", source=State.DEPARTMENT_REVIEW, target=State.DRAFT)
    def recall_to_draft(self) -> None: ...

    @transition(field="state", source=list(REVIEW_STATES), target=State.DRAFT)
    def return_to_draft(self) -> None: ...

    @transition(field="state", source=State.DRAFT, target=State.CANCELLED)
    def to_cancelled(self) -> None: ...

    @transition(field="state", source=[State.APPROVED, State.MONITORING], target=State.MONITORING)
    def to_monitoring(self) -> None: ...
