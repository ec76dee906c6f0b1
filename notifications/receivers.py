"""What happens becomes one Notice row, inside the same transaction. Nothing is rendered here, nobody looked up."""

from datetime import datetime
from typing import Any

from notifications.kinds import KINDS, kind_of_transition
from notifications.models import Notice
from workflow import record
from workflow.machine import Action
from workflow.models import Case, Event, Rung, RungFired, Task, User

SAYING = (Action.RETURN, Action.READMIT, Action.REJECT, Action.RELEASE, Action.COPY)
"""The actions whose words are told."""
TOLD = ("reason", "reason_code", "document_number", "document_date")
"""Details of an event that the words of its notice need."""


def note_transition(
    sender: Any, *, case: Case, event: Event, by: User | None, opened: list[Task], now: datetime, **kwargs: Any
) -> None:
    """Receiver of transitioned: one row for what somebody has to be told, none for the rest. One statement at most."""
    kind = kind_of_transition(
        action=event.action,
        to_state=event.to_state,
        case_kind=case.kind,
        opens_review=any(task.step_id for task in opened),
    )
    if not kind:
        return
    payload = record.payload_of(event) if event.action in SAYING else {}
    Notice.objects.create(
        kind=kind,
        case=case,
        event=event,
        task=opened[0] if opened else None,
        by=by,
        facts={name: str(payload[name]) for name in TOLD if payload.get(name)},
        created_at=now,
    )


def note_rungs(sender: Any, *, rungs: list[tuple[Task, Rung, RungFired]], now: datetime, **kwargs: Any) -> None:
    """Receiver of rungs_fired: one row for each reminder and escalation. One statement."""
    Notice.objects.bulk_create(
        Notice(
            kind="escalation" if fired.is_escalation else "reminder",
            case_id=task.case_id,
            task=task,
            rung_fired=fired,
            facts={"audience": fired.audience, "rung": fired.code},
            created_at=now,
        )
        for task, _rung, fired in rungs
    )


def note_announcement(
    sender: Any, *, case: Case, kind: str, by: User | None, now: datetime, facts: dict[str, Any], **kwargs: Any
) -> None:
    """Receiver of announced: what a document room has to tell. Raises: KeyError for a kind nobody has declared."""
    Notice.objects.create(kind=KINDS[kind].id, case=case, by=by, facts=facts, created_at=now)
