"""What happens becomes one Notice row, inside the same transaction. Nothing is rendered here, nobody looked up."""

import json
from datetime import datetime
from typing import Any

from django.db import connection

from notifications.kinds import KINDS, TOLD_TO_SIGNERS, kinds_of_transition
from notifications.models import Notice
from workflow import record
from workflow.machine import Action
from workflow.models import Case, Event, Task, User
from workflow.sweep_sql import FiredRungs

SAYING = (Action.FILL_FOR, Action.RETURN, Action.READMIT, Action.REJECT, Action.RELEASE, Action.COPY)
"""The actions whose words are told."""
TOLD = ("reason", "reason_code", "document_number", "document_date")
"""Details of an event that the words of its notice need."""
NOTICES_OF_RUNGS = """
INSERT INTO notifications_notice
       (kind, case_id, task_id, rung_fired_id, facts, created_at, attempts, last_error)
SELECT CASE WHEN rung.is_escalation THEN 'escalation' ELSE 'reminder' END, task.case_id, task.id, rung.id,
       {facts}('audience', rung.audience, 'rung', rung.code), %s, 0, ''
  FROM {keys}
  JOIN workflow_rungfired AS rung ON rung.id = fired.id
  JOIN workflow_task AS task ON task.id = rung.task_id
 ORDER BY rung.id
"""
DIALECTS = {
    "postgresql": {"keys": "unnest(%s::bigint[]) AS fired (id)", "facts": "jsonb_build_object"},
    "sqlite": {"keys": "(SELECT value AS id FROM json_each(%s)) AS fired", "facts": "json_object"},
}


def note_transition(
    sender: Any, *, case: Case, event: Event, by: User | None, opened: list[Task], now: datetime, **kwargs: Any
) -> list[Notice]:
    """Receiver of transitioned: return a row for each thing that somebody has to be told; written with the event."""
    kinds = kinds_of_transition(
        action=event.action,
        to_state=event.to_state,
        case_kind=case.kind,
        opens_review=any(task.step_id for task in opened),
        opens_task=bool(opened),
    )
    if not kinds:
        return []
    payload = record.payload_of(event) if event.action in SAYING else {}
    return [
        Notice.fresh(
            kind=kind,
            case=case,
            event=event,
            task=opened[0] if opened and kind not in TOLD_TO_SIGNERS.values() else None,
            by=by,
            facts={name: str(payload[name]) for name in TOLD if payload.get(name)},
            created_at=now,
        )
        for kind in kinds
    ]


def note_rungs(sender: Any, *, fired: FiredRungs, now: datetime, **kwargs: Any) -> None:
    """Receiver of rungs_fired: one row for each reminder and escalation. One statement, whatever their number."""
    moment = connection.ops.adapt_datetimefield_value(now)
    with connection.cursor() as cursor:
        cursor.execute(
            NOTICES_OF_RUNGS.format(**DIALECTS[connection.vendor]),
            [moment, list(fired.ids) if connection.vendor == "postgresql" else json.dumps(fired.ids)],
        )


def note_announcement(
    sender: Any, *, case: Case, kind: str, by: User | None, now: datetime, facts: dict[str, Any], **kwargs: Any
) -> None:
    """Receiver of announced: what a document room has to tell. Raises: KeyError for a kind nobody has declared."""
    Notice.objects.create(kind=KINDS[kind].id, case=case, by=by, facts=facts, created_at=now)
