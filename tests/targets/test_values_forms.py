"""Every form of value met on paper, one row each; slips are only offered."""

from decimal import Decimal

import pytest

from targets.values import parse, printed, suggestions

YEAR = 2024

# raw | name | kind | comparator | low | high | unit | direction; "" is unset.
MEASURES = """
9成||rate||90|90|%|higher
每季度考核后15个工作日内||duration|≤||15|个工作日|lower
合同签订后30日内||duration|≤||30|日|lower
自受理之日起不超过7个工作日||duration|≤||7|个工作日|lower
超13万元|节约行政成本|money|>|13||万元|higher
逾2万人次||number|>|20000||人次|higher
7成半||rate||75|75|%|higher
≥8成|群众支持率|rate|≥|80||%|higher
≤35微克/立方米|PM2.5年均浓度|number|≤||35|微克/立方米|lower
≥200mg/L||number|≥|200||mg/L|higher
≥18℃|室内供暖温度|number|≥|18||°C|higher
≤60分贝|厂界噪声|number|≤||60|分贝|lower
≤15/10万|孕产妇死亡率|rate|≤||15|/10万|lower
≤万分之一|图书差错率|rate|≤||1|/10000|lower
￥50万||money||50|50|万元|higher
¥1,200.50||money||1200.50|1200.50|元|higher
壹佰万元||money||100|100|万元|higher
贰拾台||number||20|20|台|higher
≤980万元(路基400万元、路面580万元)|道路改建成本|money|≤||980|万元|lower
≥95%|对文明城市创建工作的满意度|rate|≥|95||%|higher
≥ 95%||rate|≥|95||%|higher
$\\geq 95\\%$||rate|≥|95||%|higher
80%||rate||80|80|%|higher
98%||rate||98|98|%|higher
100%||rate||100|100|%|higher
=100.00(%)||rate|=|100.00|100.00|%|higher
=100%||rate|=|100|100|%|higher
═100%||rate|=|100|100|%|higher
≥100百分比||rate|≥|100||%|higher
≥0.97比例||rate|≥|97.00||%|higher
95%以上||rate|≥|95||%|higher
95%(含)以上||rate|≥|95||%|higher
90%及以上||rate|≥|90||%|higher
不低于 90%||rate|≥|90||%|higher
达到95%以上||rate|≥|95||%|higher
〉=95%||rate|≥|95||%|higher
≥９５％||rate|≥|95||%|higher
90%-95%||rate|range|90|95|%|
90%～95%||rate|range|90|95|%|
90至95%||rate|range|90|95|%|
±5%||rate|range|-5|5|%|
≤3‰|人口死亡率|rate|≤||3|‰|lower
百分之九十五||rate||95|95|%|higher
不低于百分之九十||rate|≥|90||%|higher
千分之五||rate||5|5|‰|higher
九成以上|群众支持率|rate|≥|90||%|higher
三分之二|参会率|rate||2|2|/3|higher
1:20|师生比|rate||1|1|:20|higher
100%全覆盖||rate||100|100|%|higher
约95%||rate||95|95|%|higher
≥5||number|≥|5|||higher
≥10||number|≥|10|||higher
≥2 个||number|≥|2||个|higher
≥12 场次||number|≥|12||场次|higher
≥500 场次||number|≥|500||场次|higher
>12 个||number|>|12||个|higher
4 个||number||4|4|个|higher
6 次||number||6|6|次|higher
10 场||number||10|10|场|higher
20 节||number||20|20|节|higher
3 场次||number||3|3|场次|higher
700册||number||700|700|册|higher
两次以上||number|≥|2||次|higher
≥一次||number|≥|1||次|higher
十五人||number||15|15|人|higher
一百二十户||number||120|120|户|higher
5-10次||number|range|5|10|次|
5次至10次||number|range|5|10|次|
3万人||number||30000|30000|人|higher
1,200人次||number||1200|1200|人次|higher
≥4次/月||number|≥|4||次/月|higher
每月不少于4次||number|≥|4||次/月|higher
每村1个||number||1|1|个/村|higher
不多于2起|安全事故起数|number|≤||2|起|lower
2起|安全事故起数|number||2|2|起|lower
985米||number||985|985|米|higher
≥80M||number|≥|80||M|higher
3500公斤||number||3500|3500|公斤|higher
80000|草原补播面积（亩）|number||80000|80000|亩|higher
500余人||number||500|500|人|higher
10件左右||number||10|10|件|higher
>=21933人|补助人数(≥**人)|number|≥|21933||人|higher
85|苗木成活率(≥**%)|rate|≥|85||%|higher
95|满意度（%）|rate||95|95|%|higher
≥7 天||duration|≥|7||天|higher
≤5天||duration|≤||5|天|lower
<24小时||duration|<||24|小时|lower
3个工作日内||duration|≤||3|个工作日|lower
24小时以内||duration|≤||24|小时|lower
不超过三个月||duration|≤||3|个月|lower
24小时|故障响应时间|duration||24|24|小时|lower
≥10年||duration|≥|10||年|higher
20万元||money||20|20|万元|higher
20万元|宣传经费|money||20|20|万元|lower
30 万元||money||30|30|万元|higher
1.5万元||money||1.5|1.5|万元|higher
6420 元||money||6420|6420|元|higher
95|专版宣传经费（万元）|money||95|95|万元|lower
250万|项目资金|money||250|250|万元|higher
≦380万|工程投资|money|≤||380|万元|lower
≤90万元||money|≤||90|万元|lower
<1681680元||money|<||1681680|元|lower
1.2亿元||money||1.2|1.2|亿元|higher
3千元||money||3|3|千元|higher
控制在50万元以内||money|≤||50|万元|lower
771,325,800.00|项目总成本（元）|money||771325800.00|771325800.00|元|lower
854万(A400万元,B295万元,C159万元)|项目成本|money||854|854|万元|lower
1600元/亩||unit-price||1600|1600|元/亩|higher
1130元/月/人||unit-price||1130|1130|元/月/人|higher
780元/生/年||unit-price||780|780|元/生/年|higher
>=530元/人*月||unit-price|≥|530||元/人*月|higher
<=2875元/个||unit-price|≤||2875|元/个|lower
≤28.40/株||unit-price|≤||28.40|元/株|lower
≤0.5万元/人·次||unit-price|≤||0.5|万元/人·次|lower
每人500元||unit-price||500|500|元/人|higher
500元每人|补助标准|unit-price||500|500|元/人|higher
下降 0.5%|减少离婚率|change||-0.5|-0.5|%|down
2%|离婚率较上年减少|change||-2|-2|%|down
≥5%|游客人数较上年增长|change|≥|5||%|up
较上年增长5%||change||5|5|%|up
较2023年下降0.5个百分点||change||-0.5|-0.5|个百分点|down
同比增长≥5%||change|≥|5||%|up
增长5%以上||change|≥|5||%|up
降低不少于3个百分点||change|≥||-3|个百分点|down
节约10万元||change||-10|-10|万元|down
比上年新增200人||change||200|200|人|up
比2023年提高5%以上||change|≥|5||%|up
100台（套）||number||100|100|台套|higher
≥20（个）||number|≥|20||个|higher
100%（按期）||rate||100|100|%|higher
24小时内响应||duration|≤||24|小时|lower
≥1:1.5|配比|rate|≥|1||:1.5|higher
1年|质保期|duration||1|1|年|higher
≥5%|村集体经济增长率|rate|≥|5||%|higher
稳定在95%以上||rate|≥|95||%|higher
保持在≤3%||rate|≤||3|%|lower
""".strip().splitlines()

