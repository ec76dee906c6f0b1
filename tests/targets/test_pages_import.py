"""Import over HTTP: from the file to the drafts, with its questions, its refusals, and nothing stored unasked."""

import io
from types import SimpleNamespace
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse
from openpyxl import Workbook

from targets import drafts, mending, uploads
from targets.models import ImportedTable, Indicator, SourceDocument, TargetTable
from targets.views import import_taking
from targets.views.imports import cards_of
from tests.targets import papers
from tests.targets.test_drafts import listed
from tests.targets.test_pages_tables import at_now, client_of
from tests.world import key, seen
from workflow.models import Case, Event

__all__ = ["at_now"]


def upload(client: Client, data: bytes, *, name: str = "附件2.txt", declared: str = "on") -> tuple[int, str]:
    """Upload a file; return the status and the address of the answer."""
    file = SimpleUploadedFile(name, data, content_type="text/plain")
    answer = client.post(reverse("import"), {"file": file, "declared": declared})
    return answer.status_code, answer.headers.get("Location", "") or answer.content.decode()


def test_a_file_is_read_looked_through_and_taken_over(world: SimpleNamespace) -> None:
    client = client_of(world.editor)
    status, where = upload(client, papers.paper())
    assert status == 302
    assert not Case.objects.exists()
    page = client.get(where)
    assert papers.PROJECT in page.content.decode()
    staged = ImportedTable.objects.get()
    done = client.post(reverse("import_confirm", args=[staged.source_id]), {"key": key()})
    assert done.status_code == 302
    case = Case.objects.get()
    assert case.unit == world.own
    assert Indicator.objects.filter(table=case.pk).count() == len(papers.ROWS)
    assert reverse("table", args=[case.number]) in client.get(where).content.decode()


def test_confirming_twice_makes_one_table(world: SimpleNamespace) -> None:
    client = client_of(world.editor)
    upload(client, papers.paper())
    once = {"key": key()}
    url = reverse("import_confirm", args=[SourceDocument.objects.get().pk])
    assert client.post(url, once).status_code == 302
    assert client.post(url, once).status_code == 302
    assert Case.objects.count() == 1


def test_a_printed_unit_that_is_not_ours_is_a_question(world: SimpleNamespace) -> None:
    client = client_of(world.editor)
    upload(client, papers.paper(unit="另一个单位"))
    staged = ImportedTable.objects.get()
    url = reverse("import_confirm", args=[staged.source_id])
    page = client.post(url, {"key": key()})
    assert page.status_code == 422
    assert "另一个单位" in page.content.decode()
    assert not Case.objects.exists()
    assert client.post(url, {"key": key(), f"answer.{staged.pk}": "organisation"}).status_code == 302
    assert Case.objects.get().unit == world.own


def test_a_table_may_be_left_out(world: SimpleNamespace) -> None:
    client = client_of(world.editor)
    upload(client, papers.paper())
    staged = ImportedTable.objects.get()
    client.post(reverse("import_confirm", args=[staged.source_id]), {"key": key(), f"choice.{staged.pk}": "leave-out"})
    staged.refresh_from_db()
    assert staged.decision == ImportedTable.Decision.SKIPPED
    assert not Case.objects.exists()


@pytest.mark.parametrize("data", ["这不是表\n".encode(), b"\x00\xff\xfe" * 50, "项目名称\t只有一行\n".encode()])
def test_a_file_that_is_no_table_is_refused_on_the_page(world: SimpleNamespace, data: bytes) -> None:
    status, page = upload(client_of(world.editor), data)
    assert status == 422
    assert 'role="alert"' in page
    assert not SourceDocument.objects.exists()


def test_an_empty_file_is_refused(world: SimpleNamespace) -> None:
    status, _page = upload(client_of(world.editor), b"")
    assert status == 422
    assert not SourceDocument.objects.exists()


def test_nothing_is_uploaded_without_the_declaration(world: SimpleNamespace) -> None:
    file = SimpleUploadedFile("a.txt", papers.paper())
    answer = client_of(world.editor).post(reverse("import"), {"file": file})
    assert answer.status_code == 422
    assert not SourceDocument.objects.exists()


