"""Each mend the machine offers ends the finding it is offered for, and brings nothing that keeps a table back."""

from pathlib import Path

import pytest

import targets
from targets.checks import REVIEWER, RULES, Finding, Fix, applied, check, outcomes
from targets.checks.mends import unit_of_name
from targets.content import TableContent
from targets.profiles import MUST_FIX, load
from targets.reading import read
from tests.targets.test_checks_rules import FAULTS, KNOWN, NX
from tests.targets.test_checks_trades import GOOD, WEAKNESSES

SAMPLE = Path(targets.__file__).parent / "samples" / "pingluo-2024-targets.txt"
# Rules whose mend is made by the machine; the others ask for something only the unit knows.
MENDED = {
    *("CAT-01", "CAT-02", "CAT-03", "CAT-07", "CAT-08", "CAT-09", "CAT-11", "CAT-12", "CAT-13", "CAT-16"),
    *("CPY-01", "CPY-02", "CST-02", "CST-03", "CST-04", "CST-05", "CST-06", "CST-07"),
    *("FND-01", "FND-02", "FND-04", "LST-01", "NAM-01", "NAM-03", "NAM-05", "NAM-09", "NAM-10", "QLT-05"),
    *("STR-05", "STR-08", "STR-11", "TXT-01", "TXT-02", "TXT-03", "TXT-04", "TXT-05"),
    *("VAL-03", "VAL-04", "VAL-05", "VAL-07", "VAL-08", "VAL-09", "VAL-10", "VAL-11", "VAL-12", "VAL-13", "VAL-14"),
    "VAL-18",
}


def together(finding: Finding) -> list[tuple[Fix, ...]]:
    """The mends as they are made: one a row all at once, else each by itself."""
    places = {fix.place for fix in finding.fixes}
    one_a_row = bool(finding.fixes) and len(finding.rows) > 1 and len(places) == len(finding.fixes)
    return [finding.fixes] if one_a_row else [(fix,) for fix in finding.fixes]


def weight(content: TableContent, key: str, context) -> int:
    """How many places the rule reproaches."""
    (outcome,) = (o for o in outcomes(content=content, profile=NX, context=context) if o.rule.key == key)
    return sum(len(finding.rows) or 1 for finding in outcome.findings)


def unmended(content: TableContent, context=None) -> tuple[set[str], list[str]]:
    """The rules that offered a mend for this content, and the mends that did not end their finding."""
    rules, failed = set(), []
    kept_back = {f.rule for f in check(content=content, profile=NX, context=context) if f.severity == MUST_FIX}
    for outcome in outcomes(content=content, profile=NX, context=context):
        key = outcome.rule.key
        before = sum(len(finding.rows) or 1 for finding in outcome.findings)
        for finding in outcome.findings:
            for fixes in together(finding):
                rules.add(key)
                after = applied(content, *fixes)
                rows = {fix.place.split()[1] for fix in fixes if fix.place.startswith("indicator ")}
                mended = before - weight(after, key, context)
                new = {f.rule for f in check(content=after, profile=NX, context=context) if f.severity == MUST_FIX}
                if mended < max(1, len(rows)) or new - kept_back - {"STR-02", "STR-04", "FND-01", "CST-01", "LST-01"}:
                    failed.append(f"{key} {[(fix.kind, fix.place, fix.text) for fix in fixes]} {mended} {new}")
    return rules, failed


@pytest.mark.parametrize("number", range(len(FAULTS)))
def test_a_mend_of_a_fault_ends_its_finding(number):
    _key, content, _place, *known = FAULTS[number]
    _rules, failed = unmended(content, known[0] if known and known[0] else KNOWN)
    assert failed == []


@pytest.mark.parametrize("weakness", sorted(WEAKNESSES))
def test_a_mend_of_a_bad_twin_ends_its_finding(weakness):
    _rule, worsened = WEAKNESSES[weakness]
    twins = [twin for content in list(GOOD.values())[::8] if (twin := worsened(content))]
    assert [failed for twin, _row in twins for failed in unmended(twin)[1]] == []


def test_a_mend_of_a_real_table_ends_its_finding():
    contents = [table.content for table in read(name="sample", data=SAMPLE.read_bytes()).tables]
    assert [failed for content in contents for failed in unmended(content)[1]] == []


def test_the_rules_with_a_mend_are_these():
    offered = set()
    for _key, content, _place, *known in FAULTS:
        offered |= unmended(content, known[0] if known and known[0] else KNOWN)[0]
    assert offered == MENDED
    assert set(RULES) >= MENDED


def test_what_is_mended_one_by_one_leaves_nothing_to_mend():
    """All first mends that take nothing out, made one after the other, come to an end."""
    content = read(name="sample", data=SAMPLE.read_bytes()).tables[2].content
    for _round in range(80):
        fixes = next(
            (
                group
                for finding in check(content=content, profile=load(), audience=REVIEWER)
                for group in together(finding)[:1]
                if all(fix.kind == "write" for fix in group) and applied(content, *group) != content
            ),
            None,
        )
        if fixes is None:
            break
        content = applied(content, *fixes)
    assert fixes is None


def test_places_are_those_of_the_content_they_were_found_in():
    content = GOOD["演示县巡特警装备更新项目"]
    rows = content.indicators
    after = applied(content, Fix("delete", "indicator 1"), Fix("move", "indicator 2", "13"),
                    Fix("write", "indicator 3 value", "=81部"), Fix("write", "funds.other", ""))  # fmt: skip
    assert [row.name for row in after.of_code("13")][-1] == rows[1].name
    assert after.of_code("11")[0].value == "=81部"
    assert after.funds.other is None
    assert len(after.indicators) == len(rows) - 1
    assert applied(content, Fix("delete", "indicator 1"), Fix("write", "indicator 1 name", "x")).indicators == rows[1:]


@pytest.mark.parametrize(
    ("name", "unit"),
    [("职业技能培训人次", "人次"), ("受益户数", "户"), ("新建桥梁数量", "座"), ("开展活动场次", "场次"),
     ("覆盖村数", "村"),
     ("打分总分数", ""), ("教学班级数", ""), ("推进工作情况", ""), ("种植数量", "")],
)  # fmt: skip
def test_the_unit_is_lent_by_the_name_only_where_it_says_one(name, unit):
    assert unit_of_name(name) == unit
