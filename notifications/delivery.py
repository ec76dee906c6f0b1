"""Pending deliveries leave the site: claimed with a lease, sent one a commit, put off when that fails.

What is due goes into one message a person and day (digests). Called by the background job and by `manage.py sweep`.
"""

import time
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db import connection, transaction
from django.db.models import Count, F, Q, QuerySet

from notifications import audience, digests, hooks, wording
from notifications.backing_off import LEASE, NoteMissing, after_failure
from notifications.channels import NotSent, email
from notifications.kinds import DIGEST_KINDS
from notifications.models import Channel, Delivery, Digest, Notice, Status
from workflow import calendar, deadlines
from workflow.models import User

AT_MOST = 60
"""Messages one call sends: a rate that any mail server takes."""
HANDFUL = 60
"""Messages that are claimed, and whose recipients are asked for, together; each is sent and committed alone."""
MANY = 2000
"""Rows of messages about what is due that are claimed together; what one person has is never divided."""
HOLDS = 120.0
"""Seconds after which the rest of a handful is given back, long before its lease ends: the mail server is slow."""
SENT = """
UPDATE notifications_delivery SET status = %s, sent_at = %s, lease_until = NULL, message_id = %s, subject = %s,
       body = %s, last_error = '' WHERE id = %s
"""
"""Written as SQL because every message sends it, in a commit of its own."""


@dataclass(frozen=True, slots=True)
class DeliverResult:
    """Messages sent, deliveries put off, given up or refused, and dropped because they were no longer needed."""

    sent: int = 0
    put_off: int = 0
    given_up: int = 0
    dropped: int = 0

    def __add__(self, other: "DeliverResult") -> "DeliverResult":
        return DeliverResult(
            self.sent + other.sent,
            self.put_off + other.put_off,
            self.given_up + other.given_up,
            self.dropped + other.dropped,
        )


def deliver(*, now: datetime, limit: int = AT_MOST) -> DeliverResult:
    """Send what is pending over e-mail, oldest first, at most `limit` messages; then the day's digests,
    on working days only: the page shows everything at once.

    A crash between the mail server's answer and our commit can send one message again, with the same Message-ID.
    """
    result = DeliverResult(sent=hooks.deliver(now=now))
    with email.Line() as line:
        singles = _sendable(now=now).exclude(notice__kind__in=DIGEST_KINDS).order_by("available_at", "pk")
        waiting = list(singles.values_list("pk", flat=True)[:limit])
        for start in range(0, len(waiting), HANDFUL):
            claimed = _claim(waiting[start : start + HANDFUL], now=now)
            seen = _still_meant(claimed, now=now)
            for message in _while_held([[pair] for pair in zip(claimed, seen, strict=True)]):
                result += _send_one(*message[0], line, now=now)
        due = _sendable(now=now).filter(notice__kind__in=DIGEST_KINDS)
        if not calendar.is_working(deadlines.day_of(now)):
            due = due.none()
        ready = due if digests.all_known(now=now) else due.filter(created_at__lte=now - digests.PATIENCE)
        people = ready.values("recipient").annotate(lines=Count("pk")).order_by("recipient")
        counted = list(people.values_list("recipient", "lines")[: max(limit - result.sent, 0)])
        for handful in _handfuls(counted):
            told = _claim_all_of(handful, now=now)
            claimed = [delivery for _digest, mine in told for delivery in mine]
            seen_of = dict(zip((one.pk for one in claimed), _still_meant(claimed, now=now), strict=True))
            days = {mine[0].recipient_id: digest for digest, mine in told}
            for pairs in _while_held([[(one, seen_of[one.pk]) for one in mine] for _digest, mine in told]):
                result += _send_digest(days[pairs[0][0].recipient_id], pairs, line, now=now)
    return result


Pair = tuple[Delivery, audience.Around | None]
"""A claimed delivery, and what its words need; None: the recipient is no longer meant."""


def _while_held(messages: Sequence[list[Pair]]) -> Iterator[list[Pair]]:
    """Yield the messages of one handful one by one; after HOLDS seconds give what is left back instead."""
    begin = time.monotonic()
    for place, message in enumerate(messages):
        if time.monotonic() - begin > HOLDS:
            left = [delivery.pk for rest in messages[place:] for delivery, _seen in rest]
            Delivery.objects.filter(pk__in=left).update(lease_until=None, attempts=F("attempts") - 1)
            return
        yield message


