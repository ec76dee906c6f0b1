"""The hourly seal: a keyed digest over the heads of all cases that changed, kept outside the database as well.

A hand that rewrites a whole chain of events, hashes and all, does not know the key. The key comes from
settings.SEAL_KEY or lies in VAR_DIR/seal_key; each seal is a row, a line of VAR_DIR/seals.jsonl and a line of the log.
"""

import hashlib
import hmac
import json
import logging
import os
import secrets
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from django.conf import settings
from django.db import transaction

from workflow.canonical import canonical_json
from workflow.models import Case, Event, Seal
from workflow.record import Fault

logger = logging.getLogger(__name__)

EVERY = timedelta(hours=1)
OVERLAP = 1000
"""Events before the last seal's newest that are looked at again: one with a lower id may have been committed later."""


def key_path() -> Path:
    """Return where the key lies when the environment gives none."""
    return Path(settings.VAR_DIR) / "seal_key"


def file_path() -> Path:
    """Return the file that seals are appended to."""
    return Path(settings.VAR_DIR) / "seals.jsonl"


def key(*, make: bool = False) -> bytes | None:
    """Return the key; None when there is none yet and none is to be made. A made key is readable by its owner only."""
    given = str(getattr(settings, "SEAL_KEY", "") or "")
    if given:
        return given.encode()
    path = key_path()
    if make and not path.exists():
        _make_key(path)
    return path.read_bytes().strip() if path.exists() else None


def _make_key(path: Path) -> None:
    """Write a key that two processes at once agree on: whoever links first has made it."""
    fresh = path.with_suffix(f".{os.getpid()}")
    fresh.touch(mode=0o600)
    fresh.write_text(secrets.token_hex(32))
    try:
        os.link(fresh, path)
    except FileExistsError:
        return
    finally:
        fresh.unlink()


def seal(*, now: datetime) -> Seal | None:
    """Seal the heads of all cases that changed since the last seal; None when nothing has changed.

    The row and the line of the file hold the same; the line is written once the row is committed.
    """
    secret = key(make=True)
    assert secret is not None
    with transaction.atomic():
        last = Seal.objects.select_for_update().order_by("-pk").first()
        upto = int(json.loads(last.heads)["upto"]) if last else 0
        newest = Event.objects.order_by("-pk").values_list("pk", flat=True).first() or 0
        if newest <= upto:
            return None
        changed = Event.objects.filter(pk__gt=max(0, upto - OVERLAP)).values("case_id")
        heads = {
            str(pk): [seq, head]
            for pk, seq, head in Case.objects.filter(pk__in=changed).values_list("pk", "head_seq", "head")
        }
        made = Seal(at=now, heads=canonical_json({"upto": newest, "heads": heads}), prev=last.mac if last else "")
        made.mac = _mac(secret, made)
        made.save(force_insert=True)
        transaction.on_commit(lambda: _write_line(made))
    return made


def when_time_passes(*, now: datetime, **kwargs: Any) -> None:
    """Seal once an hour: receiver of time_passes, so that it happens with or without a broker."""
    last = Seal.objects.order_by("-pk").values_list("at", flat=True).first()
    if last is None or now >= last + EVERY:
        seal(now=now)


def _mac(secret: bytes, one: Seal) -> str:
    at = one.at.astimezone(UTC).isoformat(timespec="microseconds")
    text = canonical_json({"at": at, "heads": one.heads, "prev": one.prev})
    return hmac.new(secret, text.encode(), hashlib.sha256).hexdigest()


def _line(one: Seal) -> dict[str, Any]:
    at = one.at.astimezone(UTC).isoformat(timespec="microseconds")
    return {"id": one.pk, "at": at, "heads": one.heads, "prev": one.prev, "mac": one.mac}


def _write_line(one: Seal) -> None:
    with file_path().open("a", encoding="utf-8") as file:
        file.write(canonical_json(_line(one)) + "\n")
    logger.info("Seal %s %s", one.pk, one.mac)


def verify() -> Iterator[Fault]:
    """Yield every fault of the seals: changed or missing rows, lines of the file that are not there, broken chains.

    `seq` of a fault is the seal's id, or the event's seq where a case no longer has the head that was sealed.
    """
    secret, prev = key(), ""
    lines = _lines()
    seals = list(Seal.objects.order_by("pk"))
    if seals and secret is None:
        yield Fault("seal", 0, "the key is missing, so the seals cannot be checked")
        return
    for one in seals:
        assert secret is not None
        if not hmac.compare_digest(one.mac, _mac(secret, one)):
            yield Fault("seal", one.pk, "was changed after it was made, or made with another key")
        if one.prev != prev:
            yield Fault("seal", one.pk, "does not follow the seal before it")
        if one.pk in lines and lines.pop(one.pk) != _line(one):
            yield Fault("seal", one.pk, "differs from its line in the file")
        prev = one.mac
    for left in sorted(lines):
        yield Fault("seal", left, "stands in the file and no longer in the database")
    yield from _verify_heads(seals)


def _lines() -> dict[int, dict[str, Any]]:
    path = file_path()
    if not path.exists():
        return {}
    found = (json.loads(line) for line in path.read_text(encoding="utf-8").splitlines() if line.strip())
    return {int(line["id"]): line for line in found}


def _verify_heads(seals: list[Seal]) -> Iterator[Fault]:
    """Compare each sealed head with the event that stands there now."""
    sealed = {
        (int(pk), seq): head for one in seals for pk, (seq, head) in json.loads(one.heads)["heads"].items() if seq
    }
    wanted = {pk for pk, _seq in sealed}
    numbers = dict(Case.objects.filter(pk__in=wanted).values_list("pk", "number"))
    hashes = {
        (case, seq): digest
        for case, seq, digest in Event.objects.filter(case__in=wanted).values_list("case_id", "seq", "hash").iterator()
        if (case, seq) in sealed
    }
    for (pk, seq), head in sealed.items():
        if hashes.get((pk, seq)) != head:
            yield Fault(numbers.get(pk, str(pk)), seq, "is not the event that was sealed")
