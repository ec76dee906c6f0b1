"""Words that other counties' forms print beside those of the profile: columns, mid-term halves, units, placeholders.

Data only, compared in tight form. What stands here is recognised everywhere; what a form calls its own fields is the
profile's.
"""

import re


def words(text: str) -> tuple[str, ...]:
    """Return the words of a text, divided at blanks: none of them holds a blank in tight form."""
    return tuple(text.split())


ALSO_COLUMNS = {
    "family": words("一级"),
    "category": words("二级 指标类型 指标类别 指标分类"),
    "name": words("三级 三级指标名称 指标内容 绩效指标名称"),
    "value": words(
        "年度绩效值 预期指标值 预期值 绩效目标值 年度目标值 年初指标值 计划指标值 全年指标值 指标值内容 "
        "指标内容及指标值 目标 年度指标 指标值(包含数字及文字描述) 预期目标 计划值 全年目标值 本年度指标值 "
        "当年指标值 "
    ),
    "symbol": words(
        "指标性质 符号 计算符号 比较符号 比较符 运算符 运算符号 性质 指标符号 指标值符号 逻辑符号 关系符 "
    ),
    "unit": words("度量单位 计量单位 单位 指标单位 数值单位 指标值单位 指标值计量单位 目标值单位"),
}
"""Further words of the head. `symbol` and `unit` are the columns of a value that is printed in three."""

BELOW_VALUE = {
    "value": words("值 数值 预期当年实现值 当年值 本年值 年度 年度值 年度目标 当年预期值"),
    "symbol": words("符号 性质 计算符号 比较符 指标性质 指标符号"),
    "unit": words("单位 度量单位 计量单位"),
    "other": words("上年实际实现值 上年值 上年实际值 中期 中期值 近两年 前年 上年 实施期"),
}
"""Words of a second row of the head, below the word for the value."""

GROUPS = words(
    "名称 绩效指标 绩效目标 年度绩效指标 序号 项目绩效指标 指标 年度指标 绩效指标表 预期绩效指标 绩效目标指标 "
    "年度绩效目标 绩效目标表 项目绩效目标 年度目标 预期绩效 考核指标 指标体系 "
)
"""Heads of columns that only hold the side label or a running number."""

OTHER_COLUMNS = words(
    "权重 权重(%) 指标权重 分值 分值权重 得分 标准分 自评得分 权重分值 分数 指标分值 权重值 标准 绩效标准 "
    "指标标准 评价标准 评分标准 评分规则 扣分标准 计分标准 评(扣)分标准 评分办法 评分细则 指标标准或依据 "
    "指标值设定依据 指标值确定依据 设定依据 指标设定依据 依据 出处 指标来源 数据来源 佐证资料 指标解释 指标说明 "
    "说明 备注 指标值说明 指标描述 绩效指标描述 指标内容说明 指标释义 解释 指标含义 计算公式 计算方法 取值方式 "
    "取值依据 评价方法 考核方式 数据获取方式 指标计算公式 信息来源 填报说明 实际完成值 完成值 全年完成值 "
    "实际完成情况 全年实际完成值 全年实际值 实际值 完成情况 完成率 实际完成 偏差原因分析及改进措施 偏差原因分析 "
    "未完成原因 未完成原因分析 偏差原因 改进措施 原因分析 未完成原因及改进措施 1-7月执行情况 1-6月执行情况 "
    "1-8月执行情况 执行情况 全年预计完成情况 完成目标可能性 目标完成可能性 预计完成值 经费保障 制度保障 人员保障 "
    "硬件条件保障 其他 原因说明 确定能 有可能 完全不可能 监控情况 上年实际值 上年完成值 历史值 近两年指标值 "
    "前年实际值 上年实际实现值 参考值 上年度指标值 上年值 历史标准值 行业标准值 行业标准 历史标准 上年完成情况 "
    "上年度实际值 近三年平均值 历史参考值 中期指标值 中期目标值 实施期指标值 实施期目标值 长期指标值 总体指标值 "
    "三年指标值 实施周期指标值 半年(程)目标值 半年(程)指标值 半年目标值 半年指标值 上半年指标值 上半年目标值 "
    "1-6月目标值 季度目标值 优 良 中 差 审核意见 指标方向 指标方向性 指标属性 指标值类型 是否核心指标 "
    "核心指标 负责人 责任科室 责任股室 责任单位 完成时限 完成时间 指标编码 序号 "
)
"""Heads of columns that belong to other forms; they are left out, which is said once a table."""

