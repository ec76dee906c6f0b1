"""Webhooks: only allowed and public addresses, signed, nothing followed, bounded waits, and each notice once."""

import hashlib
import hmac
import http.client
import json
import socket
import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest
from django.test import Client
from django.urls import reverse

from notifications import hooks
from notifications.admin import HookForm
from notifications.channels import NotSent, webhook
from notifications.expand import expand
from notifications.models import Hook, HookDelivery, Status
from tests import world as county
from workflow.machine import Action
from workflow.models import User

pytestmark = pytest.mark.django_db
SECRET = "a secret of the county"


class Receiver(HTTPServer):
    """A server on loopback that keeps what it is sent and answers as told."""

    def __init__(self) -> None:
        self.taken: list[tuple[str, dict[str, str], bytes]] = []
        self.status, self.body, self.pause = 200, b'{"errcode": 0}', 0.0
        super().__init__(("127.0.0.1", 0), _Handler)


class _Handler(BaseHTTPRequestHandler):
    server: Receiver

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.server.taken.append((self.path, dict(self.headers), body))
        time.sleep(self.server.pause)
        self.send_response(self.server.status)
        self.send_header("Location", "http://169.254.169.254/")
        self.end_headers()
        self.wfile.write(self.server.body)

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture
def receiver(settings, monkeypatch) -> Iterator[Receiver]:
    settings.WEBHOOK_HOSTS = frozenset({"robots.example.org"})
    server = Receiver()
    threading.Thread(target=server.serve_forever, daemon=True).start()
    port = server.server_address[1]
    monkeypatch.setattr(webhook, "TIMEOUT", 0.5)
    monkeypatch.setattr(webhook, "connect", lambda parts: http.client.HTTPConnection("127.0.0.1", port, timeout=0.5))
    yield server
    server.shutdown()
    server.server_close()


def make_hook(shape: str = "plain", **columns: object) -> Hook:
    given = {"title": "演示群", "address": "https://robots.example.org/send?key=1", "secret": SECRET}
    return Hook.objects.create(shape=shape, kinds=["returned"], **given | columns)


def returned_case(world, toy):
    case = county.toy_case(world, toy)
    county.act(case, Action.SUBMIT, world.editor)
    county.act(case, Action.RETURN, world.reviewer, reason="补一行")
    return case


def test_a_notice_goes_out_once_signed_over_time_and_body(world, toy, receiver):
    make_hook()
    case = returned_case(world, toy)
    for _ in range(2):
        expand(now=county.NOW)
        hooks.deliver(now=county.NOW)
    ((path, headers, body),) = receiver.taken
    assert path == "/send?key=1"
    told = json.loads(body)
    assert (told["case"], told["kind"]) == (case.number, "returned")
    assert "补一行" in told["text"]
    expected = hmac.new(SECRET.encode(), headers["X-BTR-Timestamp"].encode() + b"." + body, hashlib.sha256).hexdigest()
    assert headers["X-BTR-Signature"] == expected
    assert headers["X-BTR-Delivery"] == told["delivery"]
    assert HookDelivery.objects.get().status == Status.SENT


@pytest.mark.parametrize("shape", ["wecom", "dingtalk", "feishu"])
def test_robots_get_their_shapes(world, toy, receiver, shape):
    make_hook(shape)
    returned_case(world, toy)
    receiver.body = b'{"code": 0}' if shape == "feishu" else b'{"errcode": 0}'
    expand(now=county.NOW)
    assert hooks.deliver(now=county.NOW) == 1
    ((path, _headers, body),) = receiver.taken
    told = json.loads(body)
    if shape == "feishu":
        assert told["msg_type"] == "text"
        assert told["sign"]
    else:
        assert "补一行" in told["text"]["content"]
    assert ("sign=" in path) == (shape == "dingtalk")


@pytest.mark.parametrize(
    ("status", "body", "outcome"),
    [
        (302, b"", Status.FAILED),
        (404, b"", Status.FAILED),
        (500, b"", Status.PENDING),
        (429, b"", Status.PENDING),
        (200, b'{"errcode": 93000}', Status.PENDING),
        (200, b"<html>", Status.PENDING),
    ],
)
def test_what_is_not_taken_is_put_off_or_an_incident_and_nothing_is_followed(
    world, toy, receiver, status, body, outcome
):
    make_hook("wecom")
    returned_case(world, toy)
    receiver.status, receiver.body = status, body
    expand(now=county.NOW)
    assert hooks.deliver(now=county.NOW) == 0
    row = HookDelivery.objects.get()
    assert (row.status, len(receiver.taken)) == (outcome, 1)
    assert row.last_error
    assert hooks.deliver(now=county.NOW) == 0
    assert len(receiver.taken) == 1


