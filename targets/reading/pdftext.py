"""Signs on a page → text: which lines there are, where blanks and line ends stand, and where that is not sure.

Pure arithmetic on plain `Sign` values in points from the page's upper left; knows neither PDF files nor the form.
"""

import re
import statistics
import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

NARROW = re.compile(r"[\u0020-\u024f]")
"""Letters, digits and signs between which a blank may stand; Chinese sets none."""
NO_LETTER = re.compile(r"\(cid:\d+\)|[\ue000-\uf8ff\ufffd]")
CLOSING = frozenset("，。、；：！？）》」』】〕”’,.;:!?)]}%％‰℃°·…—～~")
OPENING = frozenset("（《「『【〔“‘([{")
RADICALS = dict(
    zip(
        "⺠⺟⻁⻄⻅⻆⻉⻋⻓⻔⻘⻙⻚⻛⻜⻝⻢⻣⻤⻥⻦⻨⻩⻬⻮⻰⻳",
        "民母虎西见角贝车长门青韦页风飞食马骨鬼鱼鸟麦黄齐齿龙龟",
        strict=True,
    )
)
RADICALS |= {chr(code): unicodedata.normalize("NFKC", chr(code)) for code in range(0x2F00, 0x2FD6)}
"""Radicals of dictionaries: fonts draw 一 and ⼀ alike, and some programs write the second into a PDF."""
SAME_LINE = 0.5
BLANK, BLANK_IN_CHINESE, BLANK_SKIPPED = 0.22, 0.75, 0.9
"""Gaps, in heights of the letters, that are blanks: beside letters, between Chinese, where blanks are written out."""
ROOM_LEFT = 2.2
"""A line that leaves room for this many heights was ended on purpose."""


@dataclass(frozen=True, slots=True)
class Sign:
    """One sign on the page: its text, left, right, top and bottom edge and its height of letters, in points."""

    text: str
    x0: float
    x1: float
    top: float
    bottom: float
    size: float

    @property
    def middle(self) -> tuple[float, float]:
        """The middle of the sign."""
        return (self.x0 + self.x1) / 2, (self.top + self.bottom) / 2


@dataclass(frozen=True, slots=True)
class Line:
    """The signs of one line, from left to right. `blanks_written`: the page writes its blanks as signs of their own."""

    signs: tuple[Sign, ...]
    blanks_written: bool = False

    @property
    def x0(self) -> float:
        """Its left edge."""
        return self.signs[0].x0

    @property
    def x1(self) -> float:
        """Its right edge."""
        return max(sign.x1 for sign in self.signs)

    @property
    def top(self) -> float:
        """Its upper edge."""
        return min(sign.top for sign in self.signs)

    @property
    def bottom(self) -> float:
        """Its lower edge."""
        return max(sign.bottom for sign in self.signs)

    @property
    def size(self) -> float:
        """The usual height of its letters."""
        return statistics.median(sign.size for sign in self.signs)

    @property
    def text(self) -> str:
        """Its text with the blanks that the gaps show."""
        out = ""
        before: Sign | None = None
        for sign in self.signs:
            if before is not None and not out.endswith(" ") and not sign.text.isspace():
                out += " " if _is_blank(before, sign, written_out=self.blanks_written) else ""
            out += " " if sign.text == "\xa0" else sign.text
            before = sign
        return NO_LETTER.sub("□", out).strip()


def letter(text: str) -> str:
    """Return a sign of a PDF as it is typed: the character instead of the radical that is drawn alike."""
    return RADICALS.get(text, text)


@dataclass(frozen=True, slots=True)
class Said:
    """A text, and whether it is not sure: a blank may be missing at a line's end, or a sign has no letter."""

    text: str
    unsure: bool = False


