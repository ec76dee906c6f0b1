"""Which characters the font of the PDF can print: read from the font's own character map.

typst prints a box for a character without a glyph and says nothing, so every export asks here first.
"""

import struct
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from targets.export.layout import Form

FONTS = Path(__file__).parent / "fonts"
FONT = FONTS / "NotoSerifSC-subset.otf"
INVISIBLE = frozenset("\n\t\u200b\u200c\u200d\ufe0e\ufe0f\ufeff")


@dataclass(frozen=True, slots=True)
class Missing:
    """A character that is printed as a box, and the label of the place where it is first met."""

    character: str
    place: str

    @property
    def words(self) -> str:
        """The character by its number, as it is named on paper: U+20BB7（项目名称）."""
        return f"U+{ord(self.character):04X}（{self.place}）"


def missing_in(form: Form) -> tuple[Missing, ...]:
    """Return each character of the form's typed texts without a glyph once, in the order of the form."""
    glyphs, found = printable(), dict[str, str]()
    for place, text in form.texts():
        for character in text:
            if ord(character) not in glyphs and character not in INVISIBLE:
                found.setdefault(character, place)
    return tuple(Missing(character, place) for character, place in found.items())


@cache
def printable() -> frozenset[int]:
    """Return the code points that the font has a glyph for."""
    data = FONT.read_bytes()
    (tables,) = struct.unpack_from(">H", data, 4)
    records = (struct.unpack_from(">4sLLL", data, 12 + 16 * n) for n in range(tables))
    cmap = next(offset for tag, _sum, offset, _length in records if tag == b"cmap")
    (count,) = struct.unpack_from(">H", data, cmap + 2)
    offsets = [struct.unpack_from(">L", data, cmap + 8 + 8 * n)[0] for n in range(count)]
    found: set[int] = set()
    for at in {cmap + offset for offset in offsets}:
        kind = struct.unpack_from(">H", data, at)[0]
        found |= set(_format_4(data, at) if kind == 4 else _format_12(data, at) if kind == 12 else ())
    return frozenset(found)


def _format_4(data: bytes, at: int) -> Iterator[int]:
    """Source: OpenType, cmap format 4. The segments of the subset hold no code point without a glyph but 0xFFFF."""
    (double,) = struct.unpack_from(">H", data, at + 6)
    ends = struct.unpack_from(f">{double // 2}H", data, at + 14)
    starts = struct.unpack_from(f">{double // 2}H", data, at + 16 + double)
    for start, end in zip(starts, ends, strict=True):
        yield from (code for code in range(start, end + 1) if code != 0xFFFF)


def _format_12(data: bytes, at: int) -> Iterator[int]:
    """Source: OpenType, cmap format 12."""
    (groups,) = struct.unpack_from(">L", data, at + 12)
    for n in range(groups):
        start, end, _glyph = struct.unpack_from(">LLL", data, at + 16 + 12 * n)
        yield from range(start, end + 1)
