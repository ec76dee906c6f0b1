"""Pictures from the data: every state, edge and step is in them, they say where a case stands, and pages take them."""

import re
import xml.etree.ElementTree as ET
from pathlib import Path

import pytest
from django.core.management import call_command
from django.core.management.base import CommandError
from django.test import Client
from django.urls import reverse
from django.utils.translation import override

from tests.world import act, toy_case, walk_to
from workflow import pictures, queries, story
from workflow.drawing import wrapped
from workflow.machine import NEEDS, Action, State
from workflow.models import Case, Route

README = Path(pictures.__file__).parent / "README.md"
SVG = "{http://www.w3.org/2000/svg}"


def transitions():
    return list(Case._meta.get_field("state").get_all_transitions(Case))


def test_every_edge_of_the_machine_has_its_actions_and_every_state_its_place():
    assert {one.name for one in transitions()} == set(pictures.EDGE_ACTIONS)
    assert all(pictures.EDGE_ACTIONS.values())
    assert set(pictures.PLACES) == set(State)
    assert len(set(pictures.PLACES.values())) == len(State)
    drawn = {(edge.source, edge.target) for edge in pictures.edges()}
    assert drawn == {(one.source, one.target) for one in transitions()}


def test_the_rooms_page_shows_the_machine_as_it_is():
    marked = r"<!-- machine:[^\n]*\n```mermaid\n(.*?)\n```\n<!-- /machine -->"
    found = re.search(marked, README.read_text("utf-8"), re.S)
    assert found
    assert found.group(1) == pictures.machine_mermaid()


@pytest.mark.parametrize("language", ["zh-hans", "en"])
def test_the_machine_is_whole_well_formed_and_readable_without_eyes(language):
    with override(language):
        svg = pictures.machine_svg(now_at=State.FINANCE_REVIEW, alone=True)
        labels = [str(state.label) for state in State]
    root = ET.fromstring(svg)
    assert root.get("role") == "img"
    assert root.find(f"{SVG}title").text
    said = root.find(f"{SVG}desc").text
    assert all(label in said for label in labels if label != labels[-1])
    assert len(list(root.iter(f"{SVG}rect"))) == len(State)
    assert len([box for box in root.iter(f"{SVG}rect") if box.get("class") == "pic-now"]) == 1
    width, height = (float(number) for number in root.get("viewBox").split()[2:])
    for text in root.iter(f"{SVG}text"):
        assert 0 <= float(text.get("x")) <= width
        assert 0 <= float(text.get("y")) <= height
    assert "prefers-color-scheme:dark" in svg
    assert "@media print" in svg
    assert "style=" not in pictures.machine_svg()
    assert "<style" not in pictures.machine_svg()


@pytest.mark.django_db
def test_a_route_shows_every_step_and_where_the_case_stands(world, toy):
    case = walk_to(toy_case(world, toy), world, "performance")
    stands = story.stands(case, open_tasks=queries.standing(case).tasks)
    assert {key: stand.status for key, stand in stands.items()} == {
        "": "done", "office": "done", "business": "done", "performance": "now", "release": "next"}  # fmt: skip
    steps = story.steps_of(case)
    svg = pictures.route_svg(steps, title="路径", stands=stands)
    root = ET.fromstring(svg)
    assert [step.title in svg for step in steps] == [True] * 4
    assert "演示绩效股" in svg
    tones = [box.get("class") for box in root.iter(f"{SVG}rect")]
    assert (tones.count("pic-done"), tones.count("pic-now")) == (3, 1)
    done = walk_to(toy_case(world, toy), world, "approved")
    assert story.stands(done, open_tasks=[])["approved"].status == "done"


@pytest.mark.django_db
def test_names_that_look_like_markup_stay_words(world, toy):
    step = Route.objects.get(case_kind="target", profile="nx_2022").steps.first()
    step.title = '<script>"&'
    svg = pictures.route_svg([step], title="</title><b>")
    ET.fromstring(svg)
    assert "<script>" not in svg
    assert '"' not in pictures.route_mermaid([step]).split("s1")[1].split("\n")[0].strip('{}[]"')


@pytest.mark.django_db
def test_the_page_of_the_way_is_for_who_sees_the_case(world, toy):
    case = toy_case(world, toy)
    act(case, Action.SUBMIT, world.editor)
    client = Client()
    client.force_login(world.editor)
    page = client.get(reverse("case_way", args=[case.number])).content.decode()
    assert page.count("<svg xmlns") == 2
    assert "主管部门审核" in page
    other = Client()
    other.force_login(world.teacher)
    assert other.get(reverse("case_way", args=[case.number])).status_code == 404


@pytest.mark.django_db
def test_the_command_draws_to_a_file_and_refuses_what_is_not_there(world, tmp_path, capsys):
    call_command("draw_machine", "--out", str(tmp_path / "m.svg"))
    ET.parse(tmp_path / "m.svg")
    route = Route.objects.get(case_kind="report", profile="nx_2022")
    call_command("draw_machine", "--route", str(route.pk), "--format", "mermaid")
    assert "绩效股审核" in capsys.readouterr().out
    call_command("draw_machine", "--route", str(route.pk), "--out", str(tmp_path / "r.svg"))
    ET.parse(tmp_path / "r.svg")
    with pytest.raises(CommandError):
        call_command("draw_machine", "--route", "999")


def test_long_words_are_broken_and_cut():
    assert wrapped("绩效目标", size=10, width=20) == ["绩效", "目标"]
    assert wrapped("绩效目标绩效目标", size=10, width=20) == ["绩效", "目…"]


def test_an_arrow_names_only_actions_that_are_possible_from_where_it_starts():
    drawn = {(edge.source, action) for edge in pictures.edges() for action in edge.actions if action in NEEDS}
    assert [(source, action) for source, action in drawn if source not in NEEDS[action].froms] == []
    assert (State.DRAFT, Action.WAIVE) in drawn
    assert (State.APPROVED, Action.FUNDS_CHANGED) in drawn
    assert (State.APPROVED, Action.WAIVE) not in drawn
