"""The calendar feed of one's deadlines (iCalendar, RFC 5545), under an address with a key that can be revoked.

Hidden unless FEED_ENABLED. The key is kept as its digest; a feed shows open tasks of an active person and nothing else.
"""

import hashlib
import secrets
from datetime import UTC, datetime

from django.conf import settings
from django.utils.translation import gettext

from notifications.models import FeedToken
from workflow import deadlines, queries
from workflow.models import Task, User


def new_token(*, user: User, now: datetime) -> str:
    """Make the key of `user`'s feed and return it, the only time it is seen; an earlier key stops at once."""
    token = secrets.token_urlsafe(32)
    FeedToken.objects.update_or_create(user=user, defaults={"digest": _digest(token), "created_at": now})
    return token


def revoke(*, user: User) -> int:
    """Stop the feed of `user`; return how many keys there were."""
    return FeedToken.objects.filter(user=user).delete()[0]


def person_of(token: str) -> User | None:
    """Return the active person whose key `token` is, else None."""
    found = FeedToken.objects.filter(digest=_digest(token), user__is_active=True).select_related("user").first()
    return found.user if found and settings.FEED_ENABLED else None


def _digest(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()


def feed(user: User, *, now: datetime) -> str:
    """Return the open tasks of `user` with a deadline as all-day events."""
    tasks = queries.tasks_of(user).filter(due_at__isnull=False).select_related("case__unit", "step")
    lines = ["BEGIN:VCALENDAR", "VERSION:2.0", "PRODID:-//budget-target-review//ZH", "CALSCALE:GREGORIAN"]
    for task in tasks.order_by("due_at", "pk")[:500]:
        lines += _event(task, now=now)
    return "".join(_folded(line) + "\r\n" for line in [*lines, "END:VCALENDAR"])


def _event(task: Task, *, now: datetime) -> list[str]:
    assert task.due_at is not None
    what = task.step.title if task.step else task.get_kind_display()
    if task.due_is_provisional:
        what = gettext("(provisional) %(what)s") % {"what": what}
    return [
        "BEGIN:VEVENT",
        f"UID:task-{task.pk}@budget-target-review",
        f"DTSTAMP:{now.astimezone(UTC):%Y%m%dT%H%M%SZ}",
        f"DTSTART;VALUE=DATE:{deadlines.due_day(task.due_at):%Y%m%d}",
        f"SUMMARY:{_escaped(f'{what}：{task.case.title}（{task.case.unit.name}）')}",
        "TRANSP:TRANSPARENT",
        "END:VEVENT",
    ]


def _escaped(text: str) -> str:
    plain = " ".join(text.split()).replace("\\", "\\\\")
    return plain.replace(";", "\\;").replace(",", "\\,")


def _folded(line: str) -> str:
    """Return `line` in pieces of at most 75 bytes, none cut within a letter (RFC 5545, 3.1)."""
    pieces, piece = [], b""
    for letter in line:
        encoded = letter.encode()
        if len(piece) + len(encoded) > 73:
            pieces.append(piece)
            piece = b""
        piece += encoded
    return "\r\n ".join(part.decode() for part in [*pieces, piece])
