"""The frames of forms: a content and a style laid out as one table of rows, with the lines above and below it."""

from collections.abc import Callable
from dataclasses import replace
from random import Random

from targets.content import Funds, TableContent
from tests.corpus.blocks import (
    Parts,
    form_expected,
    form_indicators,
    goal_rows,
    money_rows,
    pairs,
    plain_heads,
)
from tests.corpus.forms import Laid, Style, expected_funds, indicator_rows, money, money_unit, value_heads
from tests.corpus.wording import TOWNS
from tests.targets.office import ABOVE, LEFT, Table


def year(content: TableContent, style: Style, parts: Parts, rng: Random) -> Laid:
    """The usual form of one year: header fields, money, goal, indicators."""
    heads = plain_heads(style, rng)
    lower, found = form_indicators(content, style, parts, rng, heads)
    width = len(lower[0])
    dept, unit = rng.choice(
        (
            ("主管部门", "实施单位"),
            ("主管部门及代码", "项目单位"),
            ("预算主管部门", "预算单位"),
            ("项目主管部门", "项目实施单位"),
        )
    )
    header = [
        pairs(width, ("项目名称", content.project_name or "")),
        pairs(width, (dept, content.department or ""), (unit, content.unit or "")),
        pairs(
            width,
            (rng.choice(("项目属性", "项目类型", "项目性质")), content.attribute or ""),
            (rng.choice(("项目期限", "项目期", "实施期限", "项目起止时间")), content.period or ""),
        ),
    ]
    funds, goal = money_rows(width, content, style), goal_rows(width, content, style)
    blocks = {
        "usual": [header, funds, goal, lower],
        "goal first": [header, goal, funds, lower],
        "money last": [header, goal, lower, funds],
    }.get(style.order, [header, funds, goal, lower])
    above = [
        "附件2",
        rng.choice(
            (
                "项目支出绩效目标表",
                "部门项目支出预算绩效目标表",
                "项目支出绩效目标申报表",
                "2025年部门预算项目绩效目标表",
            )
        ),
    ]
    above += ["（2025年度）"]
    below = rng.choice(
        ([], ["填报人：演示甲    联系电话：0000000", "填报日期：2024年11月5日"], ["注：本表由项目单位填写。"])
    )
    return Laid(
        above[rng.randrange(2) :],
        Table([row for block in blocks for row in block]),
        below,
        form_expected(content, style, found),
        style,
    )


def national(content: TableContent, style: Style, parts: Parts, rng: Random) -> Laid:
    """Mid term and year side by side, money and indicators alike."""
    rows, found = indicator_rows(content, style, {}, rng)
    head: list[object] = ["绩效指标", "一级指标", "二级指标", "三级指标", "指标值", "二级指标", "三级指标", "指标值"]
    lower = [head]
    for row in rows:
        mid = str(row[2]).replace("指标1：", "指标1：三年")
        lower.append([ABOVE, row[0], row[1], mid, "≥3", row[1], row[2], row[3]])
    given = (content.funds.total, content.funds.fiscal, content.funds.other)
    lines = zip(given, ("900", "800", "100"), ("资金总额：", "其中：财政拨款", "其他资金"), strict=True)
    funds: list[list[object]] = []
    for n, (amount, mid, word) in enumerate(lines):
        front = [f"项目资金{money_unit(style)}", f"实施期{word}"] if n == 0 else [ABOVE, word]
        right = f"年度{word}" if n == 0 else word
        funds.append([*front, LEFT, money(mid, style), LEFT, right, LEFT, money(amount, style)])
    table = Table([
        pairs(8, ("项目名称", content.project_name or "")),
        pairs(8, ("主管部门及代码", content.department or ""), ("实施单位", content.unit or "")),
        pairs(8, ("项目属性", content.attribute or ""), ("项目期", content.period or "")),
        *funds,
        ["总体目标", "实施期目标（2025年—2027年）", LEFT, LEFT, LEFT, "年度目标", LEFT, LEFT],
        [ABOVE, "三年建成。", LEFT, LEFT, LEFT, content.annual_goal, LEFT, LEFT],
        *lower,
    ])  # fmt: skip
    return Laid(
        ["项目支出绩效目标申报表", "（2025年度）"],
        table,
        [],
        form_expected(content, replace(style, order="usual"), found),
        style,
    )


