"""The target table while it is drafted: opening, whole-form save, merged autosave, submission, each one transaction.

The only writer of a table's content, always under the case's lock (engine.set_content, engine.perform).
Uploads and their preview are in targets.uploads.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from targets import judging, merging, profiles, reopened, rows
from targets.content import TableContent
from targets.models import Indicator, Project, TargetTable
from targets.paper import FormText
from targets.rows import content_of
from workflow import engine
from workflow.engine import Outcome, Seen
from workflow.machine import Action, Kind
from workflow.models import Case, Organisation, Round, User
from workflow.refusals import Refused, Stale

__all__ = ["LOCKED_FIELDS", "LockedHeader", "MergedSave", "Unsaved", "content_of", "form_text", "merge_table",
           "open_table", "save_table", "seen_of", "submit"]

LOCKED_FIELDS = ("project_name",)
"""What the project list fixes of a table's header; unit, department and year stand on the case itself."""


MOST_TRIES = 4
"""So often a merge is made again because somebody wrote at the same moment."""


class LockedHeader(Refused):
    code = "locked_header"
    message = _("“%(field)s” comes from the project list (“%(listed)s”) and is not changed here. "
                "If it is wrong, tell the finance bureau, which corrects the list.")


@dataclass(frozen=True, slots=True)
class Unsaved:
    """What a form holds that is not saved yet. `header`: field → text; `rows`: dicts of uuid, code, name, value.

    None leaves that part as it stands. `not_applicable`: category code → reason.
    """

    header: Mapping[str, Any] | None = None
    rows: Sequence[Mapping[str, Any]] | None = None
    not_applicable: Mapping[str, str] | None = None


def seen_of(case: Case) -> Seen:
    """Return what somebody who looks at this instance has before their eyes."""
    return Seen(case.version, case.content_hash)


def open_table(
    *, unit: Organisation, title: str, by: User | None, key: str, now: datetime, fiscal_year: int, profile: str,
    project: Project | None = None, round: Round | None = None, funds_total: str = "", is_key: bool = False,
    is_off_list: bool = False,
) -> Case:
    """Open a case of kind target with its blank table, header filled from the list. The same key opens it once.

    The caller has checked that `by` may. `funds_total` in 万元. One transaction, with the engine's inside.
    """
    with transaction.atomic():
        case = engine.start(kind=Kind.TARGET, unit=unit, title=title, fiscal_year=fiscal_year, profile=profile, by=by,
                            key=key, now=now, round=round, amount=rows.yuan(funds_total), is_off_list=is_off_list,
                            is_key=is_key)
        blank = TargetTable(case=case, project=project, project_name=title, department_text=unit.department.name,
                            unit_text=unit.name, fiscal_year=fiscal_year, funds_total=funds_total)
        TargetTable.objects.bulk_create([blank], ignore_conflicts=True)
    return case


def save_table(*, case: Case, by: User, now: datetime, seen: Seen, header: Mapping[str, Any] | None = None,
               rows: Sequence[Mapping[str, Any]] | None = None,
               not_applicable: Mapping[str, str] | None = None) -> Case:
    """Save the whole form of a table in draft; rows that are not among `rows` go. Returns the case as it is now.

    `header`: field of TableContent ("annual_goal", "funds.total") → text as typed, amounts in 万元; a field that is
    not named stays. Raises: NotVisible, NotPermitted, NotPossible, Stale; LockedHeader, UnknownField,
    UnknownCategory, TextTooLong, TooManyRows. Nothing is saved then.
    """
    typed = Unsaved(header, rows, not_applicable)
    # The amount must be known before the engine writes; a refused save leaves it, a stale one is refused by `seen`.
    total = _typed_total(case, typed)
    return engine.set_content(case, by=by, now=now, seen=seen, amount=total, title=_typed_title(case, typed),
                              write=lambda locked: write_unsaved(locked, typed))


class _Moved(Exception):
    """Somebody wrote between the reading and the lock: merge again."""


@dataclass(frozen=True, slots=True)
class MergedSave:
    """What an autosave did: the case as it is now, the whole form as it stands now, and what was not taken."""

    case: Case
    text: FormText
    clashes: tuple[merging.Clash, ...]


def merge_table(*, case: Case, by: User, now: datetime, base: FormText, typed: FormText) -> MergedSave:
    """Save what was typed since `base` into a table in draft, cell by cell; the rest of the table stays as it is.

    Cells that somebody else changed meanwhile are not overwritten: they come back as clashes, the others are saved.
    Raises: NotVisible, NotPermitted, NotPossible; LockedHeader, UnknownField, UnknownCategory, TextTooLong,
    TooManyRows. Nothing is saved then.
    """
    for _try in range(MOST_TRIES):
        standing = form_text(case)
        merged = merging.merge(base=base, typed=typed, standing=standing)
        unsaved = Unsaved(merged.text.header, merged.text.row_dicts(), merged.text.not_applicable)

        def write(locked: Case, unsaved: Unsaved = unsaved, standing: FormText = standing) -> None:
            if form_text(locked) != standing:
                raise _Moved
            write_unsaved(locked, unsaved)

        try:
            saved = engine.set_content(case, by=by, now=now, write=write, amount=_typed_total(case, unsaved),
                                       title=_typed_title(case, unsaved))
        except _Moved:
            continue
        return MergedSave(saved, form_text(saved), merged.clashes)
    raise Stale(by="", at=now, changes=())


