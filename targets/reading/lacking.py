"""Labels of categories that a form lacks, prints twice or out of order: which rows may stand under the wrong one.

Nothing is moved here: each doubt names the row, the kind of its problem and the category that it may belong to. Pure.
"""

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import pairwise

from targets.content import IndicatorContent
from targets.reading.cells import is_measure
from targets.reading.draft import Draft
from targets.reading.labels import tight
from targets.reading.result import Fix, Place
from targets.reading.words import SIGNS_OF

COST = "14"

OWN, HELD, BARE, CROSSED = "own", "held", "bare", "crossed"
"""How a row came under its category: a label in it, a label's cell merged over it, an empty cell of its own; or by a
label that stands under the first level of others (成本指标 under 效益指标)."""
BELOW_BENEFIT = "31"
"""Satisfaction stands under benefit in forms that have no first level of that name."""


@dataclass(frozen=True, slots=True)
class Met:
    """A category's label as it was met: how many rows stood above it, and the first level printed over it, if any.

    `family` is "" for one that stands as a first level itself.
    """

    code: str
    row: int
    family: str | None


@dataclass(frozen=True, slots=True)
class Suspect:
    """One row that may stand under the wrong category: its index, the kind of its problem, where it may belong."""

    row: int
    kind: str
    code: str = ""


@dataclass(slots=True)
class Labelling:
    """What is noted while a table is read: the labels met, and how each row came under its category."""

    hows: list[str] = field(default_factory=list)
    met: list[Met] = field(default_factory=list)
    families: list[str] = field(default_factory=list)
    crossed: bool = False

    def meet(self, code: str, *, row: int, first_level: bool, sure: bool) -> None:
        """Note a category's label above the row of this number; `sure`: it is one that the form knows."""
        above = "" if first_level else self.families[-1] if self.families else None
        self.crossed = sure and bool(above) and code[:1] != above
        self.met += [Met(code, row, above)] if sure else []

    def take(self, *, labelled: bool, held: bool) -> None:
        """Note how the next row came under its category."""
        self.hows.append(CROSSED if self.crossed else OWN if labelled else HELD if held else BARE)

    def tell(self, draft: Draft, found: Sequence[IndicatorContent], places: Sequence[Place], *, drawn: bool) -> None:
        """Ask about the rows whose category is not sure, where nothing else was said of the row."""
        if len(self.hows) != len(found):
            return
        told = {(p.place.part, p.place.line) for p in draft.problems if p.code != "STR-07"}
        needed = [category.code for category in draft.profile.required()]
        for one in suspects(found=found, of=self, codes=draft.labels.codes, needed=needed, drawn=drawn):
            content, place = found[one.row], places[one.row]
            if (place.part, place.line) in told:
                continue
            facts = {"name": content.name or "", "category": draft.printed(content.code)}
            facts |= {"missing": draft.printed(one.code)} if one.code else {}
            moved = (Fix("move", f"indicator {one.row + 1}", one.code),) if one.code else ()
            draft.note(one.kind, place, facts, moved)


def suspects(
    *, found: Sequence[IndicatorContent], of: Labelling, codes: Sequence[str], needed: Collection[str], drawn: bool
) -> list[Suspect]:
    """Return the rows whose category is not sure, one suspicion a row, in the order of the table.

    `of` is what was noted while they were read, `codes` are the form's categories in order, `needed` those that no
    table does without, `drawn` whether the form merges a label's cell over its rows. An empty cell in such a form, or
    in one that repeats the label in each row, has lost its label. Where a category's label was not met, the rows
    without one beside its place are asked about: all for a needed one and where its family has no label either, else
    those whose words speak for it. A label that comes again behind others, or below one that the form prints under it,
    or under another first level, is asked about with all its rows; two rows whose names speak for each other's
    category are asked about too.
    """
    doubts: dict[int, Suspect] = {}
    if not found:
        return []
    groups = _groups(found)
    if drawn or _repeats(found, of.hows):
        for rows in groups:
            lost = next((n for n in rows if of.hows[n] == BARE), rows.stop)
            doubts |= {n: Suspect(n, "category_inferred") for n in range(lost, rows.stop)}
    order = [found[rows.start].code for rows in groups]
    seen = {label.code for label in of.met} | set(order)
    for code in sorted((code for code in codes if code not in seen), key=lambda code: code not in needed):
        asked = code in needed or (bool(of.families) and code[:1] not in of.families)
        for n in _beside(code, groups, order, codes):
            speaks = speaks_for(found[n], code) and not speaks_for(found[n], found[n].code)
            if of.hows[n] == BARE and n not in doubts and (asked or speaks):
                doubts[n] = Suspect(n, "label_missing", code)
    usual = BELOW_BENEFIT if BELOW_BENEFIT[0] not in of.families else None
    crossed = {n for n, how in enumerate(of.hows) if how == CROSSED and found[n].code != usual}
    for n in crossed | _out_of_order(of.met, len(found)):
        doubts.setdefault(n, Suspect(n, "label_order"))
    for n, code in _exchanged(found):
        doubts.setdefault(n, Suspect(n, "label_exchanged", code))
    return [doubts[n] for n in sorted(doubts)]


