"""What the checks know beside a table: last year's table of the project and the unit's other tables."""

from datetime import date
from decimal import Decimal

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from targets import drafts, history, judging, projects
from targets.checks import REVIEWER
from targets.models import (
    ExecutionFigure,
    ExecutionImport,
    Indicator,
    MonitoringPeriod,
    Project,
    ProjectListing,
    TargetTable,
)
from tests.targets.papers import HEADER, again, filled, fresh, posted
from tests.world import NOW, act, key, seen
from workflow.machine import Action
from workflow.models import Case, Organisation, OrganisationAlias

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
    table = TargetTable.objects.get(pk=case.pk)
    last, neighbours = history.last_year_and_neighbours(case, table)
    assert last is None
    assert [content.project_name for content in neighbours] == ["演示图书馆第二期项目"]
    assert len(neighbours[0].indicators) == len(posted())
    act(other, Action.CANCEL, world.editor, reason="演示作废")
    assert history.last_year_and_neighbours(case, table) == (None, ())


def test_last_year_and_neighbours_are_told_apart_though_they_are_read_together(world):
    case, other, third = filled(world), second(world), second_of(world, 0)
    table = TargetTable.objects.get(pk=case.pk)
    TargetTable.objects.filter(pk=other.pk).update(project=table.project_id)
    Case.objects.filter(pk=other.pk).update(fiscal_year=case.fiscal_year - 1)
    last, neighbours = history.last_year_and_neighbours(case, table)
    assert last == history.last_year_of(case, table)
    assert last.project_name == "演示图书馆第二期项目"
    assert [content.project_name for content in neighbours] == [third.title]
    assert history.last_year_and_neighbours(case, None) == (None, neighbours)


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


def last_year(case: Case, other: Case) -> None:
    """Make `other` the same project's table of the year before."""
    project = TargetTable.objects.get(pk=case.pk).project_id
    TargetTable.objects.filter(pk=other.pk).update(project=project)
    Case.objects.filter(pk=other.pk).update(fiscal_year=case.fiscal_year - 1)


def spent(case: Case, world, amount: str, *, until: int) -> None:
    """Note that `amount` yuan of last year's money were spent by the end of the month `until`."""
    year = case.fiscal_year - 1
    due = date(year + 1, 2, 1)
    period = MonitoringPeriod.objects.create(
        fiscal_year=year, label=f"1-{until}", from_date=date(year, 1, 1), to_date=date(year, until, 28), opens_at=NOW,
        unit_due=due, department_due=due, finance_due=due, created_by=world.editor,
    )
    source = ExecutionImport.objects.create(
        period=period, as_of=date(year, until, 28), name="演示.xlsx", sha256="0" * 64, size=1, rows=1,
        imported_by=world.editor, imported_at=NOW,
    )
    project = TargetTable.objects.get(pk=case.pk).project
    ExecutionFigure.objects.create(source=source, line=2, rows=1, amount=Decimal(amount), project=project)


def test_money_left_over_last_year_is_told_to_the_reviewer_only_by_the_figures_of_the_whole_year(world):
    case, other = filled(world), second(world)
    last_year(case, other)
    TargetTable.objects.filter(pk=other.pk).update(funds_total="20")
    spent(case, world, "90000", until=7)
    assert "HIS-01" not in found(case, audience=REVIEWER)
    spent(case, world, "130000", until=12)
    assert "HIS-01" in found(case, audience=REVIEWER)
    assert "HIS-01" not in found(case)
    ExecutionFigure.objects.filter(source__period__to_date__month=12).update(amount=Decimal(150000))
    assert "HIS-01" not in found(case, audience=REVIEWER)


