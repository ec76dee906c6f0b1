"""Extensions of a deadline: asked by those who have the task, answered by finance. The deadline moves only then.

Each function is one transaction with its line in the record and its announcement. Called by the extensions' page.
"""

from datetime import date, datetime

from django.db import IntegrityError, transaction
from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _

from workflow import deadlines, grants, projecting, queries
from workflow.machine import Action, TaskStatus
from workflow.models import Case, Extension, Task, User
from workflow.refusals import DetailMissing, NotPermitted, Refused
from workflow.signals import announced, work_waits


class ExtensionRefused(Refused):
    code = "extension_not_later"
    message = _("The new date must be later than today and than the present deadline. Choose a later day.")


class ExtensionAsked(Refused):
    code = "extension_asked"
    message = _("An extension has been asked for already and waits for its answer.")


class ExtensionAnswered(Refused):
    code = "extension_answered"
    message = _("This request has been answered already, or its task is done.")


def may_answer(user: User, case: Case) -> bool:
    """Return whether `user` may answer for `case`: finance people who see it, of the bureau or one of its divisions."""
    return grants.works_in_finance(user) and grants.may(user, "view", case)


def open_for(user: User) -> QuerySet[Extension]:
    """Return the requests that wait for an answer, on cases that `user` sees, oldest first."""
    return (
        Extension.objects.filter(decided_at__isnull=True, task__status=TaskStatus.OPEN)
        .filter(task__case__in=grants.visible_to(user))
        .select_related("task__case__unit", "task__step", "asked_by")
        .order_by("asked_at", "pk")
    )


def ask(*, task_id: int, by: User, until: date, reason: str, now: datetime) -> Extension:
    """Ask for `until` as the day on which the task is due.

    Raises: NotPermitted when the task is not one of `by`'s, DetailMissing without a reason, ExtensionRefused for a
    day that is no later, ExtensionAsked while one waits.
    """
    task = queries.tasks_of(by).select_related("case").filter(pk=task_id).first()
    if task is None:
        raise NotPermitted(action=Action.ASK_EXTENSION.label, who="")
    if not reason.strip():
        raise DetailMissing(field=_("Reason"))
    wanted = deadlines.day_end(until)
    if task.due_at is None or wanted <= task.due_at or wanted <= deadlines.day_end(deadlines.day_of(now)):
        raise ExtensionRefused
    try:
        with transaction.atomic():
            case = Case.objects.select_for_update().get(pk=task.case_id)
            asked = Extension.objects.create(
                task=task, asked_by=by, asked_at=now, until=until, reason=reason.strip()[:300]
            )
            told = f"{until.isoformat()}: {asked.reason}"
            projecting.note(case, task, action=Action.ASK_EXTENSION, by=by, now=now, old=task.due_at, reason=told)
            announced.send(sender=Task, case=case, kind="extension_asked", by=by, now=now, facts={"reason": told})
            transaction.on_commit(lambda: work_waits.send(sender=Task))
    except IntegrityError as error:
        raise ExtensionAsked from error
    return asked


def answer(*, extension_id: int, by: User, grant: bool, words: str, now: datetime) -> Extension:
    """Grant or refuse a request. Granted, the deadline is that day, fixed, and the rungs ahead fire anew (a new term).

    Raises: ExtensionAnswered; NotPermitted for who is not finance, or has asked; DetailMissing for a bare refusal.
    """
    with transaction.atomic():
        found = Extension.objects.select_related("task").filter(pk=extension_id).first()
        if found is None:
            raise ExtensionAnswered
        case = Case.objects.select_for_update(of=("self",)).select_related("department").get(pk=found.task.case_id)
        asked = Extension.objects.select_for_update(of=("self",)).get(pk=found.pk)
        task = Task.objects.select_for_update(of=("self",)).get(pk=asked.task_id)
        if asked.decided_at is not None or task.status != TaskStatus.OPEN:
            raise ExtensionAnswered
        if asked.asked_by_id == by.pk or not may_answer(by, case):
            raise NotPermitted(action=Action.EXTEND.label, who="")
        if not grant and not words.strip():
            raise DetailMissing(field=_("Reason"))
        asked.decided_by, asked.decided_at, asked.is_granted = by, now, grant
        asked.answer = words.strip()[:300]
        asked.save()
        old = task.due_at
        if grant:
            task.budget_days, task.due_is_provisional = None, False
            projecting.set_due(task, due_at=deadlines.day_end(asked.until), now=now, is_new_term=True)
        action = Action.EXTEND if grant else Action.REFUSE_EXTENSION
        said = asked.answer or asked.reason
        projecting.note(case, task, action=action, by=by, now=now, old=old, reason=said)
        kind = "deadline_moved" if grant else "extension_refused"
        announced.send(sender=Task, case=case, kind=kind, by=by, now=now, facts={"reason": said, "task": task.pk})
        transaction.on_commit(lambda: work_waits.send(sender=Task))
    return asked
