"""Cases drawn from independent dimensions with a fixed seed: the same seed gives the same files."""

from dataclasses import dataclass
from random import Random

from targets.content import Funds, IndicatorContent, TableContent
from tests.corpus import wording
from tests.corpus.carriers import CARRIERS
from tests.corpus.forms import Style
from tests.corpus.frames import FRAMES

TUNED, HELD_OUT = 20250, 777001
"""The seed that the reader was worked on with, and the one that is only scored."""
CHOICES = {
    "value": ("one", "one", "one", "three", "three below", "unit first", "unit", "past"),
    "taxonomy": ("2015", "2015", "2021", "old", "one level"),
    "label": ("plain", "plain", "coded", "points", "bare", "ordinal", "upright", "broken"),
    "repetition": ("merged", "merged", "repeated", "blank"),
    "numbering": ("none", "none", "national", "own", "circled", "dotted"),
    "money": ("wan", "wan", "yuan", "yuan above", "attached"),
    "order": ("usual", "usual", "goal first", "money last", "money in one row"),
    "goal": ("year", "total", "annual", "beside", "below"),
    "empty_rows": ("none", "slash", "none word", "dash", "blank"),
}


ONE_VALUE = ("national", "evaluation", "monitoring", "described", "stacked", "towns", "halves")
ONLY_WAN = ("listing", "regional")
"""Frames that leave no choice there."""


@dataclass(slots=True)
class Case:
    """One file with what is true of it. `tags` name its choice in each dimension."""

    name: str
    data: bytes
    expected: list[TableContent]
    tags: dict[str, str]
    unsure: bool = False
    """Whether the form leaves something open, so that a problem is what is asked for."""
    blank: bool = False


def style_of(rng: Random, frame: str) -> Style:
    """Return one choice in each dimension."""
    picked = {name: rng.choice(options) for name, options in CHOICES.items()}
    extra = tuple(rng.sample(list(wording.EXTRA), rng.choice((0, 0, 1, 2, 3))))
    if picked["value"] == "past":
        extra = tuple(e for e in extra if e != "上年实际值")
    if frame in ONE_VALUE:
        picked["value"], extra = "one", ()
    if frame == "regional" and picked["value"] != "one":
        picked["value"] = "unit first"
    if frame == "regional":
        extra = ()
    if frame in ONLY_WAN:
        picked["money"] = "wan"
    return Style(frame=frame, extra=extra, side=rng.random() < 0.7, heads_again=rng.random() < 0.2, **picked)


def content_of(rng: Random, style: Style) -> tuple[TableContent, dict[int, tuple[str, str, str]]]:
    """Return a content, and for values in several cells the parts of each."""
    rows: list[IndicatorContent] = []
    parts: dict[int, tuple[str, str, str]] = {}
    for code in sorted(wording.NAMES):
        needed = code in ("11", "22", "31")
        count = (
            rng.choice((1, 2, 3, 4)) if code == "11" else rng.choice((1, 1, 2)) if needed else rng.choice((0, 1, 1, 2))
        )
        for name in rng.sample(wording.NAMES[code], count):
            if style.value in ("one", "past"):
                value = rng.choice(wording.VALUES[code])
            else:
                parts[len(rows)] = rng.choice(wording.THREE[code])
                value = "".join(parts[len(rows)])
            rows.append(IndicatorContent(code, name, value))
    total, fiscal, other = rng.choice(
        (
            ("50", "45.5", "4.5"),
            ("120.5", "120.5", None),
            ("1,250.00", "1,200.00", "50.00"),
            ("0.642", "0.642", "0"),
            ("3000", "2800", "200"),
        )
    )
    content = TableContent(
        project_name=rng.choice(wording.PROJECTS), department=rng.choice(wording.DEPARTMENTS),
        unit=rng.choice(wording.UNITS),
        attribute=rng.choice(wording.ATTRIBUTES), period=rng.choice(wording.PERIODS), fiscal_year=2025,
        funds=Funds(total, fiscal, other), annual_goal=rng.choice(wording.GOALS), indicators=tuple(rows),
    )  # fmt: skip
    return content, parts


def cases(*, seed: int, count: int, carriers: tuple[str, ...] = tuple(CARRIERS)) -> list[Case]:
    """Return `count` files, each frame and carrier in turn, everything else drawn."""
    rng = Random(seed)
    frames = ["year", *FRAMES, "year", "approval"]
    made = []
    for n in range(count):
        frame = frames[n % len(frames)]
        carrier = carriers[(n + n // len(frames)) % len(carriers)]
        style = style_of(rng, frame)
        forms = []
        for _number in range(rng.choice((1, 1, 1, 2, 3))):
            content, parts = content_of(rng, style)
            forms.append(FRAMES[frame](content, style, parts, rng))
            forms[-1].above += ["单位：元"] if style.money == "yuan above" else []
        ending, write = CARRIERS[carrier]
        expected = [content for form in forms for content in (form.expected, *form.more)]
        tags = {**forms[0].style.tags(), "carrier": carrier, "forms": str(len(forms))}
        made.append(Case(f"{n:03d}-{frame}-{carrier.replace(' ', '-')}.{ending}", write(forms), expected, tags))
    return made
