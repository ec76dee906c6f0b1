"""The case and its tasks: what moves, and the one list of what someone must do by when.

Rows are written by workflow.engine and workflow.deadlines only; `state` by workflow.engine alone.
"""

from typing import Any

from django.contrib.auth.models import Group, Permission
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _
from django_fsm import FSMField
from guardian.models import GroupObjectPermissionBase, UserObjectPermissionBase

from workflow.machine import Added, Kind, Moves, Right, State, TaskKind, TaskStatus, Verdict
from workflow.models.people import Organisation, RoleGroup, User
from workflow.models.round import Ladder, Round
from workflow.models.route import Route, Step
from workflow.models.rows import QuickRows


class NumberSeries(models.Model):
    """The last case number given in a fiscal year."""

    fiscal_year = models.PositiveIntegerField(primary_key=True)
    last = models.PositiveIntegerField(default=0)


class Case(QuickRows, Moves, models.Model):
    """One thing that moves through review: a target table, a report or a self-evaluation."""

    kind = models.CharField(max_length=20, choices=Kind.choices, default=Kind.TARGET)
    number = models.CharField(_("number"), max_length=12, unique=True)
    title = models.CharField(_("title"), max_length=300)
    amount = models.DecimalField(_("amount (yuan)"), max_digits=18, decimal_places=2, null=True, blank=True)
    fiscal_year = models.PositiveIntegerField(_("fiscal year"))
    profile = models.CharField(max_length=40)
    is_key = models.BooleanField(_("key project"), default=False)
    parent = models.ForeignKey("self", models.PROTECT, null=True, blank=True, related_name="children")
    # Every move writes all indexes of its rows and looks up every reference: those that no read needs (db_index) and
    # those to what is never deleted (db_constraint) are left to the ORM, here and below (decision 0013).
    unit = models.ForeignKey(Organisation, models.PROTECT, related_name="unit_cases", db_index=False)
    department = models.ForeignKey(Organisation, models.PROTECT, related_name="department_cases", db_index=False)
    round = models.ForeignKey(Round, models.PROTECT, null=True, blank=True, related_name="cases")
    state = FSMField(_("state"), default=State.DRAFT, choices=State.choices, protected=True)
    route = models.ForeignKey(Route, models.PROTECT, null=True, blank=True, related_name="cases", db_index=False)
    step = models.ForeignKey(
        Step, models.PROTECT, null=True, blank=True, related_name="cases_here", db_index=False, db_constraint=False
    )
    pass_no = models.PositiveIntegerField(default=0)
    """How often it has been submitted; decisions count within one pass."""
    version = models.PositiveIntegerField(default=1)
    content_hash = models.CharField(max_length=64, blank=True)
    head = models.CharField(max_length=64, blank=True)
    head_seq = models.PositiveIntegerField(default=0)
    is_late = models.BooleanField(default=False)
    is_admitted = models.BooleanField(default=False)
    """Approved on paper before the system was there (补录): marked for ever."""
    is_unfunded = models.BooleanField(default=False)
    """Cancelled because the control figures give it no money (未安排)."""
    is_off_list = models.BooleanField(default=False)
    """Its project is not on the budget's project list (清单外项目)."""
    opened_by = models.ForeignKey(User, models.PROTECT, null=True, related_name="+", db_index=False)
    opened_at = models.DateTimeField()
    moved_at = models.DateTimeField()
    submitted_at = models.DateTimeField(null=True, blank=True)
    approved_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        verbose_name = _("case")
        ordering = ["-id"]
        default_permissions = ()
        permissions = [(right.value, right.value) for right in Right]
        indexes = [
            models.Index(fields=["department", "state"], name="case_department_state"),
            models.Index(fields=["unit", "state"], name="case_unit_state"),
            models.Index(fields=["fiscal_year", "kind", "state"], name="case_year_kind_state"),
        ]

    def __str__(self) -> str:
        return f"{self.number} {self.title}"

    @property
    def desk(self) -> Any:
        """The state in the words of the page: whose desk it lies on. Reads `step`, so select it with the case."""
        if self.is_unfunded and self.state == State.CANCELLED:
            return _("Not funded")
        return self.step.waiting_title if self.step_id and self.step else self.get_state_display()


