"""Exports of many tables, made in the background, and the county's own Word templates."""

import uuid

from django.db import models
from django.utils.translation import gettext_lazy as _

from workflow.models import User


class ExportJob(models.Model):
    """One file of many tables that somebody asked for. Changed by targets.jobs only; removed a day after."""

    class What(models.TextChoices):
        TABLES = "tables", _("target tables")
        VOLUME = "volume", _("one volume")
        REVIEW = "review", _("review sheets")
        EXCHANGE = "exchange", _("file for the integrated budget system")

    class Status(models.TextChoices):
        WAITING = "waiting", _("waiting")
        READY = "ready", _("ready")
        FAILED = "failed", _("failed")
        CANCELLED = "cancelled", _("cancelled")

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    by = models.ForeignKey(User, models.PROTECT, related_name="+")
    asked_at = models.DateTimeField()
    what = models.CharField(max_length=8, choices=What.choices, default=What.TABLES)
    format = models.CharField(max_length=4)
    cases = models.JSONField()
    """Ids of the cases, in the order of the zip."""
    status = models.CharField(max_length=9, choices=Status.choices, default=Status.WAITING)
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


class WordTemplate(models.Model):
    """One version of the county's own Word template of the target table. Kept for ever; written by word_templates."""

    version = models.PositiveIntegerField(_("version"), unique=True)
    name = models.CharField(max_length=120)
    data = models.BinaryField()
    size = models.PositiveIntegerField()
    sha256 = models.CharField(max_length=64)
    reads_back = models.BooleanField()
    """What it prints is read back as the same table."""
    uploaded_by = models.ForeignKey(User, models.PROTECT, related_name="+")
    uploaded_at = models.DateTimeField()
    is_active = models.BooleanField(default=False)
    activated_by = models.ForeignKey(User, models.PROTECT, null=True, blank=True, related_name="+")
    activated_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        verbose_name = _("Word template")
        ordering = ["-version"]
        constraints = [models.UniqueConstraint(fields=["is_active"], condition=models.Q(is_active=True),
                                               name="one_active_word_template")]
