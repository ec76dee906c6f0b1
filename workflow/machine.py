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
    APPROVE_WITH_CONDITIONS = "approve_with_conditions", _("Approve with conditions")
    MEET_CONDITION = "meet_condition", _("Condition met")
    UNDO_APPROVAL = "undo_approval", _("Undo approval")
    RETURN = "return", _("Return for correction")
    REJECT = "reject", _("Reject")
    READMIT = "readmit", _("Readmit")
    RELEASE = "release", _("Release")
    FILL_FOR = "fill_for", _("Fill in for the unit")
    CONFIRM_FILLED = "confirm_filled", _("Confirm what was filled in")
    PROPOSE_ADMISSION = "propose_admission", _("Propose admission")
    DECLINE_ADMISSION = "decline_admission", _("Decline admission")
    ADMIT = "admit", _("Admit")
    FUNDS_CHANGED = "funds_changed", _("Control figure")
    WAIVE = "waive", _("Waive")
    CANCEL = "cancel", _("Cancel")
    ADJUST = "adjust", _("Adjust the target")
    OPEN_MONITORING = "open_monitoring", _("Open monitoring")
    SUSPEND = "suspend", _("Suspend")
    RESUME = "resume", _("Resume")
    CLOSE = "close", _("Archive")
    CLAIM = "claim", _("I will review")
    TRANSFER = "transfer", _("Transfer")
    ADD_APPROVER = "add_approver", _("Ask others to review")
    COPY = "copy", _("Copy to")
    URGE = "urge", _("Urge")
    ESCALATE = "escalate", _("Escalate")
    EXPORT = "export", _("Export")
    CLEAR_SECRECY = "clear_secrecy", _("Secrecy review")
    MOVE_DEADLINE = "move_deadline", _("Deadline moved")
    ASK_EXTENSION = "ask_extension", _("Extension asked for")
    EXTEND = "extend", _("Extension granted")
    REFUSE_EXTENSION = "refuse_extension", _("Extension refused")
    REORGANISE = "reorganise", _("Organisation changed")
    HAND_OVER = "hand_over", _("Handed over")
    PURGE = "purge", _("Purged")


class Right(TextChoices):
    """Object permissions on a case, projected into guardian's rows by workflow.grants."""

    CHANGE = "change_case", _("may edit the content")
    SUBMIT = "submit_case", _("may submit and recall")
    REVIEW = "review_case", _("may review")
    RELEASE = "release_case", _("may release")
    CANCEL = "cancel_case", _("may cancel")
    ADJUST = "adjust_case", _("may propose an adjustment")
    REPORT = "report_case", _("may report progress")
    MONITOR = "monitor_case", _("may open, suspend and close monitoring")
    READMIT = "readmit_case", _("may readmit what was rejected")
    URGE = "urge_case", _("may urge whoever has the case")


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
    CONDITIONAL = "conditional", _("Approved with conditions")
    REJECTED = "rejected", _("Rejected")
    RELEASED = "released", _("Released")


class Added(TextChoices):
    """When somebody who was asked to review besides the step's own candidates is asked (转请会审)."""

    BEFORE = "before", _("before me")
    BESIDE = "beside", _("beside me")
    AFTER = "after", _("after me")


class Again(TextChoices):
    """Which way a case takes after a return: the chain again, or straight back to who returned it."""

    CHAIN = "chain", _("step by step again")
    DIRECT = "direct", _("straight back to me")


class Basis(TextChoices):
    """What somebody had before them who filled a table in for its unit (代填)."""

    PHONE = "phone", _("by telephone")
    PAPER = "paper", _("from paper")


class FundsOutcome(TextChoices):
    """What a control figure (控制数) means for a table."""

    UNCHANGED = "unchanged", _("confirmed unchanged")
    CHANGED = "changed", _("amount changed")
    NOT_FUNDED = "not_funded", _("not funded")


class SamePerson(TextChoices):
    """What happens at a step whose only way on is a person who has already signed."""

    ASK = "ask", _("ask again")
    SKIP = "skip", _("skip with a record")


class WhenNobody(TextChoices):
    """What happens when a step opens and nobody holds the role that it asks for; never a silent pass."""

    BLOCK = "block", _("hold the case before the step")
    WAIT = "wait", _("open the step and wait for whoever is named")


