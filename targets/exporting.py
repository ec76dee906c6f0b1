"""Official forms out: which content is printed, under which version and check code, recorded as an EXPORT event.

Files of many tables are made by targets.jobs. Printing itself is pure, in targets.export.
"""

import re
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from django.utils.timezone import localtime
from django.utils.translation import gettext_lazy

from targets import export, profiles
from targets.content import TableContent
from targets.export import MEDIA, Blank, Format, Mark
from targets.export.code import check_code, typed_code
from targets.models import ProjectListing, Revision, TargetTable
from targets.profiles import DEFAULT
from targets.rows import content_of
from workflow import grants, record
from workflow.machine import Action, Kind
from workflow.models import Case, Event, Organisation, User
from workflow.refusals import NotVisible, Refused

NO_FILE_NAME = re.compile(r'[\\/:*?"<>|\x00-\x1f\x7f\u200e\u200f\u202a-\u202e\u2066-\u2069]')
BLANK_NAMES = {Blank.FORM: "绩效目标表-填报模板", Blank.WORD: "绩效目标表-填报模板",
               Blank.CHOICES: "绩效目标表-填报模板（下拉选择）"}
DRAFT, SUBMISSION = "草稿（未报送）", "第{}次报送"
"""The paper's own words, in Chinese whatever language the page has."""


class UnknownFormat(Refused):
    code = "unknown_format"
    message = gettext_lazy("There is no format “%(format)s”. Choose Word (docx), Excel (xlsx) or PDF.")


@dataclass(frozen=True, slots=True)
class Exported:
    """One file. `problems`: rare characters, which the PDF's font cannot print, each with its place."""

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
    missing = export.missing_glyphs(content=content, profile=profile)
    record.note(case.pk, action=Action.EXPORT, by=by, now=now,
                payload={"format": format.value, "check_code": mark.code, "printed_hash": content.hash()})
    name = file_name(f"{case.number} {content.project_name or case.title}", format.value)
    return Exported(name, data, MEDIA[format], tuple(one.words for one in missing))


def file_name(title: str, ending: str) -> str:
    """Return a file name that Windows, zip and browsers take, in at most 120 characters."""
    return f"{NO_FILE_NAME.sub('', ' '.join(title.split()))[:110].strip(' .') or '绩效目标表'}.{ending}"


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
