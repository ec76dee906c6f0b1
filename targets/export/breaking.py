"""Where a text breaks into lines on paper: by the advance widths of the PDF's font and the rules for Chinese.

typst is given lines that are broken already, so that heights and pages are known before it sets anything.
"""

import re
import struct
from collections.abc import Iterator
from functools import cache, lru_cache

from targets.export.glyphs import FONT, character_map, table_of

PIECE = re.compile(r"[!-~±×≤≥°]+|[ \u3000]+|.", re.DOTALL)
"""What is never broken inside: a word, a number with its signs; blanks; any other character alone."""
NOT_FIRST = frozenset("，。、；：？！）》」』】〕〉’”…—～％‰℃·／")
NOT_LAST = frozenset("（《「『【〔〈‘“￥＄")


WIDEST = 1.16
"""No character of the font is wider, in em; a test holds the font to it. A text of few characters is not measured."""


class _Widths(dict[int, float]):
    """Code point → width in em; a character without a glyph is printed as a box."""

    def __missing__(self, code: int) -> float:
        return 1.0


@cache
def widths() -> dict[int, float]:
    """Return the advance width of each character of the font, in em. Source: OpenType, hhea and hmtx."""
    data = FONT.read_bytes()
    (units,) = struct.unpack_from(">H", data, table_of(data, b"head") + 18)
    (count,) = struct.unpack_from(">H", data, table_of(data, b"hhea") + 34)
    advances = struct.unpack_from(">" + "Hh" * count, data, table_of(data, b"hmtx"))[::2]
    return _Widths({code: advances[min(glyph, count - 1)] / units for code, glyph in character_map().items()})


def width_of(text: str) -> float:
    """Return the width of a text on one line, in em."""
    return sum(map(widths().__getitem__, map(ord, text)))


@lru_cache(maxsize=4096)
def lines_of(text: str, room: float) -> tuple[str, ...]:
    """Return the text as lines of at most `room` em; its own line ends are kept, tabs become blanks."""
    found: list[str] = []
    for line in text.replace("\t", "  ").split("\n"):
        fits = len(line) <= room / WIDEST or width_of(line) <= room
        found += (line,) if fits else _broken(line, room)
    return tuple(found)


def _broken(text: str, room: float) -> list[str]:
    found, line, used = [], "", 0.0
    for piece, size in _pieces(text, room):
        if used + size <= room or not line:
            line, used = line + piece, used + size
            continue
        kept, moved = _turn(line, piece)
        found.append(kept.rstrip(" \u3000"))
        line = (moved + piece).lstrip(" \u3000")
        used = width_of(line)
    return [*found, line]


def _pieces(text: str, room: float) -> Iterator[tuple[str, float]]:
    """Yield what is not broken inside, with its width; a word longer than a whole line is broken anywhere."""
    of = widths()
    for piece in PIECE.findall(text):
        size = of[ord(piece)] if len(piece) == 1 else width_of(piece)
        if size <= room:
            yield piece, size
        else:
            yield from ((character, of[ord(character)]) for character in piece)


def _turn(line: str, piece: str) -> tuple[str, str]:
    """Return what stays on the line and what moves to the next one with `piece`, so that no sign stands wrongly."""
    at = len(line)
    while at > 1 and ((piece if at == len(line) else line[at])[0] in NOT_FIRST or line[at - 1] in NOT_LAST):
        at -= 1
        if len(line) - at > 3:
            return line, ""
    return line[:at], line[at:]
