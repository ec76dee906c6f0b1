"""目标调整: a child case, money and targets together; what is in force stays until it is approved (property 8)."""

import io
import random

import pytest
from django.urls import reverse
from openpyxl import load_workbook

from targets import adjustments, comparing, drafts, exchange, judging, monitoring, overview
from targets.models import Indicator, MonitoringReport, TargetTable
from targets.overview import Filters
from tests.targets import papers
from tests.targets.test_monitoring import period_of
from tests.targets.test_pages_tables import at_now, client_of
from tests.workflow.asserting import assert_refused, assert_sound
from tests.world import NOW, act, key, seen
from workflow import batches
from workflow.machine import Action, Role, State, TaskKind
from workflow.models import Batch, Case, Task, User
from workflow.refusals import (
    AdjustmentOpen,
    Blocked,
    NotPermitted,
    NotPossible,
    ReasonMissing,
    Refused,
    SamePersonRefused,
)

__all__ = ["at_now"]
pytestmark = pytest.mark.django_db


def begun(world, case: Case, *, reason="年中追加") -> Case:
    outcome = act(case, Action.ADJUST, world.editor, reason=reason)
    return papers.again(adjustments.opened_by(case, outcome))


def rows_of(case: Case, **values: str) -> list[dict]:
    return [{"uuid": r.uuid, "code": r.code, "name": r.name, "value": values.get(f"c{r.code}", r.value)}
            for r in Indicator.objects.filter(table=case.pk)]  # fmt: skip


def change(world, case: Case, *, total="40", cost="40万元") -> None:
    drafts.save_table(
        case=case, by=papers.fresh(world.editor), now=NOW, seen=seen(case), rows=rows_of(case, c14=cost, c11="≥15台"),
        header={"funds.total": total, "funds.fiscal": total},
    )  # fmt: skip


def approve(world, case: Case) -> Case:
    drafts.submit(case=case, by=papers.fresh(world.editor), now=NOW, seen=seen(case), key=key(), looked_at=True)
    for who in (world.reviewer, world.business_reviewer, world.performance_reviewer):
        act(case, Action.APPROVE, who)
    act(case, Action.RELEASE, world.leader, document_number="演示〔2027〕8号", document_date="2027-09-20")
    return papers.again(case)


def force(case: Case) -> tuple[int, str]:
    revision = comparing.in_force_revision(case.pk)
    return revision.case_id, revision.content_hash


def test_an_adjustment_is_a_case_of_its_own_filled_with_what_is_in_force(world):
    case = papers.in_force(world)
    child = begun(world, case)
    assert (child.parent_id, child.state, child.amount) == (case.pk, State.DRAFT, case.amount)
    assert child.content_hash == case.content_hash
    table = TargetTable.objects.get(pk=child.pk)
    assert (table.adjusts_id, table.adjust_reason, table.project_id) == (case.pk, "年中追加", case.table.project_id)
    assert comparing.rows.identities_of(child) == comparing.rows.identities_of(case)
    task = Task.objects.get(case=child, status="open")
    assert (task.kind, task.due_at > NOW) == (TaskKind.ADJUST, True)
    assert papers.again(case).state == State.APPROVED
    assert_sound(case)
    assert_sound(child)


def test_what_is_in_force_stays_until_the_adjustment_is_approved_and_then_changes_with_its_money(world):
    case = papers.in_force(world)
    before = force(case)
    child = begun(world, case)
    change(world, child)
    assert force(case) == before
    child = approve(world, child)
    assert force(case) == (child.pk, child.content_hash)
    assert (child.amount, papers.again(case).amount) == (400000, 300000)
    links = adjustments.chain(case)
    assert [(link.total, link.is_in_force) for link in links] == [("30", False), ("40", True)]
    assert {(c.kind, c.place) for c in links[1].changes} == {
        ("changed", "funds.total"), ("changed", "funds.fiscal"), ("changed", "value"),
    }  # fmt: skip
    second = begun(world, case, reason="再次调整")
    assert second.content_hash == child.content_hash
    assert [link.label for link in adjustments.chain(second)] == [link.label for link in adjustments.chain(case)]
    assert_sound(case)


def test_nothing_that_happens_to_an_adjustment_in_review_changes_what_is_in_force(world):
    """Property 8, by chance: whatever is tried, only its approval moves what is in force, and monitoring reads that."""
    case = papers.in_force(world)
    before = force(case)
    people = [world.editor, world.reviewer, world.business_reviewer, world.performance_reviewer, world.leader]
    verbs = [Action.SUBMIT, Action.APPROVE, Action.RETURN, Action.RECALL, Action.UNDO_APPROVAL, Action.REJECT,
             Action.READMIT, Action.CANCEL, Action.CLAIM, Action.APPROVE_WITH_CONDITIONS]  # fmt: skip
    chance, approved = random.Random(7), 0
    child = begun(world, case)
    for n in range(120):
        standing = papers.again(child)
        if standing.state == State.CANCELLED:
            child = standing = begun(world, case)
        if standing.state == State.DRAFT and chance.random() < 0.5:
            change(world, child, total=str(31 + n), cost=f"{31 + n}万元")
        try:
            more = {"looked_at": True} if (verb := chance.choice(verbs)) == Action.SUBMIT else {}
            act(child, verb, chance.choice(people), reason="理由", conditions=["补充"], **more)
        except Refused:
            pass
        if papers.again(child).state == State.APPROVED:
            approved += 1
            break
        assert force(case) == before
    report = opened_report(world, case)
    assert report.target_hash == force(case)[1]


def opened_report(world, case: Case) -> MonitoringReport:
    period = period_of(world)
    fresh = papers.again(case)
    monitoring.open_monitoring(case=fresh, period=period, by=papers.fresh(world.performance_reviewer), now=NOW,
                               key=key(), seen=seen(case))  # fmt: skip
    return MonitoringReport.objects.get(target=case, period=period)


