"""What reading doubts of a file is mended by a button of its own: all of it or nothing, and taken back as one."""

import html
import io
import re
from types import SimpleNamespace

import pytest
from django.urls import reverse
from openpyxl import load_workbook

from targets import mending, uploads
from targets.models import ImportedTable, Indicator
from tests.targets import papers
from tests.targets.test_pages_tables import at_now, client_of
from tests.targets.test_uploads_mending import content, press
from tests.world import key
from workflow.models import Case
from workflow.refusals import NotVisible

__all__ = ["at_now"]

SWAPPED, DIVIDED, HALF, LETTERS = "Exchange them", "stand in one cell", "no category of its own", "is not a number"
ROWS = [
    ("11", "≥12台", "采购图书自助借还机"),
    ("11", "培训管理员 ≥200人次", ""),
    ("11", "建设自助", "≥3间"),
    ("12", "设备验收合格率", "≥98%"),
    ("13", "设备安装完成时间", "2027年9月底前"),
    ("14", "自助借还机采购成本", "≤30万元"),
    ("22", "年借阅人次增长率", "≥10%"),
    ("24", "设备持续使用年限", "≥5年"),
    ("31", "读者满意度", "≥90%"),
]


@pytest.fixture
def staged(world: SimpleNamespace) -> ImportedTable:
    """One table with a swapped row, two texts in one cell, half a name on a line of its own, and 3O for 30."""
    data = papers.paper(rows=ROWS, total="3O").decode().replace("建设自助\t≥3间\n", "建设自助\t≥3间\n\t\t\t图书室\t\n")
    source = uploads.import_upload(name="附件2.txt", data=data.encode(), by=papers.fresh(world.editor),
                                   now=papers.NOW)
    return source.tables.get()


def problem(staged: ImportedTable, words: str) -> int:
    """Return the number of the first problem of which this is a part of the sentence."""
    return next(n for n, p in enumerate(staged.problems) if words in p["message"])


def mend(world: SimpleNamespace, staged: ImportedTable, words: str) -> None:
    mending.mend_problem(staged=staged, problem=problem(staged, words), seen=content(staged).hash(),
                         by=papers.fresh(world.editor))


def tokens(page: str) -> list[str]:
    """Return the tokens of the buttons that mend a problem of the reading."""
    return [html.unescape(found) for found in re.findall(r'name="mend" value="([^"]*:p\d+:all)"', page)]


def cells(staged: ImportedTable) -> list[tuple[str | None, str | None]]:
    return [(row.name, row.value) for row in content(staged).indicators]


def test_both_cells_of_a_swapped_row_are_written_and_taken_back_together(world: SimpleNamespace,
                                                                         staged: ImportedTable) -> None:
    before = cells(staged)
    mend(world, staged, SWAPPED)
    assert cells(staged)[0] == ("采购图书自助借还机", "≥12台")
    assert cells(staged)[1:] == before[1:]
    assert len(staged.mends) == 2
    mending.undo(staged=staged, number=1, by=papers.fresh(world.editor))
    assert cells(staged) == before
    assert staged.mends == []


def test_half_a_name_joins_the_row_above_and_comes_back(world: SimpleNamespace, staged: ImportedTable) -> None:
    before = cells(staged)
    mend(world, staged, HALF)
    assert cells(staged)[2:4] == [("建设自助图书室", "≥3间"), ("设备验收合格率", "≥98%")]
    mending.undo(staged=staged, number=0, by=papers.fresh(world.editor))
    assert cells(staged) == before


def test_what_was_made_on_top_goes_with_it(world: SimpleNamespace, staged: ImportedTable) -> None:
    before = cells(staged)
    mend(world, staged, SWAPPED)
    for place, text in (("indicator 1 value", "≥15台"), ("indicator 6 value", "≥9间")):
        mending.write(staged=staged, place=place, text=text, seen=content(staged).hash(),
                      by=papers.fresh(world.editor))
    mending.undo(staged=staged, number=0, by=papers.fresh(world.editor))
    assert cells(staged)[0] == before[0]
    assert [m["text"] for m in staged.mends] == ["≥9间"]


def test_a_mend_for_a_cell_that_was_changed_since_is_offered_no_more(world: SimpleNamespace,
                                                                    staged: ImportedTable) -> None:
    number = problem(staged, DIVIDED)
    mending.write(staged=staged, place="indicator 2 value", text="≥210人次", seen=content(staged).hash(),
                  by=papers.fresh(world.editor))
    now = cells(staged)
    with pytest.raises(mending.ChangedSince):
        mending.mend_problem(staged=staged, problem=number, seen=content(staged).hash(),
                             by=papers.fresh(world.editor))
    assert cells(staged) == now
    page = client_of(world.editor).get(reverse("import_preview", args=[staged.source_id])).content.decode()
    assert f":p{number}:all" not in page
    assert f":p{problem(staged, SWAPPED)}:all" in page


