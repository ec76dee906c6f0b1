"""The official layout of a target table, before it becomes Word, Excel or PDF: labels, texts, and which cells merge.

Five columns as on paper (NX-2022). The writers add only what their file format asks for.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from targets.content import IndicatorContent, TableContent
from targets.profiles import Category, Profile

WIDTHS_CM = (2.2, 2.8, 3.4, 5.2, 3.4)
"""Widths of the five columns; together the 17 cm between the margins of A4."""
SIDE_HEAD, SIDE = "名称", "绩效指标"
SIGNATURES = ("填报人（签字）：", "单位负责人（签字、盖章）：", "主管部门（盖章）：")
SIGNED_ON = "　　年　　月　　日"
NO_XML = re.compile("[^\t\n\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
"""Characters that XML 1.0 does not allow; an Office file that holds one does not open."""


@dataclass(frozen=True, slots=True)
class Mark:
    """What a printed table says of its version: the case's number, words such as 第1次报送, the check code."""

    number: str
    words: str
    code: str

    @property
    def line(self) -> str:
        """The line at the foot of each page."""
        return f"{self.number}　{self.words}　校验码 {self.code}"


@dataclass(frozen=True, slots=True)
class Line:
    """One row of the indicators. `family`, `category`: labels as printed; `*_rows`: how many rows the label spans,
    0 where it stands above; `*_again`: the label as it is repeated after a page break.
    """

    code: str
    name: str
    value: str
    family: str
    category: str
    family_again: str
    category_again: str
    family_rows: int = 0
    category_rows: int = 0


@dataclass(frozen=True, slots=True)
class Form:
    """One form. `head`: the rows of the upper part; `columns`: the head of the indicators."""

    title: str
    year_line: str
    project_name: str
    head: tuple[tuple["Cell", ...], ...]
    columns: tuple[str, ...]
    lines: tuple[Line, ...]
    mark: Mark | None = None
    funds_row: int = 3
    """The row of `head` in which the money begins; its first cell spans three rows."""

    def typed(self) -> Iterator[str]:
        """Yield the texts of the upper part in the order of the form: name, department, unit, attribute, period,
        three amounts, goal.
        """
        yield from (cell.text for row in self.head for cell in row if not cell.is_label)

    def texts(self) -> Iterator[tuple[str, str]]:
        """Yield every text that was typed, with the label of its place."""
        label = self.title
        for row in self.head:
            for cell in row:
                if cell.is_label:
                    label = cell.text
                else:
                    yield label, cell.text
        for line in self.lines:
            yield line.category.partition("（")[0], f"{line.name}\n{line.value}"


@dataclass(frozen=True, slots=True)
class Cell:
    """One cell of the upper part, from column `first` to column `last` (0 to 4), over `rows` rows."""

    text: str
    first: int
    last: int
    is_label: bool = False
    rows: int = 1


def form_of(*, content: TableContent, profile: Profile, mark: Mark | None = None) -> Form:
    """Return the form of a content: indicators in their order, and a blank row for each category without one."""
    own = content.cleaned()
    year = "　　　　" if own.fiscal_year is None else str(own.fiscal_year)
    return Form(
        title=profile.title,
        year_line=f"（{year}年度）",
        project_name=_legible(own.project_name),
        head=_head(own, profile),
        columns=(SIDE_HEAD, *(profile.columns[n][0] for n in ("family", "category", "name")), profile.value_label),
        lines=_lines(own, profile),
        mark=mark,
    )


def _head(own: TableContent, profile: Profile) -> tuple[tuple[Cell, ...], ...]:
    label = {name: words[0] for name, words in profile.header.items()}
    funds = own.funds
    money = f"{label['funds']}（{profile.funds_unit}）"
    found = [
        _pair(label["project_name"], own.project_name, 0, 4),
        (*_pair(label["department"], own.department, 0, 1), *_pair(label["unit"], own.unit, 2, 4)),
        (*_pair(label["attribute"], own.attribute, 0, 1), *_pair(label["period"], own.period, 2, 4)),
    ]
    amounts = (("funds.total", funds.total, "："), ("funds.fiscal", funds.fiscal, ""), ("funds.other", funds.other, ""))
    for n, (name, amount, colon) in enumerate(amounts):
        side = (Cell(money, 0, 0, True, rows=3),) if n == 0 else ()
        found.append((*side, *_pair(label[name] + colon, amount, 1, 4)))
    return (*found, _pair(label["annual_goal"], own.annual_goal, 0, 4))


def _pair(label: str, text: str | None, first: int, last: int) -> tuple[Cell, ...]:
    """Return a label in column `first` and its text in the columns behind it up to `last`."""
    return Cell(label, first, first, True), Cell(_legible(text), first + 1, last)


def _legible(text: str | None) -> str:
    """Return a typed text with U+FFFD for each character that no Office file may hold."""
    return NO_XML.sub("\ufffd", text or "")


def _lines(own: TableContent, profile: Profile) -> tuple[Line, ...]:
    order = {category.code: n for n, category in enumerate(profile.categories)}
    rows = list(own.indicators)
    for category in profile.categories:
        if not any(row.code == category.code for row in rows):
            at = next((i for i, row in enumerate(rows) if order.get(row.code, 0) > order[category.code]), len(rows))
            rows.insert(at, IndicatorContent(category.code))
    return tuple(_line(rows, n, profile) for n in range(len(rows)))


def _line(rows: list[IndicatorContent], n: int, profile: Profile) -> Line:
    row = rows[n]
    category = profile.category(row.code) or Category(row.code, row.code, (), "optional")
    family = next((f.label for f in profile.families if f.code == row.family), row.family)
    return Line(
        code=row.code,
        name=_legible(row.name),
        value=_legible(row.value),
        family=family,
        category=category.label,
        family_again=f"{family}（续）",
        category_again=f"{category.label.partition('（')[0]}（续）",
        family_rows=_run([r.family for r in rows], n),
        category_rows=_run([r.code for r in rows], n),
    )


def _run(keys: list[str], n: int) -> int:
    """Return how many equal keys begin at `n`; 0 when the one before is equal too."""
    if n and keys[n - 1] == keys[n]:
        return 0
    return next((i for i in range(n, len(keys)) if keys[i] != keys[n]), len(keys)) - n