@pytest.mark.parametrize("encoding", ["gb18030", "utf-16", "utf-8-sig"])
def test_the_file_may_be_in_any_usual_encoding(world: SimpleNamespace, encoding: str) -> None:
    status, _where = upload(client_of(world.editor), papers.paper().decode().encode(encoding))
    assert status == 302
    assert ImportedTable.objects.get().title == papers.PROJECT


def test_others_see_neither_the_upload_nor_its_file(world: SimpleNamespace) -> None:
    upload(client_of(world.editor), papers.paper())
    source = SourceDocument.objects.get()
    for name in ("import_preview", "import_file"):
        assert client_of(world.teacher).get(reverse(name, args=[source.pk])).status_code == 404
    confirm = reverse("import_confirm", args=[source.pk])
    assert client_of(world.teacher).post(confirm, {"key": key()}).status_code == 404
    assert not Case.objects.exists()
    assert client_of(world.reviewer).get(reverse("import")).status_code == 403
    assert client_of(world.editor2).get(reverse("import_preview", args=[source.pk])).status_code == 200


def test_the_file_comes_back_as_it_was(world: SimpleNamespace) -> None:
    client = client_of(world.editor)
    upload(client, papers.paper())
    answer = client.get(reverse("import_file", args=[SourceDocument.objects.get().pk]))
    assert answer.content == papers.paper()
    assert answer.headers["Content-Disposition"].startswith("attachment")


def test_another_units_project_cannot_be_filled(world: SimpleNamespace) -> None:
    from targets import projects

    projects.add_off_list(unit=world.primary, name="演示别家项目", by=papers.fresh(world.teacher), key=key(),
                          now=papers.NOW)
    other = Case.objects.get().table.project
    client = client_of(world.editor)
    upload(client, papers.paper())
    staged = ImportedTable.objects.get()
    answer = client.post(reverse("import_confirm", args=[staged.source_id]),
                         {"key": key(), f"choice.{staged.pk}": str(other.pk)})
    assert answer.status_code == 422
    staged.refresh_from_db()
    assert staged.decision == ImportedTable.Decision.PENDING


def filled_before(world: SimpleNamespace) -> Case:
    """Return a listed project's draft, filled with one row less and another goal than the file has."""
    case = listed(world)
    rows = [{"uuid": "", "code": code, "name": name, "value": value} for code, name, value in papers.ROWS[1:]]
    drafts.save_table(case=case, header={**papers.HEADER, "annual_goal": "原来的目标。"}, rows=rows,
                      by=papers.fresh(world.editor), now=papers.NOW, seen=seen(case))
    return case


def goal_of(case: Case) -> str:
    return TargetTable.objects.get(pk=case.pk).annual_goal


def test_a_filled_draft_is_shown_beside_the_file_and_replaced_only_with_consent(world: SimpleNamespace) -> None:
    case = filled_before(world)
    client = client_of(world.editor)
    _status, where = upload(client, papers.paper())
    staged = ImportedTable.objects.get()
    page = client.get(where).content.decode()
    assert "<del>原来的目标。</del>" in page
    assert f"<ins>{papers.HEADER['annual_goal']}</ins>" in page
    confirm = reverse("import_confirm", args=[staged.source_id])
    assert client.post(confirm, {"key": key()}).status_code == 422
    assert goal_of(case) == "原来的目标。"
    shown = uploads.beside(case=case, content=mending.standing(staged).content)
    assert shown is not None
    assert client.post(confirm, {"key": key(), f"replace.{staged.pk}": shown[0].hash()}).status_code == 302
    assert goal_of(case) == papers.HEADER["annual_goal"]


def test_consent_to_replace_holds_only_for_the_draft_that_was_shown(world: SimpleNamespace) -> None:
    case = filled_before(world)
    client = client_of(world.editor)
    upload(client, papers.paper())
    staged = ImportedTable.objects.get()
    old = uploads.beside(case=case, content=mending.standing(staged).content)
    assert old is not None
    drafts.save_table(case=case, header={"annual_goal": "刚才同事改的目标。"}, by=papers.fresh(world.editor2),
                      now=papers.NOW, seen=seen(case))
    answer = client.post(reverse("import_confirm", args=[staged.source_id]),
                         {"key": key(), f"replace.{staged.pk}": old[0].hash()})
    assert answer.status_code == 422
    assert goal_of(case) == "刚才同事改的目标。"


