"""The upper part of a table: header fields, money, goal, year. Fills a Draft row by row, by the labels found."""

import re
import unicodedata
from dataclasses import replace
from typing import Any

from targets.content import HEADER_TEXTS, Funds, TableContent, amount
from targets.reading.cells import DASHES
from targets.reading.draft import Draft
from targets.reading.goals import MIN_GOAL, goal_otherwise, is_goal_head, take_goal_below
from targets.reading.grid import Row
from targets.reading.labels import MID_FUNDS_FIELD, OF_YEAR, OTHER_FIELD, HeaderLabel, tight
from targets.reading.money import in_wan, is_money_head, under_head
from targets.reading.result import Place
from targets.reading.words import (
    ORDINAL,
    PRINTED_UNIT,
    SECTION_LIKE,
    SECTION_WORDS,
    WHOLE,
    YEAR_FIELDS,
)

FUNDS = ("funds.total", "funds.fiscal", "funds.other")
REQUIRED_FIELDS = (*HEADER_TEXTS, "funds.total")
YEAR = re.compile(r"(?<!\d)((?:19|20)\d{2})\s*年")
YEAR_OF_BUDGET = re.compile(r"(?<!\d)((?:19|20)\d{2})\s*年\s*度")
YEARS = re.compile(r"(?:19|20)\d{2}\s*年?\s*[-—–~～至]+\s*(?:19|20)\d{2}\s*年度?")
"""Several years, of which none is said to be that of the budget."""
SPLIT_YEAR = re.compile(r"(?<=\d)\s+(?=年)|(?<=年)\s+(?=度)")
DAY_LINE = re.compile(r"日期|时间|\d月\d{1,2}日")
FIELD_GAP = re.compile(r"\n|[ \u3000]{2,}")
"""What stands between two fields in one cell."""
MIN_ABOVE = 3
MAX_LABEL = 14
MONEY_IN = re.compile(r"\d|[—–-]$")
NO_LABEL = re.compile(r"[0-9０-９，。；,;]")
WHOLE_WORDS = {tight(word) for word in WHOLE}
HEADINGS = {tight(word) for word in SECTION_WORDS}
JOINED_BY = {"annual_goal": "\n"}


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
    kept = {}
    for i, text in row.filled():
        *front, last = FIELD_GAP.split(text.strip())
        unit = PRINTED_UNIT.fullmatch(tight(last))
        if unit:
            draft.funds_unit, kept[i] = unit[1], "".join(front).strip()
    return replace(row, cells=tuple(kept.get(i, text) for i, text in enumerate(row.cells))) if kept else row


def _labelled_lines(row: Row, draft: Draft) -> list[Row]:
    """Return a row for each part of a cell that holds several fields with their texts (年度资金总额：50 …), else []."""
    for index, cell in row.filled():
        lines = [line.strip() for line in FIELD_GAP.split(cell) if line.strip()]
        labels = [draft.labels.header(line) for line in lines]
        if len(lines) > 1 and all(label is not None and label.rest for label in labels):
            return [row.moved([line], [index]) for line in lines]
    return []


def _read_header_row(row: Row, draft: Draft, *, told: bool = False) -> None:
    if any(take(row, draft) for take in (is_goal_head, take_goal_below, is_money_head, _take_below)):
        return
    found = [(i, label) for i, cell in enumerate(row.cells) if cell and (label := draft.labels.header(cell))]
    in_funds = draft.money_columns or bool({"funds.fiscal", "funds.other"} & set(draft.texts))
    if not found and in_funds and "funds.total" not in draft.texts:
        found = [(i, HeaderLabel("funds.total")) for i, text in row.filled()[:2] if tight(text) in WHOLE_WORDS][:1]
    found = _annual_half(row, found, draft)
    if not found:
        _continue(row, draft)
        return
    before = [text for i, text in row.filled() if i < found[0][0]]
    front = replace(row, cells=row.cells[: found[0][0]])
    if len(before) > 1 and not _take_otherwise(front, draft):
        draft.note("other_field", row.at(row.filled()[0][0]), {"text": " ".join(before)})
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
    labels = [_label_or_whole(text, draft) for _i, text in row.filled()]
    above, draft.labels_above = draft.labels_above, None
    fields = {label.field for label in labels if label is not None}
    bare = not any(label is not None and label.rest for label in labels)
    whole = len(labels) >= MIN_ABOVE and None not in labels and OTHER_FIELD not in fields
    if bare and (whole or _over_amounts(row, fields)):
        draft.labels_above = row
        return False
    if above is None or not labels:
        return False
    named = {label.field for _i, text in above.filled() if (label := _label_or_whole(text, draft))}
    if named <= {*FUNDS, "funds", OTHER_FIELD}:
        words = [
            n
            for n, (_i, text) in enumerate(row.filled())
            if amount(text) is None and not DASHES.match(text) and text not in above.cells
        ]
        of_all = all((label := labels[n]) is not None and label.field in ("funds", "funds.total") for n in words)
        if len(words) > 1 or not of_all:
            draft.labels_above = above if len(words) < len(labels) else None
            return False
    elif any(label is not None for label in labels):
        return False
    under = {i: _column(row, i) for i, _text in row.filled()}
    taken: set[str] = set()
    for index, text in above.filled():
        at = next((i for i, column in under.items() if column == _column(above, index)), None)
        label = _label_or_whole(text, draft)
        if at is not None and label is not None and label.field not in taken and row.cells[at] != text:
            taken.add(label.field)
            draft.seen.pop(label.field, None)
            _take(row.moved([text, row.cells[at]], [at, at]), 0, 2, label, draft, told=True)
    return True


