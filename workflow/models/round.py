"""Rounds and their dates, ladders and their rungs, and the working-day calendar."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from workflow.machine import Kind, TaskKind


class Milestone(models.TextChoices):
    """The dates that a round's notice sets."""

    UNIT_SUBMISSION = "unit_submission", _("Units submit")
    DEPARTMENT_REVIEW = "department_review", _("Departments review")
    BUSINESS_REVIEW = "business_review", _("Divisions in charge review")
    PERFORMANCE_REVIEW = "performance_review", _("Performance division reviews")
    CONGRESS = "congress", _("The people’s congress approves the budget")
    RELEASE = "release", _("Release")
    UNIT_RELEASE = "unit_release", _("Departments release to their units")
    PUBLICATION = "publication", _("Publication")
    MONITORING_OPENS = "monitoring_opens", _("Monitoring opens")
    MONITORING_UNIT = "monitoring_unit", _("Units report monitoring")
    MONITORING_DEPARTMENT = "monitoring_department", _("Departments review monitoring")
    MONITORING_FINANCE = "monitoring_finance", _("Finance reviews monitoring")


class Round(models.Model):
    """One call for targets (申报批次): fiscal year, phase, profile and dates."""

    class Phase(models.TextChoices):
        FIRST_UP = "first_up", _("First submission")
        FIRST_DOWN = "first_down", _("Control figures")
        SECOND_UP = "second_up", _("Second submission")
        IN_YEAR = "in_year", _("Added in the year")

    title = models.CharField(_("title"), max_length=120)
    fiscal_year = models.PositiveIntegerField(_("fiscal year"))
    case_kind = models.CharField(max_length=20, choices=Kind.choices, default=Kind.TARGET)
    phase = models.CharField(_("phase"), max_length=12, choices=Phase.choices, default=Phase.FIRST_UP)
    profile = models.CharField(_("profile"), max_length=40)
    control_figures_final = models.BooleanField(_("control figures are final"), default=False)
    opened_at = models.DateTimeField(null=True, blank=True)
    closed_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        verbose_name = _("round")
        ordering = ["-fiscal_year", "id"]

    def __str__(self) -> str:
        return self.title


class RoundDate(models.Model):
    """One date of a round's timetable; the day ends at settings.DAY_ENDS_AT, Asia/Shanghai."""

    round = models.ForeignKey(Round, models.CASCADE, related_name="dates")
    milestone = models.CharField(max_length=40, choices=Milestone.choices)
    date = models.DateField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["round", "milestone"], name="milestone_once_a_round")]


class Ladder(models.Model):
    """Who is told when a task of one kind comes due. Data; the newest active version of a kind is in force."""

    task_kind = models.CharField(max_length=10, choices=TaskKind.choices)
    version = models.PositiveIntegerField(default=1)
    title = models.CharField(max_length=120)
    is_active = models.BooleanField(default=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["task_kind", "version"], name="ladder_version_once")]

    def __str__(self) -> str:
        return self.title


class Rung(models.Model):
    """One rung: `days` working days from the due day (negative before), or half of the task's time."""

    class Basis(models.TextChoices):
        DUE = "due", _("from the due date")
        HALF = "half", _("at half time")

    class Audience(models.TextChoices):
        ASSIGNEES = "assignees", _("those who have the task")
        OWN_HEAD = "own_head", _("their head")
        DIVISION_IN_CHARGE = "division_in_charge", _("the division in charge")
        PERFORMANCE_HEAD = "performance_head", _("the head of the performance division")
        BUREAU_HEAD = "bureau_head", _("the leader of the finance bureau")

    ladder = models.ForeignKey(Ladder, models.CASCADE, related_name="rungs")
    code = models.SlugField(max_length=20)
    basis = models.CharField(max_length=6, choices=Basis.choices, default=Basis.DUE)
    days = models.IntegerField(default=0)
    audience = models.CharField(max_length=24, choices=Audience.choices)
    only_if_not_begun = models.BooleanField(default=False)
    is_escalation = models.BooleanField(default=False)

    class Meta:
        ordering = ["days", "id"]
        constraints = [
            models.UniqueConstraint(fields=["ladder", "code"], name="rung_code_once_a_ladder"),
            models.UniqueConstraint(fields=["ladder", "basis", "days", "audience"], name="no_two_equal_rungs"),
        ]


class CalendarYear(models.Model):
    """One year of the working-day calendar and where it comes from; absent: weekends only, and every date says so."""

    year = models.PositiveIntegerField(primary_key=True)
    source = models.CharField(max_length=200)
    published_on = models.DateField(null=True, blank=True)
    imported_at = models.DateTimeField()


class WorkDay(models.Model):
    """One day that differs from the plain week: a holiday on a weekday, or a make-up working day on a weekend."""

    date = models.DateField(primary_key=True)
    year = models.ForeignKey(CalendarYear, models.CASCADE, related_name="days")
    is_working = models.BooleanField()
    name = models.CharField(max_length=40, blank=True)
