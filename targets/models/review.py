"""What reviewers write: the review sheet of a decision, and comments on places of the table.

Rows are written by targets.reviews inside the engine's transactions.
"""

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from workflow.models import Case, Decision, User


class Grade(models.TextChoices):
    """优良中差."""

    EXCELLENT = "excellent", _("Excellent")
    GOOD = "good", _("Good")
    FAIR = "fair", _("Fair")
    POOR = "poor", _("Poor")


class ReviewSheet(models.Model):
    """One filled review sheet (审核表): four ticks 优良中差, an opinion. Written with its decision, never changed."""

    decision = models.OneToOneField(Decision, models.PROTECT, related_name="review_sheet")
    case = models.ForeignKey(Case, models.PROTECT, related_name="review_sheets")
    completeness = models.CharField(_("completeness"), max_length=10, choices=Grade.choices)
    relevance = models.CharField(_("relevance"), max_length=10, choices=Grade.choices)
    suitability = models.CharField(_("suitability"), max_length=10, choices=Grade.choices)
    feasibility = models.CharField(_("feasibility"), max_length=10, choices=Grade.choices)
    overall = models.CharField(_("overall grade"), max_length=10, choices=Grade.choices)
    opinion = models.TextField(_("opinion"), blank=True)
    points = models.JSONField(default=dict, blank=True)
    """Points per item, for key projects that are scored."""
    filled_by = models.ForeignKey(User, models.PROTECT, related_name="+")
    filled_at = models.DateTimeField()

    class Meta:
        verbose_name = _("review sheet")
        ordering = ["id"]


class Comment(models.Model):
    """One remark on a place of a case. It stays until a person resolves it; seen by the unit once published.

    `place` is a field name ("annual_goal", "funds.total", "case"), or "name" / "value" / "indicator" with `indicator`.
    """

    class Kind(models.TextChoices):
        MUST = "must", _("Must fix")
        SHOULD = "should", _("Should fix")
        QUESTION = "question", _("Question")

    case = models.ForeignKey(Case, models.PROTECT, related_name="comments")
    place = models.CharField(max_length=60)
    indicator = models.UUIDField(null=True, blank=True)
    kind = models.CharField(max_length=10, choices=Kind.choices, default=Kind.MUST)
    words = models.TextField()
    suggestion = models.TextField(blank=True)
    """The text that the reviewer would put there (建议值); the unit takes it over with one click."""
    value_then = models.TextField(blank=True)
    pass_no = models.PositiveIntegerField()
    author = models.ForeignKey(User, models.PROTECT, related_name="comments")
    written_at = models.DateTimeField()
    published_at = models.DateTimeField(null=True, blank=True)
    answer = models.TextField(blank=True)
    answered_by = models.ForeignKey(User, models.PROTECT, null=True, blank=True, related_name="+")
    answered_at = models.DateTimeField(null=True, blank=True)
    resolved_by = models.ForeignKey(User, models.PROTECT, null=True, blank=True, related_name="+")
    resolved_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        verbose_name = _("comment")
        ordering = ["id"]
        indexes = [models.Index(fields=["case"], name="comment_unresolved", condition=Q(resolved_at__isnull=True))]
