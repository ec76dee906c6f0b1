"""Grid → the rows of each table: where one table ends and the next begins.

A table begins with its title or with its row 项目名称; a title repeated at the top of a page begins none.
"""

import re
from dataclasses import dataclass, field

from targets.reading.grid import Grid, Row
from targets.reading.labels import OTHER_FIELD, Labels, tight
from targets.reading.result import Part
from targets.reading.words import MID_BLOCKS, YEAR_BLOCKS

TITLE = re.compile(
    r"绩效(?:目标)?(?:申报|批复|审批|申报审批|审核|自评|运行监控|执行监控|监控|情况|公开|调整|汇总|下达|分解)?表(?:\(.{0,20}\))?$"
)
YEAR_LINE = re.compile(r"^\(?(?:[12]\d{3}|20\*\*|20××)年度?\)?$")
FOLIO = re.compile(r"^(?:第\d+页)?(?:,?共\d+页)?$|^-\d+-$|^\d{1,4}$|^\d+/\d+$")
ASIDE = re.compile(
    r"^(?:金额)?(?:计量)?单位[:：](?:人民币)?(?:元|千元|万元|亿元)$|^\(?(?:[12]\d{3})年度?\)?$"
    r"|^附?[件表]\s*[0-9一二三四五六七八九十-]*[:：]?$"
)
"""What may stand beside a title or in a line of its own above the table: unit of money, year, number of the annex."""
BLOCKS = {*MID_BLOCKS, *YEAR_BLOCKS}
MAX_TITLE = 90
NEAR = 250
MAX_PREFACE = 8
MIN_HEADER_LABELS = 3


@dataclass(slots=True)
class Section:
    """The rows of one table. `lead` holds the lines above it (title, year), `rows` everything from its first row.

    `above` are lines that say the year and the unit of money where it has no lead of its own. A project of a list has
    rows that were made of columns: `shown` are the rows as they stand in the file, `head` the head of the list.
    """

    lead: list[Row] = field(default_factory=list)
    rows: list[Row] = field(default_factory=list)
    broken_at: list[Row] = field(default_factory=list)
    above: list[Row] = field(default_factory=list)
    shown: list[Row] = field(default_factory=list)
    head: Row | None = None

    @property
    def first_order(self) -> int:
        """Where the section begins in the file, its lead included."""
        first = self.lead[0] if self.lead else self.rows[0]
        return first.order or first.line


def is_title(row: Row) -> bool:
    """Whether this row is the title of a target table."""
    filled = row.filled()
    if filled and tight(filled[0][1]) in BLOCKS:
        return False
    if len(filled) > 1 and not all(ASIDE.match(tight(text)) for _i, text in filled[1:]):
        return False
    return bool(filled) and len(filled[0][1]) <= MAX_TITLE and bool(TITLE.search(tight(filled[0][1])))


def is_year_line(row: Row) -> bool:
    """Whether this row holds nothing but the year: (2024 年度)."""
    filled = row.filled()
    return len(filled) == 1 and len(filled[0][1]) <= 20 and bool(YEAR_LINE.match(tight(filled[0][1])))


def is_block(row: Row) -> bool:
    """Whether this row only names the block of indicators below it: those of the mid term, or those of the year."""
    filled = row.filled()
    return len(filled) == 1 and tight(filled[0][1]) in BLOCKS


def is_column_numbers(row: Row) -> bool:
    """Whether this row only numbers the columns: 1 2 3 4 …"""
    texts = [tight(text) for _i, text in row.filled()]
    return len(texts) > 3 and texts == [str(n) for n in range(1, len(texts) + 1)]


def is_aside(row: Row) -> bool:
    """Whether this row holds nothing but the unit of money, the year or the number of the annex."""
    filled = row.filled()
    return 0 < len(filled) <= 2 and all(ASIDE.match(tight(text)) for _i, text in filled)


def is_folio(row: Row) -> bool:
    """Whether this row is only a page number."""
    filled = row.filled()
    if len(filled) != 1:
        return False
    text = tight(filled[0][1])
    return bool(FOLIO.match(text)) and (not row.separated or text[0] in "第共")


