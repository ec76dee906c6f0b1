"""The upper part of a table: header fields, money, goal, year. Fills a Draft row by row, by the labels found."""

import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from decimal import Decimal
from typing import Any

from targets.content import HEADER_TEXTS, Funds, TableContent, amount
from targets.profiles import Profile
from targets.reading.cells import DASHES
from targets.reading.grid import Row
from targets.reading.labels import MID_FUNDS_FIELD, OTHER_FIELD, REMARK, HeaderLabel, Labels, tight
from targets.reading.problems import KINDS
from targets.reading.result import Fix, Place, Problem
from targets.reading.words import (
    ANNUAL_GOAL,
    EXPECTED_GOAL,
    MID_GOAL,
    MONEY_COLUMNS,
    ORDINAL,
    PRINTED_UNIT,
    REACHED_GOAL,
    SECTION_WORDS,
    YEAR_FIELDS,
)

FUNDS = ("funds.total", "funds.fiscal", "funds.other")
REQUIRED_FIELDS = (*HEADER_TEXTS, "funds.total")
YEAR = re.compile(r"(?<!\d)((?:19|20)\d{2})\s*年")
YEAR_OF_BUDGET = re.compile(r"(?<!\d)((?:19|20)\d{2})\s*年\s*度")
SPLIT_YEAR = re.compile(r"(?<=\d)\s+(?=年)|(?<=年)\s+(?=度)")
DAY_LINE = re.compile(r"日期|时间|\d月\d{1,2}日")
MONEY = re.compile(r"^([0-9][0-9,]*(?:\.[0-9]+)?)\s*(万元|万|亿元|千元|元)$")
IN_WAN = {
    "万元": Decimal(1),
    "万": Decimal(1),
    "亿元": Decimal(10000),
    "千元": Decimal("0.1"),
    "元": Decimal("0.0001"),
}
ANNUAL_GOAL_WORDS = {tight(word) for word in (*ANNUAL_GOAL, *EXPECTED_GOAL)}
MID_GOAL_WORDS = {tight(word) for word in (*MID_GOAL, *REACHED_GOAL)}
MID_ONLY = {tight(word) for word in MID_GOAL}
MIN_ABOVE = 3
LIKE_DIGITS = str.maketrans("OolI|", "00111")
"""Letters that a scanner reads for digits: proposed, never taken."""
HEADINGS = {tight(word) for word in SECTION_WORDS}
MONEY_HEADS = {tight(word) for word in MONEY_COLUMNS}
JOINED_BY = {"annual_goal": "\n"}


@dataclass(slots=True)
class Draft:
    """One table while it is being read."""

    profile: Profile
    labels: Labels
    texts: dict[str, str] = field(default_factory=dict)
    seen: dict[str, Place] = field(default_factory=dict)
    funds_unit: str | None = None
    last_field: str | None = None
    mid: bool = False
    annual_from: int | None = None
    labels_above: Row | None = None
    money_columns: bool = False
    goal_below: tuple[Row, int] | None = None
    fiscal_year: int | None = None
    problems: list[Problem] = field(default_factory=list)

    def note(
        self, kind: str, place: Place, facts: Mapping[str, str] | None = None, fixes: tuple[Fix, ...] = ()
    ) -> None:
        """Add a problem of this kind at this place."""
        known = KINDS[kind]
        severity = known.severity if known.fixed else self.profile.severity(known.code, known.severity)
        self.problems.append(Problem(known.code, severity, place, known.message, dict(facts or {}), fixes))

    def label(self, name: str) -> str:
        """Return the label of a header field as the form prints it."""
        return self.profile.header[name][0]


def read_header_row(row: Row, draft: Draft) -> None:
    """Take the fields of one row into the draft; a row without labels continues the field above."""
    row = _without_unit(row, draft)
    if row.blank:
        return
    lines = _labelled_lines(row, draft)
    if lines:
        draft.note("glued", lines[0].at(0), {"raw": "\n".join(line.cells[0] for line in lines)})
        for line in lines:
            _read_header_row(line, draft, told=True)
        return
    _read_header_row(row, draft)


def _without_unit(row: Row, draft: Draft) -> Row:
    """Take a cell 单位：万元 that stands in the corner of the form."""
    units = {i: unit for i, text in row.filled() if (unit := PRINTED_UNIT.fullmatch(tight(text)))}
    for unit in units.values():
        draft.funds_unit = unit[1]
    return replace(row, cells=tuple("" if i in units else text for i, text in enumerate(row.cells))) if units else row


