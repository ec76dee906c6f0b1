"""Attachments: what is taken, who may add, remove and open, and that approvals are bound to what is attached."""

import io
import zipfile
from dataclasses import replace
from types import SimpleNamespace
from typing import Any

import pytest
from django.core.files.storage import default_storage
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse

from targets import attachments, judging, profiles, reviews, rows
from targets.models import Attachment, ProjectListing, Revision, TargetTable
from tests.targets import papers
from tests.targets.papers import again, fresh
from tests.targets.test_pages_tables import at_now, client_of
from tests.world import NOW, key, seen
from workflow.models import Case
from workflow.refusals import NotPermitted, NotPossible, NotVisible, Stale

__all__ = ["at_now"]
PDF = b"%PDF-1.7 demo"
PNG = b"\x89PNG\r\n\x1a\n demo"


def package(*members: str) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        for member in members:
            archive.writestr(member, "x")
    return out.getvalue()


def attach(world: SimpleNamespace, case: Case, **more: Any) -> Attachment:
    given = {"kind": "plan", "name": "演示方案.pdf", "data": PDF, "by": fresh(world.editor), "now": NOW} | more
    return attachments.add(case=case, **given)


@pytest.mark.parametrize(("name", "data"), [
    ("方案.docx", package("[Content_Types].xml", "word/document.xml")), ("明细.xlsx", package("xl/workbook.xml")),
    ("批复.ofd", package("OFD.xml")), ("批复.PDF", PDF), ("页.jpg", b"\xff\xd8\xff\xe0"), ("页.jpeg", b"\xff\xd8\xff"),
    ("页.png", PNG),
])
def test_files_of_the_allowed_kinds_are_taken(world: SimpleNamespace, name: str, data: bytes) -> None:
    made = attach(world, papers.filled(world), name=name, data=data)
    assert (made.name, made.size) == (name, len(data))
    with default_storage.open(made.path) as stored:
        assert stored.read() == data
    assert name.rpartition(".")[0] not in made.path


@pytest.mark.parametrize(("name", "data", "refused"), [
    ("方案.exe", b"MZ", attachments.AttachmentType),
    ("方案.pdf", b"MZ not a pdf", attachments.AttachmentType),
    ("方案.docx", package("xl/workbook.xml"), attachments.AttachmentType),
    ("方案.docx", package("word/document.xml", "word/vbaProject.bin"), attachments.AttachmentType),
    ("方案.xlsx", b"PK\x03\x04 broken", attachments.AttachmentType),
    ("页.svg", b"<svg/>", attachments.AttachmentType),
    ("方案", PDF, attachments.AttachmentType),
    ("方案.pdf", b"", attachments.AttachmentEmpty),
])
def test_other_files_are_refused_and_leave_nothing(world: SimpleNamespace, name: str, data: bytes,
                                                   refused: type[Exception]) -> None:
    case = papers.filled(world)
    with pytest.raises(refused):
        attach(world, case, name=name, data=data)
    assert not Attachment.objects.exists()
    assert again(case).content_hash == case.content_hash


def test_a_file_too_large_is_refused(world: SimpleNamespace, settings: Any) -> None:
    settings.UPLOAD_LIMIT_BYTES = 10
    with pytest.raises(attachments.AttachmentTooLarge):
        attach(world, papers.filled(world))
    assert not Attachment.objects.exists()


def test_an_unknown_kind_and_the_same_file_twice_are_refused(world: SimpleNamespace) -> None:
    case = papers.filled(world)
    with pytest.raises(attachments.UnknownAttachmentKind):
        attach(world, case, kind="evidence")
    attach(world, case)
    with pytest.raises(attachments.AttachmentThere):
        attach(world, case, name="同一.pdf")
    assert [a.name for a in Attachment.objects.all()] == ["演示方案.pdf"]


def test_the_name_keeps_its_ending_and_no_folder(world: SimpleNamespace) -> None:
    made = attach(world, papers.filled(world), name="C:\\甲\\../乙/" + "长" * 300 + ".pdf")
    assert made.name == "长" * 116 + ".pdf"


