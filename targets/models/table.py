"""The target table (绩效目标表) as it is drafted, where it was read from, and what it was at each submission.

Rows are written by targets.drafts, and revisions by targets.kinds, inside the engine's transactions.
"""

import uuid

from django.db import models
from django.utils.translation import gettext_lazy as _

from targets.models.project import Project
from workflow.models import Case, Organisation, User


def random_path(document: "SourceDocument", name: str) -> str:
    """Return a path that nobody can guess and that holds nothing of the uploaded name."""
    return f"sources/{uuid.uuid4().hex}"


class SourceDocument(models.Model):
    """One uploaded file from which tables were read. Written by drafts.import_upload; its bytes never change."""

    unit = models.ForeignKey(Organisation, models.PROTECT, related_name="+")
    """The unit of the editor who uploaded it: whose tables its tables become."""
    name = models.CharField(max_length=255)
    file = models.FileField(upload_to=random_path, max_length=80)
    sha256 = models.CharField(max_length=64, db_index=True)
    size = models.PositiveBigIntegerField()
    uploaded_by = models.ForeignKey(User, models.PROTECT, related_name="uploads")
    uploaded_at = models.DateTimeField()

    class Meta:
        verbose_name = _("source document")
        ordering = ["-id"]


class ImportedTable(models.Model):
    """One table read from a source document, waiting for the editor's decision. Decided by drafts.confirm_import."""

    class Decision(models.TextChoices):
        PENDING = "pending", _("To be decided")
        TAKEN = "taken", _("Taken over")
        SKIPPED = "skipped", _("Left out")

    source = models.ForeignKey(SourceDocument, models.PROTECT, related_name="tables")
    position = models.PositiveIntegerField()
    content = models.TextField()
    """TableContent as canonical JSON."""
    content_hash = models.CharField(max_length=64)
    problems = models.JSONField(default=list)
    """What reading noticed: a list of {code, severity, place, row, message, facts, fixes}; see uploads."""
    places = models.JSONField(default=list)
    """Where each indicator was read, in their order: "L23:C4"."""
    source_rows = models.JSONField(default=list, blank=True)
    """The rows it was read from, as targets.sourceview keeps them."""
    mends = models.JSONField(default=list, blank=True)
    """What was mended since, in order: a list of {rule, kind, row, part, text, was}, of a mend that a problem of the
    reading proposed also {problem}, its number; see targets.mending."""
    counts = models.JSONField(default=dict, blank=True)
    """How many findings stand after the mends, so that lists need no checks: {must_fix, should_fix, bulk}."""
    choice = models.CharField(max_length=20, blank=True)
    """What the editor chose to fill with it, until they decide: a project's number, off-list, leave-out."""
    title = models.CharField(max_length=300, blank=True)
    suggested = models.ForeignKey(Project, models.SET_NULL, null=True, blank=True, related_name="+")
    decision = models.CharField(max_length=10, choices=Decision.choices, default=Decision.PENDING)
    case = models.ForeignKey(Case, models.PROTECT, null=True, blank=True, related_name="imported_tables")
    decided_by = models.ForeignKey(User, models.PROTECT, null=True, blank=True, related_name="+")
    decided_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        verbose_name = _("table that was read")
        ordering = ["source_id", "position"]
        constraints = [models.UniqueConstraint(fields=["source", "position"], name="table_once_a_source")]


class TargetTable(models.Model):
    """One target table, one-to-one with its case. Texts as typed; blank means not filled, never 0.

    Changed in draft only, by targets.drafts under the case's lock.
    """

    case = models.OneToOneField(Case, models.PROTECT, primary_key=True, related_name="table")
    project = models.ForeignKey(Project, models.PROTECT, null=True, blank=True, related_name="tables")
    adjusts = models.ForeignKey("self", models.PROTECT, null=True, blank=True, related_name="adjustments")
    project_name = models.CharField(max_length=300, blank=True)
    department_text = models.CharField(max_length=200, blank=True)
    """The supervising department as printed; which organisation it means stands on the case."""
    unit_text = models.CharField(max_length=200, blank=True)
    attribute = models.CharField(max_length=200, blank=True)
    period = models.CharField(max_length=200, blank=True)
    fiscal_year = models.PositiveIntegerField(null=True, blank=True)
    funds_total = models.CharField(max_length=60, blank=True)
    funds_fiscal = models.CharField(max_length=60, blank=True)
    funds_other = models.CharField(max_length=60, blank=True)
    annual_goal = models.TextField(blank=True)
    not_applicable = models.JSONField(default=dict, blank=True)
    """Category code → reason why it does not apply (不适用)."""
    row_version = models.PositiveIntegerField(default=1)
    adjust_reason = models.TextField(blank=True)
    """Why it is adjusted (调整理由), where it adjusts another table."""
    only_funds = models.BooleanField(default=False)
    """Reopened by the control figures: funds, annual goal and cost lines alone may be changed."""
    looked_at_by = models.ForeignKey(User, models.PROTECT, null=True, blank=True, related_name="+")
    """Who ticked that the should-fix findings were looked at (已核对，保留 n 条), when, how many, of which content."""
    looked_at_at = models.DateTimeField(null=True, blank=True)
    looked_at_count = models.PositiveIntegerField(null=True, blank=True)
    looked_at_hash = models.CharField(max_length=64, blank=True)
    rows_digest = models.CharField(max_length=64, blank=True, db_index=True)
    """Digest of the indicators (content.rows_digest), to find the same ones in other tables. Written by rows.write."""
    secrecy_by = models.ForeignKey(User, models.PROTECT, null=True, blank=True, related_name="+")
    """Which head confirmed that what may be secret was reviewed and is none, when, why, and of which texts (the mark
    of checks.secrecy_mark). Written by targets.secrecy."""
    secrecy_at = models.DateTimeField(null=True, blank=True)
    secrecy_reason = models.CharField(max_length=500, blank=True)
    secrecy_mark = models.CharField(max_length=64, blank=True)
    source = models.ForeignKey(ImportedTable, models.PROTECT, null=True, blank=True, related_name="+")
    copied_from = models.ForeignKey("self", models.SET_NULL, null=True, blank=True, related_name="+")
    """The table of an earlier year that its content was copied from (沿用上年)."""

    class Meta:
        verbose_name = _("target table")