def _labelled_lines(row: Row, draft: Draft) -> list[Row]:
    """Return a row for each line of a cell that holds several fields below each other (年度资金总额：50 …), else []."""
    for index, cell in row.filled():
        lines = [line.strip() for line in cell.split("\n") if line.strip()]
        labels = [draft.labels.header(line) for line in lines]
        if len(lines) > 1 and all(label is not None and label.rest for label in labels):
            return [row.moved([line], [index]) for line in lines]
    return []


def _read_header_row(row: Row, draft: Draft, *, told: bool = False) -> None:
    if any(take(row, draft) for take in (_is_goal_head, _take_goal_below, _is_money_head, _take_below)):
        return
    found = [(i, label) for i, cell in enumerate(row.cells) if cell and (label := draft.labels.header(cell))]
    found = _annual_half(row, found, draft)
    if not found:
        _continue(row, draft)
        return
    goal = next((n for n, (_i, label) in enumerate(found) if label.field == "annual_goal"), None)
    if goal is not None:
        found = found[: goal + 1]
    variants = [
        row.cells[i]
        for i, label in found
        if not (label.official or label.rest or label.field in (MID_FUNDS_FIELD, OTHER_FIELD))
    ]
    if variants:
        draft.note("variant", row.at(found[0][0]), {"labels": ", ".join(variants)})
    for n, (index, label) in enumerate(found):
        end = found[n + 1][0] if n + 1 < len(found) else len(row.cells)
        _take(row, index, end, label, draft, told=told)


def _take_below(row: Row, draft: Draft) -> bool:
    """Take the texts under a row of labels alone: 资金总额 | 财政拨款 | 其他资金 above 56 | 50 | 6."""
    labels = [draft.labels.header(text) for _i, text in row.filled()]
    above, draft.labels_above = draft.labels_above, None
    if len(labels) >= MIN_ABOVE and all(
        label is not None and not label.rest and label.field != OTHER_FIELD for label in labels
    ):
        draft.labels_above = row
        return False
    if above is None or not labels or any(label is not None for label in labels):
        return False
    under = {i: _column(row, i) for i, _text in row.filled()}
    for index, text in above.filled():
        at = next((i for i, column in under.items() if column == _column(above, index)), None)
        if at is not None:
            draft.seen.pop((draft.labels.header(text) or HeaderLabel("")).field, None)
            _read_header_row(row.moved([text, row.cells[at]], [at, at]), draft)
    return True


def _annual_half(
    row: Row, found: list[tuple[int, HeaderLabel]], draft: Draft
) -> list[tuple[int, HeaderLabel]]:
    """Money of the mid term stands left of the money of the year: only the latter belongs to this table."""
    fields = [label.field for _i, label in found]
    totals = [i for i, label in found if label.field in (MID_FUNDS_FIELD, "funds.total")]
    if MID_FUNDS_FIELD in fields or len(totals) > 1:
        draft.mid = True
        draft.annual_from = _column(row, totals[-1]) if len(totals) > 1 else None
    if not draft.mid:
        return found
    last = {name: n for n, name in enumerate(fields)}
    for n, name in enumerate(fields):
        if not (name == MID_FUNDS_FIELD or (name in FUNDS and (n < last[name] or _is_left(row, found[n][0], draft)))):
            continue
        index, label = found[n]
        end = found[n + 1][0] if n + 1 < len(found) else len(row.cells)
        texts = [text for text in (label.rest, *(t for i, t in row.filled(index + 1) if i < end)) if text]
        if texts:
            draft.note("mid_term", row.at(index), {"text": " ".join([row.cells[index], *texts])})
        found[n] = index, HeaderLabel(MID_FUNDS_FIELD)
    return found


def _column(row: Row, index: int) -> int:
    return row.spans[index][0] if row.spans else index


def _is_left(row: Row, index: int, draft: Draft) -> bool:
    """Whether this money stands left of the half of the year, or below a mid-term total before any of the year."""
    if draft.annual_from is not None:
        return _column(row, index) < draft.annual_from
    label = draft.labels.header(row.cells[index])
    return "funds.total" not in draft.seen and label is not None and label.field != "funds.total"


