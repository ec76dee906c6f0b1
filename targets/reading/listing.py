"""Lists: several projects in one table, the project in a column of its own and one indicator a row.

Such a table is cut into one section a project: its header columns become header rows, its indicators stay.
"""

from collections.abc import Sequence
from dataclasses import replace

from targets.reading.grid import Row
from targets.reading.labels import OTHER_FIELD, Labels, is_group, tight
from targets.reading.sections import Section, is_column_numbers
from targets.reading.words import FOOT, GOAL_OTHERWISE

MIN_COLUMNS = 3


def projects(section: Section, labels: Labels) -> list[Section]:
    """Return one section for each project of a list, or the section itself when it is none. Linear in the rows."""
    found_at = next(((n, head) for n in range(len(section.rows)) if (head := _head_at(section.rows, n, labels))), None)
    if found_at is None:
        return [section]
    at, head = found_at
    before = [row for row in section.rows[:at] if not header_columns(row, labels)]
    fields = list_columns(head, labels)
    own = min(i for i, name in fields.items() if name == "project_name")
    groups: list[list[Row]] = []
    for row in section.rows[at + 1 :]:
        if row.cells in (head.cells, section.rows[at].cells) or header_columns(row, labels) or is_column_numbers(row):
            continue
        name = _under(head, row, own)
        if groups and (row.blank or not _is_line(row, name) or _goes_on(groups[-1][0], row, name, head, own)):
            groups[-1].append(row)
        elif name is not None and row.cells[name] and _is_line(row, name):
            groups.append([row])
        elif not row.blank:
            before.append(row)
    taken = list(fields)
    bare = replace(head, cells=tuple("" if i in taken else text for i, text in enumerate(head.cells)))
    found = []
    held: dict[int, Row] = {}
    for number, rows in enumerate(groups):
        made = {i: _field_row(head, rows[0], i) for i in taken}
        # What belongs to no target table is told at the head, not at the first indicator of each project.
        made |= {
            i: head.moved(row.cells, [i, i]) for i, row in made.items() if row is not None and fields[i] == OTHER_FIELD
        }
        # A department left of its projects stands once and holds for those below it.
        held |= {i: one for i, one in made.items() if one is not None and i < own}
        header = [one for i in taken if (one := made[i] or held.get(i)) is not None]
        lines = [replace(row, cells=_without(head, row, fields)) for row in rows]
        part = Section(section.lead if number == 0 else [], [*before, *header, bare, *lines])
        part.above, part.head = section.lead or section.above, head
        part.shown = [*(section.rows[: at + 1] if number == 0 else [head]), *rows]
        found.append(part)
    return found or [section]


def _head_at(rows: list[Row], at: int, labels: Labels) -> Row | None:
    """Return the head of a list in this row, with the heads of the row above where levels stand below one word."""
    row = rows[at]
    if not labels.columns(row.cells):
        return None
    if list_columns(row, labels):
        return row
    above = rows[at - 1] if at else None
    if above is None or not header_columns(above, labels):
        return None
    over = [_over(above, row, i) for i in range(len(row.cells))]
    words = (text or ("" if a is None else above.cells[a]) for text, a in zip(row.cells, over, strict=True))
    whole = replace(row, cells=tuple(words))
    return whole if list_columns(whole, labels) else None


def _over(above: Row, row: Row, index: int) -> int | None:
    if not row.spans or not above.spans:
        return index if index < len(above.cells) else None
    start, end = row.spans[index]
    return next((i for i, (s, e) in enumerate(above.spans) if s <= start and end <= e), None)


def header_columns(row: Row, labels: Labels) -> bool:
    """Whether this row names the columns of a list, and nothing else: 项目名称 and two more fields without text."""
    found = [labels.header(cell) for _i, cell in row.filled()]
    fields = {label.field for label in found if label is not None and not label.rest}
    others = [cell for _i, cell in row.filled() if labels.header(cell) is None and not is_group(cell)]
    return len(fields) >= MIN_COLUMNS and "project_name" in fields and len(others) <= 1


def list_columns(row: Row, labels: Labels) -> dict[int, str]:
    """Return the header field of each column of a list (index → field), else {}: its head names 项目名称 and levels."""
    if len(labels.columns(row.cells)) < MIN_COLUMNS:
        return {}
    found = {}
    first = min(labels.columns(row.cells).values())
    for index, cell in row.filled():
        label = labels.header(cell) if index < first else None
        if label is not None and not label.rest:
            found[index] = label.field
        elif index < first and label is None and (word := labels.one_word(cell)) is not None:
            if word.field != "project_name":
                found[index] = word.field
        elif label is None and GOAL_OTHERWISE.match(tight(cell)):
            found[index] = "annual_goal"
    return found if "project_name" in found.values() and set(found.values()) != {OTHER_FIELD} else {}


def _is_line(row: Row, name: int | None) -> bool:
    return name is not None and len(row.filled()) > 1 and not FOOT.match(tight(row.cells[name]))


def _goes_on(first: Row, row: Row, name: int | None, head: Row, own: int) -> bool:
    """Whether this row belongs to the project of the row `first`: its cell is empty, merged, or says the same."""
    if name is None or not row.cells[name] or name in row.merged:
        return True
    before = _under(head, first, own)
    return before is not None and first.cells[before] == row.cells[name]


def _under(head: Row, row: Row, index: int) -> int | None:
    """Return the cell of a row that stands under the head's cell `index`."""
    if not row.spans or not head.spans:
        return index if index < len(row.cells) else None
    start, end = head.spans[index]
    inside = [i for i, (s, e) in enumerate(row.spans) if min(end, e) - max(start, s) > (e - s) / 2]
    return next((i for i in inside if row.cells[i]), inside[0] if inside else None)


def _field_row(head: Row, row: Row, index: int) -> Row | None:
    """Return a header row made of one column: its head as label, the cell of the project's first row as text."""
    at = _under(head, row, index)
    if at is None or not row.cells[at]:
        return None
    return row.moved([head.cells[index], row.cells[at]], [at, at])


def _without(head: Row, row: Row, fields: Sequence[int] | dict[int, str]) -> tuple[str, ...]:
    """Return the cells of a row without those of the header columns."""
    gone = {_under(head, row, index) for index in fields}
    return tuple("" if i in gone else text for i, text in enumerate(row.cells))