def _over_amounts(row: Row, fields: set[str]) -> bool:
    """Whether a row names several amounts, and holds nothing but labels."""
    texts = [text for _i, text in row.filled()]
    return len(fields & set(FUNDS)) > 1 and all(len(t) <= MAX_LABEL and not NO_LABEL.search(t) for t in texts)


def _label_or_whole(text: str, draft: Draft) -> HeaderLabel | None:
    return draft.labels.header(text) or (HeaderLabel("funds.total") if tight(text) in WHOLE_WORDS else None)


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


def _take(row: Row, index: int, end: int, label: HeaderLabel, draft: Draft, *, told: bool) -> None:
    """Take one field; `told`: that label and text stood in one cell was noted already."""
    values = [(i, text) for i, text in row.filled(index + 1) if i < end]
    if label.rest and label.field != OTHER_FIELD:
        if not told:
            draft.note("glued", row.at(index), {"raw": row.cells[index]})
        values.insert(0, (index + 1, label.rest))
    name = label.field
    if label.year is not None and draft.fiscal_year is None and name in (*FUNDS, "funds", "annual_goal"):
        draft.fiscal_year = label.year
    if name == MID_FUNDS_FIELD or label.year not in (None, draft.fiscal_year):
        draft.last_field = None
        if values and name != MID_FUNDS_FIELD:
            draft.note("other_field", row.at(index), {"text": " ".join([row.cells[index], *(t for _i, t in values)])})
        return
    if name == OTHER_FIELD:
        draft.last_field = None
        if tight(row.cells[index]).partition(":")[0] in YEAR_FIELDS:
            _take_year(" ".join([label.rest, *(text for _i, text in values)]), draft)
            return
        if values and goal_otherwise(row, draft):
            return
        if values or label.rest:
            text = " ".join([row.cells[index], *(text for _i, text in values)])
            draft.note("other_field", row.at(index), {"text": text})
        return
    if name == "funds":
        draft.funds_unit = label.unit or draft.funds_unit
        name = "funds.total" if values and not _is_part(values) else name
        if values and name == "funds":
            draft.last_field = None
            draft.note("other_field", row.at(index), {"text": " ".join([row.cells[index], *(t for _i, t in values)])})
            return
    again = name in draft.seen and bool(values) and name in draft.texts
    if again and name == "annual_goal" and OF_YEAR.search(tight(row.cells[index])) and not draft.goal_of_year:
        draft.note("other_field", draft.seen[name], {"text": draft.texts.pop(name)})
        again = False
    if again and label.own and name not in draft.own and name in HEADER_TEXTS:
        draft.note("other_field", draft.seen[name], {"text": draft.texts.pop(name)})
        draft.seen.pop(name)
    elif again:
        draft.note("twice", row.at(index), {"label": draft.label(name), "value": values[0][1]})
        return
    draft.seen.setdefault(name, row.at(index))
    draft.own |= {name} if label.own else set()
    draft.goal_of_year |= name == "annual_goal" and bool(OF_YEAR.search(tight(row.cells[index])))
    draft.last_field = name
    if not values:
        return
    if name in FUNDS and len(values) > 1 and tight(values[0][1]) in WHOLE_WORDS:
        values = values[1:]
    at, value = values[0]
    if name in FUNDS:
        if draft.money_of_year is not None:
            at, value = under_head(row, values, draft.money_of_year)
        elif not draft.money_columns:
            _note_extra(row, values[1:], draft)
        whole, colon, rest = value.replace("：", ":", 1).partition(":")
        value = rest.strip() if colon and tight(whole) in WHOLE_WORDS else value
        value = in_wan(value, row.at(at), name, draft, label.unit)
    elif _other_fields(values[1:], draft):
        behind = replace(row, cells=tuple(t if values[1][0] <= i < end else "" for i, t in enumerate(row.cells)))
        if not _take_otherwise(behind, draft):
            text = " ".join(text for _i, text in values[1:])
            draft.note("other_field", row.at(values[1][0]), {"text": text})
    elif len(values) > 1:
        value = " ".join(text for _i, text in values)
        draft.note("header_shifted", row.at(values[1][0]), {"value": value, "label": draft.label(name)})
    if at != index + 1 and not (name in FUNDS and draft.money_columns):
        draft.note("header_shifted", row.at(at), {"value": value, "label": draft.label(name)})
    if value:
        draft.texts[name] = value


