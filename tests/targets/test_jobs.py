"""Files of many tables in the background: each kind, progress in parts, cancelled at any moment, nothing of others."""

import io
import zipfile
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from urllib.parse import unquote

import pytest
from django.core.files.storage import default_storage
from django.urls import reverse
from openpyxl import load_workbook

from targets import exchange, exporting, jobs
from targets.export import Format
from targets.models import ExportJob
from tests.targets import papers
from tests.targets.test_exporting import at_now, exports_of, several
from tests.targets.test_pages_tables import client_of
from tests.world import NOW
from workflow.models import Case

__all__ = ["at_now"]


def posted(world: SimpleNamespace, format: str, cases: list[Case], person: Any = None) -> Any:
    client = client_of(person or world.editor)
    return client.post(reverse("table_export_many"), {"format": format, "number": [case.number for case in cases]})


@pytest.mark.parametrize(("format", "name", "media"), [
    ("volume", "绩效目标表-合订-20260907.pdf", "application/pdf"),
    ("review:docx", "审核表-20260907-docx.zip", "application/zip"),
    ("tables:xlsx", "绩效目标表-20260907-xlsx.zip", "application/zip"),
    ("exchange", "绩效目标-一体化导入-20260907.xlsx", jobs.MEDIA_OF["exchange"]),
])
def test_a_selection_comes_at_once_under_its_chinese_name(world: SimpleNamespace, format: str, name: str,
                                                          media: str) -> None:
    cases = [papers.filled(world), *several(world, 1)]
    answer = posted(world, format, cases)
    assert answer.status_code == 200
    assert unquote(answer["Content-Disposition"]) == f"attachment; filename*=utf-8''{name}"
    assert answer["Content-Type"] == media
    if format == "volume":
        assert answer.content.startswith(b"%PDF-")
        assert [len(exports_of(case)) for case in cases] == [1, 1]
    if format == "exchange":
        rows = list(load_workbook(io.BytesIO(answer.content)).active.iter_rows(values_only=True))
        assert len(rows) == 1 + len(papers.ROWS)
    if format == "review:docx":
        with zipfile.ZipFile(io.BytesIO(answer.content)) as archive:
            assert [entry.split(" ")[1] for entry in archive.namelist()] == ["审核表", "审核表"]


@pytest.mark.parametrize("what", ["tables", "review", "volume", "exchange"])
def test_a_whole_round_is_made_in_the_background_and_downloaded(world: SimpleNamespace, monkeypatch: pytest.MonkeyPatch,
                                                                what: str) -> None:
    monkeypatch.setattr(jobs, "AT_ONCE", 1)
    papers.filled(world)
    several(world, 2)
    client = client_of(world.editor)
    wanted = {"tables": "docx", "review": "review:pdf"}.get(what, what)
    answer = client.post(reverse("table_export_many"), {"format": wanted, "all": "1", "state": "all"})
    job = ExportJob.objects.get()
    assert answer["Location"] == reverse("table_export_job", args=[job.pk])
    assert (job.what, len(job.cases)) == (what, 3)
    jobs.when_time_passes(now=NOW)
    part = client.get(answer["Location"], headers={"HX-Request": "true"}).content.decode()
    assert "<html" not in part
    assert reverse("table_export_file", args=[job.pk]) in part
    file = client.get(reverse("table_export_file", args=[job.pk]))
    assert jobs.name_of(job) in unquote(file["Content-Disposition"])
    assert len(b"".join(file.streaming_content)) > 500
    assert reverse("table_export_job", args=[job.pk]) in client.get(reverse("table_export_jobs")).content.decode()
    assert str(job.pk) not in client_of(world.head).get(reverse("table_export_jobs")).content.decode()


