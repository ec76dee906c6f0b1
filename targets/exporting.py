"""Official forms out: which content is printed, under which version and check code, recorded as an EXPORT event.

A few tables are printed at once; many become an ExportJob that the sweep makes (receiver of time_passes), with or
without a broker. Printing itself is pure, in targets.export.
"""

import io
import logging
import re
import tempfile
import zipfile
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import IO, Any
from uuid import UUID

from django.core.files.base import File
from django.core.files.storage import default_storage
from django.utils.timezone import localtime
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from targets import export, profiles
from targets.content import TableContent
from targets.export import MEDIA, Blank, Format, Mark
from targets.export.code import check_code, typed_code
from targets.models import ExportJob, ProjectListing, Revision, TargetTable
from targets.profiles import DEFAULT
from targets.rows import content_of
from workflow import grants, record
from workflow.machine import Action, Kind
from workflow.models import Case, Event, Organisation, User
from workflow.refusals import NotVisible, Refused

logger = logging.getLogger(__name__)

AT_ONCE = 20
"""So many tables are printed while the person waits; more are made in the background."""
MOST = 2000
CLAIM = timedelta(minutes=10)
KEPT = timedelta(days=1)
MOST_ATTEMPTS = 3
PROGRESS_EVERY = 20
NO_FILE_NAME = re.compile(r'[\\/:*?"<>|\x00-\x1f\x7f\u200e\u200f\u202a-\u202e\u2066-\u2069]')
PROBLEMS_FILE = "打印说明.txt"
BLANK_NAMES = {Blank.FORM: "绩效目标表-填报模板", Blank.WORD: "绩效目标表-填报模板",
               Blank.CHOICES: "绩效目标表-填报模板（下拉选择）"}
DRAFT, SUBMISSION = "草稿（未报送）", "第{}次报送"
"""The paper's own words, in Chinese whatever language the page has."""


class UnknownFormat(Refused):
    code = "unknown_format"
    message = gettext_lazy("There is no format “%(format)s”. Choose Word (docx), Excel (xlsx) or PDF.")


class NothingChosen(Refused):
    code = "nothing_chosen"
    message = gettext_lazy("No table is chosen. Tick the tables that you want, or choose all.")


class TooManyTables(Refused):
    code = "too_many_tables"
    message = gettext_lazy("%(count)s tables are too many for one file; at most %(limit)s fit. "
                           "Narrow the list with the filters first.")


@dataclass(frozen=True, slots=True)
class Exported:
    """One file. `problems`: characters that the PDF's font cannot print, each with its place."""

    name: str
    data: bytes
    media: str
    problems: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Verified:
    """What a check code says: which table, which submission (None: a draft), whether it is what stands now."""

    case: Case
    pass_no: int | None
    is_current: bool


def format_of(name: str) -> Format:
    """Return the format of this name. Raises: UnknownFormat."""
    try:
        return Format(name)
    except ValueError:
        raise UnknownFormat(format=name[:20]) from None


def mark_of(case: Case, content: TableContent) -> Mark:
    """Return what the paper says of its version: number, how often submitted or that it is a draft, check code."""
    digest = content.hash()
    passed = _passes(case).filter(content_hash=digest).values_list("pass_no", flat=True).last()
    words = DRAFT if passed is None else SUBMISSION.format(passed)
    return Mark(case.number, words, check_code(number=case.number, content_hash=digest))


def _passes(case: Case) -> Any:
    return Revision.objects.filter(case=case, why=Revision.Why.SUBMITTED).order_by("event_seq")


def export_table(*, case: Case, format: Format, by: User | None, now: datetime,
                 word_template: bytes | None = None) -> Exported:
    """Print the table as it stands, and record that `by` took it out. `by` None: the command line.

    `word_template`: the county's own, see word_templates.in_force; only Word files are made from it.
    Raises: NotVisible when `by` may not see the case, or it is no target table. Nothing is recorded then.
    """
    if case.kind != Kind.TARGET or (by is not None and not grants.may(by, "view", case)):
        raise NotVisible
    content, profile = content_of(case), profiles.load(case.profile)
    mark = mark_of(case, content)
    data = export.export(content=content, profile=profile, format=format, now=localtime(now), mark=mark,
                         word_template=word_template)
    missing = export.missing_glyphs(content=content, profile=profile) if format == Format.PDF else ()
    record.note(case.pk, action=Action.EXPORT, by=by, now=now,
                payload={"format": format.value, "check_code": mark.code, "printed_hash": content.hash()})
    name = file_name(f"{case.number} {content.project_name or case.title}", format.value)
    return Exported(name, data, MEDIA[format], tuple(one.words for one in missing))


