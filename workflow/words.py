"""How the page says a state, a sum, a moment and a deadline: shape, word and tone together, never colour alone.

Pure on loaded values; reads no clock (`now` is a parameter). Used by the template tags and the page queries.
"""

from dataclasses import dataclass
from datetime import date, datetime, time
from decimal import Decimal
from typing import Any

from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from workflow import calendar, deadlines
from workflow.machine import Action, Kind, State, TaskKind

YUAN_A_WAN = Decimal(10000)
WEEKDAYS = (
    gettext_lazy("Mon"),
    gettext_lazy("Tue"),
    gettext_lazy("Wed"),
    gettext_lazy("Thu"),
    gettext_lazy("Fri"),
    gettext_lazy("Sat"),
    gettext_lazy("Sun"),
)
LOOKS: dict[str, tuple[str, str]] = {
    State.DRAFT: ("ring", ""),
    State.DEPARTMENT_REVIEW: ("half", "info"),
    State.FINANCE_REVIEW: ("half", "info"),
    State.APPROVED: ("tick", "good"),
    State.MONITORING: ("diamond", "live"),
    State.SUSPENDED: ("bars", "warn"),
    State.CLOSED: ("square", ""),
    State.REJECTED: ("cross", "bad"),
    State.CANCELLED: ("cross", ""),
}
"""Shape and tone of each state; the word is the case's desk."""

ACTION_TONES: dict[str, tuple[str, str]] = {
    Action.APPROVE: ("tick", "good"),
    Action.APPROVE_WITH_CONDITIONS: ("tick", "warn"),
    Action.MEET_CONDITION: ("tick", "good"),
    Action.RELEASE: ("tick", "good"),
    Action.ADMIT: ("tick", "good"),
    Action.CONFIRM_FILLED: ("tick", "good"),
    Action.FUNDS_CHANGED: ("triangle", "warn"),
    Action.WAIVE: ("cross", ""),
    Action.UNDO_APPROVAL: ("triangle", "warn"),
    Action.REJECT: ("cross", "bad"),
    Action.SUSPEND: ("bars", "warn"),
    Action.URGE: ("triangle", "warn"),
    Action.RETURN: ("triangle", "warn"),
    Action.ESCALATE: ("triangle", "warn"),
    Action.CANCEL: ("cross", "bad"),
    Action.EDIT: ("ring", "quiet"),
    Action.EXPORT: ("ring", "quiet"),
    Action.CLEAR_SECRECY: ("tick", "good"),
}


@dataclass(frozen=True, slots=True)
class Chip:
    """A word with its shape (symbol of the sprite) and tone (class of app.css)."""

    words: str
    shape: str
    tone: str = ""
    title: str = ""


def state_chip(case: Any, *, task_kind: str = "") -> Chip:
    """Return the chip of a case: whose desk it lies on. `task_kind` of the open task marks a returned draft."""
    if case.state == State.DRAFT and task_kind == TaskKind.CORRECT:
        return Chip(_("Returned for correction"), "triangle", "warn")
    if case.state == State.APPROVED and case.kind != Kind.TARGET:
        return Chip(_("Accepted"), "tick", "good")
    shape, tone = LOOKS.get(case.state, ("ring", ""))
    if getattr(case.step, "task_kind", "") == TaskKind.RELEASE:
        shape, tone = "tick", "info"
    return Chip(str(case.desk), shape, tone)


def wan(yuan: Decimal | None) -> str:
    """Return a sum in yuan as 万元 text at the precision it has: 6420 is 0.642. Blank stays "—", it is not 0."""
    if yuan is None:
        return "—"
    amount = (Decimal(yuan) / YUAN_A_WAN).normalize()
    return f"{amount:f}"


def stamp(moment: datetime | date | None) -> str:
    """Return "2026-11-23 周一 14:05" in local time; a date alone has no time."""
    if moment is None:
        return "—"
    if not isinstance(moment, datetime):
        return f"{moment:%Y-%m-%d} {WEEKDAYS[moment.weekday()]}"
    local = timezone.localtime(moment)
    return f"{local:%Y-%m-%d} {WEEKDAYS[local.weekday()]} {local:%H:%M}"


def deadline(due_at: datetime | None) -> str:
    """Return "2026-11-23 周一 24:00": the end of a day is said as 24:00 of that day."""
    if due_at is None:
        return _("no fixed date")
    local = timezone.localtime(due_at)
    clock = "24:00" if local.time() == time(0) else f"{local:%H:%M}"
    return f"{stamp(deadlines.due_day(due_at))} {clock}"


def provisional(text: str, *, is_provisional: bool) -> str:
    """Return a date in words; one that hangs on a year whose calendar is not published yet says so."""
    return _("%(day)s (provisional)") % {"day": text} if is_provisional else text


def calendar_term(days: int) -> str:
    """Return "20 calendar days": a term that counts every day, holidays too."""
    return ngettext("%(days)s calendar day", "%(days)s calendar days", days) % {"days": days}


def working_term(days: int) -> str:
    """Return "5 working days"."""
    return ngettext("%(days)s working day", "%(days)s working days", days) % {"days": days}


def due(due_at: datetime | None, *, now: datetime) -> Chip | None:
    """Return the chip of a deadline: working days late, today, or working days left; None where there is none."""
    if due_at is None:
        return None
    title = deadline(due_at)
    left = deadlines.working_days_left(due_at=due_at, now=now)
    if left < 0:
        words = ngettext("%(days)s working day late", "%(days)s working days late", -left) % {"days": -left}
        return Chip(words, "square", "bad", title)
    if left == 0:
        return Chip(_("due today %(clock)s") % {"clock": title.rsplit(" ", 1)[-1]}, "triangle", "warn", title)
    words = ngettext("%(days)s working day left", "%(days)s working days left", left) % {"days": left}
    return Chip(words, "triangle" if left == 1 else "ring", "warn" if left == 1 else "", title)


def waited(since: datetime | None, *, now: datetime) -> str:
    """Return how long something has been waiting: hours on the first day, working days later."""
    if since is None:
        return "—"
    days = calendar.working_days_between(timezone.localtime(since).date(), timezone.localtime(now).date())
    if days:
        return working_term(days)
    hours = max(0, int((now - since).total_seconds() // 3600))
    return ngettext("%(hours)s hour", "%(hours)s hours", hours) % {"hours": hours} if hours else _("just now")
