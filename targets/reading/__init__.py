"""FILE → CONTENT: bytes → text → Grid → sections → TableContent, with a problem wherever something was mended.

The door is `door.read`. Its names are loaded when first asked for, so that a child that only takes a file apart into
rows loads nothing of what recognises the form.
"""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from targets.reading.door import (
        MAX_BYTES,
        Place,
        Problem,
        Reading,
        ReadTable,
        Refusal,
        is_blank_form,
        read,
        read_grid,
        read_grids,
    )

__all__ = [
    "MAX_BYTES",
    "Place",
    "Problem",
    "ReadTable",
    "Reading",
    "Refusal",
    "is_blank_form",
    "read",
    "read_grid",
    "read_grids",
]


def __getattr__(name: str) -> Any:
    """Return a name of the door; AttributeError for any other, as of a plain module."""
    if name not in __all__:
        raise AttributeError(name)
    from targets.reading import door

    return getattr(door, name)
