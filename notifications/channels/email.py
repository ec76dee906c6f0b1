"""E-mail through Django's backend: SMTP, or files for the demo. One message a call, plain text with an HTML twin."""

import smtplib
from email.utils import parseaddr

from django.conf import settings
from django.core.mail import EmailMultiAlternatives
from django.template.loader import render_to_string

from notifications.channels import NotSent

GIVES_UP_FROM = 500
"""SMTP reply codes from here on are final."""


def message_id(key: str) -> str:
    """Return the Message-ID of what `key` names: the same for each attempt, so that a repetition can be recognised."""
    domain = parseaddr(settings.DEFAULT_FROM_EMAIL)[1].rpartition("@")[2] or "localhost"
    return f"<{key}@{domain}>"


def send(*, to: str, subject: str, template: str, context: dict[str, object], key: str) -> str:
    """Send one message made of templates/email/<template>.txt and .html; return its Message-ID.

    Raises: NotSent, final for a recipient or a text that the server refuses for good.
    """
    number = message_id(key)
    context = {"subject": subject, "site_url": settings.SITE_URL, **context}
    message = EmailMultiAlternatives(
        subject=" ".join(subject.split()),
        body=render_to_string(f"email/{template}.txt", context),
        to=[to],
        headers={"Message-ID": number, "Auto-Submitted": "auto-generated"},
    )
    message.attach_alternative(render_to_string(f"email/{template}.html", context), "text/html")
    try:
        message.send()
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
