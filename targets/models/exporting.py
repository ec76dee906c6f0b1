"""Exports of many tables, made in the background."""

import uuid

from django.db import models
from django.utils.translation import gettext_lazy as _

from workflow.models import User


class ExportJob(models.Model):
    """One zip of many tables that somebody asked for. Changed by targets.exporting only; removed a day after."""

    class Status(models.TextChoices):
        WAITING = "waiting", _("waiting")
        READY = "ready", _("ready")
        FAILED = "failed", _("failed")

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    by = models.ForeignKey(User, models.PROTECT, related_name="+")
    asked_at = models.DateTimeField()
    format = models.CharField(max_length=4)
    cases = models.JSONField()
    """Ids of the cases, in the order of the zip."""
    status = models.CharField(max_length=7, choices=Status.choices, default=Status.WAITING)
    done = models.PositiveIntegerField(default=0)
    claimed_until = models.DateTimeField(null=True, blank=True)
    """While a sweep works on it; one that died frees it then."""
    attempts = models.PositiveSmallIntegerField(default=0)
    path = models.CharField(max_length=80, blank=True)
    problems = models.JSONField(default=list)
    """Number of the case → what the paper lacks, as pairs."""

    class Meta:
        verbose_name = _("export of many tables")
        ordering = ["asked_at"]
        indexes = [models.Index(fields=["status", "asked_at"], name="export_in_order")]
