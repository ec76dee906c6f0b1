"""Django's admin: administrators look, who administers rules enters rounds, nothing is deleted, nobody else gets in."""

import json

import pytest
from django.contrib import admin
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from notifications.models import Hook
from targets.models import Project
from tests.world import NOW, toy_case
from workflow.models import Round, RoundDate, Ruling, User

pytestmark = pytest.mark.django_db
ENTERED = {"workflow.round", "notifications.hook"}
"""What is added and changed in the admin; all else is only looked at there."""
ROOMS = ("workflow", "targets", "notifications")
MODELS = sorted(one._meta.label_lower for one in admin.site._registry if one._meta.app_label in ROOMS)
PROCEDURE = [label for label in MODELS if label.startswith("workflow.")]


@pytest.fixture
def people(world, toy):
    toy_case(world, toy)
    Project.objects.create(name="演示项目", unit=world.own, first_year=2027, created_at=NOW)
    kinds = {kind: User.objects.create(username=kind, administers=kind, is_staff=True) for kind in ("system", "audit")}
    root = User.objects.create(username="root", is_staff=True, is_superuser=True)
    return kinds | {"root": root, "staff": User.objects.create(username="staff", is_staff=True)}


def client_of(user):
    client = Client()
    client.force_login(User.objects.get(pk=user.pk))
    return client


def address(label, what, *args):
    return reverse(f"admin:{label.replace('.', '_')}_{what}", args=args)


def model_of(label):
    return next(one for one in admin.site._registry if one._meta.label_lower == label)


def test_the_documents_and_the_messages_are_not_for_administrators_without_django_s_own_rights(people):
    client = client_of(people["system"])
    others = [label for label in MODELS if label not in PROCEDURE]
    assert len(others) > 3
    assert {client.get(address(label, what)).status_code for label in others for what in ("changelist", "add")} == {403}


@pytest.mark.parametrize(
    ("who", "label"), [*(("system", label) for label in PROCEDURE), *(("root", label) for label in MODELS)]
)
def test_administrators_look_and_nobody_adds_changes_or_deletes_what_has_pages_of_its_own(people, who, label):
    client, model = client_of(people[who]), model_of(label)
    if label == "notifications.hook":
        Hook.objects.create(title="演示", address="https://example.invalid/")
    assert client.get(address(label, "changelist")).status_code == 200
    may_enter = label in ENTERED
    assert client.get(address(label, "add")).status_code == (200 if may_enter else 403)
    before = list(model.objects.order_by("pk").values())
    for row in model.objects.order_by("pk")[:1]:
        page = client.get(address(label, "change", row.pk))
        assert page.status_code == 200
        assert (b'name="_save"' in page.content) == may_enter
        if not may_enter:
            assert client.post(address(label, "change", row.pk), {}).status_code == 403
        assert client.get(address(label, "delete", row.pk)).status_code == 403
        assert client.post(address(label, "delete", row.pk), {"post": "yes"}).status_code == 403
    assert list(model.objects.order_by("pk").values()) == before


@pytest.mark.parametrize("label", MODELS)
def test_whose_account_may_enter_the_admin_but_who_administers_nothing_sees_nothing_there(people, label):
    client, model = client_of(people["staff"]), model_of(label)
    paths = [address(label, "changelist"), address(label, "add")]
    paths += [address(label, "change", row.pk) for row in model.objects.order_by("pk")[:1]]
    assert {client.get(path).status_code for path in paths} == {403}


def test_who_audits_looks_at_rounds_and_neither_adds_nor_changes_them(people, world):
    client, before = client_of(people["audit"]), list(Round.objects.values())
    assert client.get(address("workflow.round", "changelist")).status_code == 200
    assert client.get(address("workflow.round", "add")).status_code == 403
    page = client.get(address("workflow.round", "change", world.round.pk))
    assert (page.status_code, b'name="_save"' in page.content) == (200, False)
    assert client.post(address("workflow.round", "change", world.round.pk), {"title": "另一个"}).status_code == 403
    assert list(Round.objects.values()) == before


def form_of(page):
    """Return what the form of a round would send, its inline rows among it."""
    sets = [one.formset for one in page.context["inline_admin_formsets"]]
    forms = [page.context["adminform"].form, *(form for one in sets for form in (one.management_form, *one.forms))]
    sent = {}
    for form in forms:
        for field in form:
            value = field.value()
            sent[field.html_name] = "" if value is None or value is False else value
    return sent


def test_a_round_that_is_entered_is_a_ruling_and_its_dates_are_set_on_their_own_page(people, world):
    client, label = client_of(people["system"]), "workflow.round"
    page = client.get(address(label, "add"))
    sent = form_of(page) | {"title": "演示第二批次", "fiscal_year": 2028, "profile": "nx_2022",
                            "opened_at_0": "2026-11-02", "opened_at_1": "09:00:00"}  # fmt: skip
    answer = client.post(address(label, "add"), sent)
    assert answer.status_code == 302, answer.context["errors"]
    made = Round.objects.get(title="演示第二批次")
    ruling = Ruling.objects.get()
    assert (ruling.action, ruling.subject, ruling.actor) == ("set_round", "演示第二批次", people["system"])
    assert any("2028" in line for line in json.loads(ruling.payload)["changes"])
    page = client.get(address(label, "change", made.pk))
    answer = client.post(address(label, "change", made.pk), form_of(page) | {"title": "演示第二批次（改）"})
    assert answer.status_code == 302
    last = Ruling.objects.latest("seq")
    assert any("演示第二批次 → 演示第二批次（改）" in line for line in json.loads(last.payload)["changes"])
    assert last.at <= timezone.now()


def test_the_admin_does_not_move_the_dates_of_a_round_behind_the_deadlines_back(people, world):
    client, before = client_of(people["system"]), list(RoundDate.objects.order_by("pk").values())
    path = address("workflow.round", "change", world.round.pk)
    page = client.get(path)
    first = world.round.dates.order_by("pk").first()
    sent = form_of(page) | {"dates-TOTAL_FORMS": "1", "dates-INITIAL_FORMS": "1", "dates-0-id": first.pk,
                            "dates-0-round": world.round.pk, "dates-0-milestone": first.milestone,
                            "dates-0-date": "2031-01-01"}  # fmt: skip
    client.post(path, sent)
    assert list(RoundDate.objects.order_by("pk").values()) == before
