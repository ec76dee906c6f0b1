"""Batches: one action on many cases, seen beforehand, carried out row by row; and the paper that they name."""

import uuid

from django.db import models
from django.utils.translation import gettext_lazy as _

from workflow.models.people import User


class Paper(models.Model):
    """The scan of a document under which cases were released. Written by workflow.papers, never changed."""

    sha256 = models.CharField(max_length=64, unique=True)
    name = models.CharField(max_length=200)
    path = models.CharField(max_length=80)
    size = models.PositiveBigIntegerField()
    added_by = models.ForeignKey(User, models.PROTECT, related_name="+")
    added_at = models.DateTimeField()

    class Meta:
        verbose_name = _("scan")

    def __str__(self) -> str:
        return self.name


class Batch(models.Model):
    """One action that somebody chose for many cases (批量). Changed by workflow.batches only.

    Its id is the operation key: row n is carried out under "batch:<id>:<n>", so a repeated row has one effect.
    """

    class Status(models.TextChoices):
        PREVIEW = "preview", _("to be confirmed")
        WAITING = "waiting", _("waiting")
        DONE = "done", _("done")

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    by = models.ForeignKey(User, models.PROTECT, related_name="batches")
    action = models.CharField(max_length=24)
    details = models.JSONField(default=dict)
    """What every row carries: reason, days, people, document_number …"""
    rows = models.JSONField(default=list)
    """One dict a row: case (id), version, hash, details (of this row alone), why_not (a sentence, "" when it can)."""
    results = models.JSONField(default=list)
    """One dict a row carried out, in order: case, done (true, false), words."""
    status = models.CharField(max_length=8, choices=Status.choices, default=Status.PREVIEW)
    asked_at = models.DateTimeField()
    confirmed_at = models.DateTimeField(null=True, blank=True)
    finished_at = models.DateTimeField(null=True, blank=True)
    claimed_until = models.DateTimeField(null=True, blank=True)
    """While a sweep or the page works on it; one that died frees it then."""

    class Meta:
        verbose_name = _("batch")
        ordering = ["-asked_at"]
        indexes = [models.Index(fields=["status", "asked_at"], name="batch_in_order")]
