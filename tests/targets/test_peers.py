"""What goes wrong elsewhere, tried on target tables (peers.md §4.6): tampered addresses, saves that change nothing,
lists with columns that they should not have.
"""

import re

import pytest
from django.urls import NoReverseMatch, get_resolver, reverse

from targets import drafts, projects
from tests.targets import papers
from tests.targets.test_pages_tables import at_now, client_of
from tests.world import NOW, act, key, seen
from workflow.machine import Action, State
from workflow.models import Case, Event

__all__ = ["at_now"]
pytestmark = pytest.mark.django_db
OF_A_TABLE = sorted(
    name for name in get_resolver().reverse_dict
    if isinstance(name, str) and re.match(r"table($|_)|attachment", name)
)  # fmt: skip


def addresses(case: Case) -> list[str]:
    """Return every address of the pages of one table, as far as the number alone makes one."""
    found = []
    for name in OF_A_TABLE:
        for more in ([], ["docx"], [1]):
            try:
                found.append(reverse(name, args=[case.number, *more]))
                break
            except NoReverseMatch:
                continue
    return [url for url in found if case.number in url and "/template/" not in url]


def test_another_departments_people_find_no_page_of_a_table_whatever_they_send(world):
    case = papers.submitted(world)
    before, events = papers.again(case).version, Event.objects.count()
    urls = addresses(case)
    assert len(urls) > 12
    for who in (world.teacher, world.school_reviewer):
        client = client_of(who)
        form = {"seen_version": before, "seen_hash": case.content_hash, "key": key(), "verdict": "approve",
                "verb": "claim", "reason": "x"}  # fmt: skip
        for url in urls:
            for answer in (client.get(url), client.post(url, form)):
                assert answer.status_code in (404, 405), (url, answer.status_code)
                assert papers.PROJECT not in answer.content.decode()
    assert papers.again(case).version == before
    assert Event.objects.filter(refused="").count() <= events


def test_a_save_that_changes_nothing_keeps_version_content_and_approvals(world):
    case = papers.submitted(world)
    act(case, Action.APPROVE, world.reviewer)
    act(case, Action.RETURN, world.business_reviewer, reason="核对", again="direct")
    before = papers.again(case)
    rows = [{"uuid": r.uuid, "code": r.code, "name": r.name, "value": r.value} for r in case.table.indicators.all()]
    drafts.save_table(
        case=case, by=papers.fresh(world.editor), now=NOW, seen=seen(case), header=papers.HEADER, rows=rows
    )
    after = papers.again(case)
    assert (after.version, after.content_hash) == (before.version, before.content_hash)
    drafts.submit(case=case, by=papers.fresh(world.editor), now=NOW, seen=seen(case), key=key(), looked_at=True)
    assert papers.again(case).step.key == "business"


def test_a_list_with_a_column_of_states_moves_no_table(world):
    by = papers.fresh(world.performance_reviewer)
    head = "项目编码,项目名称,单位编码,金额（万元）,状态,state,version"
    for state in ("approved", "已批复"):
        data = f"{head}\nA1,演示项目甲,D1-0,30,{state},{state},99\n".encode()
        projects.import_project_list(name="清单.csv", data=data, by=by, now=NOW, round=world.round)
    case = Case.objects.get()
    assert (case.state, case.version) == (State.DRAFT, 1)
