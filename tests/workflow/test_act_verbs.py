"""Every verb of the machine from the command line: `manage.py act`, each carried out once, and each refusal said."""

import json

import pytest
from django.core.management import CommandError, call_command

from tests.workflow.asserting import assert_sound, refreshed, rows
from tests.workflow.test_walk import attempt
from tests.world import toy_case, walk_to
from workflow import record
from workflow.machine import NEEDS, Action, Kind, State
from workflow.models import Case, Copy, Decision, Event, Paper, Task, User

pytestmark = pytest.mark.django_db
DOCUMENT = ("--document-number", "演示〔2026〕9号", "--document-date", "2026-03-01")
REASON = ("--reason", "演示理由")
NOBODY = "school_reviewer"
"""Sees nothing of the case."""


def plain(stop):
    """Return the way to a stop of the plain way."""
    return lambda world, toy: walk_to(toy_case(world, toy), world, stop)


def drafted(world, toy):
    return toy_case(world, toy)


def after(stop, *acts):
    """Return the way to a stop, and what is done there: (action, who)."""

    def way(world, toy):
        case = walk_to(toy_case(world, toy), world, stop) if stop else toy_case(world, toy)
        for action, who in acts:
            assert attempt(case, toy, action, who)
        return case

    return way


def report(world, toy):
    case = toy_case(world, toy)
    Case.objects.filter(pk=case.pk).update(kind=Kind.REPORT)
    return case


def year_over(world, toy):
    case = after("approved", (Action.OPEN_MONITORING, "performance_reviewer"))(world, toy)
    Case.objects.filter(pk=case.pk).update(fiscal_year=2020)
    return case


VERBS = {
    Action.SUBMIT: (drafted, "editor", (), State.DEPARTMENT_REVIEW),
    Action.RECALL: (plain("department_review"), "editor2", (), State.DRAFT),
    Action.APPROVE: (plain("department_review"), "reviewer", (), State.FINANCE_REVIEW),
    Action.APPROVE_WITH_CONDITIONS: (
        plain("department_review"), "reviewer", ("--condition", "补充依据", "--condition", "补充测算"),
        State.FINANCE_REVIEW),
    Action.MEET_CONDITION: (
        after("department_review", (Action.APPROVE_WITH_CONDITIONS, "reviewer")), "reviewer",
        (*REASON, "--condition", "{condition}"), State.FINANCE_REVIEW),
    Action.UNDO_APPROVAL: (plain("finance_review"), "reviewer", REASON, State.DEPARTMENT_REVIEW),
    Action.RETURN: (
        plain("performance"), "performance_reviewer", (*REASON, "--to", "business", "--again", "direct", "--days", "2"),
        State.FINANCE_REVIEW),
    Action.REJECT: (plain("finance_review"), "business_reviewer", REASON, State.REJECTED),
    Action.READMIT: (
        after("finance_review", (Action.REJECT, "business_reviewer")), "leader", (*REASON, "--days", "5"), State.DRAFT),
    Action.RELEASE: (plain("release"), "leader", (*DOCUMENT, "--scan", "{scan}"), State.APPROVED),
    Action.FILL_FOR: (drafted, "reviewer", (*REASON, "--basis", "phone"), State.DRAFT),
    Action.CONFIRM_FILLED: (after("", (Action.FILL_FOR, "reviewer")), "editor", (), State.DRAFT),
    Action.PROPOSE_ADMISSION: (drafted, "business_reviewer", DOCUMENT, State.DRAFT),
    Action.DECLINE_ADMISSION: (
        after("", (Action.PROPOSE_ADMISSION, "business_reviewer")), "leader", REASON, State.DRAFT),
    Action.ADMIT: (after("", (Action.PROPOSE_ADMISSION, "business_reviewer")), "leader", (), State.APPROVED),
    Action.FUNDS_CHANGED: (plain("approved"), "business_reviewer", ("--amount", "500000"), State.DRAFT),
    Action.WAIVE: (report, "performance_reviewer", REASON, State.CANCELLED),
    Action.CANCEL: (drafted, "editor", REASON, State.CANCELLED),
    Action.ADJUST: (plain("approved"), "editor", REASON, State.APPROVED),
    Action.OPEN_MONITORING: (plain("approved"), "performance_reviewer", ("--period-id", "1"), State.MONITORING),
    Action.SUSPEND: (
        after("approved", (Action.OPEN_MONITORING, "performance_reviewer")), "performance_reviewer", REASON,
        State.SUSPENDED),
    Action.RESUME: (
        after("approved", (Action.OPEN_MONITORING, "performance_reviewer"), (Action.SUSPEND, "performance_reviewer")),
        "performance_reviewer", REASON, State.MONITORING),
    Action.CLOSE: (year_over, "performance_reviewer", (), State.CLOSED),
    Action.CLAIM: (plain("department_review"), "reviewer", (), State.DEPARTMENT_REVIEW),
    Action.TRANSFER: (plain("finance_review"), "business_reviewer", (*REASON, "--people", "colleague"),
                      State.FINANCE_REVIEW),
    Action.ADD_APPROVER: (
        plain("department_review"), "reviewer",
        (*REASON, "--people", "business_reviewer", "--people", "leader", "--place", "before", "--rule", "sequence"),
        State.DEPARTMENT_REVIEW),
    Action.COPY: (plain("department_review"), "reviewer", ("--people", "principal"), State.DEPARTMENT_REVIEW),
    Action.URGE: (plain("department_review"), "editor", REASON, State.DEPARTMENT_REVIEW),
}  # fmt: skip
"""Each verb: the way to where it can be done, who does it, what the line carries, and the state afterwards."""