def split(grid: Grid, labels: Labels) -> list[Section]:
    """Return the sections of the grid that are tables, in order. Linear in the rows."""
    sections: list[Section] = []
    lead: list[Row] = []
    preface: list[Row] = []
    named = False
    for row in grid.rows:
        if row.blank:
            if sections and not lead:
                sections[-1].rows.append(row)
            continue
        goes_on = 0 < len(lead) < MAX_PREFACE and _is_running_text(row, labels)
        if goes_on or is_title(row) or is_year_line(row) or is_aside(row):
            lead.append(row)
            continue
        fields = header_fields(row, labels)
        begins = ("project_name" in fields and (named or lead or not sections)) or (fields and lead)
        if begins:
            sections.append(Section(lead, [*_fields_before(preface, labels), row]))
            preface = [] if lead else preface
            lead, named = [], "project_name" in fields
        elif sections:
            sections[-1].broken_at += lead
            sections[-1].rows.append(row)
            named = named or "project_name" in fields
            lead = []
        elif labels.columns(row.cells) or lead:
            sections.append(Section(lead, [*([] if lead else _fields_before(preface, labels)), row]))
            lead, named = [], False
        elif len(row.filled()) <= 2:
            preface.append(row)
    if lead and sections:
        sections[-1].rows += [row for row in lead if not is_title(row) and not is_year_line(row)]
    tables = [s for s in sections if _is_table(s, labels)]
    for before, table in zip([None, *tables], tables, strict=False):
        if table.lead:
            continue
        if before is None:
            table.above = preface[-MAX_PREFACE:]
        elif table.rows[0].part == before.rows[0].part:
            table.above = before.lead or before.above
    return tables


def _fields_before(preface: list[Row], labels: Labels) -> list[Row]:
    """Take what stands above the first table off it, from the first row with a header field on, and return it."""
    at = next((n for n, row in enumerate(preface) if header_fields(row, labels)), len(preface))
    found, preface[at:] = preface[at:], []
    return found


def _is_running_text(row: Row, labels: Labels) -> bool:
    """Whether this is a line without separator that fills in no field (项目名称：…)."""
    alone = row.part.kind == "sheet" and len(row.filled()) == 1
    return (alone or not row.separated) and not any(
        (label := labels.header(cell)) and label.rest for cell in row.cells if cell
    )


def header_fields(row: Row, labels: Labels) -> set[str]:
    """Return the header fields of a target table that are named in this row."""
    found = (labels.header(cell) for cell in row.cells[:12] if cell)
    return {label.field for label in found if label is not None and label.field != OTHER_FIELD}


def _is_table(section: Section, labels: Labels) -> bool:
    """Three header fields on at least two rows, or a head with a label below: a mere list has neither."""
    fields: set[str] = set()
    rows = head = 0
    for row in section.rows[:60]:
        here = header_fields(row, labels)
        fields |= here
        rows += bool(here)
        head += bool(labels.columns(row.cells))
        if rows > 1 and len(fields) >= MIN_HEADER_LABELS:
            return True
        if any(labels.category(cell) for cell in row.cells[:4] if cell) and (head or rows):
            return True
    return bool(head and fields)


def strangers(section: Section, labels: Labels) -> list[list[Row]]:
    """Return the Word tables behind the head of the form that are no part of it: no label, and drawn otherwise."""
    head = next((row for row in section.rows if labels.columns(row.cells)), None)
    if head is None or head.part.kind != "table":
        return []
    parts: dict[Part, list[Row]] = {}
    for row in section.rows:
        if row.part.kind == "table" and row.part != head.part and row.order > head.order and not row.blank:
            parts.setdefault(row.part, []).append(row)
    return [rows for rows in parts.values() if not _belongs(rows, head, labels)]


def _belongs(rows: list[Row], head: Row, labels: Labels) -> bool:
    for row in rows:
        found = [labels.family(cell) or labels.category(cell) for cell in row.cells[:5] if cell]
        if labels.columns(row.cells) or any(found) or header_fields(row, labels):
            return True
    edges = {edge for span in head.spans for edge in span}
    first = rows[:5]
    alike = [row for row in first if all(any(abs(s - e) <= NEAR for e in edges) for s, _end in row.spans)]
    return len(alike) * 2 > len(first) and max(len(row.cells) for row in first) == len(head.cells)