def evaluation(content: TableContent, style: Style, parts: Parts, rng: Random) -> Laid:
    """A self-evaluation: budget and execution, aims and what was reached."""
    rows, found = indicator_rows(content, style, {}, rng)
    lower = [
        [
            "绩效指标",
            "一级指标",
            "二级指标",
            "三级指标",
            "年度指标值",
            "实际完成值",
            "分值",
            "得分",
            "偏差原因分析及改进措施",
        ]
    ]
    lower += [[ABOVE, *row, row[3], "10", "9.5", rng.choice(("", "无", "已按计划完成"))] for row in rows]
    total, fiscal, other = (money(a, style) for a in (content.funds.total, content.funds.fiscal, content.funds.other))
    table = Table([
        pairs(9, ("项目名称", content.project_name or "")),
        pairs(9, ("主管部门", content.department or ""), ("实施单位", content.unit or "")),
        [f"项目资金{money_unit(style)}", "", LEFT, "年初预算数", "全年预算数", "全年执行数", "分值", "执行率", "得分"],
        [ABOVE, "年度资金总额", LEFT, total, "500", "480", "10", "96%", "9.6"],
        [ABOVE, "其中：当年财政拨款", LEFT, fiscal, "500", "480", "—", "—", "—"],
        [ABOVE, "上年结转资金", LEFT, "0", "0", "0", "—", "—", "—"],
        [ABOVE, "其他资金", LEFT, other or "—", "0", "0", "—", "—", "—"],
        ["年度总体目标", "预期目标", LEFT, LEFT, LEFT, "实际完成情况", LEFT, LEFT, LEFT],
        [ABOVE, content.annual_goal, LEFT, LEFT, LEFT, "已全部完成。", LEFT, LEFT, LEFT],
        *lower,
        ["总分", *[LEFT] * 5, "100", "97", ""],
    ])  # fmt: skip
    bare = replace(content, attribute=None, period=None)
    return Laid(
        ["2025年度项目支出绩效自评表"],
        table,
        ["填表人：演示乙"],
        form_expected(bare, replace(style, order="usual"), found),
        style,
    )


def monitoring(content: TableContent, style: Style, parts: Parts, rng: Random) -> Laid:
    """Monitoring of January to July: causes of deviation ticked under a second row of heads."""
    rows, found = indicator_rows(content, style, {}, rng)
    causes = ["经费保障", "制度保障", "人员保障", "硬件条件保障", "其他", "原因说明"]
    likely = ["确定能", "有可能", "完全不可能"]
    head = ["绩效指标", "一级指标", "二级指标", "三级指标", "年度指标值", "1—7月执行情况", "全年预计完成情况",
            "偏差原因分析", *[LEFT] * 5,
            "完成目标可能性", LEFT, LEFT, "备注"]  # fmt: skip
    lower: list[list[object]] = [head, [*[ABOVE] * 7, *causes, *likely, ABOVE]]
    lower += [
        [ABOVE, *row, "60%", row[3], "", "", "", "", "", rng.choice(("", "按计划推进")), "√", "", "", ""]
        for row in rows
    ]
    total, fiscal, other = (money(a, style) for a in (content.funds.total, content.funds.fiscal, content.funds.other))
    table = Table([
        pairs(17, ("项目名称", content.project_name or "")),
        pairs(17, ("主管部门及代码", content.department or ""), ("实施单位", content.unit or "")),
        [f"项目资金{money_unit(style)}", "", LEFT, "年初预算数", LEFT, "1—7月执行数", LEFT, "1—7月执行率", *[LEFT] * 4,
         "全年预计执行数", *[LEFT] * 4],
        *([ABOVE, word, LEFT, amount or "—", LEFT, "20", LEFT, "40%", *[LEFT] * 4, amount, *[LEFT] * 4]
          for word, amount in (("年度资金总额：", total), ("其中：本年一般公共预算拨款", fiscal), ("其他资金", other))),
        pairs(17, ("年度总体目标", content.annual_goal or "")),
        *lower,
    ])  # fmt: skip
    bare = replace(content, attribute=None, period=None)
    return Laid(
        ["项目支出绩效目标执行监控表", "（2025年度）"],
        table,
        [],
        form_expected(bare, replace(style, order="usual"), found),
        style,
    )


