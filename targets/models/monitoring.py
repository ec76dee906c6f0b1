"""Monitoring (绩效运行监控): periods, the report of one table in one period, and progress per indicator.

Rows are written by targets.monitoring, reports in draft only, under the case's lock.
"""

import uuid

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from workflow.models import Case, User


class Light(models.TextChoices):
    """The light of a row or a report; blank: nothing can be said yet."""

    GREEN = "green", _("On course")
    YELLOW = "yellow", _("At risk")
    RED = "red", _("Will miss")
    NOT_DUE = "not_due", _("Not due yet")


class Possibility(models.TextChoices):
    """Whether the target will be met by the end of the year, as the unit judges it (完成目标可能性)."""

    CERTAIN = "certain", _("Certain")
    POSSIBLE = "possible", _("Possible")
    IMPOSSIBLE = "impossible", _("Impossible")


class MonitoringPeriod(models.Model):
    """One stretch of a fiscal year that is monitored, with its dates. Changed by monitoring.create_period."""

    fiscal_year = models.PositiveIntegerField(_("fiscal year"))
    label = models.CharField(_("period"), max_length=40)
    from_date = models.DateField()
    to_date = models.DateField()
    opens_at = models.DateTimeField()
    unit_due = models.DateField(_("units report by"))
    department_due = models.DateField(_("departments review by"))
    finance_due = models.DateField(_("finance reviews by"))
    opened_at = models.DateTimeField(null=True, blank=True)
    """When the clock had opened a report for every table in force."""
    created_by = models.ForeignKey(User, models.PROTECT, null=True, related_name="+")

    class Meta:
        verbose_name = _("monitoring period")
        ordering = ["-fiscal_year", "from_date"]
        constraints = [
            models.UniqueConstraint(fields=["fiscal_year", "label"], name="period_once_a_year"),
            models.CheckConstraint(condition=Q(to_date__gte=F("from_date")), name="period_ends_after_it_starts"),
            models.CheckConstraint(condition=Q(unit_due__lte=F("department_due"), department_due__lte=F("finance_due")),
                                   name="period_dates_in_order"),
        ]

    def __str__(self) -> str:
        return f"{self.fiscal_year} {self.label}"


class MonitoringReport(models.Model):
    """One report (绩效运行监控表), one-to-one with its case. Amounts are texts as typed, in 万元; blank is never 0.

    `budget_*` are those of the table in force when the report was opened, and `target_hash` is its content.
    """

    case = models.OneToOneField(Case, models.PROTECT, primary_key=True, related_name="report")
    target = models.ForeignKey(Case, models.PROTECT, related_name="reports")
    period = models.ForeignKey(MonitoringPeriod, models.PROTECT, related_name="reports")
    target_hash = models.CharField(max_length=64)
    project_name = models.CharField(max_length=300, blank=True)
    department_text = models.CharField(max_length=200, blank=True)
    unit_text = models.CharField(max_length=200, blank=True)
    annual_goal = models.TextField(blank=True)
    budget_total = models.CharField(max_length=60, blank=True)
    budget_fiscal = models.CharField(max_length=60, blank=True)
    budget_other = models.CharField(max_length=60, blank=True)
    adjusted_total = models.CharField(max_length=60, blank=True)
    """调整后预算数, where the budget was changed in the year."""
    executed_total = models.CharField(max_length=60, blank=True)
    executed_fiscal = models.CharField(max_length=60, blank=True)
    executed_other = models.CharField(max_length=60, blank=True)
    forecast_total = models.CharField(max_length=60, blank=True)
    forecast_fiscal = models.CharField(max_length=60, blank=True)
    forecast_other = models.CharField(max_length=60, blank=True)
    execution_source = models.ForeignKey("targets.ExecutionImport", models.PROTECT, null=True, blank=True,
                                         related_name="+")
    """The finance bureau's file that `executed_total` was taken from; null when the unit typed it."""
    dispute = models.TextField(blank=True)
    """What the unit objects to the finance bureau's figure."""
    remark = models.TextField(blank=True)
    light = models.CharField(max_length=10, choices=Light.choices, blank=True)
    row_version = models.PositiveIntegerField(default=1)

    class Meta:
        verbose_name = _("monitoring report")
        constraints = [models.UniqueConstraint(fields=["target", "period"], name="report_once_a_period")]


class IndicatorProgress(models.Model):
    """How far one indicator of the table in force has come. `code`, `name`, `target_value` are a copy, never edited."""

    report = models.ForeignKey(MonitoringReport, models.CASCADE, related_name="progress")
    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    position = models.PositiveIntegerField()
    code = models.CharField(max_length=8)
    name = models.TextField(blank=True)
    target_value = models.TextField(blank=True)
    actual = models.TextField(blank=True)
    forecast = models.TextField(blank=True)
    possibility = models.CharField(max_length=10, choices=Possibility.choices, blank=True)
    cause_funds = models.BooleanField(_("funds"), default=False)
    cause_rules = models.BooleanField(_("rules"), default=False)
    cause_staff = models.BooleanField(_("staff"), default=False)
    cause_equipment = models.BooleanField(_("equipment"), default=False)
    cause_other = models.BooleanField(_("other causes"), default=False)
    reason = models.TextField(blank=True)
    measures = models.TextField(blank=True)
    planned_month = models.PositiveIntegerField(null=True, blank=True)
    """计划完成月; before it the row's light says that it is not due yet."""
    light = models.CharField(max_length=10, choices=Light.choices, blank=True)
    row_version = models.PositiveIntegerField(default=1)

    class Meta:
        verbose_name = _("progress of an indicator")
        ordering = ["position", "id"]
        indexes = [models.Index(fields=["report", "position"], name="progress_in_order")]