MID_FUNDS = words(
    "长期资金总额 实施周期资金总额 实施期总额 中期资金总额 实施期资金总额 中期资金 实施期资金 项目总额 项目总投资 "
)
MID_GOAL = words(
    "中期目标 实施期目标 中期绩效目标 实施期绩效目标 中期总体目标 实施期总体目标 长期目标 长期绩效目标 项目总目标 "
    "实施周期目标 三年总体目标 项目中期目标 中长期目标 "
)
ANNUAL_GOAL = words("年度目标 年度绩效目标 年度总体目标 当年目标 年度总体绩效目标 本年度目标 本年目标 本年度绩效目标")
GOAL_CELLS = (*MID_GOAL, *ANNUAL_GOAL)

MID_BLOCKS = words(
    "长期绩效目标表 中期绩效目标表 中期绩效指标 长期绩效指标 实施期指标 中期指标 长期指标 实施期绩效指标 "
    "总体绩效指标 实施周期绩效指标 中长期绩效指标 三年绩效指标 中期目标指标 实施周期指标 项目总体绩效指标 "
)
YEAR_BLOCKS = words("年度绩效目标表 年度绩效指标 年度指标 当年绩效指标 年度绩效目标指标 本年度绩效指标 年度目标指标")
"""Side labels of two blocks of indicators below each other: one of the mid term, one of the year."""

ALSO_HEADER = {
    "project_name": words(
        "资金名称 专项名称 专项资金名称 项目(政策)名称 政策(项目)名称 转移支付名称 子项目名称 项目(专项)名称 "
        "单位(专项)名称 单位名称、项目名称 项目全称 政策名称 "
    ),
    "department": words(
        "部门名称 部门(单位) 主管部门(单位) 主管部门名称 预算主管部门 县级主管部门 区县主管部门 业务主管部门 "
        "市县主管部门 部门(单位)名称 主管部门(公章) 一级主管部门 主管部门及编码 县(区)主管部门 县市主管部门 "
        "地方主管部门 一级预算单位 "
    ),
    "unit": words(
        "实施单位名称 单位名称 预算单位名称 项目申报单位 申报单位 实施单位(公章) 项目承担单位 承担单位 "
        "具体实施单位 项目实施主体 实施主体 用款单位 资金使用单位 二级预算单位 基层预算单位 项目执行单位 "
    ),
    "period": words(
        "项目周期 实施周期 起止时间 项目实施期 项目实施期限 项目年限 项目实施周期 实施期 起止年限 项目起止年限 "
    ),
    "attribute": words("项目类型 项目性质 专项属性 资金属性"),
    "funds": words(
        "资金情况 预算资金 项目预算 年度预算 项目资金情况 预算情况 资金金额 预算规模及资金用途 资金总额及构成 "
        "项目资金申请 年度部门预算申请 预算安排情况 项目资金(万元) 年度预算申请 资金安排情况 年度资金情况 "
    ),
    "funds.total": words(
        "年度资金总额合计 年度预算资金总额 预算资金总额 预算总额 申请资金总额 年度总额 年度金额 年度资金 预算数 "
        "预算金额 当年预算 项目总预算 本年度预算 年初预算数 预算安排数 合计金额 年度资金申请 预算总金额 金额合计 "
        "年度预算总额 项目预算总额 项目预算金额 当年预算数 年度预算数 资金总额合计 年度预算金额 资金合计 "
        "项目资金总额 年度资金总额(合计) 本年预算数 项目金额 申请金额 年初预算 "
    ),
    "funds.fiscal": words(
        "其中:财政资金 财政资金 财政拨款资金 一般公共预算 其中:一般公共预算拨款 其中:财政拨款资金 "
        "其中:本年财政拨款 本年财政拨款 其中:本年一般公共预算拨款 本年一般公共预算拨款 一般公共预算拨款 "
        "当年财政资金 其中:一般公共预算 其中:当年财政资金 其中:年度财政拨款 一般公共预算资金 其中:县级财政拨款 "
        "其中:本级财政拨款 "
    ),
    "funds.other": words("自有资金 其他来源资金 其他 其他收入资金 其中:其他 年度其他资金 单位自筹资金 自筹资金"),
    "annual_goal": words(
        "年度绩效总目标 年度总目标 总目标 绩效总目标 项目绩效目标 年度目标任务 绩效目标 当年绩效目标 "
        "项目年度绩效目标 年度绩效目标概述 年度总体目标概述 项目年度绩效总体目标 年度预期目标 项目绩效总目标 "
        "绩效目标描述 当年目标 本年度绩效目标 预算年度绩效目标 本年度目标 本年目标 "
    ),
}

