"""One working week of deadlines in a minute: reminder, digest, escalation, an outage and its catch-up, as a story.

Moves the clocks of the demo's own tasks and tells what follows, line by line. Called by `manage.py demo_day`, on a
database that holds demo people only.
"""

from collections.abc import Iterator
from datetime import datetime, timedelta

from django.utils.translation import gettext_lazy as _

from notifications.delivery import deliver
from notifications.expand import expand
from notifications.models import Channel, Delivery, Notice, Status
from workflow import calendar, deadlines, projecting, sweeping, words
from workflow.machine import TaskKind, TaskStatus
from workflow.models import RungFired, Task, User
from workflow.refusals import Refused

TABLES = 3
"""Two are late from the first day on, the third is what the outage falls on."""
DAYS_AHEAD = 3
DAYS_OFF = 3


class NoDemoTasks(Refused):
    """Facts: count."""

    code = "no_demo_tasks"
    message = _("The demo day needs %(count)s tables that units are filling. Make the demo county first: seed_demo.")


class NotADemo(Refused):
    code = "not_a_demo"
    message = _("There are people here who are no demo people. The demo day moves clocks: it runs on a demo only.")


def story(*, now: datetime) -> Iterator[str]:
    """Yield the story line by line while it happens; writes to the database. Raises: NotADemo, NoDemoTasks."""
    if User.objects.filter(is_demo=False).exists():
        raise NotADemo
    # Nobody else's clock is to ring into the story.
    Task.objects.filter(status=TaskStatus.OPEN).update(next_rung_at=None)
    _clear_the_desk(now)
    tasks = _tables()
    if len(tasks) < TABLES:
        raise NoDemoTasks(count=TABLES)
    User.objects.filter(email="").update(email="demo@example.org")
    today = deadlines.day_of(now)
    due_on = calendar.add_working_days(today, DAYS_AHEAD)
    for task in tasks:
        is_last = task is tasks[-1]
        day = calendar.add_working_days(due_on, 5) if is_last else due_on
        Task.objects.filter(pk=task.pk).update(opened_at=now - timedelta(days=20), begun_at=now)
        task.refresh_from_db()
        projecting.set_due(task, due_at=deadlines.day_end(day), now=now, is_new_term=True)
        yield str(_("%(unit)s: “%(title)s” is due on %(due)s.")) % {
            "unit": task.case.unit.name, "title": task.case.title, "due": words.deadline(task.due_at),
        }  # fmt: skip
    last = deadlines.morning(calendar.add_working_days(due_on, 3))
    while (moment := _next()) is not None and moment <= last:
        yield from _scene(moment, up_since=None)
    yield ""
    back = deadlines.morning(calendar.add_working_days(deadlines.day_of(last), DAYS_OFF)) + timedelta(minutes=30)
    yield str(_("— The machine is off from %(start)s to %(end)s. —")) % {
        "start": words.stamp(last), "end": words.stamp(back),
    }  # fmt: skip
    yield from _scene(back, up_since=back)
    grace = sweeping.grace_end(back)
    yield str(_("Escalations that fell into it wait until %(moment)s, one working day more.")) % {
        "moment": words.stamp(grace)
    }
    yield from _scene(grace, up_since=back)
    again = sweeping.sweep(now=grace, up_since=back)
    yield str(_("A second sweep at the same time fires %(count)s.")) % {"count": again.fired}


def _clear_the_desk(now: datetime) -> None:
    """Let what the making of the county had to tell be told on the pages only: its mails are no part of the story."""
    while expand(now=now).notices:
        pass
    waiting = Delivery.objects.filter(channel=Channel.EMAIL, status=Status.PENDING)
    waiting.update(status=Status.DROPPED, handled_at=now)


def _tables() -> list[Task]:
    """Return the tasks of the story: of the unit with most tables first, so that one person has two."""
    found = Task.objects.filter(kind=TaskKind.FILL, status=TaskStatus.OPEN, role_group__isnull=False)
    rows = list(found.select_related("case__unit").order_by("pk"))
    weight: dict[int, int] = {}
    for task in rows:
        weight[task.case.unit_id] = weight.get(task.case.unit_id, 0) + 1
    return sorted(rows, key=lambda task: (-weight[task.case.unit_id], task.case.unit_id, task.pk))[:TABLES]


def _next() -> datetime | None:
    waiting = Task.objects.filter(status=TaskStatus.OPEN, next_rung_at__isnull=False)
    return waiting.order_by("next_rung_at").values_list("next_rung_at", flat=True).first()


def _scene(now: datetime, *, up_since: datetime | None) -> Iterator[str]:
    """Let everything happen that is due at `now`, and yield what happened."""
    known, mailed = RungFired.objects.count(), set(_sent())
    sweeping.sweep(now=now, up_since=up_since)
    while expand(now=now).notices:
        pass
    deliver(now=now)
    if RungFired.objects.count() == known:
        return
    yield ""
    yield f"== {words.stamp(now)} =="
    for fired in RungFired.objects.select_related("task__case").order_by("pk")[known:]:
        yield from _told(fired)
    for pk, subject, name in _sent():
        if (pk, subject, name) not in mailed:
            yield str(_("  one mail to %(name)s: %(subject)s")) % {"name": name, "subject": subject}


def _told(fired: RungFired) -> Iterator[str]:
    title = fired.task.case.title
    if fired.is_silent:
        yield str(_("  (missed and overtaken, not sent: %(title)s, %(rung)s)")) % {"title": title, "rung": fired.code}
        return
    kind = _("escalation") if fired.is_escalation else _("reminder")
    shown = Delivery.objects.filter(notice__rung_fired=fired, channel=Channel.IN_APP).select_related("recipient")
    who = "、".join(str(row.recipient) for row in shown) or str(_("nobody holds this post"))
    facts = {"kind": kind, "title": title, "who": who, "rung": fired.code}
    if any(row.status == Status.PREPARED for row in shown):
        yield str(_("  %(kind)s (%(rung)s) %(title)s: a text for %(who)s waits for a person to send it")) % facts
    else:
        yield str(_("  %(kind)s (%(rung)s) %(title)s → %(who)s")) % facts


def _sent() -> list[tuple[str, str, str]]:
    """Return each mail once: its number, its subject, its recipient."""
    rows = Delivery.objects.filter(channel=Channel.EMAIL, status=Status.SENT).exclude(message_id="")
    found: dict[str, list[Delivery]] = {}
    for row in rows.select_related("recipient").order_by("pk"):
        found.setdefault(row.message_id, []).append(row)
    return [(number, _subject(parts), str(parts[0].recipient)) for number, parts in found.items() if parts]


def _subject(parts: list[Delivery]) -> str:
    from notifications import digests

    cases = set(Notice.objects.filter(deliveries__in=parts).values_list("case", flat=True))
    return digests.subject(count=len(cases)) if parts[0].digest_id else parts[0].subject
