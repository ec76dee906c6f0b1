"""Mends of a table that was read, before it is taken over: what a check proposes or the editor types beside it.

The file and what was read of it stay as they are; the mends are kept in order and replayed over them, so that
each can be taken back until the table is decided on. Called by the import's views.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from targets import checks, organisations, profiles
from targets.checks import Finding, Fix
from targets.content import TableContent
from targets.models import ImportedTable
from targets.reading.problems import KINDS
from targets.rows import TEXT_COLUMNS, text_of
from workflow.models import User
from workflow.refusals import NotVisible, Refused

MOST_ROUNDS = 5
BY_HAND = ""
"""The rule of a mend that no rule proposed: what the editor typed."""
IN_BULK = (profiles.MUST_FIX, profiles.SHOULD_FIX)
"""Hints are never mended in bulk: they are readings to confirm, not faults."""
GUESSED = frozenset({KINDS["no_number"].message})
"""Problems of reading whose mend is a guess at what a scanner saw: proposed, never made in bulk. A check tells the
same of the standing table, so that they are told there only, with their mend."""


class ChangedSince(Refused):
    code = "changed_since"
    message = _("This table has changed since the page was shown. Look at it again, then choose the mend.")


class NoSuchCell(Refused):
    code = "no_such_cell"
    message = _("There is no such cell in this table any more. Look at it again, then type your text.")


class Decided(Refused):
    code = "already_decided"
    message = _("This table is decided on already and takes no more mends.")


@dataclass(frozen=True, slots=True)
class Standing:
    """A content with its mends. `origins`: for each indicator its number among those that were read, from 1."""

    content: TableContent
    origins: tuple[int, ...]


def read_content(staged: ImportedTable) -> TableContent:
    """Return the content as it was read from the file."""
    return TableContent.from_canonical(json.loads(staged.content))


def standing(staged: ImportedTable) -> Standing:
    """Return the content with all its mends."""
    return replayed(read_content(staged), staged.mends)


def as_read(content: TableContent) -> Standing:
    """Return `content`, which is cleaned, without any mend."""
    return Standing(content, tuple(range(1, len(content.indicators) + 1)))


def replayed(content: TableContent, mends: Sequence[dict[str, Any]]) -> Standing:
    """Return `content` with the mends applied in order. Rows are named by their number as read."""
    now = as_read(content)
    for mend in mends:
        now = _applied(now, mend)
    return Standing(now.content.cleaned(), now.origins)


def _applied(now: Standing, mend: dict[str, Any]) -> Standing:
    content = now.content
    if not mend["row"]:
        part, texts = mend["part"], dict[str, Any]()
        if part.startswith("funds."):
            texts[part.removeprefix("funds.")] = mend["text"] or None
            return replace(now, content=replace(content, funds=replace(content.funds, **texts)))
        texts[part] = mend["text"] or None
        return replace(now, content=replace(content, **texts))
    if mend["row"] not in now.origins:
        return now
    rows = list(zip(now.origins, content.indicators, strict=True))
    at = now.origins.index(mend["row"])
    origin, row = rows.pop(at)
    if mend["kind"] == "write":
        rows.insert(at, (origin, replace(row, **{mend["part"]: mend["text"]})))
    elif mend["kind"] == "move":
        behind = max((n for n, (_o, other) in enumerate(rows, 1) if other.code <= mend["text"]), default=0)
        rows.insert(behind, (origin, replace(row, code=mend["text"])))
    return Standing(replace(content, indicators=tuple(r for _o, r in rows)), tuple(o for o, _r in rows))


def _mend_of(fix: Fix, rule: str, now: Standing) -> dict[str, Any] | None:
    """Return the mend that a fix means in the standing content; None when it would change nothing."""
    row, part = _aim(fix)
    was = _text_at(now.content, row, part if fix.kind == "write" else "code" if fix.kind == "move" else "name")
    if fix.kind != "delete" and was == fix.text:
        return None
    return {"rule": rule, "kind": fix.kind, "row": now.origins[row - 1] if row else 0, "part": part,
            "text": fix.text, "was": was}


def _aim(fix: Fix) -> tuple[int, str]:
    """Return the indicator's number from 1 (0 for the header) and its part ("" for the whole row) or the field."""
    parts = fix.place.split()
    row = int(parts[1]) if parts[0] == "indicator" else 0
    return row, (parts[2] if len(parts) > 2 else "") if row else parts[0]


def _text_at(content: TableContent, row: int, part: str) -> str:
    holder = content.indicators[row - 1] if row else content.funds if part.startswith("funds.") else content
    return str(getattr(holder, part.removeprefix("funds.")) or "")


def mended_problems(mends: Sequence[Mapping[str, Any]]) -> set[int]:
    """Return the numbers, from 0, of the reading's problems that were mended by their own fixes."""
    return {mend["problem"] for mend in mends if "problem" in mend}


def told_by_checks(staged: ImportedTable) -> set[int]:
    """Return the numbers, from 0, of the reading's problems that a check tells for as long as they are true."""
    return {number for number, problem in enumerate(staged.problems) if problem["message"] in GUESSED}


