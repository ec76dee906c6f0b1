"""A page of a PDF without ruled cells → rows and columns by the places of its words.

Columns are where no line below the head of the indicators has a sign; rows are parted by rules across the page or by
wider gaps. Pure arithmetic on lines; what had to be put together is said to be unsure.
"""

import bisect
import re
import statistics
from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import pairwise

from targets.reading.pdftext import Line, Sign, pieces_of, said

HEAD = re.compile(r"^(?:一级|二级|三级)指标|^(?:年度)?(?:指标|绩效|目标)值|^绩效指标$")
MIN_HEADS = 3
GAP = 1.0
GUTTERS = (0.8, 0.5, 0.3, 0.15)
MIN_RULES = 3
ALONE = 0.75
"""A line further from all others than this share of the usual step is a row of its own."""
SAME_PLACE = 1.2


@dataclass(slots=True)
class Found:
    """One row: its texts, the left and right edges of its cells in points, indexes of unsure cells, its lines."""

    lines: list[Line]
    texts: tuple[str, ...] = ()
    spans: tuple[tuple[float, float], ...] = ()
    unsure: tuple[int, ...] = ()


@dataclass(slots=True)
class Block:
    """Rows that belong together: running text, or rows of cells."""

    is_text: bool
    top: float
    rows: list[Found] = field(default_factory=list)


def blocks_of(
    lines: Sequence[Line], *, rules: Sequence[float], columns: Sequence[float] = ()
) -> tuple[list[Block], list[float]]:
    """Return the blocks of a page from above, and where its columns begin ([]: it has none).

    `lines`: all its lines; `rules`: heights of the lines across it; `columns`: those of the page before, which hold
    on where a page has no head of its own.
    """
    head = next((n for n, line in enumerate(lines) if _heads(line) >= MIN_HEADS), None)
    if head is None:
        if columns and lines:
            return [_by_edges(lines, list(columns), rules)], list(columns)
        return [Block(True, line.top, [Found([line])]) for line in lines], []
    edges = _columns(lines[head:], lines[head])
    return [*_above(lines[:head], rules), _by_edges(lines[head:], edges, rules, has_head=True)], edges


def _heads(line: Line) -> int:
    return sum(bool(HEAD.match(piece.text.replace(" ", ""))) for piece in pieces_of(line, gap=GAP))


def _above(lines: Sequence[Line], rules: Sequence[float]) -> list[Block]:
    """The lines above the head: a label and what stands behind it; a line below the text of a cell goes on with it."""
    blocks: list[Block] = []
    for group in _between(lines, rules) or [[line] for line in lines]:
        cells = _stacked([piece for line in group for piece in pieces_of(line, gap=GAP)])
        last = blocks[-1] if blocks and not blocks[-1].is_text else None
        if last is not None and len(cells) == 1 and _goes_on(last.rows[-1], group[0]):
            _go_on(last.rows[-1], group[0])
            continue
        is_text = len(cells) < 2
        if not blocks or blocks[-1].is_text != is_text:
            blocks.append(Block(is_text, group[0].top))
        if is_text:
            blocks[-1].rows += [Found([line]) for line in group]
        else:
            blocks[-1].rows.append(_of_pieces(group, cells))
    return blocks


def _stacked(pieces: Sequence[Line]) -> list[list[Line]]:
    """Return the pieces in cells, from left to right: those below each other are one cell."""
    cells: list[list[Line]] = []
    for piece in sorted(pieces, key=lambda p: p.x0):
        last = cells[-1] if cells else []
        if last and piece.x0 < max(p.x1 for p in last):
            last.append(piece)
        else:
            cells.append([piece])
    return [sorted(cell, key=lambda p: p.top) for cell in cells]


def _of_pieces(group: list[Line], cells: Sequence[Sequence[Line]]) -> Found:
    texts = tuple("".join(piece.text for piece in cell) for cell in cells)
    spans = tuple((cell[0].x0, max(piece.x1 for piece in cell)) for cell in cells)
    return Found(group, texts, spans, tuple(n for n, cell in enumerate(cells) if len(cell) > 1))


def _goes_on(row: Found, line: Line) -> bool:
    return len(row.spans) > 1 and abs(line.x0 - row.spans[-1][0]) <= SAME_PLACE * line.size


def _go_on(row: Found, line: Line) -> None:
    last = len(row.texts) - 1
    row.lines.append(line)
    row.texts = (*row.texts[:-1], row.texts[-1] + line.text)
    row.unsure = tuple(sorted({*row.unsure, last}))


