"""Purge for secrecy: two people sign, the content goes and its hash stays, and the record still holds together."""

import io
import json
import subprocess
import sys
import zipfile

import pytest
from django.core.files.storage import default_storage
from django.core.management import call_command
from django.core.management.base import CommandError
from django.test import Client
from django.urls import reverse

from notifications import queries
from notifications.expand import expand
from notifications.models import Delivery
from targets import attachments, drafts, uploads
from targets.export import Format
from targets.exporting import export_table
from targets.models import Attachment, ImportedTable, Indicator, Revision, TargetTable
from tests.targets import papers
from tests.targets.papers import fresh
from tests.world import NOW, act
from workflow import exports, purging, record, rulings
from workflow.machine import Action
from workflow.models import Case, Event, Purge, Ruling, User
from workflow.refusals import NotPermitted, NotVisible, ReasonMissing

pytestmark = pytest.mark.django_db
SECRET = "为保障演练采购的物资"
PDF = b"%PDF-1.7 secret"


@pytest.fixture
def keeper(world):
    return User.objects.create(username="keeper", administers="security")


def again(case):
    return Case.objects.select_related("unit", "department").get(pk=case.pk)


@pytest.fixture
def case(world):
    """A table that said the secret when it was first submitted, and says something else now."""
    made = papers.filled(world)
    drafts.save_table(case=made, by=fresh(world.editor), now=NOW, seen=drafts.seen_of(again(made)),
                      header=papers.HEADER | {"annual_goal": SECRET}, rows=papers.posted())
    act(made, Action.SUBMIT, world.editor, looked_at=True)
    act(made, Action.RECALL, world.editor)
    drafts.save_table(case=made, by=fresh(world.editor), now=NOW, seen=drafts.seen_of(again(made)),
                      header=papers.HEADER, rows=papers.posted())
    return again(made)


def first_hash(case):
    return Revision.objects.filter(case=case).order_by("event_seq").first().content_hash


def ask(case, by, *, sha256=None, reason="涉密", what="content"):
    digest = sha256 or first_hash(case)
    return purging.ask(case=again(case), what=what, sha256=digest, reason=reason, by=fresh(by), now=NOW)


def confirm(purge, by):
    return purging.confirm(purge=purge, by=fresh(by), now=NOW)


def everything():
    return (list(Revision.objects.values()), list(Attachment.objects.values()), list(Indicator.objects.values()),
            list(TargetTable.objects.values()), Event.objects.count())


def told(kind="purge_asked"):
    return set(Delivery.objects.filter(notice__kind=kind).values_list("recipient__username", flat=True))


def test_who_administers_security_hears_that_a_head_has_asked_and_learns_nothing_of_the_case(world, case, keeper):
    ask(case, world.head)
    expand(now=NOW)
    assert told() == {"keeper"}
    (row,) = queries.notices_for(fresh(keeper))
    assert "涉密" in row.body
    assert not [word for word in (case.title, case.number, case.unit.name) if word in row.subject + row.body]


def test_the_heads_of_the_offices_hear_that_the_administrator_has_asked(world, case, keeper):
    ask(case, keeper)
    ask(case, keeper)
    expand(now=NOW)
    heads = {user.username for user in User.objects.all() if purging.is_head(user, case)}
    assert told() == heads != set()
    (row,) = queries.notices_for(fresh(world.head))
    assert case.number in row.body


@pytest.mark.parametrize("order", ["head first", "keeper first"])
def test_two_signatures_take_the_content_away_and_leave_its_hash(world, case, keeper, order):
    one, two = (world.head, keeper) if order == "head first" else (keeper, world.head)
    digest, decisions = first_hash(case), list(Event.objects.filter(case=case).values_list("hash", flat=True))
    purge = ask(case, one)
    assert SECRET in Revision.objects.get(case=case, content_hash=digest).content
    confirm(purge, two)
    gone = Revision.objects.get(case=case, content_hash=digest)
    assert SECRET not in gone.content
    assert gone.purged_at == NOW
    assert list(Event.objects.filter(case=case).values_list("hash", flat=True))[:-1] == decisions
    event = Event.objects.filter(case=case).last()
    assert (event.action, event.actor, record.payload_of(event)["sha256"]) == ("purge", two, digest)
    assert record.payload_of(event)["asked_by"] == str(one)
    assert [one.action for one in Ruling.objects.all()] == ["ask_purge", "purge"]
    assert list(record.verify()) == []
    assert list(rulings.verify()) == []
    call_command("verify_record")
    assert again(case).content_hash != digest
    act(case, Action.SUBMIT, world.editor, looked_at=True)


