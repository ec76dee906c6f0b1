"""The eight real tables: every line the catalogue names is found by its rule, and what else is found is known.

Where the catalogue and this list differ, the reason stands below. No finding keeps a real table back.
"""

from collections import defaultdict
from dataclasses import replace
from pathlib import Path

import pytest

import targets
from targets.checks import CheckContext, Verdict, check, outcomes, secrecy_mark
from targets.profiles import MUST_FIX, load
from targets.reading import read

SAMPLE = Path(targets.__file__).parent / "samples" / "pingluo-2024-targets.txt"
NX = load("nx_2022")

# rule | severity | lines of the file, or table and place. One finding may speak of several lines.
#
# Beyond the catalogue: CST-08 L198 (it has only a quality line, as the catalogue says); CST-09 L199 (a
# quantity of the same name stands there too); FND-05 L192 (日常办公 in a timeliness line); QLT-07 L228 (减少…问题 with
# 显著改变 is as odd as L229); NAM-07 goes on where the catalogue writes "…"; REL-03 L87 (网站、微信 have nothing in
# common with goal or outputs); VAL-12 L53 部分 as listed.
# NAM-07 leaves a name alone whose value says with its unit what is measured (L47, L105 …).
# Less than the catalogue: STR-06, STR-07, STR-09 and the markup of STR-08 and VAL-10 L118 are told by the reading,
# which cleans them; TXT-01 L112 宣传部、培训 repeats no word; SEC-01 is one finding a table, at the project's name.
EXPECTED = """
CAT-01|should_fix|15, 17, 134, 189
CAT-02|should_fix|219
CAT-03|should_fix|19, 20, 50, 108, 159, 161
CAT-04|hint|77, 78, 222
CAT-05|should_fix|164
CAT-06|hint|22, 52, 79, 109, 110, 136, 163, 165, 192, 223
CAT-07|hint|17, 48, 221
CAT-08|should_fix|202, 231, 232
CAT-09|should_fix|228
CAT-10|should_fix|60
CAT-11|hint|56, 58, 59, 90, 172
CAT-12|hint|202
CAT-13|hint|161
CAT-14|should_fix|139, 141
CAT-15|hint|79
CAT-16|hint|157, 161
CST-01|should_fix|T6 category 14
CST-02|should_fix|167, 168
CST-03|hint|23, 24, 53, 54, 81, 82, 83, 84, 111, 112, 137, 166, 194, 195, 196, 197, 198, 199, 225, 226, 227
CST-05|hint|137
CST-06|hint|81, 82, 83, 84
CST-07|hint|23, 24, 111, 112, 226, 227
CST-08|should_fix|81, 82, 167, 168, 194, 195, 196, 198
CST-09|hint|112, 199, 225, 227
FND-03|hint|T5 funds.total
FND-04|hint|T1 funds.other, T2 funds.other, T3 funds.other, T4 funds.other, T5 funds.other
FND-04|hint|T6 funds.other, T7 funds.other, T8 funds.other
FND-05|should_fix|84, 134, 135, 136, 137, 189, 192, T5 annual_goal, T5 project_name, T7 annual_goal
FND-06|hint|54, 111, 112, T4 project_name
NAM-01|hint|20, 21, 52, 75, 77, 81, 84, 87, 90, 105, 111, 192, 228
NAM-02|hint|20, 21, 54, 57, 81, 84, 86, 87, 105, 107, 109, 111, 112
NAM-03|hint|156, 157, 158, 159, 161, 162, 163, 164, 165, 166, 170, 171, 172
NAM-04|hint|54
NAM-05|should_fix|22, 23, 24, 141, 226, 227
NAM-06|hint|221, 229, 231, 234
NAM-07|hint|15, 19, 20, 21, 27, 29, 30, 57, 58, 59, 60, 77, 78, 86, 87, 89, 90, 91, 109, 110
NAM-07|hint|115, 117, 118, 134, 135, 139, 141, 142, 158, 162, 163, 164, 165, 170, 171, 191, 192, 200, 201, 203
NAM-07|hint|219, 222, 223, 228, 229, 230, 231, 233
NAM-08|hint|175, 202, 234
NAM-09|hint|26, 56
NAM-10|hint|221
PLN-01|hint|46, 157
QLT-01|should_fix|77, 78, 86, 87, 89, 90, 222
QLT-02|hint|26, 27, 29, 30, 56, 57, 58, 59, 115, 117, 139, 141, 170, 171, 172, 174, 200, 201, 202
QLT-02|hint|203, 228, 229, 230, 231, 232, 233
QLT-03|should_fix|T1 family 2, T2 family 2, T3 family 2, T4 family 2, T5 family 2, T6 family 2, T7 family 2
QLT-03|should_fix|T8 family 2
QLT-04|should_fix|91, 115, 118, 142
QLT-05|hint|141
QLT-06|hint|26, 27, 29, 30, 56, 57, 58, 59, 77, 78, 86, 87, 89, 90, 115, 117, 139, 141, 170, 171, 172
QLT-06|hint|174, 200, 201, 202, 203, 222, 228, 229, 230, 231, 232, 233
QLT-07|hint|26, 228, 229, 231
REL-01|hint|T1 annual_goal, T2 annual_goal, T3 annual_goal, T4 annual_goal, T5 annual_goal
REL-01|hint|T7 annual_goal, T8 annual_goal
REL-02|should_fix|T2 annual_goal, T3 annual_goal, T6 annual_goal, T7 annual_goal
REL-03|hint|87, 117, 200
REL-04|hint|T4 annual_goal
REL-06|hint|T1 annual_goal, T7 annual_goal
REL-07|hint|T3 category 11
REL-08|hint|T1 unit, T2 unit, T3 unit, T6 unit, T7 unit, T8 unit
REL-09|hint|T8 category 12
SAT-01|should_fix|31, 60, 91, 118, 142, 175
SAT-03|hint|T4 category 31, T5 category 31
SEC-01|must_fix|105, 110, 111, T4 project_name
STR-03|hint|T1 category 21, T2 category 21, T3 category 21, T4 category 21, T5 category 21, T6 category 21
STR-11|should_fix|159, 163
STR-12|hint|T5 attribute
TXT-01|hint|T1 project_name, T2 project_name
TXT-02|hint|141, 202, T5 project_name
TXT-03|hint|T7 annual_goal
TXT-04|hint|107, 112, 191, 192, T2 attribute, T3 attribute, T4 attribute, T5 attribute, T6 attribute
TXT-04|hint|T7 attribute, T8 attribute
TXT-05|should_fix|T5 annual_goal, T5 project_name
TXT-06|hint|105, 110, 111, T4 annual_goal, T4 project_name
VAL-02|should_fix|158, 168
VAL-03|should_fix|16, 19, 20, 164
VAL-04|hint|17, 105, 106, 107, 134, 135, 156, 157, 159, 161, 162, 189, 190, 218, 220
VAL-05|hint|46, 47
VAL-06|hint|47, 105, 108, 157, 159
VAL-08|hint|221
VAL-09|hint|109, 110
VAL-10|hint|203
VAL-11|should_fix|157
VAL-12|hint|53, 54, 190
VAL-15|hint|142
"""


