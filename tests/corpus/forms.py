"""Content → a table as one of many governments would print it: which rows, which columns, which words.

A `Style` is one choice in each dimension; `laid` turns content and style into the rows of one form. What the reader
should find is the content itself, except where a style leaves a field out.
"""

from dataclasses import dataclass, field
from random import Random

from targets.content import Funds, IndicatorContent, TableContent
from tests.corpus.wording import EXTRA, NOT_PRINTED
from tests.targets.office import ABOVE, LEFT, Table

FAMILY_OF = {
    "11": "产出",
    "12": "产出",
    "13": "产出",
    "14": "产出",
    "21": "效益",
    "22": "效益",
    "23": "效益",
    "24": "效益",
    "31": "满意度",
}
CATEGORY = {
    "11": "数量",
    "12": "质量",
    "13": "时效",
    "14": "成本",
    "21": "经济效益",
    "22": "社会效益",
    "23": "生态效益",
    "24": "可持续影响",
    "31": "服务对象满意度",
}
OLD = {
    "11": "产出数量",
    "12": "产出质量",
    "13": "产出时效",
    "14": "产出成本",
    "21": "经济效益",
    "22": "社会效益",
    "23": "环境效益",
    "24": "可持续影响",
    "31": "社会公众或服务对象满意度",
}
COSTS = ("经济成本", "社会成本", "生态环境成本")
POINTS = {"成本": "20", "产出": "40", "效益": "20", "满意度": "10"}


@dataclass(frozen=True, slots=True)
class Style:
    """One choice in each dimension of how a form looks."""

    frame: str = "seed"
    value: str = "one"
    taxonomy: str = "2015"
    label: str = "plain"
    repetition: str = "merged"
    numbering: str = "none"
    money: str = "wan"
    extra: tuple[str, ...] = ()
    order: str = "usual"
    goal: str = "year"
    side: bool = True
    heads_again: bool = False
    empty_rows: str = "none"

    def tags(self) -> dict[str, str]:
        """Return each dimension with its choice as text."""
        return {
            "frame": self.frame,
            "value": self.value,
            "taxonomy": self.taxonomy,
            "label": self.label,
            "repetition": self.repetition,
            "numbering": self.numbering,
            "money": self.money,
            "extra": "some" if self.extra else "none",
            "order": self.order,
            "goal": self.goal,
            "heads again": str(self.heads_again),
            "empty rows": self.empty_rows,
        }


@dataclass(slots=True)
class Laid:
    """One form: the lines above it, its table, the lines below it, and the content a reader should find.

    `more` holds the contents of further projects in the same table.
    """

    above: list[str]
    table: Table
    below: list[str]
    expected: TableContent
    style: Style
    more: list[TableContent] = field(default_factory=list)


def family_and_category(code: str, style: Style, n: int) -> tuple[str, str]:
    """Return the words of the first and second level under this taxonomy."""
    if style.taxonomy == "2021" and code == "14":
        return "成本", COSTS[n % 3]
    if style.taxonomy == "old":
        return ("效益" if code == "31" else FAMILY_OF[code]), OLD[code]
    if style.taxonomy == "one level" and code == "31":
        return "满意度", "满意度"
    return FAMILY_OF[code], CATEGORY[code]


def labelled(family: str, category: str, code: str, style: Style) -> tuple[str, str]:
    """Return both labels as this style prints them."""
    match style.label:
        case "coded" if style.taxonomy == "2015":
            return f"{code[:1]}-{family}指标", f"{code}-{category}{'' if code[0] != '1' else '指标'}（必填）"
        case "points":
            return f"{family}指标（{POINTS.get(family, '50')}分）", f"{category}指标"
        case "bare":
            return family, category
        case "ordinal":
            order = {"成本": "一", "产出": "二", "效益": "三", "满意度": "四"}[family]
            return f"{order}、{family}指标", f"（{int(code[1])}）{category}指标"
        case "upright":
            return "\n".join(f"{family}指标"), f"{category}指标"
        case "broken":
            return f"{family}\n指标", f"{category}\n指标"
    return f"{family}指标", f"{category}指标"


