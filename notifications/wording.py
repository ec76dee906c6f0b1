"""The words of a notice: its facts read from the case as it is now, and subject and body made of them.

Called by expand (what the page shows) and by delivery (what the mail says, as things are when it is sent).
"""

from dataclasses import dataclass
from datetime import date, datetime

from django.conf import settings
from django.utils.translation import gettext, ngettext, override
from django.utils.translation import gettext_lazy as _

from notifications.audience import Around, holder_of
from notifications.kinds import KINDS
from notifications.models import Notice
from workflow import deadlines, kinds, words
from workflow.machine import TaskKind
from workflow.models import Case, Rung, Task

UNKNOWN = "–"
WHY = {
    "desk": _("It has come to your desk, or to that of somebody whose deputy you are."),
    "assignees": _("You have this work to do, or are the deputy of who has."),
    "holders": _("You have this work to do, or are the deputy of who has."),
    "confirmers": _("Your confirmation is asked for."),
    "named": _("Somebody has named you as a reader."),
    "finance": _("Your division answers for this department."),
    "editors": _("You fill the tables of this unit."),
    "unit": _("You fill the tables of this unit, or head it."),
    "unit_and_submitter": _("You fill the tables of this unit, or have submitted this one."),
    "earlier_signers": _("You have reviewed it at an earlier step."),
    "stewards": _("You see to it that everybody's work is in somebody's hands."),
    "second_signers": _("You may give the second signature."),
    "rung": _("Work of your office is overdue."),
}
"""Why somebody of an audience hears of it; every mail says so."""
WHY_OF_RUNGS = {
    Rung.Audience.ASSIGNEES: WHY["assignees"],
    Rung.Audience.OWN_HEAD: _("You head the office whose work is overdue."),
    Rung.Audience.DIVISION_IN_CHARGE: _("Work of a department that your division answers for is overdue."),
    Rung.Audience.PERFORMANCE_HEAD: _("You head the performance division, and work is overdue."),
    Rung.Audience.BUREAU_HEAD: _("You head the finance bureau, and work is overdue."),
}


@dataclass(frozen=True, slots=True)
class Words:
    """What one notice says: a line, a text, the address of what it is about, and why its readers get it."""

    subject: str
    body: str
    link: str
    why: str


def words_of(seen: Around, *, now: datetime) -> Words:
    """Return subject and body in the language of the site, as things stand at `now`."""
    kind = KINDS[seen.notice.kind]
    with override(settings.LANGUAGE_CODE):
        facts = facts_of(seen, now=now)
        return Words(
            subject=" ".join((str(kind.subject) % facts).split())[:300],
            body="\n".join(line.rstrip() for line in (str(kind.body) % facts).splitlines()),
            link=link_to(seen.notice.case),
            why=str(WHY_OF_RUNGS.get(seen.notice.facts.get("audience", ""), WHY[kind.audience])),
        )


def outside_words(notice: Notice) -> str:
    """Return what somebody is told who may not see the case, in the language of the site; it names no case."""
    with override(settings.LANGUAGE_CODE):
        return str(KINDS[notice.kind].outside) % {"words": notice.facts.get("reason", UNKNOWN)}


def facts_of(seen: Around, *, now: datetime) -> dict[str, str]:
    """Return everything that the words of any kind may name; what is not known is a dash."""
    notice, case = seen.notice, seen.notice.case
    task = seen.task or next(iter(seen.open_tasks), None)
    due_at = task.due_at if task else None
    office = seen.returned_by or case.department.division_in_charge or case.department
    holder, holder_phone = holder_of(case, task)
    number, on = notice.facts.get("document_number", ""), notice.facts.get("document_date", "")
    return {
        "title": case.title,
        "number": case.number,
        "unit": case.unit.name,
        "by": str(notice.by) if notice.by else UNKNOWN,
        "words": notice.facts.get("reason", UNKNOWN),
        "remark": notice.facts.get("reason", ""),
        "step": (str(task.step) if task and task.step else ""),
        "task": str(TaskKind(task.kind).label) if task else UNKNOWN,
        "due": _due_words(task, due_at) if task and due_at else UNKNOWN,
        "left": left_words(due_at, now=now) if due_at else UNKNOWN,
        "office": office.name,
        "phone": office.phone,
        "holder": holder,
        "holder_phone": holder_phone or UNKNOWN,
        "document": _document_words(number, on),
    }


def _due_words(task: Task, due_at: datetime) -> str:
    return words.provisional(day_words(deadlines.due_day(due_at)), is_provisional=task.due_is_provisional)


def _document_words(number: str, on: str) -> str:
    if not number:
        return ""
    if not on:
        return gettext("Document number %(number)s.") % {"number": number}
    return gettext("Document number %(number)s, %(on)s.") % {"number": number, "on": on}


def day_words(day: date) -> str:
    """Return a date as people here write it."""
    return gettext("%(year)s-%(month)s-%(day)s") % {"year": day.year, "month": day.month, "day": day.day}


def left_words(due_at: datetime, *, now: datetime) -> str:
    """Return how much time is left, in working days."""
    days = deadlines.working_days_left(due_at=due_at, now=now)
    if days == 0:
        return gettext("due today")
    if days > 0:
        words = ngettext("%(days)s working day left", "%(days)s working days left", days)
    else:
        words = ngettext("overdue by %(days)s working day", "overdue by %(days)s working days", -days)
    return words % {"days": abs(days)}


def link_to(case: Case) -> str:
    """Return the full address of the page of `case`, the site's own where no document kind knows one."""
    try:
        return settings.SITE_URL.rstrip("/") + kinds.document_of(case).url(case)
    except KeyError:
        return settings.SITE_URL
