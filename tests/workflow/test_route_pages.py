"""A route over its command and its pages, and the chain of rulings that says who published it."""

import pytest
from django.core.management import call_command
from django.core.management.base import CommandError
from django.urls import reverse

from tests.workflow.test_routes import GIVEN, add, client_of, draft, keys
from tests.world import NOW
from workflow import route_editing, rulings
from workflow.models import Event, Route, Ruling
from workflow.refusals import DetailMissing

__all__ = ["draft"]
pytestmark = pytest.mark.django_db


def test_rulings_are_chained_and_a_changed_one_is_found(world, draft):
    from django.db import DatabaseError, connection, transaction

    from workflow import append_only

    for n in range(3):
        rulings.note(action=rulings.Rule.ALIAS, subject=str(n), by=world.leader, now=NOW, payload={})
    assert list(rulings.verify()) == []
    with pytest.raises(DatabaseError), transaction.atomic():
        Ruling.objects.filter(seq=2).update(subject="x")
    append_only.remove(connection)
    Ruling.objects.filter(seq=2).update(subject="x")
    assert [(fault.number, fault.seq) for fault in rulings.verify()] == [("rulings", 2)]
    Ruling.objects.filter(seq=2).delete()
    assert {fault.seq for fault in rulings.verify()} == {3}
    append_only.install(connection)


def test_the_command_shows_checks_and_publishes(world, draft, capsys):
    call_command("routes", "show")
    assert "draft" in capsys.readouterr().out
    call_command("routes", "check", str(draft.pk))
    add(draft, world.leader)
    call_command("routes", "show", str(draft.pk))
    assert "step-1" in capsys.readouterr().out
    with pytest.raises(CommandError):
        call_command("routes", "publish", str(draft.pk), "--as", "editor")
    with pytest.raises(CommandError):
        call_command("routes", "publish", str(draft.pk), "--as", "nobody")
    with pytest.raises(CommandError):
        call_command("routes", "publish", str(draft.pk), "--as", "leader")
    call_command("routes", "publish", str(draft.pk), "--as", "leader", "--despite")
    assert Route.objects.get(pk=draft.pk).published_at


def test_a_clerk_edits_without_script_and_a_head_publishes(world):
    clerk = client_of(world.performance_reviewer)
    begun = clerk.post(reverse("route_begin"), {"of": "target@nx_2022"})
    draft = Route.objects.get(published_at=None)
    assert begun["Location"] == reverse("route_draft", args=[draft.pk])
    page = clerk.get(reverse("route_step_add", args=[draft.pk]))
    seen = page.context["seen"]
    bad = clerk.post(reverse("route_step_add", args=[draft.pk]), GIVEN | {"days_allowed": "x", "seen": seen})
    assert bad.status_code == 422
    assert "分管领导审核" in bad.content.decode()
    good = clerk.post(reverse("route_step_add", args=[draft.pk]), GIVEN | {"seen": seen})
    assert good.status_code == 302
    page = clerk.get(reverse("route_draft", args=[draft.pk]))
    assert clerk.post(reverse("route_draft", args=[draft.pk]), {"up": "step-1", "seen": "old"}).status_code == 422
    clerk.post(reverse("route_draft", args=[draft.pk]), {"up": "step-1", "seen": page.context["seen"]})
    assert keys(draft)[-3:] == ["step-1", "performance", "release"]
    edit = clerk.get(reverse("route_step", args=[draft.pk, "step-1"]))
    assert edit.context["given"]["amount_from"] == "100"
    head = client_of(world.leader)
    seen = head.get(reverse("route_draft", args=[draft.pk])).context["seen"]
    given = {"title": "县级路径", "basis": "", "seen": seen, "publish": "1", "despite": "1"}
    assert clerk.post(reverse("route_draft", args=[draft.pk]), given).status_code == 422
    assert head.post(reverse("route_draft", args=[draft.pk]), given | {"title": ""}).status_code == 422
    assert Route.objects.get(pk=draft.pk).published_at is None
    assert head.post(reverse("route_draft", args=[draft.pk]), given)["Location"] == reverse("route_list")
    shown = head.get(reverse("route_show", args=[draft.pk])).content.decode()
    assert "分管领导审核" in shown
    assert "<svg" in shown
    assert head.get(reverse("route_list")).status_code == 200
    assert client_of(world.editor).get(reverse("route_list")).status_code == 403
    assert Event.objects.count() == 0


def test_a_head_without_title_is_refused(world, draft):
    with pytest.raises(DetailMissing):
        route_editing.set_head(draft.pk, title=" ", basis="", by=world.leader)