def speaks_for(one: IndicatorContent, code: str) -> bool:
    """Whether a word of the name, or the kind of the value, speaks for this category."""
    name = tight(one.name or "")
    return any(word in name for word in SIGNS_OF.get(code, ())) or (
        code == COST and "元" in (one.value or "") and is_measure(one.value or "")
    )


def _exchanged(found: Sequence[IndicatorContent]) -> Iterator[tuple[int, str]]:
    """Yield rows, and the category that their names speak for, where another of that category speaks for theirs."""
    spoken = [
        () if speaks_for(one, one.code) else tuple(code for code in SIGNS_OF if speaks_for(one, code)) for one in found
    ]
    pairs = {(one.code, code) for one, codes in zip(found, spoken, strict=True) for code in codes}
    for n, (one, codes) in enumerate(zip(found, spoken, strict=True)):
        other = next((code for code in codes if (code, one.code) in pairs), None)
        if other is not None:
            yield n, other


def _repeats(found: Sequence[IndicatorContent], hows: Sequence[str]) -> bool:
    """Whether this form prints the label in each row: rows that repeat it are not fewer than those without any."""
    again = sum(how == OWN and a.code == b.code for (a, b), how in zip(pairwise(found), hows[1:], strict=True))
    return again >= max(1, sum(how == BARE for how in hows))


def _groups(found: Sequence[IndicatorContent]) -> list[range]:
    """Return the runs of rows that stand under one category."""
    cuts = [0, *(n for n, (a, b) in enumerate(pairwise(found), 1) if a.code != b.code), len(found)]
    return [range(a, b) for a, b in pairwise(cuts)]


def _beside(code: str, groups: Sequence[range], order: Sequence[str], codes: Sequence[str]) -> list[int]:
    """Return the rows beside the place of a missing category: those of its neighbours above and below."""
    at = codes.index(code)
    above = next((c for c in reversed(codes[:at]) if c[:1] == code[:1] and c in order), None)
    below = next((c for c in codes[at + 1 :] if c in order[1:]), None)
    near = {n for n, one in enumerate(order) if one == above}
    near |= {n - 1 for n, one in enumerate(order) if one == below} if below else {len(order) - 1}
    return [row for n in sorted(near) if n >= 0 for row in groups[n]]


def _out_of_order(met: Sequence[Met], end: int) -> set[int]:
    """Return the rows below labels that stand twice, or behind one of their family that the form prints under them.

    Cost as a first level of its own (the forms since 2021) may stand anywhere.
    """
    labels = [one for n, one in enumerate(met) if not n or one.code != met[n - 1].code]
    rows = [range(a, b) for a, b in pairwise([*(one.row for one in labels), end])]
    wrong: set[int] = set()
    highest: dict[str, int] = {}
    seen: set[str] = set()
    for n, one in enumerate(labels):
        if one.code in seen:
            wrong |= set(rows[n])
        elif one.code != COST or one.family != "":
            family = one.family or one.code[:1]
            top = highest.setdefault(family, n)
            if one.code < labels[top].code:
                wrong |= {*rows[n], *rows[top]}
            else:
                highest[family] = n
        seen.add(one.code)
    return wrong

