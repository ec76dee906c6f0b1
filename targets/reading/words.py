"""Words that other counties' forms print beside those of the profile: columns, mid-term halves, units, placeholders.

Data only, compared in tight form. What stands here is recognised everywhere; what a form calls its own fields is the
profile's.
"""

import re

ALSO_COLUMNS = {
    "family": ("一级",),
    "category": ("二级", "指标类型"),
    "name": ("三级", "三级指标名称", "指标内容", "绩效指标名称"),
    "value": (
        "年度绩效值",
        "预期指标值",
        "预期值",
        "绩效目标值",
        "年度目标值",
        "年初指标值",
        "计划指标值",
        "全年指标值",
    ),
    "symbol": ("指标性质", "符号", "计算符号", "比较符号", "比较符", "运算符", "运算符号", "性质"),
    "unit": ("度量单位", "计量单位", "单位", "指标单位", "数值单位", "指标值单位"),
}
"""Further words of the head. `symbol` and `unit` are the columns of a value that is printed in three."""

BELOW_VALUE = {
    "value": ("值", "数值", "预期当年实现值", "当年值", "本年值", "年度", "年度值", "年度目标", "当年预期值"),
    "symbol": ("符号", "性质", "计算符号", "比较符"),
    "unit": ("单位", "度量单位", "计量单位"),
    "other": ("上年实际实现值", "上年值", "上年实际值", "中期", "中期值", "近两年", "前年", "上年", "实施期"),
}
"""Words of a second row of the head, below the word for the value."""

GROUPS = ("名称", "绩效指标", "绩效目标", "年度绩效指标", "序号", "项目绩效指标", "指标")
"""Heads of columns that only hold the side label or a running number."""

OTHER_COLUMNS = (
    *(
        "权重",
        "权重(%)",
        "指标权重",
        "分值",
        "分值权重",
        "得分",
        "标准",
        "绩效标准",
        "指标标准",
        "评价标准",
        "评分标准",
    ),
    *(
        "指标标准或依据",
        "指标解释",
        "指标说明",
        "说明",
        "备注",
        "指标值说明",
        "指标来源",
        "数据来源",
        "依据",
        "出处",
    ),
    *(
        "实际完成值",
        "完成值",
        "全年完成值",
        "实际完成情况",
        "偏差原因分析及改进措施",
        "偏差原因分析",
        "未完成原因",
    ),
    *("上年实际值", "上年完成值", "历史值", "近两年指标值", "前年实际值", "上年实际实现值", "参考值"),
    *(
        "中期指标值",
        "中期目标值",
        "实施期指标值",
        "实施期目标值",
        "评分规则",
        "扣分标准",
        "优",
        "良",
        "中",
        "差",
        "审核意见",
    ),
    *("指标方向", "指标属性", "负责人", "责任科室", "责任股室"),
)
"""Heads of columns that belong to other forms; they are left out, which is said once a table."""

MID_FUNDS = ("中期资金总额", "实施期资金总额", "中期资金", "实施期资金", "项目总额", "项目总投资")
MID_GOAL = (
    "中期目标",
    "实施期目标",
    "中期绩效目标",
    "实施期绩效目标",
    "中期总体目标",
    "实施期总体目标",
    "长期目标",
)
ANNUAL_GOAL = ("年度目标", "年度绩效目标", "年度总体目标", "当年目标", "年度总体绩效目标")
GOAL_CELLS = (*MID_GOAL, *ANNUAL_GOAL)

ALSO_HEADER = {
    "department": ("部门名称", "主管部门(单位)", "主管部门名称", "预算主管部门"),
    "unit": ("实施单位名称", "单位名称", "预算单位名称", "项目申报单位", "申报单位"),
    "period": ("项目周期", "实施周期", "起止时间", "项目实施期", "项目实施期限", "项目年限"),
    "attribute": ("项目类型", "项目性质"),
    "funds": ("资金情况", "预算资金", "项目预算", "年度预算"),
    "funds.total": (
        "年度资金总额合计",
        "年度预算资金总额",
        "预算资金总额",
        "预算总额",
        "申请资金总额",
        "年度总额",
    ),
    "funds.fiscal": (
        "其中:财政资金",
        "财政资金",
        "财政拨款资金",
        "一般公共预算",
        "其中:一般公共预算拨款",
        "其中:财政拨款资金",
    ),
    "funds.other": ("自有资金", "其他来源资金"),
    "annual_goal": ("年度绩效总目标", "年度总目标", "总目标", "绩效总目标", "项目绩效目标", "年度目标任务"),
}