def problem_mends(staged: ImportedTable, number: int, before: TableContent, now: Standing) -> list[dict[str, Any]]:
    """Return the mends that the fixes of the reading's problem `number` (from 0) mean, all or none of them.

    None once anything that they touch no longer stands as it was read (`before`): they were made for that.
    """
    problem, made = staged.problems[number], []
    for fix in (Fix(*parts) for parts in problem.get("fixes", ())):
        row, part = _aim(fix)
        if row and row not in now.origins:
            return []
        at = now.origins.index(row) + 1 if row else 0
        touched = ("name", "value") if fix.kind == "delete" else ("code",) if fix.kind == "move" else (part,)
        if any(_text_at(before, row, one) != _text_at(now.content, at, one) for one in touched):
            return []
        made.append({"rule": problem["code"], "kind": fix.kind, "row": row, "part": part, "text": fix.text,
                     "was": _text_at(now.content, at, touched[0]), "problem": number})
    return made


def problems_in_bulk(staged: ImportedTable, before: TableContent, now: Standing) -> list[int]:
    """Return the numbers of the reading's problems that are mended with all others: no guess, no row goes."""
    return [number for number, problem in enumerate(staged.problems)
            if problem["severity"] in IN_BULK and problem["message"] not in GUESSED
            and all(kind != "delete" for kind, _place, _text in problem.get("fixes", ()))
            and problem_mends(staged, number, before, now)]


def findings_of(content: TableContent) -> tuple[Finding, ...]:
    """Return what the checks say of a table that was read, in the order that mends are chosen by."""
    return checks.check(content=content, profile=profiles.load(profiles.DEFAULT))


def is_one_a_row(finding: Finding) -> bool:
    """Whether the fixes belong together, one a row, rather than being a choice."""
    return len(finding.rows) > 1 and len({fix.place for fix in finding.fixes}) == len(finding.fixes) > 0


def in_bulk(findings: Sequence[Finding]) -> list[Finding]:
    """Return the findings with just one mend, which takes nothing out: those that are mended all at once."""
    return [f for f in findings if f.severity in IN_BULK and f.fixes
            and (is_one_a_row(f) or len(f.fixes) == 1) and all(fix.kind != "delete" for fix in f.fixes)]


def summary(staged: ImportedTable, before: TableContent, now: Standing) -> dict[str, int]:
    """Return what lists say of a table without checking it again, as kept in ImportedTable.counts.

    `before`: as it was read; `now`: with its mends. The problems that are mended are not counted.
    """
    findings = findings_of(now.content)
    severities = [finding.severity for finding in findings]
    return {"lines": len(now.content.indicators), "must_fix": severities.count(profiles.MUST_FIX),
            "should_fix": severities.count(profiles.SHOULD_FIX),
            "problems": len(staged.problems) - len(mended_problems(staged.mends) | told_by_checks(staged)),
            "bulk": len(in_bulk(findings)) + len(problems_in_bulk(staged, before, now))}


def counts_of(staged: ImportedTable) -> dict[str, int]:
    """Return the kept counts; of a table that was read before they were kept they are made now."""
    if not staged.counts:
        before = read_content(staged)
        staged.counts = summary(staged, before, replayed(before, staged.mends))
    return staged.counts


def mend(*, staged: ImportedTable, finding: int, fix: int | None, seen: str, by: User) -> None:
    """Apply one proposed mend: the fix numbered `fix` of the finding numbered `finding`, None for all of them.

    Numbers count from 0 in `findings_of`; `seen` is the hash of the content they were shown with.
    Raises: NotVisible, Decided, ChangedSince.
    """
    with transaction.atomic():
        locked = _locked(staged, by)
        now = standing(locked)
        found = findings_of(now.content) if now.content.hash() == seen else ()
        fixes = found[finding].fixes if 0 <= finding < len(found) else ()
        if fix is not None:
            fixes = fixes[fix:fix + 1] if fix >= 0 else ()
        if not fixes:
            raise ChangedSince
        _keep(locked, _new_mends(fixes, found[finding].rule, now))


def mend_problem(*, staged: ImportedTable, problem: int, seen: str, by: User) -> None:
    """Make all fixes of the reading's problem numbered `problem` (from 0), which belong together.

    `seen` is the hash of the content they were shown with. Raises: NotVisible, Decided, ChangedSince.
    """
    with transaction.atomic():
        locked = _locked(staged, by)
        before = read_content(locked)
        now = replayed(before, locked.mends)
        stands = now.content.hash() == seen and 0 <= problem < len(locked.problems)
        mends = problem_mends(locked, problem, before, now) if stands else []
        if not mends:
            raise ChangedSince
        _keep(locked, mends)