@dataclass(frozen=True, slots=True)
class Needs:
    """What an action needs before the engine carries it out.

    froms: states it is possible from. right: the right asked; None: `posts`, or what the record says of the actor,
    decides (rules.RELATIONS). posts: offices around the case, one of which the actor must hold. task: kinds of open
    task the actor must hold, empty for none. words: a reason in words is asked. kinds: document kinds it exists for.
    system: the clock may do it. signs: it is a decision on the task, so separation of duties holds. for_others: the
    head of the office may do it for whoever holds the task.
    """

    froms: tuple[State, ...]
    right: Right | None
    task: tuple[TaskKind, ...] = ()
    words: bool = False
    kinds: tuple[Kind, ...] = tuple(Kind)
    system: bool = False
    signs: bool = False
    for_others: bool = False
    posts: tuple[tuple[Role, Place], ...] = ()


REVIEWING = (TaskKind.REVIEW, TaskKind.CONFIRM)
DECIDING = (*REVIEWING, TaskKind.RELEASE)
UNDER_WAY = (State.DRAFT, *REVIEW_STATES)
BUREAU = (
    (Role.FINANCE_REVIEWER, Place.DIVISION_IN_CHARGE),
    (Role.FINANCE_REVIEWER, Place.PERFORMANCE_DIVISION),
    (Role.FINANCE_HEAD, Place.BUREAU),
)
"""Who acts for the finance bureau outside the route."""
FILLING = (
    (Role.DEPARTMENT_REVIEWER, Place.DEPARTMENT),
    (Role.FINANCE_REVIEWER, Place.DIVISION_IN_CHARGE),
    (Role.FINANCE_REVIEWER, Place.PERFORMANCE_DIVISION),
)
"""Who may fill a table in for its unit (代填)."""
PERFORMANCE = ((Role.FINANCE_REVIEWER, Place.PERFORMANCE_DIVISION),)
ONLY_TARGETS = (Kind.TARGET,)

NEEDS: dict[Action, Needs] = {
    Action.SUBMIT: Needs((State.DRAFT,), Right.SUBMIT),
    Action.RECALL: Needs((State.DEPARTMENT_REVIEW,), Right.SUBMIT),
    Action.APPROVE: Needs(REVIEW_STATES, Right.REVIEW, task=REVIEWING, signs=True),
    Action.APPROVE_WITH_CONDITIONS: Needs(REVIEW_STATES, Right.REVIEW, task=REVIEWING, signs=True),
    Action.MEET_CONDITION: Needs(REVIEW_STATES, None, words=True),
    Action.UNDO_APPROVAL: Needs((*REVIEW_STATES, State.APPROVED), None, words=True),
    Action.RETURN: Needs(REVIEW_STATES, Right.REVIEW, task=DECIDING, words=True, signs=True),
    Action.REJECT: Needs((State.FINANCE_REVIEW,), Right.REVIEW, task=REVIEWING, words=True, signs=True),
    Action.READMIT: Needs((State.REJECTED,), Right.READMIT, words=True),
    Action.RELEASE: Needs((State.FINANCE_REVIEW,), Right.RELEASE, task=(TaskKind.RELEASE,), signs=True),
    Action.FILL_FOR: Needs((State.DRAFT,), None, words=True, kinds=ONLY_TARGETS, posts=FILLING),
    Action.CONFIRM_FILLED: Needs((State.DRAFT,), Right.SUBMIT, kinds=ONLY_TARGETS),
    Action.PROPOSE_ADMISSION: Needs((State.DRAFT,), None, kinds=ONLY_TARGETS, posts=BUREAU),
    Action.DECLINE_ADMISSION: Needs((State.DRAFT,), None, words=True, kinds=ONLY_TARGETS, posts=BUREAU),
    Action.ADMIT: Needs((State.DRAFT,), None, kinds=ONLY_TARGETS, posts=BUREAU),
    Action.FUNDS_CHANGED: Needs((*UNDER_WAY, State.APPROVED), None, kinds=ONLY_TARGETS, posts=BUREAU),
    Action.WAIVE: Needs(
        UNDER_WAY, None, words=True, kinds=(Kind.REPORT, Kind.SELF_EVALUATION), system=True, posts=PERFORMANCE
    ),
    Action.CANCEL: Needs((State.DRAFT,), Right.CANCEL, words=True),
    Action.ADJUST: Needs((State.APPROVED, State.MONITORING), Right.ADJUST, words=True, kinds=ONLY_TARGETS),
    Action.OPEN_MONITORING: Needs((State.APPROVED, State.MONITORING), Right.MONITOR, kinds=(Kind.TARGET,), system=True),
    Action.SUSPEND: Needs((State.MONITORING,), Right.MONITOR, words=True, kinds=(Kind.TARGET,)),
    Action.RESUME: Needs((State.SUSPENDED,), Right.MONITOR, words=True, kinds=(Kind.TARGET,)),
    Action.CLOSE: Needs((State.MONITORING,), Right.MONITOR, kinds=(Kind.TARGET,), system=True),
    Action.CLAIM: Needs(REVIEW_STATES, Right.REVIEW, task=REVIEWING, signs=True),
    Action.TRANSFER: Needs(REVIEW_STATES, Right.REVIEW, task=DECIDING, words=True, for_others=True),
    Action.ADD_APPROVER: Needs(REVIEW_STATES, Right.REVIEW, task=REVIEWING, words=True),
    Action.COPY: Needs(REVIEW_STATES, Right.REVIEW, task=DECIDING),
    Action.URGE: Needs(UNDER_WAY, Right.URGE),
}

