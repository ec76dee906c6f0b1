"""The record: what happened, chained so that no row can be changed, removed or slipped in unseen. Append-only."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from workflow.models.case import Case
from workflow.models.people import User
from workflow.models.rows import QuickRows


class Event(QuickRows, models.Model):
    """One thing that happened to a case, or was refused. Written by workflow.record, with what it records."""

    # The case and the actor stand first in an index below; people are never deleted (decision 0013).
    case = models.ForeignKey(Case, models.PROTECT, related_name="events", db_index=False)
    seq = models.PositiveIntegerField()
    at = models.DateTimeField()
    actor = models.ForeignKey(
        User, models.PROTECT, null=True, related_name="events", db_index=False, db_constraint=False
    )
    actor_name = models.CharField(max_length=120)
    on_behalf_of = models.ForeignKey(User, models.PROTECT, null=True, related_name="+", db_index=False)
    on_behalf_name = models.CharField(max_length=120, blank=True)
    action = models.CharField(max_length=24)
    refused = models.CharField(max_length=40, blank=True)
    """The code of the refusal; blank when the action was carried out."""
    from_state = models.CharField(max_length=20)
    to_state = models.CharField(max_length=20)
    version = models.PositiveIntegerField()
    content_hash = models.CharField(max_length=64, blank=True)
    key = models.CharField(max_length=64, null=True, blank=True)
    """The operation key; unique per actor, so that the same click has one effect."""
    payload = models.TextField()
    """Canonical JSON: words, step, tasks closed and opened, and what else the action carries."""
    prev = models.CharField(max_length=64, blank=True)
    hash = models.CharField(max_length=64)

    class Meta:
        verbose_name = _("event")
        ordering = ["case_id", "seq"]
        constraints = [
            models.UniqueConstraint(fields=["case", "seq"], name="event_seq_once_a_case"),
            models.UniqueConstraint(fields=["actor", "key"], name="operation_key_once_an_actor"),
            models.UniqueConstraint(
                fields=["key"], condition=models.Q(actor__isnull=True), name="operation_key_once_the_system"
            ),
        ]
        indexes = [models.Index(fields=["id"], name="event_nobody_there", condition=models.Q(refused="nobody_there"))]


class Seal(models.Model):
    """A keyed digest over the heads of all cases that changed since the last seal. Append-only."""

    at = models.DateTimeField()
    heads = models.TextField()
    prev = models.CharField(max_length=64, blank=True)
    mac = models.CharField(max_length=64)


class Ruling(models.Model):
    """One thing that was done to the rules, the organisations or the people: a route published, a post given.

    One chain of its own, like a case's. Written by workflow.rulings; append-only.
    """

    seq = models.PositiveIntegerField(unique=True)
    at = models.DateTimeField()
    actor = models.ForeignKey(User, models.PROTECT, null=True, related_name="rulings")
    actor_name = models.CharField(max_length=120)
    action = models.SlugField(max_length=24)
    subject = models.CharField(max_length=200)
    """What it was done to, as it was called then."""
    payload = models.TextField()
    """Canonical JSON: the reason, what was and what is, and what else the action carries."""
    prev = models.CharField(max_length=64, blank=True)
    hash = models.CharField(max_length=64)

    class Meta:
        verbose_name = _("ruling")
        ordering = ["seq"]


class Purge(models.Model):
    """One request to take a content or a file away for secrecy. Two people sign; only the SHA-256 stays.

    Written by workflow.purging; open until `decided_at`.
    """

    class What(models.TextChoices):
        CONTENT = "content", _("a version of the content")
        ATTACHMENT = "attachment", _("an attachment")

    case = models.ForeignKey(Case, models.PROTECT, related_name="purges")
    what = models.CharField(max_length=12, choices=What.choices)
    sha256 = models.CharField(max_length=64)
    reason = models.CharField(max_length=300)
    asked_by = models.ForeignKey(User, models.PROTECT, related_name="+")
    asked_at = models.DateTimeField()
    decided_by = models.ForeignKey(User, models.PROTECT, null=True, blank=True, related_name="+")
    decided_at = models.DateTimeField(null=True, blank=True)
    is_carried_out = models.BooleanField(default=False)

    class Meta:
        verbose_name = _("purge")
        constraints = [
            models.UniqueConstraint(
                fields=["case", "what", "sha256"],
                condition=models.Q(decided_at__isnull=True),
                name="one_open_purge_a_content",
            ),
        ]