# raw | kind | start | end | qualifier
TIMES = """
全年不间断|period|||全年不间断
每季度末月25日前|period|||每季度末月25日前
随时|period|||随时
2024年丰水期、枯水期各1次|period|||2024年丰水期、枯水期各1次
当年12月前|date|2024-12-01|2024-12-31|前
本年6月30日前|date|2024-06-30|2024-06-30|前
2024年1月-2024年12月|period|2024-01-01|2024-12-31|
2024 年 1 月-12 月|period|2024-01-01|2024-12-31|
1-12 月份|period|2024-01-01|2024-12-31|
1—12月|period|2024-01-01|2024-12-31|
2023.07-2024.01|period|2023-07-01|2024-01-31|
2021年1月-12月|period|2021-01-01|2021-12-31|
2023年10月至2024年3月|period|2023-10-01|2024-03-31|
2024年-2026年|period|2024-01-01|2026-12-31|
2024.1.1-2024.12.31|period|2024-01-01|2024-12-31|
2024 年|period|2024-01-01|2024-12-31|
2024年度|period|2024-01-01|2024-12-31|
2024年底|date|2024-12-31|2024-12-31|end
2023年底|date|2023-12-31|2023-12-31|end
二〇二四年底|date|2024-12-31|2024-12-31|end
年底前|date|2024-12-31|2024-12-31|前
持续至 2024 年底|period||2024-12-31|持续至
截至2024年6月|date|2024-06-01|2024-06-30|截至
全年|period|2024-01-01|2024-12-31|全年
长期|period|||长期
按月安排|period|||按月安排
每月|period|||每月
每季度|period|||每季度
每月15日前|period|||每月15日前
2024年3月、9月|period|||2024年3月、9月
2024年全年|period|2024-01-01|2024-12-31|
本年度内|period|2024-01-01|2024-12-31|本年度内
≤2024年12月|date|2024-12-01|2024-12-31|前
上半年|period|2024-01-01|2024-06-30|
2024年第三季度|period|2024-07-01|2024-09-30|
三季度末|date|2024-09-30|2024-09-30|
12月底到位|date|2024-12-31|2024-12-31|
十二月底前|date|2024-12-31|2024-12-31|前
2024年12月25日前完成|date|2024-12-25|2024-12-25|前
2024年11月中旬|date|2024-11-11|2024-11-20|
2019年12月|date|2019-12-01|2019-12-31|
2026/1/1|date|2026-01-01|2026-01-01|
2024-01-01|date|2024-01-01|2024-01-01|
在项目计划完成时间内完成|date|||project end
项目期限内|date|||project end
合同约定期限内完成|date|||project end
每季末20日前|period|||每季末20日前
按季发放|period|||按季发放
10日前|period|||10日前
当月|period|||当月
次年3月前|date|2025-03-01|2025-03-31|前
""".strip().splitlines()

