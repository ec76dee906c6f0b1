"""Files of many tables: a zip of forms or review sheets, one volume, the file for 一体化; at once or in the background.

A few are made while the person waits; more become an ExportJob that the sweep makes (receiver of time_passes), with or
without a broker. One that is cancelled stops at its next step; every file is removed a day after it was asked for.
"""

import io
import logging
import tempfile
import zipfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import IO, Any
from uuid import UUID

from django.core.files.base import File
from django.core.files.storage import default_storage
from django.utils.timezone import localtime
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from targets import exchange, export, profiles, sheets, word_templates
from targets.export import MEDIA, Format
from targets.exporting import Exported, export_table, format_of, mark_of
from targets.models import ExportJob
from targets.rows import content_of
from workflow import grants, record
from workflow.machine import Action
from workflow.models import Case, User
from workflow.refusals import NotVisible, Refused

logger = logging.getLogger(__name__)

AT_ONCE = 20
"""So many tables are printed while the person waits; more are made in the background."""
MOST = 2000
CLAIM = timedelta(minutes=10)
KEPT = timedelta(days=1)
MOST_ATTEMPTS = 3
PROGRESS_EVERY = 20
PROBLEMS_FILE = "打印说明.txt"
ZIP = "application/zip"
What, Status = ExportJob.What, ExportJob.Status
NAMES: Mapping[str, str] = {
    What.TABLES: "绩效目标表-{day}-{format}.zip", What.REVIEW: "审核表-{day}-{format}.zip",
    What.VOLUME: "绩效目标表-合订-{day}.pdf", What.EXCHANGE: "绩效目标-一体化导入-{day}.xlsx",
}  # fmt: skip
"""What a file is called, by the day as the county counts it, whatever language the page has."""
FORMATS: Mapping[str, Format] = {What.VOLUME: Format.PDF, What.EXCHANGE: Format.XLSX}
"""The only format that something has."""
MEDIA_OF: Mapping[str, str] = {What.TABLES: ZIP, What.REVIEW: ZIP, What.VOLUME: MEDIA[Format.PDF],
                               What.EXCHANGE: MEDIA[Format.XLSX]}


class NothingChosen(Refused):
    code = "nothing_chosen"
    message = gettext_lazy("No table is chosen. Tick the tables that you want, or choose all.")


class TooManyTables(Refused):
    code = "too_many_tables"
    message = gettext_lazy("%(count)s tables are too many for one file; at most %(limit)s fit. "
                           "Narrow the list with the filters first.")


class UnknownForm(Refused):
    code = "unknown_form"
    message = gettext_lazy("“%(form)s” cannot be exported. Choose one of the list.")


class NoLongerWaiting(Refused):
    code = "no_longer_waiting"
    message = gettext_lazy("This export is made already, so there is nothing to cancel. The file may simply be left.")


class _Cancelled(Exception):
    """Somebody cancelled the job that is being made."""


@dataclass(frozen=True, slots=True)
class Order:
    """What is wanted: of which tables (ids of cases, in order), as what, by whom, and when it was asked."""

    what: str
    format: Format
    cases: Sequence[int]
    by: User
    at: datetime

    @property
    def name(self) -> str:
        return file_name_of(what=self.what, format=self.format, at=self.at)


def file_name_of(*, what: str, format: Format, at: datetime) -> str:
    """Return what a file is called that was asked for at `at`."""
    return NAMES[what].format(day=f"{localtime(at):%Y%m%d}", format=format.value)


def wanted_of(text: str) -> tuple[str, Format]:
    """Return what a choice on the page means: "docx", "review:pdf", "volume", "exchange".

    Raises: UnknownForm, UnknownFormat.
    """
    what, colon, format = text.partition(":")
    if not colon and what not in What.values:
        what, format = What.TABLES, text
    if what not in What.values:
        raise UnknownForm(form=text[:20])
    return what, FORMATS.get(what) or format_of(format)


