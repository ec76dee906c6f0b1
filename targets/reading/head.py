"""The head of the columns: which column holds what, and how a row's cells are laid under it.

Cells are laid by the share of a column that they cover, so that rows drawn by hand still fall under their heads.
"""

import re
from dataclasses import dataclass, field, replace

from targets.reading.grid import Row
from targets.reading.labels import MAX_HEAD, REMARK, Labels, kind_by_word, tight
from targets.reading.words import ALSO_COLUMNS, BELOW_VALUE, GROUPS, MID_BLOCKS, OTHER_COLUMNS, YEAR_BLOCKS

MIN_COVERED = 0.6
SIGNED = re.compile(r"^[≥≤＞＜><=＝]|^\d+(?:\.\d+)?(?:%|％|万?元|$)")
"""What begins as a value, and so is no township."""
OTHER, GROUP = "other", "group"
WORDS = {tight(word): name for name, words in ALSO_COLUMNS.items() for word in words}
WORDS |= {tight(word): OTHER for word in OTHER_COLUMNS}
WORDS |= {tight(word): GROUP for word in (*GROUPS, *MID_BLOCKS, *YEAR_BLOCKS)}
BELOW = {tight(word): name for name, words in BELOW_VALUE.items() for word in words}
YEAR = re.compile(r"(?<!\d)(?:19|20)\d{2}(?=\s*年)")
NAMED = ("family", "category", "name", "value")


