"""Each rule of the catalogue: a table of another trade with one fault put in, and the place where it is found.

The tables themselves pass every rule that asks for anything; so a finding is of the fault and of nothing else.
"""

from dataclasses import replace
from decimal import Decimal

import pytest

from targets.checks import REVIEWER, RULES, CheckContext, Verdict, check, outcomes
from targets.content import IndicatorContent
from targets.profiles import HINT, load
from tests.targets.trades import FARMING, HOSPITAL, ROAD, SCHOOL, SOUND, VILLAGES

NX = load("nx_2022")
KNOWN = CheckContext(
    listed_name=ROAD.project_name,
    listed_amount_wan=Decimal(1250),
    control_figures_final=True,
    same_project_exists=False,
    last_year=replace(ROAD, fiscal_year=2025, indicators=ROAD.indicators[:5]),
    last_year_spent=Decimal("0.95"),
    neighbours=(FARMING, SCHOOL, HOSPITAL),
    unit_total_wan=Decimal(1250),
    unit_control_wan=Decimal(1250),
    same_in_units=1,
    library=frozenset(row.name for row in ROAD.indicators),
    required_attachments=("实施方案",),
    attachments=("实施方案",),
)


def row(number, base=ROAD, **parts):
    rows = list(base.indicators)
    rows[number - 1] = replace(rows[number - 1], **parts)
    return replace(base, indicators=tuple(rows))


def add(code, name, value, base=ROAD):
    return replace(base, indicators=(*base.indicators, IndicatorContent(code, name, value)))


def head(base=ROAD, **parts):
    return replace(base, **parts)


def funds(**parts):
    return replace(ROAD, funds=replace(ROAD.funds, **parts))


def drop(*codes, base=ROAD):
    return replace(base, indicators=tuple(r for r in base.indicators if r.code not in codes))


def context(**parts):
    return replace(KNOWN, **parts)


