"""Text without cells → rows: one cell a line, run-together text, and prose with brackets, divided at the labels.

Works on a grid whose rows have no separators, from a text file or from the paragraphs of Word. What cannot be told
apart stays in one cell and is noted; nothing is guessed. Pure.
"""

import re
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cache
from itertools import pairwise

from targets.profiles import Profile, load
from targets.reading.cells import is_measure, is_value
from targets.reading.grid import Grid, Note, Row
from targets.reading.labels import Labels, is_group, tight
from targets.reading.sections import is_title, is_year_line
from targets.reading.words import ALSO_COLUMNS

UNIT_HEADS = {tight(word) for word in ALSO_COLUMNS["unit"]}
BARE_NUMBER = re.compile(r"^[≥≤><=＝≧≦＞＜]?\s*\d[\d.,]*$")
MAX_UNIT = 6
MIN_LABELS = 6
FEW_APART = 0.1
"""Most lines with wide gaps in a text that holds one cell a line."""
MIN_CATEGORIES = 2
MIN_HEADERS = 2
KINDS = ("header", "category", "family", "group")
GROUPS = r"(?:年度|项目)?绩效指标|一级指标|二级指标|三级指标|(?:绩效|指标)值"
SET_OFF_BEHIND, SET_OFF_BEFORE = ("（", "("), "\n。；;，,：:、 　）)"
MAX_TEXT = 100_000
HEAD = ("一级指标", "二级指标", "三级指标", "绩效值")
NUMBER = re.compile(
    r"^\s*(?:三级)?指标\s*\d{0,2}\s*[:：.、]\s*|^\s*[（(]?\d{1,2}[）)]?\s*[.、．)）:：]\s*|^\s*[①-⑳]\s*"
)
IN_BRACKETS = re.compile(r"^(?P<name>[^（(]{2,60})[（(](?P<value>[^（）()]{1,40})[）)]$")
COMPARED = re.compile(
    r"^(?P<name>[^≥≤><=＝≧≦＞＜]{2,60}?)(?P<value>(?:≥|≤|>|<|=|＝|≧|≦|＞|＜|不低于|不少于|不超过|不高于|大于|小于|达到)[^≥≤><=＝≧≦＞＜]{1,40})$",
    re.S,
)
AFTER_COLON = re.compile(r"^(?P<name>[^:：]{2,60})[:：]\s*(?P<value>.{1,40})$", re.S)
SEMICOLONS = re.compile(r"[;；。\n]+")
COMMAS = re.compile(r"[,，、]+")
EDGE = " \t\n　,，;；。、:：-—【】[]"


def arranged(grid: Grid, *, labels: Labels, profile: Profile) -> Grid:
    """Return the grid with a table's cells in rows where its text has none; any other grid as it is."""
    filled = [row for row in grid.rows if not row.blank]
    apart = sum(row.separated for row in filled)
    if not filled or apart > FEW_APART * len(filled) or any(row.part.kind in ("table", "sheet") for row in filled):
        return grid
    filled = [one for row in filled for one in _one_cell_each(row)]
    if sum(_is_label(row, labels) for row in filled) >= MIN_LABELS:
        return Grid(tuple(_from_lines(filled, labels)), (*grid.notes, Note("one_cell_a_line", filled[0].at())))
    if sum(len(row.cells[0]) for row in filled) > MAX_TEXT:
        return grid
    marks = _marks(_joined(filled), profile)
    if not marks or len({mark.word for mark in marks if mark.kind == "category"}) < MIN_CATEGORIES:
        return grid
    rows, undivided = _from_prose(filled, marks, labels)
    notes = [
        Note("prose", rows[0].at()),
        *(Note("undivided", row.at(), {"text": row.cells[2][:80]}) for row in undivided),
    ]
    return Grid(tuple(rows), (*grid.notes, *notes))


def _one_cell_each(row: Row) -> list[Row]:
    """Return a line with wide gaps (the year, and the unit of money beside it) as a line for each of its parts."""
    if not row.separated:
        return [row]
    return [replace(row, cells=(text,), separated=False, numbers=(i + 1,), markup=()) for i, text in row.filled()]


def _is_label(row: Row, labels: Labels) -> bool:
    cell = row.cells[0]
    header = labels.header(cell)
    if header is not None:
        return not header.rest
    found = labels.category(cell) or labels.family(cell)
    return (found is not None and not found.rest) or labels.column(cell) is not None or is_group(cell)


def _made(row: Row, order: int, *cells: str) -> Row:
    """A row of cells at the place of the line that it comes from."""
    return replace(row, cells=cells, separated=True, order=order, numbers=(1,) * len(cells), markup=())