def test_what_is_attached_is_in_the_content_hash_and_leaves_it_again(world: SimpleNamespace) -> None:
    case = papers.filled(world)
    made = attach(world, case)
    assert rows.content_of(case).attachments == (made.sha256,)
    assert again(case).content_hash == rows.content_of(case).hash() != case.content_hash
    assert again(case).amount == case.amount
    attachments.remove(attachment=made, by=fresh(world.editor), now=NOW)
    assert again(case).content_hash == case.content_hash
    made.refresh_from_db()
    assert (made.removed_at, made.removed_by_id) == (NOW, world.editor.pk)
    assert default_storage.exists(made.path)


def test_whoever_may_not_edit_attaches_nothing(world: SimpleNamespace) -> None:
    case = papers.filled(world)
    for person, refused in ((world.reviewer, NotPermitted), (world.auditor, NotPermitted), (world.teacher, NotVisible)):
        with pytest.raises(refused):
            attach(world, case, by=fresh(person))
    assert not Attachment.objects.exists()
    assert again(case).content_hash == case.content_hash


def test_after_submission_nothing_is_attached_or_removed(world: SimpleNamespace) -> None:
    case = papers.filled(world)
    made = attach(world, case)
    papers.drafts.submit(case=case, by=fresh(world.editor), now=NOW, seen=seen(case), key=key(), looked_at=True)
    before = again(case).content_hash
    with pytest.raises(NotPossible):
        attach(world, case, data=PDF + b"2")
    with pytest.raises(NotPossible):
        attachments.remove(attachment=made, by=fresh(world.editor), now=NOW)
    assert Attachment.objects.get().removed_at is None
    assert again(case).content_hash == before


def test_a_submission_names_its_attachments_and_keeps_them_open(world: SimpleNamespace) -> None:
    case = papers.filled(world)
    made, never = attach(world, case), attach(world, case, data=PNG, name="误传.png")
    attachments.remove(attachment=never, by=fresh(world.editor), now=NOW)
    with pytest.raises(NotVisible):
        attachments.find(case, never.pk)
    papers.drafts.submit(case=case, by=fresh(world.editor), now=NOW, seen=seen(case), key=key(), looked_at=True)
    assert made.sha256 in Revision.objects.get(case=case).content
    reviews.decide(case=case, by=fresh(world.reviewer), verdict="return", seen=seen(case), key=key(), now=NOW,
                   words="请换方案")
    attachments.remove(attachment=made, by=fresh(world.editor), now=NOW)
    assert attachments.find(case, made.pk) == made
    shelf = attachments.shelf(again(case), TargetTable.objects.get(pk=case.pk), listing=None)
    assert ([s.file for s in shelf.files], [s.file for s in shelf.earlier]) == ([], [made])


def test_a_decision_on_other_attachments_is_stale(world: SimpleNamespace) -> None:
    case = papers.filled(world)
    old = seen(case)
    attach(world, case)
    with pytest.raises(Stale):
        papers.drafts.submit(case=case, by=fresh(world.editor), now=NOW, seen=old, key=key(), looked_at=True)
    assert again(case).state == "draft"


def test_a_large_new_project_is_asked_for_its_papers(world: SimpleNamespace) -> None:
    case = papers.filled(world)
    table = TargetTable.objects.get(pk=case.pk)
    listing = ProjectListing.objects.get(case=case)
    assert attachments.required_labels(case, table, listing) == ()
    listing.amount = 1_000_000
    listing.save()
    assert attachments.required_labels(case, table, listing) == ("立项依据", "实施方案", "测算明细")
    attach(world, case)
    found = [judging.sentence(f) for f in judging.judge(again(case), rows.content_of(case), table)
             if f.rule == "ATT-01"]
    assert len(found) == 1
    assert "立项依据、测算明细" in found[0]
    assert "实施方案" not in found[0]
    listing.is_continuing = True
    assert attachments.required_labels(case, table, listing) == ()
    assert attachments.required_labels(case, table, None) is None