# rule, the table with the fault, the places where it is found; a CheckContext where the fault lies beside the table.
FAULTS = [
    ("STR-01", head(unit=None), "unit"),
    ("STR-02", drop("13"), "category 13"),
    ("STR-03", drop("21", "23"), "category 21"),
    ("STR-04", drop("31"), "family 3"),
    ("STR-05", row(3, value=""), "indicator 3 value"),
    ("STR-08", row(3, name="<b>交工验收合格率</b>"), "indicator 3 name"),
    ("STR-08", row(4, value=r"$\geq 95\%$"), "indicator 4 value"),
    ("STR-08", head(annual_goal="## 改建乡道18.6公里，新建桥梁2座"), "annual_goal"),
    ("STR-10", replace(ROAD, indicators=ROAD.indicators[:5]), "indicators"),
    ("STR-10", replace(ROAD, indicators=ROAD.indicators * 2), "indicators"),
    ("STR-11", row(5, value="2025年6月底前"), "indicator 5 value"),
    ("STR-12", head(period="2026年-2028年"), "attribute"),
    ("STR-12", head(annual_goal="连续三年改建乡道18.6公里"), "attribute"),
    ("STR-13", add("19", "其他产出", "≥3处"), "indicator 16 name"),
    ("FND-01", funds(fiscal="1200"), "funds.total"),
    ("FND-02", funds(total="一千万"), "funds.total"),
    ("FND-02", funds(total="1250万元"), "funds.total"),
    ("FND-03", funds(total="12500000", fiscal="12500000"), "funds.total"),
    ("FND-03", funds(total="0.5", fiscal="0.5"), "funds.total"),
    ("FND-04", funds(other=None), "funds.other"),
    ("FND-05", row(9, name="办公费、电话费"), "indicator 9 name"),
    ("FND-05", head(annual_goal=ROAD.annual_goal + "保障单位取暖费。"), "annual_goal"),
    ("FND-06", row(9, name="业务培训费"), "indicator 9 name"),
    ("FND-07", head(annual_goal="安排资金1500万元，改建乡道18.6公里。"), "annual_goal"),
    ("FND-08", ROAD, "funds.total", context(last_year=replace(ROAD, funds=replace(ROAD.funds, total="800")))),
    ("CST-01", row(7, value="≤1000万元"), "category 14"),
    ("CST-01.short", row(7, value="≤900万元"), "category 14"),
    ("CST-02", row(9, value="12座"), "indicator 9 value"),
    ("CST-03", row(7, value="980万元"), "indicator 7 value"),
    ("CST-04", row(7, value="≥980万元"), "indicator 7 value"),
    ("CST-05", row(9, value="≤400000元"), "indicator 9 value"),
    ("CST-06", row(9, name="勘察设计及监理费（万元）", value="40"), "indicator 9 value"),
    ("CST-07", row(7, name="改建道路里程"), "indicator 7 name"),
    ("CST-08", row(8, name="路灯亮化工程款"), "indicator 8 name"),
    ("CST-09", ROAD, "", None),
    ("CST-09", row(8, name="新建桥梁成本"), "indicator 8 value"),
    ("CST-10", add("14", "道路改建成本", "≤1250万元", base=drop("14")), "indicator 13 value"),
    ("CST-11", add("14", "成本控制率", "≤100%", base=drop("14")), "indicator 13 value"),
    ("CST-13", row(8, value="≤3.2万元/延米"), "indicator 8 value"),
    ("CST-13", row(8, value="≤115万元/座"), ""),
    ("CST-14", row(8, value="≤95万元/座"), "indicator 8 value"),
    ("CST-14", row(7, value="≤980万元（路基400万元、路面500万元）"), "indicator 7 value"),
    ("CAT-01", row(1, value="≥95%"), "indicator 1 value"),
    ("CAT-02", row(1, value="全年"), "indicator 1 value"),
    ("CAT-02", row(1, value="显著提升"), "indicator 1 value"),
    ("CAT-03", row(3, value="≥12次"), "indicator 3 value"),
    ("CAT-04", row(3, value="明显提升"), "indicator 3 value"),
    ("CAT-05", row(5, value="≥10处"), "indicator 5 value"),
    ("CAT-06", row(5, value="2026年1月-12月"), "indicator 5 value"),
    ("CAT-06", row(6, value="2026年底"), "indicator 6 value"),
    ("CAT-07", row(3, name="群众政策知晓率"), "indicator 3 name"),
    ("CAT-08", row(13, name="沿线村民生活幸福指数"), "indicator 13 name"),
    ("CAT-09", row(10, name="村民团结互助"), "indicator 10 name"),
    ("CAT-10", row(15, name="沿线村民评价"), "indicator 15 name"),
    ("CAT-11", row(11, name="组织召开现场会"), "indicator 11 name"),
    ("CAT-12", row(11, name="群众对工程的认可度"), "indicator 11 name"),
    ("CAT-13", row(3, name="材料按时进场率"), "indicator 3 name"),
    ("CAT-14", row(14, name="到工程竣工为止"), "indicator 14 name"),
    ("CAT-15", row(5, row(6, name="通车手续办理时间"), name="路基工程开工时间"), ""),
    ("CAT-15", add("13", "路基工程开工时间", "2026年4月底前", base=drop("13")), "indicator 14 name"),
    (
        "CAT-16",
        row(3, row(1, name="改建乡村公路", value="≥3座"), name="改建乡村公路质量", value="18公里"),
        "indicator 1 value",
    ),
    ("VAL-01", row(4, value="严格执行相关制度规定"), "indicator 4 value"),
    ("VAL-02", row(1, value="道路9公里、涵洞5座"), "indicator 1 value"),
    ("VAL-03", row(1, value="≥18.6"), "indicator 1 value"),
    ("VAL-03", add("11", "施工人员培训人次", "≥50"), "indicator 16 value"),
    ("VAL-04", row(4, value="95%"), "indicator 4 value"),
    ("VAL-05", row(2, value=">2座"), "indicator 2 value"),
    ("VAL-06", add("11", "安装监控设备", "≥3场次"), "indicator 16 value"),
    ("VAL-07", row(15, value="290%"), "indicator 15 value"),
    ("VAL-07", row(4, value="≥105%"), "indicator 4 value"),
    ("VAL-08", row(11, name="交通事故起数", value="下降5%"), "indicator 11 value"),
    ("VAL-09", row(5, value="6月底前"), "indicator 5 value"),
    ("VAL-10", row(4, value="≥９５％"), "indicator 4 value"),
    ("VAL-11", row(1, name="改建乡道里程", value="≥16公里"), "indicator 1 value"),
    ("VAL-12", row(1, value="约18.6公里"), "indicator 1 value"),
    ("VAL-12", row(2, name="新建桥梁等构筑物数量"), "indicator 2 name"),
    ("VAL-13", row(4, value="≥100%"), "indicator 4 value"),
    ("VAL-14", row(1, value="≥××公里"), "indicator 1 value"),
    ("VAL-14", row(1, name="改建道路里程（≥**公里）"), "indicator 1 name"),
    ("VAL-15", head(project_name="演示县困难职工救助（李某某）"), "indicator 15 value"),
    ("VAL-16", ROAD, "indicator 1 value", context(last_year=row(1, value="≥25公里"))),
    ("VAL-17", row(6, value="2027年10月底前"), "indicator 6 value"),
    ("VAL-18", row(15, value="≤90%"), "indicator 15 value"),
    ("VAL-18", row(11, name="安全事故起数", value="≥1起"), "indicator 11 value"),
    ("VAL-19", row(2, value="=2.5座"), "indicator 2 value"),
    ("QLT-01", row(14, value="显著"), "indicator 14 value"),
    ("QLT-02", row(14, value="明显提升"), "indicator 14 value"),
    (
        "QLT-03",
        replace(
            ROAD, indicators=tuple(replace(r, value="明显提升") if r.code[0] == "2" else r for r in ROAD.indicators)
        ),
        "family 2",
    ),
    ("QLT-04", row(14, name="明显提升"), "indicator 14 name"),
    ("QLT-04", row(15, name="满意度提升"), "indicator 15 name"),
    ("QLT-05", row(14, value="有限提升"), "indicator 14 value"),
    ("QLT-06", row(14, value="良好"), "indicator 14 value"),
    ("QLT-07", row(11, name="降低事故率", value="显著改变"), "indicator 11 value"),
    ("NAM-01", row(1, name="加快推进乡道改建，切实改善沿线群众出行条件。"), "indicator 1 name"),
    ("NAM-02", row(1, name="路基、路面、涵洞改建里程"), "indicator 1 name"),
    ("NAM-03", row(1, name="1、改建道路里程"), "indicator 1 name"),
    ("NAM-04", row(1, name="改建18公里道路里程"), "indicator 1 name"),
    ("NAM-05", row(2, name="改建道路里程"), "indicator 2 name"),
    ("NAM-06", row(13, row(11, name="降低事故率"), name="沿线事故率"), "indicator 11 name"),
    ("NAM-07", row(11, name="方便群众出行", value="≥90%"), "indicator 11 name"),
    ("NAM-07", row(11, name="方便群众出行"), ""),
    ("NAM-08", row(4, name="路面平整度、路基压实率"), "indicator 4 name"),
    ("NAM-09", row(11, name="改善了村民出行条件"), "indicator 11 name"),
    ("NAM-10", row(11, name="减少事故率", value="下降2%"), "indicator 11 name"),
    ("SAT-01", row(15, name="工程满意度"), "indicator 15 name"),
    ("SAT-02", ROAD, "category 31", context(neighbours=(ROAD, ROAD, ROAD, SCHOOL))),
    ("SAT-03", head(project_name="演示县公路养护中心取暖费"), "category 31"),
    ("SAT-04", row(15, value="≥70%"), "indicator 15 value"),
    ("SAT-04", row(15, value="=100%"), "indicator 15 value"),
    ("REL-01", head(annual_goal="改善沿线出行条件（演示交发〔2024〕7号）。"), "annual_goal"),
    ("REL-01.key", head(annual_goal="改善沿线出行条件。"), "annual_goal", context(is_key_project=True)),
    ("REL-02", head(annual_goal="改建乡道18.6公里，新建桥梁2座，安装太阳能路灯。"), "annual_goal"),
    ("REL-03", row(11, name="电商直播人才创业孵化", value="显著提升"), "indicator 11 name"),
    ("REL-04", head(project_name="演示县乡道改建、桥梁新建和慢行绿廊建设经费"), "annual_goal"),
    ("REL-05", ROAD, "indicator 11 name", context(neighbours=(add("22", "受益行政村数量", "≥9个", base=SCHOOL),))),
    ("REL-06", head(annual_goal="按照演示政发〔2019〕8号，改建乡道18.6公里。"), "annual_goal"),
    ("REL-07", replace(ROAD, indicators=ROAD.indicators[1:]), "category 11"),
    ("REL-07", ROAD, ""),
    ("REL-08", head(project_name="演示县图书馆设备更新项目"), "unit"),
    ("REL-09", head(project_name="演示县公路养护政府购买服务项目"), ""),
    ("REL-09", row(3, head(project_name="演示县公路养护政府购买服务项目"), name="养护合格率"), "category 12"),
    ("PLN-01", row(6, row(5, value="全年"), value="2026年底前"), "indicator 1 name"),
    (
        "PLN-01",
        row(6, row(5, row(1, row(2, planned_month=9), planned_month=10), value="全年"), value="2026年底前"),
        "",
    ),
    ("TXT-01", head(project_name="演示县公路局公路局改建工程"), "project_name"),
    ("TXT-02", row(2, name="按装桥梁护栏数量"), "indicator 2 name"),
    ("TXT-03", head(annual_goal="按照演示政发【2025】8号，改建乡道18.6公里。"), "annual_goal"),
    ("TXT-04", head(attribute="0101—一年期项目"), "attribute"),
    ("TXT-05", head(annual_goal="改建乡道18.6公里，联系电话13800000000。"), "annual_goal"),
    ("TXT-05", head(project_name="演示县困难职工救助（李某某）"), "project_name"),
    ("TXT-06", row(2, name="涉密桥梁数量"), "indicator 2 name"),
    ("SEC-01", row(2, name="涉密桥梁数量"), "indicator 2 name"),
    (
        "CPY-01",
        ROAD,
        "indicators",
        context(
            last_year=replace(
                ROAD,
                fiscal_year=2025,
                indicators=tuple(replace(r, value=r.value.replace("2026", "2025")) for r in ROAD.indicators),
            )
        ),
    ),
    ("CPY-01", head(annual_goal="2025年改建乡道18.6公里。"), "annual_goal"),
    ("CPY-02", head(annual_goal="改建盐池县乡道18.6公里。"), "annual_goal"),
    ("CPY-02", row(2, name="演示第九中学桥梁数量"), "indicator 2 name", context(other_organisations=("演示第九中学",))),
    ("CPY-03", ROAD, "indicators", context(same_in_units=12)),
    (
        "HIS-01",
        ROAD,
        "funds.total",
        context(last_year=replace(ROAD, funds=replace(ROAD.funds, total="1000")), last_year_spent=Decimal("0.6")),
    ),
    ("LST-01", ROAD, "funds.total", context(listed_amount_wan=Decimal(1000))),
    ("XTB-01", ROAD, "project_name", context(same_project_exists=True)),
    ("XTB-02", ROAD, "funds.total", context(unit_control_wan=Decimal(1000))),
    ("XTB-03", ROAD, "indicator 1 name", context(neighbours=(row(2, name="另一座桥梁加固数"),))),
    ("XTB-04", ROAD, "indicator 1 name", context(library=frozenset({"受益行政村数"}))),
    ("PUB-01", ROAD, "project_name", context(days_since_release=21, is_published=False)),
    ("PUB-01", ROAD, "", context(days_since_release=20, is_published=False)),
    ("PUB-01", ROAD, "", context(days_since_release=90, is_published=True)),
    ("SLF-11", ROAD, "funds.total", context(has_full_marks=True, executed_share=Decimal("0.79"))),
    ("SLF-11", ROAD, "", context(has_full_marks=True, executed_share=Decimal("0.8"))),
    ("SLF-11", ROAD, "", context(has_full_marks=False, executed_share=Decimal("0.3"))),
    ("ATT-01", ROAD, "attachments", context(required_attachments=("实施方案", "测算明细"))),
]