def _from_lines(lines: Sequence[Row], labels: Labels) -> Iterator[Row]:
    """Yield the rows of a form whose cells stand below each other: a label, then what belongs to it."""
    order = 0
    family = category = ""
    head_done = False
    begun: Row | None = None
    texts: list[Row] = []
    units = any(tight(row.cells[0]) in UNIT_HEADS for row in lines)

    def ended() -> Iterator[Row]:
        nonlocal begun, order, family, category
        if begun is not None and not category:
            order += 1
            yield _made(begun, order, begun.cells[0], "\n".join(row.cells[0] for row in texts))
        elif category:
            for name, value in _pairs(texts):
                order += 1
                yield _made(name, order, family, category, name.cells[0], value.cells[0] if value else "")
                family = category = ""
            if not texts and begun is not None:
                order += 1
                yield _made(begun, order, family, category)
        begun, category = None, ""
        texts.clear()

    for at, row in enumerate(lines):
        after = lines[at + 1] if at + 1 < len(lines) else None
        cell = row.cells[0]
        header = labels.header(cell)
        is_goal = header is not None and header.field == "annual_goal"
        is_goal = is_goal and after is not None and not _is_label(after, labels)
        if is_title(row) or is_year_line(row):
            yield from ended()
            order += 1
            yield replace(row, order=order)
        elif labels.column(cell) is not None or (is_group(cell) and not is_goal):
            yield from ended()
            if not head_done:
                head_done, order = True, order + 1
                yield _made(row, order, *HEAD)
        elif header is not None:
            yield from ended()
            begun = row
            if header.rest:
                yield from ended()
        elif (found := labels.family(cell)) is not None and not found.rest and not _lacks_value(found.bare, texts):
            yield from ended()
            family = cell
        elif (found := labels.category(cell)) is not None and not found.rest and not _lacks_value(found.bare, texts):
            yield from ended()
            begun, category = row, cell
        else:
            _put(row, texts, units=units)
    yield from ended()


def _put(row: Row, texts: list[Row], *, units: bool) -> None:
    """Add a line; where the form has a column of units, a unit goes behind the bare number above it."""
    cell, before = row.cells[0], texts[-1].cells[0] if texts else ""
    bare = units and len(cell) <= MAX_UNIT and bool(BARE_NUMBER.match(before))
    if bare and not is_measure(cell) and is_measure(before + cell):
        texts[-1] = replace(texts[-1], cells=(before + cell,))
    else:
        texts.append(row)


def _lacks_value(bare: bool, texts: Sequence[Row]) -> bool:
    """Whether a word without code or mark is more likely the value that the last name still lacks."""
    return bare and len(texts) % 2 == 1 and not is_value(texts[-1].cells[0])


def _pairs(texts: Sequence[Row]) -> Iterator[tuple[Row, Row | None]]:
    """Yield each name with the value below it. A line that reads as no value after a name begins the next name."""
    at = 0
    regular = len(texts) % 2 == 0 and all(is_value(row.cells[0]) for row in texts[1::2])
    while at < len(texts):
        below = texts[at + 1] if at + 1 < len(texts) else None
        if below is not None and (regular or is_value(below.cells[0])):
            yield texts[at], below
            at += 2
        else:
            yield texts[at], None
            at += 1


@dataclass(frozen=True, slots=True)
class _Mark:
    """A label found in running text: its kind ("header", "family", "category"), word, begin and end."""

    kind: str
    word: str
    begin: int
    end: int


def _marks(text: str, profile: Profile) -> list[_Mark]:
    """Return the labels in the text: those with a sign that sets them off; in text without such signs all of them."""
    found = []
    for match in _words_of(profile.id).finditer(text):
        kind = next(kind for kind in KINDS if match[kind])
        behind = text[match.end() : match.end() + 1]
        set_off = match[0][-1:] in ":：】]" or behind in SET_OFF_BEHIND or (kind == "header" and behind.isdecimal())
        set_off = set_off and (match.start() == 0 or text[match.start() - 1] in SET_OFF_BEFORE or match[0][:1] in "【[")
        found.append((set_off, _Mark(kind, match[kind], match.start(), match.end())))
    sure = [mark for set_off, mark in found if set_off]
    kinds = [mark.kind for mark in sure]
    enough = kinds.count("header") >= MIN_HEADERS and kinds.count("category") >= MIN_CATEGORIES
    return sure if enough else [mark for _set_off, mark in found]


def _joined(lines: Sequence[Row]) -> str:
    return "\n".join(row.cells[0] for row in lines)