ONE_WORD_LABELS = {
    "project_name": words("项目 专项"),
    "funds.total": words("金额 资金 预算 经费 资金额度 预算资金额"),
    "unit": words("单位"),
    "department": words("部门"),
}
"""Words too common to be labels, taken for one where no other names the field, which is told."""

YEAR_FIELDS = words("项目年度 预算年度 申报年度 所属年度 年度 预算年份")
OTHER_HEADER = (*YEAR_FIELDS, *words(
    "项目负责人 负责人 联系人 联系电话 电话 填报人 填报日期 填报单位 单位负责人 财务负责人 项目编码 项目代码 "
    "项目编号 预算编码 项目类别 资金性质 资金来源 资金用途 项目概况 项目内容 项目立项依据 立项依据 立项必要性 "
    "项目实施计划 实施计划 项目主要内容 项目基本情况 测算依据 保障措施 上年结转 上年结转资金 其中:上年结转 "
    "政府性基金 政府性基金预算拨款 国有资本经营预算 国有资本经营预算拨款 中央资金 自治区资金 市级资金 县级资金 "
    "上级资金 本级资金 地方资金 单位资金 社会投入资金 银行贷款 中央主管部门 省级财政部门 省级主管部门 "
    "市级财政部门 市级主管部门 县级财政部门 区县财政部门 中央财政部门 其中:中央补助 中央补助 省级补助 市级补助 "
    "其中:中央资金 其中:省级资金 省级资金 地方配套资金 上级补助 本级支出 年度主要任务 任务名称 主要内容 "
    "资金支出计划 项目概述 项目实施内容 项目总体目标 填表人 填表日期 审核人 项目开始时间 项目结束时间 "
    "项目立项情况 政策依据 项目背景 部门职能概述 部门职责 年度履职目标 支出构成 收入构成 基本支出 项目支出 "
    "其中:基本支出 预算部门编码 单位编码 单位代码 部门编码 项目联系人 绩效目标编报人 事业收入 经营收入 "
    "上级补助资金 非财政拨款 其他收入 财政专户管理资金 国有资本经营预算资金 政府性基金预算 中期资金 "
    "项目负责人及电话 负责人及电话 负责人及联系电话 是否科研项目 是否重点项目 是否核心项目 预算执行率 "
))
"""Fields of other forms beside those of a target table; what they hold is left out, which is said."""

MONEY_COLUMNS = words(
    "年初预算数 全年预算数 全年执行数 预算数 执行数 执行率 分值 得分 调整预算数 资金来源 1—7月执行数 1-7月执行数 "
    "1—7月执行率 1-7月执行率 全年预计执行数 全年预算数(A) 全年执行数(B) 执行率(B/A) 金额 金额(万元) 金额(元) "
    "预算金额 预算资金 支出构成 "
)
"""Heads over the amounts in forms of monitoring and self-evaluation; the first amount is the budget."""