def test_a_row_that_moved_is_still_the_row_that_is_mended(world: SimpleNamespace, staged: ImportedTable) -> None:
    mending.write(staged=staged, place="indicator 1 code", text="12", seen=content(staged).hash(),
                  by=papers.fresh(world.editor))
    mend(world, staged, SWAPPED)
    row = next(row for row in content(staged).indicators if row.name == "采购图书自助借还机")
    assert (row.code, row.value) == ("12", "≥12台")


def test_all_as_suggested_makes_no_guess_and_takes_no_row_out(world: SimpleNamespace, staged: ImportedTable) -> None:
    offered = staged.counts["bulk"]
    mending.mend_all(staged=staged, by=papers.fresh(world.editor))
    now = cells(staged)
    assert offered >= 2
    assert now[:2] == [("采购图书自助借还机", "≥12台"), ("培训管理员", "≥200人次")]
    assert ("图书室", None) in now
    assert (content(staged).funds.total, staged.counts["bulk"]) == ("3O", 0)
    assert mending.mend_all(staged=staged, by=papers.fresh(world.editor)) == 0


def test_letters_like_digits_are_mended_when_the_editor_says_so(world: SimpleNamespace, staged: ImportedTable) -> None:
    mend(world, staged, LETTERS)
    assert (content(staged).funds.total, content(staged).funds.fiscal) == ("30", "3O")


def test_a_mended_problem_is_counted_and_told_no_more(world: SimpleNamespace, staged: ImportedTable) -> None:
    count, client = staged.counts["problems"], client_of(world.editor)
    assert "请互换" in client.get(reverse("import_preview", args=[staged.source_id])).content.decode()
    mend(world, staged, SWAPPED)
    page = client.get(reverse("import_preview", args=[staged.source_id])).content.decode()
    staged.refresh_from_db()
    assert staged.counts["problems"] == count - 1
    assert "请互换" not in page
    assert page.count('name="undo"') == 1
    sheet = load_workbook(io.BytesIO(client.get(reverse("import_report", args=[staged.source_id])).content)).active
    lines = {row[4]: row for row in sheet.iter_rows(values_only=True)}
    assert lines["采购图书自助借还机"][5] == "≥12台"
    assert "同一" in lines["培训管理员 ≥200人次"][8]


def test_the_buttons_of_the_page_work_and_go_into_the_draft(world: SimpleNamespace, staged: ImportedTable) -> None:
    client = client_of(world.editor)
    page = client.get(reverse("import_preview", args=[staged.source_id])).content.decode()
    assert "并入上一行：“建设自助图书室”" in html.unescape(page)
    number = 0
    while buttons := tokens(page):
        page = press(client, staged, mend=buttons[0])
        number += 1
    assert number == 5
    client.post(reverse("import_confirm", args=[staged.source_id]), {"key": key()})
    case = Case.objects.get()
    assert case.amount == 300_000
    assert list(Indicator.objects.filter(table=case.pk).order_by("position").values_list("name", flat=True)[:3]) == [
        "采购图书自助借还机", "培训管理员", "建设自助图书室"]


def test_an_old_page_strangers_and_the_decided_are_refused(world: SimpleNamespace, staged: ImportedTable) -> None:
    number, now, by = problem(staged, SWAPPED), content(staged).hash(), papers.fresh(world.editor)
    for wrong, seen in ((number, "0" * 64), (99, now), (-1, now)):
        with pytest.raises(mending.ChangedSince):
            mending.mend_problem(staged=staged, problem=wrong, seen=seen, by=by)
    with pytest.raises(NotVisible):
        mending.mend_problem(staged=staged, problem=number, seen=now, by=papers.fresh(world.teacher))
    uploads.skip_import(staged=staged, by=by, now=papers.NOW)
    with pytest.raises(mending.Decided):
        mending.mend_problem(staged=staged, problem=number, seen=now, by=by)
    staged.refresh_from_db()
    assert staged.mends == []


@pytest.mark.parametrize("token", ["{pk}:{seen}:p:all", "{pk}:{seen}:px:all", "{pk}:{seen}:p99:all",
                                   "{pk}:{seen}:pp0:all", "{pk}:old:p0:all"])
def test_a_token_that_makes_no_sense_changes_nothing(world: SimpleNamespace, staged: ImportedTable,
                                                     token: str) -> None:
    press(client_of(world.editor), staged, mend=token.format(pk=staged.pk, seen=content(staged).hash()))
    staged.refresh_from_db()
    assert staged.mends == []


def test_what_was_read_before_fixes_were_kept_still_shows(world: SimpleNamespace, staged: ImportedTable) -> None:
    bare = [{name: value for name, value in p.items() if name != "fixes"} for p in staged.problems]
    ImportedTable.objects.filter(pk=staged.pk).update(problems=bare)
    page = client_of(world.editor).get(reverse("import_preview", args=[staged.source_id])).content.decode()
    assert tokens(page) == []
    assert "培训管理员" in page
