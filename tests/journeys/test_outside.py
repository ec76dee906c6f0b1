"""The verbs from outside the route and after it, over HTTP on the demo: 代填, 补录, 控制数, 调整, 中止, 归档, 批量."""

import pytest
from django.utils import timezone

from targets import demo
from tests.journeys.journeyed import JOURNEYS, carries
from tests.journeys.people import Person
from tests.journeys.test_verbs import Verbs
from tests.journeys.test_walk import site, sweep  # noqa: F401
from workflow import grants, record
from workflow.machine import NEEDS, Action
from workflow.models import Case, Task

pytestmark = pytest.mark.django_db(transaction=True)
PDF = ("批复.pdf", b"%PDF-1.4 demo approval")
ELSEWHERE = {
    Action.ESCALATE: "tests/journeys/walk.py",
    Action.EXPORT: "tests/targets/test_exporting.py",
    Action.ASK_EXTENSION: "tests/workflow/test_pages_timing.py",
    Action.EXTEND: "tests/workflow/test_pages_timing.py",
    Action.REFUSE_EXTENSION: "tests/workflow/test_pages_timing.py",
    Action.MOVE_DEADLINE: "tests/workflow/test_pages_timing.py",
}
"""What the record notes and nobody performs: where it is tested instead."""


def walk_of(site: str, name: str) -> Verbs:  # noqa: F811
    return Verbs(site, demo.password(), sweep, timezone.localdate(), name=name)


def to_release(walk: Verbs, *people: Person) -> None:
    for who in people[:-1]:
        walk.decide(who, "approve")
    walk.decide(people[-1], "release", document_number="演示财预〔2024〕6号", document_date=walk.today.isoformat())


def sound(walk: Verbs) -> None:
    assert list(record.verify()) == []
    assert list(grants.drift()) == []
    case = Case.objects.get(number=walk.number)
    assert case.state in ("draft", "department_review", "finance_review") or not Task.objects.filter(
        case=case, status="open"
    )


@carries(Action.FILL_FOR, Action.CONFIRM_FILLED, Action.PROPOSE_ADMISSION, Action.DECLINE_ADMISSION, Action.ADMIT)
def test_a_table_is_filled_in_for_its_unit_confirmed_and_admitted_from_paper(site):  # noqa: F811
    walk = walk_of(site, "演示·补录项目")
    editor, department = walk.person("jingban"), walk.person("zhuguan")
    business, leader = walk.person("yewugu"), walk.person("juling")
    walk.upload(editor)
    page = department.open(walk.path)
    form = department.open(page.link("/fill-for"))
    values = [t.get_text().strip() for t in form.form("/fill-for").find_all("textarea", attrs={"name": "row_value"})]
    mended = ["≤12 万元" if "10 万元" in value else value for value in values]
    refused = department.press(form, "/fill-for", lists={"row_value": mended})
    assert refused.status == 422
    assert "≤12 万元" in refused.soup.decode()
    done = department.press(refused, "/fill-for", basis="phone", reason="经办来电，成本改为 12 万元")
    assert done.status == 200, done.text[:500]
    unit = editor.open(walk.path)
    assert "演示·主管部门审核" in unit.text
    confirmed = editor.press(unit, "/save", to=f"{walk.path}/confirm")
    assert confirmed.status == 200, confirmed.text[:500]

    page = business.open(walk.path)
    document = {"document_number": "演示财预〔2024〕5号", "document_date": walk.today.isoformat()}
    assert business.press(page, "/admission", **document).status == 422, "without a scan nothing is proposed"
    sent = business.press(page, "/admission", files={"scan": PDF}, **document)
    assert sent.status == 200, sent.text[:500]
    assert walk.offers(business) & {"admit"} == set()
    walk.verb(leader, "decline_admission", status=422)
    walk.verb(leader, "decline_admission", reason="文号与原件不符")
    page = business.open(walk.path)
    assert business.press(page, "/admission", **document | {"document_number": "演示财预〔2024〕55号"}).status == 200
    walk.verb(leader, "admit")
    assert "补录" in editor.open(walk.path).text
    case = Case.objects.get(number=walk.number)
    assert (case.state, case.is_admitted) == ("approved", True)
    sound(walk)


@carries(Action.START, Action.EDIT, Action.SUBMIT, Action.RECALL, Action.APPROVE, Action.RELEASE, Action.ADJUST,
         Action.CANCEL, Action.OPEN_MONITORING, Action.SUSPEND, Action.RESUME, Action.CLOSE, Action.WAIVE)  # fmt: skip