@dataclass(frozen=True, slots=True)
class Head:
    """The head of a table. `columns`: index of each kind of column; `left_out`: index → its head as printed.

    `unknown`: heads that nobody knows; `values`: index → head of each of several columns of values (one a township);
    `mid` says that a mid-term half stands beside the annual one; `guessed` is an unknown head
    taken for the value.
    """

    row: Row
    columns: dict[str, int]
    left_out: dict[int, str] = field(default_factory=dict)
    unknown: tuple[str, ...] = ()
    values: dict[int, str] = field(default_factory=dict)
    mid: bool = False
    guessed: str = ""

    def is_again(self, before: "Head") -> bool:
        """Whether this is the same head on a new page: the same words, in the same column of the same part."""
        here, there = (min(head.columns.values(), default=0) for head in (self, before))
        drawn = self.row.spans and before.row.spans and self.row.part == before.row.part
        same = self.row.spans[here][0] == before.row.spans[there][0] if drawn else here == there
        return same and self.words() == before.words()

    @property
    def has_levels(self) -> bool:
        """Whether a column holds the levels of the indicators."""
        return bool({"family", "category"} & set(self.columns))

    def words(self) -> tuple[str, ...]:
        """Return the words of the head from its first known column on: what is left of it may differ on a new page."""
        return self.row.cells[min(self.columns.values(), default=0) :]

    def fit(self, row: Row) -> Row:
        """Return the row with its cells under this head, without the columns that are left out."""
        if not row.spans or not self.row.spans:
            if not self.left_out or not any(i < len(row.cells) and row.cells[i] for i in self.left_out):
                return row
            kept = ["" if i in self.left_out else text for i, text in enumerate(row.cells)]
            return row.moved(kept, range(len(kept)))
        if len(row.cells) == len(self.row.cells) and row.part != self.row.part:
            slots = {i: [i] for i in range(len(row.cells))}
        else:
            slots = self._slots(row)
        width = max(len(self.row.cells), *(i + 1 for i in slots)) if slots else len(self.row.cells)
        joined = {self.columns.get(kind) for kind in ("value", "symbol", "unit")}
        cells: list[str] = []
        origins: list[int] = []
        beside: list[int] = []
        for slot in range(width):
            inside = slots.get(slot, [])
            full = [i for i in inside if row.cells[i]] or inside
            if len(full) > 1 and slot not in joined and slot not in self.left_out:
                # Two cells under one head: the longer is meant; a running number is not, anything else is told.
                main = max(full, key=lambda i: len(row.cells[i]))
                beside += [i for i in full if i != main and not row.cells[i].isdigit()]
                full = [main]
            cells.append("" if slot in self.left_out else "".join(row.cells[i] for i in full))
            origins.append(full[0] if full else (origins[-1] if origins else 0))
        return row.moved([*cells, *(row.cells[i] for i in beside)], [*origins, *beside])

    def slots_in_order(self) -> dict[str, int]:
        """Return the column of each level, name and value once they stand in the order of the form."""
        named = [kind for kind in NAMED if kind in self.columns]
        return dict(zip(named, sorted(self.columns[kind] for kind in named), strict=True))

    def in_order(self, row: Row) -> Row:
        """Return a row laid under this head with levels, name and value in the order of the form."""
        moved = {to: self.columns[kind] for kind, to in self.slots_in_order().items()}
        if all(to == at for to, at in moved.items()) or not row.cells:
            return row
        width = max(len(row.cells), *(to + 1 for to in moved))
        sources = [moved.get(i, i) for i in range(width)]
        cells = [row.cells[at] if at < len(row.cells) else "" for at in sources]
        return row.moved(cells, [min(at, len(row.cells) - 1) for at in sources])

    def joins_value(self, row: Row) -> bool:
        """Whether several filled cells of this row lie under the one head of the value."""
        inside = (
            self._slots(row).get(self.columns.get("value", -1), []) if row.spans and self.row.spans else []
        )
        return sum(bool(row.cells[i]) for i in inside) > 1

    def is_crossed_by(self, row: Row, label: int) -> bool:
        """Whether the last cell of a row, right of its label, lies under name and value, from left of both."""
        if not {"name", "value"} <= set(self.columns) or not row.spans or not self.row.spans or label in row.merged:
            return False
        name, value = (self.row.spans[self.columns[kind]] for kind in ("name", "value"))
        start, end = row.spans[row.filled()[-1][0]]
        return start < name[0] and end >= value[1] and row.spans[label][1] <= name[0]

    def above(self, row: Row, index: int) -> int | None:
        """Return the column of this head that a cell of the row below stands under; in text a blank head goes on."""
        if row.spans and self.row.spans:
            return self._slot(*row.spans[index])
        return next((i for i in range(min(index, len(self.row.cells) - 1), -1, -1) if self.row.cells[i]), None)

    def word_above(self, row: Row, index: int) -> str:
        """Return the head that a cell of the row below stands under."""
        at = self.above(row, index)
        return self.row.cells[at] if at is not None and at < len(self.row.cells) else ""

    def _slots(self, row: Row) -> dict[int, list[int]]:
        """Return for each column of the head the cells that lie under it; cells beside the head come last."""
        slots: dict[int, list[int]] = {}
        for index, (start, end) in enumerate(row.spans):
            slot = self._slot(start, end)
            slots.setdefault(len(self.row.cells) + index if slot is None else slot, []).append(index)
        return slots

    def _slot(self, start: int, end: int) -> int | None:
        shared = [min(end, e) - max(start, s) for s, e in self.row.spans]
        covered = (
            i
            for i, (s, e) in enumerate(self.row.spans)
            if shared[i] > 0 and shared[i] >= MIN_COVERED * (e - s)
        )
        widest = max(range(len(shared)), key=lambda i: shared[i], default=None)
        return next(covered, widest if widest is not None and shared[widest] > 0 else None)


def find_head(row: Row, labels: Labels) -> Head | None:
    """Return the head that this row is, or None."""
    if not labels.columns(row.cells):
        return None
    return _head(row, labels, {i: kind for kind, i in labels.columns(row.cells).items()})


def refined(head: Head, row: Row, labels: Labels) -> Head | None:
    """Return the head with a second row of heads below it (值 | 单位), or None when this row is none."""
    texts = [tight(text) for _i, text in row.filled()]
    if not texts or len(texts) > 40:
        return None
    if not all(text in BELOW or labels.column(text) or WORDS.get(text) == OTHER for text in texts):
        return _several_values(head, row, labels)
    if not any(text in BELOW or WORDS.get(text) == OTHER for text in texts):
        return None
    cells, below = [], {}
    for index, text in enumerate(row.cells):
        if text:
            known = WORDS.get(tight(text)) if WORDS.get(tight(text)) == OTHER else None
            below[index] = BELOW.get(tight(text)) or known or labels.column(text) or OTHER
            cells.append(text)
            continue
        above = head._slot(*row.spans[index]) if row.spans and head.row.spans else index
        cells.append(head.row.cells[above] if above is not None and above < len(head.row.cells) else "")
    if not row.spans:
        rest = head.row.cells[len(cells) :]
        cells += [
            "" if labels.column(text) == "value" and "value" in below.values() else text for text in rest
        ]
    whole = Row(
        row.line, tuple(cells), True, part=row.part, order=row.order, spans=row.spans, numbers=row.numbers,
    )  # fmt: skip
    return _head(whole, labels, below)


