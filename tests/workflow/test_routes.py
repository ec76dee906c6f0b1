"""Routes as data: drafted, compared, checked, published; whoever is under way keeps what they were submitted under."""

import pytest
from django.core.management import call_command
from django.core.management.base import CommandError
from django.test import Client
from django.urls import reverse

from tests.world import NOW, act, person, toy_case
from workflow import deadlines, record, route_checks, route_editing, routes
from workflow.machine import Action, Role, State
from workflow.models import Case, Organisation, Route, Ruling, Step, Task, User
from workflow.refusals import NobodyThere, NotPermitted, NotPossible, Stale, UnknownPerson

pytestmark = pytest.mark.django_db

GIVEN = {
    "title": "分管领导审核", "stage": "finance_review", "task_kind": "review", "rule": "any", "days_allowed": "3",
    "same_person": "ask", "when_nobody": "block", "candidates": ["finance_head@bureau"], "amount_from": "100",
}  # fmt: skip


@pytest.fixture
def draft(world):
    return route_editing.begin(case_kind="target", profile="nx_2022", by=world.performance_reviewer, now=NOW)


def client_of(user):
    client = Client()
    client.force_login(user)
    return client


def keys(route):
    return list(Step.objects.filter(route=route).order_by("position").values_list("key", flat=True))


def add(draft, by, **given):
    return route_editing.save_step(draft.pk, key=None, given=GIVEN | given, by=by, seen=None)


def publish(draft, by, **how):
    return route_editing.publish(draft.pk, by=by, now=NOW, seen=None, **{"despite": True} | how)


def fatal(draft):
    return [problem.words for problem in route_checks.problems_of(draft) if problem.is_fatal]


def test_a_draft_is_a_copy_and_there_is_one(world, draft):
    again = route_editing.begin(case_kind="target", profile="nx_2022", by=world.leader, now=NOW)
    assert again == draft
    assert keys(draft) == keys(draft.based_on)
    assert route_editing.differences(draft) == []
    assert (draft.version, draft.published_at) == (draft.based_on.version + 1, None)


def test_a_step_goes_behind_its_stage_and_before_the_release_and_the_difference_says_so(world, draft):
    add(draft, world.performance_reviewer)
    assert keys(draft)[-2:] == ["step-1", "release"]
    assert [step.position for step in Step.objects.filter(route=draft).order_by("position")] == list(range(1, 8))
    (words,) = route_editing.differences(draft)
    assert "分管领导审核" in words
    step = Step.objects.get(route=draft, key="step-1")
    assert step.condition == {"amount_at_least_yuan": "1000000"}
    assert step.waiting_title == "待分管领导审核"


def test_moving_removing_and_editing_is_told_in_words(world, draft):
    by = world.performance_reviewer
    route_editing.move(draft.pk, key="business", up=False, by=by, seen=None)
    assert keys(draft) == ["unit_head", "department", "office", "performance", "business", "release"]
    route_editing.move(draft.pk, key="unit_head", up=True, by=by, seen=None)
    route_editing.remove(draft.pk, key="office", by=by, seen=None)
    changed = GIVEN | {
        "title": "业务股审核",
        "candidates": ["finance_reviewer@division_in_charge"],
        "amount_from": "",
        "days_allowed": "8",
        "waiting_title": "待业务股审核",
        "milestone": "business_review",
    }
    route_editing.save_step(draft.pk, key="business", given=changed, by=by, seen=None)
    told = route_editing.differences(draft)
    assert any("主管部门审核（本级）" in words for words in told)
    assert any("业务股审核" in words and "5 个工作日 → 8 个工作日" in words for words in told)
    assert [step.position for step in Step.objects.filter(route=draft).order_by("position")] == [1, 2, 3, 4, 5]


def by_calendar_days(world, draft, *, days):
    """Let the division's step take `days` calendar days, from no date of the round, and publish it."""
    step = Step.objects.get(route=draft, key="business")
    given = GIVEN | {"title": step.title, "candidates": ["finance_reviewer@division_in_charge"], "amount_from": "",
                     "days_allowed": str(days), "days_counted": "calendar"}  # fmt: skip
    route_editing.save_step(draft.pk, key="business", given=given, by=world.leader, seen=None)
    return [word for word in route_editing.differences(draft) if step.title in word]