def tables():
    return read(name="sample", data=SAMPLE.read_bytes()).tables


def found():
    lines = defaultdict(set)
    for number, table in enumerate(tables(), 1):
        for f in check(content=table.content, profile=NX, audience="reviewer"):
            lines[f.rule, f.severity] |= {str(table.rows[row - 1].line) for row in f.rows}
            if not f.place.startswith("indicator "):
                lines[f.rule, f.severity].add(f"T{number} {f.place}")
    return dict(lines)


def expected():
    lines = defaultdict(set)
    for row in EXPECTED.strip().splitlines():
        rule, severity, places = row.split("|")
        lines[rule, severity] |= set(places.split(", "))
    return dict(lines)


def test_the_sample_gives_the_lines_of_the_catalogue():
    assert found() == expected()


def test_only_the_fourth_table_is_kept_back_and_only_by_the_secrecy_gate():
    kept_back = {
        (number, f.rule)
        for number, table in enumerate(tables(), 1)
        for f in check(content=table.content, profile=NX)
        if f.severity == MUST_FIX
    }
    assert kept_back == {(4, "SEC-01")}


def test_once_its_secrecy_review_is_confirmed_nothing_keeps_a_real_table_back_until_another_text_is_hit():
    fourth = tables()[3].content
    confirmed = CheckContext(secrecy_confirmed=secrecy_mark(fourth))
    assert not [f for f in check(content=fourth, profile=NX, context=confirmed) if f.severity == MUST_FIX]
    dearer = replace(fourth, funds=replace(fourth.funds, total="49"))
    assert "SEC-01" not in {f.rule for f in check(content=dearer, profile=NX, context=confirmed)}
    more = replace(fourth, annual_goal="保障涉密会议")
    assert "SEC-01" in {f.rule for f in check(content=more, profile=NX, context=confirmed)}


