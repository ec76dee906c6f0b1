"""Text whose columns stand below each other, held apart by blanks alone → the column of each cell. Pure.

What stands where is told by the width at which a cell begins: a Chinese sign is as wide as two letters.
"""

import re
import unicodedata
from collections import Counter
from collections.abc import Sequence

GAP = re.compile(r"[ \u3000]{2,}")
MOST = 0.95
MIN_LINES, MIN_COLUMNS = 4, 3


def _begins(line: str) -> list[tuple[int, str]]:
    """Return the cells of a line with the width at which each begins."""
    found, at = [], 0
    for match in GAP.finditer(line + "  "):
        text = line[at : match.start()]
        if text:
            found.append((sum(map(_width, line[:at])), text))
        at = match.end()
    return found


def _width(sign: str) -> int:
    return 2 if unicodedata.east_asian_width(sign) in "WF" else 1


def aligned(lines: Sequence[str]) -> dict[int, list[str]]:
    """Return the cells of each line of several cells, one a column, by the line's index; {} where nothing is aligned.

    Aligned are lines of which nearly every cell begins where cells of other lines begin.
    """
    begins = {n: found for n, line in enumerate(lines) if len(found := _begins(line.rstrip())) > 1}
    starts = Counter(start for found in begins.values() for start, _text in found)
    columns = sorted(start for start, count in starts.items() if count > 1)
    cells = sum(starts.values())
    if len(begins) < MIN_LINES or len(columns) < MIN_COLUMNS or sum(starts[s] for s in columns) < MOST * cells:
        return {}
    at = {start: n for n, start in enumerate(columns)}
    if any(start not in at for found in begins.values() for start, _text in found):
        return {}
    return {n: _laid(found, at) for n, found in begins.items()}


def _laid(found: Sequence[tuple[int, str]], at: dict[int, int]) -> list[str]:
    cells = [""] * (at[found[-1][0]] + 1)
    for start, text in found:
        cells[at[start]] = text
    return cells
