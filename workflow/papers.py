"""The scan of the document under which cases are released (批复文件): kept once, named by the event of each case.

Writes rows and files; called by batches and by the rooms that release. Whoever sees the case may have it.
"""

import hashlib
import uuid
from collections.abc import Mapping
from datetime import datetime
from pathlib import PurePosixPath

from django.conf import settings
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.db import transaction
from django.utils.translation import gettext_lazy as _

from workflow import record
from workflow.canonical import clean_text
from workflow.machine import Action
from workflow.models import Case, Event, Paper, User
from workflow.refusals import Refused

BEGINS: Mapping[str, bytes] = {
    "pdf": b"%PDF-", "ofd": b"PK\x03\x04", "jpg": b"\xff\xd8\xff", "jpeg": b"\xff\xd8\xff", "png": b"\x89PNG\r\n\x1a\n",
}  # fmt: skip
"""Ending → how such a file begins. Nothing else is taken."""
LONGEST_NAME = 200


class PaperRefused(Refused):
    """A scan that is not taken; nothing is stored and nothing is released."""

    code = "paper_refused"
    message = _("“%(name)s” is not taken as the scan. Choose a pdf, ofd, jpg or png of at most %(limit)s MB.")


def keep(*, name: str, data: bytes, by: User, now: datetime) -> Paper:
    """Store a scan and return it; the same bytes are kept once. Raises: PaperRefused."""
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
    return made


def named(paper: Paper) -> dict[str, str]:
    """Return what the event of a release says of its scan."""
    return {"scan": paper.sha256, "scan_name": paper.name}


def of_case(case: Case) -> Paper | None:
    """Return the scan of the document under which `case` was last released, None without one. Two statements."""
    event = Event.objects.filter(case=case, action=Action.RELEASE, refused="").order_by("-seq").first()
    digest = record.payload_of(event).get("scan") if event else None
    return Paper.objects.filter(sha256=digest).first() if digest else None
