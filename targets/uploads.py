"""From an uploaded file to a draft: the file is read, previewed, and taken over table by table once confirmed.

Reading happens outside any transaction. Until an editor confirms, nothing is stored but the file and its preview.
"""

import hashlib
from collections.abc import Collection
from dataclasses import fields
from dataclasses import replace as with_changes
from datetime import datetime
from typing import Any

from django.conf import settings
from django.core.files.base import ContentFile
from django.db import transaction
from django.utils.translation import gettext_lazy as _

from targets import drafts, mending, organisations, projects, reading, rows, sourceview, twins
from targets.content import HEADER_TEXTS, Funds, TableContent, diff
from targets.judging import sentence
from targets.models import ImportedTable, Indicator, Project, ProjectListing, SourceDocument
from targets.reading.names import safe_name
from workflow import engine, grants, record
from workflow.canonical import canonical_json, sha256_hex
from workflow.machine import Action, State
from workflow.models import Case, Organisation, User
from workflow.refusals import NotVisible, Refused

PARTS = tuple(part.name for part in fields(Funds))
CHUNK = 50
"""Rows an INSERT: the texts of a table are long."""


class FileRefused(Refused):
    """The file holds no table that can be read. Facts: sentence, why (the code of the reading)."""

    code = "file_refused"
    message = "%(sentence)s"


class TooLarge(Refused):
    code = "too_large"
    message = _("The file is larger than %(limit)s MB. Split it and upload the parts.")


class NotOnTheList(Refused):
    code = "not_on_the_list"
    message = _("“%(project)s” has no open table in this round. Choose another project, or take the table over as a "
                "project that is not on the list.")


class AlreadyDecided(Refused):
    code = "already_decided"
    message = _("%(who)s has already decided on this table of the file. Open the list of your tables to see it.")


class AlreadySubmitted(Refused):
    code = "already_submitted"
    message = _("The table of “%(project)s” (%(number)s) is “%(state)s” and takes no import. "
                "Recall it, or ask for its return, then import again.")


class ImportDiffers(Refused):
    """Facts: project, count, changes (tuple of content.Change)."""

    code = "import_differs"
    message = _("“%(project)s” is filled already and differs in %(count)s places. "
                "Look at the differences; confirm the replacement if the file is right.")


class Question(Refused):
    """Something that only the editor can answer; `name` goes into `answers` once they have."""

    name = ""


class WhoseTable(Question):
    code = "whose_table"
    name = "organisation"
    message = _("The file says “%(printed)s” where your table belongs to “%(own)s”. Is it your table? "
                "Confirm to take it over for “%(own)s”; the printed name stays as it is.")


class WhichYear(Question):
    code = "which_year"
    name = "year"
    message = _("The file is for %(printed)s, this round for %(own)s. Confirm to take it over for %(own)s.")


