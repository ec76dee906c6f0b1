"""Forms that print name and value in one cell throughout (绿化面积：2.1公顷): divided, told once a table. Pure."""

import re
from collections.abc import Sequence
from dataclasses import replace

from targets.content import IndicatorContent
from targets.reading.cells import is_measure, is_value, name_and_value
from targets.reading.problems import KINDS
from targets.reading.result import Place, Problem

AFTER_COLON = re.compile(r"^(?P<name>[^:：]{1,59}[^:：\d])[:：]\s*(?P<value>\S.{0,40})$", re.S)
MOST = 0.8
GONE = {KINDS[kind].message for kind in ("value_in_name", "no_value", "half_name")}
"""What is said of an undivided name, and is true no more."""


def in_one_cell(text: str) -> tuple[str, str] | None:
    """Return name and value of a cell that holds both, divided at the colon or before the number, else None."""
    parts = AFTER_COLON.match(text)
    if parts is not None and is_value(parts["value"]) and not is_measure(parts["name"]):
        return parts["name"].strip(), parts["value"].strip()
    return name_and_value(text)


def divided(
    found: Sequence[IndicatorContent], places: Sequence[Place], problems: Sequence[Problem]
) -> tuple[list[IndicatorContent], list[Problem]] | None:
    """Return indicators and problems with names divided from values, where no row has a value and most names one."""
    if len(found) < 2 or any(one.value for one in found):
        return None
    both = [in_one_cell(one.name or "") for one in found]
    if sum(parts is not None for parts in both) < MOST * len(found):
        return None
    rows = [
        one if parts is None else replace(one, name=parts[0], value=parts[1])
        for one, parts in zip(found, both, strict=True)
    ]
    done = {(place.part, place.line) for place, parts in zip(places, both, strict=True) if parts is not None}
    kept = [p for p in problems if p.message not in GONE or (p.place.part, p.place.line) not in done]
    return rows, kept
