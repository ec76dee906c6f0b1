"""A table with a protected state field, an outbox row a notice."""

from django.db import models
from django_fsm import FSMField, transition
from django_fsm_log.decorators import fsm_log_by


class Table(models.Model):
    number = models.CharField(max_length=40)
    content = models.JSONField(default=dict)
    state = FSMField(default="department_review", protected=True)

    class Meta:
        permissions = [("review_table", "review")]

    @fsm_log_by
    @transition(field=state, source="department_review", target="finance_review")
    def pass_department(self, by=None):
        """The department has approved."""


class Outbox(models.Model):
    table = models.ForeignKey(Table, models.CASCADE)
    kind = models.CharField(max_length=40)
