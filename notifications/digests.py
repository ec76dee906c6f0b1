"""One message a person and day about everything that is due: when it may go, and what it says."""

import logging
from collections.abc import Collection, Iterable
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


def of_today(people: Collection[int], channel: Channel, *, now: datetime) -> list[int]:
    """Return the ids of the one digest row of each person's day (`people`: their ids); `sent_at` set: it has gone.

    A row that was never marked as sent moves on to today and keeps its number: if the mail server did take it before
    a crash, what is sent now carries the same Message-ID. A few statements, whatever the number of people.
    """
    today = deadlines.day_of(now)
    rows = Digest.objects.filter(recipient__in=people, channel=channel)
    missing = set(people) - set(rows.filter(day=today).values_list("recipient", flat=True))
    left = rows.filter(recipient__in=missing, sent_at__isnull=True, day__lt=today).order_by("recipient", "day")
    for person, pk in dict(left.values_list("recipient", "pk")).items():
        try:
            with transaction.atomic():
                missing -= {person} if rows.filter(pk=pk, sent_at__isnull=True).update(day=today) else set()
        except IntegrityError:
            logger.info("Another sender has begun the day of person %s", person)
    made = [Digest(recipient_id=person, channel=channel, day=today) for person in sorted(missing)]
    Digest.objects.bulk_create(made, ignore_conflicts=True)
    return list(rows.filter(day=today).values_list("pk", flat=True))


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
