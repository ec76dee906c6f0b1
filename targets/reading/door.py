"""The door of the room: bytes → text → Grid → sections → TableContent, with a problem wherever something was mended.

Pure: no Django, no database, no clock. The one door is `read`; a bad file is an answer, never an exception.
"""

import re
from collections.abc import Sequence
from dataclasses import replace
from itertools import pairwise

from targets.content import TableContent
from targets.profiles import Profile, load
from targets.reading.bracketed import spelled_out
from targets.reading.container import container_of
from targets.reading.contents import DEPTH, found_head
from targets.reading.decoding import MAX_BYTES, decode
from targets.reading.grid import Grid, Note, Row, from_text
from targets.reading.halves import laid_below
from targets.reading.header import FUNDS, Draft, finish_header, read_header_row, read_year
from targets.reading.intake import grids_of_file, kind_to_convert, refused_by_scanner
from targets.reading.labels import OTHER_FIELD, Labels, labels_of, tight
from targets.reading.listing import projects
from targets.reading.opening import misnamed
from targets.reading.prose import arranged
from targets.reading.refusals import refusal
from targets.reading.result import Place, Problem, Reading, ReadTable, Refusal
from targets.reading.rows import RowReader
from targets.reading.sections import Section, is_block, split, strangers
from targets.reading.turned import turned
from targets.reading.words import BLANK_HEADER
from workflow.text import _

__all__ = ["MAX_BYTES", "Place", "Problem", "ReadTable", "Reading", "Refusal", "read", "read_grid"]

ANCHOR = re.compile(
    r"项\s{0,4}目\s{0,4}名\s{0,4}称|一\s{0,4}级\s{0,4}指\s{0,4}标|绩\s{0,4}效\s{0,4}目\s{0,4}标"
)
WHOLE_FILE = ("member_refused", "hidden_sheet")
WITHOUT_CELLS = ("prose", "one_cell_a_line")
NO_TABLE = Refusal(
    "no_table",
    _(
        "No target table was found in this file. A table has the rows “项目名称”, “年度资金总额”, "
        "“年度总体绩效目标” and the head “一级指标 … 绩效值”. "
        "Check that you chose the right file, and copy the table with all its rows."
    ),
)
A_LIST = Refusal(
    "a_list",
    _(
        "This is a list of projects or of money, not a target table. The finance bureau takes in the project list and "
        "the control figures at “Projects”, and execution figures at “Monitoring”. Here a unit takes in its own target "
        "tables; choose such a file."
    ),
)
LIST_CODES, LIST_NAME = {"项目编码", "项目代码", "项目编号"}, "项目名称"
LIST_MONEY = re.compile("金额|控制数|[执支][行出]数")
NEAR_TOP = 20
"""Rows among which the head of a list is looked for."""


def read(*, name: str, data: bytes, profile: Profile | None = None) -> Reading:
    """Return all target tables of one file, or the refusal that says why there is none.

    `name` is the file's name, kept for messages and compared with what is inside; `data` its bytes (at most
    MAX_BYTES). What the file is, its first bytes say. Text is read here; Word, Excel, PDF and zip in a child process.
    Linear in the size.
    """
    infected = refused_by_scanner(data) if len(data) <= MAX_BYTES else None
    if infected is not None:
        return Reading(name, refused=infected)
    if len(data) <= MAX_BYTES and (container_of(data) or kind_to_convert(data)):
        found = grids_of_file(name=name, data=data)
        return (
            Reading(name, refused=found) if isinstance(found, Refusal) else read_grids(name, found, profile)
        )
    text = decode(data)
    if isinstance(text, Refusal):
        return Reading(name, refused=text)
    wrong = misnamed(name, "text")
    if wrong is not None:
        return Reading(name, refused=wrong)
    if not ANCHOR.search(text):
        return Reading(name, refused=NO_TABLE)
    grid = from_text(text)
    if isinstance(grid, Refusal):
        return Reading(name, refused=grid)
    return read_grid(name=name, grid=grid, profile=profile)


def read_grid(*, name: str, grid: Grid, profile: Profile | None = None) -> Reading:
    """Return the tables of a grid, whatever format it was made from."""
    return read_grids(name, [grid], profile)


def read_grids(name: str, grids: list[Grid], profile: Profile | None = None) -> Reading:
    """Return the tables of all grids of one file. Blank forms are left out; when there is nothing else, refused."""
    profile = profile or load()
    labels = labels_of(profile.id)
    tables: list[ReadTable] = []
    blank = 0
    waiting: list[Note] = []
    for grid in (arranged(grid, labels=labels, profile=profile) for grid in grids):
        sections = [part for section in split(grid, labels) for part in projects(section, labels)]
        waiting += grid.notes if not sections else ()
        for n, section in enumerate(sections):
            end = sections[n + 1].first_order if n + 1 < len(sections) else None
            begin = section.first_order if n else None
            notes = [note for note in grid.notes if _within(note.place.order, begin, end)]
            kept = [note for note in waiting if note.kind in WHOLE_FILE]
            table = _table(section, profile, labels, [*kept, *notes])
            if is_blank_form(table.content):
                blank += 1
                continue
            waiting = []
            tables.append(table)
    if tables:
        return Reading(name, tuple(tables))
    if blank:
        return Reading(name, refused=refusal("blank_form"))
    return Reading(name, refused=A_LIST if any(map(_is_list, grids)) else NO_TABLE)