def _from_prose(lines: Sequence[Row], marks: Sequence[_Mark], labels: Labels) -> tuple[list[Row], list[Row]]:
    """Return the rows of a form written as running text, and those of them that could not be divided."""
    text = _joined(lines)
    starts = [0]
    for row in lines:
        starts.append(starts[-1] + len(row.cells[0]) + 1)

    def line_at(offset: int) -> Row:
        return lines[max(n for n in range(len(lines)) if starts[n] <= offset)]

    rows: list[Row] = []
    undivided: list[Row] = []
    order = 0

    def add(row: Row, *cells: str) -> Row:
        nonlocal order
        order += 1
        rows.append(_made(row, order, *cells))
        return rows[-1]

    before = text[: marks[0].begin].strip(EDGE)
    for row in lines:
        if before and row.cells[0] and row.cells[0] in before:
            order += 1
            rows.append(replace(row, order=order))
    family, head_done = "", False
    for mark, following in pairwise([*marks, _Mark("", "", len(text), len(text))]):
        raw = text[mark.end : following.begin]
        said = raw.strip(EDGE)
        here = line_at(mark.begin)
        if mark.kind == "header":
            found = labels.header(mark.word)
            is_text = found is not None and found.field == "annual_goal"
            add(here, mark.word, raw.strip(EDGE.replace("。", "")) if is_text else said)
            continue
        if mark.kind == "group":
            continue
        if not head_done:
            head_done = True
            add(here, *HEAD)
        if mark.kind == "family":
            family = mark.word
            continue
        for item, offset in _items(said):
            name, value = item if isinstance(item, tuple) else _divided(item)
            row = add(line_at(mark.end + text[mark.end :].find(said) + offset), family, mark.word, name, value)
            if not value:
                undivided.append(row)
            family = ""
    return rows, undivided


def _items(said: str) -> Iterator[tuple[str | tuple[str, str], int]]:
    """Yield the indicators of one category and where each begins: at semicolons; at commas only if each has a value.

    Names and values that take turns between blanks are divided already.
    """
    turns = said.split()
    if len(turns) % 2 == 0 and all(map(is_value, turns[1::2])) and not any(map(is_value, turns[::2])):
        for name, value in zip(turns[::2], turns[1::2], strict=True):
            yield (name, value), max(said.find(name), 0)
        return
    inner = said.strip()
    if inner[:1] in "（(" and inner[-1:] in "）)" and _is_one_bracket(inner):
        inner = inner[1:-1]
    parts = [part for part in SEMICOLONS.split(inner) if part.strip(EDGE)]
    for part in parts:
        smaller = [piece for piece in COMMAS.split(part) if piece.strip(EDGE)]
        whole = len(smaller) < 2 or not all(_divided(piece)[1] for piece in smaller)
        for piece in [part] if whole else smaller:
            yield piece.strip(EDGE), max(said.find(piece), 0)


def divided_items(said: str) -> list[tuple[str, str]]:
    """Return name and value of each indicator of one category; an empty value where they cannot be told apart."""
    return [item if isinstance(item, tuple) else _divided(item) for item, _at in _items(said.strip(EDGE))]


def _is_one_bracket(text: str) -> bool:
    depth = 0
    for at, sign in enumerate(text):
        depth += (sign in "（(") - (sign in "）)")
        if depth == 0:
            return at == len(text) - 1
    return False


def _divided(item: str) -> tuple[str, str]:
    """Return name and value of one indicator; an empty value when they cannot be told apart."""
    bare = NUMBER.sub("", item).strip(EDGE)
    for pattern in (IN_BRACKETS, COMPARED, AFTER_COLON):
        match = pattern.match(bare)
        if match is not None and is_value(match["value"].strip()):
            return match["name"].strip(EDGE), match["value"].strip()
    return bare, ""


@cache
def _words_of(profile_id: str) -> re.Pattern[str]:
    """Return the pattern of all labels that may stand in running text, longest first."""
    profile = load(profile_id)
    headers = {word for words in profile.header.values() for word in words if len(tight(word)) >= 4}
    families = {word for part in profile.families for word in part.words if word.endswith("指标")}
    ends = ("指标", "影响", "效益", "对象满意度")
    categories = {word for part in profile.categories for word in part.words if word.endswith(ends)}
    categories |= {word + "指标" for word in categories if not word.endswith("指标")}

    def either(words: set[str]) -> str:
        spaced = (r"[ \u3000]{0,2}".join(map(re.escape, unicodedata.normalize("NFKC", w))) for w in words)
        return "|".join(sorted(spaced, key=len, reverse=True))

    opening = r"[【\[]?\s*(?:[0-9]{1,2}\s*[-—.、]\s*|[一二三四五六七八九十（(]{1,3}[、）)]\s*)?"
    closing = r"\s*(?:[（(](?:必填|选填)[^（）()]{0,10}[）)])?\s*[】\]]?\s*[:：]?"
    mid = rf"(?:(?:{either(families)})\s*[-—－]\s*)?"
    return re.compile(
        rf"{opening}{mid}(?P<category>{either(categories)})(?!值){closing}|{opening}(?P<family>{either(families)}){closing}"
        rf"|(?P<group>{GROUPS})\s*[:：]?|(?:其中\s*[:：]\s*)?(?P<header>{either(headers)})\s*(?:[（(](?:万元|元)[）)])?\s*[:：]?"
    )
