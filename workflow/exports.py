"""The record of one case as a zip that anybody can check: events, case, decisions and a verifier of plain Python.

Reads only, but for the event that says who took the record out. Called by manage.py export_record.
"""

import io
import json
import zipfile
from datetime import datetime
from pathlib import Path

from workflow import purging, record
from workflow.canonical import canonical_json
from workflow.machine import Action
from workflow.models import Case, Decision, Event, User

VERIFIER = Path(__file__).parent / "data" / "verify_export.py"


def export_record(*, case_id: int, by: User | None, now: datetime) -> bytes:
    """Return the zip: case, events, decisions, contents, and verify.py. The export is itself in the record."""
    record.note(case_id, action=Action.EXPORT, by=by, now=now, payload={"what": "record"})
    case = Case.objects.select_related("unit", "department").get(pk=case_id)
    about = {
        "number": case.number,
        "title": case.title,
        "unit": case.unit.name,
        "department": case.department.name,
        "state": str(case.state),
        "content_hash": case.content_hash,
        "head": case.head,
        "head_seq": case.head_seq,
    }
    events = Event.objects.filter(case=case, seq__lte=case.head_seq).order_by("seq")
    lines = [canonical_json(record.columns_of(event) | {"hash": event.hash}) for event in events]
    decisions = Decision.objects.filter(case=case).order_by("event_seq").select_related("step", "actor", "principal")
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("case.json", json.dumps(about, ensure_ascii=False, indent=2))
        archive.writestr("events.jsonl", "\n".join(lines) + "\n")
        archive.writestr("decisions.jsonl", "".join(canonical_json(_plain(d)) + "\n" for d in decisions))
        archive.writestr("contents.jsonl", "".join(canonical_json(one) + "\n" for one in purging.contents_of(case)))
        archive.writestr("verify.py", VERIFIER.read_text(encoding="utf-8"))
    return packed.getvalue()


def _plain(decision: Decision) -> dict[str, object]:
    return {
        "event_seq": decision.event_seq,
        "step": decision.step.title,
        "verdict": decision.verdict,
        "words": decision.words,
        "actor": str(decision.actor),
        "principal": str(decision.principal or ""),
        "content_hash": decision.content_hash,
        "made_at": decision.made_at.isoformat(),
    }