def test_a_step_may_count_every_day_and_version_difference_and_clock_say_so(world, toy, draft):
    told = by_calendar_days(world, draft, days=30)
    assert any("5 个工作日 → 30 个自然日" in words for words in told)
    before = routes.hash_of(draft, list(draft.steps.order_by("position")))
    route = publish(draft, world.leader)
    assert route.content_hash == before
    assert list(routes.changed_after_publishing()) == []
    case = toy_case(world, toy)
    act(case, Action.SUBMIT, world.editor)
    act(case, Action.APPROVE, world.reviewer)
    task = Task.objects.get(case=case, status="open")
    # 7 September and thirty days: seven of them are the National Day holiday, and count.
    assert (task.counts_calendar_days, task.budget_days) == (True, 30)
    assert deadlines.due_day(task.due_at).isoformat() == "2026-10-07"
    assert "30 个自然日" in client_of(world.business_reviewer).get(reverse("case_history", args=[case.number])).text
    Step.objects.filter(route=route, key="business").update(counts_calendar_days=False)
    assert list(routes.changed_after_publishing()) == [route]


def test_whoever_is_asked_besides_or_next_in_line_has_the_same_kind_of_days(world, toy, draft):
    by_calendar_days(world, draft, days=30)
    publish(draft, world.leader)
    case = toy_case(world, toy)
    act(case, Action.SUBMIT, world.editor)
    act(case, Action.APPROVE, world.reviewer)
    asked = {"place": "beside", "people": [world.performance_reviewer.username], "reason": "请会审"}
    act(case, Action.ADD_APPROVER, world.business_reviewer, **asked)
    open_tasks = list(Task.objects.filter(case=case, status="open"))
    assert len(open_tasks) == 2
    for task in open_tasks:
        assert (task.counts_calendar_days, deadlines.due_day(task.due_at).isoformat()) == (True, "2026-10-07")


def test_calendar_days_that_a_holiday_may_take_whole_are_told_before_publishing(world, draft):
    by_calendar_days(world, draft, days=5)
    (found,) = [problem for problem in route_checks.problems_of(draft) if "自然日" in problem.words]
    assert (found.step, found.is_fatal) == ("business", False)
    by_calendar_days(world, draft, days=30)
    assert not [problem for problem in route_checks.problems_of(draft) if "自然日" in problem.words]


def test_the_form_shows_the_kind_of_days_that_is_stored(world, draft):
    by_calendar_days(world, draft, days=30)
    page = client_of(world.leader).get(reverse("route_step", args=[draft.pk, "business"]))
    assert '<option value="calendar" selected>' in page.text
    assert page.context["given"]["days_allowed"] == 30


@pytest.mark.parametrize(
    ("given", "refusal"),
    [
        ({"title": " "}, route_editing.StepRefused),
        ({"stage": "draft"}, route_editing.StepRefused),
        ({"task_kind": "fill"}, route_editing.StepRefused),
        ({"rule": "most"}, route_editing.StepRefused),
        ({"rule": "quorum", "quorum": ""}, route_editing.StepRefused),
        ({"rule": "quorum", "quorum": "0"}, route_editing.StepRefused),
        ({"days_allowed": "-1"}, route_editing.StepRefused),
        ({"days_allowed": "999"}, route_editing.StepRefused),
        ({"days_allowed": "３.5"}, route_editing.StepRefused),
        ({"days_counted": "lunar"}, route_editing.StepRefused),
        ({"candidates": []}, route_editing.StepRefused),
        ({"candidates": ["editor@unit"]}, route_editing.StepRefused),
        ({"people": "nobody-of-this-name"}, UnknownPerson),
        ({"own_office": "perhaps"}, route_editing.StepRefused),
        ({"amount_from": "viel"}, route_editing.StepRefused),
        ({"amount_below": "-3"}, route_editing.StepRefused),
        ({"amount_below": "NaN"}, route_editing.StepRefused),
        ({"milestone": "easter"}, route_editing.StepRefused),
        ({"same_person": "never"}, route_editing.StepRefused),
        ({"when_nobody": "pass"}, route_editing.StepRefused),
        ({"when_nobody": "wait", "rule": "all"}, route_editing.StepRefused),
    ],
)
def test_a_step_that_makes_no_sense_is_refused_in_words_and_nothing_is_stored(world, draft, given, refusal):
    before = list(Step.objects.filter(route=draft).values())
    with pytest.raises(refusal) as caught:
        add(draft, world.performance_reviewer, **given)
    assert "%(" not in str(caught.value)
    assert list(Step.objects.filter(route=draft).values()) == before


