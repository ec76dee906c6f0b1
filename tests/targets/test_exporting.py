"""Official forms out, with rights, record and versions: one, a few, many in the background, and the way back."""

import io
import zipfile
from datetime import timedelta
from pathlib import Path
from types import SimpleNamespace
from urllib.parse import unquote

import pytest
from django.core.files.storage import default_storage
from django.core.management import CommandError, call_command
from django.test import Client
from django.urls import reverse

from targets import drafts, exporting, jobs, projects
from targets.export import Format
from targets.export.code import check_code
from targets.models import ExportJob
from targets.rows import content_of
from tests.targets import papers
from tests.targets.office import read_here
from tests.targets.test_pages_tables import client_of
from tests.world import NOW, act, key, seen
from workflow import record
from workflow.machine import Action
from workflow.models import Case, Event
from workflow.refusals import NotVisible


@pytest.fixture(autouse=True)
def at_now(monkeypatch: pytest.MonkeyPatch, settings, tmp_path: Path) -> None:
    monkeypatch.setattr("django.utils.timezone.now", lambda: NOW)
    settings.MEDIA_ROOT = tmp_path


def exports_of(case: Case) -> list[Event]:
    return list(Event.objects.filter(case=case, action=Action.EXPORT).order_by("seq"))


def code_of(case: Case) -> str:
    return check_code(number=case.number, content_hash=content_of(case).hash())


def names_in(data: bytes) -> list[str]:
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        return archive.namelist()


def several(world: SimpleNamespace, count: int) -> list[Case]:
    editor = papers.fresh(world.editor)
    return [projects.add_off_list(unit=world.own, name=f"演示项目{n}", by=editor, key=key(), now=NOW)
            for n in range(count)]


@pytest.mark.parametrize("format", list(Format))
def test_a_table_is_downloaded_under_its_chinese_name_and_recorded(world: SimpleNamespace, format: Format) -> None:
    case = papers.submitted(world)
    answer = client_of(world.reviewer).get(reverse("table_export", args=[case.number, format.value]))
    assert answer.status_code == 200
    name = f"{case.number} {papers.PROJECT}.{format}"
    assert unquote(answer["Content-Disposition"]) == f"attachment; filename*=utf-8''{name}"
    assert (answer["X-Content-Type-Options"], answer["Cache-Control"]) == ("nosniff", "private, no-store")
    (event,) = exports_of(case)
    assert event.actor == papers.fresh(world.reviewer)
    assert record.payload_of(event) == {
        "format": format.value, "check_code": code_of(case), "printed_hash": content_of(case).hash()}
    if format != Format.PDF:
        (table,) = read_here(f"a.{format}", answer.content).tables
        assert table.content.hash() == papers.again(case).content_hash


def test_an_export_changes_neither_version_nor_content(world: SimpleNamespace) -> None:
    case = papers.submitted(world)
    before = (case.version, case.state, case.content_hash)
    exporting.export_table(case=case, format=Format.DOCX, by=papers.fresh(world.editor), now=NOW)
    after = papers.again(case)
    assert (after.version, after.state, after.content_hash) == before
    act(after, Action.RECALL, world.editor)


def test_a_table_of_others_is_not_there_and_nothing_is_recorded(world: SimpleNamespace) -> None:
    case = papers.submitted(world)
    assert client_of(world.teacher).get(reverse("table_export", args=[case.number, "pdf"])).status_code == 404
    with pytest.raises(NotVisible):
        exporting.export_table(case=case, format=Format.PDF, by=papers.fresh(world.teacher), now=NOW)
    assert Client().get(reverse("table_export", args=[case.number, "pdf"])).status_code == 302
    assert exports_of(case) == []


def test_an_unknown_format_is_refused_and_nothing_is_recorded(world: SimpleNamespace) -> None:
    case = papers.submitted(world)
    assert client_of(world.editor).get(reverse("table_export", args=[case.number, "exe"])).status_code == 422
    assert exports_of(case) == []


def test_ticked_tables_come_as_a_zip_without_those_of_others(world: SimpleNamespace) -> None:
    cases = several(world, 3)
    teacher = papers.fresh(world.teacher)
    other = projects.add_off_list(unit=world.primary, name="演示他人项目", by=teacher, key=key(), now=NOW)
    numbers = [cases[0].number, cases[2].number, other.number]
    answer = client_of(world.editor).post(reverse("table_export_many"), {"format": "docx", "number": numbers})
    assert answer["Content-Type"] == "application/zip"
    assert names_in(answer.content) == [f"{cases[0].number} 演示项目0.docx", f"{cases[2].number} 演示项目2.docx"]
    assert exports_of(cases[1]) == exports_of(other) == []
    assert len(exports_of(cases[2])) == 1


