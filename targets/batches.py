"""Several files at once: kept as they come, read one after the other in the background, each as if it came alone.

A file is read by whoever claims it first: the page that asks how far it is, or the sweep (receiver of time_passes).
Nothing here needs a broker; a page that is closed, a worker that dies and a second reader do no harm.
"""

import logging
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.conf import settings
from django.core.files.base import File
from django.db import transaction
from django.db.models import Q
from django.utils import translation
from django.utils.translation import gettext_lazy as _

from targets import organisations, uploads
from targets.models import ImportBatch, SourceDocument, WaitingFile
from workflow.models import Organisation, User
from workflow.refusals import NotVisible, Refused

logger = logging.getLogger(__name__)

AT_ONCE = 3
"""So many files are read while the person waits."""
LONG_ZIP = 512 * 1024
"""A zip of more bytes than this is read in the background though it came alone."""
MOST_FILES = 60
CLAIM_ENDS = timedelta(minutes=2)
MOST_TRIES = 3
MOST_READERS = 5
"""So often a claim is tried again because another reader took the file at the same moment."""
A_SWEEP = 2
"""So many files a sweep reads: it has other work, and the page reads on by itself while it is open."""
Status = WaitingFile.Status


class TooManyFiles(Refused):
    code = "too_many_files"
    message = _("%(count)s files are too many at once; choose at most %(limit)s, or pack them into a zip.")


class NotReadable(Refused):
    code = "not_readable"
    message = _("The file could not be read, though it was tried several times. Upload it alone to see why.")


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a batch is: files in all, files done with in whatever way, files that were read, the one at work."""

    total: int
    done: int
    read: int
    current: str

    @property
    def is_done(self) -> bool:
        return self.done >= self.total


def takes_long(files: Sequence[File]) -> bool:
    """Return whether the files are read in the background rather than while the person waits."""
    return len(files) > AT_ONCE or any(
        (file.name or "").lower().endswith(".zip") and file.size > LONG_ZIP for file in files)


def start(*, files: Sequence[File], by: User, now: datetime, unit: Organisation | None = None) -> ImportBatch:
    """Keep the files to be read one by one, and return their batch. A file over the limit is refused at once.

    Raises: NotAnEditor, WhichUnit, TooManyFiles; nothing is kept then.
    """
    own = organisations.own_unit(by, unit)
    if len(files) > MOST_FILES:
        raise TooManyFiles(count=len(files), limit=MOST_FILES)
    rows = []
    try:
        for position, file in enumerate(files, start=1):
            name = (file.name or "")[:255]
            row = WaitingFile(position=position, name=name, size=file.size)
            rows.append(row)
            if file.size > settings.UPLOAD_LIMIT_BYTES:
                row.status = Status.REFUSED
                row.refusal = _said(uploads.TooLarge(limit=settings.UPLOAD_LIMIT_BYTES // 1024 // 1024))
            else:
                row.file.save(name, file, save=False)
        with transaction.atomic():
            batch = ImportBatch.objects.create(unit=own, uploaded_by=by, uploaded_at=now)
            for row in rows:
                row.batch = batch
            WaitingFile.objects.bulk_create(rows)
    except BaseException:
        for row in rows:
            if row.file:
                row.file.delete(save=False)
        raise
    return batch


def progress(batch: ImportBatch) -> Progress:
    """Return how far the files are. One statement."""
    files = list(batch.files.values_list("status", "name"))
    open_statuses = (Status.WAITING, Status.READING)
    current = next((name for status, name in files if status == Status.READING), "")
    return Progress(len(files), sum(status not in open_statuses for status, _name in files),
                    sum(status == Status.READ for status, _name in files),
                    current or next((name for status, name in files if status == Status.WAITING), ""))


def recent(by: User, *, limit: int = 5) -> list[tuple[ImportBatch, Progress]]:
    """Return the newest batches of the units that the person edits, each with how far it is."""
    found = ImportBatch.objects.filter(unit__in=organisations.units_edited_by(by)).select_related("unit", "uploaded_by")
    return [(batch, progress(batch)) for batch in found.order_by("-id")[:limit]]


def read_next(*, now: datetime, batch: ImportBatch | None = None) -> bool:
    """Claim the next file, of this batch or of any, and read it; return whether there was one."""
    claimed = _claim(now, batch)
    if claimed is None:
        return False
    refusal: Refused | None = None
    source: SourceDocument | None = None
    if claimed.tries > MOST_TRIES:
        refusal = NotReadable()
    else:
        try:
            with claimed.file.open("rb") as stored:
                data = stored.read()
            source = uploads.import_upload(name=claimed.name, data=data, by=claimed.batch.uploaded_by, now=now,
                                           unit=claimed.batch.unit)
        except Refused as refused:
            refusal = refused
        except OSError:
            logger.exception("a waiting file cannot be opened: file %s, try %s", claimed.pk, claimed.tries)
            return True
    _finish(claimed, source, refusal)
    return True


def _claim(now: datetime, batch: ImportBatch | None) -> WaitingFile | None:
    free = Q(status=Status.WAITING) | Q(status=Status.READING, claimed_at__lt=now - CLAIM_ENDS)
    files = WaitingFile.objects.filter(free, batch__cancelled_at=None)
    if batch is not None:
        files = files.filter(batch=batch)
    files = files.select_related("batch__unit__parent", "batch__uploaded_by").order_by("id")
    for _attempt in range(MOST_READERS):
        row = files.first()
        if row is None:
            break
        claim = WaitingFile.objects.filter(pk=row.pk, status=row.status, claimed_at=row.claimed_at)
        if claim.update(status=Status.READING, claimed_at=now, tries=row.tries + 1):
            row.status, row.claimed_at, row.tries = Status.READING, now, row.tries + 1
            return row
    return None


def _finish(claimed: WaitingFile, source: SourceDocument | None, refusal: Refused | None) -> None:
    """Write down what became of a file; what another reader has done meanwhile stands, and ours goes."""
    mine = WaitingFile.objects.filter(pk=claimed.pk, status=Status.READING, tries=claimed.tries)
    written = mine.update(status=Status.REFUSED if source is None else Status.READ, source=source, file="",
                          refusal=_said(refusal) if refusal else {})
    if written:
        claimed.file.delete(save=False)
    elif source is not None:
        with transaction.atomic():
            source.tables.all().delete()
            source.delete()
        source.file.delete(save=False)


def _said(refusal: Refused) -> dict[str, str]:
    """Return the refusal in the county's language: who reads it later may not be who was refused."""
    with translation.override(settings.LANGUAGE_CODE):
        return {"code": str(refusal.facts.get("why") or refusal.code), "sentence": str(refusal)}


def cancel(*, batch: ImportBatch, by: User, now: datetime) -> None:
    """Read no more files of this batch; what was read stays. A second time changes nothing. Raises: NotVisible."""
    if batch.unit not in organisations.units_edited_by(by):
        raise NotVisible
    with transaction.atomic():
        waiting = list(batch.files.select_for_update().filter(status=Status.WAITING))
        ImportBatch.objects.filter(pk=batch.pk, cancelled_at=None).update(cancelled_at=now)
        batch.files.filter(pk__in=[row.pk for row in waiting], status=Status.WAITING).update(status=Status.CANCELLED)
    for row in batch.files.filter(status=Status.CANCELLED).exclude(file=""):
        row.file.delete(save=True)


def when_time_passes(*, now: datetime, **kwargs: object) -> None:
    """Read a few waiting files whenever the procedure sweeps: receiver of time_passes."""
    for _file in range(A_SWEEP):
        if not read_next(now=now):
            break
