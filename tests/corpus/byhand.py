"""The cases made by hand: files of `hand/`, each written as Word, Excel and text with bars, or in the carriers that its
first line names, and what stands written by other programs in `hand/files/`. Its README says how."""

from pathlib import Path

from targets.content import Funds, IndicatorContent, TableContent
from tests.corpus.carriers import CARRIERS
from tests.corpus.forms import Laid, Style
from tests.corpus.sampling import Case
from tests.corpus.wild import WILD
from tests.targets.office import ABOVE, LEFT, Table

HAND = Path(__file__).parent / "hand"
CARRIED = ("docx", "xlsx", "bars")
ALL = CARRIERS | WILD
MARKS = {"<": LEFT, "^": ABOVE}
MONEY = ("total", "fiscal", "other")


def by_hand(first: int = 0, last: int = 999) -> list[Case]:
    """Return every case whose number is in the range, once for each carrier."""
    found = []
    for path in sorted(HAND.glob("*.txt")):
        if not first <= int(path.stem.partition("-")[0]) <= last:
            continue
        carriers, text = _carriers(path.read_text("utf-8"))
        form, expected, marks = _read(text)
        made = []
        for carrier in carriers:
            ending, write = ALL[carrier]
            made.append((carrier, ending, write([form])))
        for kept in sorted((HAND / "files").glob(f"{path.stem}.*")):
            made.append((f"kept {kept.suffix[1:]}", kept.suffix[1:], kept.read_bytes()))
        for carrier, ending, data in made:
            tags = {"case": path.stem, "carrier": carrier}
            name = f"{path.stem}.{carrier}.{ending}"
            found.append(Case(name, data, expected, tags, "unsure" in marks, "blank" in marks))
    return found


def _carriers(text: str) -> tuple[tuple[str, ...], str]:
    """Return the carriers that the first line names, or the usual ones, and the rest."""
    if not text.startswith("@"):
        return CARRIED, text
    first, _end, rest = text.partition("\n")
    return tuple(first[1:].split()), rest


def _read(text: str) -> tuple[Laid, list[TableContent], set[str]]:
    drawn, *wanted = text.split("\n===\n")
    above, table, below = (part.strip("\n").split("\n") for part in f"\n{drawn}\n".split("\n---\n"))
    cells = [[MARKS.get(cell, cell.replace("\\n", "\n")) for cell in _cells(line)] for line in table]
    width = max(map(len, cells))
    rows: list[list[object]] = [[*row, *[""] * (width - len(row))] for row in cells]
    marks = {line[2:].strip() for part in wanted for line in part.split("\n") if line.startswith("! ")}
    expected = [] if "blank" in marks else [_content(part) for part in wanted]
    form = Laid([t for t in above if t], Table(rows), [t for t in below if t], TableContent(), Style())
    return form, expected, marks


def _cells(line: str) -> list[str]:
    return [cell.strip(" ") for cell in line.split("|")]


def _content(text: str) -> TableContent:
    fields: dict[str, str] = {}
    rows = []
    for line in text.split("\n"):
        if " | " in line:
            code, name, value = (cell.replace("\\n", "\n") for cell in _cells(line))
            rows.append(IndicatorContent(code, name, value or None))
        elif ": " in line:
            key, _colon, value = line.partition(": ")
            fields[key] = value.replace("\\n", "\n")
    funds = Funds(**{name: fields.pop(name, None) for name in MONEY})
    year = fields.pop("fiscal_year", None)
    return TableContent(**fields, fiscal_year=int(year) if year else None, funds=funds, indicators=tuple(rows))