def form_text(case: Case) -> FormText:
    """Return every text of the table of `case` as a form shows it. Two statements."""
    table = TargetTable.objects.filter(pk=case.pk).first()
    if table is None:
        return FormText.of_content(TableContent(project_name=case.title, fiscal_year=case.fiscal_year))
    there = list(Indicator.objects.filter(table=table).order_by("position", "id"))
    content = rows.content_from(table, rows=[(i.code, i.name, i.value, i.planned_month) for i in there])
    return FormText.of_content(content, uuids=[i.uuid for i in there], not_applicable=table.not_applicable)


def submit(*, case: Case, by: User, now: datetime, seen: Seen, key: str, unsaved: Unsaved | None = None,
           looked_at: bool = False) -> Outcome:
    """Save what the form still holds and submit (报送), in one transaction; refused, nothing is saved.

    `looked_at`: the tick 「已核对，保留 n 条」, asked when there are should-fix findings.
    Raises: Blocked with the points to mend; what save_table and engine.perform raise.
    """
    def prepare(locked: Case) -> None:
        if unsaved is not None:
            write_unsaved(locked, unsaved)
        before_submission(locked, by=by, now=now, looked_at=looked_at)

    return engine.perform(case, Action.SUBMIT, by=by, seen=seen, key=key, now=now, prepare=prepare)


def before_submission(case: Case, *, by: User, now: datetime, looked_at: bool) -> None:
    """Store on the locked case what follows from its content, and the tick where it is made."""
    content, table = keep_header(case), TargetTable.objects.filter(pk=case.pk).first()
    if looked_at and table is not None:
        _tick(table, case, content, by=by, now=now)


def keep_header(case: Case) -> TableContent:
    """Store on the locked case its amount and, off the list, its title; return the content."""
    content = content_of(case)
    case.amount = rows.yuan(content.funds.total)
    case.title = (content.project_name if case.is_off_list else None) or case.title
    Case.objects.filter(pk=case.pk).update(amount=case.amount, title=case.title)
    return content


def write_unsaved(case: Case, unsaved: Unsaved) -> None:
    """Write a form's texts into the table of `case`, which the caller holds locked in draft."""
    table, _new = TargetTable.objects.select_related("project").get_or_create(
        case=case, defaults={"project_name": case.title, "fiscal_year": case.fiscal_year})
    header = rows.header_of(unsaved.header or {})
    _check_locked(case, table, header)
    codes = [c.code for c in profiles.load(case.profile).categories]
    new = None if unsaved.rows is None else rows.rows_of(unsaved.rows, codes=codes)
    reopened.check(table, header=header, rows=new)
    rows.write(table, header=header, rows=new)
    if unsaved.not_applicable is not None:
        _write_not_applicable(table, unsaved.not_applicable, codes)


def write_content(case: Case, content: TableContent, *, there: Sequence[Indicator] | None = None,
                  **columns: Any) -> None:
    """Write a whole content, and `columns` of the table, for `case`, which the caller holds locked in draft.

    `there`: the stored rows by position where the caller has loaded them under the lock.
    """
    table, _new = TargetTable.objects.get_or_create(
        case=case, defaults={"project_name": case.title, "fiscal_year": case.fiscal_year})
    header = rows.header_of(rows.header_texts(content))
    if there is None:
        there = list(Indicator.objects.filter(table=table).order_by("position"))
    new = rows.rows_from(content, there=there)
    reopened.check(table, header=header, rows=new)
    rows.write(table, header=header, rows=new, there=there, **columns)


def _check_locked(case: Case, table: TargetTable, header: Mapping[str, str]) -> None:
    if case.is_off_list or table.project is None:
        return
    listed = {"project_name": table.project.name}
    for field in LOCKED_FIELDS:
        if field in header and header[field] != listed[field]:
            raise LockedHeader(field=rows.FIELD_LABELS[field], listed=listed[field])


def _write_not_applicable(table: TargetTable, reasons: Mapping[str, str], codes: Sequence[str]) -> None:
    unknown = [code for code in reasons if code not in codes]
    if unknown:
        raise rows.UnknownCategory(code=unknown[0])
    table.not_applicable = {code: text for code, reason in reasons.items() if (text := rows.text_of("reason", reason))}
    table.save(update_fields=["not_applicable"])


def _tick(table: TargetTable, case: Case, content: TableContent, *, by: User, now: datetime) -> None:
    count = judging.counts(judging.judge(case, content, table))[profiles.SHOULD_FIX]
    table.looked_at_by, table.looked_at_at = by, now
    table.looked_at_count, table.looked_at_hash = count, content.hash()
    table.save(update_fields=["looked_at_by", "looked_at_at", "looked_at_count", "looked_at_hash"])


def _typed_title(case: Case, unsaved: Unsaved) -> str | None:
    """Return the new title of a case whose project is not on the list; what is on the list keeps its name."""
    typed = (unsaved.header or {}).get("project_name")
    return rows.text_of("project_name", typed) or None if case.is_off_list and typed else None


def _typed_total(case: Case, unsaved: Unsaved) -> Decimal | None:
    typed = (unsaved.header or {}).get("funds.total")
    if typed is None:
        stored = TargetTable.objects.filter(pk=case.pk).values_list("funds_total", flat=True).first()
        return rows.yuan(stored)
    return rows.yuan(str(typed))
