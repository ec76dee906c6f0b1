"""Ways out: tried with a message of their own, entered with a checked address; reasons in words, nothing half-saved."""

import json
import re
import smtplib
import socket
from email import message_from_bytes

import pytest
from django.core import mail
from django.core.mail.backends.locmem import EmailBackend
from django.core.management import CommandError, call_command
from django.test import Client
from django.urls import reverse

from notifications import reasons
from notifications.models import Delivery, Hook, HookDelivery, Notice
from tests.notifications.test_hooks import make_hook, receiver  # noqa: F401 (a fixture)
from workflow import rulings
from workflow.models import Ruling, User

pytestmark = pytest.mark.django_db
GIVEN = {
    "title": "演示群", "address": "https://robots.example.org/send?key=1", "shape": "wecom", "secret": "",
    "kinds": ["returned", "arrived"], "department": "", "is_active": "on",
}  # fmt: skip


@pytest.fixture
def operator(world) -> Client:
    User.objects.filter(pk=world.teacher.pk).update(administers="system", email="guanli@example.org")
    client = Client()
    client.force_login(User.objects.get(pk=world.teacher.pk))
    return client


@pytest.fixture
def public(settings, monkeypatch):
    """The name server knows the robots' host under a public address."""
    settings.WEBHOOK_HOSTS = frozenset({"robots.example.org"})
    monkeypatch.setattr(socket, "getaddrinfo", lambda *a, **k: [(0, 0, 0, "", ("8.8.8.8", 443))])


def told(page) -> str:
    """Return what the page says about the test."""
    found = re.search(r'id="tried".*?</p>', page.content.decode(), re.DOTALL)
    return re.sub(r"<[^>]+>", "", found[0]) if found else ""


def rulings_of(action: str) -> list[Ruling]:
    return list(Ruling.objects.filter(action=action).order_by("seq"))


def test_the_pages_are_for_who_operates_the_system(world):
    client = Client()
    client.force_login(world.leader)
    hook = make_hook()
    for name, args in (("channels", []), ("hook_new", []), ("hook_edit", [hook.pk])):
        assert client.get(reverse(name, args=args)).status_code == 403
    for name, args in (("mail_try", []), ("hook_try", [hook.pk]), ("hook_new", [])):
        assert client.post(reverse(name, args=args), GIVEN | {"to": "a@example.org"}).status_code == 403
    assert (len(mail.outbox), Hook.objects.count()) == (0, 1)


def test_a_test_mail_goes_out_at_once_and_leaves_no_trace_in_the_outbox(operator, settings):
    settings.EMAIL_ENABLED = True
    page = operator.post(reverse("mail_try"), {"to": "guanli@example.org"})
    assert page.status_code == 200
    (sent,) = mail.outbox
    assert (sent.to, sent.subject) == (["guanli@example.org"], "测试消息")
    assert "演示·teacher" in sent.body
    assert "%(" not in sent.body
    assert sent.extra_headers["Message-ID"].startswith("<test-")
    assert "已接收" in told(page)
    assert not Notice.objects.exists()
    assert not Delivery.objects.exists()
    first, second = (message_from_bytes(sent.message().as_bytes()) for _ in range(2))
    assert [part.get_content_type() for part in first.get_payload()] == ["text/plain", "text/html"]
    assert first.get_boundary() != second.get_boundary()
    (noted,) = rulings_of("test_channel")
    assert (noted.actor.username, noted.subject) == ("teacher", "发往 guanli@example.org 的邮件")
    assert json.loads(noted.payload)["taken"] is True


@pytest.mark.parametrize("to", ["", "nobody", "a@b@c", "a@example.org\nBcc: x@example.org"])
def test_what_is_no_address_is_said_so_and_nothing_is_sent(operator, settings, to):
    settings.EMAIL_ENABLED = True
    page = operator.post(reverse("mail_try"), {"to": to})
    assert page.status_code == 422
    assert "不是邮箱地址" in told(page)
    assert mail.outbox == []


