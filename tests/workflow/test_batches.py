"""批量: a preview that says can and cannot, one result a row, many rows by the sweep, each row once."""

import json
from datetime import timedelta
from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from django.urls import reverse

from tests.workflow.asserting import assert_sound, refreshed
from tests.world import NOW, act, key, person, toy_case, walk_to, write_text
from workflow import batches, record
from workflow.machine import Action, Role, State, TaskStatus
from workflow.models import Batch, Case, Event, Step, Task, User
from workflow.refusals import DetailMissing, NotVisible

pytestmark = pytest.mark.django_db


def at_business(world, toy, count):
    cases = [toy_case(world, toy) for _ in range(count)]
    return [walk_to(case, world, "finance_review") for case in cases]


def loaded(cases):
    found = Case.objects.filter(pk__in=[c.pk for c in cases]).select_related("unit", "department", "step", "route")
    return list(found.order_by("pk"))


def prepared(cases, by, action=Action.APPROVE, **details):
    rows = [(case, {}) for case in loaded(cases)]
    return batches.prepare(action=action, rows=rows, by=User.objects.get(pk=by.pk), now=NOW, details=details)


def confirmed(batch, by, *, now=NOW, **details):
    return batches.confirm(batch, by=User.objects.get(pk=by.pk), now=now, details=details)


def test_a_preview_says_what_can_be_done_and_why_not_and_changes_nothing(world, toy):
    cases = [*at_business(world, toy, 2), toy_case(world, toy)]
    before = Event.objects.count()
    batch = prepared(cases, world.business_reviewer)
    seen = batches.shown(batch)
    assert [line.state for line in seen.lines] == ["can", "can", "cannot"]
    assert "未报送" in seen.lines[2].words or "Not submitted" in seen.lines[2].words
    assert (Event.objects.count(), batch.status) == (before, Batch.Status.PREVIEW)


def test_each_row_has_its_own_result_and_bad_rows_hold_nothing_up(world, toy):
    cases = at_business(world, toy, 4)
    batch = prepared([*cases, toy_case(world, toy)], world.business_reviewer)
    act(cases[1], Action.RETURN, world.business_reviewer, reason="请补充依据")
    done = confirmed(batch, world.business_reviewer, reason="同意")
    assert [result["done"] for result in done.results] == [True, False, True, True, False]
    assert "演示·business_reviewer" in done.results[1]["words"]
    assert [refreshed(c).step.key if refreshed(c).step else "" for c in cases] == [
        "performance",
        "",
        *["performance"] * 2,
    ]
    for case in cases:
        assert_sound(case)
    event = Event.objects.filter(case=cases[0], action=Action.APPROVE, refused="").last()
    assert record.payload_of(event)["batch"] == str(batch.pk)


def test_confirming_twice_and_a_row_repeated_have_one_effect(world, toy):
    cases = at_business(world, toy, 2)
    batch = prepared(cases, world.business_reviewer)
    confirmed(batch, world.business_reviewer)
    with pytest.raises(batches.ConfirmedBefore):
        confirmed(Batch.objects.get(pk=batch.pk), world.business_reviewer)
    # a worker died after the rows were done and before it could say so
    Batch.objects.filter(pk=batch.pk).update(status=Batch.Status.WAITING, results=[], claimed_until=None)
    events = Event.objects.count()
    again = batches.carry_on(now=NOW)
    assert [result["done"] for result in again.results] == [True, True]
    assert Event.objects.count() == events


def test_many_rows_are_done_by_the_sweep_and_a_claim_that_died_is_taken_over(world, toy):
    cases = at_business(world, toy, batches.AT_ONCE + 1)
    batch = confirmed(prepared(cases, world.business_reviewer), world.business_reviewer)
    assert (batch.status, batch.results) == (Batch.Status.WAITING, [])
    Batch.objects.filter(pk=batch.pk).update(claimed_until=NOW + batches.CLAIM)
    assert batches.carry_on(now=NOW) is None
    batches.when_time_passes(now=NOW + batches.CLAIM)
    batch.refresh_from_db()
    assert (batch.status, len(batch.results)) == (Batch.Status.DONE, len(cases))
    assert {refreshed(c).step.key for c in cases} == {"performance"}
    assert batches.carry_on(now=NOW + batches.CLAIM) is None


def test_a_return_needs_its_reason_before_anything_is_done_and_takes_a_term(world, toy):
    cases = at_business(world, toy, 2)
    batch = prepared(cases, world.business_reviewer, Action.RETURN)
    before = Event.objects.count()
    with pytest.raises(DetailMissing):
        confirmed(batch, world.business_reviewer, reason="  ")
    assert (Event.objects.count(), Batch.objects.get(pk=batch.pk).status) == (before, Batch.Status.PREVIEW)
    confirmed(batch, world.business_reviewer, reason="资金与成本不一致", days=1)
    tasks = Task.objects.filter(case__in=cases, status=TaskStatus.OPEN)
    assert {t.budget_days for t in tasks} == {1}
    assert {refreshed(c).state for c in cases} == {State.DRAFT}


def test_tasks_are_transferred_together(world, toy):
    other = person("business2", (world.business, Role.FINANCE_REVIEWER))
    cases = at_business(world, toy, 2)
    batch = prepared(cases, world.business_reviewer, Action.TRANSFER)
    confirmed(batch, world.business_reviewer, reason="出差", people=["business2"])
    assert {t.person_id for t in Task.objects.filter(case__in=cases, status=TaskStatus.OPEN)} == {other.pk}


