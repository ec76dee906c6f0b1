"""What the checks know beside a table: last year's table of the project and the unit's other tables."""

import pytest

from targets import drafts, history, judging, projects
from targets.checks import REVIEWER
from targets.models import TargetTable
from tests.targets.papers import HEADER, again, filled, fresh, posted
from tests.world import NOW, act, key, seen
from workflow.machine import Action
from workflow.models import Case

pytestmark = pytest.mark.django_db


def second(world) -> Case:
    """Another project of the same unit, filled with the same rows."""
    case = projects.add_off_list(
        unit=world.own, name="演示图书馆第二期项目", by=fresh(world.editor), key=key(), now=NOW
    )
    drafts.save_table(case=case, by=fresh(world.editor), now=NOW, seen=seen(case), header=HEADER, rows=posted())
    return again(case)


def found(case: Case, **asked) -> set[str]:
    table = TargetTable.objects.get(pk=case.pk)
    return {f.rule for f in judging.judge(again(case), drafts.content_of(case), table, **asked)}


def test_the_units_other_living_tables_are_its_neighbours(world):
    case, other = filled(world), second(world)
    assert [content.project_name for content in history.neighbours_of(case)] == ["演示图书馆第二期项目"]
    assert len(history.neighbours_of(case)[0].indicators) == len(posted())
    act(other, Action.CANCEL, world.editor, reason="演示作废")
    assert history.neighbours_of(case) == ()


def test_what_two_tables_claim_is_shown_to_the_reviewer_and_not_to_the_unit(world):
    case, _other = filled(world), second(world)
    assert "XTB-03" in found(case, audience=REVIEWER)
    assert "XTB-03" not in found(case)
    assert found(case) <= found(case, audience=REVIEWER)


def test_last_years_table_of_the_same_project_is_found_by_the_project(world):
    case, other = filled(world), second(world)
    table = TargetTable.objects.get(pk=case.pk)
    assert table.project_id is not None
    assert history.last_year_of(case, table) is None
    assert "CPY-01" not in found(case)
    TargetTable.objects.filter(pk=other.pk).update(project=table.project_id)
    Case.objects.filter(pk=other.pk).update(fiscal_year=case.fiscal_year - 1)
    last = history.last_year_of(case, table)
    assert last.project_name == "演示图书馆第二期项目"
    assert "CPY-01" in found(case)