class CaseUserPermission(UserObjectPermissionBase):
    """A right of one person on one case. Derived by workflow.grants, never edited."""

    content_object = models.ForeignKey(Case, models.CASCADE, db_constraint=False)
    user = models.ForeignKey(User, models.CASCADE, db_index=False, db_constraint=False)
    permission = models.ForeignKey(Permission, models.CASCADE, db_index=False, db_constraint=False)

    class Meta(UserObjectPermissionBase.Meta):
        abstract = False


class CaseGroupPermission(GroupObjectPermissionBase):
    """A right of one role group on one case. Derived by workflow.grants, never edited."""

    content_object = models.ForeignKey(Case, models.CASCADE, db_constraint=False)
    group = models.ForeignKey(Group, models.CASCADE, db_index=False, db_constraint=False)
    permission = models.ForeignKey(Permission, models.CASCADE, db_index=False, db_constraint=False)

    class Meta(GroupObjectPermissionBase.Meta):
        abstract = False


class Task(QuickRows, models.Model):
    """What a role group or a person must do with a case by when. A closed task never reopens."""

    case = models.ForeignKey(Case, models.PROTECT, related_name="tasks", db_index=False)
    kind = models.CharField(max_length=10, choices=TaskKind.choices)
    step = models.ForeignKey(
        Step, models.PROTECT, null=True, blank=True, related_name="+", db_index=False, db_constraint=False
    )
    pass_no = models.PositiveIntegerField(default=0)
    position = models.PositiveIntegerField(default=0)
    """The place in line under rule SEQUENCE; 0 otherwise."""
    role_group = models.ForeignKey(
        RoleGroup, models.PROTECT, null=True, blank=True, related_name="tasks", db_index=False, db_constraint=False
    )
    person = models.ForeignKey(User, models.PROTECT, null=True, blank=True, related_name="tasks", db_index=False)
    principal = models.ForeignKey(
        User, models.PROTECT, null=True, blank=True, related_name="tasks_delegated", db_index=False
    )
    status = models.CharField(max_length=10, choices=TaskStatus.choices, default=TaskStatus.OPEN)
    opened_at = models.DateTimeField()
    begun_at = models.DateTimeField(null=True, blank=True)
    closed_at = models.DateTimeField(null=True, blank=True)
    claimed_by = models.ForeignKey(User, models.PROTECT, null=True, blank=True, related_name="+", db_index=False)
    opened_seq = models.PositiveIntegerField(null=True, blank=True)
    """The seq of the event that opened it; `closed_seq`: of the one that closed it. An approval undone reads them."""
    closed_seq = models.PositiveIntegerField(null=True, blank=True)
    added = models.CharField(max_length=6, choices=Added.choices, blank=True)
    """Asked besides the step's own candidates (转请会审); `added_seq`: by which event."""
    added_seq = models.PositiveIntegerField(null=True, blank=True)
    # the clock
    due_at = models.DateTimeField(null=True, blank=True)
    due_is_provisional = models.BooleanField(default=False)
    """The due date depends on a year whose calendar is not published yet."""
    budget_days = models.PositiveIntegerField(null=True, blank=True)
    """Days allowed; null when a fixed date of the round holds."""
    counts_calendar_days = models.BooleanField(default=False)
    """A term of the law: every day counts, holidays too. Otherwise working days."""
    term = models.PositiveIntegerField(default=1)
    """Rises when the deadline is extended, so that the rungs fire anew."""
    resting_since = models.DateTimeField(null=True, blank=True)
    ladder = models.ForeignKey(
        Ladder, models.PROTECT, null=True, blank=True, related_name="+", db_index=False, db_constraint=False
    )
    next_rung_at = models.DateTimeField(null=True, blank=True)
    nobody_since = models.DateTimeField(null=True, blank=True)
    """Since when nobody has been there who could do it, as the sweep has noticed (workflow.orphans)."""

    class Meta:
        verbose_name = _("task")
        constraints = [
            models.CheckConstraint(
                condition=Q(role_group__isnull=True) ^ Q(person__isnull=True), name="task_of_a_group_or_a_person"
            ),
            models.CheckConstraint(
                condition=Q(status=TaskStatus.OPEN, closed_at__isnull=True)
                | (~Q(status=TaskStatus.OPEN) & Q(closed_at__isnull=False)),
                name="closed_tasks_have_a_time",
            ),
        ]
        indexes = [
            models.Index(fields=["role_group", "due_at", "id"], name="task_group_due", condition=Q(status="open")),
            models.Index(
                fields=["person", "due_at", "id"],
                name="task_person_due",
                condition=Q(status="open", person__isnull=False),
            ),
            models.Index(fields=["person"], name="task_of_a_person", condition=Q(person__isnull=False)),
            models.Index(
                fields=["next_rung_at"], name="task_next_rung", condition=Q(status="open", next_rung_at__isnull=False)
            ),
            models.Index(fields=["case", "status"], name="task_case_status"),
            models.Index(fields=["id"], name="task_nobody_there", condition=Q(nobody_since__isnull=False)),
        ]


