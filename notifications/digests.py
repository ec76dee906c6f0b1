"""One message a person and day about everything that is due: when it may go, and what it says."""

import logging
from collections.abc import Iterable
from datetime import datetime, timedelta

from django.conf import settings
from django.db import IntegrityError, transaction
from django.utils.translation import ngettext, override

from notifications import expand
from notifications.models import Channel, Digest, Notice
from notifications.wording import Words
from workflow import calendar, deadlines
from workflow.machine import TaskStatus
from workflow.models import Task

logger = logging.getLogger(__name__)

PATIENCE = timedelta(minutes=10)
"""How long a message waits for the others of its day: one task that cannot be swept must not stop all mail."""


def all_known(*, now: datetime) -> bool:
    """Return whether everything due has been swept and expanded, so that no second message follows on the heels."""
    is_due = Task.objects.filter(status=TaskStatus.OPEN, next_rung_at__lte=now)
    return not is_due.exists() and not Notice.objects.filter(expand.waiting(now=now)).exists()


def of_today(recipient: int, channel: Channel, *, now: datetime) -> Digest:
    """Return the one digest row of the person's day (`recipient`: their id); `sent_at` set: the message has gone.

    A row that was never marked as sent moves on to today and keeps its number: if the mail server did take it before
    a crash, what is sent now carries the same Message-ID.
    """
    today = deadlines.day_of(now)
    rows = Digest.objects.filter(recipient_id=recipient, channel=channel)
    unsent = rows.filter(sent_at__isnull=True, day__lt=today)
    if not rows.filter(day=today).exists() and (left := unsent.order_by("-day").first()) is not None:
        try:
            with transaction.atomic():
                unsent.filter(pk=left.pk).update(day=today)
        except IntegrityError:
            logger.info("Another sender has begun the day of person %s", recipient)
    return Digest.objects.get_or_create(recipient_id=recipient, channel=channel, day=today)[0]


def next_time(*, now: datetime) -> datetime:
    """Return the morning of the next working day."""
    return deadlines.morning(calendar.add_working_days(deadlines.day_of(now), 1))


def subject(*, count: int) -> str:
    """Return the subject: how many tables wait."""
    with override(settings.LANGUAGE_CODE):
        return ngettext("%(count)s table waits for you", "%(count)s tables wait for you", count) % {"count": count}


def lines(words: Iterable[Words]) -> list[Words]:
    """Return the lines of the message in the order in which they were made, each said once."""
    return list({line.body: line for line in words}.values())
