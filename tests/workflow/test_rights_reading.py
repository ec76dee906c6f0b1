"""An auditor of the bureau reads what finance reads and changes nothing of it: no route, no date, no answer."""

from datetime import timedelta

import pytest
from django.test import Client
from django.urls import reverse

from tests.world import NOW, toy_case, walk_to
from workflow import extensions, queries, route_editing
from workflow.context_processors import seat_of
from workflow.machine import Kind
from workflow.models import Extension, RoundDate, Route, Task, User
from workflow.refusals import NotPermitted

pytestmark = pytest.mark.django_db


@pytest.fixture
def reader(world):
    client = Client()
    client.force_login(User.objects.get(pk=world.auditor.pk))
    return client


def test_an_auditor_reads_the_routes_and_is_offered_no_draft(world, reader):
    page = reader.get(reverse("route_list"))
    assert page.status_code == 200
    assert reverse("route_begin") not in page.content.decode()
    shown = reader.get(reverse("route_show", args=[Route.objects.first().pk])).content.decode()
    assert reverse("route_begin") not in shown
    assert reverse("word_templates") not in shown
    clerk = Client()
    clerk.force_login(User.objects.get(pk=world.business_reviewer.pk))
    assert reverse("route_begin") in clerk.get(reverse("route_list")).content.decode()


def test_an_auditor_drafts_no_route(world, reader):
    count = Route.objects.count()
    assert reader.post(reverse("route_begin"), {"of": "target@nx_2022"}).status_code == 403
    with pytest.raises(NotPermitted):
        route_editing.begin(case_kind=Kind.TARGET, profile="nx_2022", by=world.auditor, now=NOW)
    assert Route.objects.count() == count


def test_an_auditor_moves_no_date(world, reader):
    dates = list(RoundDate.objects.order_by("pk").values_list("milestone", "date"))
    address = reverse("round_edit", args=[world.round.pk])
    assert reader.get(address).status_code == 403
    assert reader.post(address, {"confirmed": "1"}).status_code == 403
    assert address not in reader.get(reverse("rounds")).content.decode()
    assert list(RoundDate.objects.order_by("pk").values_list("milestone", "date")) == dates


def test_an_auditor_answers_no_request(world, toy):
    case = walk_to(toy_case(world, toy), world, "department_review")
    task = Task.objects.filter(case=case, status="open").first()
    asked = Extension.objects.create(
        task=task, asked_by=world.reviewer, asked_at=NOW, until=NOW.date() + timedelta(days=30), reason="材料未齐"
    )
    with pytest.raises(NotPermitted):
        extensions.answer(extension_id=asked.pk, by=world.auditor, grant=True, words="", now=NOW)
    asked.refresh_from_db()
    assert asked.decided_at is None
    assert extensions.may_answer(world.business_reviewer, case)


@pytest.mark.parametrize("who", ["auditor", "editor", "reviewer", "head"])
def test_who_sets_no_rules_has_no_seat_for_it(world, who):
    person = User.objects.get(pk=getattr(world, who).pk)
    assert not queries.sets_rules(person)
    assert not seat_of(person).sets_rules
    assert not route_editing.may_edit(person)


@pytest.mark.parametrize("who", ["business_reviewer", "performance_reviewer", "leader"])
def test_who_works_in_finance_sets_rules(world, who):
    person = User.objects.get(pk=getattr(world, who).pk)
    assert queries.sets_rules(person)
    assert seat_of(person).sets_rules
    assert route_editing.may_edit(person)
