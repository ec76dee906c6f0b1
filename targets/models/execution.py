"""Execution figures (执行数) as finance takes them from the payment system, and to which project they belong.

Rows are written by targets.execution only.
"""

from django.db import models
from django.utils.translation import gettext_lazy as _

from targets.models.monitoring import MonitoringPeriod
from targets.models.project import Project
from workflow.models import User


class ExecutionImport(models.Model):
    """One file of execution figures for one period. The newest of a period is the one that counts. Append-only."""

    period = models.ForeignKey(MonitoringPeriod, models.PROTECT, related_name="execution_imports")
    as_of = models.DateField(_("figures as of"))
    name = models.CharField(max_length=255)
    sha256 = models.CharField(max_length=64)
    size = models.PositiveBigIntegerField()
    rows = models.PositiveIntegerField()
    imported_by = models.ForeignKey(User, models.PROTECT, related_name="+")
    imported_at = models.DateTimeField()

    class Meta:
        verbose_name = _("import of execution figures")
        ordering = ["-id"]


class ExecutionFigure(models.Model):
    """The sum of all rows of one project in one file, in yuan. `project` null: not matched yet."""

    source = models.ForeignKey(ExecutionImport, models.PROTECT, related_name="figures")
    line = models.PositiveIntegerField()
    """The first of its lines in the file."""
    rows = models.PositiveIntegerField()
    code = models.CharField(max_length=60, blank=True)
    name = models.CharField(max_length=300, blank=True)
    unit_name = models.CharField(max_length=200, blank=True)
    amount = models.DecimalField(_("amount (yuan)"), max_digits=18, decimal_places=2)
    project = models.ForeignKey(Project, models.PROTECT, null=True, blank=True, related_name="execution_figures")
    matched_by = models.ForeignKey(User, models.PROTECT, null=True, blank=True, related_name="+")
    matched_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        verbose_name = _("execution figure")
        ordering = ["source_id", "line"]
        indexes = [models.Index(fields=["source", "project"], name="figure_of_project")]


class ExecutionMatch(models.Model):
    """What finance said once a row means: the same code and name mean the same project in every later file."""

    code = models.CharField(max_length=60, blank=True)
    normal_name = models.CharField(max_length=300, blank=True)
    normal_unit = models.CharField(max_length=200, blank=True)
    project = models.ForeignKey(Project, models.PROTECT, related_name="+")
    matched_by = models.ForeignKey(User, models.PROTECT, related_name="+")
    matched_at = models.DateTimeField()

    class Meta:
        verbose_name = _("remembered match of execution figures")
        constraints = [models.UniqueConstraint(fields=["code", "normal_name", "normal_unit"],
                                               name="execution_match_once")]