@pytest.fixture
def county(world, tmp_path):
    world.colleague = User.objects.create(username="colleague", full_name="演示·同事")
    world.colleague.groups.set(world.business_reviewer.groups.all())
    world.scan = tmp_path / "批复.pdf"
    world.scan.write_bytes(b"%PDF-1.4 " + b"demo")
    return world


def told(capsys, case, action, who, *words):
    status = 0
    try:
        call_command("act", case.number, action.value, "--as", who, "--json", *words)
    except SystemExit as end:
        status = int(end.code)
    return json.loads(capsys.readouterr().out), status


def line(case, county, words):
    """Return the words of the line with what is only known now: the id of the condition, the path of the scan."""
    conditions = Event.objects.filter(case=case, action=Action.APPROVE_WITH_CONDITIONS).values_list("seq", flat=True)
    known = {"{condition}": f"{conditions[0]}.1" if conditions else "", "{scan}": str(county.scan)}
    return [known.get(word, word) for word in words]


def test_the_table_of_this_file_has_every_verb():
    assert set(VERBS) == set(NEEDS)


@pytest.mark.parametrize("action", VERBS, ids=lambda action: action.value)
def test_every_verb_is_possible_from_the_command_line(county, toy, capsys, settings, tmp_path, action):
    settings.MEDIA_ROOT = tmp_path / "media"
    way, who, words, state = VERBS[action]
    case = way(county, toy)
    before = refreshed(case).version
    answer, status = told(capsys, case, action, who, *line(case, county, words))
    assert (answer["refused"], status) == (None, 0)
    assert (answer["state"], answer["version"]) == (state, before + 1)
    assert Event.objects.filter(case=case, action=action, refused="", actor__username=who).exists()
    assert_sound(refreshed(case))


@pytest.mark.parametrize("action", VERBS, ids=lambda action: action.value)
def test_a_stranger_is_refused_every_verb_on_the_line_and_nothing_changes(
    county, toy, capsys, settings, tmp_path, action
):
    settings.MEDIA_ROOT = tmp_path / "media"
    way, _who, words, _state = VERBS[action]
    case = way(county, toy)
    before = rows(case)
    answer, status = told(capsys, case, action, NOBODY, *line(case, county, words))
    assert (answer["refused"]["code"], answer["state"], status) == ("not_visible", None, 1)
    assert rows(case) == before