class Indicator(models.Model):
    """One third-level indicator of a table. `uuid` stays while it is moved or reworded; comments hang on it."""

    table = models.ForeignKey(TargetTable, models.CASCADE, related_name="indicators")
    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    position = models.PositiveIntegerField()
    code = models.CharField(max_length=8)
    name = models.TextField(blank=True)
    value = models.TextField(blank=True)
    planned_month = models.PositiveSmallIntegerField(null=True, blank=True)
    """The month (1–12) in which it is to be reached (计划完成月); before it, monitoring calls it not due."""
    row_version = models.PositiveIntegerField(default=1)
    origin = models.UUIDField(null=True, blank=True, editable=False)
    """The row of the adjusted table that it continues: the same indicator over all adjustments."""

    class Meta:
        verbose_name = _("indicator")
        ordering = ["position", "id"]
        indexes = [models.Index(fields=["table", "position"], name="indicator_in_order")]


class Revision(models.Model):
    """What a case's content was when it was submitted or approved. Written by targets.kinds; never changed."""

    class Why(models.TextChoices):
        SUBMITTED = "submitted", _("Submitted")
        APPROVED = "approved", _("Approved")

    case = models.ForeignKey(Case, models.PROTECT, related_name="revisions")
    pass_no = models.PositiveIntegerField()
    why = models.CharField(max_length=10, choices=Why.choices)
    event_seq = models.PositiveIntegerField()
    content = models.TextField()
    """Canonical JSON."""
    content_hash = models.CharField(max_length=64)
    row_ids = models.JSONField(default=list, blank=True)
    """The identity of each indicator, in the order of the content; empty where it was not kept yet."""
    made_by = models.ForeignKey(User, models.PROTECT, null=True, related_name="+")
    made_at = models.DateTimeField()
    purged_at = models.DateTimeField(null=True, blank=True)
    """When the content was taken away for secrecy (targets.purging); only its hash is left."""

    class Meta:
        verbose_name = _("revision")
        ordering = ["case_id", "event_seq"]
        constraints = [models.UniqueConstraint(fields=["case", "event_seq"], name="revision_once_an_event")]


class Attachment(models.Model):
    """One file that belongs to a case: basis, plan, calculation, early evaluation, sealed paper, scan.

    Written by targets.attachments in draft, under the case's lock; its bytes never change and are never deleted.
    """

    class Kind(models.TextChoices):
        BASIS = "basis", _("Basis for the project")
        PLAN = "plan", _("Implementation plan")
        CALCULATION = "calculation", _("Calculation")
        EARLY_EVALUATION = "early_evaluation", _("Evaluation beforehand")
        SEALED = "sealed", _("Sealed paper")
        EVIDENCE = "evidence", _("Evidence")
        OTHER = "other", _("Other")

    case = models.ForeignKey(Case, models.PROTECT, related_name="attachments")
    kind = models.CharField(max_length=20, choices=Kind.choices, default=Kind.OTHER)
    position = models.PositiveIntegerField(default=0)
    name = models.CharField(max_length=255)
    path = models.CharField(max_length=80)
    sha256 = models.CharField(max_length=64)
    size = models.PositiveBigIntegerField()
    added_by = models.ForeignKey(User, models.PROTECT, related_name="+")
    added_at = models.DateTimeField()
    purged_at = models.DateTimeField(null=True, blank=True)
    """When the bytes were taken away for secrecy; only their hash is left."""
    removed_at = models.DateTimeField(null=True, blank=True)
    removed_by = models.ForeignKey(User, models.PROTECT, null=True, blank=True, related_name="+")

    class Meta:
        verbose_name = _("attachment")
        ordering = ["case_id", "position", "id"]
