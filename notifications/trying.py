"""Test messages: one over each way that messages leave the site, sent at once, with what came of it in words.

A test is no notice and makes no incident; that it was sent, by whom and what came of it stands in the rulings. Called
by the page of channels and by `manage.py test_channels`.
"""

from dataclasses import dataclass
from datetime import datetime

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.utils.translation import gettext as _

from notifications import reasons
from notifications.channels import NotSent, email, webhook
from notifications.models import Hook
from workflow import rulings, words
from workflow.models import User


@dataclass(frozen=True, slots=True)
class Tried:
    """One test: over which way, whether the other side took it, and a sentence about it."""

    way: str
    is_taken: bool
    words: str


COMMAND = "manage.py test_channels"
"""Who sends a test that nobody has signed in for."""


def _text(by: User | None, now: datetime) -> str:
    facts = {"moment": words.stamp(now), "by": str(by or COMMAND), "site": settings.SITE_URL}
    return _("This is a test message of the review of performance targets, sent by %(by)s on %(moment)s. Nothing is"
             " to be done. %(site)s") % facts  # fmt: skip


def _noted(tried: Tried, *, by: User | None, now: datetime) -> Tried:
    payload = {"taken": tried.is_taken, "result": tried.words}
    rulings.note(action=rulings.Rule.TEST_CHANNEL, subject=" ".join(tried.way.split()), by=by, now=now, payload=payload)
    return tried


def mail(*, to: str, by: User | None, now: datetime) -> Tried:
    """Send one test mail to `to` over a connection of its own and note it; `by` None: from the command line.

    Waits settings.EMAIL_TIMEOUT seconds at most a step, in no transaction.
    """
    return _noted(_mail(to=to, by=by, now=now), by=by, now=now)


def _mail(*, to: str, by: User | None, now: datetime) -> Tried:
    way = _("E-mail to %(to)s") % {"to": to[:100]}
    if not settings.EMAIL_ENABLED:
        return Tried(way, False, _("E-mail is off: whoever runs this system names a mail server (BTR_EMAIL_HOST)."))
    try:
        validate_email(to)
    except ValidationError:
        return Tried(way, False, _("“%(to)s” is no e-mail address.") % {"to": to[:100]})
    context: dict[str, object] = {
        "body": _text(by, now),
        "link": settings.SITE_URL,
        "whys": [_("An administrator tries the mail server out.")],
        "person": to,
    }
    with email.Line() as line:
        try:
            email.send(
                to=to,
                subject=_("Test message"),
                template="notice",
                context=context,
                key=f"test-{int(now.timestamp() * 1000)}",
                line=line,
            )
        except NotSent as error:
            return Tried(way, False, reasons.in_words(error))
    if settings.EMAIL_TO_FILES:
        return Tried(way, True, _("Written to a file: this site is a trial and sends no mail outside."))
    return Tried(way, True, _("The mail server has taken it. Look whether it arrives; it may take a minute."))


def hook(one: Hook, *, by: User | None, now: datetime) -> Tried:
    """Call one webhook with a test message and note it; waits webhook.TIMEOUT seconds at most a step."""
    return _noted(_hook(one, by=by, now=now), by=by, now=now)


def _hook(one: Hook, *, by: User | None, now: datetime) -> Tried:
    way = f"{one.title} ({one.get_shape_display()})"
    facts = {"kind": "test", "case": "", "at": now.isoformat()}
    key = f"test-{one.pk}-{int(now.timestamp() * 1000)}"
    try:
        webhook.send(one, text=_text(by, now), key=key, facts=facts, timestamp=int(now.timestamp()))
    except NotSent as error:
        return Tried(way, False, reasons.in_words(error))
    return Tried(way, True, _("The other side has taken it. Look whether it stands in the group."))


def out_of_reach(*, limit: int = 20) -> tuple[int, list[User]]:
    """Return how many people with a post have no e-mail address, and the first of them. Two statements."""
    found = User.objects.filter(is_active=True, email="", groups__isnull=False).distinct().order_by("username")
    return found.count(), list(found[:limit])
