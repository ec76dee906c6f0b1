"""Several files at once: read one by one by whoever comes first, refused singly, cancelled, taken over together."""

import io
from collections.abc import Callable
from datetime import timedelta
from types import SimpleNamespace
from typing import Any

import pytest
from django.core.files.storage import default_storage
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.urls import reverse
from openpyxl import load_workbook

from targets import batches, uploads
from targets.models import ImportBatch, ImportedTable, SourceDocument, WaitingFile
from tests.targets import papers
from tests.targets.test_pages_tables import at_now, client_of
from tests.world import key
from workflow.models import Case
from workflow.refusals import NotVisible
from workflow.signals import time_passes

__all__ = ["at_now"]
NOT_A_TABLE = "这不是表\n".encode()


def files(count: int, *more: tuple[str, bytes]) -> list[SimpleUploadedFile]:
    """Return some files of one table each, then others."""
    found = [SimpleUploadedFile(f"附件{n}.txt", papers.paper(project=f"演示项目{n}")) for n in range(1, count + 1)]
    return [*found, *(SimpleUploadedFile(name, data) for name, data in more)]


def started(world: SimpleNamespace, *more: tuple[str, bytes], count: int = 4) -> ImportBatch:
    return batches.start(files=files(count, *more), by=papers.fresh(world.editor), now=papers.NOW)


def states(batch: ImportBatch) -> list[str]:
    return list(batch.files.order_by("position").values_list("status", flat=True))


def test_four_files_wait_and_are_read_one_a_request(world: SimpleNamespace) -> None:
    client = client_of(world.editor)
    answer = client.post(reverse("import"), {"file": files(4), "declared": "on"})
    batch = ImportBatch.objects.get()
    assert answer.headers["Location"] == reverse("import_batch", args=[batch.pk])
    assert not SourceDocument.objects.exists()
    for done in range(1, 5):
        page = client.post(reverse("import_batch_read", args=[batch.pk]), headers={"HX-Request": "true"})
        assert states(batch).count("read") == done
        assert ("hx-trigger" in page.content.decode()) is (done < 4)
    assert not Case.objects.exists()
    client.post(reverse("import_batch_confirm", args=[batch.pk]), {"key": key()})
    assert Case.objects.count() == 4
    client.post(reverse("import_batch_confirm", args=[batch.pk]), {"key": key()})
    assert Case.objects.count() == 4


def test_one_sheet_says_what_came_of_all_files(world: SimpleNamespace) -> None:
    client = client_of(world.editor)
    batch = started(world)
    while batches.read_next(now=papers.NOW, batch=batch):
        pass
    address = reverse("import_batch_report", args=[batch.pk])
    assert address in client.get(reverse("import_batch", args=[batch.pk])).content.decode()
    sheet = load_workbook(io.BytesIO(client.get(address).content)).active
    named = {row[0] for row in sheet.iter_rows(min_row=2, values_only=True)}
    assert named == set(batch.files.values_list("name", flat=True))
    assert client_of(world.teacher).get(address).status_code == 404


def test_two_files_are_read_at_once(world: SimpleNamespace) -> None:
    client_of(world.editor).post(reverse("import"), {"file": files(2), "declared": "on"})
    assert states(ImportBatch.objects.get()) == ["read", "read"]


def test_a_script_that_shows_a_bar_gets_the_address(world: SimpleNamespace) -> None:
    client = client_of(world.editor)
    answer = client.post(reverse("import"), {"file": files(1), "declared": "on"}, headers={"X-Upload": "yes"})
    assert answer.json() == {"address": reverse("import_preview", args=[SourceDocument.objects.get().pk])}


def test_a_refused_file_names_itself_and_the_others_go_on(world: SimpleNamespace) -> None:
    batch = started(world, ("坏.txt", NOT_A_TABLE), count=1)
    while batches.read_next(now=papers.NOW, batch=batch):
        pass
    assert states(batch) == ["read", "refused"]
    bad = batch.files.get(status="refused")
    assert (bad.refusal["code"], bad.file.name, bad.source) == ("no_table", "", None)
    page = client_of(world.editor).get(reverse("import_batch", args=[batch.pk])).content.decode()
    assert bad.refusal["sentence"] in page
    assert SourceDocument.objects.count() == 1


def test_the_waiting_bytes_go_when_a_file_is_done(world: SimpleNamespace) -> None:
    batch = started(world, ("坏.txt", NOT_A_TABLE), count=1)
    paths = list(batch.files.values_list("file", flat=True))
    assert all(map(default_storage.exists, paths))
    while batches.read_next(now=papers.NOW):
        pass
    assert [path for path in paths if default_storage.exists(path)] == []


def test_the_sweep_reads_on_when_the_page_is_closed(world: SimpleNamespace) -> None:
    batch = started(world, count=3)
    time_passes.send(sender=None, now=papers.NOW)
    assert states(batch).count("read") == batches.A_SWEEP
    time_passes.send(sender=None, now=papers.NOW)
    assert states(batch) == ["read"] * 3


