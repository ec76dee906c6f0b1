"""代填 and 补录 on real tables: content, scan and confirmation together, on the page and from the command line."""

import json
from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from django.urls import reverse

from targets import drafts, projects, standing_in
from targets.models import Attachment, Indicator, Revision
from targets.reopened import OnlyFundsOpen
from tests.targets import papers
from tests.targets.test_pages_tables import at_now, client_of
from tests.world import NOW, act, key, seen
from workflow.machine import Action, State, TaskKind
from workflow.models import Case, Event, Task
from workflow.record import payload_of
from workflow.refusals import Blocked, NotPermitted, Unconfirmed

__all__ = ["at_now"]
pytestmark = pytest.mark.django_db
PDF = b"%PDF-1.4 demo approval"
DOCUMENT = {"document_number": "演示财预〔2026〕9号", "document_date": "2026-03-01"}


def opened(world) -> Case:
    return projects.add_off_list(unit=world.own, name=papers.PROJECT, by=papers.fresh(world.editor), key=key(), now=NOW)


def fill_for(case, by, *, scan=None, **header):
    return standing_in.fill_for(
        case=case, by=papers.fresh(by), now=NOW, seen=seen(case), key=key(), basis="phone", reason="经办来电",
        scan=scan, unsaved=drafts.Unsaved({**papers.HEADER, **header}, papers.posted()),
    )  # fmt: skip


def propose(case, by, **more):
    return standing_in.propose_admission(
        case=case, by=papers.fresh(by), now=NOW, seen=seen(case), key=key(), **DOCUMENT, **more
    )


def test_a_table_filled_in_by_the_department_is_confirmed_and_submitted_by_its_unit(world):
    case = opened(world)
    fill_for(case, world.reviewer)
    now = papers.again(case)
    assert (now.amount, Indicator.objects.filter(table=case.pk).count()) == (300000, len(papers.ROWS))
    with pytest.raises(Unconfirmed):
        drafts.submit(case=now, by=papers.fresh(world.editor), now=NOW, seen=seen(case), key=key(), looked_at=True)
    standing_in.confirm_filled(case=now, by=papers.fresh(world.editor), now=NOW, seen=seen(case), key=key())
    drafts.submit(case=now, by=papers.fresh(world.editor), now=NOW, seen=seen(case), key=key(), looked_at=True)
    assert papers.again(case).state == State.DEPARTMENT_REVIEW


def test_a_refused_filling_in_leaves_table_and_files_as_they_were(world, settings):
    case = papers.filled(world)
    before = (papers.again(case).content_hash, Attachment.objects.count())
    with pytest.raises(NotPermitted):
        fill_for(case, world.head, scan=standing_in.Scan("盖章件.pdf", PDF))
    assert (papers.again(case).content_hash, Attachment.objects.count()) == before
    assert not list((settings.MEDIA_ROOT / "attachments").glob("*"))


def test_a_signed_scan_is_attached_with_the_filling_in_and_needs_no_confirmation(world):
    case = opened(world)
    fill_for(case, world.reviewer, scan=standing_in.Scan("盖章件.pdf", PDF))
    file = Attachment.objects.get(case=case)
    assert (file.kind, payload_of(Event.objects.filter(case=case).last())["scan"]) == ("sealed", file.sha256)
    drafts.submit(case=case, by=papers.fresh(world.reviewer), now=NOW, seen=seen(case), key=key(), looked_at=True)
    assert papers.again(case).state == State.DEPARTMENT_REVIEW


def test_an_admission_needs_the_scan_and_indicators_and_keeps_what_is_in_force(world):
    case = opened(world)
    with pytest.raises(Blocked) as blocked:
        propose(case, world.business_reviewer)
    assert {b.code for b in blocked.value.blockers} == {"scan", "empty"}
    assert not Attachment.objects.exists()
    fill_for(case, world.business_reviewer)
    propose(case, world.performance_reviewer, scan=standing_in.Scan("批复.pdf", PDF))
    act(case, Action.ADMIT, world.leader)
    admitted = papers.again(case)
    assert (admitted.state, admitted.is_admitted) == (State.APPROVED, True)
    kept = Revision.objects.get(case=case, why="approved")
    assert kept.content_hash == admitted.content_hash
    assert len(kept.row_ids) == len(papers.ROWS)


def test_on_the_page_the_department_fills_in_and_the_unit_saves_and_confirms(world):
    case = papers.filled(world)
    department, unit = client_of(world.reviewer), client_of(world.editor)
    page = department.get(reverse("table", args=[case.number]))
    assert reverse("table_fill_for", args=[case.number]) in page.content.decode()
    url = reverse("table_fill_for", args=[case.number])
    assert department.get(url).status_code == 200
    assert client_of(world.auditor).get(url).status_code == 403
    assert client_of(world.teacher).get(url).status_code == 404
    form = rows_form(case, value="≥15台")
    refused = department.post(url, form | {"basis": "", "reason": "经办来电"})
    assert refused.status_code == 422
    assert "≥15台" in refused.content.decode()
    assert department.post(url, form | {"basis": "phone", "reason": "经办来电"}).status_code == 302
    shown = unit.get(reverse("table", args=[case.number])).content.decode()
    assert "演示·reviewer" in shown
    assert reverse("table_confirm", args=[case.number]) in shown
    confirmed = rows_form(case, value="≥16台") | {"with_form": "1"}
    answer = unit.post(reverse("table_confirm", args=[case.number]), confirmed)
    assert answer.status_code == 302
    assert Indicator.objects.get(table=case.pk, code="11").value == "≥16台"
    assert not Task.objects.filter(case=case, kind=TaskKind.CONFIRM, status="open").exists()