def places(key, content, known):
    told = outcomes(content=content, profile=NX, context=known or KNOWN)
    return [f.place for outcome in told if outcome.rule.key == key for f in outcome.findings]


@pytest.mark.parametrize(("key", "content", "place", "known"), [(*fault, None)[:4] for fault in FAULTS])
def test_a_fault_is_found_at_its_place(key, content, place, known):
    assert places(key, content, known) == ([place] if place else [])


@pytest.mark.parametrize("name", sorted(SOUND))
def test_a_sound_table_of_another_trade_asks_for_nothing(name):
    asked = [f for f in check(content=SOUND[name], profile=NX, audience=REVIEWER) if f.severity != HINT]
    assert [(f.rule, f.place) for f in asked] == []


def test_hints_on_a_sound_table_are_few():
    for content in SOUND.values():
        assert len(check(content=content, profile=NX)) <= 7


def test_a_table_whose_benefits_are_all_words_is_asked_for_one_figure_and_nothing_else():
    asked = [f for f in check(content=VILLAGES, profile=NX) if f.severity != HINT]
    assert [(f.rule, f.place) for f in asked] == [("QLT-03", "family 2")]


def test_every_rule_has_a_fault_here_but_the_one_whose_form_no_shipped_profile_has():
    assert set(RULES) - {fault[0] for fault in FAULTS} == {"CST-12"}


