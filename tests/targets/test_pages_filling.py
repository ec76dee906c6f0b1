"""Filling over HTTP: saving by itself, clashes, mends without script, last year's table, the library; refusals too."""

import json
from dataclasses import replace
from types import SimpleNamespace
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from targets import comparing, copying, drafts, projects
from targets.content import IndicatorContent, TableContent, diff
from targets.models import Indicator, TargetTable
from targets.paper import FormText
from targets.views.filling import base_of
from tests.targets import papers
from tests.targets.test_pages_tables import at_now, client_of
from tests.world import NOW, key, seen
from workflow.models import Case, Event

__all__ = ["at_now"]


def form_of(case: Case) -> dict[str, Any]:
    return base_of(drafts.form_text(case))


def autosave(client: Client, case: Case, base: dict[str, Any], typed: dict[str, Any]) -> Any:
    return client.post(reverse("table_autosave", args=[case.number]), json.dumps({"base": base, "typed": typed}),
                       content_type="application/json")


def changed(form: dict[str, Any], index: int, **parts: str) -> dict[str, Any]:
    rows = [dict(row) for row in form["rows"]]
    rows[index] |= parts
    return {**form, "rows": rows}


def rows_of(case: Case) -> list[tuple[str, str, str]]:
    return list(Indicator.objects.filter(table=case.pk).order_by("position").values_list("code", "name", "value"))


def test_what_was_typed_is_merged_and_the_answer_says_how_the_table_stands(world: SimpleNamespace) -> None:
    case = papers.filled(world)
    base = form_of(case)
    answer = autosave(client_of(world.editor), case, base, changed(base, 0, value="80%"))
    assert answer.status_code == 200
    told = answer.json()
    case = papers.again(case)
    assert rows_of(case)[0][2] == "80%"
    assert told["hash"] == case.content_hash
    assert told["rows"][0]["value"] == "80%"
    assert told["clashes"] == []
    assert told["said"][base["rows"][0]["uuid"]][0]
    other = autosave(client_of(world.editor2), case, base, changed(base, 6, value="≥99%"))
    assert other.status_code == 200
    assert (rows_of(case)[0][2], rows_of(case)[6][2]) == ("80%", "≥99%")


def test_a_cell_that_somebody_else_changed_answers_409_and_keeps_both(world: SimpleNamespace) -> None:
    case = papers.filled(world)
    base = form_of(case)
    autosave(client_of(world.editor), case, base, changed(base, 0, value="≥20台"))
    typed = changed(changed(base, 0, value="≥30台"), 1, value="≥99%")
    answer = autosave(client_of(world.editor2), case, base, typed)
    assert answer.status_code == 409
    told = answer.json()
    assert [(c["standing"], c["typed"]) for c in told["clashes"]] == [("≥20台", "≥30台")]
    assert [row[2] for row in rows_of(case)][:2] == ["≥20台", "≥99%"]


def test_the_same_new_row_sent_twice_is_made_once(world: SimpleNamespace) -> None:
    case = papers.filled(world)
    base = form_of(case)
    row = {"uuid": "5f0c6a2e-7d1b-4c3a-9e8f-001122334455", "code": "11", "name": "新增", "value": "1个"}
    typed = {**base, "rows": [*base["rows"], row]}
    for _time in range(2):
        assert autosave(client_of(world.editor), case, base, typed).status_code == 200
    assert rows_of(case).count(("11", "新增", "1个")) == 1
    other = papers.filled(world, case=projects.add_off_list(
        unit=world.own, name="演示另一个项目", by=papers.fresh(world.editor), key=key(), now=NOW))
    base = form_of(other)
    assert autosave(client_of(world.editor), other, base, {**base, "rows": [*base["rows"], row]}).status_code == 200
    assert rows_of(case).count(("11", "新增", "1个")) == rows_of(other).count(("11", "新增", "1个")) == 1


@pytest.mark.parametrize(("who", "status"), [("teacher", 404), ("reviewer", 403), ("auditor", 403)])
def test_others_save_nothing(world: SimpleNamespace, who: str, status: int) -> None:
    case = papers.filled(world)
    base = form_of(case)
    answer = autosave(client_of(getattr(world, who)), case, base, changed(base, 0, value="99台"))
    assert answer.status_code in (status, 404)
    assert rows_of(case) == papers.ROWS