def test_monitoring_reads_what_is_in_force_with_original_and_adjusted_money(world):
    case = papers.in_force(world)
    child = begun(world, case)
    change(world, child)
    child = approve(world, child)
    report = opened_report(world, case)
    assert report.target_hash == child.content_hash
    assert (report.budget_total, report.adjusted_total) == ("30", "40")
    assert "≥15台" in set(report.progress.values_list("target_value", flat=True))
    who = world.performance_reviewer
    assert_refused(NotPossible, child, lambda: act(child, Action.OPEN_MONITORING, who, period_id=1))


def test_an_adjustment_in_review_leaves_the_report_at_what_is_in_force(world):
    case = papers.in_force(world)
    child = begun(world, case)
    change(world, child)
    drafts.submit(case=child, by=papers.fresh(world.editor), now=NOW, seen=seen(child), key=key(), looked_at=True)
    report = opened_report(world, case)
    assert (report.target_hash, report.budget_total, report.adjusted_total) == (case.content_hash, "30", "")
    refusal = assert_refused(
        AdjustmentOpen, case,
        lambda: act(case, Action.CLOSE, world.performance_reviewer, now=NOW.replace(year=2028), reason="免报"),
    )  # fmt: skip
    assert child.number in str(refusal)


def test_who_may_not_adjust_what_may_not_be_adjusted_and_one_at_a_time(world):
    case = papers.in_force(world)
    for who in (world.reviewer, world.leader, world.auditor):
        assert_refused(NotPermitted, case, lambda who=who: act(case, Action.ADJUST, who, reason="x"))
    assert_refused(ReasonMissing, case, lambda: act(case, Action.ADJUST, world.editor))
    child = begun(world, case)
    assert_refused(AdjustmentOpen, case, lambda: act(case, Action.ADJUST, world.editor, reason="x"))
    with pytest.raises(Blocked) as blocked:
        drafts.submit(case=child, by=papers.fresh(world.editor), now=NOW, seen=seen(child), key=key(), looked_at=True)
    assert "unchanged" in [b.code for b in blocked.value.blockers]
    change(world, child)
    approve(world, child)
    assert_refused(NotPossible, child, lambda: act(child, Action.ADJUST, world.editor, reason="x"))


def test_who_drafted_the_table_does_not_approve_its_adjustment(world):
    case = papers.in_force(world)
    child = begun(world, case)
    change(world, child)
    drafts.submit(case=child, by=papers.fresh(world.editor), now=NOW, seen=seen(child), key=key(), looked_at=True)
    world.editor.groups.remove(world.own.role_groups.get(role=Role.EDITOR))
    world.editor.groups.add(world.business.role_groups.get(role=Role.FINANCE_REVIEWER))
    other = User.objects.get(pk=world.editor.pk)
    act(child, Action.APPROVE, world.reviewer)
    assert_refused(SamePersonRefused, child, lambda: act(child, Action.APPROVE, other))


def test_an_adjustment_is_no_twin_of_its_table(world):
    case = papers.in_force(world)
    child = begun(world, case)
    findings = judging.judge(child, drafts.content_of(child), TargetTable.objects.get(pk=child.pk))
    assert "XTB-01" not in {finding.rule for finding in findings}


def test_on_the_page_an_editor_adjusts_and_everybody_sees_the_chain(world):
    case = papers.in_force(world)
    editor = client_of(world.editor)
    now = papers.again(case)
    form = {"seen_version": now.version, "seen_hash": now.content_hash, "key": key(), "verb": "adjust"}
    assert editor.post(reverse("table_act", args=[case.number]), form).status_code == 422
    answer = editor.post(reverse("table_act", args=[case.number]), form | {"reason": "年中追加", "key": key()})
    child = Case.objects.get(parent=case)
    assert answer.url == reverse("table", args=[child.number])
    page = editor.get(answer.url).content.decode()
    assert 'id="chain"' in page
    assert "年中追加" in page
    change(world, child)
    drafts.submit(case=child, by=papers.fresh(world.editor), now=NOW, seen=seen(child), key=key(), looked_at=True)
    review = client_of(world.reviewer).get(reverse("table", args=[child.number]))
    assert review.context["since"] == "approved"
    assert {c.place for c in review.context["changes"]} == {"funds.total", "funds.fiscal", "value"}
    root = client_of(world.auditor).get(reverse("table", args=[case.number])).content.decode()
    assert child.number in root


def test_no_sum_and_no_file_counts_an_adjustment_beside_its_original(world):
    case = papers.in_force(world)
    child = begun(world, case)
    change(world, child)
    by = User.objects.get(pk=world.performance_reviewer.pk)

    def shown() -> tuple[list[str], object]:
        page = overview.tables_for(by, filters=Filters())
        return sorted(row.case.number for row in page.rows), page.tab("all").amount

    def handed_over() -> set[str]:
        out = io.BytesIO()
        exchange.write_targets(out, cases=Case.objects.filter(pk__in=[case.pk, child.pk]), by=by, now=NOW)
        values = [[cell.value for cell in row] for row in load_workbook(out).active.iter_rows()]
        return {row[values[0].index("指标值")] for row in values[1:]} & {"30", "40"}

    assert shown() == (sorted([case.number, child.number]), 300_000)
    assert handed_over() == {"30"}, "an adjustment on its way is not in force"
    lines = [batches.Line(papers.again(one), "can", "") for one in (case, child)]
    assert batches.Shown(Batch(), Action.APPROVE, lines).amount("can") == 400_000, "once, as it is to be"
    approve(world, child)
    assert shown()[1] == 300_000
    assert handed_over() == {"40"}
