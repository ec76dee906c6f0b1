"""System, security and audit administrator over HTTP: each page × each kind, as a table says; audit changes nothing."""

from types import SimpleNamespace
from typing import Any

import pytest
from django.apps import apps
from django.contrib.sessions.models import Session
from django.test import Client
from django.urls import reverse
from django.utils import timezone, translation

from tests.journeys.test_rights_of_pages import address, addresses, answer, client_of, place
from tests.world import NOW, person
from workflow import accounts
from workflow.models import Event, Organisation, Ruling, User

__all__ = ["place"]
pytestmark = pytest.mark.django_db
KINDS = ("system", "security", "audit")
OTHERS = ("editor", "leader", "nobody")
ALL = frozenset(KINDS)
LOOKED_AT = {
    "accounts": ALL, "account": ALL, "organisation": ALL, "people": ALL, "orphans": ALL,
    "account_new": frozenset({"system"}), "organisation_new": frozenset({"system"}),
    "hand_over": frozenset({"system", "security"}),
    "calendar_edit": frozenset({"system"}), "ladder_edit": frozenset({"system"}), "round_edit": frozenset({"system"}),
    "word_templates": frozenset({"system"}),
    "incidents": frozenset({"system", "audit"}), "statusz": frozenset({"system", "audit"}),
    "status_page": frozenset({"system", "audit"}), "channels": frozenset({"system"}), "hook_new": frozenset({"system"}),
    "rulings": frozenset({"audit"}), "record_board": frozenset({"audit"}),
    "route_list": ALL, "route_show": ALL, "route_draft": frozenset({"security"}), "route_step": frozenset({"security"}),
    "control_figures": frozenset(), "project_import": frozenset(), "execution_import": frozenset(),
}  # fmt: skip
"""Who of the three may look at each administrators' page; what finance alone does is there for none of them."""
PERSONAL = frozenset(
    {"password_change", "logout", "login", "set_language", "notices_read", "preferences", "feed_token"}
)
"""What everybody does to their own account."""


@pytest.fixture
def county(place: SimpleNamespace, settings: Any) -> SimpleNamespace:
    settings.THREE_ADMINISTRATORS = True
    User.objects.filter(pk=place.admin.pk).update(administers=None)
    for kind in KINDS:
        setattr(place, kind, User.objects.create(username=f"the-{kind}", full_name=f"演示·{kind}", administers=kind))
    place.idle = person("idle")
    return place


def rows_of_everything() -> dict[str, int]:
    """Return how many rows each table has and what they say, but for sessions and what was refused."""
    found = {}
    for model in apps.get_models():
        if model in (Session, Ruling, Event):
            continue
        found[model.__name__] = hash(tuple(sorted(map(repr, model._default_manager.values_list()))))
    found["Ruling"] = Ruling.objects.exclude(payload__contains='"refused":"').count()
    found["Event"] = Event.objects.filter(refused="").count()
    return found


@pytest.mark.parametrize("name", sorted(LOOKED_AT))
def test_each_administrators_page_is_there_for_its_kinds(county: SimpleNamespace, name: str) -> None:
    pattern, found = addresses()[name], {}
    for kind in KINDS:
        found[kind] = answer(client_of(getattr(county, kind)), "get", address(name, county.case, pattern)).status_code
    ok = (200, 302)  # a route that is published leads from its editor to its page
    assert {kind for kind, status in found.items() if status in ok} == LOOKED_AT[name], found
    assert {status for kind, status in found.items() if kind not in LOOKED_AT[name]} <= {403}


@pytest.mark.parametrize("kind", KINDS)
def test_no_administrator_sees_a_case_or_anything_that_belongs_to_it(county: SimpleNamespace, kind: str) -> None:
    client = client_of(getattr(county, kind))
    for name, pattern in addresses().items():
        if "number" in pattern.pattern.converters:
            status = answer(client, "get", address(name, county.case, pattern)).status_code
            assert status in (404, 405), (name, status)


def test_the_audit_administrator_changes_nothing_anywhere(county: SimpleNamespace) -> None:
    client = client_of(county.audit)
    before = rows_of_everything()
    for name, pattern in addresses().items():
        if name in PERSONAL:
            continue
        url = address(name, county.case, pattern)
        found = client.post(url, {"reason": "试", "name": "试", "username": "shi", "full_name": "试", "give": "1"})
        assert found.status_code in (302, 403, 404, 405, 422, 409), (name, found.status_code)
        if rows_of_everything() != before:
            raise AssertionError(f"{name} has changed something")


def change(url: str, **data: str) -> tuple[str, dict[str, str]]:
    return url, data