def test_the_same_file_again_asks_nothing(world: SimpleNamespace) -> None:
    listed(world)
    client = client_of(world.editor)
    for _time in range(2):
        _status, where = upload(client, papers.paper())
        assert "import-beside" not in client.get(where).content.decode()
        staged = ImportedTable.objects.latest("pk")
        confirm = reverse("import_confirm", args=[staged.source_id])
        assert client.post(confirm, {"key": key()}).status_code == 302
    assert Case.objects.count() == 1


def test_what_is_blank_in_the_draft_is_filled_and_the_rest_stays(world: SimpleNamespace) -> None:
    case = filled_before(world)
    client = client_of(world.editor)
    upload(client, papers.paper())
    staged = ImportedTable.objects.get()
    shown = uploads.beside(case=case, content=mending.standing(staged).content)
    assert shown is not None
    confirm = reverse("import_confirm", args=[staged.source_id])
    assert client.post(confirm, {"key": key(), f"replace.{staged.pk}": f"fill:{shown[0].hash()}"}).status_code == 302
    assert goal_of(case) == "原来的目标。"
    rows = Indicator.objects.filter(table=case.pk).order_by("position").values_list("code", "name", "value")
    assert list(rows) == papers.ROWS


def test_keeping_the_draft_leaves_the_file_out(world: SimpleNamespace) -> None:
    case = filled_before(world)
    client = client_of(world.editor)
    upload(client, papers.paper())
    staged = ImportedTable.objects.get()
    answer = client.post(reverse("import_confirm", args=[staged.source_id]),
                         {"key": key(), f"replace.{staged.pk}": "keep"})
    assert answer.headers["Location"] == reverse("import_result", args=[staged.source_id])
    staged.refresh_from_db()
    assert staged.decision == ImportedTable.Decision.SKIPPED
    assert goal_of(case) == "原来的目标。"


@pytest.mark.parametrize("stop", ["differs", "submitted"])
def test_a_refused_confirmation_leaves_an_event(world: SimpleNamespace, stop: str) -> None:
    case = filled_before(world)
    if stop == "submitted":
        papers.filled(world, case=case)
        drafts.submit(case=case, by=papers.fresh(world.editor), now=papers.NOW, seen=seen(case), key=key(),
                      looked_at=True)
    client = client_of(world.editor)
    upload(client, papers.paper())
    staged = ImportedTable.objects.get()
    before = Event.objects.filter(case=case).count()
    hash_before = papers.again(case).content_hash
    answer = client.post(reverse("import_confirm", args=[staged.source_id]),
                         {"key": key(), f"choice.{staged.pk}": str(case.table.project_id)})
    assert answer.status_code == 422
    told = Event.objects.filter(case=case).order_by("seq")[before:]
    assert [event.refused for event in told] == ["import_differs" if stop == "differs" else "already_submitted"]
    assert papers.again(case).content_hash == hash_before


def typed(client: Client, staged: ImportedTable, place: str, text: str, *, seen_hash: str = "") -> None:
    token = f"{staged.pk}:{seen_hash or mending.standing(staged).content.hash()}:{place}"
    client.post(reverse("import_mend", args=[staged.source_id]), {"write": token, f"text.{token}": text})
    staged.refresh_from_db()


def test_a_cell_is_typed_into_and_taken_back(world: SimpleNamespace) -> None:
    client = client_of(world.editor)
    _status, where = upload(client, papers.paper())
    staged = ImportedTable.objects.get()
    shown = client.get(f"{where}?edit={staged.pk}:indicator 1 value").content.decode()
    assert shown.count("<textarea") == 1
    typed(client, staged, "indicator 1 value", "≥24台")
    typed(client, staged, "annual_goal", "改过的目标。")
    typed(client, staged, "indicator 2 code", "11")
    typed(client, staged, "indicator 7", "")
    content = mending.standing(staged).content
    assert (content.indicators[0].value, content.annual_goal) == ("≥24台", "改过的目标。")
    assert [row.code for row in content.indicators] == ["11", "11", "13", "14", "22", "24"]
    assert staged.counts["lines"] == 6
    client.post(reverse("import_mend", args=[staged.source_id]), {"undo": f"{staged.pk}:all"})
    staged.refresh_from_db()
    assert mending.standing(staged).content == mending.read_content(staged)