def test_one_person_never_signs_twice_and_two_of_a_kind_are_not_enough(world, case, keeper):
    before = everything()
    purge = ask(case, world.head)
    for by in (world.head, world.leader):
        with pytest.raises(purging.SecondSignature):
            confirm(purge, by)
    other = User.objects.create(username="keeper2", administers="security")
    by_keeper = ask(case, world.head)
    assert by_keeper == purge
    purging.refuse(purge=purge, by=fresh(keeper), now=NOW)
    purge = ask(case, keeper)
    for by in (keeper, other):
        with pytest.raises(purging.SecondSignature):
            confirm(purge, by)
    assert everything() == before
    assert not Purge.objects.filter(is_carried_out=True).exists()


def test_who_may_not_and_what_is_not_there_is_refused(world, case, keeper):
    before = everything()
    with pytest.raises(NotVisible):
        ask(case, world.teacher)
    with pytest.raises(NotPermitted):
        ask(case, world.editor)
    with pytest.raises(ReasonMissing):
        ask(case, world.head, reason=" ")
    with pytest.raises(purging.PurgeRefused):
        ask(case, world.head, sha256="0" * 64)
    with pytest.raises(purging.PurgeRefused):
        ask(case, world.head, sha256=again(case).content_hash, what="attachment")
    drafts_hash = again(case).content_hash
    act(case, Action.SUBMIT, world.editor, looked_at=True)
    with pytest.raises(purging.PurgeRefused):
        ask(case, world.head, sha256=drafts_hash)
    assert not Purge.objects.exists()
    purge = ask(case, world.head)
    for by in (world.teacher, world.editor, User.objects.create(username="auditing", administers="audit")):
        with pytest.raises(NotVisible):
            confirm(purge, by)
    confirm(purge, keeper)
    with pytest.raises(purging.PurgeRefused):
        confirm(purge, keeper)
    with pytest.raises(purging.PurgeRefused):
        ask(case, world.head)
    assert everything() != before


def test_the_system_administrator_signs_only_where_nobody_administers_security(world, case):
    system = User.objects.create(username="system", administers="system")
    assert purging.is_keeper(system)
    User.objects.create(username="security", administers="security")
    assert not purging.is_keeper(fresh(system))


def test_a_cancelled_case_loses_its_text_its_name_and_what_was_read(world, keeper, django_capture_on_commit_callbacks):
    source = uploads.import_upload(
        name="演示.txt", data=papers.paper(rows=[*papers.ROWS[:-1], ("31", SECRET, "≥90%")]), by=fresh(world.editor),
        now=NOW)
    (read,) = source.tables.all()
    made = uploads.confirm_import(staged=read, project=None, by=fresh(world.editor), now=NOW, key="k-purge")
    act(made, Action.CANCEL, world.editor, reason="涉密，线下办理")
    digest = again(made).content_hash
    purge = ask(made, world.head, sha256=digest)
    with django_capture_on_commit_callbacks(execute=True):
        confirm(purge, keeper)
    assert again(made).title == purging.PURGED
    assert again(made).content_hash == digest
    assert not Indicator.objects.filter(name__contains=SECRET).exists()
    read = ImportedTable.objects.select_related("source").get(pk=read.pk)
    assert SECRET not in read.content + json.dumps(read.source_rows, ensure_ascii=False)
    with default_storage.open(read.source.file.name) as file:
        assert SECRET.encode() not in file.read()
    assert list(record.verify()) == []


def test_an_attachment_goes_and_its_digest_stays_in_the_hash(world, keeper, django_capture_on_commit_callbacks):
    made = papers.filled(world)
    file = attachments.add(case=made, kind="plan", name="机要.pdf", data=PDF, by=fresh(world.editor), now=NOW)
    with pytest.raises(purging.PurgeRefused):
        ask(made, world.head, sha256=file.sha256, what="attachment")
    act(made, Action.SUBMIT, world.editor, looked_at=True)
    act(made, Action.RECALL, world.editor)
    attachments.remove(attachment=file, by=fresh(world.editor), now=NOW)
    purge = ask(made, world.head, sha256=file.sha256, what="attachment")
    with django_capture_on_commit_callbacks(execute=True):
        confirm(purge, keeper)
    file.refresh_from_db()
    assert (file.name, file.purged_at) == (purging.PURGED, NOW)
    assert not default_storage.exists(file.path)
    assert file.sha256 in Revision.objects.get(case=made).content
    with pytest.raises(attachments.AttachmentPurged):
        attachments.find(again(made), file.pk)