# raw | kind | level | direction | confidence
WORDS = """
二级以上|boolean|二级以上||high
B级以上|boolean|B级以上||high
达到Ⅲ类水质|boolean|达到III类水质||high
≥3A级|boolean|≥3A级||high
优秀等次|boolean|优秀等次||high
4G全覆盖|boolean|4G全覆盖||high
7×24小时|boolean|7×24小时||high
全部完成|boolean|全部完成||high
不低于上年|boolean|不低于上年||high
与上年持平|boolean|与上年持平||high
不增加|boolean|不增加||high
健全完善|level|健全完善|up|high
逐步壮大|level|逐步壮大|up|high
显著改变|level|显著改变||high
显著提升|level|显著提升|up|high
显著提高|level|显著提高|up|high
有效改变|level|有效改变||high
有效提升|level|有效提升|up|high
有效提高|level|有效提高|up|high
明显提升|level|明显提升|up|high
效果明显|level|效果明显||high
显著|level|显著||high
显著 改变|level|显著改变||high
有限提升|level|有限提升|up|low
稳步提高|level|稳步提高|up|high
不断提升|level|不断提升|up|high
持续加强|level|持续加强|up|high
明显增强|level|明显增强|up|high
正面支撑|level|正面支撑||high
有力保障|level|有力保障||high
定性 好|level|好||high
优良|level|优良||high
良好|level|良好||high
合理|level|合理||high
及时|level|及时||high
健全|level|健全||high
可控|level|可控||high
好|level|好||high
长远|level|长远||high
提升|level|提升|up|high
提高|level|提高|up|high
减少|level|减少|down|high
降低|level|降低|down|high
一级|boolean|一级||high
是|boolean|是||high
达成预期指标|boolean|达成预期指标||high
应保尽保|boolean|应保尽保||high
≤预算数|boolean|≤预算数||high
达到国家标准|boolean|达到国家标准||high
零事故|boolean|零事故||high
按进度支付|boolean|按进度支付||high
逐年递增|level|逐年递增|up|high
较上年有所增加|level|较上年有所增加|up|high
不超预算|boolean|不超预算||high
覆盖全区所有人员|text|||low
严格执行相关制度规定|text|||low
五城联创|text|||low
|empty|||high
—|placeholder|||high
/|placeholder|||high
*|placeholder|||high
**人|placeholder|||high
≧ %|placeholder|||high
二级甲等|boolean|二级甲等||high
按时|level|按时||high
如期|level|如期||high
较2024年提高|level|较2024年提高|up|high
""".strip("\n").splitlines()