EXPECTED_GOAL = words("预期目标 年初设定目标 预期年度目标 年初目标 年初预期目标 绩效目标")
REACHED_GOAL = words(
    "年度总体目标完成情况综述 实际完成情况 实际完成目标 全年实际完成情况 目标实际完成情况 年度总体目标完成情况 "
    "完成情况 "
)

COST_CATEGORIES = words(
    "经济成本指标 经济成本 社会成本指标 社会成本 生态环境成本指标 生态环境成本 生态成本指标 环境成本指标 生态成本 "
    "环境成本 经济成本控制指标 预算成本指标 项目成本指标 成本控制指标 "
)
ALSO_CATEGORY = {
    "11": words("产出数量指标 产出数量 数量目标 工作数量指标 数量类指标"),
    "12": words("产出质量指标 产出质量 质量目标 工作质量指标 质量类指标"),
    "13": words("产出时效指标 产出时效 时效目标 进度指标 产出进度指标 时间指标 产出进度 时效类指标"),
    "14": (*COST_CATEGORIES, *words("产出成本指标 产出成本 成本目标 成本类指标")),
    "21": words("经济效益目标 经济效果 经济效果指标 经济性指标 经济影响指标 项目经济效益"),
    "22": words("社会效益目标 社会效果 社会效果指标 社会影响指标 项目社会效益 社会公益性指标"),
    "23": words(
        "环境效益目标 生态环境效益指标 生态环境效益 生态效果 环境影响指标 生态效益目标 生态指标 项目生态效益 "
    ),
    "24": words(
        "可持续性影响指标 可持续性影响 可持续性指标 可持续效益指标 可持续效益 可持续发展影响指标 可持续指标 "
        "可持续性效益指标 可持续发展影响 可持续影响目标 影响力指标 长期影响指标 "
    ),
    "31": words(
        "社会公众或服务对象满意度指标 社会公众或服务对象满意度 社会公众满意度指标 公众满意度指标 群众满意度指标 "
        "受益对象满意度指标 服务对象或项目受益人满意度 服务对象满意度目标 受益群体满意度指标 "
        "服务对象或受益群体满意度指标 服务对象满意指标 社会公众满意度 服务对象满意 满意度指标 满意度 "
        "服务对象满意程度 服务对象或社会公众满意度 服务对象满意度(含社会公众) "
    ),
}
"""Second-level names of other forms, by our code. COST_CATEGORIES: of 2021, where cost is of the first level."""

ALSO_FAMILY = {
    "1": words("产出目标 项目产出 产出类指标 产出绩效指标 工作产出指标 投入 投入目标 投入指标"),
    "2": words(
        "效果指标 效果目标 项目效益 效益目标 项目效果 效果 效益类指标 影响力目标 社会效益和可持续影响指标 "
    ),
    "3": words("满意度目标 满意度类指标 相关方满意度"),
}
"""First-level names of other forms."""

HEADS_BY_WORD = (
    ("symbol", re.compile(r"(?:指标|绩效|比较|计算|运算|逻辑|关系)\S{0,4}(?:性质|符号|算符)$")),
    ("unit", re.compile(r"(?:度量|计量|数值|指标值?|目标值?)单位$")),
    (
        "other",
        re.compile(
            r"权重|分值|得分|评分|扣分|计分|打分|标准|依据|说明|解释|释义|描述|含义|公式|方法|来源|备注|原因|措施|完成|执行|实际|"
            r"上年|前年|去年|历史|历年|近[两三二]年|类型|方向|属性|责任|负责|编码|代码|佐证|证明|材料|保障|可能|中期|长期|实施期|半年|季度"
        ),
    ),
    (
        "value",
        re.compile(r"^(?:(?:20)?\d{2}年度?|年度|本年度?|当年|全年|预期|计划|年初)(?:绩效)?(?:目标|指标|计划)(?:值|内容|水平)?$"),
    ),
)
"""A head that is in no list above: what its words make of it. The first that fits."""