def rows_form(case, *, value):
    now = papers.again(case)
    rows = list(Indicator.objects.filter(table=case.pk).order_by("position"))
    values = [value if row.code == "11" else row.value for row in rows]
    return {
        "seen_version": now.version, "seen_hash": now.content_hash, "key": key(), **papers.HEADER,
        "project_name": papers.PROJECT, "department": "演示办公室", "unit": "演示办公室本级",
        "row_uuid": [str(r.uuid) for r in rows], "row_code": [r.code for r in rows],
        "row_name": [r.name for r in rows], "row_value": values,
    }  # fmt: skip


def test_on_the_page_finance_proposes_with_a_scan_and_a_second_person_admits(world):
    from django.core.files.uploadedfile import SimpleUploadedFile

    case = papers.filled(world)
    first, second = client_of(world.business_reviewer), client_of(world.leader)
    url = reverse("table_admission", args=[case.number])
    now = papers.again(case)
    form = {"seen_version": now.version, "seen_hash": now.content_hash, "key": key(), **DOCUMENT}
    refused = first.post(url, form)
    assert refused.status_code == 422
    assert DOCUMENT["document_number"] in refused.content.decode()
    sent = first.post(url, form | {"key": key(), "scan": SimpleUploadedFile("批复.pdf", PDF)})
    assert sent.status_code == 302, sent.content.decode()[:500]
    page = second.get(reverse("table", args=[case.number])).content.decode()
    assert DOCUMENT["document_number"] in page
    now = papers.again(case)
    done = second.post(
        reverse("table_act", args=[case.number]),
        {"seen_version": now.version, "seen_hash": now.content_hash, "key": key(), "verb": "admit"},
    )
    assert (done.status_code, papers.again(case).is_admitted) == (302, True)
    assert "补录" in first.get(reverse("table", args=[case.number])).content.decode()


def test_from_the_command_line(world, tmp_path):
    case = opened(world)
    paper, scan = tmp_path / "表.txt", tmp_path / "批复.pdf"
    paper.write_bytes(papers.paper(total="31"))
    scan.write_bytes(PDF)
    out = StringIO()
    call_command("fill_for", case.number, str(paper), "--as", "business_reviewer", "--basis", "paper",
                 "--reason", "纸质表补录", stdout=out)  # fmt: skip
    assert papers.again(case).amount == 310000
    call_command("propose_admission", case.number, "--as", "performance_reviewer", "--document-number", "演示9号",
                 "--document-date", "2026-03-01", "--scan", str(scan), stdout=out)  # fmt: skip
    with pytest.raises(SystemExit):
        call_command("act", case.number, "admit", "--as", "performance_reviewer", "--json", stdout=out)
    call_command("act", case.number, "admit", "--as", "leader", "--json", stdout=out)
    assert json.loads(out.getvalue().splitlines()[-1])["state"] == "approved"
    with pytest.raises(CommandError):
        call_command("fill_for", case.number, str(paper), "--as", "business_reviewer", "--basis", "paper",
                     "--reason", "x", stdout=out)  # fmt: skip


def test_a_control_figure_reopens_funds_goal_and_cost_lines_only(world):
    case = papers.in_force(world)
    act(case, Action.FUNDS_CHANGED, world.business_reviewer, amount="280000")
    rows = [{"uuid": r.uuid, "code": r.code, "name": r.name, "value": r.value}
            for r in Indicator.objects.filter(table=case.pk)]  # fmt: skip

    def save(header, typed):
        return drafts.save_table(case=case, by=papers.fresh(world.editor), now=NOW, seen=seen(case), header=header,
                                 rows=typed)  # fmt: skip

    other = [row | {"value": "≥11台"} if row["code"] == "11" else row for row in rows]
    before = papers.again(case).content_hash
    more = [*rows, {"uuid": None, "code": "12", "name": "a", "value": "b"}]
    for header, typed in (({}, other), ({}, rows[1:]), ({}, more), ({"period": "2027年"}, rows)):
        with pytest.raises(OnlyFundsOpen):
            save(header, typed)
    assert papers.again(case).content_hash == before
    cost = [row | {"value": "28万元"} if row["code"] == "14" else row for row in rows]
    save({"funds.total": "28", "funds.fiscal": "28"}, cost)
    page = client_of(world.editor).get(reverse("table", args=[case.number])).content.decode()
    assert "控制数" in page
    drafts.submit(case=case, by=papers.fresh(world.editor), now=NOW, seen=seen(case), key=key(), looked_at=True)
    assert papers.again(case).step.key == "business"
    act(case, Action.RETURN, world.business_reviewer, reason="其他指标也要改")
    save({}, [row | {"value": "≥11台"} if row["code"] == "11" else row for row in cost])