def _is_list(grid: Grid) -> bool:
    """Whether one of the first rows is the head of a list of projects: code, name and money side by side."""
    heads = [{tight(cell) for cell in row.cells} for row in grid.rows[:NEAR_TOP]]
    return any(LIST_NAME in one and one & LIST_CODES and any(map(LIST_MONEY.search, one)) for one in heads)


def _within(order: int, begin: int | None, end: int | None) -> bool:
    return (begin is None or order >= begin) and (end is None or order < end)


def is_blank_form(content: TableContent) -> bool:
    """Whether nothing is filled in but what a blank form has printed: year, dashes, 指标1：, unit of money."""
    texts = (
        content.project_name,
        content.unit,
        content.annual_goal,
        content.funds.total,
        content.funds.fiscal,
    )
    return not content.indicators and all(text is None or bool(BLANK_HEADER.match(text)) for text in texts)


def _table(section: Section, profile: Profile, labels: Labels, notes: Sequence[Note]) -> ReadTable:
    draft = Draft(profile, labels)
    has_cells = any(row.part.kind == "table" for row in section.rows)
    reader = RowReader(
        draft,
        without_cells=any(note.kind in WITHOUT_CELLS for note in notes),
        noted=frozenset((note.place.part, note.place.line) for note in notes),
    )
    read_year(section.lead or section.above, draft)
    in_rows = late = False
    rows, as_prose = spelled_out(turned(laid_below(section.rows, labels), labels), labels)
    if as_prose:
        draft.note("prose", section.rows[0].at())
    others = strangers(section, labels)
    for strange in others:
        text = " ".join(cell for cell in strange[0].cells if cell)
        draft.note("other_table", strange[0].at(), {"text": text[:60]})
    skipped = {row.order for strange in others for row in strange}
    reader.rows = rows
    for at, row in enumerate(rows):
        reader.at = at
        if row.order in skipped and others:
            continue
        if has_cells and _stands_outside(row, labels):
            reader.note_outside(row)
            continue
        in_rows = in_rows or _begins_rows(row, rows[at + 1 : at + 1 + DEPTH], labels)
        late = in_rows and not row.blank and _is_late_header(row, draft, late)
        if in_rows and not late:
            reader.read(row)
        elif not row.blank:
            read_header_row(row, draft)
    reader.finish()
    content = replace(finish_header(draft, section.head or section.rows[0]), indicators=tuple(reader.found)).cleaned()
    if not reader.found:
        draft.note("no_indicators", section.rows[0].at())
    for row in section.broken_at:
        draft.note("page_break", row.at())
    for note in notes:
        if note.kind != "pdf_unsure" or not _is_label(note.facts["text"], labels):
            draft.note(note.kind, note.place, note.facts)
    source = (*section.lead, *(section.shown or section.rows))
    _note_markup(source, draft)
    problems = sorted(draft.problems, key=lambda p: (p.place.order, p.place.cell or 0))
    places = tuple(replace(place, row=n) for n, place in enumerate(reader.places, 1))
    return ReadTable(content, tuple(problems), places, section.rows[0].line, source)


def _is_label(text: str, labels: Labels) -> bool:
    """Whether this is a label and nothing else: put together of several lines, it is known all the same."""
    found = (labels.family(text), labels.category(text), labels.header(text))
    return any(label is not None and not label.rest for label in found) or labels.column(text) is not None


def _stands_outside(row: Row, labels: Labels) -> bool:
    """Whether this is a paragraph of Word between or below the tables, and no field of the form."""
    if row.part.kind != "paragraph" or row.separated or row.blank:
        return False
    return not any(labels.header(cell) for cell in row.cells)


def _begins_rows(row: Row, below: Sequence[Row], labels: Labels) -> bool:
    """The head of the columns, or the first row with the label of a category, begins the indicators."""
    if labels.columns(row.cells) or is_block(row) or found_head(row, below, labels) is not None:
        return True
    front = [cell for _i, cell in row.filled()[:4]]
    if any(labels.family(one) and labels.category(other) for one, other in pairwise(front)):
        return True
    return any((found := labels.category(cell)) is not None and not found.bare for cell in row.cells[:5] if cell)


def _is_late_header(row: Row, draft: Draft, late: bool) -> bool:
    """Whether a header field that was not met above stands left in a row below the head; `late`: so did the row above.

    Below the first of such rows the further lines of the money block belong to them as well.
    """
    labels = draft.labels
    front = [cell for _i, cell in row.filled()[:2]]
    if not front or any(labels.family(cell) or labels.category(cell) for cell in front):
        return False
    found = [label for label in map(labels.header, front) if label and label.field not in draft.seen]
    if late:
        return bool(found)
    first = labels.header(front[0])
    return any(label.field != OTHER_FIELD and (label.field in FUNDS or label == first) for label in found)


def _note_markup(rows: Sequence[Row], draft: Draft) -> None:
    for row in rows:
        if row.markup:
            raw = ", ".join(raw for _i, raw in row.markup)
            draft.note("markup", row.at(row.markup[0][0]), {"raw": raw})