def import_upload(*, name: str, data: bytes, by: User, now: datetime,
                  unit: Organisation | None = None) -> SourceDocument:
    """Read an uploaded file and keep it with a preview of its tables (`.tables`); drafts stay as they are.

    Raises: NotAnEditor, WhichUnit; FileRefused with the reading's sentence, nothing is kept then.
    """
    own = organisations.own_unit(by, unit)
    if len(data) > settings.UPLOAD_LIMIT_BYTES:
        raise TooLarge(limit=settings.UPLOAD_LIMIT_BYTES // 1024 // 1024)
    name, digest = safe_name(name), hashlib.sha256(data).hexdigest()
    read = twins.noted(reading.read(name=name, data=data), unit=own, name=name, sha256=digest)
    if read.refused is not None:
        raise FileRefused(sentence=sentence(read.refused), why=read.refused.code)
    known = _projects_by_name(own)
    source = SourceDocument(unit=own, name=name[:255], sha256=digest, size=len(data),
                            uploaded_by=by, uploaded_at=now)
    staged = [_staged(source, position, table, known) for position, table in enumerate(read.tables, start=1)]
    source.file.save(name, ContentFile(data), save=False)
    try:
        with transaction.atomic():
            source.save()
            ImportedTable.objects.bulk_create(staged, batch_size=CHUNK)
    except BaseException:
        source.file.delete(save=False)
        raise
    return source


def _staged(source: SourceDocument, position: int, table: Any, known: dict[str, int]) -> ImportedTable:
    content: TableContent = table.content.cleaned()
    written = canonical_json(content.canonical())
    staged = ImportedTable(
        source=source, position=position, content=written, content_hash=sha256_hex(written),
        problems=[_kept_problem(problem) for problem in table.problems],
        places=[str(place) for place in table.rows], source_rows=sourceview.kept(table.source),
        title=(content.project_name or "")[:300],
        suggested_id=known.get(organisations.normal_name(content.project_name or "")))
    staged.counts = mending.summary(staged, content, mending.as_read(content))
    return staged


def _kept_problem(problem: reading.Problem) -> dict[str, Any]:
    """Return a problem of the reading as it is stored; its fixes as [kind, place, text], where it has some."""
    kept: dict[str, Any] = {
        "code": problem.code, "severity": problem.severity, "place": str(problem.place), "row": problem.place.row,
        "message": problem.message, "facts": dict(problem.facts)}
    if problem.fixes:
        kept["fixes"] = [[fix.kind, fix.place, fix.text] for fix in problem.fixes]
    return kept


def _projects_by_name(unit: Organisation) -> dict[str, int]:
    """Return the keys of the unit's projects by normal name; a name that two projects share means neither."""
    found: dict[str, list[int]] = {}
    for pk, name in Project.objects.filter(unit=unit, ended_at=None).values_list("pk", "name"):
        found.setdefault(organisations.normal_name(name), []).append(pk)
    return {name: projects[0] for name, projects in found.items() if len(projects) == 1}


def remember_choice(*, staged: ImportedTable, choice: str) -> None:
    """Keep what the editor chose to fill with a table until they decide on it."""
    if staged.choice != choice[:20]:
        staged.choice = choice[:20]
        ImportedTable.objects.filter(pk=staged.pk, decision=ImportedTable.Decision.PENDING).update(choice=staged.choice)


def confirm_import(*, staged: ImportedTable, project: Project | None, by: User, now: datetime, key: str,
                   answers: Collection[str] = (), replace: bool = False, replaces: str = "",
                   only_blanks: bool = False) -> Case:
    """Take one table that was read over into a draft and return its case.

    `project`: the listed project whose open table it fills; None: a project that is not on the list (清单外项目),
    which opens a new case with `key`. `answers`: names of the questions that the editor said yes to
    ("organisation", "year"). `replace`: overwrite a draft that is filled with something else, whatever that is;
    `replaces`: only the one with this hash, which the editor has seen beside the file (see `beside`);
    `only_blanks`: what the draft says stays, the file fills what is blank in it and adds its other rows.
    The same table confirmed again by the same person gives the same case.
    Raises: NotVisible, Question, KnownProject, NotOnTheList, ImportDiffers, AlreadySubmitted, AlreadyDecided.
    """
    source = staged.source
    if source.unit not in organisations.units_edited_by(by):
        raise NotVisible
    target: list[Case] = []
    try:
        with transaction.atomic():
            return _confirmed(staged, project, target, by=by, now=now, key=key, answers=answers, replace=replace,
                              replaces=replaces, only_blanks=only_blanks)
    except Refused as refusal:
        # What the engine noted is undone with the rest; the record of a case that stands still says who was refused.
        if target and Case.objects.filter(pk=target[0].pk).exists():
            record.note_refusal(target[0].pk, action=Action.EDIT, by=by, now=now, refusal=refusal)
        raise


def _confirmed(staged: ImportedTable, project: Project | None, target: list[Case], *, by: User, now: datetime,
               key: str, answers: Collection[str], replace: bool, replaces: str, only_blanks: bool) -> Case:
    """Take the table over inside the caller's transaction; `target` gets the case as soon as it is known."""
    locked = ImportedTable.objects.select_for_update().defer("source_rows", "places", "problems").get(pk=staged.pk)
    source = staged.source
    if locked.decision == ImportedTable.Decision.TAKEN and locked.decided_by_id == by.pk and locked.case:
        return locked.case
    if locked.decision != ImportedTable.Decision.PENDING:
        raise AlreadyDecided(who=str(locked.decided_by or ""))
    content = mending.standing(locked).content
    _ask_whose(content, source.unit, answers)
    case = _listed_case(project, source.unit, target) if project else _off_list_case(content, source, by, key, now)
    target.append(case)
    _ask_year(content, case, answers)
    _fill(case, content, locked, by=by, now=now, replace=replace, replaces=replaces, only_blanks=only_blanks)
    locked.decision, locked.case = ImportedTable.Decision.TAKEN, case
    locked.decided_by, locked.decided_at = by, now
    locked.save(update_fields=["decision", "case", "decided_by", "decided_at"])
    return case


def skip_import(*, staged: ImportedTable, by: User, now: datetime) -> None:
    """Leave one table that was read out. Raises: NotVisible, AlreadyDecided."""
    if staged.source.unit not in organisations.units_edited_by(by):
        raise NotVisible
    done = ImportedTable.objects.filter(pk=staged.pk, decision=ImportedTable.Decision.PENDING).update(
        decision=ImportedTable.Decision.SKIPPED, decided_by=by, decided_at=now)
    if not done:
        raise AlreadyDecided(who=str(ImportedTable.objects.get(pk=staged.pk).decided_by or ""))


def _ask_whose(content: TableContent, unit: Organisation, answers: Collection[str]) -> None:
    if WhoseTable.name in answers:
        return
    for printed, own in ((content.unit, unit), (content.department, unit.department)):
        if printed and not organisations.means(printed, own):
            raise WhoseTable(printed=printed, own=own.name)


def _ask_year(content: TableContent, case: Case, answers: Collection[str]) -> None:
    if content.fiscal_year not in (None, case.fiscal_year) and WhichYear.name not in answers:
        raise WhichYear(printed=content.fiscal_year, own=case.fiscal_year)


def _listed_case(project: Project, unit: Organisation, target: list[Case]) -> Case:
    if project.unit_id != unit.pk:
        raise NotVisible
    listing = (ProjectListing.objects.filter(project=project, case__isnull=False, round__closed_at=None)
               .select_related("case__step").order_by("-round_id").first())
    if listing is None or listing.case is None:
        raise NotOnTheList(project=project.name)
    target.append(listing.case)
    if listing.case.state != State.DRAFT:
        raise AlreadySubmitted(project=project.name, number=listing.case.number, state=listing.case.desk)
    return listing.case


def _off_list_case(content: TableContent, source: SourceDocument, by: User, key: str, now: datetime) -> Case:
    name = content.project_name or source.name
    return projects.add_off_list(unit=source.unit, name=name, by=by, key=key, now=now, fiscal_year=content.fiscal_year)


def _fill(case: Case, content: TableContent, staged: ImportedTable, *, by: User, now: datetime,
          replace: bool, replaces: str, only_blanks: bool) -> None:
    """Write `content` into the draft of `case`: an empty one is filled, another is replaced only when told so."""
    taken = _as_taken(content, case)
    before = _as_standing(case) if only_blanks else None
    written = filled_up(before, taken) if before is not None else taken

    def write(locked: Case) -> None:
        there = list(Indicator.objects.filter(table=locked.pk).order_by("position"))
        if before is not None or there:
            standing = _as_standing(locked)
            agreed = replace or standing.hash() == replaces
            if (standing != taken and not agreed) or before not in (None, standing):
                changes = diff(standing, taken)
                raise ImportDiffers(project=case.title, count=len(changes), changes=changes)
        drafts.write_content(locked, written, there=there, source=staged)

    engine.set_content(case, by=by, now=now, write=write, amount=rows.yuan(written.funds.total),
                       title=written.project_name if case.is_off_list else None)


def filled_up(standing: TableContent, taken: TableContent) -> TableContent:
    """Return the draft with what is blank in it taken from the file; rows whose name it lacks go behind its own."""
    texts: dict[str, Any] = {name: getattr(standing, name) or getattr(taken, name) for name in HEADER_TEXTS}
    funds = Funds(*(getattr(standing.funds, part) or getattr(taken.funds, part) for part in PARTS))
    of_file = {(row.code, row.name): row.value for row in taken.indicators}
    own = [with_changes(row, value=row.value or of_file.get((row.code, row.name))) for row in standing.indicators]
    for row in taken.indicators:
        if (row.code, row.name) not in {(there.code, there.name) for there in standing.indicators}:
            behind = max((n for n, there in enumerate(own, 1) if there.code <= row.code), default=0)
            own.insert(behind, row)
    return with_changes(standing, **texts, funds=funds, indicators=tuple(own))


def beside(*, case: Case, content: TableContent) -> tuple[TableContent, TableContent] | None:
    """Return what stands in the draft of `case` and what `content` would make of it; None where nothing is lost.

    Both without attachments. Three statements at most.
    """
    standing, taken = _as_standing(case), _as_taken(content, case)
    return (standing, taken) if standing.indicators and standing != taken else None


def filled_cases(cases: Collection[Case]) -> set[int]:
    """Return the ids of the cases in draft whose tables hold indicators already. One statement."""
    drafted = [case.pk for case in cases if case.state == State.DRAFT]
    return set(Indicator.objects.filter(table__in=drafted).values_list("table_id", flat=True).distinct())


def _as_standing(case: Case) -> TableContent:
    return with_changes(rows.content_of(case), attachments=())


def _as_taken(content: TableContent, case: Case) -> TableContent:
    name = content.project_name if case.is_off_list and content.project_name else case.title
    return with_changes(content, project_name=name, fiscal_year=case.fiscal_year, attachments=())


def may_see_source(source: SourceDocument, user: User) -> bool:
    """Return whether `user` may open the uploaded file: editors of its unit, and whoever sees a case made of it."""
    if source.unit in organisations.units_edited_by(user):
        return True
    return grants.visible_to(user).filter(imported_tables__source=source).exists()
