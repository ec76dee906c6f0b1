"""What department and bureau do on a unit's draft: 代填 with its confirmation, and 补录 of what was approved on paper.

One transaction a public function, through the engine. Called by views and commands; the blockers by targets.kinds.
"""

from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django.utils.translation import gettext as _

from targets import attachments, drafts
from targets.attachments import Attaching
from targets.models import Attachment, Indicator
from workflow import engine
from workflow.canonical import clean_text
from workflow.engine import Outcome, Seen
from workflow.machine import Action
from workflow.models import Case, User
from workflow.refusals import Blocker, DetailMissing

SEALED = Attachment.Kind.SEALED
LONGEST_WORDS = 1000


@dataclass(frozen=True, slots=True)
class Scan:
    """One signed or sealed paper as a file."""

    name: str
    data: bytes


def fill_for(*, case: Case, by: User, now: datetime, seen: Seen, key: str, basis: str, reason: str,
             unsaved: drafts.Unsaved, scan: Scan | None = None, on_behalf_of: User | None = None) -> Outcome:
    """Fill the table in for its unit (代填), on the `basis` of a call or of paper. Raises: drafts', engine.perform's.

    Without `scan` the unit is asked to confirm within two working days; a signed scan confirms it at once.
    """
    with ExitStack() as files:
        file = _attach(files, case, scan, by=by, now=now)

        def prepare(locked: Case) -> None:
            drafts.write_unsaved(locked, unsaved)
            drafts.keep_header(locked)
            if file is not None:
                file.write(locked)

        return engine.perform(case, Action.FILL_FOR, by=by, seen=seen, key=key, now=now, on_behalf_of=on_behalf_of,
                              prepare=prepare, basis=basis, reason=_words(reason), **_named(file))


def confirm_filled(*, case: Case, by: User, now: datetime, seen: Seen, key: str) -> Outcome:
    """Confirm (确认) for the unit what was filled in for it. Raises: engine.perform's."""
    return engine.perform(case, Action.CONFIRM_FILLED, by=by, seen=seen, key=key, now=now)


def propose_admission(*, case: Case, by: User, now: datetime, seen: Seen, key: str, document_number: str,
                      document_date: date | str, reason: str = "", scan: Scan | None = None,
                      on_behalf_of: User | None = None) -> Outcome:
    """Propose, as the first of two finance people, that a table approved on paper is admitted (补录).

    `scan`: the approval with its seal; None when it is attached already. Raises: DetailMissing, Blocked, a class of
    AttachmentRefused, engine.perform's.
    """
    with ExitStack() as files:
        file = _attach(files, case, scan, by=by, now=now)
        details: dict[str, Any] = {"document_number": document_number, "document_date": str(document_date)}
        if reason:
            details["reason"] = _words(reason)
        return engine.perform(case, Action.PROPOSE_ADMISSION, by=by, seen=seen, key=key, now=now,
                              on_behalf_of=on_behalf_of, prepare=file.write if file is not None else None,
                              **details, **_named(file))


def admission_blockers(case: Case) -> Sequence[Blocker]:
    """Return what a table lacks that is to be admitted: its scan, and indicators."""
    found = []
    if not Attachment.objects.filter(case=case, kind=SEALED, removed_at=None).exists():
        found.append(Blocker("scan", "attachments", _("Attach the scan of the approval with its seal.")))
    if not Indicator.objects.filter(table=case.pk).exists():
        found.append(Blocker("empty", "indicators", _("The table has no indicator yet. Fill it in first.")))
    return found


def _attach(files: ExitStack, case: Case, scan: Scan | None, *, by: User, now: datetime) -> Attaching | None:
    if scan is None:
        return None
    attachments.check_size(len(scan.data))
    return files.enter_context(
        attachments.attaching(case=case, kind=SEALED, name=scan.name, data=scan.data, by=by, now=now, again=True))


def _named(file: Attaching | None) -> Mapping[str, str]:
    return {} if file is None else {"scan": file.made.sha256}


def _words(text: str) -> str:
    words = clean_text(str(text or "")).strip()
    if len(words) > LONGEST_WORDS:
        raise DetailMissing(field=_("reason of at most %(limit)s characters") % {"limit": LONGEST_WORDS})
    return words
