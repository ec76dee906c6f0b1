"""Routes: which steps a case takes inside the two review states. Versioned data, immutable once published."""

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from workflow.machine import Kind, Rule, SamePerson, State, TaskKind, WhenNobody
from workflow.models.people import User
from workflow.models.rows import QuickRows


class Route(QuickRows, models.Model):
    """One version of a route. A case keeps the version it was submitted under.

    A draft is edited by workflow.route_editing, at most one a kind and profile; routes.publish makes it immutable.
    """

    case_kind = models.CharField(max_length=20, choices=Kind.choices)
    profile = models.CharField(max_length=40)
    version = models.PositiveIntegerField()
    title = models.CharField(max_length=120)
    published_at = models.DateTimeField(null=True, blank=True)
    retired_at = models.DateTimeField(null=True, blank=True)
    content_hash = models.CharField(max_length=64, blank=True)
    based_on = models.ForeignKey("self", models.PROTECT, null=True, blank=True, related_name="followed_by")
    basis = models.CharField(max_length=200, blank=True)
    """Why this version was made: a document number, a decision of a meeting."""
    drafted_by = models.ForeignKey(User, models.PROTECT, null=True, blank=True, related_name="+")
    drafted_at = models.DateTimeField(null=True, blank=True)
    published_by = models.ForeignKey(User, models.PROTECT, null=True, blank=True, related_name="+")

    class Meta:
        verbose_name = _("route")
        constraints = [
            models.UniqueConstraint(fields=["case_kind", "profile", "version"], name="route_version_once"),
            models.UniqueConstraint(
                fields=["case_kind", "profile"],
                condition=Q(published_at__isnull=True),
                name="one_draft_a_kind_and_profile",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.title} v{self.version}"


class Step(QuickRows, models.Model):
    """One signature on the way. Changed only while its route is unpublished."""

    route = models.ForeignKey(Route, models.CASCADE, related_name="steps")
    position = models.PositiveIntegerField()
    key = models.SlugField(max_length=40)
    stage = models.CharField(
        max_length=20, choices=[(s.value, s.label) for s in (State.DEPARTMENT_REVIEW, State.FINANCE_REVIEW)]
    )
    title = models.CharField(max_length=60)
    waiting_title = models.CharField(max_length=60)
    task_kind = models.CharField(max_length=10, choices=TaskKind.choices, default=TaskKind.REVIEW)
    candidates = models.JSONField(default=list)
    """A list of {"role": Role, "of": Place} or {"person": id}."""
    rule = models.CharField(max_length=10, choices=Rule.choices, default=Rule.ANY)
    quorum = models.PositiveIntegerField(null=True, blank=True)
    condition = models.JSONField(default=dict, blank=True)
    """Facts of the case that must hold, see routes.CONDITIONS; empty: always."""
    sheet = models.CharField(max_length=40, blank=True)
    days_allowed = models.PositiveIntegerField(default=5)
    counts_calendar_days = models.BooleanField(default=False)
    """days_allowed counts every day, holidays too, as the terms of the law do; otherwise working days."""
    milestone = models.CharField(max_length=40, blank=True)
    """The round's date that is this step's deadline on the first pass; blank: days_allowed only."""
    same_person = models.CharField(max_length=6, choices=SamePerson.choices, default=SamePerson.ASK)
    when_nobody = models.CharField(max_length=6, choices=WhenNobody.choices, default=WhenNobody.BLOCK)
    individually = models.BooleanField(default=False)
    """Each case is looked at by itself: no decision on many at once."""

    class Meta:
        verbose_name = _("step")
        ordering = ["position"]
        constraints = [
            models.UniqueConstraint(fields=["route", "position"], name="step_position_once_a_route"),
            models.UniqueConstraint(fields=["route", "key"], name="step_key_once_a_route"),
            models.CheckConstraint(condition=~Q(rule=Rule.QUORUM) | Q(quorum__gte=1), name="quorum_has_a_number"),
        ]

    def __str__(self) -> str:
        return self.title