def test_nothing_ticked_and_too_many_are_refused(world: SimpleNamespace, monkeypatch: pytest.MonkeyPatch) -> None:
    several(world, 3)
    client = client_of(world.editor)
    list_page = "http://testserver" + reverse("table_list") + "?state=draft"
    for referer, back in ((list_page, list_page), ("https://elsewhere.test/", reverse("table_list"))):
        answer = client.post(reverse("table_export_many"), {"format": "docx"}, HTTP_REFERER=referer)
        assert (answer.status_code, answer["Location"]) == (302, back)
    told = client.get(list_page).content.decode()
    assert any(words in told for words in ("No table is chosen", "还没有选择目标表"))
    monkeypatch.setattr(jobs, "MOST", 2)
    answer = client.post(reverse("table_export_many"), {"format": "docx", "all": "1", "state": "all"})
    assert answer.status_code == 422
    assert not ExportJob.objects.exists()
    assert not Event.objects.filter(action=Action.EXPORT).exists()


def test_many_tables_are_made_by_the_sweep_while_the_page_waits(world: SimpleNamespace) -> None:
    cases = several(world, jobs.AT_ONCE + 1)
    client = client_of(world.editor)
    answer = client.post(reverse("table_export_many"), {"format": "xlsx", "all": "1", "state": "draft"})
    job = ExportJob.objects.get()
    assert answer["Location"] == reverse("table_export_job", args=[job.pk])
    waiting = client.get(answer["Location"])
    page = waiting.content.decode()
    assert '<noscript><meta http-equiv="refresh" content="5"></noscript>' in page
    assert 'hx-trigger="every 2s"' in page
    assert client.get(reverse("table_export_file", args=[job.pk])).status_code == 404
    jobs.when_time_passes(now=NOW)
    ready = client.get(answer["Location"])
    assert "refresh" not in ready.content.decode().partition("</head>")[0]
    assert reverse("table_export_file", args=[job.pk]) in ready.content.decode()
    file = client.get(reverse("table_export_file", args=[job.pk]))
    assert names_in(b"".join(file.streaming_content)) == [f"{c.number} {c.title}.xlsx" for c in cases]
    assert file["X-Content-Type-Options"] == "nosniff"
    assert "no-store" in file["Cache-Control"]
    assert len(exports_of(cases[-1])) == 1
    for address in ("table_export_job", "table_export_file"):
        assert client_of(world.head).get(reverse(address, args=[job.pk])).status_code == 404


def test_a_job_is_made_once_and_one_that_died_is_taken_up_again(world: SimpleNamespace) -> None:
    (case,) = several(world, 1)
    job = ExportJob.objects.create(by=papers.fresh(world.editor), asked_at=NOW, format="docx", cases=[case.pk],
                                   claimed_until=NOW + timedelta(minutes=1))
    assert jobs.make_next(now=NOW) is None
    made = jobs.make_next(now=NOW + timedelta(minutes=2))
    assert made is not None
    assert (made.pk, made.status, made.done) == (job.pk, "ready", 1)
    assert jobs.make_next(now=NOW + timedelta(minutes=2)) is None
    assert len(exports_of(case)) == 1


def test_a_job_that_fails_is_tried_again_and_then_said_to_have_failed(world: SimpleNamespace,
                                                                      monkeypatch: pytest.MonkeyPatch) -> None:
    (case,) = several(world, 1)
    ExportJob.objects.create(by=papers.fresh(world.editor), asked_at=NOW, format="docx", cases=[case.pk])

    def broken(*args: object, **kwargs: object) -> None:
        raise OSError

    monkeypatch.setattr(jobs, "_make", broken)
    states = [jobs.make_next(now=NOW).status for _n in range(jobs.MOST_ATTEMPTS)]
    assert states == ["waiting", "waiting", "failed"]
    job = ExportJob.objects.get()
    page = client_of(world.editor).get(reverse("table_export_job", args=[job.pk]))
    assert 'role="alert"' in page.content.decode()


