"""The one translator: each refusal has its status and sentence, keeps what was typed, and tells nothing hidden."""

import pytest
from django.http import HttpRequest, HttpResponse, QueryDict
from django.test import Client
from django.urls import include, path, reverse

from tests import world as county
from workflow import kept, refusals
from workflow.machine import Action
from workflow.models import User

pytestmark = [pytest.mark.django_db, pytest.mark.urls(__name__)]

RAISED: dict[str, refusals.Refused] = {
    "not_visible": refusals.NotVisible(),
    "not_permitted": refusals.NotPermitted(action="审核通过", who="当前由 演示业务股 办理。"),
    "same_person": refusals.SamePersonRefused(did="报送", who=""),
    "stale": refusals.Stale(
        by="演示·乙", at="10:00", changes=({"who": "演示·乙", "action": "退回修改", "at": county.NOW},)
    ),
    "not_possible": refusals.NotPossible(action="审核通过", state="未报送"),
    "blocked": refusals.Blocked([refusals.Blocker("CST-01", "成本<指标>", "成本合计 60 大于资金总额 50")]),
    "reason_missing": refusals.ReasonMissing(),
}


def refuse(request: HttpRequest, which: str) -> HttpResponse:
    raise RAISED[which]


urlpatterns = [path("refuse/<str:which>", refuse, name="refuse"), path("", include("deploy.urls"))]


@pytest.fixture
def client() -> Client:
    person = User.objects.create(username="someone", full_name="演示·某")
    signed_in = Client()
    signed_in.force_login(person)
    return signed_in


@pytest.mark.parametrize(
    ("which", "status", "words"),
    [
        ("not_permitted", 403, "当前由 演示业务股 办理"),
        ("same_person", 403, "须由其他人审核"),
        ("stale", 409, "退回修改"),
        ("not_possible", 409, "未报送"),
        ("blocked", 422, "成本&lt;指标&gt;"),
        ("reason_missing", 422, "请写明原因"),
    ],
)
@pytest.mark.parametrize("htmx", [False, True])
def test_a_refusal_becomes_its_status_its_sentence_and_the_kept_text(client, which, status, words, htmx):
    headers = {"HX-Request": "true"} if htmx else {}
    typed = {"reason": "满意度<请写明>对象", "key": "machine-key", "seen_version": "7", "blank": "  "}
    answer = client.post(reverse("refuse", args=[which]), typed, headers=headers)
    text = answer.content.decode()
    assert answer.status_code == status
    assert words in text
    assert "满意度&lt;请写明&gt;对象" in text
    assert "machine-key" not in text
    assert ("<html" in text) is not htmx
    assert answer.headers.get("HX-Retarget") == ("#refusal" if htmx else None)


def test_a_hidden_case_and_a_missing_one_give_the_same_answer(client):
    hidden = client.get(reverse("refuse", args=["not_visible"]))
    missing = client.get("/cases/2099-9999")
    no_address = client.get("/nothing/here")
    assert client.get("/cases/%00").status_code == 404
    assert (hidden.status_code, missing.status_code, no_address.status_code) == (404, 404, 404)
    stripped = [
        answer.content.decode().split("<main")[1].split("</main")[0] for answer in (hidden, missing, no_address)
    ]
    assert stripped[0] == stripped[1] == stripped[2]


def test_a_case_of_another_department_looks_like_a_missing_one(toy, world):
    case = county.toy_case(world, toy)
    county.act(case, Action.SUBMIT, world.editor)
    stranger = Client()
    stranger.force_login(world.teacher)
    for name in ("case", "case_history"):
        there = stranger.get(reverse(name, args=[case.number]))
        missing = stranger.get(reverse(name, args=["2099-9999"]))
        assert (there.status_code, missing.status_code) == (404, 404)
        assert case.title not in there.content.decode()
        assert there.content.decode().split("<main")[1] == missing.content.decode().split("<main")[1]


def test_an_ordinary_error_is_not_swallowed_and_shows_a_code(client, monkeypatch):
    def broken(*args: object, **kwargs: object) -> None:
        raise RuntimeError("演示：secret detail")

    monkeypatch.setattr("workflow.views.inbox.queries.counts_for", broken)
    client.raise_request_exception = False
    answer = client.get(reverse("inbox"))
    assert answer.status_code == 500
    text = answer.content.decode()
    assert "系统出错了" in text
    assert "secret detail" not in text


def test_rows_that_were_typed_come_back_as_lines_without_machine_parts():
    post = QueryDict(mutable=True)
    post.setlist("row_uuid", ["93c2f6e2-d9b4-4103-9b81-f17770214654", "89fb7235-7738-42e7-b3d6-fd47d568d90a"])
    post.setlist("row_name", ["活动参与率", " "])
    post.setlist("row_value", ["≥95%", ""])
    post.setlist("remark_words", ["", "请给出等级标准"])
    post.setlist("remark_kind", ["should", "must"])
    post["reason"] = "请补一行"
    post["new_password1"] = "never shown"
    post["token"] = "93c2f6e2-d9b4-4103-9b81-f17770214654"
    assert [text for _label, text in kept.typed_texts(post)] == ["请补一行", "活动参与率  ≥95%", "请给出等级标准"]