SECTION_WORDS = words(
    "基本情况 项目基本情况 项目基本信息 基本信息 资金情况 项目资金情况 绩效目标 绩效指标 项目绩效目标 "
    "项目绩效指标 绩效目标情况 审核意见 绩效目标及指标 绩效目标与指标 项目概况 绩效目标申报 预算资金情况 "
)
"""Headings inside a form, behind a number of their own: 二、绩效指标."""

SECTION_LIKE = re.compile(r"^[\u4e00-\u9fff]{2,8}(?:指标|指标体系|情况|信息)$")
"""Any other heading alone in its row."""
BY_WORD = tuple(
    (pair[:2], pair[2:])
    for pair in words("31满意 14成本 13时效 13进度 12质量 11数量 24持续 23生态 23环境 21经济 22社会")
)
"""A word inside a second-level label that no form of ours has, and the category that it points to; always told."""

HEADER_BY_WORD = (
    (
        "funds.total",
        re.compile(
            r"^(?=.{4})(?:其中:)?(?:项目|政策|本年度?|当年|年度|年初|申请|申报|拟申请|批复|下达|本次|本级|支出|安排)*总?"
            r"(?:预算|资金|投资|经费|金额)"
            r"(?:申请|安排|规模|总额|总计|合计|金额|总金额|资金|额度|数|额)*$|^(?:本年度?|当年|年度)(?:申请|安排)数?$"
        ),
    ),
    ("funds.fiscal", re.compile(r"^其中:(?:本?年度?)?(?:本级|同级|[市县区旗]本?级?)财政(?:资金|拨款|安排|预算)?$")),
    ("project_name", re.compile(r"^(?:项目|政策|专项)(?:支出|资金|任务|活动|全)?(?:名称|全称)$")),
    ("period", re.compile(r"^(?:项目|政策|支出|计划|拟|实施|执行|建设|起止){1,4}(?:时间|期限|周期|年限|期)$")),
    ("department", re.compile(r"^(?:[一1]级)?(?:(?:预算|行业|业务)(?:主管)?|(?:项目)?主管)(?:部门|单位)$")),
    ("other", re.compile(r"^(?!.*(?:及|和|与|名称))\S{2,8}(?:编码|代码|编号|电话|负责人|联系人)$")),
    (
        "annual_goal",
        re.compile(
            r"^(?:项目)?(?:本?年度|当年|全年|本年)(?:项目)?(?:总体|绩效|预期|工作){0,2}目标(?:概述|描述|任务|内容)?$"
        ),
    ),
    ("unit", re.compile(r"^(?:项目)?(?:责任|实施|承担|执行|建设)(?:主体|单位)(?:名称)?$")),
)
"""A label of the upper part that is in no list above: what its words make of it."""
GOAL_OTHERWISE = re.compile(r"^(?:项目|整体|总体|预期|实施期?|政策|绩效|支出){1,3}目标(?:任务|概述|描述)?$")
"""Labels of a goal that may be that of the year: taken where a form has no other, which is told."""
MONEY_HEAD = re.compile(r"^(?!其中)(?=.*(?:预算|金额|执行|申请|安排)).{2,12}$")
MONEY_OF_YEAR = (
    re.compile(r"本年|当年|申请"),
    re.compile(r"年初|^预算数|预算安排|申报"),
    re.compile(r"金额"),
)
MONEY_REACHED = re.compile(r"上年|前年|去年|执行|来源|依据|分值|得分|率|调整|[12]\d{3}")
"""Which head over amounts is that of the year's budget: the first pattern that one fits."""
WHOLE = words("合计 总计 总额 资金合计 合计金额 总投资 投资总额")
"""Labels of the whole sum, below a head of amounts."""

ORDINAL = re.compile(
    r"^\s*(?:[(（][一二三四五六七八九十0-9]{1,2}[)）]|[一二三四五六七八九十0-9]{1,2}(?:[.．-][0-9]{1,2}){0,2})\s*[、.．:：]?\s*"
)
"""A number that a form prints before a label: 1.1, (2), 二、."""

