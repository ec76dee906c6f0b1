"""Notice → one Delivery a recipient and channel, decided now and not when it happened.

A handful of notices a transaction; whoever comes second finds them done. Called by the background job and by
`manage.py sweep`.
"""

import logging
from collections.abc import Container, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.conf import settings
from django.db import connection, transaction
from django.db.models import F, Q

from notifications import audience, hooks, quiet, wording
from notifications.kinds import KINDS
from notifications.models import Channel, Delivery, HookDelivery, Notice, Preference, QuietHours, Status
from workflow import ladders
from workflow.machine import TaskStatus
from workflow.models import User

logger = logging.getLogger(__name__)

AT_MOST = 2000
"""Notices one call expands before it leaves the rest to the next."""
HANDFUL = 20
"""Notices a transaction on SQLite, where every writer waits for it; for them people and posts are asked once."""
MANY = 200
"""The same on PostgreSQL, where nobody waits."""
AGAIN_AFTER = timedelta(minutes=5)
"""How long a notice that could not be expanded is left alone, times the number of attempts."""


@dataclass(frozen=True, slots=True)
class ExpandResult:
    """How many notices were expanded, into how many deliveries, and how many could not be."""

    notices: int = 0
    deliveries: int = 0
    failed: int = 0

    def __add__(self, other: "ExpandResult") -> "ExpandResult":
        return ExpandResult(
            self.notices + other.notices, self.deliveries + other.deliveries, self.failed + other.failed
        )


@dataclass(frozen=True, slots=True)
class Wants:
    """What people want to be told: kinds switched off (person, channel, kind), quiet hours, muted (person, case)."""

    switched_off: Container[tuple[int, str, str]]
    quiet: Mapping[int, QuietHours]
    muted: Container[tuple[int, int]]


def waiting(*, now: datetime) -> Q:
    """Return the condition on a Notice that is to be expanded now."""
    return Q(expanded_at__isnull=True) & (Q(lease_until__isnull=True) | Q(lease_until__lte=now))


def expand(*, now: datetime, limit: int = AT_MOST) -> ExpandResult:
    """Expand every waiting notice, oldest first, and clear what closed tasks have settled.

    A notice that cannot be expanded is noted with its error, left alone for a while, and keeps nobody else waiting.
    """
    settle(now=now)
    pending = list(Notice.objects.filter(waiting(now=now)).order_by("pk").values_list("pk", flat=True)[:limit])
    result = ExpandResult()
    size = HANDFUL if connection.vendor == "sqlite" else MANY
    for start in range(0, len(pending), size):
        handful = pending[start : start + size]
        try:
            result += _expand_handful(handful, now=now)
        except Exception:
            # One notice that cannot be told must not keep the others from theirs, whatever its reason.
            for pk in handful:
                result += _expand_alone(pk, now=now)
    return result


def _expand_alone(pk: int, *, now: datetime) -> ExpandResult:
    try:
        return _expand_handful([pk], now=now)
    except Exception as error:
        logger.exception("Notice %s cannot be expanded", pk)
        _put_off(pk, error, now=now)
        return ExpandResult(failed=1)


def settle(*, now: datetime) -> int:
    """Mark as handled what was told about tasks that are closed by now; return how many. Two statements at most."""
    over = Delivery.objects.filter(handled_at__isnull=True, notice__task__isnull=False).exclude(
        notice__task__status=TaskStatus.OPEN
    )
    over.filter(status=Status.PREPARED).update(status=Status.DROPPED, handled_at=now)
    return over.update(handled_at=now)