def test_who_lost_sight_of_a_table_meanwhile_does_not_get_it(world: SimpleNamespace) -> None:
    (case,) = several(world, 1)
    ExportJob.objects.create(by=papers.fresh(world.teacher), asked_at=NOW, format="docx", cases=[case.pk])
    job = jobs.make_next(now=NOW)
    with default_storage.open(job.path) as file:
        assert names_in(file.read()) == [jobs.PROBLEMS_FILE]
    assert job.problems[0][0] == case.number
    assert exports_of(case) == []


def test_exports_of_yesterday_are_removed_with_their_files(world: SimpleNamespace) -> None:
    (case,) = several(world, 1)
    ExportJob.objects.create(by=papers.fresh(world.editor), asked_at=NOW, format="docx", cases=[case.pk])
    path = jobs.make_next(now=NOW).path
    assert jobs.remove_old(now=NOW + timedelta(hours=23)) == 0
    assert default_storage.exists(path)
    assert jobs.remove_old(now=NOW + timedelta(hours=25)) == 1
    assert not default_storage.exists(path)


def test_the_code_on_paper_says_which_submission_it_is_and_whether_it_still_stands(world: SimpleNamespace) -> None:
    case = papers.filled(world)
    editor = papers.fresh(world.editor)
    draft = exporting.verify(code=code_of(case), by=editor)
    assert (draft.pass_no, draft.is_current) == (None, True)
    drafts.submit(case=case, by=editor, now=NOW, seen=seen(case), key=key(), looked_at=True)
    case = papers.again(case)
    code = code_of(case)
    assert exporting.mark_of(case, content_of(case)).line == f"{case.number}　第1次报送　校验码 {code}"
    found = exporting.verify(code=f"{code[:4]}-{code[4:].lower()}", by=editor)
    assert (found.case, found.pass_no, found.is_current) == (case, 1, True)
    act(case, Action.RECALL, world.editor)
    drafts.save_table(case=case, by=editor, now=NOW, seen=seen(case), header={"annual_goal": "另一目标"})
    later = exporting.verify(code=code, by=editor)
    assert (later.pass_no, later.is_current) == (1, False)
    assert exporting.mark_of(case, content_of(case)).words == "草稿（未报送）"
    page = client_of(world.reviewer).get(reverse("verify"), {"code": code})
    assert page.context["found"].pass_no == 1
    assert case.number in page.content.decode()


def test_the_code_of_a_draft_that_is_no_more_is_found_in_the_record(world: SimpleNamespace) -> None:
    case = projects.add_off_list(unit=world.own, name="演示项目", by=papers.fresh(world.editor), key=key(), now=NOW)
    editor = papers.fresh(world.editor)
    exporting.export_table(case=case, format=Format.DOCX, by=editor, now=NOW)
    code = code_of(case)
    found = exporting.verify(code=code, by=editor)
    assert (found.case, found.pass_no, found.is_current) == (case, None, True)
    drafts.save_table(case=case, by=editor, now=NOW, seen=seen(case), header={"annual_goal": "另一目标"})
    later = exporting.verify(code=code, by=editor)
    assert (later.case, later.pass_no, later.is_current) == (case, None, False)
    assert exporting.verify(code=code, by=papers.fresh(world.teacher)) is None


def test_the_print_view_has_the_same_code_as_the_files(world: SimpleNamespace) -> None:
    case = papers.submitted(world)
    page = client_of(world.editor).get(reverse("table_print", args=[case.number])).content.decode()
    assert f"第1次报送　校验码 {code_of(case)}" in page


def test_a_code_of_others_or_a_wrong_one_is_unknown(world: SimpleNamespace) -> None:
    case = papers.submitted(world)
    teacher = papers.fresh(world.teacher)
    assert exporting.verify(code=code_of(case), by=teacher) is None
    for code in ("", "ABC", "22222222", "\x00" * 8, code_of(case)[::-1]):
        assert exporting.verify(code=code, by=papers.fresh(world.editor)) is None
    page = client_of(world.teacher).get(reverse("verify"), {"code": code_of(case)})
    assert page.status_code == 200
    assert case.number not in page.content.decode()


def test_a_file_name_is_one_that_windows_takes() -> None:
    assert exporting.file_name('2027-0001 a/b\\c:*?"<>|\u202ed\n e. ', "pdf") == "2027-0001 abcd e.pdf"
    assert len(exporting.file_name("长" * 500, "docx")) <= 120
    assert exporting.file_name("///", "pdf") == "绩效目标表.pdf"