def test_without_a_mail_server_the_page_says_what_to_do(operator, settings):
    settings.EMAIL_ENABLED = False
    assert "BTR_EMAIL_HOST" in operator.get(reverse("channels")).content.decode()
    page = operator.post(reverse("mail_try"), {"to": "guanli@example.org"})
    assert "BTR_EMAIL_HOST" in told(page)
    assert mail.outbox == []


@pytest.mark.parametrize(
    ("error", "words"),
    [
        (smtplib.SMTPRecipientsRefused({"x": (550, b"unknown")}), "核对此人的邮箱地址"),
        (smtplib.SMTPAuthenticationError(535, b"no"), "BTR_EMAIL_USER"),
        (ConnectionRefusedError(111, "refused"), "连不上对方"),
        (TimeoutError("timed out"), "没有在规定时间内应答"),
    ],
)
def test_a_mail_server_that_does_not_take_it_is_told_in_words(operator, settings, monkeypatch, error, words):
    settings.EMAIL_ENABLED = True

    def refuse(self, messages):
        raise error

    monkeypatch.setattr(EmailBackend, "send_messages", refuse)
    page = operator.post(reverse("mail_try"), {"to": "guanli@example.org"})
    assert page.status_code == 422
    assert words in told(page)
    assert not Delivery.objects.exists()
    (noted,) = rulings_of("test_channel")
    assert json.loads(noted.payload)["taken"] is False
    assert words in json.loads(noted.payload)["result"]


def test_people_without_an_address_are_named_where_mail_is_on(operator, world, settings):
    settings.EMAIL_ENABLED = True
    User.objects.exclude(pk=world.editor.pk).update(email="x@example.org")
    page = operator.get(reverse("channels")).content.decode()
    assert "有 1 人没有邮箱" in page
    assert "演示·editor" in page


@pytest.mark.parametrize("shape", ["plain", "wecom", "dingtalk", "feishu"])
def test_a_webhook_is_called_once_with_a_test_message(operator, receiver, shape):  # noqa: F811
    hook = make_hook(shape, is_active=False)
    receiver.body = b'{"code": 0}' if shape == "feishu" else b'{"errcode": 0}'
    page = operator.post(reverse("hook_try", args=[hook.pk]))
    assert page.status_code == 200
    assert "已接收" in told(page)
    ((_path, headers, body),) = receiver.taken
    assert "测试消息" in body.decode()
    assert ("X-BTR-Signature" in headers) == (shape == "plain")
    assert not HookDelivery.objects.exists()


@pytest.mark.parametrize(
    ("status", "body", "pause", "words"),
    [
        (302, b"", 0, "不跟随跳转"),
        (404, b"", 0, "重新复制地址"),
        (403, b"", 0, "拒绝访问"),
        (503, b"", 0, "对方服务出错"),
        (200, b'{"errcode": 93000}', 0, "群机器人不接收这条消息（93000）"),
        (200, b"", 2, "没有在规定时间内应答"),
    ],
)
def test_a_hook_that_does_not_take_it_is_told_in_words(operator, receiver, status, body, pause, words):  # noqa: F811
    hook = make_hook("wecom")
    receiver.status, receiver.body, receiver.pause = status, body, pause
    page = operator.post(reverse("hook_try", args=[hook.pk]))
    assert page.status_code == 422
    assert words in told(page)
    assert [words in noted.payload for noted in rulings_of("test_channel")] == [True]
    assert len(receiver.taken) == 1
    assert not HookDelivery.objects.exists()


def test_the_page_shows_the_host_of_a_robot_and_never_its_key(operator):
    make_hook(address="https://robots.example.org/send?key=geheim-4711")
    page = operator.get(reverse("channels")).content.decode()
    assert "robots.example.org" in page
    assert "geheim-4711" not in page