def test_hints_that_fire_on_every_row_are_one_line_a_table():
    together = ("CST-03", "VAL-04", "QLT-02", "QLT-06", "NAM-01", "NAM-02", "NAM-03", "NAM-07", "CAT-06")
    for table in tables():
        rules = [f.rule for f in check(content=table.content, profile=NX)]
        assert [rule for rule in together if rules.count(rule) > 1] == []


def test_the_sixth_table_says_how_much_has_no_cost():
    short = [f for f in check(content=tables()[5].content, profile=NX) if f.rule == "CST-01"]
    assert [f.facts for f in short] == [{"sum": "15", "total": "25", "difference": "10"}]


def test_the_goal_that_says_700_册_offers_it_as_the_mend():
    wrong = [f for f in check(content=tables()[5].content, profile=NX) if f.rule == "VAL-11"]
    assert [(f.row, [fix.text for fix in f.fixes]) for f in wrong] == [(2, ["700册"])]


@pytest.mark.parametrize(
    ("table", "parts"),
    [(2, ["志愿者队伍"]), (3, ["队伍建设"]), (6, ["馆藏档案"]), (7, ["妇儿工委", "和谐家庭", "18岁以下儿童"])],
)
def test_what_the_goal_promises_without_an_output_is_named(table, parts):
    told = [f.facts["parts"] for f in check(content=tables()[table - 1].content, profile=NX) if f.rule == "REL-02"]
    assert len(told) == 1
    assert [part for part in parts if part not in told[0]] == []


def test_the_units_other_tables_show_what_is_claimed_twice_and_set_alike():
    contents = [table.content for table in tables()]
    said = defaultdict(set)
    for number, content in enumerate(contents):
        others = tuple(other for n, other in enumerate(contents) if n != number)
        for f in check(content=content, profile=NX, context=CheckContext(neighbours=others), audience="reviewer"):
            said[f.rule].add((number + 1, f.place))
    assert said["REL-05"] == {(2, "indicator 11 name"), (3, "indicator 11 name")}
    assert said["SAT-02"] == {(n, "category 31") for n in (1, 2, 4, 6, 7, 8)}


def test_without_its_neighbours_nothing_is_guessed():
    answers = {o.rule.key: o.verdict for o in outcomes(content=tables()[0].content, profile=NX)}
    unknown = {key for key, verdict in answers.items() if verdict == Verdict.INSUFFICIENT_DATA}
    assert unknown == {
        "ATT-01",
        "CPY-01",
        "CPY-03",
        "FND-08",
        "HIS-01",
        "PUB-01",
        "REL-05",
        "SAT-02",
        "SLF-11",
        "VAL-16",
        "XTB-01",
        "XTB-02",
        "XTB-03",
        "XTB-04",
    }