def _handfuls(people: Sequence[tuple[int, int]]) -> Iterator[list[int]]:
    """Divide people (id, lines) into handfuls of HANDFUL people and MANY lines at most, one person at least."""
    handful, lines = list[int](), 0
    for person, many in people:
        if handful and (len(handful) >= HANDFUL or lines + many > MANY):
            yield handful
            handful, lines = [], 0
        handful.append(person)
        lines += many
    if handful:
        yield handful


def _sendable(*, now: datetime) -> QuerySet[Delivery]:
    unleased = Q(lease_until__isnull=True) | Q(lease_until__lte=now)
    return Delivery.objects.filter(unleased, channel=Channel.EMAIL, status=Status.PENDING, available_at__lte=now)


def _claim(pks: Sequence[int], *, now: datetime) -> list[Delivery]:
    """Take the deliveries that nobody else is sending, until the lease ends, and return them with what words need."""
    with transaction.atomic():
        free = _sendable(now=now).filter(pk__in=pks).select_for_update(skip_locked=True, of=("self",))
        mine = list(free.values_list("pk", flat=True))
        Delivery.objects.filter(pk__in=mine).update(lease_until=now + LEASE, attempts=F("attempts") + 1)
    return list(
        Delivery.objects.filter(pk__in=mine)
        .select_related("recipient", "notice__by", "notice__case__unit", "notice__case__department__division_in_charge")
        .order_by("pk")
    )


def _claim_all_of(people: Collection[int], *, now: datetime) -> list[tuple[Digest, list[Delivery]]]:
    """Take everything due of each of the people, under the lock of their day's digest; nothing of those whom another
    is sending to. A few statements, whatever their number."""
    rows = digests.of_today(people, Channel.EMAIL, now=now)
    with transaction.atomic():
        free = Digest.objects.select_for_update(skip_locked=True).filter(pk__in=rows)
        days = {digest.recipient_id: digest for digest in free}
        mine = Delivery.objects.filter(
            recipient__in=days, channel=Channel.EMAIL, status=Status.PENDING, notice__kind__in=DIGEST_KINDS
        )
        busy = set(mine.filter(lease_until__gt=now).values_list("recipient", flat=True))
        due = mine.filter(available_at__lte=now).exclude(recipient__in=busy)
        claimed = _claim(list(due.values_list("pk", flat=True)), now=now)
    told = dict[int, list[Delivery]]()
    for delivery in claimed:
        told.setdefault(delivery.recipient_id, []).append(delivery)
    return [(days[person], told[person]) for person in sorted(told)]


ASKED = 200
"""Deliveries for which people and tasks are asked at once."""


def _still_meant(deliveries: Sequence[Delivery], *, now: datetime) -> list[audience.Around | None]:
    """Return, for each, what the words need while the recipient is still one of those to be told, else None."""
    directory, meant = audience.Directory(now), list[audience.Around | None]()
    directory.active({delivery.recipient_id for delivery in deliveries})
    for start in range(0, len(deliveries), ASKED):
        part = deliveries[start : start + ASKED]
        for delivery, seen in zip(part, audience.around([one.notice for one in part], directory), strict=True):
            is_meant = bool(delivery.recipient.email) and audience.is_meant(seen, delivery.recipient_id, directory)
            meant.append(seen if is_meant else None)
    return meant


def _send_one(delivery: Delivery, seen: audience.Around | None, line: email.Line, *, now: datetime) -> DeliverResult:
    if seen is None:
        return _drop([delivery], now=now)
    words = wording.words_of(seen, now=now)
    try:
        number = email.send(
            to=delivery.recipient.email,
            subject=words.subject,
            template="notice",
            context={"body": words.body, "link": words.link, "whys": [words.why], "person": delivery.recipient},
            key=f"delivery-{delivery.pk}",
            line=line,
        )
    except NotSent as error:
        return _not_sent([delivery], error, now=now)
    moment = connection.ops.adapt_datetimefield_value(now)
    with connection.cursor() as cursor:
        cursor.execute(SENT, [Status.SENT.value, moment, number, words.subject, words.body, delivery.pk])
    return DeliverResult(sent=1)


