"""What looks wrong with a name and its value: changed places, one cell for both, half a name, a label among the names.

Nothing is changed here: each doubt is a kind of problem with its facts and the fixes that would mend it. Pure.
"""

import re
from dataclasses import dataclass, field

from targets.reading.cells import COMPARED, is_measure, is_value, name_and_value
from targets.reading.labels import Labels
from targets.reading.result import Fix

NAME_LIKE = re.compile(
    r"^[^\d０-９≥≤><=＝＞＜≧≦]{2,}(?:时间|时限|率|数量|次数|人数|面积|里程|程度|情况|成本|费用|标准)$"
)
"""What reads as the name of an indicator, even where it is also a way to give a value: 项目完成时间."""


@dataclass(frozen=True, slots=True)
class Doubt:
    """One doubt: the kind of its problem, what its sentence says besides name and value, the fixes made together."""

    kind: str
    facts: dict[str, str] = field(default_factory=dict)
    fixes: tuple[Fix, ...] = ()


def doubt_of(
    *,
    name: str | None,
    value: str | None,
    above: tuple[str | None, str | None],
    labelled: bool,
    number: int,
    labels: Labels,
) -> Doubt | None:
    """Return what looks wrong with this indicator, or None.

    `above` are name and value of the row before, `labelled` says that a label stands in this row, `number` is the
    indicator's number in its table, from 1. A name without a value and without any other doubt is "no_value".
    """
    if name and value:
        if _changed_places(name, value):
            return Doubt("swapped", {}, (_name(number, value), _value(number, name)))
        if _holds_label(name, labels):
            return Doubt("shifted")
        is_name = NAME_LIKE.search(value) or not is_value(value)
        return Doubt("shifted") if labels.category(name) is not None and is_name else None
    if value and not name:
        return Doubt("shifted")
    if not name:
        return None
    if not labelled and any(above):
        whole = f"{above[0] or ''}{name}"
        joined = (_name(number - 1, whole), Fix("delete", f"indicator {number}"))
        return Doubt("half_name", {"above": above[0] or ""}, joined)
    if divided := name_and_value(name):
        facts = {"text": name, "name": divided[0], "value": divided[1]}
        return Doubt("value_in_name", facts, (_name(number, divided[0]), _value(number, divided[1])))
    return Doubt("no_value")


def _changed_places(name: str, value: str) -> bool:
    """Whether the name reads as a value, and the value as none."""
    if COMPARED.match(name) or (is_value(name) and NAME_LIKE.search(value)):
        return True
    return (is_value(name) and not is_value(value)) or (is_measure(name) and not is_measure(value))


def _holds_label(name: str, labels: Labels) -> bool:
    """Whether a label that was not divided from it stands before the name: 成本 设备购置费."""
    first, *rest = name.split(None, 1)
    label = labels.category(first) if rest else None
    return label is not None and not label.rest


def better_category(*, name: str | None, code: str, labels: Labels, number: int) -> tuple[Fix, ...]:
    """Return the move that a word of the name speaks for, where a category was inferred; () when it speaks for none."""
    word = labels.by_word(name or "")
    return (Fix("move", f"indicator {number}", word),) if word is not None and word != code else ()


def _name(number: int, text: str) -> Fix:
    return Fix("write", f"indicator {number} name", text)


def _value(number: int, text: str) -> Fix:
    return Fix("write", f"indicator {number} value", text)
