"""Indicators written as prose in one cell, 【产出指标-数量指标】指标1：培训人数（≥30人）；…: laid out as rows. Pure."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import chain

from targets.reading.grid import Row
from targets.reading.labels import Labels
from targets.reading.prose import HEAD, divided_items

LABEL = re.compile(r"[【\[［]\s*([^【】\[\]［］]{2,30}?)\s*[】\]］]")
MIN_CATEGORIES = 2


def spelled_out(rows: Sequence[Row], labels: Labels) -> tuple[list[Row], list[Row]]:
    """Return the rows with each such cell laid out as a head and a row an indicator, and the rows laid out.

    Places stay those of the cell, the head's is that of the table. What cannot be divided into name and value becomes
    a name without a value.
    """
    found = [(row, _cell(row, labels)) for row in rows]
    laid = [row for row, index in found if index is not None]
    if not laid:
        return list(rows), []
    parts = ([row] if index is None else [*_laid(row, index, rows[0], labels)] for row, index in found)
    return list(chain.from_iterable(parts)), laid


def _cell(row: Row, labels: Labels) -> int | None:
    """Return the index of the cell that holds several categories in brackets, or None."""
    for index, text in enumerate(row.cells):
        if not any(sign in text for sign in "【[［"):
            continue
        codes = {label.code for one in LABEL.findall(text) if (label := labels.category(one)) and not label.rest}
        if len(codes) >= MIN_CATEGORIES:
            return index
    return None


def _laid(row: Row, index: int, first: Row, labels: Labels) -> Iterator[Row]:
    number = row.at(index).cell or index + 1

    def made(*cells: str) -> Row:
        numbers = (number,) * len(cells)
        return replace(row, cells=cells, separated=True, numbers=numbers, spans=(), merged=frozenset(), markup=())

    yield replace(made(*HEAD), line=first.line, order=first.order, part=first.part)
    _before, *parts = LABEL.split(row.cells[index])
    for label, said in zip(parts[::2], parts[1::2], strict=True):
        for name, value in divided_items(said) if labels.category(label) is not None else ():
            yield made("", label, name, value)
