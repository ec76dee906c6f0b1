"""Webhooks: one POST of JSON to an address that the county has allowed, signed, without following anything.

The address is resolved once, checked and connected to as resolved, so that no second answer of the name server can
lead inside. Robots of WeCom, DingTalk and Feishu get their own shapes.
"""

import base64
import hashlib
import hmac
import http.client
import ipaddress
import json
import socket
import ssl
from collections.abc import Mapping
from typing import Any
from urllib.parse import SplitResult, quote_plus, urlsplit

from django.conf import settings

from notifications.channels import NotSent
from notifications.models import Hook

TIMEOUT = 8.0
"""Seconds for each wait: connecting, and each part of the answer."""
ANSWER_BYTES = 4096
TRY_AGAIN = {408, 425, 429}


def check_address(address: str) -> SplitResult:
    """Return the parts of an address that may be called. Raises: NotSent, final, with the reason."""
    parts = urlsplit(address)
    if parts.scheme != "https" or not parts.hostname or parts.username or parts.password:
        raise NotSent("the address must begin with https:// and name a host", is_final=True)
    if parts.hostname not in settings.WEBHOOK_HOSTS:
        raise NotSent(f"{parts.hostname} is not among the hosts of BTR_WEBHOOK_HOSTS", is_final=True)
    return parts


def resolve(host: str, port: int) -> str:
    """Return the network address of `host`. Raises: NotSent; final when any of its addresses is an internal one."""
    try:
        found = {str(entry[4][0]) for entry in socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)}
    except OSError as error:
        raise NotSent(f"{host} cannot be found") from error
    if not all(ipaddress.ip_address(address.partition("%")[0]).is_global for address in found):
        raise NotSent(f"{host} is an address of an internal network", is_final=True)
    return sorted(found)[0]


class _Pinned(http.client.HTTPSConnection):
    """A connection to the address that was checked, under the name that was asked for."""

    def __init__(self, host: str, port: int, *, address: str) -> None:
        super().__init__(host, port, timeout=TIMEOUT, context=ssl.create_default_context())
        self._address = address

    def connect(self) -> None:
        plain = socket.create_connection((self._address, self.port), TIMEOUT)
        self.sock = self._context.wrap_socket(plain, server_hostname=self.host)  # type: ignore[attr-defined]


def connect(parts: SplitResult) -> http.client.HTTPConnection:
    """Return a connection to the checked address of `parts`."""
    host, port = str(parts.hostname), parts.port or 443
    return _Pinned(host, port, address=resolve(host, port))


def signature(*, secret: str, timestamp: int, body: bytes) -> str:
    """Return the hexadecimal HMAC-SHA256 over "<timestamp>.<body>"; a receiver refuses what is older than 5 minutes."""
    return hmac.new(secret.encode(), str(timestamp).encode() + b"." + body, hashlib.sha256).hexdigest()


def _robot_sign(secret: str, text: str) -> str:
    return base64.b64encode(hmac.new(secret.encode(), text.encode(), hashlib.sha256).digest()).decode()


def shaped(
    hook: Hook, *, text: str, key: str, facts: Mapping[str, Any], timestamp: int
) -> tuple[str, bytes, dict[str, str]]:
    """Return query, body and headers in the shape of `hook`. `timestamp`: seconds; `key`: the same for each attempt."""
    query, headers = "", {"Content-Type": "application/json; charset=utf-8", "X-BTR-Delivery": key}
    body: dict[str, Any] = {"msgtype": "text", "text": {"content": text}}
    if hook.shape == Hook.Shape.PLAIN:
        body = {"delivery": key, "text": text, **facts}
    elif hook.shape == Hook.Shape.FEISHU:
        body = {"msg_type": "text", "content": {"text": text}}
        if hook.secret:
            sign = hmac.new(f"{timestamp}\n{hook.secret}".encode(), b"", hashlib.sha256).digest()
            body |= {"timestamp": str(timestamp), "sign": base64.b64encode(sign).decode()}
    elif hook.shape == Hook.Shape.DINGTALK and hook.secret:
        moment = timestamp * 1000
        query = f"timestamp={moment}&sign={quote_plus(_robot_sign(hook.secret, f'{moment}{chr(10)}{hook.secret}'))}"
    content = json.dumps(body, ensure_ascii=False, separators=(",", ":")).encode()
    if hook.shape == Hook.Shape.PLAIN:
        headers["X-BTR-Timestamp"] = str(timestamp)
        headers["X-BTR-Signature"] = signature(secret=hook.secret, timestamp=timestamp, body=content)
    return query, content, headers


def send(hook: Hook, *, text: str, key: str, facts: Mapping[str, Any], timestamp: int) -> None:
    """Send one message. Raises: NotSent; final for 3xx (nothing is followed) and 4xx, else to be tried again."""
    parts = check_address(hook.address)
    query, body, headers = shaped(hook, text=text, key=key, facts=facts, timestamp=timestamp)
    path = (parts.path or "/") + "?" + "&".join(filter(None, (parts.query, query)))
    connection = connect(parts)
    try:
        connection.request("POST", path.rstrip("?"), body=body, headers=headers)
        answer = connection.getresponse()
        said = answer.read(ANSWER_BYTES)
    except (OSError, http.client.HTTPException) as error:
        raise NotSent(f"{type(error).__name__} at {parts.hostname}") from error
    finally:
        connection.close()
    if answer.status >= 500 or answer.status in TRY_AGAIN:
        raise NotSent(f"answered {answer.status}")
    if not 200 <= answer.status < 300:
        raise NotSent(f"answered {answer.status}", is_final=True)
    if hook.shape != Hook.Shape.PLAIN and (code := _robot_code(said)):
        raise NotSent(f"the robot answered {code}")


def _robot_code(said: bytes) -> str:
    """Return the robot's error code, "" for none: they answer 200 whatever happens."""
    try:
        answer = json.loads(said)
    except ValueError:
        return "no JSON"
    code = answer.get("errcode", answer.get("code", 0)) if isinstance(answer, dict) else "no JSON"
    return "" if code == 0 else str(code)[:40]
