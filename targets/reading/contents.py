"""The head of the columns held against what stands below it: levels repeat labels, signs are signs, values values.

By contents a head is corrected whose words say otherwise, and one is found whose words nobody knows. Pure; for `rows`.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import islice

from targets.reading.cells import is_measure, is_value
from targets.reading.grid import Row
from targets.reading.head import OTHER, Head, find_head
from targets.reading.labels import Labels, kind_by_word, tight
from targets.reading.words import FOOT, NO_SYMBOL, NUMBERED_ALONE, SIGNS

DEPTH = 40
"""Rows below a head that are looked at."""
NEAR = 2
"""A head that nobody knows has its first label within so many rows."""
MOST, HALF, FEW = 0.8, 0.5, 0.2
MIN_HEADS, MAX_HEADS, MIN_ROWS = 3, 30, 2


@dataclass(frozen=True, slots=True)
class Column:
    """What stands under one head: the share of its texts that name a family, a category, a sign, a value."""

    count: int
    family: float
    category: float
    label: float
    sign: float
    has_sign: bool
    measure: float
    value: float
    number: float


def column_of(texts: Sequence[str], labels: Labels) -> Column:
    """Return what the texts of one column are."""
    count = len(texts)

    def share(hits: Sequence[bool]) -> float:
        return sum(hits) / count if count else 0.0

    families = [_is_family(text, labels) for text in texts]
    categories = [_is_category(text, labels) for text in texts]
    signs = [tight(text) in SIGNS for text in texts]
    return Column(
        count,
        share(families),
        share(categories),
        share([one or other for one, other in zip(families, categories, strict=True)]),
        share([sign or tight(text) in NO_SYMBOL for sign, text in zip(signs, texts, strict=True)]),
        any(signs),
        share([is_measure(text) for text in texts]),
        share([is_value(text) for text in texts]),
        share([text.isdigit() or bool(NUMBERED_ALONE.match(text)) for text in texts]),
    )


def _is_family(text: str, labels: Labels) -> bool:
    label = labels.family(text)
    return label is not None and not label.rest


def _is_category(text: str, labels: Labels) -> bool:
    label = labels.category(text)
    return label is not None and not label.rest


def corrected(head: Head, below: Sequence[Row], labels: Labels) -> Head:
    """Return the head with its column of signs and its levels as what stands below them says; else the head itself."""
    if head.mid or head.values:
        return head
    rows = _body(below, labels)
    if len(rows) < MIN_ROWS:
        return head
    texts = _texts(head, rows)
    head = _value(head, texts, labels)
    return _levels(_signs(_numbers(head, texts, labels), texts, labels), texts, labels)


def _value(head: Head, texts: dict[int, list[str]], labels: Labels) -> Head:
    """Where no head is that of the value, take the column right of the names that holds values, and tell every row."""
    if "value" in head.columns or "name" not in head.columns:
        return head
    taken = set(head.columns.values())
    kinds = {at: column_of(inside, labels) for at, inside in texts.items() if at > head.columns["name"] and inside}
    found = [at for at, one in kinds.items() if at not in taken and one.value >= MOST and one.number < MOST]
    if not found:
        return head
    left_out = {at: text for at, text in head.left_out.items() if at != found[0]}
    unknown = tuple(text for text in head.unknown if text != head.row.cells[found[0]])
    columns, told = {**head.columns, "value": found[0]}, head.row.cells[found[0]]
    return replace(head, columns=columns, left_out=left_out, unknown=unknown, guessed=told)


def _numbers(head: Head, texts: dict[int, list[str]], labels: Labels) -> Head:
    """Leave out a column of running numbers between the levels and the names."""
    taken = {*head.columns.values(), *head.left_out}
    first = min(head.columns.values(), default=0)
    free = [at for at in texts if at not in taken and first < at < head.columns.get("name", 0) and texts[at]]
    found = {at: head.row.cells[at] for at in free if column_of(texts[at], labels).number >= MOST}
    return replace(head, left_out={**head.left_out, **found}) if found else head


def _signs(head: Head, texts: dict[int, list[str]], labels: Labels) -> Head:
    """Take the column that holds ≥ and ≤ for that of the signs, whatever its head calls it."""
    now, value = head.columns.get("symbol"), head.columns.get("value")
    name = head.columns.get("name", -1)
    if value is None or (now is not None and any(tight(text) in SIGNS for text in texts.get(now, []))):
        return head
    found = [
        at
        for at, inside in texts.items()
        if at > name and at not in (value, now) and (one := column_of(inside, labels)).has_sign and one.sign >= MOST
    ]
    if len(found) != 1:
        return head
    columns = {**head.columns, "symbol": found[0]}
    left_out = {at: text for at, text in head.left_out.items() if at != found[0]}
    if now is not None:
        left_out[now] = head.row.cells[now]
    unknown = tuple(text for text in head.unknown if text != head.row.cells[found[0]])
    return replace(head, columns=columns, left_out=left_out, unknown=unknown)


def _levels(head: Head, texts: dict[int, list[str]], labels: Labels) -> Head:
    """Where 一级指标 holds what is a second level and 二级指标 holds the names, the head names them one too high."""
    columns = head.columns
    if "name" in columns or not {"family", "category"} <= set(columns):
        return head
    first = column_of(texts.get(columns["family"], []), labels)
    second = column_of(texts.get(columns["category"], []), labels)
    if first.category < MOST or not second.count or second.label > FEW:
        return head
    moved = {kind: at for kind, at in columns.items() if kind not in ("family", "category")}
    return replace(head, columns={**moved, "category": columns["family"], "name": columns["category"]})


def found_head(row: Row, below: Sequence[Row], labels: Labels) -> Head | None:
    """Return the head that this row is by what stands below it, though its words do not say so; else None."""
    heads = [text for _i, text in row.filled()]
    if not MIN_HEADS <= len(heads) <= MAX_HEADS:
        return None
    near = islice((one for one in islice(below, DEPTH) if not one.blank), NEAR)
    front = [text for one in near for text in one.cells[:4] if text]
    if not any(_is_category(text, labels) or _is_family(text, labels) for text in front):
        return None
    if any(text.isdigit() or is_measure(text) or _is_category(text, labels) for text in heads):
        return None
    if any((label := labels.header(text)) and label.rest for text in heads):
        return None
    rows = _body(below, labels)
    if len(rows) < MIN_ROWS:
        return None
    whole = _divided(row, rows)
    plain = Head(whole, {})
    texts = _texts(plain, rows)
    kinds = {at: column_of(inside, labels) for at, inside in texts.items() if inside}
    levels = [at for at, one in kinds.items() if one.label >= HALF]
    if not levels or levels != sorted(levels) or len(levels) > 2:
        return None
    right = {at: one for at, one in kinds.items() if at > levels[-1] and one.number < MOST}
    words = {at: _word(whole.cells[at], labels) for at in right}
    name = next((at for at, one in right.items() if one.measure <= FEW and words[at] in ("name", None)), None)
    values = [at for at, word in words.items() if word == "value" and name is not None and at > name]
    if name is None or not values:
        return None
    columns = {"category": levels[-1], "name": name, "value": values[-1]}
    if len(levels) == 2:
        columns["family"] = levels[0]
    columns |= {word: at for at, word in words.items() if word in ("symbol", "unit")}
    taken = set(columns.values())
    numbers = {at for at, one in kinds.items() if at > levels[-1] and one.number >= MOST and at not in taken}
    left_out = {at: whole.cells[at] for at in {*right, *numbers} if at not in taken}
    unknown = tuple(text for at, text in left_out.items() if at in words and words[at] is None)
    return _signs(Head(whole, columns, left_out, unknown), texts, labels)


def headless(rows: Sequence[Row], labels: Labels) -> Head | None:
    """Return a head without words for rows that have none, where columns of numbers or of one word stand among them."""
    body = _body(rows, labels)
    if len(body) < MIN_HEADS:
        return None
    widest = max(body, key=lambda one: len(one.cells))
    bare = replace(widest, cells=("",) * len(widest.cells), merged=frozenset(), markup=())
    texts = {at: inside for at, inside in _texts(Head(bare, {}), body).items() if inside}
    kinds = {at: column_of(inside, labels) for at, inside in texts.items()}
    levels = [at for at, one in kinds.items() if one.label >= HALF]
    right = [at for at in kinds if levels and at > levels[-1]]
    label_only = [at for at in right if len(set(texts[at])) == 1 and labels.column(texts[at][0]) == "value"]
    idle = [at for at in right if at in label_only or kinds[at].number >= MOST]
    free = [at for at in right if at not in idle]
    if len(levels) != 2 or not idle or len(free) != 2 or kinds[free[0]].measure > FEW:
        return None
    columns = dict(zip(("family", "category", "name", "value"), (*levels, *free), strict=True))
    return Head(bare, columns, dict.fromkeys(idle, ""))


def _word(text: str, labels: Labels) -> str | None:
    return labels.column(text) or kind_by_word(tight(text)) if text else OTHER


def _body(below: Sequence[Row], labels: Labels) -> list[Row]:
    """Return the rows of indicators below a head, up to the next head, an empty row or the foot."""
    rows: list[Row] = []
    for row in islice(below, DEPTH):
        filled = row.filled()
        if not filled or labels.columns(row.cells) or FOOT.match(tight(filled[0][1])):
            break
        rows.append(row)
    return rows


def _texts(head: Head, rows: Sequence[Row]) -> dict[int, list[str]]:
    """Return the texts under each column of the head."""
    found: dict[int, list[str]] = {at: [] for at in range(len(head.row.cells))}
    for row in rows:
        for index, text in row.filled():
            at = head.above(row, index) if row.spans and head.row.spans else index
            if at is not None and at in found:
                found[at].append(text)
    return found


def _divided(row: Row, rows: Sequence[Row]) -> Row:
    """Return the head with a cell for each column below it, where one of its cells lies over several."""
    if not row.spans:
        return row
    widest = max(rows, key=lambda one: len(one.cells)).spans
    cells: list[str] = []
    spans: list[tuple[int, int]] = []
    numbers: list[int] = []
    for index, (start, end) in enumerate(row.spans):
        inside = [span for span in widest if start <= span[0] and span[1] <= end]
        parts = inside if len(inside) > 1 else [(start, end)]
        cells += [row.cells[index]] + [""] * (len(parts) - 1)
        spans += parts
        numbers += [row.numbers[index] if index < len(row.numbers) else index + 1] * len(parts)
    return replace(row, cells=tuple(cells), spans=tuple(spans), numbers=tuple(numbers), merged=frozenset(), markup=())


def head_of(row: Row, above: Row | None, labels: Labels) -> Head | None:
    """Return the head that this row is by its words; of the row above too where it has none of a value."""
    head = find_head(row, labels)
    if head is None or "value" in head.columns or above is None or labels.columns(above.cells):
        return head
    width = len(row.cells) if row.spans else max(len(row.cells), len(above.cells))
    own = [*row.cells, *[""] * (width - len(row.cells))]
    cells = tuple(text or _over(above, row, index) for index, text in enumerate(own))
    whole = find_head(replace(row, cells=cells), labels)
    return whole if whole is not None and "value" in whole.columns and not whole.guessed else head


def _over(above: Row, row: Row, index: int) -> str:
    if not row.spans or not above.spans:
        return above.cells[index] if index < len(above.cells) else ""
    start, end = row.spans[index]
    return next((above.cells[i] for i, (s, e) in enumerate(above.spans) if s <= start and end <= e), "")
