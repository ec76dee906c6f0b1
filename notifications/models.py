"""What is to be told, to whom it was told, and what people want to be told.

A Notice is written in the transaction of what happened; expand makes Deliveries of it, delivery sends them.
"""

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from notifications import reasons
from workflow.models import Case, Event, Organisation, RungFired, Task, User
from workflow.models.rows import QuickRows


class Channel(models.TextChoices):
    """Over which way somebody is told."""

    IN_APP = "in_app", _("On the notices page")
    EMAIL = "email", _("By e-mail")


class Status(models.TextChoices):
    """How far a delivery has come."""

    PENDING = "pending", _("Waiting to be sent")
    SENT = "sent", _("Sent")
    PREPARED = "prepared", _("Prepared, a person sends it")
    DROPPED = "dropped", _("No longer needed")
    FAILED = "failed", _("Refused by the mail server")
    INCIDENT = "incident", _("Given up, needs a person")


class Notice(QuickRows, models.Model):
    """One thing that somebody has to be told (the outbox). Written by receivers, marked expanded by expand."""

    kind = models.SlugField(max_length=32, db_index=False)
    # A notice is written with rows that its transaction has just written or holds; none of them is ever deleted. The
    # database does not look each of them up once more: that was two thirds of what writing a notice cost (0020).
    case = models.ForeignKey(Case, models.PROTECT, related_name="notices", db_constraint=False)
    event = models.ForeignKey(
        Event, models.PROTECT, null=True, blank=True, related_name="notices", db_index=False, db_constraint=False
    )
    task = models.ForeignKey(
        Task, models.PROTECT, null=True, blank=True, related_name="notices", db_index=False, db_constraint=False
    )
    rung_fired = models.OneToOneField(
        RungFired, models.PROTECT, null=True, blank=True, related_name="notice", db_constraint=False
    )
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+", db_index=False,
        db_constraint=False,
    )  # fmt: skip
    facts = models.JSONField(default=dict, blank=True)
    """What the words need and cannot be read from the case: the reviewer's words, the document number …"""
    created_at = models.DateTimeField()
    expanded_at = models.DateTimeField(null=True, blank=True)
    attempts = models.PositiveIntegerField(default=0)
    lease_until = models.DateTimeField(null=True, blank=True)
    """Not looked at again before this time."""
    last_error = models.CharField(max_length=300, blank=True)

    class Meta:
        verbose_name = _("notice")
        constraints = [
            models.UniqueConstraint(
                fields=["event", "kind"], condition=Q(event__isnull=False), name="notice_once_an_event_and_kind"
            )
        ]
        indexes = [models.Index(fields=["id"], name="notice_to_expand", condition=Q(expanded_at__isnull=True))]

    def __str__(self) -> str:
        return f"{self.kind} {self.case_id}"


class Digest(models.Model):
    """The one message a person gets on a day over a channel about everything that is due. The row is the claim."""

    recipient = models.ForeignKey(User, models.PROTECT, related_name="+")
    channel = models.CharField(max_length=10, choices=Channel.choices)
    day = models.DateField()
    sent_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["recipient", "channel", "day"], name="one_digest_a_person_channel_and_day")
        ]


class Delivery(models.Model):
    """One notice for one person over one channel. Made by expand, sent by delivery, read and handled on the page."""

    notice = models.ForeignKey(Notice, models.CASCADE, related_name="deliveries")
    recipient = models.ForeignKey(User, models.PROTECT, related_name="deliveries")
    channel = models.CharField(max_length=10, choices=Channel.choices)
    status = models.CharField(max_length=10, choices=Status.choices, default=Status.PENDING)
    attempts = models.PositiveIntegerField(default=0)
    available_at = models.DateTimeField()
    """Not sent before this time: now, or after a failure the end of its wait."""
    lease_until = models.DateTimeField(null=True, blank=True)
    """A worker is sending it just now, until this time at most."""
    digest = models.ForeignKey(Digest, models.PROTECT, null=True, blank=True, related_name="deliveries")
    created_at = models.DateTimeField()
    sent_at = models.DateTimeField(null=True, blank=True)
    sent_by = models.ForeignKey(User, models.PROTECT, null=True, blank=True, related_name="+")
    """Who released a prepared text."""
    resolved_at = models.DateTimeField(null=True, blank=True)
    """An administrator has told the person in another way, or says that nobody need be told."""
    resolved_by = models.ForeignKey(User, models.PROTECT, null=True, blank=True, related_name="+")
    resolved_note = models.CharField(max_length=200, blank=True)
    read_at = models.DateTimeField(null=True, blank=True)
    handled_at = models.DateTimeField(null=True, blank=True)
    subject = models.CharField(max_length=300, blank=True)
    body = models.TextField(blank=True)
    message_id = models.CharField(max_length=120, blank=True)
    last_error = models.CharField(max_length=300, blank=True)

    class Meta:
        verbose_name = _("delivery")
        constraints = [
            models.UniqueConstraint(fields=["notice", "recipient", "channel"], name="told_once_a_channel"),
        ]
        indexes = [
            models.Index(
                fields=["channel", "available_at", "id"], name="delivery_to_send", condition=Q(status="pending")
            ),
            models.Index(fields=["id"], name="delivery_incident", condition=Q(status__in=("failed", "incident"))),
            models.Index(fields=["notice"], name="delivery_not_handled", condition=Q(handled_at__isnull=True)),
            models.Index(fields=["recipient", "channel", "status", "-id"], name="delivery_of_a_person"),
        ]

    def __str__(self) -> str:
        return f"{self.notice_id} → {self.recipient_id} ({self.channel})"

    @property
    def reason(self) -> str:
        """Why it could not be sent, in words."""
        return reasons.in_words(self.last_error)