YEAR_FIELDS = ("项目年度", "预算年度", "申报年度", "所属年度", "年度", "预算年份")
OTHER_HEADER = (
    *YEAR_FIELDS,
    *(
        "项目负责人",
        "负责人",
        "联系人",
        "联系电话",
        "电话",
        "填报人",
        "填报日期",
        "填报单位",
        "单位负责人",
        "财务负责人",
    ),
    *(
        "项目编码",
        "项目代码",
        "项目编号",
        "预算编码",
        "项目类别",
        "资金性质",
        "资金来源",
        "资金用途",
        "项目概况",
        "项目内容",
    ),
    *(
        "项目立项依据",
        "立项依据",
        "立项必要性",
        "项目实施计划",
        "实施计划",
        "项目主要内容",
        "项目基本情况",
        "测算依据",
        "保障措施",
    ),
    *(
        "上年结转",
        "上年结转资金",
        "其中:上年结转",
        "政府性基金",
        "政府性基金预算拨款",
        "国有资本经营预算",
        "国有资本经营预算拨款",
    ),
    *(
        "中央资金",
        "自治区资金",
        "市级资金",
        "县级资金",
        "上级资金",
        "本级资金",
        "地方资金",
        "单位资金",
        "社会投入资金",
        "银行贷款",
    ),
)
"""Fields of other forms beside those of a target table; what they hold is left out, which is said."""

MONEY_COLUMNS = (
    *(
        "年初预算数",
        "全年预算数",
        "全年执行数",
        "预算数",
        "执行数",
        "执行率",
        "分值",
        "得分",
        "调整预算数",
        "资金来源",
    ),
    *(
        "1—7月执行数",
        "1-7月执行数",
        "1—7月执行率",
        "1-7月执行率",
        "全年预计执行数",
        "全年预算数(A)",
        "全年执行数(B)",
    ),
    *("执行率(B/A)", "金额", "金额(万元)", "金额(元)", "预算金额", "预算资金", "支出构成"),
)
"""Heads over the amounts in forms of monitoring and self-evaluation; the first amount is the budget."""

EXPECTED_GOAL = ("预期目标", "年初设定目标", "预期年度目标", "年初目标", "年初预期目标", "绩效目标")
REACHED_GOAL = (
    "实际完成情况",
    "实际完成目标",
    "全年实际完成情况",
    "目标实际完成情况",
    "年度总体目标完成情况",
    "完成情况",
)

ALSO_CATEGORY = {
    "14": ("经济成本指标", "经济成本", "社会成本指标", "社会成本", "生态环境成本指标", "生态环境成本"),
}
"""Second-level names of the taxonomy of 2021, where cost is of the first level."""

ORDINAL = re.compile(
    r"^\s*(?:[(（][一二三四五六七八九十0-9]{1,2}[)）]|[一二三四五六七八九十0-9]{1,2}(?:[.．-][0-9]{1,2}){0,2})\s*[、.．:：]?\s*"
)
"""A number that a form prints before a label: 1.1, (2), 二、."""

VALUE_HEAD = re.compile(
    r"^(?!.*(?:上年|历史|实际|完成|中期|实施期|近|前年|标准|参考|行业|权重|依据|说明|解释)).{0,10}值$"
)
"""Any other head that means the value of the year: 指标目标值."""
PRINTED_UNIT = re.compile(r"(?:金额)?单位[:：]?(?:人民币)?(元|千元|万元|亿元)(?![\u4e00-\u9fff])")
NO_SYMBOL = {
    "定性",
    "定量",
    "正向",
    "反向",
    "正向指标",
    "反向指标",
    "定性指标",
    "定量指标",
    "无",
    "/",
    "-",
    "—",
    "——",
    "文字描述",
}
NO_UNIT = {"无", "/", "-", "—", "——", "定性", "无单位", "无量纲", "文字", "文字描述", "级"}
NUMBERED = re.compile(r"^指\s*标\s*[0-9０-９一二三四五六七八九十]{1,2}\s*[:：.．、]\s*")
"""The running number that the national form prints before a name: 指标1：."""
PLACEHOLDER = re.compile(
    r"^(?:…+|\.{3,}|。{3,}|指\s*标\s*[0-9０-９一二三四五六七八九十]{0,2}\s*[:：.．、]?\s*(?:…+|\.{3,})?)$"
)
BLANK_HEADER = re.compile(r"^[_＿\s年月日至\-—–.…×*XxＸ/]*$|^目标\s*[0-9]?\s*[:：]?\s*…*$")
