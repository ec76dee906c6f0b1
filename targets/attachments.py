"""Attachments (附件) of a target table: which files are taken, added and removed in draft, and who may open them.

What is attached belongs to the content that is approved: its SHA-256 is in the content hash. One transaction a
public function, through the engine. Called by the views and by judging.
"""

import hashlib
import io
import uuid
import zipfile
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from pathlib import PurePosixPath

from django.conf import settings
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.utils.translation import gettext_lazy as _

from targets import profiles
from targets.models import Attachment, ProjectListing, Revision, TargetTable
from targets.profiles import AttachmentKind
from targets.rows import YUAN_A_WAN, yuan
from workflow import engine
from workflow.canonical import clean_text
from workflow.machine import Kind
from workflow.models import Case, User
from workflow.refusals import NotVisible, Refused

MOST_FILES = 30
LONGEST_NAME = 120


class AttachmentRefused(Refused):
    """The file is not attached. The message says what to do."""

    code = "attachment_refused"


class AttachmentTooLarge(AttachmentRefused):
    code = "attachment_too_large"
    message = _("The file is larger than %(limit)s MB. Make it smaller, or scan with fewer dots, and attach it again.")


class AttachmentEmpty(AttachmentRefused):
    code = "attachment_empty"
    message = _("The file is empty. Choose the right one and attach it again.")


class AttachmentType(AttachmentRefused):
    code = "attachment_type"
    message = _("“%(name)s” is no docx, xlsx, pdf, ofd, jpg or png, or it is not what its ending says. "
                "Save it as one of these and attach it again.")


class AttachmentThere(AttachmentRefused):
    code = "attachment_there"
    message = _("This file is attached already, as “%(name)s”.")


class TooManyAttachments(AttachmentRefused):
    code = "too_many_attachments"
    message = _("At most %(limit)s files can be attached to a table. Remove one first.")


class UnknownAttachmentKind(AttachmentRefused):
    code = "unknown_attachment_kind"
    message = _("Choose what the file is: %(known)s.")


class AttachmentPurged(Refused):
    code = "attachment_purged"
    message = _("This file was purged for secrecy. Only its digest is kept.")


def _holds(member: str) -> Callable[[bytes], bool]:
    """Return a test for a zip that holds `member` and no macros. Reads names only and unpacks nothing."""
    def test(data: bytes) -> bool:
        try:
            with zipfile.ZipFile(io.BytesIO(data)) as archive:
                names = archive.namelist()
        except (zipfile.BadZipFile, ValueError, OSError, NotImplementedError):
            return False
        return member in names and not any(name.casefold().endswith("vbaproject.bin") for name in names)
    return test


def _begins(mark: bytes) -> Callable[[bytes], bool]:
    return lambda data: data.startswith(mark)


TYPES: Mapping[str, Callable[[bytes], bool]] = {
    "docx": _holds("word/document.xml"), "xlsx": _holds("xl/workbook.xml"), "ofd": _holds("OFD.xml"),
    "pdf": _begins(b"%PDF-"), "jpg": _begins(b"\xff\xd8\xff"), "jpeg": _begins(b"\xff\xd8\xff"),
    "png": _begins(b"\x89PNG\r\n\x1a\n"),
}
"""Ending → whether the bytes are what it says. Nothing else is taken."""


@dataclass(frozen=True, slots=True)
class Shown:
    """One attachment as a page lists it; `is_new`: not among what the reader compares with."""

    file: Attachment
    label: str
    is_new: bool = False


@dataclass(frozen=True, slots=True)
class Shelf:
    """All attachments of one table as its page shows them: in force, removed since an earlier version, asked for."""

    files: Sequence[Shown]
    earlier: Sequence[Shown]
    kinds: Sequence[AttachmentKind]
    missing: Sequence[str]


def add(*, case: Case, kind: str, name: str, data: bytes, by: User, now: datetime) -> Attachment:
    """Attach one file to a table in draft and store the new content hash; returns the attachment.

    `kind`: a code of the profile's kinds. What the page had before its eyes is not asked: a file disturbs no text.
    Raises: a class of AttachmentRefused; NotVisible, NotPossible, NotPermitted. Nothing is stored then.
    """
    with attaching(case=case, kind=kind, name=name, data=data, by=by, now=now) as file:
        engine.set_content(case, by=by, now=now, write=file.write, amount=_amount_of(case))
    return file.made


@dataclass(frozen=True, slots=True)
class Attaching:
    """One checked file on its way: `write` stores it under the lock that the caller holds."""

    made: Attachment
    data: bytes
    again: bool

    def write(self, locked: Case) -> None:
        """Store file and row. Raises: AttachmentThere unless `again`, TooManyAttachments."""
        if locked.kind != Kind.TARGET:
            raise NotVisible
        there = list(Attachment.objects.filter(case=locked))
        standing = [old for old in there if old.removed_at is None]
        if same := next((old for old in standing if old.sha256 == self.made.sha256), None):
            if self.again and same.kind == self.made.kind:
                return
            raise AttachmentThere(name=same.name)
        if len(standing) >= MOST_FILES:
            raise TooManyAttachments(limit=MOST_FILES)
        self.made.position = max((old.position for old in there), default=0) + 1
        self.made.path = default_storage.save(self.made.path, ContentFile(self.data))
        self.made.save()


