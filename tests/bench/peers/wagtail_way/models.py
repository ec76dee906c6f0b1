"""A page that carries the table's content."""

from django.db import models
from wagtail.models import Page


class TablePage(Page):
    content = models.JSONField(default=dict)
