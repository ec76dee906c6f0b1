"""Notice → one Delivery a recipient and channel, decided now and not when it happened.

Each notice in a transaction of its own; whoever comes second finds it done. Called by the background job and by
`manage.py sweep`.
"""

import logging
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.conf import settings
from django.db import transaction
from django.db.models import F, Q

from notifications import audience, wording
from notifications.kinds import KINDS
from notifications.models import Channel, Delivery, Notice, Preference, Status
from workflow import ladders
from workflow.machine import TaskStatus
from workflow.models import User

logger = logging.getLogger(__name__)

AT_MOST = 2000
"""Notices one call expands before it leaves the rest to the next."""
AGAIN_AFTER = timedelta(minutes=5)
"""How long a notice that could not be expanded is left alone, times the number of attempts."""


@dataclass(frozen=True, slots=True)
class ExpandResult:
    """How many notices were expanded, into how many deliveries, and how many could not be."""

    notices: int = 0
    deliveries: int = 0
    failed: int = 0


def waiting(*, now: datetime) -> Q:
    """Return the condition on a Notice that is to be expanded now."""
    return Q(expanded_at__isnull=True) & (Q(lease_until__isnull=True) | Q(lease_until__lte=now))


def expand(*, now: datetime, limit: int = AT_MOST) -> ExpandResult:
    """Expand every waiting notice, oldest first, and clear what closed tasks have settled.

    A notice that cannot be expanded is noted with its error, left alone for a while, and keeps nobody else waiting.
    """
    settle(now=now)
    notices = deliveries = failed = 0
    for pk in list(Notice.objects.filter(waiting(now=now)).order_by("pk").values_list("pk", flat=True)[:limit]):
        try:
            made = _expand_one(pk, now=now)
        except Exception as error:
            # One notice that cannot be told must not keep the others from theirs, whatever its reason.
            logger.exception("Notice %s cannot be expanded", pk)
            _put_off(pk, error, now=now)
            failed += 1
            continue
        notices += made is not None
        deliveries += made or 0
    return ExpandResult(notices, deliveries, failed)


def settle(*, now: datetime) -> int:
    """Mark as handled what was told about tasks that are closed by now; return how many. Two statements at most."""
    over = Delivery.objects.filter(handled_at__isnull=True, notice__task__isnull=False).exclude(
        notice__task__status=TaskStatus.OPEN
    )
    over.filter(status=Status.PREPARED).update(status=Status.DROPPED, handled_at=now)
    return over.update(handled_at=now)


def _expand_one(pk: int, *, now: datetime) -> int | None:
    """Return how many deliveries were made; None when somebody else has the notice or has expanded it."""
    with transaction.atomic():
        notice = (
            Notice.objects.select_for_update(skip_locked=True, of=("self",))
            .select_related("case__unit", "case__department__division_in_charge", "by")
            .filter(waiting(now=now), pk=pk)
            .first()
        )
        if notice is None:
            return None
        seen = audience.around(notice)
        people = audience.people_of(seen)
        rows = list(_deliveries(seen, people, now=now)) if people else []
        if notice.kind == "reminder":
            _supersede(notice, people, now=now)
        Delivery.objects.bulk_create(rows, ignore_conflicts=True)
        Notice.objects.filter(pk=pk).update(expanded_at=now, lease_until=None, last_error="")
    return len(rows)


def _deliveries(seen: audience.Around, people: list[User], *, now: datetime) -> Iterator[Delivery]:
    notice = seen.notice
    kind, words = KINDS[notice.kind], wording.words_of(seen, now=now)
    rung_audience = notice.facts.get("audience", "")
    is_prepared = bool(rung_audience) and not ladders.is_sent_automatically(rung_audience)
    choices = {
        (user, channel): enabled
        for user, channel, enabled in Preference.objects.filter(user__in=people, kind=kind.id).values_list(
            "user_id", "channel", "enabled"
        )
    }
    for person in people:
        for channel in kind.channels:
            if channel == Channel.EMAIL and not (settings.EMAIL_ENABLED and person.email):
                continue
            if not choices.get((person.pk, channel), True):
                continue
            is_shown = channel == Channel.IN_APP and not is_prepared
            yield Delivery(
                notice=notice,
                recipient=person,
                channel=channel,
                status=Status.PREPARED if is_prepared else Status.SENT if is_shown else Status.PENDING,
                available_at=now,
                created_at=now,
                sent_at=now if is_shown else None,
                subject=words.subject,
                body=words.body,
            )


def _supersede(notice: Notice, people: list[User], *, now: datetime) -> None:
    """Let a newer reminder of a task take the place of the older ones on the page."""
    Delivery.objects.filter(
        notice__task=notice.task_id,
        notice__kind="reminder",
        recipient__in=people,
        channel=Channel.IN_APP,
        handled_at__isnull=True,
    ).update(handled_at=now)


def _put_off(pk: int, error: Exception, *, now: datetime) -> None:
    notice = Notice.objects.filter(pk=pk)
    notice.update(attempts=F("attempts") + 1, last_error=f"{type(error).__name__}: {error}"[:300])
    attempts = notice.values_list("attempts", flat=True).first() or 1
    notice.update(lease_until=now + AGAIN_AFTER * min(attempts, 12))