@contextmanager
def attaching(*, case: Case, kind: str, name: str, data: bytes, by: User, now: datetime,
              again: bool = False) -> Iterator[Attaching]:
    """Check a file and give what stores it inside an action of the engine; if that fails, its bytes go.

    `again`: a file that is attached already as the same kind stays as it is instead of being refused.
    Raises: a class of AttachmentRefused.
    """
    known = profiles.load(case.profile).attachments
    if kind not in {one.code for one in known}:
        raise UnknownAttachmentKind(known="、".join(one.label for one in known))
    shown = _file_name(name)
    _check_bytes(shown, data)
    made = Attachment(case=case, kind=kind, name=shown, path=f"attachments/{uuid.uuid4().hex}", size=len(data),
                      sha256=hashlib.sha256(data).hexdigest(), added_by=by, added_at=now)
    try:
        yield Attaching(made, data, again)
    except BaseException:
        default_storage.delete(made.path)
        raise


def remove(*, attachment: Attachment, by: User, now: datetime) -> None:
    """Take one file off a table in draft and store the new content hash; its bytes stay for earlier versions.

    Removing it twice is removing it once. Raises: NotVisible, NotPossible, NotPermitted.
    """
    def write(locked: Case) -> None:
        Attachment.objects.filter(pk=attachment.pk, removed_at=None).update(removed_at=now, removed_by=by)

    engine.set_content(attachment.case, by=by, now=now, write=write, amount=_amount_of(attachment.case))


def find(case: Case, pk: int) -> Attachment:
    """Return an attachment of `case` that may be opened by whoever sees the case.

    One that was removed is there as long as a submitted or approved version names it. Raises: NotVisible.
    """
    found = Attachment.objects.filter(case=case, pk=pk).first()
    if found is None or (found.removed_at is not None and not _is_kept(found)):
        raise NotVisible
    if found.purged_at is not None:
        raise AttachmentPurged
    return found


def of_case(case: Case) -> list[Attachment]:
    """Return every file that is or was attached, in order, with who added it. One statement."""
    return list(Attachment.objects.filter(case=case).select_related("added_by").order_by("position", "id"))


def digests_of(files: Sequence[Attachment]) -> tuple[str, ...]:
    """Return `digests` of loaded files. No statement."""
    return tuple(file.sha256 for file in files if file.removed_at is None)


def shelf(case: Case, table: TargetTable | None, *, listing: ProjectListing | None,
          compared_with: Collection[str] | None = None, files: Sequence[Attachment] | None = None) -> Shelf:
    """Return the attachments of `case` for its page. One statement, none where `files` (of_case) are loaded; and one
    for each file that was removed.

    `listing`: what the project list says of it; `compared_with`: digests that the reader saw before, None: any.
    """
    profile = profiles.load(case.profile)
    labels = {kind.code: kind.label for kind in profile.attachments}
    now, earlier = [], []
    for file in of_case(case) if files is None else files:
        label = labels.get(file.kind) or file.get_kind_display()
        if file.removed_at is None:
            now.append(Shown(file, label, compared_with is not None and file.sha256 not in compared_with))
        elif _is_kept(file):
            earlier.append(Shown(file, label))
    there = {shown.label for shown in now}
    required = required_labels(case, table, listing) or ()
    return Shelf(now, earlier, profile.attachments, [label for label in required if label not in there])


def digests(case: Case) -> tuple[str, ...]:
    """Return the SHA-256 of what is attached now, in order: a part of the table's content. One statement."""
    return tuple(Attachment.objects.filter(case=case, removed_at=None).order_by("position", "id")
                 .values_list("sha256", flat=True))


def labels_there(case: Case) -> tuple[str, ...]:
    """Return the kinds that are attached now, as the profile prints them. One statement."""
    labels = {kind.code: kind.label for kind in profiles.load(case.profile).attachments}
    kinds = Attachment.objects.filter(case=case, removed_at=None).order_by("position", "id")
    return tuple(labels.get(kind, kind) for kind in kinds.values_list("kind", flat=True))


def required_labels(case: Case, table: TargetTable | None, listing: ProjectListing | None) -> tuple[str, ...] | None:
    """Return the kinds that the county asks for beside this table (ATT-01); None when no list says if it is new.

    The amount is the listed one, else the table's. No statement.
    """
    if listing is None:
        return None
    amount = listing.amount if listing.amount is not None else yuan(table.funds_total if table else None)
    wan = (amount or Decimal(0)) / YUAN_A_WAN
    return tuple(kind.label for kind in profiles.load(case.profile).attachments
                 if kind.needed_from is not None and not listing.is_continuing and wan >= kind.needed_from)


def _is_kept(attachment: Attachment) -> bool:
    return Revision.objects.filter(case=attachment.case_id, content__contains=attachment.sha256).exists()


def _amount_of(case: Case) -> Decimal | None:
    return yuan(TargetTable.objects.filter(pk=case.pk).values_list("funds_total", flat=True).first())


def _file_name(name: str) -> str:
    """Return the name without folders and control characters, short enough, its ending kept."""
    bare = PurePosixPath(clean_text(name).replace("\\", "/").replace("\n", " ").replace("\t", " ")).name.strip()
    stem, dot, ending = bare.rpartition(".")
    return f"{stem[: LONGEST_NAME - len(ending) - 1]}.{ending}" if dot and len(ending) < 6 else bare[:LONGEST_NAME]


def check_size(size: int) -> None:
    """Say whether a file of `size` bytes may be attached at all. Raises: AttachmentEmpty, AttachmentTooLarge."""
    if not size:
        raise AttachmentEmpty
    if size > settings.UPLOAD_LIMIT_BYTES:
        raise AttachmentTooLarge(limit=settings.UPLOAD_LIMIT_BYTES // 1024 // 1024)


def _check_bytes(name: str, data: bytes) -> None:
    check_size(len(data))
    test = TYPES.get(name.rpartition(".")[2].casefold())
    if test is None or not test(data):
        raise AttachmentType(name=name)