def lines_of(signs: Iterable[Sign], *, blanks_written: bool = False) -> list[Line]:
    """Return the lines that the signs stand in, from above, each from left to right."""
    lines: list[list[Sign]] = []
    for sign in sorted(signs, key=lambda s: (s.middle[1], s.x0)):
        last = lines[-1] if lines else []
        if last and abs(sign.middle[1] - statistics.fmean(s.middle[1] for s in last[-8:])) < SAME_LINE * sign.size:
            last.append(sign)
        else:
            lines.append([sign])
    found = [Line(tuple(sorted(line, key=lambda s: s.x0)), blanks_written) for line in lines]
    return [line for line in found if not all(s.text.isspace() for s in line.signs)]


def pieces_of(line: Line, *, gap: float) -> list[Line]:
    """Return the pieces of a line that gaps of at least `gap` heights part."""
    pieces: list[list[Sign]] = []
    for sign in line.signs:
        if sign.text.isspace():
            continue
        if pieces and sign.x0 - max(s.x1 for s in pieces[-1][-4:]) < gap * line.size:
            pieces[-1].append(sign)
        else:
            pieces.append([sign])
    blanks = [sign for sign in line.signs if sign.text.isspace()]
    found = []
    for piece in pieces:
        inside = [*piece, *(b for b in blanks if piece[0].x0 <= b.x0 <= piece[-1].x1)]
        found.append(Line(tuple(sorted(inside, key=lambda s: s.x0)), line.blanks_written))
    return found


def said(lines: Sequence[Line], *, left: float, right: float) -> Said:
    """Return the text of a cell between `left` and `right`: lines that were only wrapped are one line again.

    A line that leaves room for what begins the next was ended by its writer. Where a wrapped line ends or begins with
    a letter or a digit a blank may have stood there: that is not sure.
    """
    unsure = any(NO_LETTER.search(sign.text) for line in lines for sign in line.signs)
    inset = lines[0].x0 - left if lines else 0.0
    edge = right - max(0.0, min(inset, 6.0))
    text = ""
    for number, line in enumerate(lines):
        if number == 0:
            text = line.text
            continue
        before = lines[number - 1]
        if _ended_on_purpose(before, line, edge):
            text += "\n" + line.text
            continue
        ending, beginning = bool(NARROW.match(text[-1:])), bool(NARROW.match(line.text[:1]))
        unsure = unsure or ending or beginning
        text += (" " if ending and beginning and text[-1:].isalpha() and line.text[:1].isalpha() else "") + line.text
    return Said(text, unsure)


def _ended_on_purpose(line: Line, following: Line, edge: float) -> bool:
    """Whether the first word of the following line had had room on this one."""
    return edge - line.x1 > max(_first_word(following) + 0.3 * line.size, ROOM_LEFT * line.size)


def _first_word(line: Line) -> float:
    """Return the width of what cannot be parted at a line's beginning: a sign or a Latin word, and signs that close.

    Brackets count whole: at a line's beginning they are often set narrower than they had been inside it.
    """
    begin = next((n for n, s in enumerate(line.signs) if s.text not in OPENING), 0)
    end = begin + 1
    if NARROW.match(line.signs[begin].text):
        word = enumerate(line.signs[begin:], begin)
        end = next((n for n, s in word if s.text.isspace() or not NARROW.match(s.text)), len(line.signs))
    while end < len(line.signs) and line.signs[end].text in CLOSING:
        end += 1
    full = sum(sign.size if not NARROW.match(sign.text) else sign.x1 - sign.x0 for sign in line.signs[:end])
    return max(line.signs[end - 1].x1 - line.x0, full)


def _is_blank(before: Sign, sign: Sign, *, written_out: bool) -> bool:
    gap, size = sign.x0 - before.x1, max(min(before.size, sign.size), 1.0)
    narrow = bool(NARROW.match(before.text[-1:])) and bool(NARROW.match(sign.text[:1]))
    least = BLANK_SKIPPED if written_out else BLANK if narrow else BLANK_IN_CHINESE
    return gap > least * size