def _is_money_head(row: Row, draft: Draft) -> bool:
    """A row 年初预算数 | 全年执行数 … names the columns of the amounts below it: the first holds the budget."""
    heads = [text for _i, text in row.filled() if tight(text) in MONEY_HEADS]
    others = [
        label for _i, text in row.filled() if text not in heads and (label := draft.labels.header(text))
    ]
    if (
        len(heads) < 2
        or any(label.field != "funds" for label in others)
        or len(heads) + len(others) < len(row.filled())
    ):
        return False
    draft.funds_unit = next((label.unit for label in others if label.unit), draft.funds_unit)
    draft.money_columns = True
    draft.note("other_columns", row.at(), {"heads": ", ".join(heads[1:])})
    return True


def _is_goal_word(word: str, draft: Draft) -> bool:
    label = draft.labels.header(word)
    return word in ANNUAL_GOAL_WORDS or (label is not None and label.field == "annual_goal" and not label.rest)


def _is_goal_head(row: Row, draft: Draft) -> bool:
    """A row 总体目标 | 中期目标 | 年度目标 names the columns of the row below it."""
    words = [(i, REMARK.sub("", tight(text)).rstrip(":")) for i, text in row.filled()]
    annual = [i for i, word in words if word in ANNUAL_GOAL_WORDS]
    halves = any(word in MID_GOAL_WORDS for _i, word in words)
    only_heads = len(words) > 1 and all(_is_goal_word(word, draft) for _i, word in words)
    if not annual or not (halves or only_heads):
        return False
    draft.seen.setdefault("annual_goal", row.at(annual[-1]))
    draft.goal_below, draft.last_field = (row, annual[-1]), None
    return True


def _take_goal_below(row: Row, draft: Draft) -> bool:
    """Take the goal of the year from the row below its head, and leave out the goal of the mid term."""
    if draft.goal_below is None:
        return False
    head, column = draft.goal_below
    draft.goal_below = None
    if any(
        (label := draft.labels.header(cell)) and label.field != "annual_goal" for cell in row.cells if cell
    ):
        return False
    if row.spans and head.spans:
        start, end = head.spans[column]
        at = max(range(len(row.cells)), key=lambda i: min(end, row.spans[i][1]) - max(start, row.spans[i][0]))
    else:
        at = column if column < len(row.cells) else len(row.cells) - 1
    for i, text in row.filled():
        if i == at:
            draft.texts["annual_goal"] = text
        elif draft.labels.header(text) is None:
            reached = column < i and not any(tight(t) in MID_ONLY for t in head.cells if t)
            draft.note("other_field" if reached else "mid_term", row.at(i), {"text": text})
    draft.last_field = "annual_goal"
    return True


def _take(row: Row, index: int, end: int, label: HeaderLabel, draft: Draft, *, told: bool) -> None:
    """Take one field; `told`: that label and text stood in one cell was noted already."""
    values = [(i, text) for i, text in row.filled(index + 1) if i < end]
    if label.rest and label.field != OTHER_FIELD:
        if not told:
            draft.note("glued", row.at(index), {"raw": row.cells[index]})
        values.insert(0, (index + 1, label.rest))
    name = label.field
    if name == MID_FUNDS_FIELD:
        return
    if name == OTHER_FIELD:
        draft.last_field = None
        if tight(row.cells[index]).partition(":")[0] in YEAR_FIELDS:
            _take_year(" ".join([label.rest, *(text for _i, text in values)]), draft)
            return
        if values or label.rest:
            text = " ".join([row.cells[index], *(text for _i, text in values)])
            draft.note("other_field", row.at(index), {"text": text})
        return
    if name == "funds":
        draft.funds_unit = label.unit or draft.funds_unit
        name = "funds.total" if values else name
    if name in draft.seen and values and name in draft.texts:
        draft.note("twice", row.at(index), {"label": draft.label(name), "value": values[0][1]})
        return
    draft.seen.setdefault(name, row.at(index))
    draft.last_field = name
    if not values:
        return
    at, value = values[0]
    if name in FUNDS:
        if not draft.money_columns:
            _note_extra(row, values[1:], draft)
        value = _money(value, row.at(at), name, draft, label.unit)
    elif len(values) > 1:
        value = " ".join(text for _i, text in values)
        draft.note("header_shifted", row.at(values[1][0]), {"value": value, "label": draft.label(name)})
    if at != index + 1:
        draft.note("header_shifted", row.at(at), {"value": value, "label": draft.label(name)})
    if value:
        draft.texts[name] = value


def _note_extra(row: Row, extra: list[tuple[int, str]], draft: Draft) -> None:
    for i, text in extra:
        draft.note("left_out", row.at(i), {"text": text})