def test_a_table_is_adjusted_monitored_suspended_and_archived(site):  # noqa: F811
    walk = walk_of(site, "演示·归档项目")
    editor, department, business = walk.person("jingban"), walk.person("zhuguan"), walk.person("yewugu")
    performance, leader = walk.person("jixiaogu"), walk.person("juling")
    walk.upload(editor)
    walk.submit(editor)
    page = editor.open(walk.path)
    assert editor.press(page, "/recall").status == 200
    walk.correct(editor)
    walk.submit(editor)
    to_release(walk, department, business, performance, leader)

    walk.verb(editor, "adjust", status=422)
    opened = walk.verb(editor, "adjust", reason="年中追加 3 万元")
    root, walk.number = walk.number, opened.url.rsplit("/", 1)[1]
    assert walk.number != root
    assert "年中追加 3 万元" in editor.open(walk.path).text
    page = editor.open(walk.path)
    assert editor.press(page, "/cancel", reason="追加取消").status == 200
    walk.number = root

    report = walk.open_monitoring(editor)
    walk.verb(performance, "suspend", status=422)
    walk.verb(performance, "suspend", reason="项目暂停实施")
    walk.verb(performance, "resume", reason="恢复实施")
    assert walk.offers(editor) & {"close", "suspend"} == set()
    assert report.rsplit("/", 1)[1] in walk.verb(performance, "close", status=422).text
    walk.verb(performance, "close", reason="单位撤销，本期免报")
    assert Case.objects.get(number=root).state == "closed"
    assert Case.objects.get(number=report.rsplit("/", 1)[1]).state == "cancelled"
    sound(walk)


@carries(Action.FUNDS_CHANGED, Action.TRANSFER, Action.ADD_APPROVER, Action.COPY, Action.APPROVE, Action.RETURN)
def test_a_control_figure_reopens_a_table_and_others_are_asked_before_beside_and_after(site):  # noqa: F811
    walk = walk_of(site, "演示·控制数项目")
    editor, department, business = walk.person("jingban"), walk.person("zhuguan"), walk.person("yewugu")
    performance, leader, head = walk.person("jixiaogu"), walk.person("juling"), walk.person("zhuguanling")
    walk.upload(editor)
    walk.submit(editor)
    walk.verb(department, "add_approver", people="zhuguanling", place="before", rule="any", reason="先请负责人看")
    refused = department.press(department.open(walk.path), "/decide", ("verdict", "approve"))
    assert refused.status == 422, "who was asked before comes first"
    walk.decide(head, "approve")
    walk.verb(department, "transfer", people="zhuguanling", reason="出差", status=422)
    walk.verb(department, "add_approver", people="juling", place="after", rule="sequence", reason="再请局领导看")
    walk.decide(department, "approve")
    walk.decide(leader, "approve")
    walk.is_with(editor, "待业务股审核")
    walk.decide(business, "return", words="成本不足", days="0")
    walk.correct(editor)
    walk.submit(editor)
    walk.verb(department, "transfer", people="zhuguanling", reason="出差")
    walk.decide(head, "approve")
    walk.decide(business, "approve")
    walk.decide(performance, "approve")
    walk.verb(business, "funds_changed", amount="多", status=422)
    walk.verb(business, "funds_changed", amount="130000", reason="一下控制数")
    assert "控制数" in editor.open(walk.path).text
    page = editor.open(walk.path)
    values = [t.get_text().strip() for t in page.form("/save").find_all("textarea", attrs={"name": "row_value"})]
    wrong = ["≥9 场次" if "6 场次" in value else value for value in values]
    assert editor.press(page, "/save", lists={"row_value": wrong}).status == 422
    mended = ["≤13 万元" if "12 万元" in value else value for value in values]
    typed = {"funds.total": "13", "funds.fiscal": "13"}
    assert editor.press(page, "/save", lists={"row_value": mended}, **typed).status == 200
    walk.submit(editor)
    walk.is_with(editor, "待业务股审核")
    walk.verb(business, "copy", people="zhuguan", reason="供参考")
    walk.decide(business, "approve")
    walk.is_with(editor, "审核通过·待批复")
    walk.decide(leader, "release", document_number="演示财预〔2024〕7号", document_date=walk.today.isoformat())
    assert Case.objects.get(number=walk.number).state == "approved"
    sound(walk)


@carries(Action.APPROVE, Action.RETURN)
def test_many_are_decided_together_from_the_workbench(site):  # noqa: F811
    editor, department = Person(site, "jingban", demo.password()), Person(site, "zhuguan", demo.password())
    walks = [walk_of(site, f"演示·批量项目{n}") for n in range(3)]
    for walk in walks:
        walk.upload(editor)
        walk.submit(editor)
    inbox = department.open("/")
    boxes = [i["value"] for i in inbox.soup.find_all("input", attrs={"name": "number", "form": "batch"})]
    assert {walk.number for walk in walks} <= set(boxes)
    preview = department.press(inbox, "/batches/new", action="return", number=walks[0].number)
    assert walks[0].name in preview.text
    assert department.press(preview, "", reason="").status == 422
    assert department.press(preview, "", reason="请补充测算依据", days="1").status == 200
    walks[0].is_with(editor, "退回修改")
    preview = department.press(department.open("/"), "/batches/new", action="approve", number=walks[1].number)
    walks[1].verb(department, "claim")
    result = department.press(preview, "", reason="同意")
    assert result.status == 200
    walks[1].is_with(editor, "待主管部门审核")
    again = department.press(department.open("/"), "/batches/new", action="approve", all="1")
    assert walks[2].name in again.text
    assert department.press(again, "", reason="同意").status == 200
    walks[2].is_with(editor, "待业务股审核")
    assert list(record.verify()) == []


def test_every_action_has_a_journey():
    missing = set(Action) - set(JOURNEYS) - set(ELSEWHERE)
    performed = {a for a in missing if a in NEEDS or a in (Action.START, Action.EDIT)}
    assert not performed, f"no journey over HTTP carries out {sorted(a.value for a in performed)}"
    assert not set(ELSEWHERE) & set(NEEDS), "what can be performed has a journey of its own"
