"""What the two kinds of document answer to the procedure."""

import json

import pytest

from targets import drafts, judging, projects
from targets.content import TableContent
from targets.models import Indicator, ProjectListing, Revision, TargetTable
from tests.targets.papers import PROJECT, again, filled, fresh, in_force, posted, submitted
from tests.world import NOW, act, key, seen
from workflow import engine, record
from workflow.canonical import content_hash
from workflow.machine import Action, Kind, State
from workflow.models import Case, Event, Round
from workflow.refusals import Blocked, Stale


def listed(world, amount: str = "30") -> Case:
    data = f"项目编码,项目名称,单位编码,金额（万元）\nA001,{PROJECT},D1-0,{amount}\n".encode()
    projects.import_project_list(
        name="清单.csv", data=data, by=fresh(world.performance_reviewer), now=NOW, round=world.round
    )
    return ProjectListing.objects.get().case


def submit(world, case: Case, **details):
    return act(case, Action.SUBMIT, world.editor, **details)


@pytest.mark.django_db
def test_a_case_without_a_table_yet_has_a_content_of_its_title():
    case = Case(kind=Kind.TARGET, title="演示", fiscal_year=2027, pk=0)
    content = TableContent.from_canonical(engine.document_of(case).content(case))
    assert (content.project_name, content.fiscal_year, content.indicators) == ("演示", 2027, ())


def test_an_untouched_table_cannot_be_submitted(world):
    case = listed(world)
    with pytest.raises(Blocked) as told:
        submit(world, case, looked_at="1")
    assert told.value.blockers
    assert all(blocker.message for blocker in told.value.blockers)
    assert again(case).state == State.DRAFT


def test_an_amount_other_than_the_listed_one_blocks_once_control_figures_are_final(world):
    case = filled(world, case=listed(world, amount="40"))
    Round.objects.update(control_figures_final=True)
    with pytest.raises(Blocked) as told:
        submit(world, case, looked_at="1")
    assert [blocker.code for blocker in told.value.blockers] == ["LST-01"]
    Round.objects.update(control_figures_final=False)
    submit(world, case, looked_at="1")
    assert again(case).state == State.DEPARTMENT_REVIEW


def test_a_second_table_of_the_same_project_blocks(world):
    case = filled(world)
    drafts.open_table(
        unit=world.own, title=PROJECT, by=fresh(world.editor2), key=key(), now=NOW, fiscal_year=2027, profile="nx_2022"
    )
    with pytest.raises(Blocked) as told:
        submit(world, case, looked_at="1")
    assert [blocker.code for blocker in told.value.blockers] == ["XTB-01"]


def test_the_tick_may_come_as_a_detail_and_stands_in_the_record(world):
    case = filled(world)
    short = [row if row["code"] != "14" else row | {"value": "20万元"} for row in posted()]
    drafts.save_table(case=case, by=fresh(world.editor), now=NOW, seen=seen(case), rows=short)
    with pytest.raises(Blocked):
        submit(world, case)
    submit(world, case, looked_at="1")
    event = Event.objects.filter(case=case).order_by("seq").last()
    assert (event.action, record.payload_of(event)["looked_at"]) == ("submit", "1")


def test_each_submission_and_the_approval_keep_the_content_whose_hash_was_decided_on(world):
    case = in_force(world)
    kept = list(Revision.objects.filter(case=case).order_by("event_seq"))
    assert [revision.why for revision in kept] == ["submitted", "approved"]
    for revision in kept:
        value = json.loads(revision.content)
        assert content_hash(value) == revision.content_hash == case.content_hash
        assert TableContent.from_canonical(value) == drafts.content_of(case)


def test_content_changed_by_a_hand_in_the_database_is_not_approved(world):
    case = submitted(world)
    for person in (world.reviewer, world.business_reviewer, world.performance_reviewer):
        act(case, Action.APPROVE, person)
    Indicator.objects.filter(table=case.pk, code="11").update(value="≥1台")
    with pytest.raises(Stale):
        act(case, Action.RELEASE, world.leader, document_number="1", document_date="2027-01-01")
    assert again(case).state == State.FINANCE_REVIEW
    assert not Revision.objects.filter(why="approved").exists()


def test_a_recalled_table_keeps_its_content_and_is_edited_again(world):
    case = submitted(world)
    act(case, Action.RECALL, world.editor2)
    drafts.save_table(
        case=case, by=fresh(world.editor2), now=NOW, seen=seen(case), header={"annual_goal": "改写后的总体目标"}
    )
    assert drafts.content_of(case).annual_goal == "改写后的总体目标"


def test_findings_are_said_and_computed_once_for_one_content(world, django_assert_num_queries):
    case = again(filled(world))
    content, table = drafts.content_of(case), TargetTable.objects.get(pk=case.pk)
    findings = judging.judge(case, content, table)
    assert all(judging.sentence(finding) for finding in findings)
    with django_assert_num_queries(0):
        assert judging.judge(case, content, table) == findings


def test_reading_one_table_costs_the_same_for_many_rows(world, django_assert_num_queries):
    case = filled(world)
    many = [{"code": "11", "name": f"指标{n}", "value": "≥1个"} for n in range(200)]
    drafts.save_table(case=case, by=fresh(world.editor), now=NOW, seen=seen(case), rows=many)
    with django_assert_num_queries(3):
        assert len(drafts.content_of(case).indicators) == 200


def test_the_record_holds_together_after_the_whole_line(world):
    in_force(world)
    assert list(record.verify()) == []
