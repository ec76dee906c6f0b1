"""When the background work last ran: so that an outage is known for what it was."""

from django.db import models


class Heartbeat(models.Model):
    """One kind of background work. Written by workflow.deadlines.beat, at most once a minute."""

    name = models.SlugField(primary_key=True, max_length=20)
    beat_at = models.DateTimeField()
    up_since = models.DateTimeField(null=True, blank=True)
    """When it came back from its last outage; null: it has never been away."""
