"""What this room takes away when a content or a file is purged for secrecy: versions, readings, rows, bytes.

A store of workflow.purging; the two signatures and the record are there. Hashes stay, so decisions go on naming them.
"""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.db import models, transaction
from django.db.models import QuerySet
from django.utils.translation import gettext as _

from targets.content import TableContent
from targets.models import (
    Attachment,
    Comment,
    ImportedTable,
    Indicator,
    IndicatorProgress,
    MonitoringReport,
    Revision,
    TargetTable,
)
from workflow.canonical import canonical_json
from workflow.machine import Kind
from workflow.models import Case, Purge
from workflow.purging import PURGED, Kept

CONTENT, ATTACHMENT = Purge.What.CONTENT.value, Purge.What.ATTACHMENT.value


class TargetStore:
    """The contents and files of target tables and reports."""

    def kept(self, case: Case) -> Sequence[Kept]:
        """Return every version and every file of `case`, the oldest first."""
        found: dict[str, Kept] = {}
        for version in Revision.objects.filter(case=case).order_by("event_seq"):
            label = _("submission %(n)s, %(why)s") % {"n": version.pass_no, "why": version.get_why_display()}
            found.setdefault(
                version.content_hash,
                Kept(CONTENT, version.content_hash, label, version.made_at, version.purged_at is not None),
            )
        read = ImportedTable.objects.filter(case=case).select_related("source").order_by("pk")
        for table in read:
            gone, label, at = table.title == PURGED, _("as read from the file"), table.source.uploaded_at
            found.setdefault(table.content_hash, Kept(CONTENT, table.content_hash, label, at, gone))
        files = [
            Kept(ATTACHMENT, file.sha256, file.name, file.added_at, file.purged_at is not None)
            for file in Attachment.objects.filter(case=case).order_by("pk")
        ]
        return [*found.values(), *files]

    def in_use(self, case: Case, what: str, sha256: str) -> bool:
        """Return whether it is the content that stands, or a file that is attached now."""
        if what == CONTENT:
            return sha256 == case.content_hash
        return Attachment.objects.filter(case=case, sha256=sha256, removed_at=None).exists()

    def erase(self, case: Case, what: str, sha256: str, *, now: datetime) -> int:
        """Take it away; bytes go once the transaction is committed. Returns in how many places it was."""
        if what == ATTACHMENT:
            return _erase_files(case, sha256, now=now)
        versions = Revision.objects.filter(case=case, content_hash=sha256, purged_at=None)
        passes = list(versions.values_list("pass_no", flat=True))
        places = versions.update(content=_blank_content(case), purged_at=now)
        Comment.objects.filter(case=case, pass_no__in=passes).update(value_then="")
        places += _erase_readings(case, sha256)
        if sha256 == case.content_hash:
            places += _erase_rows(case)
        return places

    def contents(self, case: Case) -> Iterable[dict[str, Any]]:
        """Yield the versions as the export of the record holds them."""
        for version in Revision.objects.filter(case=case).order_by("event_seq"):
            yield {
                "event_seq": version.event_seq,
                "why": version.why,
                "content_hash": version.content_hash,
                "content": None if version.purged_at else version.content,
                "note": PURGED if version.purged_at else "",
            }


def _blank_content(case: Case) -> str:
    """Return what stands for a purged content: a table of the same shape that says so and nothing else."""
    if case.kind == Kind.TARGET:
        return canonical_json(TableContent(project_name=PURGED).canonical())
    return canonical_json({"v": 1})


def _erase_files(case: Case, sha256: str, *, now: datetime) -> int:
    files = Attachment.objects.filter(case=case, sha256=sha256, purged_at=None)
    for path in files.values_list("path", flat=True):
        _delete_later(path)
    return files.update(purged_at=now, name=PURGED)


def _erase_readings(case: Case, sha256: str) -> int:
    """Blank what was read from files, and take the files' bytes away: they hold the same text."""
    read = ImportedTable.objects.filter(case=case, content_hash=sha256).exclude(title=PURGED)
    for source in {table.source for table in read.select_related("source")}:
        name = source.file.name
        _overwrite_later(str(name))
        type(source).objects.filter(pk=source.pk).update(name=PURGED)
    return read.update(content=_blank_content(case), title=PURGED, problems=[], places=[], source_rows=[], mends=[])


def _erase_rows(case: Case) -> int:
    """Blank the texts of the table or report itself, which rests for good, and the case's name."""
    places = _blank(TargetTable.objects.filter(case=case)) + _blank(Indicator.objects.filter(table__case=case), "code")
    places += _blank(MonitoringReport.objects.filter(case=case))
    places += _blank(IndicatorProgress.objects.filter(report__case=case), "code")
    TargetTable.objects.filter(case=case).update(project_name=PURGED)
    Case.objects.filter(pk=case.pk).update(title=PURGED)
    return places


def _blank(rows: "QuerySet[Any]", *but: str) -> int:
    """Empty every free text of `rows`; choices, keys and hashes stay."""
    texts = {
        field.name: ""
        for field in rows.model._meta.concrete_fields
        if isinstance(field, models.CharField | models.TextField)
        and not field.choices and field.name not in but and not field.name.endswith("hash")
    }  # fmt: skip
    return rows.update(**texts)


def _delete_later(path: str) -> None:
    transaction.on_commit(lambda: default_storage.delete(path))


def _overwrite_later(name: str) -> None:
    """Put a line that says so in the place of an uploaded file, so that its page still opens."""

    def overwrite() -> None:
        default_storage.delete(name)
        default_storage.save(name, ContentFile(f"{PURGED}\n".encode()))

    transaction.on_commit(overwrite)