class Preference(models.Model):
    """One choice of one person: a kind of notice over a channel, or not. Absent: the channel's default."""

    user = models.ForeignKey(User, models.CASCADE, related_name="notice_preferences")
    channel = models.CharField(max_length=10, choices=Channel.choices)
    kind = models.SlugField(max_length=32)
    enabled = models.BooleanField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["user", "channel", "kind"], name="one_choice_a_kind_and_channel")
        ]


class QuietHours(models.Model):
    """When one person wants no e-mail, local time; `from_hour` later than `to_hour` goes over midnight."""

    user = models.OneToOneField(User, models.CASCADE, related_name="quiet_hours")
    from_hour = models.PositiveSmallIntegerField()
    to_hour = models.PositiveSmallIntegerField()

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(from_hour__lt=24, to_hour__lt=24) & ~Q(from_hour=models.F("to_hour")),
                name="quiet_hours_are_hours",
            )
        ]


class Muted(models.Model):
    """One case of which one person wants to hear no more: no e-mail, nothing unread; the page still shows it."""

    user = models.ForeignKey(User, models.CASCADE, related_name="muted_cases")
    case = models.ForeignKey(Case, models.CASCADE, related_name="+")
    since = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["user", "case"], name="muted_once_a_case")]


class Hook(models.Model):
    """One address outside that is told: a group's robot or a county system. Off until an administrator enters it."""

    class Shape(models.TextChoices):
        PLAIN = "plain", _("Signed JSON")
        WECOM = "wecom", _("WeCom robot")
        DINGTALK = "dingtalk", _("DingTalk robot")
        FEISHU = "feishu", _("Feishu robot")

    title = models.CharField(_("title"), max_length=80)
    address = models.URLField(_("address"), max_length=500)
    shape = models.CharField(_("shape"), max_length=10, choices=Shape.choices, default=Shape.PLAIN)
    secret = models.CharField(_("secret"), max_length=120, blank=True)
    kinds = models.JSONField(_("kinds of message"), default=list)
    """Ids of kinds.KINDS that it is told."""
    department = models.ForeignKey(Organisation, models.PROTECT, null=True, blank=True, related_name="+")
    """Only this department's cases; empty: all."""
    is_active = models.BooleanField(_("in use"), default=True)

    class Meta:
        verbose_name = _("webhook")
        verbose_name_plural = _("webhooks")

    def __str__(self) -> str:
        return self.title


class HookDelivery(models.Model):
    """One notice for one hook. Made by expand, sent by hooks; the unique row is what makes it once."""

    notice = models.ForeignKey(Notice, models.CASCADE, related_name="hook_deliveries")
    hook = models.ForeignKey(Hook, models.PROTECT, related_name="deliveries")
    status = models.CharField(max_length=10, choices=Status.choices, default=Status.PENDING)
    text = models.TextField()
    attempts = models.PositiveIntegerField(default=0)
    created_at = models.DateTimeField()
    available_at = models.DateTimeField()
    lease_until = models.DateTimeField(null=True, blank=True)
    sent_at = models.DateTimeField(null=True, blank=True)
    last_error = models.CharField(max_length=300, blank=True)
    resolved_at = models.DateTimeField(null=True, blank=True)
    """An administrator has dealt with it in another way, or says that nothing need be done."""
    resolved_by = models.ForeignKey(User, models.PROTECT, null=True, blank=True, related_name="+")
    resolved_note = models.CharField(max_length=200, blank=True)

    class Meta:
        verbose_name = _("webhook delivery")
        constraints = [models.UniqueConstraint(fields=["notice", "hook"], name="hook_told_once")]
        indexes = [models.Index(fields=["available_at", "id"], name="hook_to_send", condition=Q(status="pending"))]

    @property
    def reason(self) -> str:
        """Why it could not be sent, in words."""
        return reasons.in_words(self.last_error)


class FeedToken(models.Model):
    """The key of one person's calendar feed, kept as its digest. Revoked or replaced, never shown again."""

    user = models.OneToOneField(User, models.CASCADE, related_name="feed_token")
    digest = models.CharField(max_length=64, unique=True)
    created_at = models.DateTimeField()
