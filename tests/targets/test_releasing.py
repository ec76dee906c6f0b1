"""批复 of a department's tables together: within its control figures, under one document with its scan."""

import json
from decimal import Decimal
from io import StringIO
from types import SimpleNamespace
from typing import Any

import pytest
from django.core.files.storage import default_storage
from django.core.files.uploadedfile import SimpleUploadedFile
from django.core.management import CommandError, call_command
from django.urls import reverse

from targets import drafts, projects, releasing, reviews
from targets.models import Project, ProjectListing
from tests.targets import papers as tables
from tests.targets.test_pages_review import decision, url
from tests.targets.test_pages_tables import at_now, client_of
from tests.world import NOW, key, seen
from workflow import batches, papers, purging, record
from workflow.machine import Action, State
from workflow.models import Batch, Case, Event, Paper, User
from workflow.record import payload_of
from workflow.refusals import DetailMissing

__all__ = ["at_now"]

PDF = b"%PDF-1.4 demo"
UNDER = {"document_number": "演示〔2027〕1号", "document_date": "2027-01-20"}


def held(world: SimpleNamespace, name: str = "") -> Case:
    """A table of 30万元 that waits for its release."""
    case = None
    if name:
        case = projects.add_off_list(unit=world.own, name=name, by=tables.fresh(world.editor), key=key(), now=NOW)
    case = tables.filled(world, case=case)
    drafts.submit(case=case, by=tables.fresh(world.editor), now=NOW, seen=seen(case), key=key(), looked_at=True)
    for person in (world.reviewer, world.business_reviewer, world.performance_reviewer):
        reviews.decide(case=case, by=tables.fresh(person), verdict="approve", seen=seen(case), key=key(), now=NOW)
    return tables.again(case)


def give(world: SimpleNamespace, yuan: int) -> None:
    """Let the final list give the department so much."""
    world.round.control_figures_final = True
    world.round.save()
    project = Project.objects.filter(unit=world.own).first()
    ProjectListing.objects.update_or_create(
        project=project, round=world.round, defaults={"amount": Decimal(yuan), "name": project.name})


def prepared(world: SimpleNamespace, cases: list[Case]) -> Batch:
    rows = [(one, {}) for one in batches.chosen(numbers=[c.number for c in cases], by=tables.fresh(world.leader))]
    return batches.prepare(action=Action.RELEASE, rows=rows, by=tables.fresh(world.leader), now=NOW)


def test_two_tables_within_the_figures_are_released_together_under_one_scan(world: SimpleNamespace) -> None:
    cases = [held(world), held(world, "演示第二个项目")]
    give(world, 600_000)
    batch = prepared(world, cases)
    (weight,) = batches.shown(batch).weights
    assert (weight.label, weight.before, weight.asked, weight.given) == ("演示办公室", 0, 600_000, 600_000)
    done = batches.confirm(batch, by=tables.fresh(world.leader), now=NOW, details=UNDER, scan=("批复.pdf", PDF))
    assert [result["done"] for result in done.results] == [True, True]
    assert {tables.again(case).state for case in cases} == {State.APPROVED}
    said = payload_of(Event.objects.get(case=cases[1], action=Action.RELEASE, refused=""))
    assert (said["document_number"], said["document_date"], said["scan_name"]) == (*UNDER.values(), "批复.pdf")
    assert papers.of_case(cases[0]) == papers.of_case(cases[1]) == Paper.objects.get()


def test_above_the_figures_nothing_of_the_department_is_released(world: SimpleNamespace) -> None:
    cases = [held(world), held(world, "演示第二个项目")]
    give(world, 599_999)
    batch = prepared(world, cases)
    seen_now = batches.shown(batch)
    assert [line.state for line in seen_now.lines] == ["cannot", "cannot"]
    assert "演示办公室" in seen_now.lines[0].words
    assert "59.9999" in seen_now.lines[0].words
    with pytest.raises(batches.NothingChosen):
        batches.confirm(batch, by=tables.fresh(world.leader), now=NOW, details=UNDER)
    assert {tables.again(case).state for case in cases} == {State.FINANCE_REVIEW}
    assert not Event.objects.filter(action=Action.RELEASE, refused="").exists()


def test_what_was_released_before_counts_and_the_page_says_the_sums(world: SimpleNamespace) -> None:
    first, second = held(world), held(world, "演示第二个项目")
    give(world, 500_000)
    client = client_of(world.leader)
    assert "30 / 50" in client.get(reverse("table", args=[first.number])).content.decode()
    assert client.post(url(first), decision(first, "release", **UNDER)).status_code == 302
    page = client.post(url(second), decision(second, "release", **UNDER))
    assert page.status_code == 422
    assert "演示〔2027〕1号" in page.content.decode()
    assert "60" in page.context["refusal"].blockers[0].message
    assert tables.again(second).state == State.FINANCE_REVIEW
    assert releasing.weigh([tables.again(second)])[0].before == 300_000


def test_before_the_figures_are_final_nothing_is_weighed(world: SimpleNamespace) -> None:
    case = held(world)
    assert releasing.weigh([case]) == []
    assert not batches.shown(prepared(world, [case])).weights


