"""What goes wrong in the engines that Django people can install, as tests of this one (peers.md §4.6).

Elsewhere: races at a barrier and killed workers (tests/faults), countersigning (test_countersign), delegation chains
(test_delegations), calendars edited while clocks run (test_pages_timing).
"""

import pytest
from django.db import transaction
from django.db.models import ProtectedError

from notifications import expand
from notifications.models import Delivery
from tests.workflow.asserting import assert_refused, assert_sound, refreshed, rows
from tests.world import NOW, act, key, seen, toy_case, walk_to, write_text
from workflow import batches, engine, grants
from workflow.look import Look
from workflow.machine import Action, State
from workflow.models import Batch, Case, CaseGroupPermission, Event, User
from workflow.refusals import NotPermitted, NotPossible, Stale

pytestmark = pytest.mark.django_db


def stands(case):
    return {s.step for s in Look(refreshed(case), by=None, on_behalf_of=None, now=NOW).signed.signatures}


def test_two_loaded_pages_approve_once_and_the_second_is_told_who_was_first(world, toy):
    case = walk_to(toy_case(world, toy), world, "finance_review")
    page = seen(case)
    act(case, Action.APPROVE, world.business_reviewer, seen=page)
    refusal = assert_refused(Stale, case, lambda: act(case, Action.APPROVE, world.business_reviewer, seen=page))
    assert str(world.business_reviewer) in str(refusal)
    assert Event.objects.filter(case=case, action=Action.APPROVE, refused="").count() == 2


def test_a_page_loaded_at_one_step_does_not_approve_the_next(world, toy):
    case = walk_to(toy_case(world, toy), world, "finance_review")
    page = seen(case)
    act(case, Action.APPROVE, world.business_reviewer)
    assert_refused(Stale, case, lambda: act(case, Action.APPROVE, world.performance_reviewer, seen=page))
    assert refreshed(case).step.key == "performance"


@pytest.mark.parametrize("first", ["approve", "recall"])
def test_an_approval_and_a_recall_of_the_same_page_have_one_effect(world, toy, first):
    case = walk_to(toy_case(world, toy), world, "department_review")
    page = seen(case)
    both = [(Action.APPROVE, world.reviewer), (Action.RECALL, world.editor)]
    (now, by), (late, other) = both if first == "approve" else both[::-1]
    act(case, now, by, seen=page)
    assert_refused(Stale, case, lambda: act(case, late, other, seen=page))
    assert_refused((NotPossible, NotPermitted), case, lambda: act(case, late, other))
    assert refreshed(case).state == (State.FINANCE_REVIEW if first == "approve" else State.DRAFT)
    assert_sound(case)


def test_a_save_that_changes_nothing_keeps_the_approvals(world, toy):
    case = walk_to(toy_case(world, toy), world, "performance")
    act(case, Action.RETURN, world.performance_reviewer, reason="核对", again="direct")
    before = refreshed(case)
    write_text(case, toy, by=world.editor, text=toy.texts[case.pk])
    after = refreshed(case)
    assert (after.content_hash, after.version) == (before.content_hash, before.version)
    assert stands(case) == {"office", "business"}
    act(case, Action.SUBMIT, world.editor)
    assert refreshed(case).step.key == "performance"


def test_an_action_whose_own_work_fails_leaves_no_history(world, toy, monkeypatch):
    case = walk_to(toy_case(world, toy), world, "finance_review")
    before, events = rows(case), Event.objects.filter(case=case).count()

    def fails(*args):
        raise RuntimeError("the document could not be stored")

    monkeypatch.setattr(toy, "after", fails)
    with pytest.raises(RuntimeError), transaction.atomic():
        act(case, Action.APPROVE, world.business_reviewer)
    monkeypatch.undo()
    assert (rows(case), Event.objects.filter(case=case).count()) == (before, events)
    act(case, Action.APPROVE, world.business_reviewer)
    assert_sound(case)