def _is_heading(text: str) -> bool:
    """Whether this is a heading inside the form: 二、绩效指标."""
    words = tight(text)
    return words in HEADINGS or (ORDINAL.sub("", words, count=1) in HEADINGS)


def _continue(row: Row, draft: Draft) -> None:
    """A line without any label belongs to the text field above, if there is one."""
    filled, name = row.filled(), draft.last_field
    if len(filled) == 1 and _is_heading(filled[0][1]):
        draft.last_field = None
        return
    if row.separated and len(filled) > 1:
        # A label that nobody knows, with its text: not the rest of the field above.
        draft.last_field = None
        draft.note("other_field", row.at(filled[0][0]), {"text": " ".join(text for _i, text in filled)})
        return
    if name not in HEADER_TEXTS or (name not in draft.texts and row.separated):
        _note_extra(row, filled, draft)
        return
    text = " ".join(text for _i, text in filled)
    before = draft.texts.get(name)
    draft.texts[name] = text if before is None else before + JOINED_BY.get(name, "") + text
    draft.note("continued", row.at(filled[0][0]), {"text": text, "label": draft.label(name)})


def _money(typed: str, place: Place, name: str, draft: Draft, unit_of_label: str | None) -> str:
    """Return the amount in 万元 as typed; converted, with a problem, where another unit is printed."""
    facts = {"typed": typed, "label": draft.label(name)}
    if DASHES.match(typed):
        draft.note("dash", place, facts)
        return ""
    plain = unicodedata.normalize("NFKC", typed)
    match = MONEY.match(plain)
    number = amount(match[1] if match else plain)
    if number is None:
        meant = plain.translate(LIKE_DIGITS)
        fixes = (Fix("write", name, meant),) if meant != plain and amount(meant) is not None else ()
        draft.note("no_number", place, facts, fixes)
        return typed
    unit = match[2] if match else unit_of_label or draft.funds_unit or draft.profile.funds_unit
    if match is None and IN_WAN[unit] == 1:
        return typed
    taken = match[1] if match and IN_WAN[unit] == 1 else format((number * IN_WAN[unit]).normalize(), "f")
    draft.note("unit_printed", place, {**facts, "taken": taken})
    return taken


def _take_year(text: str, draft: Draft) -> None:
    match = re.search(r"(?<!\d)((?:19|20)\d{2})(?!\d)", tight(text))
    if match and draft.fiscal_year is None:
        draft.fiscal_year = int(match[1])


def read_year(lead: list[Row], draft: Draft) -> None:
    """Take the fiscal year, and the unit of money, from the lines above the table: the line nearest to it wins."""
    for row in lead:
        unit = PRINTED_UNIT.search(tight(" ".join(row.cells)))
        draft.funds_unit = unit[1] if unit else draft.funds_unit
    lines = [" ".join(row.cells) for row in reversed(lead)]
    texts = [text for line in lines for text in (SPLIT_YEAR.sub("", unicodedata.normalize("NFKC", line)), tight(line))]
    found = [YEAR_OF_BUDGET.search(text) for text in texts]
    found += [YEAR.search(text) for text in texts if not DAY_LINE.search(text)]
    draft.fiscal_year = next((int(match[1]) for match in found if match), None)


def finish_header(draft: Draft, first: Row) -> TableContent:
    """Return the content without indicators, and note the fields that the table does not have at all."""
    place = first.at()
    for name in REQUIRED_FIELDS:
        if name not in draft.seen:
            draft.note("no_field", place, {"label": draft.label(name)})
    if draft.fiscal_year is None:
        _year_from_period(draft, place)
    texts: dict[str, Any] = {name: _unquoted(draft.texts.get(name)) for name in HEADER_TEXTS}
    return TableContent(
        **texts,
        fiscal_year=draft.fiscal_year,
        funds=Funds(**{name.partition(".")[2]: draft.texts.get(name) for name in FUNDS}),
    )


def _unquoted(text: str | None) -> str | None:
    """A cell of several lines comes out of a spreadsheet in quotes, with its own quotes doubled."""
    if text and "\n" in text and text[0] == text[-1] == '"':
        return text[1:-1].replace('""', '"')
    return text


def _year_from_period(draft: Draft, place: Place) -> None:
    match = YEAR.search(tight(draft.texts.get("period", "")))
    if match is None:
        draft.note("no_year", place)
        return
    draft.fiscal_year = int(match[1])
    draft.note("year_inferred", draft.seen.get("period", place), {"year": match[1]})