def test_cost_to_society_is_asked_only_where_the_form_divides_cost():
    told = {o.rule.key: o for o in outcomes(content=ROAD, profile=NX)}
    assert told["CST-12"].verdict == Verdict.NOT_APPLICABLE
    divided = replace(
        NX, categories=(replace(NX.categories[0], code="41", label="41-经济成本", words=("经济成本",)), *NX.categories)
    )
    told = {o.rule.key: o for o in outcomes(content=ROAD, profile=divided)}
    assert [f.place for f in told["CST-12"].findings] == ["category 41"]


def test_every_sentence_is_filled_and_every_rule_says_its_source():
    for key, content, _place, *known in FAULTS:
        for outcome in outcomes(content=content, profile=NX, context=known[0] if known and known[0] else KNOWN):
            assert outcome.rule.source, key
            assert all("%(" not in f.message % f.facts for f in outcome.findings)


def test_checking_leaves_the_table_as_it_was():
    for _key, content, *_rest in FAULTS:
        before = content.hash()
        check(content=content, profile=NX, context=KNOWN, audience=REVIEWER)
        assert content.hash() == before


# rule, the table with the fault, the mends offered for its (first) finding as kind, place, text.
MENDS = [
    ("CST-03", row(7, value="980万元"), [("write", "indicator 7 value", "≤980万元")]),
    ("CST-04", row(7, value="≥980万元"), [("write", "indicator 7 value", "≤980万元")]),
    ("CST-05", row(9, value="≤400000元"), [("write", "indicator 9 value", "≤40万元")]),
    (
        "CST-06",
        row(9, name="监理费（万元）", value="40"),
        [("write", "indicator 9 value", "40万元")],
    ),
    ("CAT-01", row(1, value="≥95%"), [("move", "indicator 1", "12")]),
    ("CAT-08", row(13, name="幸福指数"), [("delete", "indicator 13", ""), ("move", "indicator 13", "22")]),
    ("VAL-04", row(4, value="95%"), [("write", "indicator 4 value", "≥95%")]),
    ("VAL-04", row(4, value="100%"), [("write", "indicator 4 value", "=100%")]),
    ("VAL-05", row(2, value=">2座"), [("write", "indicator 2 value", "≥2座")]),
    ("VAL-07", row(15, value="290%"), [("write", "indicator 15 value", "≥90%")]),
    ("VAL-09", row(5, value="6月底前"), [("write", "indicator 5 value", "2026年6月30日前")]),
    ("VAL-10", row(4, value="≥９５％"), [("write", "indicator 4 value", "≥95%")]),
    ("VAL-11", row(1, name="改建乡道里程", value="≥16公里"), [
            ("write", "indicator 1 value", "18.6公里"),
            ("write", "annual_goal", "改建乡道16公里，新建桥梁2座，10月底前通车，沿线9个行政村出行时间缩短20分钟。"),
        ]),
    ("VAL-13", row(4, value="≥100%"), [("write", "indicator 4 value", "=100%")]),
    ("VAL-18", row(15, value="≤90%"), [("write", "indicator 15 value", "≥90%")]),
    ("QLT-05", row(14, value="有限提升"), [("write", "indicator 14 value", "有效提升")]),
    ("NAM-03", row(1, name="1、改建道路里程"), [("write", "indicator 1 name", "改建道路里程")]),
    ("FND-04", funds(other=None), [("write", "funds.other", "0")]),
    ("TXT-02", row(2, name="按装护栏数量"), [("write", "indicator 2 name", "安装护栏数量")]),
    ("STR-08", row(4, value=r"$\geq 95\%$"), [("write", "indicator 4 value", "≥95%")]),
]


@pytest.mark.parametrize(("key", "content", "mends"), MENDS)
def test_a_mend_is_offered(key, content, mends):
    told = [f for f in check(content=content, profile=NX, context=KNOWN) if f.rule == key]
    assert [(fix.kind, fix.place, fix.text) for fix in told[0].fixes] == mends


@pytest.mark.parametrize(("key", "content", "mends"), [m for m in MENDS if len(m[2]) == 1 and m[2][0][0] == "write"])
def test_a_mend_that_is_made_ends_the_finding(key, content, mends):
    ((_kind, place, text),) = mends
    if place.startswith("funds."):
        mended = replace(content, funds=replace(content.funds, **{place.split(".")[1]: text}))
    else:
        _word, number, part = place.split()
        mended = row(int(number), content, **{part: text})
    assert [f.place for f in check(content=mended, profile=NX, context=KNOWN) if f.rule == key] == []