class Decision(QuickRows, models.Model):
    """One signed verdict on one task. Append-only; a voided decision is voided by an event."""

    task = models.OneToOneField(Task, models.PROTECT, related_name="decision")
    case = models.ForeignKey(Case, models.PROTECT, related_name="decisions", db_constraint=False)
    step = models.ForeignKey(Step, models.PROTECT, related_name="+", db_index=False, db_constraint=False)
    pass_no = models.PositiveIntegerField()
    verdict = models.CharField(max_length=12, choices=Verdict.choices)
    reason_code = models.CharField(max_length=40, blank=True)
    words = models.TextField(blank=True)
    actor = models.ForeignKey(User, models.PROTECT, related_name="decisions", db_index=False, db_constraint=False)
    principal = models.ForeignKey(User, models.PROTECT, null=True, blank=True, related_name="+", db_index=False)
    content_hash = models.CharField(max_length=64)
    sheet = models.JSONField(null=True, blank=True)
    event_seq = models.PositiveIntegerField()
    made_at = models.DateTimeField()

    class Meta:
        verbose_name = _("decision")


class Copy(models.Model):
    """One person who was given a case to read (抄送). Written by workflow.engine; read by grants."""

    case = models.ForeignKey(Case, models.PROTECT, related_name="copies")
    person = models.ForeignKey(User, models.PROTECT, related_name="copies")
    given_by = models.ForeignKey(User, models.PROTECT, related_name="+")
    given_at = models.DateTimeField()

    class Meta:
        verbose_name = _("copy")
        constraints = [models.UniqueConstraint(fields=["person", "case"], name="copied_once_a_person")]


class Suspension(models.Model):
    """One stretch during which a task's clock rested."""

    task = models.ForeignKey(Task, models.PROTECT, related_name="suspensions")
    rested_from = models.DateTimeField()
    rested_to = models.DateTimeField(null=True, blank=True)
    reason = models.CharField(max_length=120)


class RungFired(models.Model):
    """One rung of one task's term that has fired: the insert is the claim, so nothing fires twice."""

    task = models.ForeignKey(Task, models.PROTECT, related_name="rungs_fired", db_index=False)
    code = models.SlugField(max_length=20, db_index=False)
    term = models.PositiveIntegerField(default=1)
    audience = models.CharField(max_length=24)
    is_escalation = models.BooleanField(default=False)
    due_at = models.DateTimeField()
    fired_at = models.DateTimeField()
    is_silent = models.BooleanField(default=False)
    """Missed during an outage and overtaken by a later rung: recorded, not sent."""

    class Meta:
        constraints = [models.UniqueConstraint(fields=["task", "code", "term"], name="rung_fires_once")]