def test_a_step_that_asks_for_individual_review_is_not_approved_in_a_batch_but_may_be_returned(world, toy):
    (case,) = at_business(world, toy, 1)
    Step.objects.filter(pk=case.step_id).update(individually=True)
    assert batches.shown(prepared([case], world.business_reviewer)).lines[0].state == "cannot"
    assert batches.shown(prepared([case], world.business_reviewer, Action.RETURN)).lines[0].state == "can"


def test_who_lost_the_right_meanwhile_does_nothing_and_others_see_no_batch(world, toy):
    cases = at_business(world, toy, 1)
    batch = prepared(cases, world.business_reviewer)
    with pytest.raises(NotVisible):
        confirmed(batch, world.leader)
    with pytest.raises(NotVisible):
        batches.find(batch.pk, by=world.leader)
    User.objects.filter(pk=world.business_reviewer.pk).update(is_active=False)
    done = confirmed(batch, world.business_reviewer)
    assert [result["done"] for result in done.results] == [False]
    assert refreshed(cases[0]).step.key == "business"


def test_nothing_too_much_and_what_is_no_batch_are_refused(world, toy, monkeypatch):
    cases = at_business(world, toy, 2)
    with pytest.raises(batches.NothingChosen):
        prepared([], world.business_reviewer)
    monkeypatch.setattr(batches, "MOST", 1)
    with pytest.raises(batches.TooManyChosen):
        prepared(cases, world.business_reviewer)
    monkeypatch.undo()
    with pytest.raises(batches.NoBatchOf):
        prepared(cases, world.business_reviewer, Action.EXPORT)
    batch = prepared([toy_case(world, toy)], world.business_reviewer)
    with pytest.raises(batches.NothingChosen):
        confirmed(batch, world.business_reviewer)


def test_a_preview_that_nobody_confirmed_is_gone_after_a_day(world, toy):
    batch = prepared(at_business(world, toy, 1), world.business_reviewer)
    batches.when_time_passes(now=NOW + timedelta(hours=23))
    assert Batch.objects.filter(pk=batch.pk).exists()
    batches.when_time_passes(now=NOW + timedelta(hours=25))
    assert not Batch.objects.filter(pk=batch.pk).exists()


def test_the_workbench_offers_it_and_the_pages_work_without_script(world, toy, client):
    cases = at_business(world, toy, 3)
    client.force_login(world.business_reviewer)
    page = client.get(reverse("inbox")).content.decode()
    assert page.count('name="number"') == 3
    answer = client.post(reverse("batch_new"), {"action": "approve", "number": [c.number for c in cases[:2]]})
    assert client.get(answer.url).status_code == 200
    assert client.post(answer.url, {"reason": "同意"}, follow=True).status_code == 200
    assert [refreshed(c).step.key for c in cases] == ["performance", "performance", "business"]
    again = client.post(answer.url, {"reason": "同意"}, follow=True)
    assert (again.status_code, refreshed(cases[0]).step.key) == (200, "performance")
    nothing = client.post(reverse("batch_new"), {"action": "approve"})
    assert nothing.url == reverse("inbox")
    whole = client.post(reverse("batch_new"), {"action": "return", "all": "1"})
    assert len(Batch.objects.get(pk=whole.url.split("/")[-1]).rows) == 1
    refused = client.post(whole.url, {"reason": " "})
    assert refused.status_code == 422
    client.force_login(world.leader)
    assert client.get(whole.url).status_code == 404
    client.force_login(world.editor)
    assert 'name="number"' not in client.get(reverse("inbox")).content.decode()


def test_the_statements_of_a_batch_page_do_not_grow_with_its_rows(world, toy, client, django_assert_max_num_queries):
    client.force_login(world.business_reviewer)
    small = prepared(at_business(world, toy, 1), world.business_reviewer)
    large = prepared(at_business(world, toy, 6), world.business_reviewer)
    client.get(reverse("batch", args=[small.pk]))
    with django_assert_max_num_queries(12):
        client.get(reverse("batch", args=[large.pk]))


def test_what_happened_in_between_is_not_approved_unseen(world, toy):
    (case,) = at_business(world, toy, 1)
    batch = prepared([case], world.business_reviewer)
    act(case, Action.RETURN, world.business_reviewer, reason="x", again="direct")
    write_text(case, toy, by=world.editor, text="changed since the preview")
    act(case, Action.SUBMIT, world.editor, key=key())
    done = confirmed(batch, world.business_reviewer)
    assert (done.results[0]["done"], refreshed(case).step.key) == (False, "business")


def test_from_the_command_line_it_says_first_and_does_with_yes(world, toy):
    cases = at_business(world, toy, 24)
    for case in cases[:3]:
        act(case, Action.TRANSFER, world.business_reviewer, person=second(world).username, reason="出差")
    out, numbers = StringIO(), [case.number for case in cases]
    call_command("act_many", "approve", *numbers, "--as", "business_reviewer", stdout=out)
    assert {refreshed(c).step.key for c in cases} == {"business"}
    assert json.loads(out.getvalue().splitlines()[-1])["can"][0] == 21
    with pytest.raises(SystemExit):
        call_command("act_many", "approve", *numbers, "--as", "business_reviewer", "--yes", stdout=out)
    assert [refreshed(c).step.key for c in cases] == ["business"] * 3 + ["performance"] * 21
    with pytest.raises(CommandError):
        call_command("act_many", "return", cases[0].number, "--as", "leader", "--yes", stdout=out)
    with pytest.raises(CommandError):
        call_command("act_many", "approve", "2027-9999", "--as", "business_reviewer", stdout=out)


def second(world):
    found = User.objects.filter(username="business2").first()
    return found or person("business2", (world.business, Role.FINANCE_REVIEWER))
