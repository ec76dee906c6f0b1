"""The review sheet (审核表) as a ruled form: what was looked at, grades, points of key projects, opinions, signatures.

Pure. Its words are data/review_sheet.toml; what is on it comes from targets.sheets.
"""

import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import Any

from targets.export.layout import NO_XML
from targets.export.ruled import Ruled, RuledCell, RuledRow, Span

FILE = Path(__file__).parents[1] / "data" / "review_sheet.toml"
GENERAL_CM = (2.2, 2.6, 8.4, 3.8)
KEY_CM = (2.0, 2.4, 6.4, 3.4, 1.3, 1.5)
TICKED, BLANK = "■", "□"


@dataclass(frozen=True, slots=True)
class Opinion:
    """One decision as it stands on the sheet: the step, the verdict, the words, who signed for whom, which day."""

    step: str
    verdict: str
    words: str
    signed: str
    day: str


@dataclass(frozen=True, slots=True)
class SheetContent:
    """What one review sheet says. `grades`: block or "overall" → excellent, good, fair, poor; nothing: to fill in by
    hand. `points`: item → points, for key projects. Texts as typed, `funds` in 万元.
    """

    project_name: str
    department: str
    unit: str
    funds: str
    submission: str
    is_key: bool = False
    grades: Mapping[str, str] = field(default_factory=dict)
    points: Mapping[str, Any] = field(default_factory=dict)
    opinions: Sequence[Opinion] = ()
    mark: str = ""


@cache
def words() -> dict[str, Any]:
    """Return the sheet's words and items."""
    return tomllib.loads(FILE.read_text("utf-8"))


def sheet_of(content: SheetContent) -> Ruled:
    """Return the review sheet as a ruled form."""
    said = words()
    kind = "key" if content.is_key else "general"
    last = len(KEY_CM if content.is_key else GENERAL_CM) - 1
    columns = tuple(RuledCell(text, n, n, True) for n, text in enumerate(said[f"columns_{kind}"]))
    rows = [*_upper(content, last), RuledRow(columns, is_head=True), *_items(content), *_lower(content, last)]
    left, right = said["signatures"]
    return Ruled(
        title=said[f"title_{kind}"], under="", name=content.project_name,
        widths_cm=KEY_CM if content.is_key else GENERAL_CM, rows=tuple(rows),
        signatures=(RuledCell(left, 0, 2), RuledCell(right, 3, last)), mark=content.mark, note=said["note"],
    )  # fmt: skip


def _legible(text: str) -> str:
    return NO_XML.sub("\ufffd", text)


def _upper(content: SheetContent, last: int) -> list[RuledRow]:
    label = words()["labels"]
    pairs = ((("project_name", content.project_name),), (("department", content.department), ("unit", content.unit)),
             (("funds", content.funds), ("submission", content.submission)))
    found = []
    for pair in pairs:
        (name, text), *rest = pair
        cells = [RuledCell(label[name], 0, 0, True), RuledCell(_legible(text), 1, 1 if rest else last)]
        if rest:
            ((name, text),) = rest
            cells = [RuledCell(label[pair[0][0]], 0, 0, True), RuledCell(_legible(pair[0][1]), 1, 2),
                     RuledCell(f"{label[name]}：{_legible(text)}", 3, last)]
        found.append(RuledRow(tuple(cells)))
    return found


def _items(content: SheetContent) -> list[RuledRow]:
    found = []
    for block in words()["blocks"]:
        key, label = block["key"], block["label"]
        ticks = boxes(content.grades.get(key, ""))
        spans = (Span(key, 0, label, f"{label}（续）"), Span(f"{key} grade", 3, ticks, ticks))
        for one in block["items"]:
            cells = [RuledCell(one["label"], 1, 1, True), RuledCell(one["look"], 2, 2)]
            if content.is_key:
                cells += [RuledCell(str(one["points"]), 4, 4, True),
                          RuledCell(str(content.points.get(one["key"], "")), 5, 5, True)]
            found.append(RuledRow(tuple(cells), spans))
    return found


def boxes(grade: str) -> str:
    """Return the four grades with the box of this one ticked: □优 ■良 □中 □差."""
    return " ".join(f"{TICKED if key == grade else BLANK}{word}" for key, word in words()["grades"].items())


def _lower(content: SheetContent, last: int) -> list[RuledRow]:
    label = words()["labels"]
    found = []
    if content.is_key:
        most = sum(one["points"] for block in words()["blocks"] for one in block["items"])
        given = [content.points[one["key"]] for block in words()["blocks"] for one in block["items"]
                 if one["key"] in content.points]
        total = f"{sum((Decimal(str(one)) for one in given), Decimal(0)).normalize():f}" if given else ""
        found.append(RuledRow((RuledCell(label["total"], 0, 3, True), RuledCell(str(most), 4, 4, True),
                               RuledCell(total, 5, 5, True))))
    found.append(RuledRow((RuledCell(label["overall"], 0, 1, True),
                           RuledCell(boxes(content.grades.get("overall", "")), 2, last, True))))
    span = Span("opinions", 0, label["opinions"], f"{label['opinions']}（续）")
    for one in content.opinions:
        text = "\n".join(filter(None, (f"{one.verdict}。{_legible(one.words)}", f"{one.signed}　{one.day}")))
        found.append(RuledRow((RuledCell(one.step, 1, 1, True), RuledCell(text, 2, last)), (span,)))
    if not content.opinions:
        found.append(RuledRow((RuledCell(label["nothing"], 1, last),), (span,)))
    return found