def numbered(name: str, n: int, category: str, style: Style) -> tuple[str, str]:
    """Return the name as printed behind its running number, and what of it is the name."""
    match style.numbering:
        case "national":
            return f"指标{n}：{name}", name
        case "own":
            return f"{category}指标{n}：{name}", name
        case "circled":
            return f"{'①②③④⑤⑥⑦⑧⑨'[n - 1]}{name}", f"{'①②③④⑤⑥⑦⑧⑨'[n - 1]}{name}"
        case "dotted":
            return f"{n}.{name}", f"{n}.{name}"
    return name, name


def money(amount: str | None, style: Style) -> str:
    """Return an amount of 万元 as this style prints it."""
    if amount is None:
        return ""
    number = float(amount.replace(",", ""))
    match style.money:
        case "yuan" | "yuan above":
            return f"{number * 10000:,.2f}"
        case "attached":
            return f"{amount}万元"
    return amount


def money_unit(style: Style) -> str:
    """Return what stands behind the label of the money block."""
    return {"wan": "（万元）", "yuan": "（元）"}.get(style.money, "")


def expected_funds(funds: Funds, style: Style) -> Funds:
    """Return the amounts that should be read: those in 元 without trailing zeros."""
    if style.money in ("yuan", "yuan above"):
        plain = [
            None if a is None else format(float(a.replace(",", "")), "g")
            for a in (funds.total, funds.fiscal, funds.other)
        ]
        return Funds(*plain)
    return funds


def indicator_rows(
    content: TableContent, style: Style, parts: dict[int, tuple[str, str, str]], rng: Random
) -> tuple[list[list[object]], list[IndicatorContent]]:
    """Return the rows [family, category, name, value cells…, extra cells…] and the indicators to be read."""
    codes = ["14", "11", "12", "13", "21", "22", "23", "24", "31"] if style.taxonomy == "2021" else sorted(CATEGORY)
    out: list[list[object]] = []
    found: list[IndicatorContent] = []
    before: tuple[str, str] = ("", "")
    indexed = list(enumerate(content.indicators))
    for code in codes:
        rows = [(i, row) for i, row in indexed if row.code == code]
        if not rows and style.empty_rows != "none":
            rows = [(-1, IndicatorContent(code))]
        for n, (i, row) in enumerate(rows, 1):
            words = family_and_category(code, style, n - 1)
            labels = labelled(*words, code, style)
            if i < 0:
                printed = {"slash": "/", "none word": "无", "dash": "—"}.get(style.empty_rows, "")
                values = [printed] if style.value == "one" else [printed] * _width(style)
                if style.numbering == "national":
                    printed, values = "指标1：", [""] * len(values)
            else:
                printed, name = numbered(row.name or "", n, words[1], style)
                values = _value_cells(row.value or "", parts.get(i), style)
                found.append(IndicatorContent(code, name, _value_read(row.value or "", parts.get(i), style)))
            front: list[object] = list(labels)
            if style.repetition != "repeated":
                empty = ABOVE if style.repetition == "merged" else ""
                front = [empty if labels[0] == before[0] else labels[0], empty if labels == before else labels[1]]
            before = labels
            out.append([*front, printed, *values, *(rng.choice(EXTRA[e]) for e in style.extra)])
    return out, found


def _width(style: Style) -> int:
    return {"one": 1, "three": 3, "three below": 3, "unit first": 2, "unit": 2, "past": 2}[style.value]


def _value_cells(value: str, parts: tuple[str, str, str] | None, style: Style) -> list[object]:
    if parts is None:
        return (
            [value]
            if style.value == "one"
            else {"past": ["≥1", value]}.get(style.value, ["", value, ""][: _width(style)])
        )
    symbol, number, unit = parts
    sign = "" if symbol == "定性" else symbol
    match style.value:
        case "three" | "three below":
            return [symbol, number, unit]
        case "unit first":
            return [unit, sign + number]
        case "unit":
            return [sign + number, unit]
    return [sign + number + unit]


def _value_read(value: str, parts: tuple[str, str, str] | None, style: Style) -> str:
    if parts is None or style.value in ("one", "past"):
        return value
    return "".join(part for n, part in enumerate(parts) if n == 1 or part not in NOT_PRINTED)


def value_heads(style: Style, word: str) -> list[object]:
    """Return the heads of the columns of values."""
    match style.value:
        case "three":
            return ["指标性质", word, "度量单位"]
        case "three below":
            return [word, LEFT, LEFT]
        case "unit first":
            return ["单位", word]
        case "unit":
            return [word, "计量单位"]
        case "past":
            return ["上年实际值", word]
    return [word]