def approval(content: TableContent, style: Style, parts: Parts, rng: Random) -> Laid:
    """A sheet of approval: fields that a target table lacks, and stamps at the foot."""
    heads = plain_heads(style, rng)
    lower, found = form_indicators(content, style, parts, rng, heads)
    width = len(lower[0])
    table = Table([
        pairs(width, ("项目名称", content.project_name or ""), ("项目负责人", "演示人员丙")),
        pairs(width, ("项目主管部门", content.department or ""), ("实施单位", content.unit or "")),
        pairs(width, ("项目属性", content.attribute or ""), ("项目期", content.period or "")),
        *money_rows(width, content, style),
        pairs(width, ("项目概况", "按照县委县政府部署实施。")),
        pairs(width, ("立项依据", "演政发〔2024〕12号")),
        pairs(width, ("年度绩效目标", content.annual_goal or "")),
        *lower,
        pairs(width, ("主管部门审核意见", "同意。（盖章） 2024年12月1日")),
        pairs(width, ("财政部门审核意见", "同意批复。")),
    ])  # fmt: skip
    return Laid(["演示县2025年项目支出绩效目标批复表"], table, [], form_expected(content, style, found), style)


def regional(content: TableContent, style: Style, parts: Parts, rng: Random) -> Laid:
    """A transfer payment's sheet: a fund instead of a project, offices of several levels."""
    lower, found = form_indicators(
        content, style, parts, rng, ["一级指标", "二级指标", "三级指标", *value_heads(style, "指标值")]
    )
    width = len(lower[0])
    table = Table([
        pairs(width, (rng.choice(("资金名称", "专项名称", "专项资金名称")), content.project_name or "")),
        pairs(width, ("中央主管部门", "演示部")),
        pairs(width, ("省级财政部门", "演示省财政厅"), ("省级主管部门", "演示省演示厅")),
        pairs(width, ("县级主管部门", content.department or "")),
        ["资金情况（万元）", *pairs(width - 1, ("年度金额：", content.funds.total or ""))],
        [ABOVE, *pairs(width - 1, ("其中：中央补助", content.funds.fiscal or ""))],
        [ABOVE, *pairs(width - 1, ("地方资金", content.funds.other or ""))],
        pairs(width, ("年度目标", content.annual_goal or "")),
        *lower,
    ])  # fmt: skip
    bare = replace(content, attribute=None, period=None, unit=None, funds=Funds(content.funds.total))
    return Laid(["演示资金区域绩效目标表", "（2025年度）"], table, [], replace(bare, indicators=tuple(found)), style)


