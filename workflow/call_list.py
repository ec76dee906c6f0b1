"""The board of what is overdue (催报台账): ageing by department and step, who is told next, a list for text messages.

Reads only; constant in statements. Called by the board's page.
"""

import io
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from django.utils.translation import gettext as _
from openpyxl import Workbook
from openpyxl.cell import WriteOnlyCell

from workflow import calendar, deadlines, ladders, words
from workflow.models import Rung, Task, User
from workflow.queries import Debtor

AGES = ((1, 2), (3, 5), (6, 10), (11, None))
"""Working days overdue, from and to."""


@dataclass(slots=True)
class Ageing:
    """One department at one step: how many tasks are late by 1–2, 3–5, 6–10 and more working days."""

    department: str
    step: str
    counts: list[int]

    @property
    def total(self) -> int:
        return sum(self.counts)


def ageing(debtors: Sequence[Debtor], *, now: datetime) -> list[Ageing]:
    """Return the late tasks counted by department and step, most first. No statement."""
    found: dict[tuple[str, str], Ageing] = {}
    for task in (task for debtor in debtors for task in debtor.tasks):
        assert task.due_at is not None
        step = task.step.title if task.step else task.get_kind_display()
        row = found.setdefault(
            (task.case.department.name, step), Ageing(task.case.department.name, step, [0] * len(AGES))
        )
        late = -deadlines.working_days_left(due_at=task.due_at, now=now)
        row.counts[next(n for n, (_from, to) in enumerate(AGES) if to is None or late <= to)] += 1
    return sorted(found.values(), key=lambda row: (-row.total, row.department, row.step))


def age_labels() -> list[str]:
    """Return the headings of the columns of `ageing`."""
    return [
        _("%(first)s–%(last)s working days") % {"first": first, "last": last}
        if last
        else _("%(first)s or more working days") % {"first": first}
        for first, last in AGES
    ]


def told_next(task: Task) -> str:
    """Return who hears of a late task next and when, "" at the end of its ladder. No statement while that is kept."""
    if task.next_rung_at is None or task.due_at is None:
        return ""
    for rung in ladders.rungs_of(task.ladder_id):
        if deadlines.rung_time(rung, opened_at=task.opened_at, due_at=task.due_at) == task.next_rung_at:
            is_open = task.due_is_provisional or not calendar.is_published(deadlines.day_of(task.next_rung_at))
            when = words.provisional(words.stamp(task.next_rung_at), is_provisional=is_open)
            return f"{Rung.Audience(rung.audience).label} {when}"
    return ""


def sheet(debtors: Sequence[Debtor], *, now: datetime) -> bytes:
    """Return an xlsx with 姓名, 手机, 内容: one line a person who has something overdue. Two statements.

    Text stays text, whatever sign it begins with, so that no cell becomes a formula.
    """
    tasks = [task for debtor in debtors for task in debtor.tasks]
    groups = {task.role_group_id for task in tasks if task.role_group_id}
    members: dict[int, list[int]] = {}
    for user, group in User.objects.filter(groups__in=groups, is_active=True).values_list("pk", "groups"):
        members.setdefault(group, []).append(user)
    people = User.objects.in_bulk(
        {pk for group in groups for pk in members.get(group, ())} | {task.person_id for task in tasks if task.person_id}
    )
    late: dict[int, list[Task]] = {}
    for task in tasks:
        for pk in members.get(task.role_group_id or 0) or [task.person_id or 0]:
            if pk in people:
                late.setdefault(pk, []).append(task)
    book = Workbook(write_only=True)
    page = book.create_sheet(_("Overdue"))
    page.append([_("Person’s name"), _("Mobile"), _("Content")])
    for pk, mine in sorted(late.items()):
        person = people[pk]
        row = []
        for text in (str(person), person.phone, _message(mine, now=now)):
            cell = WriteOnlyCell(page, value=text)
            cell.data_type = "s"
            row.append(cell)
        page.append(row)
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def _message(tasks: Sequence[Task], *, now: datetime) -> str:
    titles = "、".join(dict.fromkeys(task.case.title for task in tasks[:3]))
    facts = {"count": len(tasks), "titles": titles, "moment": words.stamp(now)}
    if len(tasks) > 3:
        return (
            _("As of %(moment)s you have %(count)s overdue tables (%(titles)s and others). Please see to them.") % facts
        )
    return _("As of %(moment)s you have %(count)s overdue tables: %(titles)s. Please see to them.") % facts
