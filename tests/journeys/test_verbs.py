"""The verbs beside the plain way, over HTTP on the demo: each pressed on the page, each refusal read from it."""

from datetime import timedelta

import pytest
from django.core.management import call_command
from django.utils import timezone

from targets import demo
from tests.journeys.journeyed import carries
from tests.journeys.people import Person
from tests.journeys.test_walk import site, sweep  # noqa: F401
from tests.journeys.walk import Walk
from workflow import delegations, grants, record
from workflow.machine import Action
from workflow.models import Case, Decision, Task, User

pytestmark = pytest.mark.django_db(transaction=True)


class Verbs(Walk):
    """The walk, with the verbs of the panel "Other actions"."""

    def verb(self, who: Person, name: str, *, status: int = 200, **typed: str):
        page = who.open(self.path)
        form = page.soup.find("form", attrs={"data-verb": name})
        assert form is not None, f"{name} is not offered to {who.username}"
        fields = {i["name"]: i.get("value", "") for i in form.find_all("input") if i.get("type") == "hidden"}
        answer = who.press(page, "/act", **fields | typed)
        assert answer.status == status, f"{name}: {answer.status} {answer.text[:600]}"
        return answer

    def offers(self, who: Person) -> set[str]:
        soup = who.open(self.path).soup
        return {form["data-verb"] for form in soup.find_all("form", attrs={"data-verb": True})}


@carries(Action.START, Action.SUBMIT, Action.URGE, Action.ADD_APPROVER, Action.APPROVE, Action.UNDO_APPROVAL,
         Action.RETURN, Action.EDIT, Action.CLAIM, Action.COPY, Action.APPROVE_WITH_CONDITIONS, Action.MEET_CONDITION,
         Action.RELEASE)  # fmt: skip
def test_every_verb_of_the_review_page(site):  # noqa: F811
    walk = Verbs(site, demo.password(), sweep, timezone.localdate(), name="演示·动作走查项目")
    editor, department = walk.person("jingban"), walk.person("zhuguan")
    business, performance, leader = walk.person("yewugu"), walk.person("jixiaogu"), walk.person("juling")
    walk.upload(editor)
    walk.submit(editor)
    assert walk.offers(editor) == {"urge"}
    walk.verb(editor, "urge", reason="请尽快审核")
    assert "之后可再次催办" in walk.verb(editor, "urge", status=422).text
    sweep(timezone.now())
    assert "催办" in department.open("/notices").text

    walk.verb(department, "add_approver", people="yewugu", place="beside", rule="all", reason="请业务股一并审核")
    walk.decide(department, "approve")
    walk.verb(department, "undo_approval", reason="再核对一次")
    walk.decide(department, "approve")
    walk.is_with(editor, "待主管部门审核")
    walk.decide(business, "approve")
    walk.is_with(editor, "待业务股审核")
    # A unit never urges the finance bureau: its page names the office with its phone instead.
    assert walk.offers(editor) == set()

    walk.decide(business, "return", words="成本合计 10 万元，资金 12 万元，请补足。", again="direct")
    walk.is_with(editor, "退回修改")
    walk.correct(editor)
    walk.submit(editor)
    walk.is_with(editor, "待业务股审核")

    walk.verb(business, "claim")
    walk.verb(business, "copy", people="zhuguan", reason="供参考")
    assert "不属于本节点审核单位" in walk.verb(business, "transfer", status=422, people="juling", reason="x").text
    walk.decide(business, "conditions", conditions="补充培训签到表")
    walk.is_with(editor, "待绩效股审核")
    walk.decide(performance, "return", words="请业务股补充意见", again="direct", lists={"to": ["business"]})
    walk.is_with(editor, "待业务股审核")
    walk.decide(business, "conditions", conditions="补充培训签到表")
    walk.decide(performance, "approve")
    assert "approve" not in {b.get("value") for b in leader.open(walk.path).soup.find_all("button")}
    assert "补充培训签到表" in leader.open(walk.path).text
    walk.verb(leader, "meet_condition", reason="签到表已收到")
    walk.decide(leader, "release", document_number="演示财预〔2024〕2号", document_date=walk.today.isoformat())
    case = Case.objects.get(number=walk.number)
    assert case.state == "approved"
    assert not Task.objects.filter(case=case, status="open").exists()
    assert list(record.verify()) == []
    assert list(grants.drift()) == []
    call_command("verify_record")


@carries(Action.REJECT, Action.READMIT)
def test_a_rejected_table_is_readmitted(site):  # noqa: F811
    walk = Verbs(site, demo.password(), sweep, timezone.localdate(), name="演示·不予通过项目")
    editor, department = walk.person("jingban"), walk.person("zhuguan")
    business, leader = walk.person("yewugu"), walk.person("juling")
    walk.upload(editor)
    walk.submit(editor)
    walk.decide(department, "approve")
    walk.decide(business, "reject", words="与部门职能无关，不进入下一步编审。")
    assert walk.offers(business) == set()
    walk.verb(leader, "readmit", status=422)
    walk.verb(leader, "readmit", reason="局务会同意重报")
    walk.is_with(editor, "退回修改")
    assert Case.objects.get(number=walk.number).state == "draft"


def test_a_deputy_decides_on_the_page_while_the_delegation_lasts(site):  # noqa: F811
    walk = Verbs(site, demo.password(), sweep, timezone.localdate(), name="演示·代理审核项目")
    editor, department, deputy = walk.person("jingban"), walk.person("zhuguan"), walk.person("jixiaogu")
    walk.upload(editor)
    walk.submit(editor)
    walk.decide(department, "approve")
    assert deputy.open(walk.path).soup.find("form", id="decision") is None
    now, principal = timezone.now(), User.objects.get(username="yewugu")
    given = delegations.give(
        principal=principal, deputy=User.objects.get(username="jixiaogu"), starts_at=now,
        ends_at=now + timedelta(days=1), by=principal, now=now, basis="演示〔2026〕1号",
    )  # fmt: skip
    assert f"您代{principal}办理" in deputy.open(walk.path).text.replace(" ", "")
    stale = deputy.open(walk.path)
    delegations.revoke(delegation=given, by=principal, now=timezone.now())
    assert deputy.press(stale, "/decide", ("verdict", "approve")).status == 404
    now = timezone.now()
    delegations.give(
        principal=principal, deputy=User.objects.get(username="jixiaogu"), starts_at=now,
        ends_at=now + timedelta(days=1), by=principal, now=now, basis="演示〔2026〕2号",
    )  # fmt: skip
    walk.decide(deputy, "approve")
    walk.is_with(editor, "待绩效股审核")
    decision = Decision.objects.filter(case__number=walk.number).latest("pk")
    assert (decision.actor.username, decision.principal.username) == ("jixiaogu", "yewugu")
    buttons = {button.get("value") for button in deputy.open(walk.path).soup.find_all("button")}
    assert "return" in buttons
    assert "approve" not in buttons, "who signed one finance step for another does not sign the next"