def test_a_claimed_file_is_left_alone_until_its_claim_ends(world: SimpleNamespace) -> None:
    batch = started(world, count=1)
    batch.files.update(status="reading", claimed_at=papers.NOW, tries=1)
    assert not batches.read_next(now=papers.NOW + timedelta(seconds=30))
    assert batches.read_next(now=papers.NOW + batches.CLAIM_ENDS + timedelta(seconds=1))
    assert states(batch) == ["read"]


def test_who_loses_a_file_to_another_reader_takes_the_next(world: SimpleNamespace) -> None:
    batch = started(world, count=2)
    first, second = batch.files.order_by("id")
    taken: list[int] = []

    def another_is_quicker(execute: Callable[..., Any], sql: str, *given: Any) -> Any:
        if sql.startswith('UPDATE "targets_waitingfile"') and not taken:
            taken.append(first.pk)
            WaitingFile.objects.filter(pk=first.pk).update(status="reading", claimed_at=papers.NOW, tries=1)
        return execute(sql, *given)

    with connection.execute_wrapper(another_is_quicker):
        assert batches.read_next(now=papers.NOW)
    assert taken == [first.pk]
    assert states(batch) == ["reading", "read"]
    assert SourceDocument.objects.get().name == second.name


def test_a_file_that_kills_its_reader_again_and_again_is_given_up(world: SimpleNamespace) -> None:
    batch = started(world, count=1)
    batch.files.update(status="reading", claimed_at=papers.NOW, tries=batches.MOST_TRIES)
    assert batches.read_next(now=papers.NOW + timedelta(hours=1))
    assert batch.files.get().refusal["code"] == "not_readable"
    assert not SourceDocument.objects.exists()


def test_a_reader_that_comes_too_late_leaves_nothing(world: SimpleNamespace, monkeypatch: pytest.MonkeyPatch) -> None:
    started(world, count=1)
    real = uploads.import_upload

    def slow(**given: object) -> SourceDocument:
        source = real(**given)  # type: ignore[arg-type]
        WaitingFile.objects.update(tries=2)
        return source

    monkeypatch.setattr(uploads, "import_upload", slow)
    assert batches.read_next(now=papers.NOW)
    assert not SourceDocument.objects.exists()
    assert not ImportedTable.objects.exists()


def test_cancelled_means_no_more_are_read_and_what_was_read_stays(world: SimpleNamespace) -> None:
    batch = started(world)
    batches.read_next(now=papers.NOW)
    client_of(world.editor).post(reverse("import_batch_cancel", args=[batch.pk]))
    assert states(batch) == ["read", *["cancelled"] * 3]
    assert not batches.read_next(now=papers.NOW)
    assert list(batch.files.filter(status="cancelled").values_list("file", flat=True)) == [""] * 3


def test_others_neither_see_nor_touch_the_files(world: SimpleNamespace) -> None:
    batch = started(world)
    client = client_of(world.teacher)
    assert client.get(reverse("import_batch", args=[batch.pk])).status_code == 404
    for name in ("import_batch_read", "import_batch_cancel", "import_batch_confirm"):
        assert client.post(reverse(name, args=[batch.pk]), {"key": key()}).status_code == 404
    with pytest.raises(NotVisible):
        batches.cancel(batch=batch, by=papers.fresh(world.teacher), now=papers.NOW)
    assert states(batch) == ["waiting"] * 4


def test_too_many_files_leave_nothing(world: SimpleNamespace, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(batches, "MOST_FILES", 3)
    answer = client_of(world.editor).post(reverse("import"), {"file": files(4), "declared": "on"})
    assert answer.status_code == 422
    assert not ImportBatch.objects.exists()


def test_a_file_over_the_limit_is_refused_and_never_kept(world: SimpleNamespace, settings: SimpleNamespace) -> None:
    settings.UPLOAD_LIMIT_BYTES = 100
    batch = started(world)
    assert states(batch) == ["refused"] * 4
    assert set(batch.files.values_list("file", flat=True)) == {""}


def test_an_empty_choice_and_an_empty_file_are_refused(world: SimpleNamespace) -> None:
    client = client_of(world.editor)
    assert client.post(reverse("import"), {"declared": "on"}).status_code == 422
    several = [*files(2), SimpleUploadedFile("空.txt", b"")]
    assert client.post(reverse("import"), {"file": several, "declared": "on"}).status_code == 422
    assert not ImportBatch.objects.exists()


def test_who_left_finds_the_files_again(world: SimpleNamespace) -> None:
    batch = started(world)
    page = client_of(world.editor2).get(reverse("import")).content.decode()
    assert reverse("import_batch", args=[batch.pk]) in page
    other = client_of(world.teacher).get(reverse("import")).content.decode()
    assert reverse("import_batch", args=[batch.pk]) not in other
