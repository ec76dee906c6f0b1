"""Mends of a table that was read: replayed over the reading, taken back one by one, refused without a trace."""

import io
from types import SimpleNamespace

import pytest
from django.test import Client
from django.urls import reverse
from openpyxl import load_workbook

from targets import mending, sourceview, uploads
from targets.content import TableContent
from targets.models import ImportedTable, Indicator
from tests.targets import office, papers
from tests.targets.test_pages_tables import at_now, client_of
from tests.world import key
from workflow.models import Case
from workflow.refusals import NotVisible

__all__ = ["at_now"]

ROWS = [
    ("11", "采购图书自助借还机", "≥12台"),
    ("11", "设备利用率", "≥80%"),
    ("12", "设备验收合格率", "≥98%"),
    ("13", "设备安装完成时间", "2027年9月底前"),
    ("14", "自助借还机采购成本", "≥30万元"),
    ("22", "年借阅人次增长率", "≥10%"),
    ("24", "设备持续使用年限", "≥5年"),
    ("31", "读者满意度", "≥90%"),
]


@pytest.fixture
def staged(world: SimpleNamespace) -> ImportedTable:
    """One table that was read: its second row belongs to another category, its cost has the wrong sign."""
    source = uploads.import_upload(name="附件2.txt", data=papers.paper(rows=ROWS), by=papers.fresh(world.editor),
                                   now=papers.NOW)
    return source.tables.get()


def content(staged: ImportedTable) -> TableContent:
    staged.refresh_from_db()
    return mending.standing(staged).content


def numbered(staged: ImportedTable, rule: str) -> tuple[int, str]:
    """Return the number of a finding and the hash that it was shown with."""
    now = content(staged)
    return next(n for n, f in enumerate(mending.findings_of(now)) if f.rule == rule), now.hash()


def press(client: Client, staged: ImportedTable, **fields: str) -> str:
    answer = client.post(reverse("import_mend", args=[staged.source_id]), fields, follow=True)
    assert answer.status_code == 200
    return str(answer.content.decode())


def test_one_mend_is_written_beside_the_reading(world: SimpleNamespace, staged: ImportedTable) -> None:
    number, seen = numbered(staged, "CST-04")
    before = staged.content
    mending.mend(staged=staged, finding=number, fix=0, seen=seen, by=papers.fresh(world.editor))
    assert content(staged).indicators[4].value == "≤30万元"
    assert staged.content == before
    assert [m["was"] for m in staged.mends] == ["≥30万元"]


def test_a_moved_row_goes_behind_those_of_its_category(world: SimpleNamespace, staged: ImportedTable) -> None:
    number, seen = numbered(staged, "CAT-01")
    mending.mend(staged=staged, finding=number, fix=0, seen=seen, by=papers.fresh(world.editor))
    assert [r.name for r in content(staged).indicators if r.code == "12"] == ["设备验收合格率", "设备利用率"]
    assert mending.standing(staged).origins == (1, 3, 2, 4, 5, 6, 7, 8)


def test_all_as_suggested_then_all_back(world: SimpleNamespace, staged: ImportedTable) -> None:
    before = content(staged)
    made = mending.mend_all(staged=staged, by=papers.fresh(world.editor))
    assert made == len(content(staged) and staged.mends) >= 2
    assert mending.in_bulk(mending.findings_of(content(staged))) == []
    mending.undo(staged=staged, number=-1, by=papers.fresh(world.editor))
    assert content(staged) == before


def test_taking_one_back_keeps_the_others(world: SimpleNamespace, staged: ImportedTable) -> None:
    mending.mend_all(staged=staged, by=papers.fresh(world.editor))
    staged.refresh_from_db()
    moved = next(n for n, m in enumerate(staged.mends) if m["kind"] == "move")
    mending.undo(staged=staged, number=moved, by=papers.fresh(world.editor))
    now = content(staged)
    assert (now.indicators[1].code, now.indicators[4].value) == ("11", "≤30万元")


def test_a_deleted_row_is_gone_and_comes_back() -> None:
    read = office.small_content()
    mends = [{"rule": "CAT-08", "kind": "delete", "row": 2, "part": "", "text": "", "was": ""},
             {"rule": "CST-04", "kind": "write", "row": 5, "part": "value", "text": "≤7万元", "was": ""},
             {"rule": "FND-05", "kind": "write", "row": 0, "part": "funds.other", "text": "0", "was": ""}]
    now = mending.replayed(read, mends)
    assert (len(now.content.indicators), now.content.indicators[3].value, now.origins[:3]) == (7, "≤7万元", (1, 3, 4))
    assert (now.content.funds.other, now.content.funds.total) == ("0", "8")
    assert mending.replayed(read, mends[1:]).content.indicators[1] == read.indicators[1]


def test_a_mend_from_an_old_page_changes_nothing(world: SimpleNamespace, staged: ImportedTable) -> None:
    number, _seen = numbered(staged, "CST-04")
    for finding, fix, seen in ((number, 0, "0" * 64), (999, 0, content(staged).hash()),
                               (number, 99, content(staged).hash()), (number, -1, content(staged).hash())):
        with pytest.raises(mending.ChangedSince):
            mending.mend(staged=staged, finding=finding, fix=fix, seen=seen, by=papers.fresh(world.editor))
    with pytest.raises(mending.ChangedSince):
        mending.undo(staged=staged, number=0, by=papers.fresh(world.editor))
    staged.refresh_from_db()
    assert staged.mends == []


