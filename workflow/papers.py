"""The scan of the document under which cases are released (批复文件): kept once, named by the event of each case.

Writes rows and files; called by batches and by the rooms that release. Whoever sees the case may have it.
"""

import hashlib
import uuid
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from functools import partial
from pathlib import PurePosixPath
from typing import Any

from django.conf import settings
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.db import transaction
from django.utils.translation import gettext_lazy as _

from workflow import record
from workflow.canonical import clean_text
from workflow.machine import Action
from workflow.models import Case, Event, Paper, Purge, User
from workflow.purging import PURGED, Kept
from workflow.refusals import Refused

BEGINS: Mapping[str, bytes] = {
    "pdf": b"%PDF-", "ofd": b"PK\x03\x04", "jpg": b"\xff\xd8\xff", "jpeg": b"\xff\xd8\xff", "png": b"\x89PNG\r\n\x1a\n",
}  # fmt: skip
"""Ending → how such a file begins. Nothing else is taken."""
LONGEST_NAME = 200
SCAN = Purge.What.ATTACHMENT.value


class PaperRefused(Refused):
    """A scan that is not taken; nothing is stored and nothing is released."""

    code = "paper_refused"
    message = _("“%(name)s” is not taken as the scan. Choose a pdf, ofd, jpg or png of at most %(limit)s MB.")


class PaperPurged(Refused):
    """The same bytes were taken away for secrecy before; they are not taken in again."""

    code = "paper_purged"
    message = _("This file was purged for secrecy before and is not kept again. Choose another scan.")


def keep(*, name: str, data: bytes, by: User, now: datetime) -> Paper:
    """Store a scan and return it; the same bytes are kept once. Raises: PaperRefused, PaperPurged."""
    shown = PurePosixPath(clean_text(name).replace("\\", "/").replace("\n", " ")).name.strip()[-LONGEST_NAME:]
    begins = BEGINS.get(shown.rpartition(".")[2].casefold())
    if not data or begins is None or not data.startswith(begins) or len(data) > settings.UPLOAD_LIMIT_BYTES:
        raise PaperRefused(name=shown or name[:LONGEST_NAME], limit=settings.UPLOAD_LIMIT_BYTES // 1024 // 1024)
    digest = hashlib.sha256(data).hexdigest()
    with transaction.atomic():
        made, is_new = Paper.objects.get_or_create(sha256=digest, defaults={
            "name": shown, "path": f"papers/{uuid.uuid4().hex}", "size": len(data), "added_by": by, "added_at": now})
        if is_new:
            default_storage.save(made.path, ContentFile(data))
    if not made.path:
        raise PaperPurged
    return made


def named(paper: Paper) -> dict[str, str]:
    """Return what the event of a release says of its scan."""
    return {"scan": paper.sha256, "scan_name": paper.name}


def of_case(case: Case) -> Paper | None:
    """Return the scan of the document under which `case` was last released, None without one. Two statements."""
    event = Event.objects.filter(case=case, action=Action.RELEASE, refused="").order_by("-seq").first()
    digest = record.payload_of(event).get("scan") if event else None
    return Paper.objects.filter(sha256=digest).exclude(path="").first() if digest else None


class PaperStore:
    """The scans under which a case was released, a store of workflow.purging: bytes and name go, the digest stays."""

    def kept(self, case: Case) -> Sequence[Kept]:
        """Return the scans that the record of `case` names. Two statements."""
        events = Event.objects.filter(case=case, action=Action.RELEASE, refused="").order_by("seq")
        digests = [digest for event in events if (digest := record.payload_of(event).get("scan"))]
        found = Paper.objects.filter(sha256__in=digests).order_by("pk")
        return [Kept(SCAN, one.sha256, one.name, one.added_at, not one.path) for one in found]

    def in_use(self, case: Case, what: str, sha256: str) -> bool:
        """Return False: nothing is decided on a scan any more once it is kept."""
        return False

    def erase(self, case: Case, what: str, sha256: str, *, now: datetime) -> int:
        """Take the bytes away once the transaction is committed, for every case that was released under them."""
        if what != SCAN or not any(one.sha256 == sha256 for one in self.kept(case)):
            return 0
        found = Paper.objects.filter(sha256=sha256).exclude(path="")
        for path in found.values_list("path", flat=True):
            transaction.on_commit(partial(default_storage.delete, path))
        return found.update(name=PURGED, path="")

    def contents(self, case: Case) -> Iterable[dict[str, Any]]:
        """Yield nothing: a scan is no version of the content."""
        return ()
