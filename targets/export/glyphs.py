"""Which characters the font of the PDF can print: read from the font's own character map.

typst prints a box for a character without a glyph and says nothing, so every export asks here first.
"""

import struct
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from targets.export.layout import Form

FONTS = Path(__file__).parent / "fonts"
FONT = FONTS / "NotoSerifSC-subset.otf"
RARE = "以下文字较生僻，电脑没有相应字形时会印为方框："
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
    return missing_of(form.texts())


def rare_in(form: Form) -> str:
    """Return the note below a Word or Excel form that holds rare characters, "" when it holds none."""
    missing = missing_in(form)
    return RARE + "、".join(one.words for one in missing) if missing else ""


def missing_of(texts: Iterable[tuple[str, str]]) -> tuple[Missing, ...]:
    """Return each character without a glyph once. `texts`: label of the place, text."""
    legible, found = _legible(), dict[str, str]()
    for place, text in texts:
        if not legible.issuperset(text):
            for character in text:
                if character not in legible:
                    found.setdefault(character, place)
    return tuple(Missing(character, place) for character, place in found.items())


@cache
def _legible() -> frozenset[str]:
    return frozenset(map(chr, printable())) | INVISIBLE


@cache
def printable() -> frozenset[int]:
    """Return the code points that the font has a glyph for."""
    return frozenset(character_map())


@cache
def character_map() -> dict[int, int]:
    """Return code point → number of its glyph. Source: OpenType, cmap."""
    data = FONT.read_bytes()
    cmap = table_of(data, b"cmap")
    (count,) = struct.unpack_from(">H", data, cmap + 2)
    found: dict[int, int] = {}
    for at in {cmap + struct.unpack_from(">L", data, cmap + 8 + 8 * n)[0] for n in range(count)}:
        kind = struct.unpack_from(">H", data, at)[0]
        found.update(_format_4(data, at) if kind == 4 else _format_12(data, at) if kind == 12 else ())
    return found


def table_of(data: bytes, tag: bytes) -> int:
    """Return where a table of the font begins."""
    (tables,) = struct.unpack_from(">H", data, 4)
    records = (struct.unpack_from(">4sLLL", data, 12 + 16 * n) for n in range(tables))
    return next(offset for name, _sum, offset, _length in records if name == tag)


def _format_4(data: bytes, at: int) -> Iterator[tuple[int, int]]:
    """Source: OpenType, cmap format 4."""
    (double,) = struct.unpack_from(">H", data, at + 6)
    half = double // 2
    ends, starts, deltas, offsets = (struct.unpack_from(f">{half}H", data, at + 14 + n * double + 2 * (n > 0))
                                     for n in range(4))
    base = at + 16 + 3 * double
    for n in range(half):
        for code in range(starts[n], min(ends[n], 0xFFFE) + 1):
            if offsets[n]:
                (glyph,) = struct.unpack_from(">H", data, base + 2 * n + offsets[n] + 2 * (code - starts[n]))
            else:
                glyph = code
            if glyph or not offsets[n]:
                yield code, (glyph + deltas[n]) & 0xFFFF


def _format_12(data: bytes, at: int) -> Iterator[tuple[int, int]]:
    """Source: OpenType, cmap format 12."""
    (groups,) = struct.unpack_from(">L", data, at + 12)
    for n in range(groups):
        start, end, glyph = struct.unpack_from(">LLL", data, at + 16 + 12 * n)
        yield from ((code, glyph + code - start) for code in range(start, end + 1))