def test_one_that_never_answers_costs_its_time_limit_only(world, toy, receiver):
    make_hook()
    returned_case(world, toy)
    receiver.pause = 3
    expand(now=county.NOW)
    began = time.monotonic()
    hooks.deliver(now=county.NOW)
    assert time.monotonic() - began < 2
    assert HookDelivery.objects.get().status == Status.PENDING


@pytest.mark.parametrize(
    "address",
    ["http://robots.example.org/x", "https://other.example.org/x", "https://me:pw@robots.example.org/", "https://",
     "ftp://robots.example.org"],
)  # fmt: skip
def test_an_address_that_is_not_allowed_is_refused(settings, address):
    settings.WEBHOOK_HOSTS = frozenset({"robots.example.org"})
    with pytest.raises(NotSent) as caught:
        webhook.check_address(address)
    assert caught.value.is_final


@pytest.mark.parametrize(
    "inside", ["127.0.0.1", "10.1.2.3", "192.168.0.9", "172.16.5.5", "169.254.169.254", "::1", "fc00::1", "0.0.0.0"]
)
def test_an_address_that_leads_inside_is_refused_even_beside_a_public_one(monkeypatch, inside):
    def found(*_args: object, **_named: object):
        return [(0, 0, 0, "", ("8.8.8.8", 443)), (0, 0, 0, "", (inside, 443))]

    monkeypatch.setattr(socket, "getaddrinfo", found)
    with pytest.raises(NotSent) as caught:
        webhook.resolve("robots.example.org", 443)
    assert caught.value.is_final


def test_the_form_keeps_no_address_that_cannot_be_used(settings, monkeypatch):
    settings.WEBHOOK_HOSTS = frozenset({"robots.example.org"})
    monkeypatch.setattr(socket, "getaddrinfo", lambda *a, **k: [(0, 0, 0, "", ("10.0.0.1", 443))])
    given = {
        "title": "群",
        "address": "https://robots.example.org/x",
        "shape": "plain",
        "secret": "short",
        "kinds": ["returned"],
    }
    form = HookForm(given)
    assert set(form.errors) == {"address", "secret"}
    assert not Hook.objects.exists()


def test_without_named_hosts_nothing_is_made(world, toy, settings):
    settings.WEBHOOK_HOSTS = frozenset()
    make_hook()
    returned_case(world, toy)
    expand(now=county.NOW)
    assert not HookDelivery.objects.exists()


def test_a_hook_of_another_department_is_told_nothing(world, toy, receiver):
    make_hook(department=world.school)
    returned_case(world, toy)
    expand(now=county.NOW)
    assert not HookDelivery.objects.exists()


def test_a_failed_hook_is_an_incident_and_can_be_tried_again(world, toy, receiver):
    make_hook()
    returned_case(world, toy)
    receiver.status = 404
    expand(now=county.NOW)
    hooks.deliver(now=county.NOW)
    User.objects.filter(pk=world.teacher.pk).update(administers="system")
    client = Client()
    client.force_login(User.objects.get(pk=world.teacher.pk))
    assert "answered 404" in client.get(reverse("incidents")).content.decode()
    row = HookDelivery.objects.get()
    assert client.post(reverse("hook_retry", args=[row.pk])).status_code == 302
    receiver.status = 200
    assert hooks.deliver(now=HookDelivery.objects.get().available_at) == 1


def test_a_failed_hook_is_dealt_with_only_with_a_word_and_stays_known(world, toy, receiver):
    make_hook()
    returned_case(world, toy)
    receiver.status = 404
    expand(now=county.NOW)
    hooks.deliver(now=county.NOW)
    User.objects.filter(pk=world.teacher.pk).update(administers="system")
    client = Client()
    client.force_login(User.objects.get(pk=world.teacher.pk))
    row = HookDelivery.objects.get()
    address = reverse("hook_resolve", args=[row.pk])
    assert "重新复制地址" in client.get(reverse("incidents")).content.decode()
    assert client.post(address, {"note": " "}).status_code == 422
    assert HookDelivery.objects.get().resolved_at is None
    assert client.post(address, {"note": "已电话通知"}).status_code == 302
    row.refresh_from_db()
    assert (row.resolved_note, row.resolved_by.username, row.status) == ("已电话通知", "teacher", Status.FAILED)
    assert "重新复制地址" not in client.get(reverse("incidents")).content.decode()
    assert client.post(address, {"note": "noch einmal"}).status_code == 404
    assert client.post(reverse("hook_retry", args=[row.pk])).status_code == 404