@pytest.mark.parametrize("body", [b"", b"[]", b"{", b'{"base": 1, "typed": 2}', b'{"base": {}, "typed": {}}'])
def test_what_cannot_be_read_is_refused_and_changes_nothing(world: SimpleNamespace, body: bytes) -> None:
    case = papers.filled(world)
    answer = client_of(world.editor).post(reverse("table_autosave", args=[case.number]), body,
                                          content_type="application/json")
    assert answer.status_code == 422
    assert answer.json()["refused"]
    assert rows_of(case) == papers.ROWS


def test_a_text_too_long_and_an_unknown_category_are_refused_with_their_sentence(world: SimpleNamespace) -> None:
    case = papers.filled(world)
    base = form_of(case)
    for parts in ({"value": "长" * 2001}, {"code": "77"}):
        answer = autosave(client_of(world.editor), case, base, changed(base, 0, **parts))
        assert answer.status_code == 422
        assert answer.json()["is_over"] is False
    assert rows_of(case) == papers.ROWS


def test_a_submitted_table_says_that_it_is_over(world: SimpleNamespace) -> None:
    case = papers.submitted(world)
    base = form_of(case)
    answer = autosave(client_of(world.editor), case, base, changed(base, 0, value="99台"))
    assert (answer.status_code, answer.json()["is_over"]) == (403, True)
    assert rows_of(case) == papers.ROWS
    assert Event.objects.filter(case=case).latest("seq").refused


def post_form(client: Client, case: Case, **more: str) -> Any:
    form = form_of(case)
    rows = {f"row_{part}": [row[part] for row in form["rows"]] for part in ("uuid", "code", "name", "value")}
    now = seen(case)
    return client.post(reverse("table_save", args=[case.number]),
                       {**form["header"], **rows, "seen_version": now.version, "seen_hash": now.content_hash, **more})


@pytest.mark.parametrize(("button", "told"), [
    ({"down": "0"}, "11"), ({"up": "6"}, "31"), ({"mend": "not json"}, ""), ({"mend": '[{"kind": 1}]'}, ""),
    ({"pick": "[1]"}, ""), ({"remove": "x"}, ""), ({"show_library": "1", "library": "12"}, ""),
])
def test_buttons_without_script_save_nothing(world: SimpleNamespace, button: dict[str, str], told: str) -> None:
    case = papers.filled(world)
    page = post_form(client_of(world.editor), case, **button)
    assert page.status_code == 200
    assert told in page.content.decode()
    assert rows_of(case) == papers.ROWS


def test_a_mend_and_a_pick_without_script_change_what_is_typed(world: SimpleNamespace) -> None:
    case = papers.filled(world)
    uuid = form_of(case)["rows"][0]["uuid"]
    mends = json.dumps([{"kind": "write", "row": uuid, "part": "value", "text": "≥77台"}])
    page = post_form(client_of(world.editor), case, mend=mends).content.decode()
    assert "≥77台" in page
    page = post_form(client_of(world.editor), case, pick=json.dumps(["12", "演示挑选的指标", "≥66%"])).content.decode()
    assert "演示挑选的指标" in page
    assert rows_of(case) == papers.ROWS


def test_the_form_costs_no_more_statements_for_more_rows(world: SimpleNamespace,
                                                        django_assert_max_num_queries: Any) -> None:
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    case, client = papers.filled(world), client_of(world.editor)
    counts = []
    client.get(reverse("table", args=[case.number]))  # What a process asks once is not counted.
    for rows in (papers.ROWS, papers.ROWS * 12):
        drafts.save_table(case=case, by=papers.fresh(world.editor), now=NOW, seen=seen(case), rows=papers.posted(rows))
        with CaptureQueriesContext(connection) as queries:
            assert client.get(reverse("table", args=[case.number])).status_code == 200
        counts.append(len(queries))
    assert counts[0] == counts[1]
    assert "no-store" in client.get(reverse("table", args=[case.number])).headers["Cache-Control"]
    base = form_of(case)
    with django_assert_max_num_queries(45):
        autosave(client, case, base, changed(base, 3, value="31万元"))


def blank(world: SimpleNamespace, name: str = "演示沿用项目") -> Case:
    return projects.add_off_list(unit=world.own, name=name, by=papers.fresh(world.editor), key=key(), now=NOW)