def test_the_same_indicators_in_many_units_are_counted_by_their_digest(world):
    case = filled(world)
    content = drafts.content_of(case)
    assert history.units_with_the_same(case, content) == 1
    for n in range(9):
        unit = Organisation.objects.create(code=f"D1-9{n}", name=f"演示单位{n}", kind="unit", parent=world.office)
        twin = second_of(world, n)
        Case.objects.filter(pk=twin.pk).update(unit=unit)
    assert history.units_with_the_same(case, content) == 10
    assert "CPY-03" in found(case, audience=REVIEWER)
    assert "CPY-03" not in found(case)
    Indicator.objects.filter(table=case.pk).update(value="≥99台")
    assert history.units_with_the_same(case, drafts.content_of(case)) == 1


def second_of(world, number: int) -> Case:
    case = projects.add_off_list(
        unit=world.own, name=f"演示同样的项目{number}", by=fresh(world.editor), key=key(), now=NOW
    )
    drafts.save_table(case=case, by=fresh(world.editor), now=NOW, seen=seen(case), header=HEADER, rows=posted())
    return case


def test_what_the_unit_asks_for_is_compared_with_what_the_list_gives_it(world):
    case = filled(world)
    project = Project.objects.get(tables=case.pk)
    round = world.round
    round.control_figures_final = True
    round.save()
    listing, _new = ProjectListing.objects.update_or_create(
        project=project,
        round=round,
        defaults={"case": case, "name": project.name, "amount": Decimal(300000), "listed_at": NOW, "changed_at": NOW},
    )
    listing = ProjectListing.objects.select_related("round").get(pk=listing.pk)
    Case.objects.filter(pk=case.pk).update(is_off_list=False)
    assert history.sums_of_unit(case, listing) == (Decimal(30), Decimal(30))
    assert "XTB-02" not in found(case, audience=REVIEWER)
    ProjectListing.objects.filter(pk=listing.pk).update(amount=Decimal(250000))
    assert "XTB-02" in found(case, audience=REVIEWER)
    assert "XTB-02" not in found(case)


def test_the_library_is_what_was_approved_for_the_department(world):
    case, other = filled(world), second(world)
    content = drafts.content_of(case)
    assert history.library_for(case, content) is None
    Case.objects.filter(pk=other.pk).update(approved_at=NOW)
    Indicator.objects.filter(table=other.pk, code="31").update(name="馆员满意度")
    assert "读者满意度" not in history.library_for(case, content)
    assert "设备验收合格率" in history.library_for(case, content)
    assert "XTB-04" in found(case, audience=REVIEWER)


def test_a_project_kept_for_another_organ_is_known_by_the_units_other_names(world):
    case = filled(world)
    TargetTable.objects.filter(pk=case.pk).update(project_name="演示县委宣传部文化专项")
    assert "REL-08" in found(case, audience=REVIEWER)
    OrganisationAlias.objects.create(organisation=world.own, text="中共演示县委宣传部", normal="中共演示县委宣传部")
    assert "REL-08" not in found(case, audience=REVIEWER)


def test_only_an_office_of_the_same_kind_is_taken_for_a_left_over_name(world):
    Organisation.objects.filter(pk=world.primary.pk).update(name="演示第二小学")
    for n, name in enumerate(("演示第三小学", "演示卫生院")):
        Organisation.objects.create(code=f"D9-{n}", name=name, kind="unit", parent=world.school)
    case = projects.add_off_list(unit=world.primary, name="演示校舍维修", by=fresh(world.teacher), key=key(), now=NOW)
    case = Case.objects.select_related("unit").get(pk=case.pk)
    assert history.other_offices(case) == ("演示第三小学",)
    assert history.other_offices(filled(world)) is None


def test_what_a_reviewer_is_told_takes_the_same_number_of_queries_for_any_number_of_tables(world):
    case = filled(world)

    def asked() -> int:
        table = TargetTable.objects.get(pk=case.pk)
        content = drafts.content_of(case)
        fresh_case = again(case)
        with CaptureQueriesContext(connection) as queries:
            judging.context_of(fresh_case, table, content, audience=REVIEWER)
        return len(queries)

    second_of(world, 0)
    few = asked()
    for n in range(1, 8):
        second_of(world, n)
    assert asked() == few
    assert few <= 12