def file_name(title: str, ending: str) -> str:
    """Return a file name that Windows, zip and browsers take, in at most 120 characters."""
    return f"{NO_FILE_NAME.sub('', ' '.join(title.split()))[:110].strip(' .') or '绩效目标表'}.{ending}"


def export_tables(*, cases: Sequence[Case], format: Format, by: User, now: datetime) -> Exported | ExportJob:
    """Return a zip of the tables, or the job that makes it in the background when they are more than AT_ONCE.

    Raises: NothingChosen, TooManyTables, NotVisible.
    """
    if not cases:
        raise NothingChosen
    if len(cases) > MOST:
        raise TooManyTables(count=len(cases), limit=MOST)
    if len(cases) > AT_ONCE:
        return ExportJob.objects.create(by=by, asked_at=now, format=format.value, cases=[case.pk for case in cases])
    out = io.BytesIO()
    problems: list[tuple[str, str]] = []
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for case in cases:
            problems += _into(archive, case, format=format, by=by, now=now)
        _tell(archive, problems)
    return Exported(zip_name(format, now), out.getvalue(), "application/zip", tuple(words for _n, words in problems))


def zip_name(format: Format, now: datetime) -> str:
    """Return what a zip is called that was asked for at `now`: by the day as the county counts it."""
    return f"绩效目标表-{localtime(now):%Y%m%d}-{format.value}.zip"


def _into(archive: zipfile.ZipFile, case: Case, *, format: Format, by: User, now: datetime) -> list[tuple[str, str]]:
    made = export_table(case=case, format=format, by=by, now=now)
    archive.writestr(zipfile.ZipInfo(made.name, localtime(now).timetuple()[:6]), made.data, zipfile.ZIP_DEFLATED)
    return [(case.number, words) for words in made.problems]


def _tell(archive: zipfile.ZipFile, problems: Sequence[tuple[str, str]]) -> None:
    """Put the list of what could not be printed into the zip, when there is any."""
    if problems:
        lines = [_("These characters have no glyph and are printed as boxes:"), *map(" ".join, problems)]
        archive.writestr(PROBLEMS_FILE, "\ufeff" + "\r\n".join(lines) + "\r\n")


# In the background


def when_time_passes(*, now: datetime, **kwargs: Any) -> None:
    """Make one export that waits and remove those of yesterday: receiver of time_passes."""
    remove_old(now=now)
    make_next(now=now)


def make_next(*, now: datetime) -> ExportJob | None:
    """Make the export that has waited longest, if there is one; it is claimed, so two sweeps never make the same.

    Outside any transaction. One that fails is tried again at the next sweeps, MOST_ATTEMPTS times in all.
    """
    waiting = ExportJob.objects.filter(status=ExportJob.Status.WAITING)
    free = waiting.filter(claimed_until=None) | waiting.filter(claimed_until__lte=now)
    job = free.order_by("asked_at").first()
    if job is None:
        return None
    claimed = free.filter(pk=job.pk).update(claimed_until=now + CLAIM, attempts=job.attempts + 1, done=0)
    if not claimed:
        return None
    try:
        _make(job, now=now)
    except Exception:
        # Whatever the reason: the person sees that it failed, and the sweep goes on with its work.
        logger.exception("Export %s cannot be made", job.pk)
        status = ExportJob.Status.FAILED if job.attempts + 1 >= MOST_ATTEMPTS else ExportJob.Status.WAITING
        ExportJob.objects.filter(pk=job.pk).update(status=status, claimed_until=None)
    job.refresh_from_db()
    return job


def _make(job: ExportJob, *, now: datetime) -> None:
    by = User.objects.get(pk=job.by_id)
    cases = Case.objects.in_bulk(job.cases)
    problems: list[tuple[str, str]] = []
    with tempfile.SpooledTemporaryFile(max_size=2**24) as out:
        with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
            for n, pk in enumerate(job.cases, start=1):
                try:
                    problems += _into(archive, cases[pk], format=Format(job.format), by=by, now=now)
                except NotVisible:
                    problems.append((cases[pk].number, _("left out: no longer visible to you")))
                if n % PROGRESS_EVERY == 0:
                    ExportJob.objects.filter(pk=job.pk).update(done=n)
            _tell(archive, problems)
        out.seek(0)
        path = default_storage.save(f"exports/{job.pk}.zip", File(out))
    ExportJob.objects.filter(pk=job.pk).update(
        status=ExportJob.Status.READY, done=len(job.cases), path=path, problems=problems, claimed_until=None)