def _several_values(head: Head, row: Row, labels: Labels) -> Head | None:
    """Return the head whose value column is divided, one column for each township, unit or quarter."""
    at = head.columns.get("value")
    if at is None:
        return None
    under = [i for i, _text in row.filled() if head.above(row, i) == at]
    named = any(labels.category(text) or labels.family(text) for _i, text in row.filled())
    if len(under) < 2 or len(under) != len(row.filled()) or named or any(SIGNED.match(row.cells[i]) for i in under):
        return None
    cells = [text or head.word_above(row, i) for i, text in enumerate(row.cells)]
    cells += head.row.cells[len(cells) :] if not row.spans else ()
    whole = Row(row.line, tuple(cells), True, (), row.part, row.order, row.spans, row.numbers)
    found = _head(whole, labels, {under[0]: "value", **dict.fromkeys(under[1:], GROUP)})
    return replace(found, values={i: row.cells[i] for i in under})


def _head(row: Row, labels: Labels, below: dict[int, str]) -> Head:
    kinds = {i: kind for i, text in row.filled() if (kind := below.get(i) or _kind(text, labels))}
    columns: dict[str, int] = {}
    for index, kind in list(kinds.items()):
        if kind in (OTHER, GROUP):
            continue
        before = columns.get(kind)
        if before is not None and labels.rank(row.cells[before]) != labels.rank(row.cells[index]):
            # Two words for one thing: the surer one is meant (三级指标 beside 指标内容), the other is left out.
            surer, other = sorted((before, index), key=lambda i: labels.rank(row.cells[i]))
            columns[kind], kinds[other] = surer, OTHER
            continue
        columns[kind] = index
    left_out = {i: row.cells[i] for i, kind in kinds.items() if kind == OTHER}
    side = columns.get("family", 0)
    unknown = {i: text for i, text in row.filled() if i not in kinds and i > side}
    if "value" not in columns and "name" in columns:
        # A head that nobody knows, right of the name, where no other can be the value: read as such, and told.
        behind = [i for i in unknown if i > columns["name"]]
        if behind:
            columns["value"] = behind[0]
            taken = unknown.pop(behind[0])
            return Head(row, columns, left_out | unknown, (taken, *unknown.values()), guessed=taken)
    twice = [i for i, kind in kinds.items() if kind in NAMED[1:] and i != columns[kind]]
    if twice:
        # The half that is left out ends where the annual half begins: all of it is left of the last 二级/三级指标.
        half = [
            i
            for i, _text in row.filled()
            if min(twice) <= i < min(i for i in columns.values() if i > min(twice))
        ]
        left_out |= {i: row.cells[i] for i in {*twice, *half} if i not in columns.values()}
    return Head(row, columns, left_out | unknown, tuple(unknown.values()), mid=bool(twice))


def of_year(head: Head, year: int | None, labels: Labels) -> Head:
    """Return the head with the value of the budget year, where several columns of values name years of their own.

    Where none of them is `year`, the last stands, and is told with every row.
    """
    kinds = {i: _kind(text, labels) for i, text in head.row.filled()}
    dated = {i: int(m[0]) for i, kind in kinds.items() if kind == "value" and (m := YEAR.search(head.row.cells[i]))}
    if len(set(dated.values())) < 2 or list(kinds.values()).count("name") > 1:
        return head
    at = next((i for i, one in dated.items() if one == year), None)
    chosen = max(dated, key=lambda i: dated[i]) if at is None else at
    others = {i: head.row.cells[i] for i, kind in kinds.items() if kind == "value" and i != chosen}
    left_out = {i: text for i, text in head.left_out.items() if i != chosen} | others
    told = head.row.cells[chosen] if at is None else ""
    return replace(head, columns={**head.columns, "value": chosen}, left_out=left_out, mid=False, guessed=told)


def _kind(text: str, labels: Labels) -> str | None:
    """Return what a column with this head holds, or None when nobody knows the word."""
    if len(text) > MAX_HEAD:
        return None
    words = tight(text)
    known = labels.column(text) or WORDS.get(words) or WORDS.get(REMARK.sub("", words))
    return known or kind_by_word(words)