def test_what_the_verbs_carry_arrives(county, toy, capsys, settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path / "media"
    case = plain("department_review")(county, toy)
    told(capsys, case, Action.COPY, "reviewer", "--people", "principal")
    assert Copy.objects.get(case=case).person == county.principal
    told(capsys, case, Action.ADD_APPROVER, "reviewer", *REASON, "--people", "leader", "--place", "before")
    assert list(Task.objects.filter(case=case, added="before").values_list("person__username", flat=True)) == ["leader"]
    told(capsys, case, Action.APPROVE, "leader", "--reason", "同意")
    sheet = ("--grade", "overall=good", "--points", "relevance=9.5", "--points", "quality=8")
    answer, _status = told(capsys, case, Action.APPROVE_WITH_CONDITIONS, "reviewer", "--condition", "补充依据", *sheet)
    assert answer["refused"] is None
    assert Decision.objects.get(case=case, actor=county.reviewer).sheet == {
        "overall": "good", "points": {"relevance": "9.5", "quality": "8"}}  # fmt: skip
    told(capsys, case, Action.RETURN, "business_reviewer", *REASON, "--to", "unit", "--days", "0", "--again", "direct")
    assert (refreshed(case).state, Task.objects.get(case=case, status="open").kind) == (State.DRAFT, "correct")


def test_a_release_keeps_its_scan_and_names_it_in_the_record(county, toy, capsys, settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path / "media"
    case = plain("release")(county, toy)
    answer, _status = told(capsys, case, Action.RELEASE, "leader", *DOCUMENT, "--scan", str(county.scan))
    assert answer["state"] == State.APPROVED
    paper = Paper.objects.get()
    payload = record.payload_of(Event.objects.get(case=case, action=Action.RELEASE))
    assert (payload["scan"], payload["scan_name"]) == (paper.sha256, "批复.pdf")
    county.scan.write_bytes(b"no picture at all")
    other = plain("release")(county, toy)
    answer, status = told(capsys, other, Action.RELEASE, "leader", *DOCUMENT, "--scan", str(county.scan))
    assert (answer["refused"]["code"], answer["state"], status) == ("paper_refused", State.FINANCE_REVIEW, 1)
    assert Paper.objects.count() == 1


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("--points", "relevance"), "NAME=VALUE"),
        (("--grade", "=good"), "NAME=VALUE"),
        (("--sheet", "{nowhere}"), "--sheet"),
        (("--sheet", "{list}"), "one JSON object"),
        (("--sheet", "{broken}"), "--sheet"),
        (("--scan", "{nowhere}"), "goes with release"),
    ],
)
def test_a_line_that_cannot_be_read_changes_nothing_and_says_what_is_wanted(county, toy, tmp_path, words, said):
    files = {"{nowhere}": tmp_path / "nowhere", "{list}": tmp_path / "list.json", "{broken}": tmp_path / "broken.json"}
    files["{list}"].write_text("[1]")
    files["{broken}"].write_text("{")
    case = plain("department_review")(county, toy)
    before = rows(case)
    with pytest.raises(CommandError, match=said):
        call_command("act", case.number, "approve", "--as", "reviewer", *[str(files.get(w, w)) for w in words])
    assert rows(case) == before


def test_the_same_line_with_the_same_key_urges_once_and_a_second_urging_is_too_soon(county, toy, capsys):
    case = plain("department_review")(county, toy)
    first, _s = told(capsys, case, Action.URGE, "editor", "--key", "k")
    again, _s = told(capsys, case, Action.URGE, "editor", "--key", "k")
    assert (again["outcome"]["repeated"], again["version"]) == (True, first["version"])
    other, status = told(capsys, case, Action.URGE, "editor", "--key", "l")
    assert (other["refused"]["code"], status) == ("too_soon", 1)
