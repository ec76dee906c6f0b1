"""One way to write a value down so that its SHA-256 can be compared for ever.

Pure: imports no Django, so that the document rooms may use it too. Called by the record (events) and by
the kinds of document (content hashes).
"""

import hashlib
import json
import unicodedata
from collections.abc import Mapping
from typing import Any

KEPT_CONTROLS = "\n\t"
_ENCODER = json.JSONEncoder(ensure_ascii=False, sort_keys=True, separators=(",", ":"), allow_nan=False)


def clean_text(text: str) -> str:
    """Return `text` in Unicode NFC, with line ends as \\n and without control or format-breaking characters."""
    text = unicodedata.normalize("NFC", text.replace("\r\n", "\n").replace("\r", "\n"))
    return "".join(c for c in text if c in KEPT_CONTROLS or unicodedata.category(c) not in ("Cc", "Cs"))


def canonical_json(value: Mapping[str, Any]) -> str:
    """Return `value` as JSON with sorted keys and no spaces. Floats are refused: numbers travel as strings.

    Raises: TypeError when `value` holds a float or anything that JSON has no word for.
    """
    _refuse_floats(value)
    return _ENCODER.encode(value)


def sha256_hex(text: str) -> str:
    """Return the SHA-256 of `text` in UTF-8 as 64 lower-case hexadecimal digits."""
    return hashlib.sha256(text.encode("utf-8")).hexdigest()


def content_hash(value: Mapping[str, Any]) -> str:
    """Return the SHA-256 of the canonical JSON of `value`: what a reviewer's decision is bound to."""
    return sha256_hex(canonical_json(value))


def _refuse_floats(value: Any) -> None:
    if isinstance(value, str | int):
        return
    if isinstance(value, float):
        raise TypeError("a float has no canonical form; pass the number as a string")
    if isinstance(value, Mapping):
        for part in value.values():
            _refuse_floats(part)
    elif isinstance(value, list | tuple):
        for part in value:
            _refuse_floats(part)
