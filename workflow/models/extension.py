"""Extensions: what was asked for a deadline, why, and what finance answered. Written by workflow.extensions."""

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from workflow.models.case import Task
from workflow.models.people import User


class Extension(models.Model):
    """One request for a later deadline. Open until `decided_at`; one open request a task."""

    task = models.ForeignKey(Task, models.PROTECT, related_name="extensions")
    asked_by = models.ForeignKey(User, models.PROTECT, related_name="+")
    asked_at = models.DateTimeField()
    until = models.DateField()
    reason = models.CharField(max_length=300)
    decided_by = models.ForeignKey(User, models.PROTECT, null=True, blank=True, related_name="+")
    decided_at = models.DateTimeField(null=True, blank=True)
    is_granted = models.BooleanField(null=True, blank=True)
    answer = models.CharField(max_length=300, blank=True)

    class Meta:
        verbose_name = _("extension")
        constraints = [
            models.UniqueConstraint(fields=["task"], condition=Q(decided_at__isnull=True), name="one_open_extension"),
        ]