SIGNATURES = (Action.APPROVE, Action.APPROVE_WITH_CONDITIONS, Action.RELEASE)
"""The actions that sign a step."""

HEADS: dict[Role, Role] = {
    Role.DEPARTMENT_REVIEWER: Role.DEPARTMENT_HEAD,
    Role.FINANCE_REVIEWER: Role.FINANCE_HEAD,
}
"""Who heads the holders of a role in the same organisation."""


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
    Grant((State.APPROVED, State.MONITORING), Role.EDITOR, Place.UNIT, Right.ADJUST, kinds=(Kind.TARGET,)),
    Grant((State.MONITORING,), Role.EDITOR, Place.UNIT, Right.REPORT, kinds=(Kind.TARGET,)),
    Grant(
        (State.APPROVED, State.MONITORING, State.SUSPENDED),
        Role.FINANCE_REVIEWER,
        Place.PERFORMANCE_DIVISION,
        Right.MONITOR,
        kinds=(Kind.TARGET,),
    ),
    Grant((State.REJECTED,), Role.FINANCE_HEAD, Place.DIVISION_IN_CHARGE, Right.READMIT),
    Grant((State.REJECTED,), Role.FINANCE_HEAD, Place.BUREAU, Right.READMIT),
    Grant(REVIEW_STATES, Role.EDITOR, Place.UNIT, Right.URGE),
    Grant(REVIEW_STATES, Role.UNIT_HEAD, Place.UNIT, Right.URGE),
    Grant((State.DRAFT,), Role.DEPARTMENT_REVIEWER, Place.DEPARTMENT, Right.URGE),
    Grant((State.DRAFT,), Role.FINANCE_REVIEWER, Place.DIVISION_IN_CHARGE, Right.URGE),
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

WAYS_BACK: dict[tuple[State, State], str] = {
    (State.FINANCE_REVIEW, State.DEPARTMENT_REVIEW): "back_to_department_review",
    (State.APPROVED, State.DEPARTMENT_REVIEW): "reopen_department_review",
    (State.APPROVED, State.FINANCE_REVIEW): "reopen_finance_review",
}
"""The edges back to an earlier stage, for a return to a step and for an approval undone."""


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

    @transition(field="state", source=State.FINANCE_REVIEW, target=State.DEPARTMENT_REVIEW)
    def back_to_department_review(self) -> None: ...

    @transition(field="state", source=State.APPROVED, target=State.DEPARTMENT_REVIEW)
    def reopen_department_review(self) -> None: ...

    @transition(field="state", source=State.APPROVED, target=State.FINANCE_REVIEW)
    def reopen_finance_review(self) -> None: ...

    @transition(field="state", source=State.FINANCE_REVIEW, target=State.REJECTED)
    def to_rejected(self) -> None: ...

    @transition(field="state", source=State.REJECTED, target=State.DRAFT)
    def readmit_to_draft(self) -> None: ...

    @transition(field="state", source=State.DRAFT, target=State.CANCELLED)
    def to_cancelled(self) -> None: ...

    @transition(field="state", source=State.DRAFT, target=State.APPROVED)
    def admit(self) -> None: ...

    @transition(field="state", source=[*REVIEW_STATES, State.APPROVED], target=State.DRAFT)
    def reopen_for_funds(self) -> None: ...

    @transition(field="state", source=[State.DRAFT, *REVIEW_STATES, State.APPROVED], target=State.CANCELLED)
    def drop(self) -> None: ...

    @transition(field="state", source=[State.APPROVED, State.MONITORING], target=State.MONITORING)
    def to_monitoring(self) -> None: ...

    @transition(field="state", source=State.MONITORING, target=State.SUSPENDED)
    def to_suspended(self) -> None: ...

    @transition(field="state", source=State.SUSPENDED, target=State.MONITORING)
    def resume_monitoring(self) -> None: ...

    @transition(field="state", source=State.MONITORING, target=State.CLOSED)
    def to_closed(self) -> None: ...
