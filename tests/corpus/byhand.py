"""The cases made by hand: files of `hand/`, each written as Word, Excel and text with bars. Its README says how."""

from pathlib import Path

from targets.content import Funds, IndicatorContent, TableContent
from tests.corpus.carriers import CARRIERS
from tests.corpus.forms import Laid, Style
from tests.corpus.sampling import Case
from tests.targets.office import ABOVE, LEFT, Table

HAND = Path(__file__).parent / "hand"
CARRIED = ("docx", "xlsx", "bars")
MARKS = {"<": LEFT, "^": ABOVE}
MONEY = ("total", "fiscal", "other")


def by_hand() -> list[Case]:
    """Return every case of the folder, once for each carrier."""
    found = []
    for path in sorted(HAND.glob("*.txt")):
        form, expected, marks = _read(path.read_text("utf-8"))
        for carrier in CARRIED:
            ending, write = CARRIERS[carrier]
            tags = {"case": path.stem, "carrier": carrier}
            name = f"{path.stem}.{ending}"
            found.append(Case(name, write([form]), expected, tags, "unsure" in marks, "blank" in marks))
    return found


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