def described(content: TableContent, style: Style, parts: Parts, rng: Random) -> Laid:
    """Name and description beside each other, with the ground of the value behind it."""
    rows, found = indicator_rows(content, style, {}, rng)
    head = ["一级指标", "二级指标", "三级指标", "绩效指标描述", "指标值", "指标值确定依据"]
    lower: list[list[object]] = [head]
    lower += [
        [
            *row[:3],
            rng.choice(("反映任务完成情况", "实际完成数占计划数的比例（%）")),
            row[3],
            rng.choice(("年度工作计划", "历年标准")),
        ]
        for row in rows
    ]
    table = Table([
        ["项目编码", "13000025P00000000000A", LEFT, "项目名称", content.project_name, LEFT],
        ["主管部门", content.department, LEFT, "实施单位", content.unit, LEFT],
        [f"预算规模及资金用途{money_unit(style)}", "预算数", money(content.funds.total, style),
         "其中：财政资金", money(content.funds.fiscal, style), ""],
        ["绩效目标", content.annual_goal, LEFT, LEFT, LEFT, LEFT],
        *lower,
    ])  # fmt: skip
    funds = expected_funds(Funds(content.funds.total, content.funds.fiscal), style)
    bare = replace(content, attribute=None, period=None, funds=funds, indicators=tuple(found))
    return Laid(["1.演示项目绩效目标表", "2025年度"], table, [], bare, style)


def stacked(content: TableContent, style: Style, parts: Parts, rng: Random) -> Laid:
    """Indicators of the long term above those of the year, each with a head of its own."""
    rows, found = indicator_rows(content, style, {}, rng)
    long, yearly = rng.choice(
        (("长期绩效目标表", "年度绩效目标表"), ("中期绩效指标", "年度绩效指标"), ("实施期指标", "年度指标"))
    )
    head: list[object] = ["一级指标", "二级指标", "三级指标", "指标值"]
    table = Table([
        pairs(5, ("项目名称", content.project_name or "")),
        pairs(5, ("主管部门", content.department or ""), ("项目单位", content.unit or "")),
        *money_rows(5, content, replace(style, order="usual")),
        pairs(5, ("长期目标", "三年内基本完成治理。")),
        pairs(5, ("年度目标", content.annual_goal or "")),
        [long, *head],
        [ABOVE, "产出指标", "数量指标", "三年累计数量", "≥900"],
        [ABOVE, "效益指标", "社会效益指标", "三年累计受益人数", "≥10000人"],
        [yearly, *head],
        *([ABOVE, *row] for row in rows),
    ])  # fmt: skip
    bare = replace(content, attribute=None, period=None)
    return Laid(
        ["演示市级项目支出绩效目标表", "（2025年度）"],
        table,
        [],
        form_expected(bare, replace(style, order="usual"), found),
        style,
    )


def towns(content: TableContent, style: Style, parts: Parts, rng: Random) -> Laid:
    """One column of values for each township or quarter."""
    rows, found = indicator_rows(content, style, {}, rng)
    names = rng.choice(TOWNS)
    lower: list[list[object]] = [
        ["一级指标", "二级指标", "三级指标", "指标值", *[LEFT] * (len(names) - 1)],
        [ABOVE, ABOVE, ABOVE, *names],
    ]
    lower += [[*row[:3], *[row[3]] * len(names)] for row in rows]
    width = 3 + len(names)
    table = Table([
        pairs(width, ("项目名称", content.project_name or "")),
        pairs(width, ("主管部门", content.department or ""), ("实施单位", content.unit or "")),
        *money_rows(width, content, replace(style, order="usual")),
        pairs(width, ("年度目标", content.annual_goal or "")),
        *lower,
    ])  # fmt: skip
    found = [replace(i, value="；".join(f"{town}{i.value}" for town in names)) for i in found]
    bare = replace(content, attribute=None, period=None)
    return Laid(
        ["项目支出绩效目标表（2025年）"], table, [], form_expected(bare, replace(style, order="usual"), found), style
    )


