"""The process carries the table's content."""

from django.db import models
from viewflow.workflow.models import Process


class Review(Process):
    number = models.CharField(max_length=40)
    content = models.JSONField(default=dict)

    class Meta:
        permissions = [("review_table", "review")]