def test_two_tabs_do_not_overwrite_each_other(world, draft):
    by, seen = world.performance_reviewer, route_editing.state_of(draft)
    route_editing.remove(draft.pk, key="office", by=by, seen=seen)
    with pytest.raises(Stale):
        route_editing.move(draft.pk, key="business", up=True, by=by, seen=seen)
    assert "office" not in keys(draft)


def test_people_outside_finance_draft_nothing_and_reviewers_do_not_publish(world, draft):
    for by in (world.editor, world.reviewer):
        with pytest.raises(NotPermitted):
            add(draft, by)
        with pytest.raises(NotPermitted):
            route_editing.begin(case_kind="report", profile="nx_2022", by=by, now=NOW)
    add(draft, world.performance_reviewer)
    with pytest.raises(NotPermitted):
        publish(draft, world.performance_reviewer)
    assert Route.objects.get(pk=draft.pk).published_at is None


def test_publishing_makes_a_version_that_new_cases_take_and_old_ones_do_not(world, toy, draft):
    old = toy_case(world, toy)
    act(old, Action.SUBMIT, world.editor)
    route_editing.set_head(draft.pk, title="县级路径", basis="演财办〔2026〕7号", by=world.performance_reviewer)
    route_editing.remove(draft.pk, key="performance", by=world.performance_reviewer, seen=None)
    made = publish(draft, world.leader)
    assert made.content_hash == routes.hash_of(made, list(made.steps.order_by("position")))
    assert (made.published_by, made.basis) == (world.leader, "演财办〔2026〕7号")
    new = toy_case(world, toy)
    act(new, Action.SUBMIT, world.editor)
    assert Case.objects.get(pk=old.pk).route_id == made.based_on_id
    assert Case.objects.get(pk=new.pk).route_id == made.pk
    assert Route.objects.get(pk=made.based_on_id).retired_at == NOW
    ruling = Ruling.objects.get()
    assert (ruling.action, ruling.actor) == ("publish_route", world.leader)
    assert "绩效股审核" in ruling.payload
    with pytest.raises(route_editing.DraftGone):
        publish(draft, world.leader)
    with pytest.raises(NotPossible):
        routes.publish(made, now=NOW)
    assert routes.install_defaults(now=NOW) == 0


def test_a_published_route_that_was_changed_by_hand_is_found(world):
    call_command("verify_record")
    Step.objects.filter(key="business").update(days_allowed=99)
    assert [str(route) for route in routes.changed_after_publishing()]
    with pytest.raises(CommandError):
        call_command("verify_record")


def test_the_same_steps_again_are_nothing_new(world, draft):
    with pytest.raises(route_editing.NothingNew):
        publish(draft, world.leader)


def test_a_discarded_draft_is_gone(world, draft):
    route_editing.discard(draft.pk, by=world.leader)
    assert not Route.objects.filter(pk=draft.pk).exists()
    with pytest.raises(route_editing.DraftGone):
        add(draft, world.leader)


# what is wrong with a route


def test_the_shipped_routes_have_nothing_fatal(world):
    for route in Route.objects.all():
        assert fatal(route) == []


def test_an_empty_route_and_an_empty_step_are_found(world, draft):
    Step.objects.filter(route=draft, key="business").update(candidates=[])
    assert any("业务股审核" in words for words in fatal(draft))
    Step.objects.filter(route=draft).delete()
    assert len(fatal(draft)) == 1


def test_a_condition_that_never_holds_is_found(world, draft):
    add(draft, world.leader, amount_from="100", amount_below="100")
    assert len(fatal(draft)) == 1
    Step.objects.filter(route=draft, key="step-1").update(condition={"colour": "red"})
    assert "colour" in fatal(draft)[0]


def test_a_department_step_behind_finance_and_a_step_behind_the_release_are_dead_ends(world, draft):
    for _ in range(3):
        route_editing.move(draft.pk, key="office", up=False, by=world.leader, seen=None)
    found = fatal(draft)
    assert any("主管部门审核（本级）" in words for words in found)
    assert len(found) == 2


def test_a_kind_of_case_without_a_finance_signature_is_found(world, draft):
    for key in ("business", "performance"):
        Step.objects.filter(route=draft, key=key).update(condition={"key_project": True})
    assert len(fatal(draft)) == 2
    with pytest.raises(route_editing.RouteHasProblems):
        publish(draft, world.leader)
    assert Route.objects.get(pk=draft.pk).published_at is None


def warnings(draft):
    return {p.step: p.units for p in route_checks.problems_of(draft) if not p.is_fatal and p.units}


