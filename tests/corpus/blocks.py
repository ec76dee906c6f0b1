"""The blocks that frames are put together from: rows of labels and texts, money, goals, indicators with their head."""

from dataclasses import replace
from random import Random

from targets.content import Funds, IndicatorContent, TableContent
from tests.corpus.forms import Style, expected_funds, indicator_rows, money, money_unit, value_heads
from tests.targets.office import ABOVE, LEFT

Parts = dict[int, tuple[str, str, str]]
SIDES = ("绩效指标", "绩\n效\n指\n标", "年度绩效指标", "绩效\n指标")


def pairs(width: int, *fields: tuple[str, str]) -> list[object]:
    """Return a row of labels and texts that fills the width, each text spread to the right."""
    share, row = width // len(fields), list[object]()
    for n, (label, text) in enumerate(fields):
        end = width if n + 1 == len(fields) else share * (n + 1)
        row += [label, text]
        row += [LEFT] * (end - len(row))
    return row


def form_side(row: list[object], word: object, style: Style) -> list[object]:
    return [word, *row] if style.side else row


def form_indicators(
    content: TableContent, style: Style, parts: Parts, rng: Random, heads: list[object]
) -> tuple[list[list[object]], list[IndicatorContent]]:
    """Return head and rows, with the side label where the style has one, and the head again in the middle."""
    rows, found = indicator_rows(content, style, parts, rng)
    word = rng.choice(SIDES)
    out = [form_side(heads, rng.choice(("名称", word)) if style.side else "", style)]
    merged = out[0][0] == word and style.side
    if style.value == "three below":
        below = [("性质", "值", "单位"), ("符号", "数值", "计量单位"), ("计算符号", "值", "度量单位")][rng.randrange(3)]
        at = heads.index(LEFT) - 1
        out.append(form_side([ABOVE] * at + list(below) + [ABOVE] * (len(heads) - at - 3), ABOVE, style))
    again = len(rows) // 2 if style.heads_again else -1
    full: list[object] = ["", ""]
    for n, row in enumerate(rows):
        full = [new if new not in ("", ABOVE) else old for new, old in zip(row[:2], full, strict=True)]
        if n == again:
            out.append(form_side(heads, "名称", style))
            row = [*full, *row[2:]]
            merged = False
        out.append(
            form_side(
                row,
                ABOVE
                if merged or (style.repetition == "merged" and n not in (0, again))
                else word
                if n in (0, again)
                else "",
                style,
            )
        )
        merged = merged and style.repetition == "merged"
    return out, found


def plain_heads(style: Style, rng: Random) -> list[object]:
    name = rng.choice(("三级指标", "三级指标", "指标名称", "指标内容"))
    value = rng.choice(
        ("指标值", "绩效值", "年度指标值", "目标值", "指标值（包含数字及文字描述）", "指标目标值", "预期指标值")
    )
    return ["一级指标", "二级指标", name, *value_heads(style, value), *style.extra]


def money_rows(width: int, content: TableContent, style: Style) -> list[list[object]]:
    label = f"项目资金{money_unit(style)}"
    lines = [
        ("年度资金总额：", content.funds.total),
        ("其中：财政拨款", content.funds.fiscal),
        ("其他资金", content.funds.other),
    ]
    if style.order == "money in one row":
        return [pairs(width, (f"年度资金总额{money_unit(style)}", money(content.funds.total, style)))]
    return [
        [label if n == 0 else ABOVE, *pairs(width - 1, (word, money(amount, style)))]
        for n, (word, amount) in enumerate(lines)
    ]


def form_expected(content: TableContent, style: Style, found: list[IndicatorContent]) -> TableContent:
    funds = expected_funds(content.funds, style)
    if style.order == "money in one row":
        funds = Funds(funds.total)
    return replace(content, indicators=tuple(found), funds=funds)


def goal_rows(width: int, content: TableContent, style: Style) -> list[list[object]]:
    goal = content.annual_goal or ""
    if style.goal == "beside":
        left = width // 2
        head = ["总体目标", "实施期目标", *[LEFT] * (left - 2), "年度目标", *[LEFT] * (width - left - 1)]
        body = [ABOVE, "三年建成完善的服务体系。", *[LEFT] * (left - 2), goal, *[LEFT] * (width - left - 1)]
        return [head, body]
    if style.goal == "below":
        return [pairs(width, ("中期目标", "到2027年全面完成。")), pairs(width, ("年度目标", goal))]
    return [pairs(width, ({"year": "年度总体绩效目标", "total": "总体目标"}.get(style.goal, "年度绩效目标"), goal))]