def test_progress_is_told_in_parts_and_not_for_each_table(world: SimpleNamespace,
                                                          monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(jobs, "PROGRESS_EVERY", 2)
    cases = several(world, 5)
    job = ExportJob.objects.create(by=papers.fresh(world.editor), asked_at=NOW, format="docx",
                                   cases=[case.pk for case in cases])
    told = []
    print_one = exporting.export_table

    def watched(**options: Any) -> Any:
        told.append(ExportJob.objects.get(pk=job.pk).done)
        return print_one(**options)

    monkeypatch.setattr(jobs, "export_table", watched)
    jobs.make_next(now=NOW)
    assert told == [0, 0, 2, 2, 4]


def test_one_that_waits_is_cancelled_and_never_made(world: SimpleNamespace) -> None:
    cases = several(world, 1)
    job = ExportJob.objects.create(by=papers.fresh(world.editor), asked_at=NOW, format="docx", cases=[cases[0].pk])
    address = reverse("table_export_cancel", args=[job.pk])
    assert client_of(world.head).post(address).status_code == 404
    page = client_of(world.editor).post(address, follow=True)
    assert page.status_code == 200
    assert ExportJob.objects.get().status == "cancelled"
    assert jobs.make_next(now=NOW) is None
    assert exports_of(cases[0]) == []


def test_one_that_is_cancelled_while_it_is_made_leaves_no_file(world: SimpleNamespace, monkeypatch: pytest.MonkeyPatch,
                                                               tmp_path: Path) -> None:
    monkeypatch.setattr(jobs, "PROGRESS_EVERY", 1)
    cases = several(world, 3)
    job = ExportJob.objects.create(by=papers.fresh(world.editor), asked_at=NOW, format="docx",
                                   cases=[case.pk for case in cases])
    print_one = exporting.export_table

    def cancelling(**options: Any) -> Any:
        ExportJob.objects.filter(pk=job.pk).update(status="cancelled")
        return print_one(**options)

    monkeypatch.setattr(jobs, "export_table", cancelling)
    made = jobs.make_next(now=NOW)
    assert made is not None
    assert (made.status, made.path) == ("cancelled", "")
    assert [len(exports_of(case)) for case in cases] == [1, 0, 0]
    assert not default_storage.exists(f"exports/{job.pk}.zip")


def test_what_is_ready_is_not_cancelled_any_more(world: SimpleNamespace) -> None:
    (case,) = several(world, 1)
    job = ExportJob.objects.create(by=papers.fresh(world.editor), asked_at=NOW, format="docx", cases=[case.pk])
    jobs.make_next(now=NOW)
    with pytest.raises(jobs.NoLongerWaiting):
        jobs.cancel(job)
    assert ExportJob.objects.get().status == "ready"


@pytest.mark.parametrize("format", ["", "exe", "review", "review:exe", "tables:", "other:pdf"])
def test_what_cannot_be_exported_is_refused_and_nothing_is_made(world: SimpleNamespace, format: str) -> None:
    (case,) = several(world, 1)
    assert posted(world, format, [case]).status_code == 422
    assert exports_of(case) == []
    assert not ExportJob.objects.exists()


def test_a_volume_leaves_out_what_is_no_longer_seen(world: SimpleNamespace) -> None:
    (case,) = several(world, 1)
    other = papers.filled(world)
    job = ExportJob.objects.create(by=papers.fresh(world.teacher), asked_at=NOW, what="volume", format="pdf",
                                   cases=[case.pk, other.pk])
    for _n in range(jobs.MOST_ATTEMPTS):
        jobs.make_next(now=NOW)
    job.refresh_from_db()
    assert (job.status, job.path) == ("failed", "")
    assert exports_of(case) == exports_of(other) == []


@pytest.mark.parametrize(("codes", "points"), [
    (["11", "12", "21", "31"], ["25", "25", "30", "10"]),
    (["11", "12", "14", "22"], ["16.6", "16.6", "16.8", "40"]),
    (["11"], ["50"]), ([], []), (["41"], ["0"]),
])
def test_points_of_a_first_level_are_divided_evenly_and_come_to_its_share(codes: list[str], points: list[str]) -> None:
    shares = {"1": 50, "2": 30, "3": 10, "rest": "2"}
    assert exchange.weights_of(codes, shares=shares) == points
    assert exchange.weights_of(codes, shares={}) == [""] * len(codes)


def test_the_exchange_file_has_points_that_come_to_ninety(world: SimpleNamespace) -> None:
    case = papers.filled(world)
    made = jobs.ask(what="exchange", format=Format.XLSX, cases=[case], by=papers.fresh(world.performance_reviewer),
                    now=NOW)
    head, *rows = load_workbook(io.BytesIO(made.data)).active.iter_rows(values_only=True)
    points = [float(row[head.index("分值")]) for row in rows]
    assert sum(points) == pytest.approx(90)
    assert min(points) > 0
