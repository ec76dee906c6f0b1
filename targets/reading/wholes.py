"""A value that the form prints in several cells → one text: sign, number and unit, or one column a township. Pure."""

from targets.reading.cells import joined_value, texts_of_several
from targets.reading.grid import Row
from targets.reading.head import Head

Told = tuple[str, dict[str, str]]


def whole_value(row: Row, head: Head) -> tuple[Row, Told | None]:
    """Return the row with its value in one cell, and what is to be said of that: a kind of problem and its facts."""
    at = head.columns.get("value")
    if head.values:
        return _one_of_several(row, head.values)
    parts = {kind: head.columns[kind] for kind in ("symbol", "unit") if kind in head.columns}
    if at is None or not parts or at >= len(row.cells):
        return row, None
    texts = {kind: row.cells[i] if i < len(row.cells) else "" for kind, i in parts.items()}
    value = joined_value(texts.get("symbol", ""), row.cells[at], texts.get("unit", ""))
    cells = [value if i == at else "" if i in parts.values() else text for i, text in enumerate(row.cells)]
    return row.moved(cells, range(len(cells))), ("three_columns", {}) if any(texts.values()) else None


def _one_of_several(row: Row, heads: dict[int, str]) -> tuple[Row, Told | None]:
    """Return the row with the values of all townships in one cell, each behind its head."""
    texts, first = texts_of_several(heads, row.cells), min(heads)
    cells = ["；".join(texts) if i == first else "" if i in heads else text for i, text in enumerate(row.cells)]
    told = ("several_values", {"heads": ", ".join(heads.values())}) if len(texts) > 1 else None
    return row.moved(cells, range(len(cells))), told