def presses(county: SimpleNamespace) -> dict[str, tuple[str, str, dict[str, str]]]:
    """Return what is pressed: name → whose it is, address, what is sent."""
    own = reverse("organisation", args=[county.own.pk])
    idle = reverse("account", args=["idle"])
    return {
        "open an account": ("system", reverse("account_new"), {"username": "fresh", "full_name": "演示·新"}),
        "change a telephone": ("system", idle, {"store": "1", "full_name": "演示·闲", "phone": "6010000"}),
        "one-time password": ("system", idle, {"password": "1"}),
        "close an account": ("system", idle, {"close": "1", "reason": "离职"}),
        "name an administrator": ("security", idle, {"appoint": "1", "administers": "audit", "reason": "任命"}),
        "give a post": ("security", idle, {"give": "1", "organisation": "D1-0 演示办公室本级", "role": "editor"}),
        "give a post there": ("security", own, {"give": "1", "person": "idle", "role": "editor"}),
        "take a post": ("security", own, {"take": f"editor@{county.editor.groups.get().pk}"}),
        "rename": ("system", own, {"rename": "1", "name": "演示办", "reason": "改革"}),
        "store details": ("system", own, {"change": "1", "phone": "6010001"}),
        "enter an organisation": (
            "system", reverse("organisation_new"), {"code": "D9", "name": "演示档案局", "kind": "department"}),
        "delegate for others": (
            "security", reverse("delegations"),
            {"give": "1", "principal": "reviewer", "deputy": "idle", "last": "2026-09-10", "basis": "出差"}),
    }  # fmt: skip


PRESSES = (
    "open an account", "change a telephone", "one-time password", "close an account", "name an administrator",
    "give a post", "give a post there", "take a post", "rename", "store details", "enter an organisation",
    "delegate for others",
)  # fmt: skip


@pytest.mark.parametrize("who", [*KINDS, *OTHERS])
@pytest.mark.parametrize("what", PRESSES)
def test_each_button_is_its_kinds_and_refuses_everybody_else(county: SimpleNamespace, what: str, who: str) -> None:
    whose, url, data = presses(county)[what]
    client, before = client_of(getattr(county, who)), rows_of_everything()
    found = client.post(url, data)
    if who == whose:
        assert found.status_code in (200, 302), found.content.decode()[-2000:]
        assert rows_of_everything() != before
        return
    assert found.status_code in (302, 403, 422)
    after = rows_of_everything()
    assert {name for name in after if after[name] != before[name]} == set()


def test_an_attempt_on_an_administrators_page_is_kept_with_who_and_why(county: SimpleNamespace) -> None:
    client_of(county.editor).post(reverse("account_new"), {"username": "mine", "full_name": "演示"})
    last = Ruling.objects.order_by("-seq")[0]
    assert (last.actor, last.subject) == (county.editor, "/accounts/new")
    page = client_of(county.audit).get(reverse("record_board")).content.decode()
    assert "/accounts/new" in page
    assert county.case.number not in page


# First log-in


def test_a_one_time_password_opens_nothing_but_the_page_where_it_is_changed(county: SimpleNamespace) -> None:
    with translation.override("en"):
        told = client_of(county.system).post(reverse("account_new"), {"username": "liming", "full_name": "演示·李明"})
    assert told.status_code == 200
    assert "no-store" in told["Cache-Control"]
    password = told.content.decode().split('id="one-time">')[1].split("<")[0]
    client = Client()
    assert client.post(reverse("login"), {"username": "liming", "password": password}).status_code == 302
    for name in ("inbox", "table_list", "people", "batch_list"):
        assert client.get(reverse(name))["Location"] == reverse("password_change")
    same = {"old_password": password, "new_password1": password, "new_password2": password}
    assert client.post(reverse("password_change"), same).status_code == 200
    assert User.objects.get(username="liming").one_time_until is not None
    own = {"old_password": password, "new_password1": "ein-Eigenes-77", "new_password2": "ein-Eigenes-77"}
    assert client.post(reverse("password_change"), own).status_code == 302
    assert client.get(reverse("inbox")).status_code == 200
    assert User.objects.get(username="liming").one_time_until is None


def test_a_one_time_password_whose_days_are_over_opens_nothing(county: SimpleNamespace) -> None:
    made, password = accounts.open_account(username="late", full_name="演示", by=county.system, now=NOW)
    User.objects.filter(pk=made.pk).update(one_time_until=timezone.now())
    found = Client().post(reverse("login"), {"username": "late", "password": password})
    assert found.status_code == 200
    assert "一次性密码" in found.content.decode()


def test_bad_input_comes_back_as_typed_with_a_sentence(county: SimpleNamespace) -> None:
    client = client_of(county.system)
    found = client.post(reverse("account_new"), {"username": "editor", "full_name": "演示·重名", "phone": "6017777"})
    text = found.content.decode()
    assert found.status_code == 422
    assert "演示·重名" in text
    assert "6017777" in text
    found = client.post(reverse("organisation_new"), {"code": "D1", "name": "演示新局", "kind": "department"})
    assert found.status_code == 422
    assert "演示新局" in found.content.decode()
    assert not Organisation.objects.filter(name="演示新局").exists()
