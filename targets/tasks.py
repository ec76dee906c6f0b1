"""Background jobs of the document room: each calls one function. The database decides what is due."""

from celery import shared_task
from django.utils import timezone

from targets import monitoring


@shared_task(name="targets.open_due_periods")
def open_due_periods() -> int:
    """Open the monitoring reports that are due; returns how many."""
    return monitoring.open_due_periods(timezone.now())
