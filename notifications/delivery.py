"""Pending deliveries leave the site: claimed with a lease, sent one a commit, put off when that fails.

What is due goes into one message a person and day (digests). Called by the background job and by `manage.py sweep`.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import F, Q, QuerySet
from django.utils.translation import gettext_lazy as _

from notifications import audience, digests, hooks, wording
from notifications.channels import NotSent, email
from notifications.kinds import DIGEST_KINDS
from notifications.models import Channel, Delivery, Digest, Notice, Status
from workflow import calendar, deadlines
from workflow.models import User
from workflow.refusals import Refused

LEASE = timedelta(minutes=5)
"""Longer than any attempt takes: EMAIL_TIMEOUT is 20 s."""
WAITS = tuple(timedelta(minutes=minutes) for minutes in (1, 5, 15, 60))
"""After the first, second … failure; the last one repeats."""
GIVES_UP_AFTER = timedelta(hours=24)
AT_MOST = 60
"""Messages one call sends: a rate that any mail server takes."""
HANDFUL = 10
"""Single messages that are claimed, and whose recipients are asked for, together; each is sent and committed alone."""


class NoteMissing(Refused):
    code = "note_missing"
    message = _("Say in a few words how it was dealt with, for instance “told by phone”.")


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
            for delivery, seen in zip(claimed, _still_meant(claimed, now=now), strict=True):
                result += _send_one(delivery, seen, line, now=now)
        due = _sendable(now=now).filter(notice__kind__in=DIGEST_KINDS)
        if not calendar.is_working(deadlines.day_of(now)):
            due = due.none()
        ready = due if digests.all_known(now=now) else due.filter(created_at__lte=now - digests.PATIENCE)
        people = ready.order_by("recipient").values_list("recipient", flat=True).distinct()
        for person in list(people[: max(limit - result.sent, 0)]):
            if claimed := _claim_all_of(person, now=now):
                result += _send_digest(claimed, line, now=now)
    return result


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


def _claim_all_of(person: int, *, now: datetime) -> list[Delivery]:
    """Take everything due of one person, under the lock of their day's digest; nothing while another is sending it."""
    mine = Delivery.objects.filter(
        recipient=person, channel=Channel.EMAIL, status=Status.PENDING, notice__kind__in=DIGEST_KINDS
    )
    digest = digests.of_today(person, Channel.EMAIL, now=now)
    with transaction.atomic():
        is_ours = Digest.objects.select_for_update(skip_locked=True).filter(pk=digest.pk).first() is not None
        if not is_ours or mine.filter(lease_until__gt=now).exists():
            return []
        return _claim(list(mine.filter(available_at__lte=now).values_list("pk", flat=True)), now=now)


MANY = 200
"""Deliveries for which people and tasks are asked at once."""


def _still_meant(deliveries: Sequence[Delivery], *, now: datetime) -> list[audience.Around | None]:
    """Return, for each, what the words need while the recipient is still one of those to be told, else None."""
    directory, meant = audience.Directory(now), list[audience.Around | None]()
    for start in range(0, len(deliveries), MANY):
        part = deliveries[start : start + MANY]
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
    Delivery.objects.filter(pk=delivery.pk).update(
        status=Status.SENT,
        sent_at=now,
        lease_until=None,
        message_id=number,
        subject=words.subject,
        body=words.body,
        last_error="",
    )
    return DeliverResult(sent=1)


def _send_digest(claimed: Sequence[Delivery], line: email.Line, *, now: datetime) -> DeliverResult:
    """Send one message about all of `claimed`, which are of one recipient, unless the day's has gone already."""
    meant, moot = [], []
    for delivery, seen in zip(claimed, _still_meant(claimed, now=now), strict=True):
        if seen is None:
            moot.append(delivery)
        else:
            meant.append((delivery, wording.words_of(seen, now=now)))
    result = _drop(moot, now=now) if moot else DeliverResult()
    if not meant:
        return result
    recipient = claimed[0].recipient
    digest = digests.of_today(recipient.pk, Channel.EMAIL, now=now)
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
        Delivery.objects.bulk_update(changed, ["subject", "body"], batch_size=MANY)
    return result + DeliverResult(sent=1)


def _drop(deliveries: Sequence[Delivery], *, now: datetime) -> DeliverResult:
    pks = [delivery.pk for delivery in deliveries]
    Delivery.objects.filter(pk__in=pks).update(status=Status.DROPPED, handled_at=now, lease_until=None)
    return DeliverResult(dropped=len(pks))


def _not_sent(deliveries: Sequence[Delivery], error: NotSent, *, now: datetime) -> DeliverResult:
    """Put the deliveries off, or give up: at once when the refusal is final, else a day after they were made."""
    put_off = given_up = 0
    for delivery in deliveries:
        columns: dict[str, object] = {"lease_until": None, "last_error": str(error)[:300]}
        if error.is_final:
            columns["status"] = Status.FAILED
        elif now - delivery.created_at >= GIVES_UP_AFTER:
            columns["status"] = Status.INCIDENT
        else:
            columns["available_at"] = now + WAITS[min(delivery.attempts, len(WAITS)) - 1]
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