def decimal(text):
    return Decimal(text) if text else None


@pytest.mark.parametrize("row", MEASURES)
def test_a_measure(row):
    raw, name, kind, sign, low, high, unit, direction = row.split("|")
    found = parse(raw, name=name or None, year=YEAR)
    said = (found.kind, found.comparator or "", found.low, found.high, found.unit or "", found.direction or "")
    assert said == (kind, sign, decimal(low), decimal(high), unit, direction)


@pytest.mark.parametrize("row", TIMES)
def test_a_time(row):
    raw, kind, start, end, qualifier = row.split("|")
    found = parse(raw, year=YEAR)
    span = found.period.as_dict() if found.period else {"start": None, "end": None}
    assert (found.kind, span["start"] or "", span["end"] or "") == (kind, start, end)
    assert (found.qualifier or "") == qualifier


@pytest.mark.parametrize("row", WORDS)
def test_words(row):
    raw, kind, level, direction, confidence = row.split("|")
    found = parse(raw, year=YEAR)
    said = (found.kind, found.level or "", found.direction or "", found.confidence)
    assert said == (kind, level, direction.strip(), confidence.strip())


@pytest.mark.parametrize(
    ("raw", "name", "reason"),
    [
        ("≥95%", "投诉率", "comparator"),
        ("95%", "投诉率", "name"),
        ("95%", "合格率", "default"),
        ("下降2%", None, "verb"),
        ("2%", "离婚率较上年减少", "name"),
    ],
)
def test_the_direction_says_why(raw, name, reason):
    assert parse(raw, name=name).direction_from == reason


def test_a_cost_is_better_lower_by_its_category():
    found = parse("20万元", name="印刷年鉴", code="14")
    assert (found.direction, found.direction_from) == ("lower", "category")


def test_a_change_names_its_baseline_where_one_is_written():
    assert parse("较上年增长5%").baseline == "previous year"
    assert parse("同比增长5%").baseline == "previous year"
    assert parse("较2023年下降0.5%").baseline == "2023年"
    assert parse("下降0.5%").baseline is None


def test_a_date_and_a_rate_in_one_cell_are_two_values():
    found = parse("12月底前100%到位", year=YEAR)
    assert [(v.kind, v.qualifier) for _n, v in found.items] == [("date", "前"), ("rate", None)]


def test_a_breakdown_keeps_its_parts():
    found = parse("854万(A400万元,B295万元,C159万元)", name="项目成本")
    assert [(n, v.low, v.unit) for n, v in found.items] == [
        ("A", Decimal(400), "万元"),
        ("B", Decimal(295), "万元"),
        ("C", Decimal(159), "万元"),
    ]


@pytest.mark.parametrize(
    ("raw", "name", "meant"),
    [
        ("290%", "培训合格率", ("≥90%",)),
        ("工95%", None, ("≥95%",)),
        ("二95%", None, ("≥95%",)),
        ("5=95%", None, ("≥95%",)),
        ("≥95", "群众满意度", ("≥95%",)),
        ("95以上", "培训合格率", ("≥95%",)),
        ("50w", "项目经费", ("50万元",)),
        ("50w", "惠及人口", ()),
        ("有限提升", None, ("有效提升",)),
        ("290%", "产值增长", ()),
        ("≥95%", "培训合格率", ()),
        ("≥5", "开设专栏", ()),
    ],
)
def test_a_slip_is_suggested_and_never_applied(raw, name, meant):
    assert suggestions(raw, name=name) == meant
    assert parse(raw, name=name).raw == raw
    assert printed(parse(raw, name=name)) not in meant
