"""The lower part of a table: indicator rows → indicators with the place of each, by labels, not by position.

What stands in its own column is read silently; what is shifted, inferred, glued or left out is noted.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field

from targets.content import IndicatorContent
from targets.reading.cells import (
    is_measure,
    is_value,
    lines_of_several,
    says_nothing,
    without_numbers,
)
from targets.reading.contents import DEPTH, corrected, found_head, head_of, headless
from targets.reading.divided import divided
from targets.reading.doubts import better_category, doubt_of
from targets.reading.draft import Draft
from targets.reading.fronts import Front, Fronts, label_alone
from targets.reading.grid import Row
from targets.reading.head import Head, of_year, refined
from targets.reading.labels import is_group, means_only, nearest, tight, unknown_label
from targets.reading.lacking import Labelling
from targets.reading.problems import told_once
from targets.reading.result import Fix, Part, Place, Problem
from targets.reading.sections import BLOCKS, is_block, is_column_numbers, is_folio
from targets.reading.wholes import whole_value
from targets.reading.words import FOOT, MID_BLOCKS, UNFILLED_FOOT

DEFAULT_COLUMNS = {"family": 1, "category": 2, "name": 3, "value": 4}
MOST_VALUELESS = 0.3
"""A form with more names without values than this is half filled in: each of them is no oversight."""

@dataclass(slots=True)
class RowReader:
    """Reads the indicator rows of one table, top down; remembers the family and category in force."""

    draft: Draft
    rows: Sequence[Row] = ()
    at: int = 0
    columns: dict[str, int] = field(default_factory=lambda: dict(DEFAULT_COLUMNS))
    without_cells: bool = False
    noted: frozenset[tuple[Part, int]] = frozenset()
    valueless: list[tuple[Place, str]] = field(default_factory=list)
    head: Head | None = None
    plain: Head | None = None
    head_above: bool = False
    drawn: bool = False
    said: set[str] = field(default_factory=set)
    variants: list[Problem] = field(default_factory=list)
    above: tuple[str | None, str | None] = (None, None)
    family: str | None = None
    category: str | None = None
    found: list[IndicatorContent] = field(default_factory=list)
    places: list[Place] = field(default_factory=list)
    labelling: Labelling = field(default_factory=Labelling)
    mid_block: str | None = None
    aside: list[tuple[IndicatorContent, Place]] = field(default_factory=list)
    open: bool = False
    repeated: int = 0
    merges: int = 0
    gap: Row | None = None
    ended: bool = False

    def read(self, row: Row) -> None:
        """Take one row: a head, a label, an indicator, a page break, a foot line, or a line left out."""
        if row.blank:
            self.gap = self.gap or row
            return
        if is_block(row):
            self._take_block(row)
            return
        if (is_column_numbers(row) and not self.found) or self._take_head(row):
            return
        self.drawn = self.head is not None and bool(row.spans and self.head.row.spans)
        if self.head is not None:
            if self._is_field_below(row):
                self.draft.note("foot", row.at(row.filled()[0][0]), {"text": " ".join(filter(None, row.cells))})
                return
            if self.head.joins_value(row):
                self.draft.note("value_joined", row.at(), {})
            row = self.head.fit(row)
            if row.blank:
                return
        if self.head is None and not self.found:
            row = self._infer_columns(row)
        if self.gap is not None and row.part.kind == "sheet" and not self._goes_on(row):
            self.ended = True
        if is_folio(row):
            self.gap = self.gap or row
            return
        if self._is_foot(row):
            return
        self._note_gap()
        if self._take_band(row):
            return
        if self.head is not None:
            row, told = whole_value(row, self.head)
            row = self.head.in_order(row)
            if told is not None:
                self._say_once(told[0], self._of_table(row), told[1])
        self._read_cells(row)

    def _take_band(self, row: Row) -> bool:
        """Take a level that stands alone in its row, above the names, in a form that has no columns of levels."""
        label = label_alone(row, self.draft.labels)
        if label is None or self.head is None or self.head.has_levels:
            return False
        self.family, self.open = label.code[:1], False
        self.category = label.code if len(label.code) > 1 else None
        return True

    def _is_field_below(self, row: Row) -> bool:
        """Whether a label that nobody knows stands left, with a text that goes on below the names and the values."""
        (first, label), *others = row.filled()
        if self.head is None or is_group(label) or len(others) not in (1, 2):
            return False
        labels = self.draft.labels
        known = any(labels.family(text) or labels.category(text) for _i, text in row.filled())
        return not known and self.head.is_crossed_by(row, first)

    def _take_block(self, row: Row) -> None:
        """Take the side label of a block of indicators: those of the mid term are laid aside, which is told."""
        word = next((text for _i, text in row.filled() if tight(text) in BLOCKS), None)
        if word is None:
            return
        self.mid_block = word if tight(word) in MID_BLOCKS else None
        self.family = self.category = None
        if self.mid_block:
            self.draft.note("mid_term", row.at(), {"text": word})

    def _take_head(self, row: Row) -> bool:
        """Take a head of the columns, or the second row of one."""
        labels, above, self.head_above = self.draft.labels, self.head_above, False
        below = self.rows[self.at + 1 : self.at + 1 + DEPTH]
        head = head_of(row, self.rows[self.at - 1] if self.at else None, labels)
        if head is not None and self.plain is not None and head.is_again(self.plain):
            self.head_above = True
            self._take_block(row)
            return True
        self.plain = head or self.plain
        if head is None and above and self.plain is not None:
            head = refined(self.plain, row, labels)
        if head is None and self.head is None and not self.found:
            head = self.plain = found_head(row, below, labels)
        if head is None:
            return False
        head = of_year(corrected(head, below, labels), self.draft.fiscal_year, labels)
        self._take_block(row)
        first = self.head is None or head.words() != self.head.words()
        self.head, self.head_above = head, True
        self.columns = {**self.columns, **head.slots_in_order()}
        if "family" not in head.columns:
            self.columns["family"] = min(self.columns["category"], self.columns["name"])
        if first and head.mid:
            self._say_once("mid_columns", row.at())
        if first and head.unknown:
            self._say_once("unknown_columns", row.at(), {"heads": ", ".join(head.unknown)})
        if first and not head.mid and (known := [text for text in head.left_out.values() if text not in head.unknown]):
            self._say_once("other_columns", row.at(), {"heads": ", ".join(known)})
        return True

    def _infer_columns(self, row: Row) -> Row:
        """Where the head is missing, the columns count from the first family, which is told; or by contents."""
        labels = self.draft.labels
        at = next((i for i, text in row.filled() if labels.family(text)), None)
        if at is not None and any(labels.category(text) for text in row.cells[at + 1 : at + 2]):
            self.columns = {kind: at + n for n, kind in enumerate(DEFAULT_COLUMNS)}
            if not self.without_cells:
                self._say_once("no_head", row.at())
        self.head = headless(self.rows[self.at : self.at + DEPTH], labels)
        if self.head is not None:
            self.columns, self.drawn = {**self.columns, **self.head.slots_in_order()}, bool(self.head.row.spans)
        return row if self.head is None else self.head.fit(row)

    def finish(self) -> None:
        """Say what is true of the whole table: labels written otherwise, indicators of the mid term only."""
        if self.aside and not self.found:
            self.found, self.places = [one for one, _place in self.aside], [place for _one, place in self.aside]
            self.draft.note("mid_only", self.places[0], {"text": self.mid_block or ""})
        apart = divided(self.found, self.places, self.draft.problems)
        if apart is not None:
            (self.found, self.draft.problems), self.valueless = apart, []
            self.draft.note("all_divided", self.places[0])
        if len(self.valueless) <= MOST_VALUELESS * len(self.found):
            for place, name in self.valueless:
                self.draft.note("no_value", place, {"name": name})
        if not self.without_cells:
            self.labelling.tell(self.draft, self.found, self.places, drawn=self.merges > 0)
        if len(self.variants) > 1:
            at = self.variants[0].place if self.head is None else self.head.row.at()
            self.draft.problems = told_once(self.draft.problems, self.variants, at)

    def note_outside(self, row: Row) -> None:
        """Note a paragraph that stands outside the tables; a page number is none."""
        if not is_folio(row):
            self._say_once("outside", row.at(), {"text": row.filled()[0][1][:60]})

    def _of_table(self, row: Row) -> Place:
        """Return where something is told that is true of all rows: at the head, where there is one."""
        return row.at() if self.head is None else self.head.row.at()

    def _say_once(self, kind: str, place: Place, facts: dict[str, str] | None = None) -> None:
        """Note what is true of the whole table, one time."""
        if kind not in self.said:
            self.said.add(kind)
            self.draft.note(kind, place, facts)

    def _note_gap(self) -> None:
        if self.gap is not None and (self.found or self.category):
            self.draft.note("page_break", self.gap.at())
        self.gap = None

    def _goes_on(self, row: Row) -> bool:
        """Whether a row behind an empty row of a sheet still belongs to the form: a label, or below a merged one."""
        front = self._front(row)
        below = row.merged & {self.columns["family"], self.columns["category"]}
        return bool(front.family or front.category or below)

    def _is_foot(self, row: Row) -> bool:
        filled = row.filled()
        text = tight(filled[0][1])
        foot = bool(FOOT.match(text)) and filled[0][0] < self.columns["name"]
        running = not row.separated and self._front(row).category is None and self._front(row).family is None
        if foot or self.ended or running:
            self.ended = self.ended or foot
            if self.ended and self._front(row).category is not None:
                self.ended = False
                return False
            text = " ".join(t for _i, t in filled)
            if not (foot and all(UNFILLED_FOOT.match(tight(cell)) for _i, cell in filled)):
                self.draft.note("foot" if foot else "left_out", row.at(filled[0][0]), {"text": text})
            return True
        return False

    def _front(self, row: Row) -> Front:
        return Fronts(self.draft.labels, self.columns, self.head is not None, self.drawn).of(row)

    def _read_cells(self, row: Row) -> None:
        front = self._front(row)
        labelled = front.family or front.category or front.unknown
        if self.drawn and not labelled and len(front.contents) == 1:
            index, text = front.contents[0]
            if index < self.columns["name"]:
                self.draft.note("left_out", row.at(index), {"text": text})
                return
        code, inferred = self._place_under(row, front)
        name, value, shifted = self._name_and_value(row, front)
        self._note_labels(row, front)
        if says_nothing(name, value):
            self.draft.note("dash", row.at(front.contents[0][0]), {"typed": " ".join(filter(None, (name, value)))})
            name = value = None
        name, value = self._from_above(row, name, value)
        if name is None and value is None:
            if front.is_shifted(self.columns):
                self.draft.note("label_shifted", row.at(front.first), {"category": self.draft.printed(code)})
            return
        number = len(self.found) + 1
        place = row.at(front.contents[0][0], number)
        if not self.mid_block:
            self._doubt(name, value, place, code, bool(labelled))
        self.above = name, value
        if several := lines_of_several(name, value):
            self.draft.note("several", place, {"count": str(len(several))})
        for one_name, one_value in several or [(name, value)]:
            one = IndicatorContent(code, one_name, one_value)
            if self.mid_block:
                self.aside.append((one, place))
                continue
            self.found.append(one)
            self.places.append(place)
            self.labelling.take(labelled=bool(labelled), held=self.columns["category"] in row.merged)
        facts = {"name": name or "", "value": value or "", "category": self.draft.printed(code)}
        if front.glued:
            self.draft.note("glued", place, {"raw": front.glued})
        if shifted or front.is_shifted(self.columns):
            own = front.category is not None or front.unknown is not None
            above = "inferred" if front.family is None else "category_inferred"
            self.draft.note("shifted" if own else above, place, facts)
        elif inferred:
            moved = better_category(name=name, code=code, labels=self.draft.labels, number=number)
            self.draft.note("category_inferred", place, facts, moved)
        if self.head is not None and self.head.guessed and value:
            self.draft.note("value_guessed", place, {**facts, "head": self.head.guessed})

    def _doubt(self, name: str | None, value: str | None, place: Place, code: str, labelled: bool) -> None:
        """Say what looks wrong with this indicator; a mere lack of values is told at the end, when it is no rule."""
        number, labels = len(self.found) + 1, self.draft.labels
        doubt = doubt_of(name=name, value=value, above=self.above, labelled=labelled, number=number, labels=labels)
        told = (place.part, place.line) in self.noted or self.without_cells
        if doubt is None or (told and not value):
            return
        facts = {"name": name or "", "value": value or "", "category": self.draft.printed(code), **doubt.facts}
        if doubt.kind == "no_value":
            self.valueless.append((place, name or ""))
            return
        self.open = self.open or (doubt.kind == "shifted" and bool(name))
        self.draft.note(doubt.kind, place, facts, doubt.fixes)

    def _from_above(self, row: Row, name: str | None, value: str | None) -> tuple[str | None, str | None]:
        """A name or value that is merged over several lines holds for each of them; a printed 指标1： is no name."""
        bare = without_numbers(name) if name is not None else None
        if bare != name:
            self._say_once("numbered", self._of_table(row))
        name, value = bare, without_numbers(value) if value is not None else None
        above_name, above_value = self.above
        if name and value is None and above_value and self.columns["value"] in row.merged:
            self.draft.note("merged", row.at(self.columns["value"], len(self.found) + 1), {"text": above_value})
            return name, above_value
        if value and name is None and above_name and self.columns["name"] in row.merged:
            self.draft.note("merged", row.at(self.columns["name"], len(self.found) + 1), {"text": above_name})
            return above_name, value
        return name, value

    def _place_under(self, row: Row, front: Front) -> tuple[str, bool]:
        """Return the category code of this row, and whether it had to be inferred against the form."""
        if front.family is not None:
            self.family = front.family.code
            self.labelling.families.append(self.family)
        if front.category is not None or front.unknown is not None:
            label = front.unknown or ""
            known = front.category.code if front.category else self._pointed_to(front)
            sure = front.category is not None or means_only(codes=self.draft.labels.codes, label=label, code=known)
            self.repeated += known == self.category
            first_level = front.family is None and front.first <= self.columns["family"]
            counts = sure and not self.mid_block
            self.labelling.meet(known, row=len(self.found), first_level=first_level, sure=counts)
            self.category, self.family, self.open = known, known[:1], not sure
            if front.unknown is not None and not sure:
                facts = {"label": label, "category": self.draft.printed(known)}
                self.draft.note("unknown_label", row.at(front.first), facts)
            return known, False
        if self.category is not None and self.category[:1] == (self.family or self.category[:1]):
            return self.category, front.family is not None or self.open or self._lacks_label(row)
        self.category = self._nearest(self.family or "")
        self.open = True
        alone = [c for c in self.draft.profile.categories if c.code[:1] == self.category[:1]]
        if front.family is not None and len(alone) == 1:
            self.open = False
        return self.category, self.open

    def _lacks_label(self, row: Row) -> bool:
        """Whether other rows of this form carry a category where this one has an empty cell of its own."""
        at = self.columns["category"]
        if row.merged & {self.columns["family"], at}:
            self.merges += at in row.merged
            return False
        return self.repeated > 1 or (self.merges > 0 and at < len(row.cells))

    def _pointed_to(self, front: Front) -> str:
        """Return the category that an unknown label points to: by a word in it, by its code, or the nearest."""
        label = front.unknown or ""
        word = self.draft.labels.by_word(label)
        fits = self.family is None or front.family is None or (word or "")[:1] == self.family
        return word if word is not None and fits else self._nearest(unknown_label(label) or "")

    def _nearest(self, code: str) -> str:
        return nearest(codes=self.draft.labels.codes, code=code, family=self.family, before=self.category)

    def _name_and_value(self, row: Row, front: Front) -> tuple[str | None, str | None, bool]:
        """Return name, value and whether either stands outside its column."""
        cells, columns = list(front.contents), self.columns
        if not cells:
            return None, None, False
        if len(cells) == 1:
            index, text = cells[0]
            is_value = index >= columns["value"] or (index != columns["name"] and is_measure(text))
            shifted = index != columns["value" if is_value else "name"]
            return (None, text, shifted) if is_value else (text, None, shifted)
        cells = self._reduced(row, cells) if len(cells) > 2 else cells
        (at_name, name), (at_value, value) = cells
        return name, value, at_name != columns["name"] or at_value != columns["value"]

    def _reduced(self, row: Row, cells: list[tuple[int, str]]) -> list[tuple[int, str]]:
        """More than two cells: the value is in its column, or the first that reads as one; before it, the name."""
        at = next((n for n, (i, t) in enumerate(cells) if n and i == self.columns["value"]), None)
        if at is None or not is_value(cells[at][1]):
            at = next((n for n, (_i, t) in enumerate(cells) if n and is_value(t)), at or 1)
        name = "".join(text for _i, text in cells[:at])
        number = len(self.found) + 1
        for index, text in cells[1:at]:
            fix = Fix("write", f"indicator {number} name", cells[0][1])
            self.draft.note("joined", row.at(index, number), {"extra": text}, (fix,))
        for index, text in cells[at + 1 :]:
            self.draft.note("left_out", row.at(index, len(self.found) + 1), {"text": text})
        return [(cells[0][0], name), cells[at]]

    def _note_labels(self, row: Row, front: Front) -> None:
        labels = [label for label in (front.family, front.category) if label is not None]
        texts = [row.cells[i] for i in front.positions.values() if i < len(row.cells)]
        place = row.at(front.first)
        if any(not label.official and not label.rest for label in labels) and not front.glued:
            self.draft.note("variant", place, {"labels": ", ".join(texts)})
            self.variants.append(self.draft.problems[-1])
        for label in labels:
            if label.clash is not None:
                facts = {"label": ", ".join(texts), "category": self.draft.printed(label.code)}
                self.draft.note("clash", place, facts)