def ask(*, what: str, format: Format, cases: Sequence[Case], by: User, now: datetime) -> Exported | ExportJob:
    """Return the file, or the job that makes it in the background when the tables are more than AT_ONCE.

    Raises: NothingChosen, TooManyTables, NotVisible; NothingToHandOver and UnknownMapping for the exchange.
    """
    if not cases:
        raise NothingChosen
    if len(cases) > MOST:
        raise TooManyTables(count=len(cases), limit=MOST)
    order = Order(what, format, [case.pk for case in cases], by, now)
    if len(cases) > AT_ONCE:
        return ExportJob.objects.create(by=by, asked_at=now, what=what, format=format.value, cases=order.cases)
    out = io.BytesIO()
    problems = MAKERS[what](order, out, now, lambda _done: None)
    return Exported(order.name, out.getvalue(), MEDIA_OF[what], tuple(words for _number, words in problems))


Problems = list[tuple[str, str]]
Report = Callable[[int], None]


def _zip_of(print_one: Callable[[Case, Order, datetime, bytes | None], Exported]) -> Any:
    """Return what makes a zip with a file a table. What can no longer be seen is left out and named."""
    def make(order: Order, out: IO[bytes], now: datetime, report: Report) -> Problems:
        problems: Problems = []
        own = word_templates.in_force() if order.format == Format.DOCX else None
        cases = Case.objects.select_related("unit", "department").in_bulk(list(order.cases))
        with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
            for n, pk in enumerate(order.cases, start=1):
                try:
                    made = print_one(cases[pk], order, now, own)
                except NotVisible:
                    problems.append((cases[pk].number, _("left out: no longer visible to you")))
                    continue
                dated = zipfile.ZipInfo(made.name, localtime(now).timetuple()[:6])
                archive.writestr(dated, made.data, zipfile.ZIP_DEFLATED)
                problems += [(cases[pk].number, words) for words in made.problems]
                report(n)
            if problems:
                lines = [_("Not everything could be printed:"), *map(" ".join, problems)]
                archive.writestr(PROBLEMS_FILE, "\ufeff" + "\r\n".join(lines) + "\r\n")
        return problems
    return make


def _table(case: Case, order: Order, now: datetime, own: bytes | None) -> Exported:
    return export_table(case=case, format=order.format, by=order.by, now=now, word_template=own)


def _sheet(case: Case, order: Order, now: datetime, own: bytes | None) -> Exported:
    return sheets.export_sheet(case=case, format=order.format, by=order.by, now=now)


def _volume(order: Order, out: IO[bytes], now: datetime, report: Report) -> Problems:
    """Print all tables into one PDF, each recorded as taken out; what can no longer be seen is left out and named."""
    problems: Problems = []
    tables = []
    cases = Case.objects.in_bulk(list(order.cases))
    for n, pk in enumerate(order.cases, start=1):
        case = cases[pk]
        if not grants.may(order.by, "view", case):
            problems.append((case.number, _("left out: no longer visible to you")))
            continue
        content, profile = content_of(case), profiles.load(case.profile)
        mark = mark_of(case, content)
        tables.append((content, profile, mark))
        record.note(pk, action=Action.EXPORT, by=order.by, now=now,
                    payload={"format": "volume", "check_code": mark.code, "printed_hash": content.hash()})
        problems += [(case.number, one.words) for one in export.missing_glyphs(content=content, profile=profile)]
        report(n)
    if not tables:
        raise NotVisible
    out.write(export.volume(tables=tables, now=localtime(now)))
    return problems


def _exchange(order: Order, out: IO[bytes], now: datetime, report: Report) -> Problems:
    seen = grants.visible_to(order.by).filter(pk__in=order.cases)
    exchange.write_targets(out, cases=seen, by=order.by, now=now, report=report)
    return []


MAKERS: Mapping[str, Callable[[Order, IO[bytes], datetime, Report], Problems]] = {
    What.TABLES: _zip_of(_table), What.REVIEW: _zip_of(_sheet), What.VOLUME: _volume, What.EXCHANGE: _exchange,
}