def halves(content: TableContent, style: Style, parts: Parts, rng: Random) -> Laid:
    """Values of the half year and of the whole year."""
    rows, found = indicator_rows(content, style, {}, rng)
    half, whole = rng.choice(
        (("半年（程）目标值", "全年（程）目标值"), ("上半年指标值", "全年指标值"), ("1-6月目标值", "全年目标值"))
    )
    table = Table([
        pairs(5, ("项目名称", content.project_name or "")),
        pairs(5, ("主管部门", content.department or ""), ("实施单位", content.unit or "")),
        *money_rows(5, content, replace(style, order="usual")),
        pairs(5, ("年度目标", content.annual_goal or "")),
        ["一级指标", "二级指标", "三级指标", half, whole],
        *([*row[:3], "50%", row[3]] for row in rows),
    ])  # fmt: skip
    bare = replace(content, attribute=None, period=None)
    expected = form_expected(bare, replace(style, order="usual"), found)
    return Laid(["2025年度项目绩效目标申报表"], table, [], expected, style)


def overall(content: TableContent, style: Style, parts: Parts, rng: Random) -> Laid:
    """The whole department's sheet: main tasks with their money, then indicators."""
    heads = ["一级指标", "二级指标", "三级指标", *value_heads(style, "指标值"), *style.extra]
    lower, found = form_indicators(content, replace(style, side=True), parts, rng, heads)
    width = len(lower[0])
    tasks = [("演示任务一", "做好日常保障：水、电、暖", "120.5"), ("演示任务二", "开展专项检查≥3次", "30")]
    table = Table([
        pairs(width, (rng.choice(("部门名称", "部门（单位）名称", "单位名称")), content.department or "")),
        ["年度主要任务", "任务名称", *pairs(width - 2, ("主要内容", "预算金额（万元）"))],
        *([ABOVE, name, *pairs(width - 2, (what, amount))] for name, what, amount in tasks),
        [f"预算情况{money_unit(style)}", *pairs(width - 1, ("资金总额", money(content.funds.total, style)))],
        pairs(width, ("年度总体目标", content.annual_goal or "")),
        *lower,
    ])  # fmt: skip
    funds = expected_funds(Funds(content.funds.total), style)
    department = content.department
    unit = None
    if table.rows[0][0] == "单位名称":
        department, unit = None, content.department
    bare = TableContent(
        None, department, unit, None, None, content.fiscal_year, funds, content.annual_goal, tuple(found)
    )
    return Laid(["部门整体支出绩效目标表", "（2025年度）"], table, [], bare, style)


def listing(content: TableContent, style: Style, parts: Parts, rng: Random) -> Laid:
    """Several projects in one list: the project in a column, one indicator a row."""
    style = replace(style, label="plain", value="three" if style.value == "three below" else style.value)
    other = replace(
        content,
        project_name=f"{content.project_name}（续建）",
        annual_goal="继续实施。",
        indicators=content.indicators[:5],
    )
    heads = ["一级指标", "二级指标", "三级指标", *value_heads(style, "指标值"), *style.extra]
    table = Table(
        [
            [
                "单位名称",
                "项目名称",
                rng.choice(("预算数（万元）", "资金总额", "预算金额（万元）")),
                "年度绩效目标",
                *heads,
            ]
        ]
    )
    contents = []
    for one in (content, other):
        rows, found = indicator_rows(one, style, parts, rng)
        front = [one.unit, one.project_name, one.funds.total, one.annual_goal]
        for n, row in enumerate(rows):
            repeated = style.repetition == "repeated" or n == 0
            empty = ABOVE if style.repetition == "merged" else ""
            table.rows.append(
                [*(front if repeated else [empty] * 4), *row]
            )
        bare = TableContent(
            one.project_name,
            None,
            one.unit,
            None,
            None,
            one.fiscal_year,
            Funds(one.funds.total),
            one.annual_goal,
            tuple(found),
        )
        contents.append(bare)
    return Laid(["部门预算项目绩效目标表（2025年度）", "单位：万元"], table, [], contents[0], style, contents[1:])


FRAMES: dict[str, Callable[[TableContent, Style, Parts, Random], Laid]] = {
    "year": year, "national": national, "evaluation": evaluation, "monitoring": monitoring, "approval": approval,
    "regional": regional, "described": described, "stacked": stacked, "towns": towns, "halves": halves,
    "overall": overall,
    "listing": listing,
}  # fmt: skip
