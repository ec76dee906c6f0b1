"""The mails of a trial: read back from the files that Django's file backend writes, for the page that shows them.

Reads only files directly inside the folder given. A file holds one or more messages, divided by a line of dashes.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from email import message_from_bytes, policy
from email.errors import MessageError
from email.message import EmailMessage, MIMEPart
from pathlib import Path

DIVIDER = b"\n" + b"-" * 79 + b"\n"
MOST_FILES = 100
MOST_BYTES = 512 * 1024


@dataclass(frozen=True, slots=True)
class Mail:
    """One message as a person would read it."""

    subject: str
    sender: str
    to: str
    sent: datetime | None
    text: str


def mails(folder: Path, *, limit: int = MOST_FILES) -> list[Mail]:
    """Return the messages in `folder`, the newest file first; none where there is no folder."""
    if not folder.is_dir():
        return []
    files = sorted((f for f in folder.iterdir() if f.suffix == ".log" and f.is_file()), reverse=True)
    return [mail for file in files[:limit] for mail in _read(file)][:limit]


def _read(file: Path) -> Iterator[Mail]:
    with file.open("rb") as opened:
        written = opened.read(MOST_BYTES)
    for part in written.split(DIVIDER):
        if not part.strip():
            continue
        message = message_from_bytes(part, policy=policy.default)
        body = message.get_body(("plain",)) if isinstance(message, EmailMessage) else None
        yield Mail(
            subject=str(message.get("Subject", "")),
            sender=str(message.get("From", "")),
            to=str(message.get("To", "")),
            sent=_sent(message),
            text=_text(body),
        )


def _sent(message: EmailMessage) -> datetime | None:
    """Return when it was written; "-0000" means UTC without saying where."""
    try:
        written = message["Date"].datetime if message["Date"] else None
    except (AttributeError, MessageError):
        return None
    return written.replace(tzinfo=UTC) if written is not None and written.tzinfo is None else written


def _text(body: MIMEPart | None) -> str:
    try:
        return body.get_content() if body is not None else ""
    except (LookupError, MessageError):
        return ""