def test_figures_changed_between_preview_and_confirmation_are_asked_again(world: SimpleNamespace) -> None:
    case = held(world)
    give(world, 300_000)
    batch = prepared(world, [case])
    give(world, 299_999)
    done = batches.confirm(batch, by=tables.fresh(world.leader), now=NOW, details=UNDER)
    assert [result["done"] for result in done.results] == [False]
    assert "演示办公室" in done.results[0]["words"]
    assert tables.again(case).state == State.FINANCE_REVIEW


@pytest.mark.parametrize("wrong", [{"document_date": "昨天"}, {"document_number": " "}, {"document_number": "号" * 61}])
def test_a_document_that_is_none_is_refused_for_the_whole_batch(world: SimpleNamespace, wrong: dict[str, str]) -> None:
    case = held(world)
    batch = prepared(world, [case])
    with pytest.raises(DetailMissing):
        batches.confirm(batch, by=tables.fresh(world.leader), now=NOW, details={**UNDER, **wrong})
    batch.refresh_from_db()
    assert batch.status == Batch.Status.PREVIEW
    assert tables.again(case).state == State.FINANCE_REVIEW


@pytest.mark.parametrize(("name", "data"), [("批复.pdf", b"no pdf"), ("批复.exe", b"MZ"), ("批复.pdf", b"")])
def test_a_scan_that_is_none_is_refused_and_nothing_is_released(world: SimpleNamespace, name: str, data: bytes) -> None:
    case = held(world)
    batch = prepared(world, [case])
    with pytest.raises(papers.PaperRefused):
        batches.confirm(batch, by=tables.fresh(world.leader), now=NOW, details=UNDER, scan=(name, data))
    batch.refresh_from_db()
    assert (batch.status, Paper.objects.count()) == (Batch.Status.PREVIEW, 0)
    assert tables.again(case).state == State.FINANCE_REVIEW


def test_over_http_the_scan_goes_with_the_release_and_only_who_sees_the_case_gets_it(world: SimpleNamespace) -> None:
    case = held(world)
    batch = prepared(world, [case])
    sent = {**UNDER, "scan": SimpleUploadedFile("批复.pdf", PDF)}
    client = client_of(world.leader)
    assert 'enctype="multipart/form-data"' in client.get(reverse("batch", args=[batch.pk])).content.decode()
    assert client.post(reverse("batch", args=[batch.pk]), sent).status_code == 302
    address = reverse("release_scan", args=[case.number])
    editor = client_of(world.editor)
    assert address in editor.get(reverse("table", args=[case.number])).content.decode()
    assert b"".join(editor.get(address).streaming_content) == PDF
    assert client_of(world.school_reviewer).get(address).status_code == 404
    assert client_of(world.editor).get(reverse("release_scan", args=["2027-9999"])).status_code == 404


def test_the_command_line_shows_the_sums_and_attaches_the_scan(world: SimpleNamespace, tmp_path) -> None:
    case = held(world)
    give(world, 300_000)
    file, said = tmp_path / "批复.pdf", StringIO()
    file.write_bytes(PDF)
    asked = ["release", case.number, "--as", "leader", "--document-number", UNDER["document_number"],
             "--document-date", UNDER["document_date"]]
    with pytest.raises(CommandError):
        call_command("act_many", *asked, "--yes", "--scan", str(tmp_path / "none.pdf"), stdout=StringIO())
    assert tables.again(case).state == State.FINANCE_REVIEW
    call_command("act_many", *asked, stdout=said)
    assert "0.00 + 300000.00 = 300000.00; given 300000.00" in said.getvalue()
    call_command("act_many", *asked, "--yes", "--scan", str(file), stdout=(done := StringIO()))
    assert json.loads(done.getvalue().splitlines()[-1])["done"][0] == 1
    assert papers.of_case(case).sha256


def test_a_purged_scan_leaves_its_digest_and_no_byte(
    world: SimpleNamespace, django_capture_on_commit_callbacks: Any
) -> None:
    case = held(world)
    batches.confirm(prepared(world, [case]), by=tables.fresh(world.leader), now=NOW, details=UNDER,
                    scan=("批复.pdf", PDF))  # fmt: skip
    scan = Paper.objects.get()
    with default_storage.open(scan.path) as file:
        assert file.read() == PDF
    keeper = User.objects.create(username="keeper", administers="security")
    asked = purging.ask(case=case, what="attachment", sha256=scan.sha256, reason="涉密", by=tables.fresh(world.leader),
                        now=NOW)  # fmt: skip
    with django_capture_on_commit_callbacks(execute=True):
        purging.confirm(purge=asked, by=keeper, now=NOW)
    assert not default_storage.exists(scan.path)
    assert list(Paper.objects.values_list("sha256", "name", "path")) == [(scan.sha256, purging.PURGED, "")]
    assert client_of(world.editor).get(reverse("release_scan", args=[case.number])).status_code == 404
    assert list(record.verify()) == []
    with pytest.raises(papers.PaperPurged):
        papers.keep(name="再次.pdf", data=PDF, by=tables.fresh(world.leader), now=NOW)
