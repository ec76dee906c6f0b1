"""Whole tables of many trades, as a careful unit writes them; all 演示.

`good_held.txt`, `good_last.txt` and `good_end.txt` were each written after the rules had been mended by those
before: what was asked of them at first sight was 13 of 158, 11 of 98 and 4 of 68 lines.
A block is `# project|unit|department|total in 万元`, `> annual goal`, then `code|name|value` a line.
"""

from collections.abc import Iterator
from pathlib import Path

from targets.content import Funds, IndicatorContent, TableContent

HERE = Path(__file__).parent
YEAR = 2026


def load(pattern: str = "good_*.txt") -> dict[str, TableContent]:
    """Return project name → table of all files that match."""
    return {t.project_name or "": t for path in sorted(HERE.glob(pattern)) for t in _tables(path.read_text("utf-8"))}


def _tables(text: str) -> Iterator[TableContent]:
    for block in text.split("# ")[1:]:
        head, goal, *rows = block.strip().splitlines()
        name, unit, department, total = head.split("|")
        yield TableContent(
            project_name=name,
            department=department,
            unit=unit,
            attribute="0101-一年期项目",
            period=f"{YEAR}年1-12月",
            fiscal_year=YEAR,
            funds=Funds(total, total, "0"),
            annual_goal=goal.removeprefix("> "),
            indicators=tuple(IndicatorContent(*row.split("|")) for row in rows),
        )
