"""The secrecy gate over HTTP on the demo: refused, told whom to ask, confirmed by the head, submitted, reviewed."""

import pytest
from django.utils import timezone

from targets import demo
from tests.journeys.journeyed import carries
from tests.journeys.test_walk import site, sweep  # noqa: F401
from tests.journeys.walk import Walk
from workflow import record
from workflow.machine import Action

pytestmark = pytest.mark.django_db(transaction=True)
REASON = "保密审查人已逐条审查，培训内容已公开"


@carries(Action.CLEAR_SECRECY, Action.SUBMIT)
def test_a_table_that_may_hold_a_secret_waits_for_the_heads_word(site):  # noqa: F811
    walk = Walk(site, demo.password(), sweep, timezone.localdate(), name="演示·涉密人员公开培训项目")
    editor, head, department = walk.person("jingban"), walk.person("fuzeren"), walk.person("zhuguan")
    walk.upload(editor)
    page = editor.open(walk.path)
    assert "单位负责人" in page.soup.find(id="secrecy").get_text()
    refused = editor.press(page, "/save", to=f"{walk.path}/submit", looked_at="1")
    assert refused.status == 422
    assert "涉密" in refused.text
    walk.is_with(editor, "未报送")

    short = head.press(head.open(walk.path), "/secrecy", secrecy_reason="无")
    assert short.status == 422
    confirmed = head.press(head.open(walk.path), "/secrecy", secrecy_reason=REASON)
    assert confirmed.status == 200
    assert REASON in confirmed.text
    walk.submit(editor)
    walk.is_with(editor, "待主管部门审核")
    assert REASON in department.open(walk.path).soup.find(id="secrecy").get_text()
    assert list(record.verify()) == []