def remove_old(*, now: datetime) -> int:
    """Remove the exports that were asked for longer ago than KEPT, with their files; return how many."""
    old = list(ExportJob.objects.filter(asked_at__lt=now - KEPT)[:50])
    for job in old:
        if job.path:
            default_storage.delete(job.path)
        job.delete()
    return len(old)


def job_of(pk: UUID, *, by: User) -> ExportJob:
    """Return an export that `by` asked for. Raises: NotVisible."""
    job = ExportJob.objects.filter(pk=pk, by=by).first()
    if job is None:
        raise NotVisible
    return job


def opened(job: ExportJob) -> IO[bytes]:
    """Return the zip, open for reading. Raises: NotVisible while it is not ready, or when its file is gone."""
    if job.status != ExportJob.Status.READY or not default_storage.exists(job.path):
        raise NotVisible
    return default_storage.open(job.path)


# Paper and system


def verify(*, code: str, by: User) -> Verified | None:
    """Return which version of which table a check code on paper is, among the tables that `by` sees; None: unknown.

    Codes are made again from numbers and hashes; the code of a draft that is no more is looked for in the record. Four
    statements at most, linear in what `by` sees.
    """
    typed = typed_code(code)
    if typed is None:
        return None
    cases = grants.visible_to(by).filter(kind=Kind.TARGET)
    standing = cases.values_list("pk", "number", "content_hash")
    submitted = (Revision.objects.filter(case__in=cases, why=Revision.Why.SUBMITTED).order_by("-event_seq")
                 .values_list("case_id", "case__number", "content_hash", "pass_no", "case__content_hash"))
    for pk, number, digest, pass_no, now_hash in submitted.iterator():
        if check_code(number=number, content_hash=digest) == typed:
            return Verified(Case.objects.get(pk=pk), pass_no, digest == now_hash)
    for pk, number, digest in standing.iterator():
        if check_code(number=number, content_hash=digest) == typed:
            return Verified(Case.objects.get(pk=pk), None, True)
    return _printed_draft(typed, cases)


def _printed_draft(code: str, cases: Any) -> Verified | None:
    """Return what the record says of a code that was printed from a draft that was never saved or was changed since."""
    events = Event.objects.filter(case__in=cases, action=Action.EXPORT, payload__contains=f'"{code}"')
    event = events.select_related("case").order_by("-pk").first()
    if event is None:
        return None
    return Verified(event.case, None, content_of(event.case).hash() == record.payload_of(event)["printed_hash"])


def fill_in_template(*, unit: Organisation, fiscal_year: int | None, now: datetime, kind: Blank = Blank.FORM,
                     case: Case | None = None) -> Exported:
    """Return the blank form of a unit, with the projects of its list and the attributes in use to choose from.

    `case`: a table of the unit whose head is filled in already: names, attribute, period, funds.
    """
    listed = ProjectListing.objects.filter(project__unit=unit, project__ended_at=None, round__closed_at=None)
    names = list(listed.order_by("project__code").values_list("name", flat=True).distinct()[:500])
    attributes = TargetTable.objects.exclude(attribute="").order_by("attribute")
    lists = {"project_name": names, "attribute": list(attributes.values_list("attribute", flat=True).distinct()[:20])}
    head = TableContent(department=unit.department.name, unit=unit.name, fiscal_year=fiscal_year)
    if case is not None:
        known = content_of(case)
        head = replace(known, department=known.department or case.department.name, unit=known.unit or case.unit.name,
                       annual_goal=None, indicators=(), attachments=())
    format, data = export.blank_form(kind=kind, content=head, profile=profiles.load(case.profile if case else DEFAULT),
                                     now=localtime(now), lists=lists)
    title = f"{case.number} {head.project_name or case.title}" if case else unit.name
    return Exported(file_name(f"{title} {BLANK_NAMES[kind]}", format.value), data, MEDIA[format])
