"""Working days, reminders and the dates of a round: who changed them, from what to what, and what was refused."""

import json
from datetime import date, timedelta

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from workflow import calendar, ladders, projecting, rulings
from workflow.models import CalendarYear, Ladder, RoundDate, Ruling, User, WorkDay
from workflow.refusals import Refused

pytestmark = pytest.mark.django_db
LINES = "2031-01-01,放假,元旦\n2031-05-01,放假,劳动节\n2031-10-01,放假,国庆节"
LADDER = {"basis": ["due", "due"], "days": ["-2", "1"], "audience": ["assignees", "assignees"], "mark": ["", ""]}


def client_of(user: User) -> Client:
    client = Client()
    client.force_login(User.objects.get(pk=user.pk))
    return client


def only_ruling():
    ruling = Ruling.objects.get()
    return ruling, json.loads(ruling.payload)


def dates(world, **moved):
    stood = {row.milestone: row.date for row in RoundDate.objects.filter(round=world.round)}
    return {name: day.isoformat() for name, day in (stood | moved).items()}


def test_a_calendar_that_is_stored_is_a_ruling_with_every_day_that_changed(world, admin):
    client, address = client_of(admin), reverse("calendar_edit") + "?year=2031"
    page = client.post(address, {"lines": LINES, "source": "演示〔2030〕7号"}).content.decode()
    assert not Ruling.objects.exists(), "a preview is no change"
    client.post(address, {"confirmed": page.split('name="confirmed" value="')[1].split('"')[0]})
    ruling, said = only_ruling()
    assert (ruling.action, ruling.subject, ruling.actor) == ("set_calendar", "2031", admin)
    assert said["source"] == ["演示〔2030〕7号"]
    assert [line[:12] for line in said["changes"]] == ["+ 2031-01-01", "+ 2031-05-01", "+ 2031-10-01"]
    assert list(rulings.verify()) == []
    shown = client.get(reverse("rulings")).content.decode()
    assert "2031-05-01" in shown


def test_a_day_taken_out_of_a_year_stands_in_the_ruling(world, admin):
    year = {"year": 2031, "source": "演示", "holidays": [{"date": date(2031, 1, 1), "name": "元旦"}]}
    projecting.take_in(years=[year], by=admin, now=timezone.now())
    projecting.take_in(years=[year | {"holidays": []}], by=admin, now=timezone.now())
    last = json.loads(Ruling.objects.latest("seq").payload)
    assert [line[:12] for line in last["changes"]] == ["− 2031-01-01"]


def test_years_that_are_refused_are_kept_as_refused_and_nothing_is_stored(world, admin):
    wrong = {"year": 2031, "source": "演示", "holidays": [{"date": date(2032, 5, 3), "name": "x"}]}
    before = WorkDay.objects.count(), CalendarYear.objects.count()
    with pytest.raises(Refused):
        projecting.take_in(years=[wrong], by=admin, now=timezone.now())
    assert (WorkDay.objects.count(), CalendarYear.objects.count()) == before
    ruling, said = only_ruling()
    assert (ruling.action, ruling.actor, said["refused"]) == ("set_calendar", admin, "calendar_refused")


def test_a_new_ladder_is_a_ruling_and_a_refused_one_too(world, admin):
    client, address = client_of(admin), reverse("ladder_edit", args=["fill"])
    client.post(address, {"title": "催报", **LADDER})
    assert not Ruling.objects.exists(), "a simulation is no change"
    assert client.post(address, {"title": "催报", "save": "1", **LADDER}).status_code == 302
    ruling, said = only_ruling()
    assert (ruling.action, said["version"], said["title"], len(said["rungs"])) == ("set_ladder", 2, "催报", 2)
    assert ladders.rungs_of(ladders.id_for("fill"))[0].days == -2
    same = LADDER | {"days": ["1", "1"]}
    assert client.post(address, {"title": "催报", "save": "1", **same}).status_code == 422
    last = Ruling.objects.latest("seq")
    assert (last.action, json.loads(last.payload)["refused"]) == ("set_ladder", "ladder_refused")
    assert Ladder.objects.filter(task_kind="fill").count() == 2


def test_dates_of_a_round_are_a_ruling_with_what_was_and_what_is(world):
    world.round.dates.filter(milestone="publication").delete()
    day = timezone.localdate() + timedelta(days=400)
    client, address = client_of(world.performance_reviewer), reverse("round_edit", args=[world.round.pk])
    client.post(address, dates(world, publication=day))
    assert not Ruling.objects.exists(), "a preview is no change"
    assert client.post(address, dates(world, publication=day) | {"save": "1"}).status_code == 302
    ruling, said = only_ruling()
    assert (ruling.action, ruling.subject, ruling.actor) == ("set_dates", "演示批次", world.performance_reviewer)
    assert len(said["changes"]) == 1
    assert said["changes"][0].endswith(f"— → {day.isoformat()}")
    client.post(address, dates(world) | {"save": "1"})
    assert Ruling.objects.count() == 1, "nothing changed, so nothing is said"


def test_dates_that_are_refused_stand_in_the_rulings_and_the_timetable_stays(world):
    before = list(RoundDate.objects.order_by("pk").values())
    client, address = client_of(world.performance_reviewer), reverse("round_edit", args=[world.round.pk])
    far = timezone.localdate() + timedelta(days=9000)
    assert client.post(address, dates(world, department_review=far) | {"save": "1"}).status_code == 422
    ruling, said = only_ruling()
    assert (ruling.action, ruling.subject, said["refused"]) == ("set_dates", "演示批次", "dates_cross")
    assert list(RoundDate.objects.order_by("pk").values()) == before


@pytest.mark.parametrize("address", ["/calendar/edit", "/ladders/fill/edit", "/rounds/{pk}/edit"])
def test_who_may_not_change_the_rules_and_tries_is_kept(world, address):
    path = address.format(pk=world.round.pk)
    client = client_of(world.editor)
    assert client.get(path).status_code == 403
    assert not Ruling.objects.exists(), "looking is no attempt"
    assert client.post(path, dates(world) | {"save": "1"}).status_code == 403
    ruling, said = only_ruling()
    assert (ruling.action, ruling.subject, ruling.actor) == ("open_page", path, world.editor)
    assert said["refused"] == "not_administrator"


def test_the_calendar_goes_on_when_nothing_was_changed_and_says_so_with_an_empty_list(world, admin):
    shipped = [year for year in calendar.shipped_years() if year["year"] == 2026]
    assert projecting.take_in(years=shipped, by=admin, now=timezone.now()) == 0
    _ruling, said = only_ruling()
    assert said["changes"] == []
