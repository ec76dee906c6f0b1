"""E-mail through Django's backend: SMTP, or files for the demo. One message a call, plain text with an HTML twin.

A Line keeps one connection to the mail server for the messages of a run; who has none gets a connection a message.
"""

import secrets
import smtplib
from email.utils import parseaddr
from types import TracebackType
from typing import Any, Self

from django.conf import settings
from django.core.mail import EmailMultiAlternatives, get_connection
from django.core.mail.backends.smtp import EmailBackend
from django.template.loader import render_to_string

from notifications.channels import NotSent

GIVES_UP_FROM = 500
"""SMTP reply codes from here on are final."""
GOES = 421
"""The code with which a server ends the conversation."""
A_CONNECTION = 100
"""Messages over one connection: many servers take no more."""
TRIES = 2


class Line:
    """One connection to the mail server, opened by the first message, renewed when the server hangs up.

    After TRIES failures of the connection in a row the server counts as down: the rest of the run fails at once, so
    that a server which never answers holds a worker for seconds and not for hours.
    """

    def __init__(self) -> None:
        self._server: EmailBackend | None = None
        self._sent = 0
        self._failed = 0
        self._why: Exception | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.close()

    def close(self) -> None:
        """Hang up."""
        if self._server is not None:
            self._server.close()
        self._server, self._sent = None, 0

    def send(self, message: EmailMultiAlternatives) -> None:
        """Send `message`; once more over a fresh connection when the server had ended the old one.

        Raises: smtplib.SMTPException, OSError.
        """
        if self._why is not None and self._failed >= TRIES:
            raise self._why
        if self._sent >= A_CONNECTION:
            self.close()
        was_open = self._server is not None
        try:
            self._send(message)
        except OSError as error:
            if not _ends_connection(error):
                raise
            self.close()
            if not was_open or isinstance(error, TimeoutError):
                self._failed, self._why = self._failed + 1, error
                raise
            self._send(message)
        self._failed = 0

    def _send(self, message: EmailMultiAlternatives) -> None:
        if self._server is None:
            found = get_connection()
            if not isinstance(found, EmailBackend):
                message.send()
                return
            found.open()
            self._server = found
        message.connection = self._server
        message.send()
        self._sent += 1


def _ends_connection(error: OSError) -> bool:
    """Return whether the next message needs another connection (smtplib's errors are OSErrors too)."""
    if isinstance(error, smtplib.SMTPResponseException):
        return error.smtp_code == GOES
    return isinstance(error, smtplib.SMTPServerDisconnected) or not isinstance(error, smtplib.SMTPException)


class _Mail(EmailMultiAlternatives):
    """Text and HTML divided by a boundary that nobody can guess, so that no text has to be searched for it.

    The search compiles an expression for each message: a quarter of what writing one costs.
    """

    def message(self, **policy: Any) -> Any:
        made = super().message(**policy)
        made.set_boundary(secrets.token_hex(16))
        return made


def message_id(key: str) -> str:
    """Return the Message-ID of what `key` names: the same for each attempt, so that a repetition can be recognised."""
    domain = parseaddr(settings.DEFAULT_FROM_EMAIL)[1].rpartition("@")[2] or "localhost"
    return f"<{key}@{domain}>"


def send(*, to: str, subject: str, template: str, context: dict[str, object], key: str, line: Line) -> str:
    """Send one message made of templates/email/<template>.txt and .html over `line`; return its Message-ID.

    Raises: NotSent, final for a recipient or a text that the server refuses for good.
    """
    number = message_id(key)
    context = {"subject": subject, "site_url": settings.SITE_URL, **context}
    message = _Mail(
        subject=" ".join(subject.split()),
        body=render_to_string(f"email/{template}.txt", context),
        to=[to],
        headers={"Message-ID": number, "Auto-Submitted": "auto-generated"},
    )
    message.attach_alternative(render_to_string(f"email/{template}.html", context), "text/html")
    try:
        line.send(message)
    except smtplib.SMTPRecipientsRefused as error:
        codes = [code for code, _words in error.recipients.values()]
        raise NotSent(f"refused: {codes}", is_final=min(codes, default=0) >= GIVES_UP_FROM) from error
    except smtplib.SMTPAuthenticationError as error:
        raise NotSent(f"log-in refused: {error.smtp_code}") from error
    except smtplib.SMTPResponseException as error:
        raise NotSent(f"answered {error.smtp_code}", is_final=error.smtp_code >= GIVES_UP_FROM) from error
    except (smtplib.SMTPException, OSError) as error:
        raise NotSent(f"{type(error).__name__}: {error}") from error
    return number