def test_a_webhook_is_entered_and_its_secret_is_not_shown_again(operator, public):
    given = GIVEN | {"shape": "plain", "secret": "a secret of sixteen signs"}
    assert operator.post(reverse("hook_new"), given)["Location"] == reverse("channels")
    hook = Hook.objects.get()
    assert (hook.title, hook.kinds, hook.secret) == ("演示群", ["returned", "arrived"], "a secret of sixteen signs")
    page = operator.get(reverse("hook_edit", args=[hook.pk])).content.decode()
    assert "a secret of sixteen signs" not in page
    operator.post(reverse("hook_edit", args=[hook.pk]), given | {"title": "另一群", "secret": ""})
    hook.refresh_from_db()
    assert (hook.title, hook.secret) == ("另一群", "a secret of sixteen signs")
    entered, changed = rulings_of("set_webhook")
    assert (entered.subject, changed.subject) == ("演示群", "另一群")
    assert "robots.example.org" in changed.payload
    for kept_back in ("a secret of sixteen signs", GIVEN["address"]):
        assert kept_back not in entered.payload + changed.payload
    assert list(rulings.verify()) == []


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"address": "http://robots.example.org/x"}, "https://"),
        ({"address": "https://other.example.org/x"}, "BTR_WEBHOOK_HOSTS"),
        ({"address": "https://robots.example.org:99999/x"}, "https://"),
        ({"address": "kein"}, "https://"),
        ({"address": "https://me:pw@robots.example.org/x"}, "https://"),
        ({"kinds": []}, "至少勾选一类"),
        ({"kinds": ["lottery"]}, "lottery"),
        ({"shape": "plain", "secret": "short"}, "16"),
        ({"title": ""}, "必填"),
    ],
)
def test_a_webhook_that_makes_no_sense_is_refused_in_words_and_nothing_is_stored(operator, public, given, words):
    page = operator.post(reverse("hook_new"), GIVEN | given)
    assert page.status_code == 422
    assert words in page.content.decode()
    assert not Hook.objects.exists()
    assert rulings_of("set_webhook") == []


def test_an_address_that_leads_inside_is_refused_over_the_page_too(operator, public, monkeypatch):
    hook = make_hook()
    monkeypatch.setattr(socket, "getaddrinfo", lambda *a, **k: [(0, 0, 0, "", ("10.0.0.1", 443))])
    page = operator.post(reverse("hook_edit", args=[hook.pk]), GIVEN | {"address": "https://robots.example.org/neu"})
    assert page.status_code == 422
    assert "内部网络" in page.content.decode()
    assert Hook.objects.get().address == hook.address


def test_the_command_tries_what_it_is_told_and_fails_when_one_is_not_taken(receiver, settings, capsys):  # noqa: F811
    settings.EMAIL_ENABLED = True
    hook, off = make_hook("wecom"), make_hook(is_active=False)
    call_command("test_channels", "--mail", "a@example.org", "--hooks")
    out = capsys.readouterr().out
    assert out.count("ok\t") == 2
    assert len(receiver.taken) == len(mail.outbox) == 1
    receiver.status = 404
    with pytest.raises(CommandError, match="1 of 2"):
        call_command("test_channels", "--mail", "a@example.org", "--hook", str(hook.pk))
    assert [noted.actor for noted in rulings_of("test_channel")] == [None] * 4
    assert "重新复制地址" in capsys.readouterr().out
    with pytest.raises(CommandError, match="no webhook"):
        call_command("test_channels", "--hook", str(off.pk + 1))
    with pytest.raises(CommandError, match="Say what"):
        call_command("test_channels")
    call_command("test_channels", "--list")
    assert capsys.readouterr().out.splitlines()[1].startswith(f"{off.pk}\toff\t")


def test_a_reason_that_nobody_has_met_is_quoted():
    assert "Weird: thing" in reasons.in_words("Weird: thing")
