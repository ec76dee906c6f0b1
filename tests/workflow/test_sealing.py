"""Seals and exports: who rewrites a whole chain is found by the key, who gets a zip checks it with Python alone."""

import io
import json
import subprocess
import sys
import zipfile
from datetime import timedelta

import pytest
from django.core.management import call_command
from django.core.management.base import CommandError
from django.db import connection

from tests.world import NOW, act, toy_case, walk_to
from workflow import append_only, exports, record, sealing
from workflow.machine import Action
from workflow.models import Case, Event, Seal

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def own_directory(settings, tmp_path):
    settings.VAR_DIR = tmp_path
    settings.SEAL_KEY = ""


@pytest.fixture
def sealed(world, toy, django_capture_on_commit_callbacks):
    case = walk_to(toy_case(world, toy), world, "finance_review")
    with django_capture_on_commit_callbacks(execute=True):
        sealing.seal(now=NOW)
    return case


def faults():
    return [(f.number, f.seq) for f in sealing.verify()]


def rewrite(case, **columns):
    """Change the case's second event and compute every later hash anew, as somebody does who owns the database."""
    append_only.remove(connection)
    prev = ""
    for event in Event.objects.filter(case=case).order_by("seq"):
        if event.seq == 2:
            for name, value in columns.items():
                setattr(event, name, value)
        event.prev = prev
        event.hash = prev = record.digest(event)
        event.save()
    Case.objects.filter(pk=case.pk).update(head=prev)
    append_only.install(connection)


def test_a_seal_covers_what_changed_and_nothing_is_sealed_twice(sealed, world, toy, tmp_path):
    assert faults() == []
    heads = json.loads(Seal.objects.get().heads)["heads"]
    sealed.refresh_from_db(fields=["head", "head_seq"])
    assert heads == {str(sealed.pk): [sealed.head_seq, sealed.head]}
    assert sealing.seal(now=NOW) is None
    other = toy_case(world, toy)
    second = sealing.seal(now=NOW)
    assert str(other.pk) in json.loads(second.heads)["heads"]
    assert second.prev == Seal.objects.first().mac
    assert (tmp_path / "seal_key").stat().st_mode & 0o077 == 0
    assert faults() == []
    call_command("verify_record")


def test_a_chain_rewritten_whole_is_found_by_its_seal_alone(sealed):
    rewrite(sealed, actor_name="演示·somebody else")
    assert list(record.verify()) == []
    assert faults() == [(sealed.number, Event.objects.filter(case=sealed).count())]
    with pytest.raises(CommandError):
        call_command("verify_record")


@pytest.mark.parametrize("columns", [{"heads": '{"heads":{},"upto":9}'}, {"mac": "0" * 64}, {"prev": "x"}])
def test_a_seal_changed_in_the_database_is_found(sealed, columns):
    append_only.remove(connection)
    Seal.objects.update(**columns)
    append_only.install(connection)
    assert faults()


def test_a_seal_removed_from_the_database_stands_in_the_file(sealed, tmp_path):
    append_only.remove(connection)
    Seal.objects.all()._raw_delete(using="default")
    append_only.install(connection)
    assert faults() == [("seal", json.loads((tmp_path / "seals.jsonl").read_text())["id"])]


def test_without_its_key_or_with_another_a_seal_does_not_pass(sealed, settings, tmp_path):
    settings.SEAL_KEY = "another key"
    assert faults()
    settings.SEAL_KEY = ""
    (tmp_path / "seal_key").unlink()
    assert faults() == [("seal", 0)]


def test_time_seals_once_an_hour(sealed, world, toy):
    toy_case(world, toy)
    sealing.when_time_passes(now=NOW + timedelta(minutes=59))
    assert Seal.objects.count() == 1
    sealing.when_time_passes(now=NOW + timedelta(minutes=60))
    assert Seal.objects.count() == 2
    call_command("seal_record")
    assert Seal.objects.count() == 2


# Export


def exported(case, tmp_path):
    out = tmp_path / "case.zip"
    call_command("export_record", case.number, out=str(out))
    return out


def check(place):
    done = subprocess.run([sys.executable, "-I", str(exports.VERIFIER), str(place)], capture_output=True, text=True)
    return done.returncode, done.stdout + done.stderr


def test_an_exported_record_is_checked_by_plain_python(world, toy, tmp_path):
    case = walk_to(toy_case(world, toy), world, "release")
    act(case, Action.RETURN, world.leader, reason="请核对", to="business")
    out = exported(case, tmp_path)
    code, said = check(out)
    assert (code, "holds" in said) == (0, True), said
    assert Event.objects.filter(case=case).last().action == Action.EXPORT
    with zipfile.ZipFile(out) as archive:
        assert archive.read("verify.py") == exports.VERIFIER.read_bytes()
        assert len(archive.read("events.jsonl").splitlines()) == Event.objects.filter(case=case).count()
        assert len(archive.read("decisions.jsonl").splitlines()) == 4
    assert len(exports.VERIFIER.read_text().splitlines()) <= 80


@pytest.mark.parametrize("how", ["changed", "removed", "swapped", "cut"])
def test_a_record_tampered_with_after_its_export_is_found(world, toy, tmp_path, how):
    case = walk_to(toy_case(world, toy), world, "release")
    out = exported(case, tmp_path)
    with zipfile.ZipFile(out) as archive:
        files = {name: archive.read(name).decode() for name in archive.namelist()}
    lines = files["events.jsonl"].splitlines()
    if how == "changed":
        lines[3] = lines[3].replace("演示·", "别人·")
    elif how == "removed":
        del lines[2]
    elif how == "swapped":
        lines[2], lines[3] = lines[3], lines[2]
    else:
        del lines[-1]
    files["events.jsonl"] = "\n".join(lines)
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        for name, text in files.items():
            archive.writestr(name, text)
    out.write_bytes(packed.getvalue())
    code, said = check(out)
    assert (code, "FAULT" in said) == (1, True), said


def test_a_record_that_one_does_not_see_is_not_exported(world, toy, tmp_path):
    case = walk_to(toy_case(world, toy), world, "release")
    before = Event.objects.count()
    for options in ({"person": "teacher"}, {"person": "ghost"}):
        with pytest.raises(CommandError):
            call_command("export_record", case.number, out=str(tmp_path / "x.zip"), **options)
    assert not (tmp_path / "x.zip").exists()
    assert Event.objects.count() == before


# Explain


def test_explain_says_who_has_it_and_what_a_person_may_do_by_what_right(world, toy, capsys):
    case = walk_to(toy_case(world, toy), world, "finance_review")
    call_command("explain", case.number)
    said = capsys.readouterr().out
    assert "演示业务股" in said
    assert "● 业务股审核" in said
    call_command("explain", case.number, person="business_reviewer")
    said = capsys.readouterr().out
    assert "审核通过: ✓ · 演示业务股·" in said
    assert "批复: 您不能" in said or "批复: " in said
    for options in ({"person": "teacher"}, {"person": "ghost"}):
        with pytest.raises(CommandError):
            call_command("explain", case.number, **options)