def test_the_export_says_purged_and_still_verifies(world, case, keeper, tmp_path):
    digest = first_hash(case)
    confirm(ask(case, world.head), keeper)
    packed = exports.export_record(case_id=case.pk, by=None, now=NOW)
    (tmp_path / "r.zip").write_bytes(packed)
    (tmp_path / "verify.py").write_bytes(zipfile.ZipFile(io.BytesIO(packed)).read("verify.py"))
    done = subprocess.run([sys.executable, str(tmp_path / "verify.py"), str(tmp_path / "r.zip")], capture_output=True,
                          text=True, check=False, env={"PYTHONIOENCODING": "utf-8"})
    assert done.returncode == 0, done.stdout + done.stderr
    assert f"已清除） {digest}" in done.stdout
    assert SECRET not in packed.decode("latin-1")
    assert len(zipfile.ZipFile(io.BytesIO(packed)).read("verify.py").decode().splitlines()) <= 80
    assert export_table(case=again(case), format=Format.XLSX, by=None, now=NOW).data


def test_a_content_that_was_changed_in_the_zip_is_found(world, case, tmp_path):
    packed = exports.export_record(case_id=case.pk, by=None, now=NOW)
    with zipfile.ZipFile(io.BytesIO(packed)) as archive:
        for name in archive.namelist():
            (tmp_path / name).write_bytes(archive.read(name))
    verify = [sys.executable, str(tmp_path / "verify.py")]
    env = {"PYTHONIOENCODING": "utf-8"}
    assert subprocess.run(verify, capture_output=True, check=False, env=env).returncode == 0
    changed = (tmp_path / "contents.jsonl").read_text(encoding="utf-8").replace(SECRET, "采购图书")
    (tmp_path / "contents.jsonl").write_text(changed, encoding="utf-8")
    assert subprocess.run(verify, capture_output=True, check=False, env=env).returncode == 1


def client_of(user):
    client = Client()
    client.force_login(fresh(user))
    return client


def test_head_and_keeper_sign_over_pages(world, case, keeper):
    head, admin, stranger = client_of(world.head), client_of(keeper), client_of(world.editor)
    here = reverse("case_purge", args=[case.number])
    assert stranger.get(here).status_code == 403
    assert admin.get(here).status_code == 404
    assert first_hash(case) in head.get(here).content.decode()
    which = f"content:{first_hash(case)}"
    assert head.post(here, {"which": which, "reason": ""}).status_code == 422
    assert head.post(here, {"which": "", "reason": "涉密"}).status_code == 422
    assert head.post(here, {"which": which, "reason": "涉密"}).status_code == 302
    number = Purge.objects.get().pk
    shown = admin.get(reverse("purges")).content.decode()
    assert case.number in shown
    assert case.title not in shown
    assert head.post(reverse("purges"), {"confirm": number}).status_code == 422
    assert stranger.post(reverse("purges"), {"confirm": number}).status_code == 422
    assert Revision.objects.filter(purged_at=None).count() == Revision.objects.count()
    assert admin.post(reverse("purges"), {"confirm": number}).status_code == 302
    assert Purge.objects.get().is_carried_out
    assert head.get(reverse("table", args=[case.number])).status_code == 200


def test_the_command_lists_asks_and_confirms(world, case, keeper, capsys):
    call_command("purge", case.number)
    assert first_hash(case) in capsys.readouterr().out
    with pytest.raises(CommandError):
        call_command("purge", case.number, "--ask", "0" * 64, "--as", "head", "--reason", "x")
    call_command("purge", case.number, "--ask", first_hash(case), "--as", "head", "--reason", "涉密")
    number = str(Purge.objects.get().pk)
    with pytest.raises(CommandError):
        call_command("purge", case.number, "--confirm", number, "--as", "head")
    call_command("purge", case.number, "--confirm", number, "--as", "keeper")
    assert Purge.objects.get().is_carried_out