def test_a_profile_that_names_a_kind_twice_is_refused() -> None:
    profile = profiles.load()
    with pytest.raises(ValueError, match="plan twice"):
        profiles._refuse_contradictions(replace(profile, attachments=profile.attachments * 2))


def test_a_file_is_attached_opened_and_removed_over_http(world: SimpleNamespace) -> None:
    case = papers.filled(world)
    editor, page = client_of(world.editor), reverse("table", args=[case.number])
    added = editor.post(reverse("attachment_add", args=[case.number]),
                        {"kind": "basis", "file": SimpleUploadedFile("演示“依据”.pdf", PDF)})
    assert added.status_code == 302
    made = Attachment.objects.get()
    assert made.name in editor.get(page).content.decode()
    url = reverse("attachment", args=[case.number, made.pk])
    answer = client_of(world.reviewer).get(url)
    assert b"".join(answer.streaming_content) == PDF  # type: ignore[attr-defined]
    assert answer.headers["Content-Disposition"].startswith("attachment; filename*=utf-8''%E6%BC%94")
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert "no-store" in answer.headers["Cache-Control"]
    assert answer.headers["Content-Type"] == "application/octet-stream"
    assert client_of(world.reviewer).get(page).content.decode().count(made.name) == 1
    assert editor.post(reverse("attachment_remove", args=[case.number, made.pk])).status_code == 302
    assert editor.get(url).status_code == 404


def test_to_whom_the_case_is_invisible_its_files_are_too(world: SimpleNamespace) -> None:
    case = papers.filled(world)
    made = attach(world, case)
    other = client_of(world.teacher)
    assert other.get(reverse("attachment", args=[case.number, made.pk])).status_code == 404
    assert other.post(reverse("attachment_remove", args=[case.number, made.pk])).status_code == 404
    assert other.post(reverse("attachment_add", args=[case.number]),
                      {"kind": "basis", "file": SimpleUploadedFile("甲.pdf", PDF)}).status_code == 404
    assert Attachment.objects.get().removed_at is None
    mine = papers.projects.add_off_list(unit=world.primary, name="演示小学项目", by=fresh(world.teacher), key=key(),
                                       now=NOW)
    assert other.get(reverse("attachment", args=[mine.number, made.pk])).status_code == 404


def test_a_refused_file_is_told_on_the_form_and_a_reviewer_may_not_post_one(world: SimpleNamespace) -> None:
    case = papers.filled(world)
    url = reverse("attachment_add", args=[case.number])
    shown = client_of(world.editor).post(url, {"kind": "plan", "file": SimpleUploadedFile("甲.exe", b"MZ")})
    assert shown.status_code == 422
    assert isinstance(shown.context["attachment_refusal"], attachments.AttachmentType)
    assert client_of(world.editor).post(url, {"kind": "plan"}).status_code == 422
    assert client_of(world.reviewer).post(
        url, {"kind": "plan", "file": SimpleUploadedFile("甲.pdf", PDF)}).status_code == 403
    assert not Attachment.objects.exists()


def test_several_files_are_attached_at_once_and_a_wrong_one_keeps_none_of_the_others_back(
        world: SimpleNamespace) -> None:
    case = papers.filled(world)
    files = [SimpleUploadedFile("甲.pdf", PDF), SimpleUploadedFile("乙.exe", b"MZ"), SimpleUploadedFile("丙.png", PNG),
             SimpleUploadedFile("丁.pdf", b"")]
    shown = client_of(world.editor).post(reverse("attachment_add", args=[case.number]), {"kind": "plan", "file": files})
    assert shown.status_code == 422
    assert [file.name for file in Attachment.objects.order_by("position")] == ["甲.pdf", "丙.png"]
    page = shown.content.decode()
    for text in ("甲.pdf", "丙.png", "“乙.exe”"):
        assert text in page
    assert isinstance(shown.context["attachment_refusal"], attachments.AttachmentType)
    assert len(rows.content_of(again(case)).attachments) == 2
