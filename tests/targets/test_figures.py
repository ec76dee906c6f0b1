"""下达控制数: the list against the tables of a round, before and after it is confirmed."""

from decimal import Decimal
from io import StringIO
from pathlib import Path
from types import SimpleNamespace

import pytest
from django.conf import settings
from django.core.files.uploadedfile import SimpleUploadedFile
from django.core.management import call_command
from django.urls import reverse

from targets import figures, projects
from targets.models import ProjectListing
from targets.organisations import NotFinance
from tests.targets import papers
from tests.targets.test_pages_tables import at_now, client_of
from tests.world import NOW
from workflow.machine import FundsOutcome, State
from workflow.models import Batch, Case
from workflow.outside import figure_words

__all__ = ["at_now"]
pytestmark = pytest.mark.django_db


def listed(*lines: str) -> bytes:
    return "\n".join(["项目编码,项目名称,单位编码,控制数（万元）", *lines, ""]).encode()


FIRST = listed("A1,演示项目甲,D1-0,30", "A2,演示项目乙,D1-0,20", "A3,演示项目丙,D1-0,10")
SECOND = listed("A1,演示项目甲,D1-0,30", "A2,演示项目乙,D1-0,25", "A3,演示项目丙,D1-0,0", "A4,演示项目丁,D1-0,5")


@pytest.fixture
def round_(world):
    by = papers.fresh(world.performance_reviewer)
    taken = projects.import_project_list(name="清单.csv", data=FIRST, by=by, now=NOW, round=world.round)
    assert taken.created == 3
    return world.round


def case_of(code: str) -> Case:
    return papers.again(ProjectListing.objects.get(project__code=code).case)


def test_the_preview_says_what_each_figure_does_and_writes_nothing(world, round_):
    seen = figures.preview(name="控制数.csv", data=SECOND, round=round_, is_whole=False)
    assert [(f.code, f.outcome) for f in seen.figures] == [("A1", "unchanged"), ("A2", "changed"), ("A3", "not_funded")]
    assert (seen.was, seen.total, seen.new) == (Decimal(600000), Decimal(550000), 1)
    assert Batch.objects.count() == 0
    part = figures.preview(name="控制数.csv", data=listed("A1,演示项目甲,D1-0,30"), round=round_, is_whole=False)
    assert [one.split()[0] for one in part.absent] == ["A2", "A3"]
    whole = figures.preview(name="控制数.csv", data=listed("A1,演示项目甲,D1-0,30"), round=round_, is_whole=True)
    assert [f.outcome for f in whole.figures] == ["unchanged", "not_funded", "not_funded"]


def test_on_the_page_the_list_is_taken_in_and_its_effect_confirmed(world, round_):
    finance = client_of(world.performance_reviewer)
    assert client_of(world.editor).get(reverse("control_figures")).status_code == 403
    bad = SimpleUploadedFile("控制数.csv", listed("A1,演示项目甲,D1-0,许多"))
    assert finance.post(reverse("control_figures"), {"round": round_.pk, "file": bad}).status_code == 422
    good = SimpleUploadedFile("控制数.csv", SECOND)
    answer = finance.post(reverse("control_figures"), {"round": round_.pk, "file": good})
    assert answer.status_code == 302
    assert {case_of(code).state for code in ("A1", "A2", "A3")} == {State.DRAFT}
    assert case_of("A4").state == State.DRAFT
    page = finance.get(answer.url).content.decode()
    assert "演示项目乙" in page
    done = finance.post(answer.url, follow=True)
    assert done.status_code == 200
    assert (case_of("A3").state, case_of("A3").is_unfunded) == (State.CANCELLED, True)
    assert (case_of("A1").state, case_of("A2").state) == (State.DRAFT, State.DRAFT)


def test_a_project_that_gets_money_later_after_all_gets_a_new_table(world, round_):
    by = papers.fresh(world.performance_reviewer)
    call_command("set_figures", _file(SECOND), "--round", round_.pk, "--as", by.username, "--yes", stdout=StringIO())
    dropped = case_of("A3")
    assert dropped.is_unfunded
    third = listed("A3,演示项目丙,D1-0,8")
    for _time in range(2):
        projects.import_project_list(name="追加.csv", data=third, by=by, now=NOW, round=round_)
    again = case_of("A3")
    assert again.pk != dropped.pk
    assert (again.state, again.amount) == (State.DRAFT, Decimal(80000))
    assert Case.objects.filter(title="演示项目丙").count() == 2


def test_from_the_command_line_it_only_says_so_without_yes(world, round_):
    out = StringIO()
    call_command("set_figures", _file(SECOND), "--round", round_.pk, "--as", "business_reviewer", stdout=out)
    assert "A3 100000.00 -> 0" in out.getvalue()
    assert not case_of("A3").is_unfunded
    call_command("set_figures", _file(SECOND), "--round", round_.pk, "--as", "business_reviewer", "--yes", stdout=out)
    assert "done 4, left alone 0" in out.getvalue()


def test_who_is_not_of_finance_and_what_means_no_table_is_refused(world, round_):
    common = {"name": "x.csv", "round": round_, "is_whole": False, "now": NOW}
    with pytest.raises(NotFinance):
        figures.prepare(data=SECOND, by=papers.fresh(world.editor), **common)
    with pytest.raises(figures.NothingToLower):
        figures.prepare(data=listed("B9,别的项目,D1-0,1"), by=papers.fresh(world.leader), **common)
    assert Batch.objects.count() == 0


def _file(data: bytes) -> str:
    path = Path(settings.MEDIA_ROOT) / "控制数.csv"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(data)
    return str(path)


def test_a_project_that_the_list_has_just_opened_is_not_called_confirmed_unchanged(world, round_):
    case = case_of("A1")
    assert case.state == State.DRAFT
    assert "unchanged" not in figure_words(case.amount, case)
    assert figure_words(Decimal(0), case) == str(FundsOutcome.NOT_FUNDED.label)
    submitted = SimpleNamespace(amount=case.amount, state=State.DEPARTMENT_REVIEW)
    assert figure_words(case.amount, submitted) == str(FundsOutcome.UNCHANGED.label)
