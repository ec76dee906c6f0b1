"""The front of an indicator row: which of its first cells are labels of a level, and what is left behind them.

By words first, then by the columns of the head: a label is a label where labels stand. Pure; called by `rows`.
"""

import re
from dataclasses import dataclass, field, replace

from targets.reading.cells import is_measure
from targets.reading.grid import Row
from targets.reading.labels import IndicatorLabel, Labels, is_group, tight, unknown_label
from targets.reading.words import COST_CATEGORIES

LABEL_AND_NAME = re.compile(r"^(?P<label>\S{2,16}?(?:指标|效益|影响|满意度))[\s:：]+(?P<rest>\S.*)$", re.S)
COST = "14"
NO_LEVEL = {"具体指标", "指标"}
"""What is printed for a second level where there is none."""
COST_WORDS = {tight(word) for word in COST_CATEGORIES}


@dataclass(slots=True)
class Front:
    """The labels at the front of a row, and the cells that follow them."""

    family: IndicatorLabel | None = None
    category: IndicatorLabel | None = None
    unknown: str | None = None
    positions: dict[str, int] = field(default_factory=dict)
    glued: str | None = None
    alone: bool = False
    contents: list[tuple[int, str]] = field(default_factory=list)

    @property
    def first(self) -> int:
        """The index of the first label."""
        return min(self.positions.values(), default=0)

    def is_shifted(self, columns: dict[str, int]) -> bool:
        """Whether a label stands outside its column; the only category of a family may stand in the family's."""
        if self.alone and self.positions == {"category": columns["family"]}:
            return False
        return any(index != columns[kind] for kind, index in self.positions.items())


@dataclass(frozen=True, slots=True)
class Fronts:
    """Takes the labels off rows of one form.

    `columns`: index of family, category, name and value; `headed`: a head was met that says so; `drawn`: the cells of
    the row lie under it.
    """

    labels: Labels
    columns: dict[str, int]
    headed: bool
    drawn: bool

    def of(self, row: Row) -> Front:
        """Take the labels off the front of the row; a label with text behind it in one cell is divided."""
        front, queue = Front(), row.filled()
        while queue and front.category is None:
            index, text = queue[0]
            if front.family is None and self._stands_before(row, index, text):
                queue.pop(0)
                continue
            kind, label = self._label_at(front, queue)
            if label is None and not self._looks_unknown(queue):
                break
            queue.pop(0)
            if label is None:
                front.unknown = f"{front.unknown} {text}" if front.unknown else text
                front.positions["family" if index == self.columns["family"] else "category"] = index
                if index != self.columns["family"]:
                    break
                continue
            front.positions[kind] = index
            if kind == "family":
                front.family = label
            else:
                front.category = label
            if label is not None and label.rest:
                front.glued = text
                queue.insert(0, (index + 1, label.rest))
        self._take_second(front, queue)
        if front.category is not None and front.family is None:
            code = front.category.code
            front.alone = [one for one in self.labels.codes if one[:1] == code[:1]] == [code]
        front.contents = queue
        return front

    def _with_name(self, index: int, text: str, queue: list[tuple[int, str]]) -> IndicatorLabel | None:
        """Return the label of a cell that holds label and name, when no name stands in the column of names."""
        if index >= self.columns["name"] or any(i == self.columns["name"] for i, _text in queue[1:]):
            return None
        divided = LABEL_AND_NAME.match(text)
        label = self.labels.category(divided["label"]) if divided else None
        return replace(label, rest=divided["rest"].strip()) if label and divided else None

    def _stands_before(self, row: Row, index: int, text: str) -> bool:
        """Whether this is the side label, a running number, or what a column left of the labels holds."""
        running = index < self.columns["family"] and (text.isdigit() or self._labelled_in_place(row))
        return (running or is_group(text)) and index < self.columns["name"]

    def _labelled_in_place(self, row: Row) -> bool:
        """Whether a label stands in its own column, so that what is left of it is neither label nor name."""
        labels, cells = self.labels, row.cells
        at = (self.columns["family"], self.columns["category"])
        family, category = (cells[i] if i < len(cells) else "" for i in at)
        in_place = (family and labels.family(family)) or (category and labels.category(category))
        return self.headed and bool(in_place)

    def _take_second(self, front: Front, queue: list[tuple[int, str]]) -> None:
        """Where a category is of the first level (cost, satisfaction), its second level is no part of the name."""
        at = front.positions.get("category")
        if front.category is None or not queue or at == queue[0][0]:
            return
        if tight(queue[0][1]) in NO_LEVEL and len(queue) > 2:
            queue.pop(0)
            return
        index, text = queue[0]
        below = self.labels.category(text)
        in_column = at == self.columns["family"] and index == self.columns["category"]
        if front.category.code != COST:
            behind = [i for i, _text in queue[1:]] == [self.columns["name"], self.columns["value"]]
            if in_column and self.drawn and behind:
                queue.pop(0)
                front.category = front.category if below is None or below.rest else below
                front.positions = {"family": at or 0, "category": index}
            return
        first_level = tight(text) in COST_WORDS or (below is not None and below.code == COST and not below.rest)
        in_place = [i for i, _text in queue[1:3]] == [self.columns["name"], self.columns["value"]]
        if (first_level and (in_column or len(queue) > 2)) or (in_column and in_place):
            queue.pop(0)
            front.positions = {"family": at or 0, "category": index}

    def _label_at(self, front: Front, queue: list[tuple[int, str]]) -> tuple[str, IndicatorLabel | None]:
        """Return the label in the first cell of the queue, if it is one there, and which kind it is."""
        (index, text), labels = queue[0], self.labels
        family = labels.family(text) if front.family is None else None
        if family is not None and self.headed and index == self.columns["category"] and labels.category(text):
            family = None
        label = family or labels.category(text) or self._with_name(index, text, queue)
        if label is not None and label.bare and not label.rest and not self._stands_as_label(front, index, queue):
            label = family = None
        return ("family" if family else "category"), label

    def _stands_as_label(self, front: Front, index: int, queue: list[tuple[int, str]]) -> bool:
        """Words without code or mark are a label left of the names, with name and value (or nothing) behind."""
        behind = queue[1:]
        if index >= self.columns["name"]:
            return front.family is not None and not behind
        if len(behind) != 1 or tight(queue[0][1]).endswith("指标"):
            return True
        in_column = self.headed and index in (self.columns["family"], self.columns["category"])
        return in_column and (self.drawn or not is_measure(behind[0][1]))

    def _looks_unknown(self, queue: list[tuple[int, str]]) -> bool:
        index, text = queue[0]
        if index > self.columns["category"]:
            return False
        if unknown_label(text) is not None and not (
            len(queue) == 2 and is_measure(queue[1][1]) and index == self.columns["name"]
        ):
            return True
        places = [i for i, _text in queue[1:4]]
        whole = [self.columns["name"], self.columns["value"]]
        if index == self.columns["family"] and self.headed:
            return places == [self.columns["category"], *whole] and len(text) <= 20
        return index == self.columns["category"] and places[:2] == whole and len(text) <= 20


def label_alone(row: Row, labels: Labels) -> IndicatorLabel | None:
    """Return the level, first or second, that is all this row holds: （一）数量指标."""
    filled = row.filled()
    text = filled[0][1] if len(filled) == 1 else ""
    label = labels.category(text) or labels.family(text) if text else None
    return label if label is not None and not label.rest else None
