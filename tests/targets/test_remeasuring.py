"""A report that is open while its table is adjusted: it keeps what it was opened with, until its unit takes over."""

import pytest
from django.urls import reverse

from targets import drafts, monitoring, remeasuring
from targets.models import Indicator, IndicatorProgress, MonitoringReport
from tests.targets import papers
from tests.targets.test_adjustments import approve, begun, change, opened_report
from tests.targets.test_pages_tables import at_now, client_of
from tests.world import NOW, key, seen
from workflow import record
from workflow.refusals import NotPermitted, NotPossible, NotVisible, Stale

__all__ = ["at_now"]
pytestmark = pytest.mark.django_db


@pytest.fixture
def open_(world) -> MonitoringReport:
    """A report with something filled in, opened before its table is adjusted."""
    case = papers.in_force(world)
    found = opened_report(world, case)
    rows = [{"uuid": str(row.uuid), "actual": f"已完成{row.position}"} for row in found.progress.all()]
    monitoring.save_report(case=found.case, by=papers.fresh(world.editor), now=NOW, seen=seen(found.case),
                           header={"executed_total": "12"}, rows=rows)  # fmt: skip
    return again(found)


def again(report: MonitoringReport) -> MonitoringReport:
    return MonitoringReport.objects.select_related("case", "target").get(pk=report.pk)


def adjusted(world, report: MonitoringReport, *, without: str = "") -> str:
    """Adjust the table of `report`, another row in the place of that of category `without`; return its hash."""
    child = begun(world, report.target)
    change(world, child)
    if without:
        kept = Indicator.objects.filter(table=child.pk).exclude(code=without)
        rows = [{"uuid": r.uuid, "code": r.code, "name": r.name, "value": r.value} for r in kept]
        rows.append({"uuid": None, "code": without, "name": "演示另一项指标", "value": "≥8年"})
        drafts.save_table(case=child, by=papers.fresh(world.editor), now=NOW, seen=seen(child), header={}, rows=rows)
    return approve(world, child).content_hash


def filled(report: MonitoringReport) -> dict[str, tuple[str, str]]:
    return {row.name: (row.target_value, row.actual) for row in report.progress.all()}


def take_over(world, report: MonitoringReport, by=None, old=None):
    return remeasuring.take_over(case=report.case, by=papers.fresh(by or world.editor), now=NOW,
                                 seen=old or seen(report.case))  # fmt: skip


def test_an_adjustment_in_review_changes_nothing_of_an_open_report_and_offers_nothing(world, open_):
    before = (open_.target_hash, filled(open_), open_.case.content_hash)
    child = begun(world, open_.target)
    change(world, child)
    drafts.submit(case=child, by=papers.fresh(world.editor), now=NOW, seen=seen(child), key=key(), looked_at=True)
    found = again(open_)
    assert (found.target_hash, filled(found), found.case.content_hash) == before
    assert remeasuring.measured(found).newer is None
    with pytest.raises(remeasuring.NothingNewer):
        take_over(world, found)


def test_once_approved_the_report_keeps_its_version_and_says_what_is_newer(world, open_):
    old = open_.target_hash
    newest = adjusted(world, open_)
    found = again(open_)
    told = remeasuring.measured(found)
    assert (found.target_hash, told.newer.content_hash) == (old, newest)
    assert {"funds.total", "value"} <= {change.place for change in told.changes}


def test_taking_over_follows_each_indicator_and_keeps_what_was_filled_in(world, open_):
    before, hash_before = filled(open_), open_.case.content_hash
    newest = adjusted(world, open_)
    take_over(world, open_)
    found = again(open_)
    assert (found.target_hash, found.budget_total, found.adjusted_total) == (newest, "30", "40")
    assert found.executed_total == "12"
    after = filled(found)
    assert {name: actual for name, (_value, actual) in after.items()} == {
        name: actual for name, (_value, actual) in before.items()
    }
    assert {name for name in after if after[name][0] != before[name][0]}
    assert found.case.content_hash != hash_before
    assert not list(record.verify())
    with pytest.raises(remeasuring.NothingNewer):
        take_over(world, found)


def test_a_row_that_the_adjustment_leaves_out_is_named_before_and_gone_after(world, open_):
    gone = next(row for row in open_.progress.all() if row.code == "24")
    adjusted(world, open_, without="24")
    assert gone.name in [row.name for row in remeasuring.measured(again(open_)).dropped]
    take_over(world, open_)
    assert not IndicatorProgress.objects.filter(pk=gone.pk).exists()
    positions = list(again(open_).progress.values_list("position", flat=True))
    assert positions == list(range(1, len(positions) + 1))


def test_only_who_may_edit_takes_over_and_only_in_draft_and_not_from_an_old_page(world, open_):
    old = seen(open_.case)
    adjusted(world, open_)
    before = (filled(again(open_)), again(open_).target_hash)
    for by, refusal in (
        (world.head, NotPermitted),
        (world.performance_reviewer, NotPermitted),
        (world.teacher, NotVisible),
    ):
        with pytest.raises(refusal):
            take_over(world, open_, by=by)
    monitoring.save_report(case=open_.case, by=papers.fresh(world.editor2), now=NOW, seen=seen(open_.case),
                           header={"remark": "另一窗口"}, rows=[])  # fmt: skip
    with pytest.raises(Stale):
        take_over(world, open_, old=old)
    assert (filled(again(open_)), again(open_).target_hash) == before


def test_a_submitted_report_is_not_rewritten(world, open_):
    rows = [{"uuid": str(row.uuid), "actual": "1", "possibility": "certain"} for row in open_.progress.all()]
    monitoring.submit_report(case=open_.case, by=papers.fresh(world.editor), now=NOW, seen=seen(open_.case), key=key(),
                             unsaved=monitoring.Unsaved({}, rows))  # fmt: skip
    adjusted(world, open_)
    with pytest.raises(NotPossible):
        take_over(world, open_)


def test_on_the_page_the_offer_saves_what_was_typed_and_takes_over(world, open_, at_now):
    client, url = client_of(world.editor), reverse("report", args=[open_.case.number])
    assert 'id="measured"' not in client.get(url).content.decode()
    newest = adjusted(world, open_)
    page = client.get(url).content.decode()
    assert reverse("report_take_over", args=[open_.case.number]) in page
    first = open_.progress.first()
    stands = seen(open_.case)
    posted = {"seen_version": stands.version, "seen_hash": stands.content_hash, "key": key(), "row": str(first.uuid),
              f"actual.{first.uuid}": "刚输入", "remark": "备注"}  # fmt: skip
    assert client.post(reverse("report_take_over", args=[open_.case.number]), posted).status_code == 302
    found = again(open_)
    assert (found.target_hash, found.remark) == (newest, "备注")
    assert found.progress.get(pk=first.pk).actual == "刚输入"
    assert reverse("report_take_over", args=[open_.case.number]) not in client.get(url).content.decode()
