"""What tests of the procedure assert over and over: a refusal changed nothing, and a case is sound."""

import pytest
from django.apps import apps
from django.db import connection

from workflow import grants, record, routes, rulings
from workflow.machine import Action, State, TaskStatus, Verdict
from workflow.models import Case, Copy, Decision, Event, Ruling, Suspension, Task


def refreshed(case):
    return Case.objects.select_related("step", "unit", "department").get(pk=case.pk)


def rows(case):
    """Everything about a case that a refusal must leave alone."""
    fresh_case = refreshed(case)
    fresh = Case.objects.filter(pk=case.pk).values(
        "state", "version", "content_hash", "step", "pass_no", "amount", "title", "route", "submitted_at"
    )
    return (
        list(fresh),
        list(Task.objects.filter(case=case).order_by("pk").values()),
        list(Decision.objects.filter(case=case).values()),
        grants.rows_of(fresh_case),
        list(Copy.objects.filter(case=case).values()),
        list(Suspension.objects.filter(task__case__in=[case.pk, *case.children.values_list("pk", flat=True)]).values()),
        Event.objects.filter(case=case, refused="").count(),
    )


OF_THE_RECORD = ("head", "head_seq")
"""Where a case's chain ends: what a refusal's own event moves."""


def whole_database():
    """Everything that is stored anywhere, by table, but the records of refusals and where they stand in their chains.

    That a step has nobody is announced beside the refusal, so this one notice is left out as well.
    """
    found = {}
    for model in apps.get_models(include_auto_created=True):
        if not model._meta.managed or model._meta.proxy:
            continue
        columns = [c for c in (f.column for f in model._meta.local_concrete_fields)
                   if not (model is Case and c in OF_THE_RECORD)]  # fmt: skip
        table = model._meta.db_table
        but = {"workflow_event": " WHERE refused = ''", "notifications_notice": " WHERE kind <> 'nobody_there'"}
        with connection.cursor() as cursor:
            names = ", ".join(f'"{column}"' for column in columns)
            cursor.execute(f'SELECT {names} FROM "{table}"{but.get(table, "")}')
            found[table] = sorted(map(repr, cursor.fetchall()))
    return found


def assert_refused(refusal, case, call):
    """`call` raises `refusal`, changes nothing in any table, and leaves exactly one record of the refusal."""
    before, refused_before = (rows(case), whole_database()), Event.objects.filter(case=case).exclude(refused="").count()
    with pytest.raises(refusal) as caught:
        call()
    assert str(caught.value)
    assert "%(" not in str(caught.value)
    assert (rows(case), whole_database()) == before
    last = Event.objects.filter(case=case).last()
    assert Event.objects.filter(case=case).exclude(refused="").count() == refused_before + 1
    assert last.refused == caught.value.code
    assert record.payload_of(last)["refusal"]["message"] == str(caught.value)
    assert list(record.verify()) == []
    return caught.value


def assert_sound(case):
    """State, open tasks, grants, clocks and the last event agree."""
    case = refreshed(case)
    last = Event.objects.filter(case=case, refused="").last()
    assert last.to_state == case.state
    assert last.version == case.version
    assert list(grants.drift()) == []
    assert list(record.verify()) == []
    open_tasks = list(Task.objects.filter(case=case, status=TaskStatus.OPEN))
    if case.state in (State.DEPARTMENT_REVIEW, State.FINANCE_REVIEW):
        assert case.step is not None
        assert {t.step_id for t in open_tasks} == {case.step_id}
    else:
        assert case.step is None
        assert all(t.step_id is None for t in open_tasks)
    assert not Task.objects.filter(case=case).exclude(status=TaskStatus.OPEN).exclude(next_rung_at=None).exists()


SIGNING = (Verdict.APPROVED, Verdict.CONDITIONAL, Verdict.RELEASED)
IN_FORCE = (State.APPROVED, State.MONITORING, State.SUSPENDED, State.CLOSED)


def assert_promised(case):
    """What engine.md §7.1 and §7.4 promise of a case that is in force, read from decisions and events alone."""
    case = refreshed(case)
    if case.state not in IN_FORCE:
        return
    events = list(Event.objects.filter(case=case, refused="").order_by("seq"))
    admitted = [e for e in events if e.action == Action.ADMIT]
    if admitted:
        (end,) = admitted
        proposed = max((e for e in events if e.action == Action.PROPOSE_ADMISSION and e.seq < end.seq),
                       key=lambda e: e.seq)  # fmt: skip
        assert proposed.actor_id != end.actor_id
        assert end.content_hash == case.content_hash
        return
    drafting = [e for e in events if e.action in (Action.EDIT, Action.SUBMIT)]
    drafters = {who for e in drafting for who in (e.actor_id, e.on_behalf_of_id)}
    last = None
    for step in routes.applicable(case, routes.steps_of(case.route)):
        signed = Decision.objects.filter(case=case, step=step, verdict__in=SIGNING).order_by("event_seq").last()
        assert signed is not None, f"nobody signed {step.key}"
        assert not {signed.actor_id, signed.principal_id} - {None} & drafters or routes.is_inside_unit(step)
        if signed.content_hash != case.content_hash:
            assert any(_excuses(e, signed) for e in events), f"{step.key} was signed for another content"
        last = signed if last is None or signed.event_seq > last.event_seq else last
    assert last is not None
    assert last.content_hash == case.content_hash


def _excuses(event, signed):
    """Whether `event`, after `signed`, lets its signature stand for what was changed then."""
    if event.seq < signed.event_seq:
        return False
    if event.action == Action.FUNDS_CHANGED:
        return signed.step.key not in ("business", "release")
    return event.action == Action.RETURN and record.payload_of(event).get("again") == "direct"


def carried_out() -> list[str]:
    """Return the rulings that were carried out, in order; what was refused stands in the chain beside them."""
    found = Ruling.objects.exclude(payload__contains=rulings.REFUSED).order_by("seq")
    return list(found.values_list("action", flat=True))