def _by_edges(lines: Sequence[Line], edges: list[float], rules: Sequence[float], *, has_head: bool = False) -> Block:
    """The rows of the indicators by columns, the head first where there is one."""
    block = Block(False, lines[0].top)
    below = _rows(lines[has_head:], rules, edges[-1])
    groups = [[lines[0]], *below] if has_head else below
    rights = [*edges[1:], max(line.x1 for line in lines)]
    for group, cells in zip(groups, _cells(groups, edges, ruled=bool(_between(lines, rules))), strict=True):
        found = [said(pieces, left=left, right=right) for pieces, left, right in zip(cells, edges, rights, strict=True)]
        unsure = tuple(n for n, cell in enumerate(cells) if found[n].unsure or len(cell) > 1)
        texts = tuple(one.text.replace("\n", "") for one in found)
        block.rows.append(Found(group, texts, tuple(zip(edges, rights, strict=True)), unsure))
    return block


def _cells(groups: Sequence[Sequence[Line]], edges: Sequence[float], *, ruled: bool) -> list[list[list[Line]]]:
    """Return the pieces of each cell of each row; without rules a piece close below another belongs to its cell."""
    step = 0.0 if ruled else statistics.median([b[0].top - a[0].top for a, b in pairwise(groups)] or [0.0])
    cells: list[list[list[Line]]] = []
    open_cells: dict[int, list[Line]] = {}
    for group in groups:
        row: list[list[Line]] = [[] for _edge in edges]
        for line in group:
            for column, piece in _by_columns(line, edges):
                above = open_cells.get(column)
                close = above and piece.top - above[-1].top <= ALONE * step
                open_cells[column] = above if above and close else row[column]
                open_cells[column].append(piece)
        cells.append(row)
    return cells


def _by_columns(line: Line, edges: Sequence[float]) -> list[tuple[int, Line]]:
    """Return the pieces of a line, each with the number of the column that its signs stand in."""
    found: dict[int, list[Sign]] = {}
    for sign in line.signs:
        found.setdefault(max(bisect.bisect_right(edges, sign.middle[0]) - 1, 0), []).append(sign)
    pieces = [(column, Line(tuple(signs), line.blanks_written)) for column, signs in sorted(found.items())]
    return [(column, piece) for column, piece in pieces if piece.text]


def _columns(lines: Sequence[Line], head: Line) -> list[float]:
    """Return where the columns begin: behind the strips that no line crosses, no fewer than the words of the head."""
    heads = pieces_of(head, gap=GAP)
    signs = sorted((s.x0, s.x1) for line in lines for s in line.signs if not s.text.isspace())
    for gutter in GUTTERS:
        taken: list[list[float]] = []
        for x0, x1 in signs:
            if taken and x0 - taken[-1][1] < gutter * head.size:
                taken[-1][1] = max(taken[-1][1], x1)
            else:
                taken.append([x0, x1])
        if len(taken) >= len(heads):
            return [x0 for x0, _x1 in taken]
    return [heads[0].x0, *((a.x1 + b.x0) / 2 for a, b in pairwise(heads))]


def _between(lines: Sequence[Line], rules: Sequence[float]) -> list[list[Line]]:
    """Return the lines between each two rules; [] where there are not enough rules to part them."""
    inside = [rule for rule in rules if lines and lines[0].top < rule < lines[-1].bottom]
    if len(inside) < MIN_RULES:
        return []
    groups: dict[int, list[Line]] = {}
    for line in lines:
        groups.setdefault(bisect.bisect_left(inside, (line.top + line.bottom) / 2), []).append(line)
    return list(groups.values())


def _rows(lines: Sequence[Line], rules: Sequence[float], last: float) -> list[list[Line]]:
    """Return the lines that make up each row: between two rules, else around each line with a text behind `last`.

    A line without one goes with the nearer of its neighbours; far from both it is a row of its own.
    """
    between = _between(lines, rules)
    if between or not lines:
        return between
    anchors = [n for n, line in enumerate(lines) if line.x1 > last]
    steps = [lines[b].top - lines[a].top for a, b in pairwise(anchors)]
    if not steps:
        return [[line] for line in lines]
    far = ALONE * statistics.median(steps)
    groups: list[list[Line]] = []
    joins_next = False
    for n, line in enumerate(lines):
        above = line.top - lines[n - 1].top if n else far + 1
        below = lines[n + 1].top - line.top if n + 1 < len(lines) else far + 1
        is_anchor = line.x1 > last
        if joins_next or (not is_anchor and groups and above <= far and above <= below * 1.1):
            groups[-1].append(line)
        else:
            groups.append([line])
        joins_next = not is_anchor and below <= far and above > below * 1.1
    return groups
