"""What was read against what is true: right, wrong and marked, wrong and unmarked, right and marked.

An indicator is right when category, name and value are exact. It counts as marked when a problem stands at its row,
or when a problem quotes it. Texts from a PDF are compared without blanks, which a PDF does not keep.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from decimal import Decimal
from difflib import SequenceMatcher

from targets.content import TableContent, amount
from targets.reading import Reading, ReadTable, read
from tests.corpus.sampling import Case
from tests.targets.office import read_here

HEADER = ("project_name", "department", "unit", "attribute", "period", "fiscal_year", "annual_goal")
MONEY = ("total", "fiscal", "other")


@dataclass(slots=True)
class Score:
    """Counts of one file or of many. `wrong` holds a line for each thing that is not right."""

    indicators: int = 0
    right: int = 0
    unmarked: int = 0
    right_marked: int = 0
    fields: int = 0
    fields_right: int = 0
    fields_unmarked: int = 0
    fields_right_marked: int = 0
    wrong: list[str] = field(default_factory=list)

    def add(self, other: "Score") -> None:
        """Add the counts of another score."""
        for name in (
            "indicators",
            "right",
            "unmarked",
            "right_marked",
            "fields",
            "fields_right",
            "fields_unmarked",
            "fields_right_marked",
        ):
            setattr(self, name, getattr(self, name) + getattr(other, name))
        self.wrong += other.wrong

    @property
    def share_right(self) -> float:
        """Return the share of indicators that are right."""
        return self.right / self.indicators if self.indicators else 1.0

    @property
    def share_marked(self) -> float:
        """Return the share of right indicators that are marked all the same."""
        return self.right_marked / self.right if self.right else 0.0


def reading_of(case: Case) -> Reading:
    """Return what is read of a case; what goes to the child process is read here, the same way."""
    if case.name.endswith((".txt", ".csv")):
        return read(name=case.name, data=case.data)
    return read_here(case.name, case.data)


def score(case: Case) -> Score:
    """Return the score of one file."""
    found, result = reading_of(case), Score()
    loose = case.name.endswith(".pdf")
    if case.blank:
        code = found.refused.code if found.refused else "read"
        return result if code == "blank_form" else Score(1, 0, 1, wrong=[f"{case.name}: a blank form gave {code}"])
    pairs, extra = _paired(case.expected, found.tables)
    for expected, table in pairs:
        _score_table(case.name, expected, table, result, loose, case.unsure)
    for table in extra:
        result.unmarked += len(table.content.indicators)
        result.indicators += len(table.content.indicators)
        result.wrong.append(f"{case.name}: a table that is not there: {table.content.project_name}")
    if found.refused and case.expected:
        result.wrong.append(f"{case.name}: refused {found.refused.code}")
    return result


def _paired(
    expected: list[TableContent], tables: Iterable[ReadTable]
) -> tuple[list[tuple[TableContent, ReadTable | None]], list[ReadTable]]:
    left, pairs = list(tables), list[tuple[TableContent, ReadTable | None]]()
    for n, content in enumerate(expected):
        need = len(expected) - n
        names = {i.name for i in content.indicators}
        first = left[0] if left else None
        if first is not None and len(left) < need and not names & {i.name for i in first.content.indicators}:
            first = None
        pairs.append((content, first))
        left = left[1:] if first is not None else left
    return pairs, left


def _plain(value: object, loose: bool) -> object:
    if isinstance(value, str):
        return "".join(value.split()) if loose else value
    return value


def _score_table(
    name: str, expected: TableContent, table: ReadTable | None, result: Score, loose: bool, unsure: bool
) -> None:
    expected = expected.cleaned()
    result.indicators += len(expected.indicators)
    if table is None:
        result.wrong.append(f"{name}: a table was not found: {expected.project_name}")
        return
    rows = Counter((p.place.part, p.place.line) for p in table.problems)
    told = " ".join(f"{text}" for p in table.problems for text in p.facts.values())
    if unsure or any(row.code == "?" for row in expected.indicators):
        expected = _as_read(expected, table, rows, result, name, unsure)
    quoted = {text for p in table.problems for text in p.facts.values()}
    want = [tuple(_plain(x, loose) for x in (i.code, i.name, i.value)) for i in expected.indicators]
    got = [tuple(_plain(x, loose) for x in (i.code, i.name, i.value)) for i in table.content.indicators]
    for op, i1, i2, j1, j2 in SequenceMatcher(None, want, got, autojunk=False).get_opcodes():
        places = table.rows[j1:j2]
        marked = [
            bool(rows[place.part, place.line]) or bool({row.name, row.value} & quoted)
            for place, row in zip(places, table.content.indicators[j1:j2], strict=True)
        ]
        if op == "equal":
            result.right += i2 - i1
            result.right_marked += sum(bool(rows[place.part, place.line]) for place in places)
            continue
        missing = [w for w in want[i1:i2] if not any(str(x) in told for x in w[1:] if x)]
        silent = sum(not m for m in marked)
        count = max(silent, 0 if any(marked) else len(missing))
        result.unmarked += count
        sign = "UNMARKED" if count else "marked"
        result.wrong.append(f"{name}: {sign}: wanted {want[i1:i2]} got {got[j1:j2]}")
    _score_fields(name, expected, table, result, told, loose)


def _as_read(
    expected: TableContent, table: ReadTable, rows: Counter[tuple[object, int]], result: Score, name: str, unsure: bool
) -> TableContent:
    """Return what is expected with each open category as it was read; where that was not marked, it counts."""
    read = {
        (row.name, row.value): (row.code, place)
        for row, place in zip(table.content.indicators, table.rows, strict=True)
    }
    found = []
    for row in expected.indicators:
        code, place = read.get((row.name, row.value), (row.code, None))
        is_open = unsure or row.code == "?"
        if is_open and place is not None and not rows[place.part, place.line]:
            result.unmarked += 1
            result.wrong.append(f"{name}: UNMARKED category of {row.name}: {code}")
        found.append(replace(row, code=code) if is_open else row)
        if is_open and place is not None:
            rows[place.part, place.line] = 0
    return replace(expected, indicators=tuple(found))


def _score_fields(name: str, expected: TableContent, table: ReadTable, result: Score, told: str, loose: bool) -> None:
    wanted = {n: _plain(getattr(expected, n), loose) for n in HEADER} | {
        m: _amount(getattr(expected.funds, m)) for m in MONEY
    }
    content = table.content
    got = {n: _plain(getattr(content, n), loose) for n in HEADER} | {
        m: _amount(getattr(content.funds, m)) for m in MONEY
    }
    for key, value in wanted.items():
        result.fields += 1
        if value == got[key]:
            result.fields_right += 1
            continue
        marked = (key == "fiscal_year" and any(p.code == "STR-11" for p in table.problems)) or any(
            str(x) in told for x in (value, got[key]) if x is not None
        )
        result.fields_unmarked += not marked
        result.wrong.append(f"{name}: field {key}{'' if marked else ' UNMARKED'}: wanted {value!r} got {got[key]!r}")


def _amount(text: str | None) -> Decimal | str | None:
    return None if text is None else amount(text) if amount(text) is not None else text


def scores(cases: Iterable[Case]) -> tuple[Score, dict[tuple[str, str], Score]]:
    """Return the score of all cases, and of each choice in each dimension."""
    whole, by_tag = Score(), defaultdict[tuple[str, str], Score](Score)
    for case in cases:
        one = score(case)
        whole.add(one)
        for tag in case.tags.items():
            by_tag[tag].add(one)
    return whole, dict(by_tag)