def test_a_zip_is_called_and_dated_by_the_countys_day(world: SimpleNamespace) -> None:
    late = NOW.replace(day=6, hour=17)
    order = jobs.Order("tables", Format.PDF, (), world.editor, late)
    assert order.name == "绩效目标表-20260907-pdf.zip"


def test_the_blank_form_is_for_editors_and_offers_the_units_projects(world: SimpleNamespace) -> None:
    several(world, 2)
    answer = client_of(world.editor).get(reverse("table_template"))
    assert answer.status_code == 200
    with zipfile.ZipFile(io.BytesIO(answer.content)) as archive:
        texts = archive.read("xl/sharedStrings.xml").decode()
    assert "演示办公室本级" in texts
    assert "（2027年度）" in texts
    assert client_of(world.auditor).get(reverse("table_template")).status_code in (403, 422)


def test_the_pages_offer_what_may_be_exported(world: SimpleNamespace) -> None:
    case = papers.submitted(world)
    client = client_of(world.reviewer)
    for number in ("docx", "xlsx", "pdf"):
        assert reverse("table_export", args=[case.number, number]) in client.get(
            reverse("table", args=[case.number])).content.decode()
    page = client.get(reverse("table_list")).content.decode()
    assert f'value="{case.number}" form="export"' in page
    assert reverse("table_export_many") in page


def test_the_command_writes_files_and_refuses_a_number_it_does_not_know(world: SimpleNamespace, tmp_path: Path,
                                                                        capsys: pytest.CaptureFixture[str]) -> None:
    cases = several(world, 2)
    folder = tmp_path / "out"
    with pytest.raises(CommandError, match="9999-0001"):
        call_command("export_tables", cases[0].number, "9999-0001", out=folder)
    assert not folder.exists()
    call_command("export_tables", *(c.number for c in cases), format="pdf", out=folder, volume=True)
    written = sorted(path.name for path in folder.iterdir())
    assert written == sorted([*(f"{c.number} {c.title}.pdf" for c in cases), "绩效目标表-合订.pdf"])
    assert all(path.read_bytes().startswith(b"%PDF-") for path in folder.iterdir())
    assert [e.actor_name for e in exports_of(cases[0])] == [record.SYSTEM_NAME]


def test_the_command_prints_review_sheets(world: SimpleNamespace, tmp_path: Path) -> None:
    (case,) = several(world, 1)
    call_command("export_tables", case.number, form="review", format="docx", out=tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == [f"{case.number} 审核表 {case.title}.docx"]
    (event,) = exports_of(case)
    assert record.payload_of(event) == {"format": "docx", "form": "review"}


def test_a_blank_form_has_the_head_of_its_table_and_what_is_chosen_in_it_reads_back(world: SimpleNamespace) -> None:
    case = papers.filled(world)
    client = client_of(world.editor)
    for kind, ending in (("choices", "xlsx"), ("form", "xlsx"), ("word", "docx")):
        answer = client.get(reverse("table_blank", args=[kind]), {"case": case.number})
        assert f"{case.number} {papers.PROJECT}" in unquote(answer["Content-Disposition"])
        (table,) = read_here(f"a.{ending}", answer.content).tables
        assert (table.content.project_name, table.content.funds.total) == (papers.PROJECT, "30")
        assert (table.content.unit, table.content.fiscal_year) == ("演示办公室本级", 2027)
        assert table.content.indicators == ()
    for path in (reverse("table_blank", args=["exe"]), reverse("table_blank", args=["word"]) + "?case=2027-9999"):
        assert client.get(path).status_code == 404
    other = client_of(world.teacher).get(reverse("table_blank", args=["word"]), {"case": case.number})
    assert other.status_code == 404


def test_the_command_takes_a_whole_round_and_writes_the_exchange_file(world: SimpleNamespace, tmp_path: Path) -> None:
    case = papers.filled(world)
    Case.objects.filter(pk=case.pk).update(round=world.round)
    call_command("export_tables", round=world.round.pk, form="exchange", out=tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["绩效目标-一体化导入-20260907.xlsx"]
    for options in ({}, {"round": 999}):
        with pytest.raises(CommandError):
            call_command("export_tables", **options, out=tmp_path / "more")
    with pytest.raises(CommandError):
        call_command("export_tables", case.number, round=world.round.pk, out=tmp_path / "more")
    blank = several(world, 1)[0]
    with pytest.raises(CommandError):
        call_command("export_tables", blank.number, form="exchange", out=tmp_path / "blank")
    assert not (tmp_path / "more").exists()
    assert list((tmp_path / "blank").iterdir()) == []