def test_others_and_the_decided_are_refused(world: SimpleNamespace, staged: ImportedTable) -> None:
    with pytest.raises(NotVisible):
        mending.mend_all(staged=staged, by=papers.fresh(world.teacher))
    uploads.skip_import(staged=staged, by=papers.fresh(world.editor), now=papers.NOW)
    with pytest.raises(mending.Decided):
        mending.mend_all(staged=staged, by=papers.fresh(world.editor))
    staged.refresh_from_db()
    assert staged.mends == []


def test_what_is_taken_over_holds_the_mends(world: SimpleNamespace, staged: ImportedTable) -> None:
    client = client_of(world.editor)
    page = press(client, staged, mend_all="")
    assert "mends-made" in page
    client.post(reverse("import_confirm", args=[staged.source_id]), {"key": key()})
    assert "≤30万元" in Indicator.objects.filter(table=Case.objects.get().pk).values_list("value", flat=True)


@pytest.mark.parametrize("fields", [{"mend": "x"}, {"mend": "1:2:3"}, {"undo": "9:9"}, {"undo": "x:all"},
                                    {"mend": "1:00:99999999999:0"}, {}])
def test_a_button_that_makes_no_sense_changes_nothing(world: SimpleNamespace, staged: ImportedTable,
                                                      fields: dict[str, str]) -> None:
    press(client_of(world.editor), staged, **fields)
    staged.refresh_from_db()
    assert staged.mends == []


def test_others_cannot_press_the_buttons(world: SimpleNamespace, staged: ImportedTable) -> None:
    client = client_of(world.teacher)
    assert client.post(reverse("import_mend", args=[staged.source_id]), {"mend_all": ""}).status_code == 404
    assert client.get(reverse("import_report", args=[staged.source_id])).status_code == 404
    staged.refresh_from_db()
    assert staged.mends == []


def test_a_choice_is_remembered_whichever_button_was_pressed(world: SimpleNamespace, staged: ImportedTable) -> None:
    client = client_of(world.editor)
    page = press(client, staged, mend_all="", **{f"choice.{staged.pk}": "leave-out"})
    assert 'value="leave-out" selected' in page
    client.post(reverse("import_confirm", args=[staged.source_id]), {"key": key()})
    staged.refresh_from_db()
    assert staged.decision == ImportedTable.Decision.SKIPPED


def test_each_cell_leads_to_its_source_and_back(world: SimpleNamespace, staged: ImportedTable) -> None:
    page = client_of(world.editor).get(reverse("import_preview", args=[staged.source_id])).content.decode()
    source = sourceview.source_of(staged.source_rows, prefix="t1-s")
    cell = source.anchor(staged.places[0])
    assert f'href="#{cell}">采购图书自助借还机</a>' in page
    assert 'href="#t1-r1-name">采购图书自助借还机</a>' in page
    assert 'href="#t1-f-annual_goal"' in page


def test_only_the_tables_with_problems_are_shown(world: SimpleNamespace) -> None:
    source = uploads.import_upload(
        name="附件2.txt", by=papers.fresh(world.editor), now=papers.NOW,
        data=papers.paper(project="演示完好项目") + b"\n" + papers.paper(project="演示有误项目", rows=ROWS))
    client = client_of(world.editor)
    every = client.get(reverse("import_preview", args=[source.pk])).content.decode()
    shown = client.get(reverse("import_preview", args=[source.pk]) + "?show=problems").content.decode()
    assert (every.count('panel import-card"'), shown.count('panel import-card"')) == (2, 1)
    assert "2. 演示有误项目" in shown
    client.post(reverse("import_confirm", args=[source.pk]), {"key": key()})
    assert Case.objects.count() == 2


def test_the_result_as_a_sheet_holds_strings_only(world: SimpleNamespace) -> None:
    rows = [*ROWS, ("31", "=HYPERLINK(\"x\")", "http://example.invalid")]
    source = uploads.import_upload(name="附件2.txt", data=papers.paper(rows=rows), by=papers.fresh(world.editor),
                                   now=papers.NOW)
    answer = client_of(world.editor).get(reverse("import_report", args=[source.pk]))
    assert answer.headers["Content-Disposition"].startswith("attachment")
    sheet = load_workbook(io.BytesIO(answer.content)).active
    cells = [cell for line in sheet.iter_rows() for cell in line if cell.value is not None]
    assert {cell.data_type for cell in cells} == {"s"}
    assert [cell for cell in cells if cell.hyperlink] == []
    line = next(row for row in sheet.iter_rows(values_only=True) if row[5] == "≥30万元")
    assert line[0] == "附件2.txt"
    assert "CST-04" in line[8]
    assert line[6].startswith("L15")


def test_rows_beyond_the_limit_are_counted() -> None:
    from targets.reading.grid import Row

    kept = sourceview.kept([Row(n, ("a", "x" * 5000)) for n in range(1, sourceview.MOST_ROWS + 8)])
    assert kept[-1]["left_out"] == 7
    assert len(kept[0]["cells"][1][1]) == sourceview.MOST_TEXT + 1
    assert sourceview.source_of(kept, prefix="t1-s").rows[-1].left_out == 7