def test_posts_that_nobody_holds_are_listed_by_unit_and_must_be_accepted(world, draft):
    User.objects.filter(pk=world.principal.pk).update(is_active=False)
    assert warnings(draft) == {"unit_head": ("演示小学",)}
    route_editing.remove(draft.pk, key="office", by=world.leader, seen=None)
    with pytest.raises(route_editing.RouteHasProblems):
        publish(draft, world.leader, despite=False)
    publish(draft, world.leader, despite=True)
    refused, published = Ruling.objects.order_by("seq")
    assert '"refused":"' in refused.payload
    assert "单位负责人审核" in published.payload


def test_a_quorum_larger_than_the_office_and_a_second_step_by_the_same_person_are_found(world, draft):
    Step.objects.filter(route=draft, key="business").update(rule="quorum", quorum=2)
    assert set(warnings(draft)) == {"business"}
    Step.objects.filter(route=draft, key="business").update(rule="any", quorum=None)
    Step.objects.filter(route=draft, key="performance").update(
        same_person="ask", candidates=[{"role": "finance_reviewer", "of": "division_in_charge"}]
    )
    assert set(warnings(draft)) == {"performance"}
    Step.objects.filter(route=draft, key="performance").update(same_person="skip")
    assert warnings(draft) == {}


def test_steps_that_no_case_takes_together_are_not_held_against_each_other(world, draft):
    head = [{"role": "finance_head", "of": "bureau"}]
    Step.objects.filter(route=draft, key="performance").update(candidates=head, condition={"key_project": True})
    Step.objects.filter(route=draft, key="release").update(condition={"key_project": False})
    assert warnings(draft) == {}


def test_the_only_reviewer_who_is_also_the_only_editor_is_found(world, draft):
    world.school_reviewer.groups.clear()
    world.teacher.groups.add(*person("x", (world.school, Role.DEPARTMENT_REVIEWER)).groups.all())
    User.objects.filter(username="x").update(is_active=False)
    assert warnings(draft) == {"department": ("演示小学",)}


def test_organisations_that_ended_are_not_asked_for(world, draft):
    User.objects.filter(pk=world.principal.pk).update(is_active=False)
    Organisation.objects.filter(pk=world.primary.pk).update(successor=world.own)
    assert warnings(draft) == {}


def test_a_step_may_wait_for_whoever_is_named(world, toy, draft):
    world.business_reviewer.groups.clear()
    case = toy_case(world, toy)
    act(case, Action.SUBMIT, world.editor)
    with pytest.raises(NobodyThere):
        act(case, Action.APPROVE, world.reviewer)
    Step.objects.filter(route=draft, key="business").update(when_nobody="wait")
    publish(draft, world.leader)
    waiting = toy_case(world, toy)
    act(waiting, Action.SUBMIT, world.editor)
    act(waiting, Action.APPROVE, world.reviewer)
    assert Case.objects.get(pk=waiting.pk).state == State.FINANCE_REVIEW
    task = Task.objects.get(case=waiting, status="open")
    User.objects.get(pk=world.auditor.pk).groups.add(task.role_group)
    act(waiting, Action.APPROVE, world.auditor)
    assert list(record.verify()) == []


def test_the_shipped_release_counts_calendar_days_and_one_that_does_not_is_told(world, draft):
    release = Step.objects.get(route=draft, key="release")
    assert (release.days_allowed, release.counts_calendar_days) == (20, True)
    assert [problem for problem in route_checks.problems_of(draft) if problem.step == "release"] == []
    Step.objects.filter(pk=release.pk).update(counts_calendar_days=False)
    (told,) = [problem for problem in route_checks.problems_of(draft) if problem.step == "release"]
    assert not told.is_fatal
    assert "20 个自然日" in told.words


def test_an_upgrade_puts_the_newer_shipped_route_over_a_shipped_one_and_never_over_the_county_s(world, draft):
    newest = Route.objects.filter(case_kind="target", profile="nx_2022", published_at__isnull=False).latest("version")
    Step.objects.filter(route=newest).delete()
    Route.objects.filter(pk=newest.pk).update(version=newest.version - 1)
    Route.objects.filter(pk=draft.pk).delete()
    assert routes.install_defaults(now=NOW) == 1
    case = Case(kind="target", profile="nx_2022")
    assert routes.current(case).version == newest.version
    assert routes.install_defaults(now=NOW) == 0
    Route.objects.filter(version=newest.version, case_kind="target", profile="nx_2022").update(
        version=newest.version - 2, published_by=world.leader
    )
    assert routes.install_defaults(now=NOW) == 0