# In the background


def when_time_passes(*, now: datetime, **kwargs: Any) -> None:
    """Make one export that waits and remove those of yesterday: receiver of time_passes."""
    remove_old(now=now)
    make_next(now=now)


def make_next(*, now: datetime) -> ExportJob | None:
    """Make the export that has waited longest, if there is one; it is claimed, so two sweeps never make the same.

    Outside any transaction. One that fails is tried again at the next sweeps, MOST_ATTEMPTS times in all.
    """
    waiting = ExportJob.objects.filter(status=Status.WAITING)
    free = waiting.filter(claimed_until=None) | waiting.filter(claimed_until__lte=now)
    job = free.order_by("asked_at").first()
    if job is None:
        return None
    claimed = free.filter(pk=job.pk).update(claimed_until=now + CLAIM, attempts=job.attempts + 1, done=0)
    if not claimed:
        return None
    try:
        _make(job, now=now)
    except _Cancelled:
        logger.info("Export %s was cancelled while it was made", job.pk)
    except Exception:
        # Whatever the reason: the person sees that it failed, and the sweep goes on with its work.
        logger.exception("Export %s cannot be made", job.pk)
        status = Status.FAILED if job.attempts + 1 >= MOST_ATTEMPTS else Status.WAITING
        ExportJob.objects.filter(pk=job.pk, status=Status.WAITING).update(status=status, claimed_until=None)
    job.refresh_from_db()
    return job


def _make(job: ExportJob, *, now: datetime) -> None:
    order = Order(job.what, Format(job.format), job.cases, User.objects.get(pk=job.by_id), job.asked_at)
    mine = ExportJob.objects.filter(pk=job.pk, status=Status.WAITING)

    def report(done: int) -> None:
        if done % PROGRESS_EVERY == 0 and not mine.update(done=done):
            raise _Cancelled

    with tempfile.SpooledTemporaryFile(max_size=2**24) as out:
        problems = MAKERS[job.what](order, out, now, report)
        out.seek(0)
        path = default_storage.save(f"exports/{job.pk}.{order.name.rpartition('.')[2]}", File(out))
    if not mine.update(status=Status.READY, done=len(job.cases), path=path, problems=problems, claimed_until=None):
        default_storage.delete(path)
        raise _Cancelled


def cancel(job: ExportJob) -> None:
    """Stop an export that waits or is being made; nothing is kept of it. Raises: NoLongerWaiting."""
    if not ExportJob.objects.filter(pk=job.pk, status=Status.WAITING).update(status=Status.CANCELLED):
        raise NoLongerWaiting


def remove_old(*, now: datetime) -> int:
    """Remove the exports that were asked for longer ago than KEPT, with their files; return how many."""
    old = list(ExportJob.objects.filter(asked_at__lt=now - KEPT)[:50])
    for job in old:
        if job.path:
            default_storage.delete(job.path)
        job.delete()
    return len(old)


def jobs_of(by: User) -> list[ExportJob]:
    """Return what `by` asked for during the last day, the newest first. One statement."""
    return list(ExportJob.objects.filter(by=by).order_by("-asked_at")[:50])


def job_of(pk: UUID, *, by: User) -> ExportJob:
    """Return an export that `by` asked for. Raises: NotVisible."""
    job = ExportJob.objects.filter(pk=pk, by=by).first()
    if job is None:
        raise NotVisible
    return job


def opened(job: ExportJob) -> IO[bytes]:
    """Return the file, open for reading. Raises: NotVisible while it is not ready, or when its file is gone."""
    if job.status != Status.READY or not default_storage.exists(job.path):
        raise NotVisible
    return default_storage.open(job.path)


def name_of(job: ExportJob) -> str:
    """Return what the file of an export is called."""
    return file_name_of(what=job.what, format=Format(job.format), at=job.asked_at)
