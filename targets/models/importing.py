"""Files that were uploaded together and wait to be read: the job behind the import's progress bar.

Written by targets.batches; a file that was read becomes a SourceDocument and its waiting bytes go.
"""

import uuid

from django.db import models
from django.utils.translation import gettext_lazy as _

from targets.models.table import SourceDocument
from workflow.models import Organisation, User


def waiting_path(file: "WaitingFile", name: str) -> str:
    """Return a path that nobody can guess and that holds nothing of the uploaded name."""
    return f"waiting/{uuid.uuid4().hex}"


class ImportBatch(models.Model):
    """Several files uploaded at once by one editor for one unit."""

    unit = models.ForeignKey(Organisation, models.PROTECT, related_name="+")
    uploaded_by = models.ForeignKey(User, models.PROTECT, related_name="+")
    uploaded_at = models.DateTimeField()
    cancelled_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        verbose_name = _("files uploaded together")
        ordering = ["-id"]


class WaitingFile(models.Model):
    """One file of a batch. Who claims it reads it; a claim older than batches.CLAIM_ENDS is nobody's."""

    class Status(models.TextChoices):
        WAITING = "waiting", _("Waiting to be read")
        READING = "reading", _("Being read")
        READ = "read", _("Was read")
        REFUSED = "refused", _("Not read")
        CANCELLED = "cancelled", _("Cancelled (import)")

    batch = models.ForeignKey(ImportBatch, models.PROTECT, related_name="files")
    position = models.PositiveIntegerField()
    name = models.CharField(max_length=255)
    file = models.FileField(upload_to=waiting_path, max_length=80, blank=True)
    size = models.PositiveBigIntegerField()
    status = models.CharField(max_length=10, choices=Status.choices, default=Status.WAITING)
    claimed_at = models.DateTimeField(null=True, blank=True)
    tries = models.PositiveIntegerField(default=0)
    refusal = models.JSONField(default=dict, blank=True)
    """Why it was not read: {message, facts}, the reading's own sentence."""
    source = models.ForeignKey(SourceDocument, models.PROTECT, null=True, blank=True, related_name="+")

    class Meta:
        verbose_name = _("file waiting to be read")
        ordering = ["batch_id", "position"]
        constraints = [models.UniqueConstraint(fields=["batch", "position"], name="file_once_a_batch")]
        indexes = [models.Index(fields=["status", "id"], name="file_by_status")]
