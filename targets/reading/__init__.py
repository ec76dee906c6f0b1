"""FILE → CONTENT: bytes → text → Grid → sections → TableContent, with a problem wherever something was mended.

Pure: no Django, no database, no clock. The one door is `read`; a bad file is an answer, never an exception.
"""

import re
from dataclasses import replace

from targets.profiles import Profile, load
from targets.reading.decoding import MAX_BYTES, decode
from targets.reading.grid import Grid, Row, from_text
from targets.reading.header import Draft, finish_header, read_header_row, read_year
from targets.reading.labels import Labels, labels_of
from targets.reading.result import Place, Problem, Reading, ReadTable, Refusal
from targets.reading.rows import RowReader, numbered
from targets.reading.sections import Section, split
from workflow.text import _

__all__ = ["MAX_BYTES", "Place", "Problem", "ReadTable", "Reading", "Refusal", "read", "read_grid"]

ANCHOR = re.compile(r"项\s{0,4}目\s{0,4}名\s{0,4}称|一\s{0,4}级\s{0,4}指\s{0,4}标|绩\s{0,4}效\s{0,4}目\s{0,4}标")
NO_TABLE = Refusal(
    "no_table",
    _(
        "No target table was found in this file. A table has the rows “项目名称”, “年度资金总额”, "
        "“年度总体绩效目标” and the head “一级指标 … 绩效值”. "
        "Check that you chose the right file, and copy the table with all its rows."
    ),
)


def read(*, name: str, data: bytes, profile: Profile | None = None) -> Reading:
    """Return all target tables of one file, or the refusal that says why there is none.

    `name` is the file's name, kept for messages only; `data` its bytes (at most MAX_BYTES). Linear in the size.
    """
    text = decode(data)
    if isinstance(text, Refusal):
        return Reading(name, refused=text)
    if not ANCHOR.search(text):
        return Reading(name, refused=NO_TABLE)
    grid = from_text(text)
    if isinstance(grid, Refusal):
        return Reading(name, refused=grid)
    return read_grid(name=name, grid=grid, profile=profile)


def read_grid(*, name: str, grid: Grid, profile: Profile | None = None) -> Reading:
    """Return the tables of a grid, whatever format it was made from."""
    profile = profile or load()
    labels = labels_of(profile.id)
    tables = tuple(_table(section, profile, labels) for section in split(grid, labels))
    return Reading(name, tables, None if tables else NO_TABLE)


def _table(section: Section, profile: Profile, labels: Labels) -> ReadTable:
    draft = Draft(profile, labels)
    reader = RowReader(draft)
    read_year(section.lead, draft)
    in_rows = False
    for row in section.rows:
        in_rows = in_rows or _begins_rows(row, labels)
        if in_rows and not _is_late_header(row, draft):
            reader.read(row)
        elif not row.blank:
            read_header_row(row, draft)
    content = replace(finish_header(draft, section.rows[0]), indicators=tuple(reader.found)).cleaned()
    if not reader.found:
        draft.note("no_indicators", Place(section.rows[0].line))
    for row in section.broken_at:
        draft.note("page_break", Place(row.line))
    _note_markup([*section.lead, *section.rows], draft)
    problems = sorted(draft.problems, key=lambda p: (p.place.line, p.place.cell or 0))
    return ReadTable(content, tuple(problems), numbered(reader.places), section.rows[0].line)


def _begins_rows(row: Row, labels: Labels) -> bool:
    """The head of the columns, or the first row with the label of a category, begins the indicators."""
    if labels.columns(row.cells):
        return True
    return any((found := labels.category(cell)) is not None and not found.bare for cell in row.cells[:5] if cell)


def _is_late_header(row: Row, draft: Draft) -> bool:
    """Whether a header field that was not met above stands at the very left of a row below the head."""
    found = draft.labels.header(row.cells[0]) if row.cells and row.cells[0] else None
    return found is not None and found.field not in draft.seen


def _note_markup(rows: list[Row], draft: Draft) -> None:
    for row in rows:
        if row.markup:
            raw = ", ".join(raw for _i, raw in row.markup)
            draft.note("markup", Place(row.line, row.markup[0][0] + 1), {"raw": raw})