def _send_digest(digest: Digest, pairs: Sequence[Pair], line: email.Line, *, now: datetime) -> DeliverResult:
    """Send one message about all of `pairs`, which are of one recipient, unless the day's (`digest`) has gone."""
    moot = [delivery for delivery, seen in pairs if seen is None]
    meant = [(delivery, wording.words_of(seen, now=now)) for delivery, seen in pairs if seen is not None]
    result = _drop(moot, now=now) if moot else DeliverResult()
    if not meant:
        return result
    recipient = pairs[0][0].recipient
    pks = [delivery.pk for delivery, _words in meant]
    if digest.sent_at is not None:
        Delivery.objects.filter(pk__in=pks).update(
            available_at=digests.next_time(now=now), lease_until=None, attempts=F("attempts") - 1
        )
        return result
    subject = digests.subject(count=len({delivery.notice.case_id for delivery, _words in meant}))
    try:
        number = email.send(
            to=recipient.email,
            subject=subject,
            template="digest",
            context={
                "lines": digests.lines([words for _delivery, words in meant]),
                "whys": list(dict.fromkeys(words.why for _delivery, words in meant)),
                "person": recipient,
            },
            key=f"digest-{digest.pk}",
            line=line,
        )
    except NotSent as error:
        return result + _not_sent([delivery for delivery, _words in meant], error, now=now)
    with transaction.atomic():
        Digest.objects.filter(pk=digest.pk).update(sent_at=now)
        Delivery.objects.filter(pk__in=pks).update(
            status=Status.SENT, sent_at=now, lease_until=None, digest=digest, message_id=number, last_error=""
        )
        # What was said, where it is not what was to be said when the notice was expanded.
        changed = []
        for delivery, words in meant:
            if (delivery.subject, delivery.body) != (words.subject, words.body):
                delivery.subject, delivery.body = words.subject, words.body
                changed.append(delivery)
        Delivery.objects.bulk_update(changed, ["subject", "body"], batch_size=ASKED)
    return result + DeliverResult(sent=1)


def _drop(deliveries: Sequence[Delivery], *, now: datetime) -> DeliverResult:
    pks = [delivery.pk for delivery in deliveries]
    Delivery.objects.filter(pk__in=pks).update(status=Status.DROPPED, handled_at=now, lease_until=None)
    return DeliverResult(dropped=len(pks))


def _not_sent(deliveries: Sequence[Delivery], error: NotSent, *, now: datetime) -> DeliverResult:
    """Put the deliveries off, or give up: at once when the refusal is final, else a day after they were made."""
    put_off = given_up = 0
    for delivery in deliveries:
        columns = after_failure(delivery, error, now=now)
        given_up += "status" in columns
        put_off += "status" not in columns
        Delivery.objects.filter(pk=delivery.pk).update(**columns)
    return DeliverResult(put_off=put_off, given_up=given_up)


# What a person does


def release_prepared(*, notice: Notice, by: User, now: datetime) -> int:
    """Send the prepared text of `notice` in the name of `by`: shown on the page at once, mailed where mail is on.

    Returns how many deliveries were released; 0 when somebody has done so before, or the task is done by now.
    The caller has checked that `by` finds it among queries.prepared_for.
    """
    prepared = Delivery.objects.filter(notice=notice, status=Status.PREPARED)
    with transaction.atomic():
        shown = prepared.filter(channel=Channel.IN_APP).update(
            status=Status.SENT, sent_at=now, available_at=now, sent_by=by
        )
        mailed = prepared.filter(channel=Channel.EMAIL).update(status=Status.PENDING, available_at=now, sent_by=by)
    return shown + mailed


def retry(*, delivery_id: int, now: datetime) -> int:
    """Try a delivery again that was given up or refused; return 1, or 0 when it is neither."""
    return Delivery.objects.filter(
        pk=delivery_id, status__in=(Status.FAILED, Status.INCIDENT), resolved_at__isnull=True
    ).update(status=Status.PENDING, available_at=now, created_at=now, attempts=0, lease_until=None)


def retry_notice(*, notice_id: int, now: datetime) -> int:
    """Let a notice that could not be expanded be tried at once; return 1, or 0 when it has been expanded."""
    return Notice.objects.filter(pk=notice_id, expanded_at__isnull=True).update(attempts=0, lease_until=None)


def resolve(*, delivery_id: int, by: User, note: str, now: datetime) -> int:
    """Note that `by` has dealt with an incident by hand, and how; return 1, or 0 when it is none.

    Raises: NoteMissing.
    """
    if not note.strip():
        raise NoteMissing
    return Delivery.objects.filter(
        pk=delivery_id, status__in=(Status.FAILED, Status.INCIDENT), resolved_at__isnull=True
    ).update(resolved_at=now, resolved_by=by, resolved_note=note.strip()[:200])