def test_a_case_is_never_deleted_and_so_leaves_no_right_behind(world, toy):
    case = walk_to(toy_case(world, toy), world, "finance_review")
    with pytest.raises(ProtectedError):
        Case.objects.get(pk=case.pk).delete()
    act(case, Action.RETURN, world.business_reviewer, reason="x")
    act(case, Action.CANCEL, world.editor, reason="x")
    assert not CaseGroupPermission.objects.filter(content_object=case).exists()
    assert list(grants.drift()) == []


def test_a_person_who_acted_is_never_deleted_and_keeps_their_name_in_the_record(world, toy):
    case = walk_to(toy_case(world, toy), world, "finance_review")
    with pytest.raises(ProtectedError):
        User.objects.get(pk=world.reviewer.pk).delete()
    User.objects.filter(pk=world.reviewer.pk).update(is_active=False, full_name="演示·改名")
    assert Event.objects.get(case=case, action=Action.APPROVE).actor_name == "演示·reviewer"


def test_who_drafted_and_their_unit_hear_of_a_rejection_at_a_later_step(world, toy):
    case = walk_to(toy_case(world, toy), world, "performance")
    act(case, Action.REJECT, world.performance_reviewer, reason="与职能无关")
    expand.expand(now=NOW)
    told = Delivery.objects.filter(notice__case=case, notice__kind="rejected").values_list(
        "recipient__username", flat=True
    )
    assert {"editor", "editor2"} <= set(told)
    assert "performance_reviewer" not in set(told)


def test_who_is_to_confirm_hears_of_it_and_nobody_else(world, toy):
    case = toy_case(world, toy)
    act(case, Action.FILL_FOR, world.reviewer, basis="phone", reason="来电")
    act(case, Action.PROPOSE_ADMISSION, world.business_reviewer, document_number="9号", document_date="2026-03-01")
    expand.expand(now=NOW)
    told = Delivery.objects.filter(notice__case=case, notice__kind="to_confirm").values_list(
        "recipient__username", flat=True
    )
    assert {"editor", "editor2", "performance_reviewer", "leader"} == set(told) - {"business_reviewer"}
    case = walk_to(toy_case(world, toy), world, "approved")
    act(case, Action.FUNDS_CHANGED, world.leader, amount="100")
    expand.expand(now=NOW)
    units = Delivery.objects.filter(notice__case=case, notice__kind="figure_set").values_list(
        "recipient__username", flat=True
    )
    assert {"editor", "editor2", "head"} == set(units)


def test_the_same_key_with_another_action_is_refused_and_changes_nothing(world, toy):
    case = walk_to(toy_case(world, toy), world, "finance_review")
    used = key()
    act(case, Action.CLAIM, world.business_reviewer, key=used)
    again = engine.perform(case, Action.APPROVE, by=User.objects.get(pk=world.business_reviewer.pk), seen=seen(case),
                           key=used, now=NOW)  # fmt: skip
    assert (again.repeated, again.action) == (True, "claim")
    assert refreshed(case).step.key == "business"


def test_of_five_hundred_with_three_bad_ones_the_others_are_done(world, toy):
    cases = [walk_to(toy_case(world, toy), world, "department_review") for _ in range(500)]
    loaded = Case.objects.select_related("unit", "department", "step", "route").order_by("pk")
    by = User.objects.get(pk=world.reviewer.pk)
    batch = batches.prepare(action=Action.APPROVE, rows=[(case, {}) for case in loaded], by=by, now=NOW)
    bad = [cases[0], cases[250], cases[499]]
    for case in bad:
        act(case, Action.RECALL, world.editor)
    batch = batches.confirm(batch, by=by, now=NOW)
    while batch.status == Batch.Status.WAITING:
        batch = batches.go_on(batch, now=NOW)
    failed = [result for result in batch.results if not result["done"]]
    assert (len(batch.results), len(failed)) == (500, 3)
    assert all("演示·editor" in result["words"] for result in failed)
    assert {case.pk for case in bad} == set(Case.objects.filter(state=State.DRAFT).values_list("pk", flat=True))
    assert Case.objects.filter(state=State.FINANCE_REVIEW).count() == 497
    assert list(grants.drift()) == []
