"""The list, the form and the acts of the unit over HTTP: who sees what, what is kept, what is refused."""

from types import SimpleNamespace
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from targets import projects
from targets.models import Indicator, TargetTable
from tests.targets import papers
from tests.world import NOW, key
from workflow.machine import State
from workflow.models import Case, Event, User


@pytest.fixture(autouse=True)
def at_now(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("django.utils.timezone.now", lambda: NOW)


def client_of(person: User) -> Client:
    client = Client()
    client.force_login(User.objects.get(pk=person.pk), backend="django.contrib.auth.backends.ModelBackend")
    return client


def form_of(case: Case, rows: list[tuple[str, str, str]] | None = None, **more: Any) -> dict[str, Any]:
    """Return what the form of `case` posts: stored uuids in order, or new rows."""
    fresh = papers.again(case)
    data: dict[str, Any] = {"seen_version": fresh.version, "seen_hash": fresh.content_hash, "key": key(),
                            "with_form": "1", **papers.HEADER}
    stored = list(Indicator.objects.filter(table=case.pk).order_by("position"))
    given = [(i.code, i.name, i.value) for i in stored] if rows is None else rows
    data |= {
        "row_uuid": [str(i.uuid) for i in stored] if rows is None else [""] * len(given),
        "row_code": [r[0] for r in given], "row_name": [r[1] for r in given], "row_value": [r[2] for r in given]}
    return data | more


def test_a_list_shows_what_the_person_sees_and_counts_its_tabs(world: SimpleNamespace) -> None:
    case = papers.filled(world)
    page = client_of(world.editor).get(reverse("table_list"))
    assert page.status_code == 200
    assert case.number in page.content.decode()
    assert page.context["page"].tab("draft").count == 1
    assert page.context["page"].tab("review").count == 0
    other = client_of(world.teacher).get(reverse("table_list"))
    assert case.number not in other.content.decode()
    assert other.context["page"].tab("all").count == 0


def test_a_returned_table_stands_under_its_own_tab(world: SimpleNamespace) -> None:
    case = papers.submitted(world)
    client = client_of(world.reviewer)
    answer = client.post(reverse("table_decide", args=[case.number]), {
        "seen_version": case.version, "seen_hash": case.content_hash, "key": key(), "verdict": "return",
        "words": "成本请细化"})
    assert answer.status_code == 302
    page = client_of(world.editor).get(reverse("table_list"), {"state": "returned"})
    assert page.context["page"].tab("returned").count == 1
    assert page.context["page"].tab("draft").count == 0
    assert case.number in page.content.decode()


@pytest.mark.parametrize("query", ["state=nonsense", "year=abc", "department=-", "after=x", "q=%00", "year=999999999"])
def test_a_filter_that_makes_no_sense_is_left_out(world: SimpleNamespace, query: str) -> None:
    papers.filled(world)
    page = client_of(world.editor).get(f"{reverse('table_list')}?{query}")
    assert page.status_code == 200


def test_the_list_asks_the_same_number_of_questions_for_three_and_for_thirty(world: SimpleNamespace) -> None:
    def queries() -> int:
        client = client_of(world.performance_reviewer)
        with CaptureQueriesContext(connection) as asked:
            assert client.get(reverse("table_list")).status_code == 200
        return len(asked)

    def add(count: int, start: int) -> None:
        for n in range(start, start + count):
            editor = papers.fresh(world.editor)
            projects.add_off_list(unit=world.own, name=f"演示项目{n}", by=editor, key=key(), now=NOW)

    add(3, 0)
    few = queries()
    add(27, 3)
    assert queries() == few
    assert few <= 10


def test_the_form_is_shown_to_its_editor_and_read_by_a_reviewer(world: SimpleNamespace) -> None:
    case = papers.filled(world)
    form = client_of(world.editor).get(reverse("table", args=[case.number]))
    assert "row_value" in form.content.decode()
    assert form.context["should_fix"] is not None
    read = client_of(world.reviewer).get(reverse("table", args=[case.number]))
    assert read.status_code == 200
    assert 'name="row_value"' not in read.content.decode()
    assert "≥12台" in read.content.decode()


def test_a_table_of_another_department_is_not_there(world: SimpleNamespace) -> None:
    case = papers.filled(world)
    for name in ("table", "table_print"):
        assert client_of(world.teacher).get(reverse(name, args=[case.number])).status_code == 404
        assert client_of(world.school_reviewer).get(reverse(name, args=[case.number])).status_code == 404
    assert client_of(world.teacher).post(reverse("table_save", args=[case.number]), form_of(case)).status_code == 404
    assert client_of(world.editor).get(reverse("table", args=["2027-9999"])).status_code == 404


def test_saving_keeps_what_was_typed_and_the_rows_their_identity(world: SimpleNamespace) -> None:
    case = papers.filled(world)
    before = list(Indicator.objects.filter(table=case.pk).order_by("position").values_list("uuid", flat=True))
    data = form_of(case)
    data["row_value"][0] = "≥15台"
    data["funds.other"] = "0"
    answer = client_of(world.editor).post(reverse("table_save", args=[case.number]), data)
    assert answer.status_code == 302
    rows = list(Indicator.objects.filter(table=case.pk).order_by("position"))
    assert rows[0].value == "≥15台"
    assert [r.uuid for r in rows] == before
    assert TargetTable.objects.get(pk=case.pk).funds_other == "0"
    assert papers.again(case).state == State.DRAFT


def test_without_script_a_row_is_added_and_nothing_is_saved(world: SimpleNamespace) -> None:
    case = papers.filled(world)
    data = form_of(case, add="14")
    data["row_value"][0] = "≥99台"
    page = client_of(world.editor).post(reverse("table_save", args=[case.number]), data)
    assert page.status_code == 200
    groups = {g.category.code: g for g in page.context["paper"].groups}
    assert [r.typed.is_blank for r in groups["14"].rows] == [False, True]
    assert groups["11"].rows[0].typed.value == "≥99台"
    assert Indicator.objects.get(table=case.pk, code="11").value == "≥12台"


def test_without_script_the_row_whose_button_was_pressed_goes(world: SimpleNamespace) -> None:
    case = papers.filled(world)
    shown = client_of(world.editor).get(reverse("table", args=[case.number])).context["paper"]
    posted = [(row.typed, row.index) for group in shown.groups for row in group.rows]
    assert [index for _typed, index in posted] == list(range(len(posted)))
    data = form_of(case, [(t.code, t.name, t.value) for t, _index in posted])
    quality = next(index for typed, index in posted if typed.code == "12")
    page = client_of(world.editor).post(reverse("table_save", args=[case.number]), data | {"remove": str(quality)})
    groups = {g.category.code: g for g in page.context["paper"].groups}
    assert groups["12"].rows[0].typed.is_blank
    assert not groups["11"].rows[0].typed.is_blank


def test_adding_a_row_does_not_refresh_what_a_stale_form_has_seen(world: SimpleNamespace) -> None:
    case = papers.filled(world)
    stale = form_of(case, add="11")
    client_of(world.editor2).post(reverse("table_save", args=[case.number]), form_of(case, annual_goal="别人的目标"))
    page = client_of(world.editor).post(reverse("table_save", args=[case.number]), stale)
    assert page.context["seen"].content_hash == stale["seen_hash"] != papers.again(case).content_hash


def test_a_stale_save_is_refused_with_both_texts(world: SimpleNamespace) -> None:
    case = papers.filled(world)
    mine = form_of(case, annual_goal="我写的年度目标")
    theirs = client_of(world.editor2)
    saved = theirs.post(reverse("table_save", args=[case.number]), form_of(case, annual_goal="同事写的年度目标"))
    assert saved.status_code == 302
    page = client_of(world.editor).post(reverse("table_save", args=[case.number]), mine)
    assert page.status_code == 409
    text = page.content.decode()
    assert "我写的年度目标" in text
    assert "同事写的年度目标" in text
    assert TargetTable.objects.get(pk=case.pk).annual_goal == "同事写的年度目标"
    again = form_of(case, annual_goal="我写的年度目标")
    assert client_of(world.editor).post(reverse("table_save", args=[case.number]), again).status_code == 302
    assert TargetTable.objects.get(pk=case.pk).annual_goal == "我写的年度目标"


def test_a_save_after_submission_is_refused_and_its_texts_come_back(world: SimpleNamespace) -> None:
    case = papers.filled(world)
    mine = form_of(case, annual_goal="迟到的文字")
    client = client_of(world.editor2)
    assert client.post(reverse("table_submit", args=[case.number]), form_of(case, looked_at="1")).status_code == 302
    page = client_of(world.editor).post(reverse("table_save", args=[case.number]), mine)
    assert page.status_code == 409
    assert "迟到的文字" in page.content.decode()
    assert str(mine["row_uuid"][0]) not in page.content.decode()
    assert TargetTable.objects.get(pk=case.pk).annual_goal == papers.HEADER["annual_goal"]


def test_submitting_saves_and_moves_in_one_go_and_only_once(world: SimpleNamespace) -> None:
    case = papers.filled(world)
    data = form_of(case, looked_at="1", annual_goal="更新自助借还机 12 台，读者满意度 90% 以上。")
    client = client_of(world.editor)
    assert client.post(reverse("table_submit", args=[case.number]), data).status_code == 302
    assert papers.again(case).state == State.DEPARTMENT_REVIEW
    assert TargetTable.objects.get(pk=case.pk).annual_goal.startswith("更新自助")
    assert client.post(reverse("table_submit", args=[case.number]), data).status_code == 302
    assert Event.objects.filter(case=case, action="submit", refused="").count() == 1


def test_a_table_with_must_fix_points_is_shown_again_and_nothing_is_saved(world: SimpleNamespace) -> None:
    case = papers.filled(world)
    rows = [row for row in papers.ROWS if row[0] != "11"]
    data = form_of(case, rows, looked_at="1", annual_goal="没有保存的文字")
    page = client_of(world.editor).post(reverse("table_submit", args=[case.number]), data)
    assert page.status_code == 422
    assert "没有保存的文字" in page.content.decode()
    assert page.context["must_fix"]
    assert papers.again(case).state == State.DRAFT
    assert TargetTable.objects.get(pk=case.pk).annual_goal == papers.HEADER["annual_goal"]
    assert Event.objects.filter(case=case, action="submit", refused="blocked").count() == 1


def test_who_may_not_submit_is_told_who_can(world: SimpleNamespace) -> None:
    case = papers.filled(world)
    answer = client_of(world.reviewer).post(reverse("table_submit", args=[case.number]), form_of(case))
    assert answer.status_code == 403
    assert papers.again(case).state == State.DRAFT


def test_recall_brings_the_form_back_until_somebody_decides(world: SimpleNamespace) -> None:
    case = papers.submitted(world)
    client = client_of(world.editor2)
    url = reverse("table_recall", args=[case.number])
    assert url in client.get(reverse("table", args=[case.number])).content.decode()
    assert url not in client_of(world.reviewer).get(reverse("table", args=[case.number])).content.decode()
    answer = client.post(url, {"seen_version": case.version, "seen_hash": case.content_hash, "key": key()})
    assert answer.status_code == 302
    assert papers.again(case).state == State.DRAFT


def test_cancelling_needs_a_reason(world: SimpleNamespace) -> None:
    case = papers.filled(world)
    client, url = client_of(world.editor), reverse("table_cancel", args=[case.number])
    seen = {"seen_version": case.version, "seen_hash": case.content_hash}
    assert client.post(url, {**seen, "key": key(), "reason": " "}).status_code == 422
    assert papers.again(case).state == State.DRAFT
    assert client.post(url, {**seen, "key": key(), "reason": "项目取消"}).status_code == 302
    assert papers.again(case).state == State.CANCELLED


def test_the_listed_name_is_locked(world: SimpleNamespace) -> None:
    code = "演示001"
    data = f"项目编码,项目名称,单位编码,金额（万元）\n{code},演示清单项目,{world.own.code},30\n".encode()
    projects.import_project_list(name="清单.csv", data=data, by=papers.fresh(world.performance_reviewer), now=NOW,
                                 round=world.round)
    case = Case.objects.get(title="演示清单项目")
    page = client_of(world.editor).get(reverse("table", args=[case.number]))
    assert page.context["paper"].project_name.locked
    answer = client_of(world.editor).post(reverse("table_save", args=[case.number]),
                                          form_of(case, list(papers.ROWS), project_name="另一个名称"))
    assert answer.status_code == 422
    assert "另一个名称" not in Case.objects.get(pk=case.pk).title
    assert not Indicator.objects.filter(table=case.pk).exists()


def test_a_form_without_a_field_leaves_it_as_it_stands(world: SimpleNamespace) -> None:
    case = papers.filled(world)
    data = form_of(case)
    del data["annual_goal"]
    assert client_of(world.editor).post(reverse("table_save", args=[case.number]), data).status_code == 302
    assert TargetTable.objects.get(pk=case.pk).annual_goal == papers.HEADER["annual_goal"]


def test_a_post_without_what_was_seen_is_stale(world: SimpleNamespace) -> None:
    case = papers.filled(world)
    data = form_of(case, annual_goal="无版本")
    for name in ("seen_version", "seen_hash"):
        del data[name]
    assert client_of(world.editor).post(reverse("table_save", args=[case.number]), data).status_code == 409
    assert TargetTable.objects.get(pk=case.pk).annual_goal == papers.HEADER["annual_goal"]


def test_the_print_holds_the_paper_and_no_buttons_of_the_procedure(world: SimpleNamespace) -> None:
    case = papers.filled(world)
    text = client_of(world.auditor).get(reverse("table_print", args=[case.number])).content.decode()
    assert "部门项目支出预算绩效目标表" in text
    assert "11-数量指标（必填 硬性指标）" in text
    assert "<form" not in text
