"""Forms with something wrong in them: what a careless hand, a converter or a scanner does to a table.

Of a damaged form not everything can be read; what is asked is that nothing wrong goes unmarked.
"""

from dataclasses import replace
from random import Random

from tests.corpus.carriers import CARRIERS
from tests.corpus.frames import FRAMES
from tests.corpus.sampling import Case, content_of, style_of
from tests.targets.office import ABOVE, LEFT

Row = list[object]


def _filled(row: Row) -> list[int]:
    return [i for i, text in enumerate(row) if text not in (LEFT, ABOVE, "", None)]


def shifted_left(rows: list[Row], at: int, rng: Random) -> None:
    """One row loses an empty cell in front."""
    row = [text for text in rows[at] if text not in (ABOVE,)]
    rows[at][:] = [*row, *[""] * (len(rows[at]) - len(row))]


def shifted_right(rows: list[Row], at: int, rng: Random) -> None:
    """One row stands a column too far right, its last cell lost in the next."""
    rows[at][:] = ["", *rows[at][:-1]]


def no_label(rows: list[Row], at: int, rng: Random) -> None:
    """The labels of a row are gone."""
    rows[at][0] = rows[at][1] = ""


def unknown_label(rows: list[Row], at: int, rng: Random) -> None:
    """The category is called by a name that no form knows."""
    rows[at][1] = rng.choice(("安全指标", "其他指标", "绿色指标", "公平性"))


def glued(rows: list[Row], at: int, rng: Random) -> None:
    """Name and value stand in one cell."""
    rows[at][2:4] = [f"{rows[at][2]}{rows[at][3]}", ""]


def label_glued(rows: list[Row], at: int, rng: Random) -> None:
    """Label and name stand in one cell."""
    if rows[at][1] not in (ABOVE, ""):
        rows[at][1:3] = [f"{rows[at][1]} {rows[at][2]}", ""]


def wrapped(rows: list[Row], at: int, rng: Random) -> None:
    """The second half of a name stands in a row of its own."""
    name = str(rows[at][2])
    half = max(2, len(name) // 2)
    rows[at][2] = name[:half]
    rows.insert(at + 1, [ABOVE if text is ABOVE else "" for text in rows[at]])
    rows[at + 1][2] = name[half:]


def swapped(rows: list[Row], at: int, rng: Random) -> None:
    """Name and value have changed places."""
    rows[at][2], rows[at][3] = rows[at][3], rows[at][2]


def one_more(rows: list[Row], at: int, rng: Random) -> None:
    """A cell too many stands between name and value."""
    rows[at].insert(3, "见附表")


def no_head(rows: list[Row], at: int, rng: Random) -> None:
    """The head of the columns is missing."""
    head = next((n for n, row in enumerate(rows) if "二级指标" in row), None)
    if head is not None:
        del rows[head]


def label_gone(rows: list[Row], at: int, rng: Random) -> None:
    """The category's label of a row is gone, the family's stays."""
    rows[at][1] = ""


def labels_exchanged(rows: list[Row], at: int, rng: Random) -> None:
    """Two categories have exchanged their labels, in every row that prints them."""
    printed = [row[1] for row in rows[at:] if len(row) > 3 and row[1] not in (ABOVE, LEFT, "")]
    labels = list(dict.fromkeys(printed))
    if len(labels) < 2 or rows[at][1] == ABOVE:
        return
    change = {labels[0]: labels[1], labels[1]: labels[0]}
    for row in rows:
        if len(row) > 3 and row[1] in change:
            row[1] = change[row[1]]


def label_twice(rows: list[Row], at: int, rng: Random) -> None:
    """The label of the category above stands again where another belongs."""
    above = [row[1] for row in rows[:at] if len(row) > 3 and row[1] not in (ABOVE, LEFT, "", "二级指标")]
    if above and rows[at][1] not in (ABOVE, ""):
        rows[at][1] = above[0]


def heads_exchanged(rows: list[Row], at: int, rng: Random) -> None:
    """The heads of names and values stand over each other's columns."""
    head = next((n for n, row in enumerate(rows) if "二级指标" in row), None)
    if head is not None:
        rows[head][2], rows[head][3] = rows[head][3], rows[head][2]


DAMAGES = (
    shifted_left,
    shifted_right,
    no_label,
    unknown_label,
    glued,
    label_glued,
    wrapped,
    swapped,
    one_more,
    no_head,
    label_gone,
    labels_exchanged,
    label_twice,
    heads_exchanged,
)
CARRIED = ("tabs", "csv", "bars", "docx", "xlsx")


def damaged(*, seed: int, count: int) -> list[Case]:
    """Return `count` files with one damage each, every damage and carrier in turn."""
    rng = Random(seed)
    made = []
    for n in range(count):
        damage, carrier = DAMAGES[n % len(DAMAGES)], CARRIED[(n % len(DAMAGES) + n // len(DAMAGES)) % len(CARRIED)]
        plain = {"value": "one", "extra": (), "side": False, "order": "usual", "heads_again": False, "money": "wan"}
        style = replace(style_of(rng, "year"), **plain)
        content, parts = content_of(rng, style)
        form = FRAMES["year"](content, style, parts, rng)
        rows = form.table.rows
        values = {row.value for row in form.expected.indicators}
        at = rng.choice([i for i, row in enumerate(rows) if len(row) > 3 and row[3] in values])
        damage(rows, at, rng)
        width = max(map(len, rows))
        form.table.rows = [[*row, *[""] * (width - len(row))] for row in rows]
        ending, write = CARRIERS[carrier]
        tags = {"damage": damage.__name__, "carrier": carrier}
        made.append(Case(f"{n:03d}-{damage.__name__}-{carrier}.{ending}", write([form]), [form.expected], tags))
    return made
