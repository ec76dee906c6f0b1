"""read_targets and check_targets: names, shapes and exit codes that others rely on; no database is opened."""

import json
import os
import subprocess
import sys
from io import StringIO
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command
from django.utils import translation

import targets

ROOT = Path(targets.__file__).parents[1]
SAMPLE = ROOT / "targets" / "samples" / "pingluo-2024-targets.txt"
EMPTY = ROOT / "tests" / "files" / "refused" / "empty.txt"
TABLE_KEYS = {
    "project_name",
    "department",
    "unit",
    "attribute",
    "period",
    "fiscal_year",
    "funds",
    "annual_goal",
    "indicators",
    "problems",
}


def run(command, *args):
    out, code = StringIO(), 0
    try:
        call_command(command, *map(str, args), stdout=out)
    except SystemExit as left:
        code = left.code
    return code, out.getvalue()


def test_read_targets_gives_the_agreed_shape():
    code, out = run("read_targets", SAMPLE, "--json")
    (found,) = json.loads(out)
    assert code == 0
    assert set(found) == {"file", "tables", "refused"}
    assert (found["file"], found["refused"], len(found["tables"])) == (str(SAMPLE), None, 8)
    first = found["tables"][0]
    assert set(first) == TABLE_KEYS
    assert first["funds"] == {"total": "50", "fiscal": "50", "other": None}
    assert {**first["indicators"][0], "parsed": None} == {
        "code": "11",
        "category": "数量指标",
        "name": "参与“爱国卫生日”活动，齐心协力整治环境“脏、乱、差”",
        "value": "≥95%",
        "parsed": None,
    }
    parsed = first["indicators"][0]["parsed"]
    assert (parsed["kind"], parsed["comparator"], parsed["low"], parsed["high"]) == ("rate", "≥", "95", None)
    problem = next(p for p in first["problems"] if p["code"] == "STR-06")
    assert set(problem) == {"code", "severity", "place", "message"}
    assert (problem["severity"], problem["place"]) == ("hint", "L30:C2")
    assert sum(len(t["indicators"]) for t in found["tables"]) == 109


def test_check_targets_adds_the_findings_of_each_table():
    code, out = run("check_targets", SAMPLE, "--json", "--profile", "nx_2022")
    tables = json.loads(out)[0]["tables"]
    assert code == 0
    assert set(tables[5]) == TABLE_KEYS | {"findings"}
    short = next(f for f in tables[5]["findings"] if f["rule"] == "CST-01")
    assert set(short) == {"rule", "severity", "place", "message", "source", "audience", "rows", "fixes"}
    assert (short["severity"], short["place"]) == ("should_fix", "category 14")
    bare = next(f for f in tables[5]["findings"] if f["rule"] == "CST-03")
    assert (bare["rows"], bare["audience"]) == ([10], "all")
    assert bare["fixes"] == [{"kind": "write", "place": "indicator 10 value", "text": "≤15万元"}]
    kept_back = {(n, f["rule"]) for n, t in enumerate(tables, 1) for f in t["findings"] if f["severity"] == "must_fix"}
    assert kept_back == {(4, "SEC-01")}


@pytest.mark.parametrize("command", ["read_targets", "check_targets"])
def test_one_refused_file_makes_the_exit_1_and_the_others_are_read_all_the_same(command):
    code, out = run(command, EMPTY, SAMPLE, "no-such-file.txt", "--json")
    empty, sample, absent = json.loads(out)
    assert code == 1
    assert (empty["tables"], empty["refused"]["code"]) == ([], "empty")
    assert (len(sample["tables"]), sample["refused"]) == (8, None)
    assert absent["refused"]["code"] == "not_found"


@pytest.mark.parametrize(
    ("command", "said"),
    [("read_targets", "L30:C2 STR-06 [提示] 本行单元格错位"), ("check_targets", "还有 10 万元没有对应成本")],
)
def test_without_json_lines_are_printed_in_the_language_in_force(command, said):
    with translation.override("zh-hans"):
        code, out = run(command, SAMPLE)
    assert code == 0
    assert said in out


def test_an_unknown_profile_is_refused_by_naming_the_known():
    with pytest.raises(CommandError, match="nx_2022"):
        call_command("check_targets", str(SAMPLE), "--profile", "nowhere")


def test_no_database_is_needed(tmp_path):
    environment = {
        **os.environ,
        "BTR_VAR_DIR": str(tmp_path / "var"),
        "BTR_DATABASE_URL": "postgresql://nobody:x@127.0.0.1:9/nothing",
    }
    done = subprocess.run(
        [sys.executable, "manage.py", "read_targets", str(SAMPLE), "--json"],
        cwd=ROOT,
        env=environment,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, "")
    assert len(json.loads(done.stdout)[0]["tables"]) == 8
