"""`manage.py act`: one action through the same door as the pages, answered as JSON."""

import json

import pytest
from django.core.management import CommandError, call_command

from targets import scoring
from targets.models import ReviewSheet
from tests.targets.papers import again, filled, submitted
from workflow.machine import State
from workflow.models import Case, Decision, Event


def act(capsys, number: str, action: str, person: str, *more: str) -> tuple[dict, int]:
    status = 0
    try:
        call_command("act", number, action, "--as", person, "--json", *more)
    except SystemExit as end:
        status = int(end.code)
    return json.loads(capsys.readouterr().out), status


def test_an_action_is_carried_out_and_answered_in_the_agreed_shape(world, capsys):
    case = submitted(world)
    answer, status = act(capsys, case.number, "approve", "reviewer")
    assert status == 0
    assert set(answer) == {"outcome", "state", "version", "refused"}
    assert answer["refused"] is None
    assert (answer["state"], answer["version"]) == (State.FINANCE_REVIEW, again(case).version)
    assert answer["outcome"]["action"] == "approve"


def test_the_same_key_twice_has_one_effect(world, capsys):
    case = submitted(world)
    first, _s = act(capsys, case.number, "approve", "reviewer", "--key", "k")
    second, status = act(capsys, case.number, "approve", "reviewer", "--key", "k")
    assert (second["outcome"]["repeated"], status) == (True, 0)
    assert first["outcome"]["event_seq"] == second["outcome"]["event_seq"]
    assert Decision.objects.count() == 1


def test_a_return_takes_its_reason(world, capsys):
    case = submitted(world)
    answer, status = act(capsys, case.number, "return", "reviewer")
    assert (answer["refused"]["code"], answer["state"], status) == ("reason_missing", State.DEPARTMENT_REVIEW, 1)
    answer, status = act(capsys, case.number, "return", "reviewer", "--reason", "请核对", "--to", "unit")
    assert (answer["state"], status) == (State.DRAFT, 0)
    assert Decision.objects.get().words == "请核对"


def test_blockers_come_with_their_places(world, capsys):
    case = filled(world)
    answer, status = act(capsys, case.number, "submit", "teacher")
    assert (answer["refused"]["code"], status) == ("not_visible", 1)
    answer, status = act(capsys, case.number, "submit", "editor", "--detail", "looked_at=1")
    assert (answer["state"], status) == (State.DEPARTMENT_REVIEW, 0)


def test_another_departments_case_and_no_case_get_the_same_answer_and_the_first_is_recorded(world, capsys):
    case = submitted(world)
    theirs, status = act(capsys, case.number, "approve", "school_reviewer")
    nothing, other = act(capsys, "2027-9999", "approve", "school_reviewer")
    assert theirs == nothing
    assert (status, other, theirs["state"], theirs["version"]) == (1, 1, None, None)
    assert Event.objects.filter(case=case, refused="not_visible", actor=world.school_reviewer).count() == 1
    assert again(case).state == State.DEPARTMENT_REVIEW


def test_a_version_that_is_not_the_present_one_is_stale(world, capsys):
    case = submitted(world)
    answer, status = act(capsys, case.number, "approve", "reviewer", "--seen-version", "1")
    assert (answer["refused"]["code"], answer["state"], status) == ("stale", State.DEPARTMENT_REVIEW, 1)
    assert not Decision.objects.exists()


@pytest.mark.parametrize("who", ["nobody", "gone"])
def test_who_is_not_there_or_inactive_does_nothing(world, who):
    case = submitted(world)
    world.reviewer.username, world.reviewer.is_active = "gone", False
    world.reviewer.save()
    with pytest.raises(CommandError, match=who):
        call_command("act", case.number, "approve", "--as", who)
    assert again(case).state == State.DEPARTMENT_REVIEW


def test_a_detail_wants_a_name_and_a_value(world):
    case = filled(world)
    with pytest.raises(CommandError, match="NAME=VALUE"):
        call_command("act", case.number, "submit", "--as", "editor", "--detail", "looked_at")


def test_without_json_it_says_what_happened(world, capsys):
    case = submitted(world)
    call_command("act", case.number, "approve", "--as", "reviewer")
    assert case.number in capsys.readouterr().out


GRADES = dict.fromkeys(("completeness", "relevance", "suitability", "feasibility", "overall"), "good")


def test_the_review_sheet_comes_with_its_grades_and_points(world, capsys, tmp_path):
    case, file = submitted(world), tmp_path / "sheet.json"
    file.write_text(json.dumps(GRADES | {"opinion": "演示：同意"}), encoding="utf-8")
    points = [word for item in scoring.items() for word in ("--points", f"{item.key}={item.most}")]
    answer, status = act(capsys, case.number, "approve", "reviewer", "--sheet", str(file), *points)
    assert (answer["refused"], status) == (None, 0)
    sheet = ReviewSheet.objects.get(case=case)
    assert (sheet.overall, sheet.opinion, sheet.filled_by) == ("good", "演示：同意", world.reviewer)
    assert scoring.total_of(sheet.points) == 100


def test_points_that_are_none_are_refused_with_their_place_and_nothing_is_decided(world, capsys):
    case = submitted(world)
    grades = [word for name, grade in GRADES.items() for word in ("--grade", f"{name}={grade}")]
    points = [word for item in scoring.items() for word in ("--points", f"{item.key}={item.most}")]
    wrong = [*points[:-1], points[-1].split("=")[0] + "=1000"]
    answer, status = act(capsys, case.number, "approve", "reviewer", *grades, *wrong)
    assert (answer["refused"]["code"], answer["state"], status) == ("blocked", State.DEPARTMENT_REVIEW, 1)
    assert scoring.items()[-1].label in json.dumps(answer["refused"], ensure_ascii=False)
    answer, _status = act(capsys, case.number, "approve", "reviewer", *grades[:-2], "--grade", "overall=poor")
    assert answer["refused"]["code"] == "blocked"
    assert not Decision.objects.exists()
    assert not ReviewSheet.objects.exists()


def test_a_table_off_the_list_is_opened_from_the_command_line_once_and_by_an_editor_only(world, capsys):
    call_command("add_project", world.own.code, "演示清单外项目", person="editor", key="k")
    number = capsys.readouterr().out.strip()
    assert Case.objects.get(number=number).title == "演示清单外项目"
    call_command("add_project", world.own.code, "演示清单外项目", person="editor", key="k")
    assert capsys.readouterr().out.strip() == number
    for unit, name, who, said in (
        (world.own.code, "演示另一项目", "reviewer", ""),
        (world.own.code, "演示清单外项目", "editor", "演示清单外项目"),
        (world.own.code, " ", "editor", ""),
        ("nowhere", "演示另一项目", "editor", "nowhere"),
        (world.own.code, "演示另一项目", "ghost", "ghost"),
    ):
        with pytest.raises(CommandError, match=said or None):
            call_command("add_project", unit, name, person=who)
    assert Case.objects.count() == 1