def test_a_planned_month_is_kept_bound_by_the_hash_and_asked_of_the_report(world: SimpleNamespace) -> None:
    case = papers.filled(world)
    before, base = case.content_hash, form_of(case)
    assert autosave(client_of(world.editor), case, base, changed(base, 0, month="9月")).status_code == 200
    assert form_of(case)["rows"][0]["month"] == "9"
    assert papers.again(case).content_hash != before
    content = drafts.content_of(case)
    assert content.indicators[0].planned_month == 9
    assert TableContent.from_canonical(content.canonical()) == content
    assert [c.place for c in diff(replace(content, indicators=()), content)] == ["indicator"] * len(papers.ROWS)
    for wrong in ("13", "0", "九月", "1.5"):
        base = form_of(case)
        answer = autosave(client_of(world.editor), case, base, changed(base, 0, month=wrong))
        assert answer.status_code == 422
        assert wrong.removesuffix("月") in answer.json()["refused"]
    assert drafts.content_of(case) == content
    base = form_of(case)
    assert autosave(client_of(world.editor), case, base, changed(base, 0, month="")).status_code == 200
    assert papers.again(case).content_hash == before


def last_year(world: SimpleNamespace, case: Case) -> Case:
    """Give the project of `case` a table of the year before, which is in force."""
    old = papers.in_force(world)
    Case.objects.filter(pk=old.pk).update(fiscal_year=2026)
    TargetTable.objects.filter(pk=old.pk).update(
        project=case.table.project, fiscal_year=2026, period="2026年1-12月",
        annual_goal="按演示发〔2026〕3号文，2026年12月底前完成，比2025年增长。")
    return old


def test_last_years_table_is_copied_with_the_year_moved_on_and_marked(world: SimpleNamespace) -> None:
    case = blank(world)
    TargetTable.objects.filter(pk=case.pk).update(funds_total="42")
    old = last_year(world, case)
    client = client_of(world.editor)
    assert old.number in client.get(reverse("table", args=[case.number])).content.decode()
    now = seen(case)
    copy = reverse("table_copy", args=[case.number])
    form = {"seen_version": now.version, "seen_hash": now.content_hash}
    assert client.post(copy, form).status_code == 302
    table = TargetTable.objects.get(pk=case.pk)
    assert (table.period, table.funds_total, table.copied_from_id) == ("2027年1-12月", "42", old.pk)
    assert table.annual_goal == "按演示发〔2026〕3号文，2027年12月底前完成，比2025年增长。"
    assert [row[:2] for row in rows_of(case)] == [row[:2] for row in papers.ROWS]
    assert client.post(copy, form).status_code == 409
    assert old.number in client.get(reverse("table", args=[case.number])).content.decode()
    facts = comparing.facts_of(papers.again(case), drafts.content_of(case), table, counts={})
    assert old.number in [fact.words for fact in facts]


def test_without_an_earlier_table_or_right_nothing_is_copied(world: SimpleNamespace) -> None:
    case = blank(world)
    now = seen(case)
    form = {"seen_version": now.version, "seen_hash": now.content_hash}
    copy = reverse("table_copy", args=[case.number])
    assert client_of(world.editor).post(copy, form).status_code in (409, 422)
    last_year(world, case)
    assert client_of(world.teacher).post(copy, form).status_code == 404
    assert rows_of(case) == []


def test_only_the_fiscal_year_itself_moves() -> None:
    content = TableContent(period="2026年1月-2026年12月", annual_goal="2026-03 开工，政办〔2026〕5号，编号12026年",
                           indicators=(IndicatorContent("13", "2026 年完成", "2026.11"),
                                       IndicatorContent("11", "x", "2026个")))
    after = copying.moved(content, before=2026, after=2027)
    assert (after.period, after.annual_goal) == ("2027年1月-2027年12月", "2027-03 开工，政办〔2026〕5号，编号12026年")
    assert [(r.name, r.value) for r in after.indicators] == [("2027 年完成", "2027.11"), ("x", "2026个")]


def test_the_library_holds_approved_indicators_of_the_department_only(world: SimpleNamespace) -> None:
    case = blank(world)
    assert copying.library(case=case, code="12") == []
    papers.in_force(world)
    entry = copying.library(case=case, code="12")[0]
    assert (entry.name, entry.value, entry.is_own) == (*papers.ROWS[1][1:], True)
    assert copying.library(case=case, code="12", q="没有这样的字") == []
    other = projects.add_off_list(unit=world.primary, name="演示小学项目", by=papers.fresh(world.teacher), key=key(),
                                  now=NOW)
    assert copying.library(case=other, code="12") == []
    page = client_of(world.editor).get(reverse("table_library", args=[case.number]), {"library": "12"})
    assert papers.ROWS[1][1] in page.content.decode()
    assert client_of(world.teacher).get(reverse("table_library", args=[case.number])).status_code == 404


def test_a_form_text_is_its_own_base(world: SimpleNamespace) -> None:
    text = drafts.form_text(papers.filled(world))
    assert isinstance(text, FormText)
    assert {row["uuid"] for row in base_of(text)["rows"]} == {row.uuid for row in text.rows}