VALUE_HEAD = re.compile(
    r"^(?!.*(?:上年|历史|实际|完成|中期|实施期|近|前年|标准|参考|行业|权重|依据|说明|解释)).{0,10}值(?:[及和]单位)?$"
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
SIGNS = {*words("≥ ≤ > < = >= <= ≧ ≦ ≠ 大于等于 小于等于 大于 小于 等于 不低于 不高于")}
"""What a column of signs holds, in tight form."""
IN_WORDS = {"是/否", "是否", "定性", "文字", "文字描述"}
"""Units that say that a value is judged in words."""
NO_UNIT = {"无", "/", "-", "—", "——", "定性", "无单位", "无量纲", "文字", "文字描述", "级"}
NUMBERED = re.compile(
    r"^(?:指\s*标\s*[0-9０-９一二三四五六七八九十]{1,2}\s*[:：.．、]|[\u4e00-\u9fff]{2,14}指标\s*[0-9０-９]{1,2}\s*[:：])\s*"
)
"""The running number that the national form prints before a name: 指标1：."""
NOT_GIVEN = re.compile(r"^(?:不适用|不涉及|无此项|无相关指标|不需填报)$")
"""What is written where a form has a category that does not apply to the project."""
NUMBERED_ALONE = re.compile(r"^(?:指标|目标|绩效目标)\s*[0-9０-９一二三四五六七八九十]{0,2}\s*[:：.．、]?$")
"""The running number of an indicator in a cell of its own: 目标1."""
PLACEHOLDER = re.compile(
    r"^(?:…+|\.{3,}|。{3,}|[0-9０-９]{1,2}\s*[.．、:：]|指\s*标\s*[0-9０-９一二三四五六七八九十]{0,2}\s*[:：.．、]?\s*(?:…+|\.{3,})?)$"
)
BLANK_HEADER = re.compile(
    r"^[_＿\s年月日至\-—–.…×*XxＸ/]*$|^(?:目标\s*[0-9]?\s*[:：]?\s*…*\s*)+…*$|^[（(](?:请|须|需)?(?:填|按|如|例|限|说明)[^（）()]*[)）]$"
)
FOOT = re.compile(
    r"^(?:填[报表写]人|填[报表]日期|填[报表]时间|填[报表]单位|经办人|制表|单位负责人|部门负责人|项目负责人|财务负责人|负责人|审核人|复核人|"
    r"(?:审核|复核|制表|填表|审批|经办)[:：]|总分|合计|总计|小计|自评得分|自评结论|评价结论|综合评定|总体意见|存在问题|改进措施|联系人|联系电话|审核意见|"
    r"主管部门(?:审核)?意见|财政部门(?:审核)?意见|保障\S{0,8}措施|\S{0,12}意见$|其他(?:需要)?说明|审核信息|审批信息|业务股室?|绩效股|\(?盖章|备注:|注:|说明:|填报说明)"
)
"""What begins a line at the foot of a form."""
UNFILLED_FOOT = re.compile(r"^[^:]{2,20}:[_年月日]*$")
"""A cell of the foot, in tight form, that nobody has filled in: nothing is lost when it is left out."""

SIGNS_OF = {
    "12": words("合格 达标 准确 质量 通过 完好 差错 规范 优良 故障"),
    "13": words("时间 时限 及时 按时 按期 如期 进度 工期 时效 完成率"),
    "14": words("成本 费用 经费 单价 补助标准 控制数 支出"),
    "21": words("收入 增收 产值 经济 税 利润 消费 节约 投资"),
    "22": words("社会 群众 公共 知晓 就业 受益 服务水平 投诉 事故"),
    "23": words("生态 环境 污染 水质 空气 绿 植被 排放 节能 减排 节水 碳 PM 土壤 湿地 垃圾"),
    "24": words("可持续 长效 机制 长期 年限 管护 后续"),
    "31": words("满意 认可"),
}
"""Words of names that speak for a category, asked only where a label is missing; nothing is moved by them."""