def _is_part(values: list[tuple[int, str]]) -> bool:
    """Whether the amount behind 项目预算 is that of a part, not of the whole: 保洁 | 12."""
    words = tight(values[0][1]).rstrip(":")
    return len(values) > 1 and amount(values[0][1]) is None and words not in WHOLE_WORDS and not MONEY_IN.search(words)


def _other_fields(values: list[tuple[int, str]], draft: Draft) -> bool:
    """Whether the cells behind a text are labels nobody knows, each with its text: 是否新增 | 否."""
    labels = [text for _i, text in values[::2]]
    return bool(values) and len(values) % 2 == 0 and all(
        len(text) <= MAX_LABEL and not NO_LABEL.search(text) and draft.labels.header(text) is None for text in labels
    )


def _note_extra(row: Row, extra: list[tuple[int, str]], draft: Draft) -> None:
    for i, text in extra:
        draft.note("left_out", row.at(i), {"text": text})


def _is_heading(text: str) -> bool:
    """Whether this is a heading inside the form: 二、绩效指标."""
    words = tight(text)
    bare = ORDINAL.sub("", words, count=1)
    return words in HEADINGS or bare in HEADINGS or bool(SECTION_LIKE.match(bare))


def _continue(row: Row, draft: Draft) -> None:
    """A line without any label belongs to the text field above, if there is one."""
    filled, name = row.filled(), draft.last_field
    if len(filled) == 1 and _is_heading(filled[0][1]):
        draft.last_field = None
        return
    if row.separated and len(filled) > 1:
        # A label that nobody knows, with its text: not the rest of the field above.
        draft.last_field = None
        if _take_otherwise(row, draft):
            return
        if goal_otherwise(row, draft):
            return
        draft.note("other_field", row.at(filled[0][0]), {"text": " ".join(text for _i, text in filled)})
        return
    below = name == "annual_goal" and len(filled) == 1 and len(filled[0][1]) >= MIN_GOAL
    if name not in HEADER_TEXTS or (name not in draft.texts and row.separated and not below):
        _note_extra(row, filled, draft)
        return
    text = " ".join(text for _i, text in filled)
    before = draft.texts.get(name)
    draft.texts[name] = text if before is None else before + JOINED_BY.get(name, "") + text
    draft.note("continued", row.at(filled[0][0]), {"text": text, "label": draft.label(name)})


def _take_otherwise(row: Row, draft: Draft) -> bool:
    """Take what stands behind a label of one word, 项目 or 金额, where no other named the field; which is told."""
    filled = row.filled()
    if len(filled) % 2:
        return False
    pairs = list(zip(filled[::2], filled[1::2], strict=True))
    labels = [draft.labels.one_word(word) for (_i, word), _text in pairs]
    found = [
        (one, label)
        for one, label in zip(pairs, labels, strict=True)
        if label is not None
        and label.field not in draft.seen
        and (label.field not in FUNDS or MONEY_IN.search(tight(one[1][1])))
    ]
    for ((index, word), (at, _text)), label in found:
        draft.note("variant", row.at(index), {"labels": word})
        _take(row, index, at + 1, label, draft, told=True)
    draft.last_field = None
    return bool(found) and len(found) == len(pairs)


def _take_year(text: str, draft: Draft) -> None:
    match = re.search(r"(?<!\d)((?:19|20)\d{2})(?!\d)", tight(text))
    if match and draft.fiscal_year is None:
        draft.fiscal_year = int(match[1])


def read_year(lead: list[Row], draft: Draft) -> None:
    """Take the fiscal year, and the unit of money, from the lines above the table: the line nearest to it wins."""
    for row in lead:
        unit = PRINTED_UNIT.search(tight(" ".join(row.cells)))
        draft.funds_unit = unit[1] if unit else draft.funds_unit
    lines = [YEARS.sub("", " ".join(row.cells)) for row in reversed(lead)]
    texts = [text for line in lines for text in (SPLIT_YEAR.sub("", unicodedata.normalize("NFKC", line)), tight(line))]
    found = [YEAR_OF_BUDGET.search(text) for text in texts]
    found += [YEAR.search(text) for text in texts if not DAY_LINE.search(text)]
    draft.fiscal_year = next((int(match[1]) for match in found if match), None)


def finish_header(draft: Draft, first: Row) -> TableContent:
    """Return the content without indicators, and note the fields that the table does not have at all."""
    place = first.at()
    if draft.goal_otherwise is not None:
        at, label, text = draft.goal_otherwise
        kind = "other_field" if "annual_goal" in draft.texts else "goal_otherwise"
        draft.note(kind, at, {"label": label, "text": f"{label} {text}"})
        draft.texts.setdefault("annual_goal", text)
        draft.seen.setdefault("annual_goal", at)
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