def write(*, staged: ImportedTable, place: str, text: str, seen: str, by: User) -> None:
    """Write what the editor typed into one cell of what was read; the same text again changes nothing.

    `place` as a finding's: "annual_goal", "funds.total", "indicator 3 value", "indicator 3 code" (another category),
    "indicator 3" with a blank text (the row goes); `seen` is the hash of the content it was shown with.
    Raises: NotVisible, Decided, ChangedSince, NoSuchCell, TextTooLong.
    """
    with transaction.atomic():
        locked = _locked(staged, by)
        now = standing(locked)
        if now.content.hash() != seen:
            raise ChangedSince
        made = _mend_of(_typed(place, text, now.content), BY_HAND, now)
        if made is not None:
            _keep(locked, [made])


def _typed(place: str, text: str, content: TableContent) -> Fix:
    """Return what was typed as a mend of its cell. Raises: NoSuchCell, TextTooLong."""
    parts = place.split()
    if parts[:1] == ["indicator"]:
        number = int(parts[1]) if len(parts) > 1 and parts[1].isdecimal() and len(parts[1]) < 6 else 0
        part = parts[2] if len(parts) > 2 else ""
        if not 1 <= number <= len(content.indicators) or part not in ("", "code", "name", "value"):
            raise NoSuchCell
        if part == "code":
            if text not in {category.code for category in profiles.load(profiles.DEFAULT).categories}:
                raise NoSuchCell
            return Fix("move", f"indicator {number}", text)
        return Fix("write", place, text_of(part, text)) if part else Fix("delete", f"indicator {number}")
    if place not in TEXT_COLUMNS:
        raise NoSuchCell
    return Fix("write", place, text_of(place, text))


def mend_all(*, staged: ImportedTable, by: User) -> int:
    """Apply every proposed mend that leaves no choice and takes nothing out; return how many were made.

    First those of the reading, then those of the checks. A mend may bring up another; that is followed a few times.
    Raises: NotVisible, Decided.
    """
    with transaction.atomic():
        locked = _locked(staged, by)
        made = _mend_problems(locked)
        for _round in range(MOST_ROUNDS):
            now = standing(locked)
            touched: set[tuple[int, str]] = set()
            mends = []
            for finding in in_bulk(findings_of(now.content)):
                for one in _new_mends(finding.fixes, finding.rule, now):
                    place = (one["row"], one["part"])
                    if place not in touched and not _was_there(one, locked.mends):
                        touched.add(place)
                        mends.append(one)
            if not mends:
                break
            made += len(mends)
            _keep(locked, mends)
    return made


def _mend_problems(locked: ImportedTable) -> int:
    """Make the reading's own mends one after the other, each where its cells still stand as read."""
    before, count = read_content(locked), len(locked.mends)
    for number in problems_in_bulk(locked, before, replayed(before, locked.mends)):
        mends = problem_mends(locked, number, before, replayed(before, locked.mends))
        locked.mends = [*locked.mends, *mends]
    if len(locked.mends) > count:
        _keep(locked, [])
    return len(locked.mends) - count


def _was_there(one: dict[str, Any], before: Sequence[dict[str, Any]]) -> bool:
    """Whether this mend would write a text back that another mend has just replaced: two rules that disagree."""
    return any((m["row"], m["part"], m["kind"], m["was"]) == (one["row"], one["part"], one["kind"], one["text"])
               for m in before)


def _new_mends(fixes: Sequence[Fix], rule: str, now: Standing) -> list[dict[str, Any]]:
    return [found for fix in fixes if (found := _mend_of(fix, rule, now)) is not None]


def undo(*, staged: ImportedTable, number: int, by: User) -> None:
    """Take back the mend at `number` (from 0) with every later one of the same place, which was made on top of it.

    The mends of one problem of the reading go together. `number` -1 takes all back.
    Raises: NotVisible, Decided, ChangedSince.
    """
    with transaction.atomic():
        locked = _locked(staged, by)
        if not -1 <= number < len(locked.mends):
            raise ChangedSince
        locked.mends = [] if number < 0 else _without(locked.mends, number)
        _keep(locked, [])


def _without(mends: Sequence[dict[str, Any]], number: int) -> list[dict[str, Any]]:
    """Return the mends without the one at `number`, those made together with it, and what was made on top of them."""
    together = mends[number].get("problem")
    gone, kept = set[tuple[int, str]](), []
    for n, mend in enumerate(mends):
        place = (mend["row"], mend["part"])
        if n == number or (together is not None and mend.get("problem") == together) or place in gone:
            gone.add(place)
        else:
            kept.append(mend)
    return kept


def _locked(staged: ImportedTable, by: User) -> ImportedTable:
    if staged.source.unit not in organisations.units_edited_by(by):
        raise NotVisible
    locked = ImportedTable.objects.select_for_update().get(pk=staged.pk)
    if locked.decision != ImportedTable.Decision.PENDING:
        raise Decided
    return locked


def _keep(locked: ImportedTable, mends: list[dict[str, Any]]) -> None:
    locked.mends = [*locked.mends, *mends]
    before = read_content(locked)
    locked.counts = summary(locked, before, replayed(before, locked.mends))
    locked.save(update_fields=["mends", "counts"])