@pytest.mark.parametrize(("place", "text", "seen_hash"), [
    ("indicator 99 value", "x", ""), ("indicator 1 colour", "x", ""), ("indicator 1 code", "77", ""),
    ("attachments", "x", ""), ("name", "x", ""), ("annual_goal", "长" * 20001, ""), ("annual_goal", "x", "0" * 64),
])
def test_what_cannot_be_typed_changes_nothing(world: SimpleNamespace, place: str, text: str, seen_hash: str) -> None:
    client = client_of(world.editor)
    upload(client, papers.paper())
    staged = ImportedTable.objects.get()
    typed(client, staged, place, text, seen_hash=seen_hash)
    assert staged.mends == []
    typed(client_of(world.teacher), staged, "annual_goal", "别人写的")
    assert staged.mends == []


def many(count: int) -> bytes:
    return b"\n".join(papers.paper(project=f"演示项目{n:03}") for n in range(count))


def test_many_tables_are_paged_and_cost_no_more_statements(world: SimpleNamespace,
                                                          django_assert_max_num_queries: Any) -> None:
    client = client_of(world.editor)
    upload(client, many(25))
    source = SourceDocument.objects.get()
    address = reverse("import_preview", args=[source.pk])
    assert source.tables.count() == 25
    pages = [client.get(f"{address}?page={n}").content.decode() for n in (1, 2, 3)]
    assert [page.count('class="panel import-card"') for page in pages] == [10, 10, 5]
    assert "接收全部 25" in pages[2] or "25" in pages[2]
    with django_assert_max_num_queries(25):
        client.get(address)


def test_more_tables_than_a_request_takes_go_on(world: SimpleNamespace, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(import_taking, "AT_ONCE", 3)
    client = client_of(world.editor)
    upload(client, many(7))
    source = SourceDocument.objects.get()
    confirm, once = reverse("import_confirm", args=[source.pk]), key()
    answer, after = client.post(confirm, {"key": once}), []
    while answer.status_code == 200:
        assert "data-goes-on" in answer.content.decode()
        after.append(str(answer.context["last"]))
        answer = client.post(confirm, {"key": once, "after": after[-1]})
    assert answer.headers["Location"] == reverse("import_result", args=[source.pk])
    assert len(after) == 2
    assert Case.objects.count() == 7
    page = client.get(answer.headers["Location"]).content.decode()
    assert all(case.number in page for case in Case.objects.all())


def test_an_amount_that_is_no_number_is_told_once_with_the_mend_of_what_the_scanner_read(
    world: SimpleNamespace,
) -> None:
    client = client_of(world.editor)
    _status, where = upload(client, papers.paper().replace("总额：\t30".encode(), "总额：\t3O".encode()))
    staged = ImportedTable.objects.get()
    assert [p["code"] for p in staged.problems if p["code"] == "FND-02"] == ["FND-02"]
    (card,) = cards_of(staged.source)
    told = [one for one in (*card.must_fix, *card.should_fix, *card.problems) if one.code == "FND-02"]
    assert [(one.severity, len(one.buttons)) for one in told] == [("must_fix", 1)]
    assert staged.counts["problems"] == len(staged.problems) - 1
    assert client.get(where).content.decode().count(str(told[0].words)) == 1


def sheet_of(rows: list[list[str]]) -> bytes:
    book, out = Workbook(), io.BytesIO()
    for row in rows:
        book.active.append(row)
    book.save(out)
    return out.getvalue()


@pytest.mark.parametrize("file", ["csv", "xlsx"])
def test_a_project_list_dropped_among_target_tables_is_told_where_it_belongs(world: SimpleNamespace, file: str) -> None:
    rows = [["项目编码", "项目名称", "单位编码", "金额（万元）"], ["A1", "演示项目甲", "D1-0", "30"]]
    data = "\n".join(",".join(row) for row in rows).encode() if file == "csv" else sheet_of(rows)
    status, page = upload(client_of(world.editor), data, name=f"清单.{file}")
    assert (status, "list of projects" in page or "项目清单" in page) == (422, True)
    assert not SourceDocument.objects.exists()