def _expand_handful(pks: Sequence[int], *, now: datetime) -> ExpandResult:
    """Expand those of the notices that nobody else has or has expanded, in one transaction."""
    with transaction.atomic():
        notices = list(
            Notice.objects.select_for_update(skip_locked=True, of=("self",))
            .select_related("case__unit", "case__department__division_in_charge", "by")
            .filter(waiting(now=now), pk__in=pks)
            .order_by("pk")
        )
        directory = audience.Directory(now)
        around = audience.around(notices, directory)
        told = [(seen, audience.people_of(seen, directory)) for seen in around]
        outside = [(seen, audience.outsiders_of(seen, directory)) for seen in around]
        choices = Preference.objects.filter(user__in=directory.people, enabled=False)
        wants = Wants(
            switched_off=set(choices.values_list("user_id", "channel", "kind")),
            quiet=quiet.of_people(directory.people),
            muted=quiet.muted(people=directory.people, cases={notice.case_id for notice in notices}),
        )
        rows = [row for seen, people in told for row in _deliveries(seen, people, wants, now=now)]
        rows += [row for seen, people in outside for row in _outside(seen.notice, people, wants, now=now)]
        _supersede(notices, rows, now=now)
        Delivery.objects.bulk_create(rows, ignore_conflicts=True)
        if calls := hooks.deliveries([seen for seen, _people in told], now=now):
            HookDelivery.objects.bulk_create(calls, ignore_conflicts=True)
        Notice.objects.filter(pk__in=[notice.pk for notice in notices]).update(
            expanded_at=now, lease_until=None, last_error=""
        )
    return ExpandResult(len(notices), len(rows))


def _deliveries(seen: audience.Around, people: Sequence[User], wants: Wants, *, now: datetime) -> Iterator[Delivery]:
    if not people:
        return
    notice = seen.notice
    kind, words = KINDS[notice.kind], wording.words_of(seen, now=now)
    rung_audience = notice.facts.get("audience", "")
    is_prepared = bool(rung_audience) and not ladders.is_sent_automatically(rung_audience)
    for person in people:
        for channel in kind.channels:
            if channel == Channel.EMAIL and not (settings.EMAIL_ENABLED and person.email):
                continue
            if (person.pk, channel, kind.id) in wants.switched_off:
                continue
            is_muted = (person.pk, notice.case_id) in wants.muted
            if is_muted and channel == Channel.EMAIL:
                continue
            is_shown = channel == Channel.IN_APP and not is_prepared
            yield Delivery(
                notice=notice,
                recipient=person,
                channel=channel,
                status=Status.PREPARED if is_prepared else Status.SENT if is_shown else Status.PENDING,
                available_at=now if channel == Channel.IN_APP else quiet.after(wants.quiet.get(person.pk), now=now),
                created_at=now,
                sent_at=now if is_shown else None,
                read_at=now if is_shown and is_muted else None,
                subject=words.subject,
                body=words.body,
            )


def _outside(notice: Notice, people: Sequence[User], wants: Wants, *, now: datetime) -> Iterator[Delivery]:
    """Yield what those get who may not see the case: on the page only, in words that name none."""
    for person in people:
        if (person.pk, Channel.IN_APP, notice.kind) not in wants.switched_off:
            words = wording.outside_words(notice)
            yield Delivery(notice=notice, recipient=person, channel=Channel.IN_APP, status=Status.SENT,
                           available_at=now, created_at=now, sent_at=now, body=words,
                           subject=str(KINDS[notice.kind].label))  # fmt: skip


def _supersede(notices: Sequence[Notice], rows: Sequence[Delivery], *, now: datetime) -> None:
    """Let the newest reminder of a task take the place of the older ones on the page."""
    newest = {notice.task_id: notice.pk for notice in notices if notice.kind == "reminder"}
    if not newest:
        return
    current = [notice.pk for notice in notices]
    # Asked by the case, which has an index; the task, which has none, decides.
    reminders = Notice.objects.filter(case__in={notice.case_id for notice in notices}, kind="reminder")
    older = list(reminders.filter(task__in=newest).exclude(pk__in=current).values_list("pk", flat=True))
    if older:
        Delivery.objects.filter(notice__in=older, channel=Channel.IN_APP, handled_at__isnull=True).update(
            handled_at=now
        )
    for row in rows:
        notice = row.notice
        if notice.kind == "reminder" and row.channel == Channel.IN_APP and newest[notice.task_id] != notice.pk:
            row.handled_at = now


def _put_off(pk: int, error: Exception, *, now: datetime) -> None:
    notice = Notice.objects.filter(pk=pk)
    notice.update(attempts=F("attempts") + 1, last_error=f"{type(error).__name__}: {error}"[:300])
    attempts = notice.values_list("attempts", flat=True).first() or 1
    notice.update(lease_until=now + AGAIN_AFTER * min(attempts, 12))
