"""What a person typed into a form that was refused, put in words so that they find and copy it again.

Lists of fields that belong together (row_code, row_name, row_value) become one line a row. Rooms name their fields
with `name_fields` at start; an unnamed field shows its own name.
"""

import re
from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from django.http import QueryDict
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

MACHINE_FIELDS = {
    "csrfmiddlewaretoken",
    "key",
    "seen_version",
    "seen_hash",
    "next",
    "verdict",
    "action",
    "language",
    "with_form",
    "add_up",
    "verb",
    "state",
    "format",
    "all",
    "as",
    "library",
    "library_q",
}
MACHINE_PARTS = {"uuid", "kind", "id"}
"""Endings of field names in a row that no person typed."""
MOST_KEPT = 400
CHOICE = re.compile(r"[a-z][a-z_]{0,23}")
"""What a list of choices sends in a field that has no words of its own: no text of a person."""

_labels: dict[str, Any] = {"reason": gettext_lazy("Opinion"), "words": gettext_lazy("Opinion")}


def name_fields(labels: Mapping[str, Any]) -> None:
    """Add words for field names: `name` of "name.anything", or the part before "_" for rows."""
    _labels.update(labels)


def typed_texts(post: QueryDict) -> Sequence[tuple[str, str]]:
    """Return what the person typed as (label, text), without blanks, passwords and the machine's own fields."""
    rows: dict[str, dict[str, list[str]]] = {}
    texts: list[tuple[str, str]] = []
    for name, values in post.lists():
        if name in MACHINE_FIELDS or "password" in name:
            continue
        head, _line, part = name.partition("_")
        if part and len(values) > 1:
            rows.setdefault(head, {})[part] = values
            continue
        texts += [(_label(name), value) for value in values if value.strip() and not _is_machine_made(name, value)]
    for head, parts in rows.items():
        texts += _lines(head, parts)
    return texts[:MOST_KEPT]


def _lines(head: str, parts: Mapping[str, Sequence[str]]) -> list[tuple[str, str]]:
    shown = [values for part, values in parts.items() if part not in MACHINE_PARTS]
    lines = []
    for number in range(max((len(values) for values in shown), default=0)):
        words = [values[number].strip() for values in shown if number < len(values)]
        text = "  ".join(word for word in words if word)
        if text:
            lines.append((_("%(rows)s %(number)s") % {"rows": _label(head), "number": number + 1}, text))
    return lines


def _label(name: str) -> str:
    return str(_labels.get(name) or _labels.get(name.partition(".")[0]) or name)


def _is_machine_made(name: str, value: str) -> bool:
    if _label(name) == name and CHOICE.fullmatch(value):
        return True
    try:
        UUID(value)
    except ValueError:
        return False
    return True
