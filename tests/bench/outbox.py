"""The outbox drained to a mail server in a process of its own: rows and messages a second, processor time, memory.

    [BTR_DATABASE_URL=postgresql://…] python -m tests.bench.outbox [rows] [single messages]

Rows: reminders for two people in each of 500 units, one message a person (rows / 1,000 lines each). Single messages:
tables returned, one row and one commit each. Bad servers: tests.bench.bad_mail.
"""

import os
import resource
import smtplib
import subprocess
import sys
import time
from datetime import date
from typing import Any

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "deploy.settings")

import django

django.setup()

from django.conf import settings
from django.db import connection
from django.test.utils import setup_databases, setup_test_environment, teardown_databases

from notifications import audience, wording
from notifications.delivery import deliver
from notifications.models import Channel, Delivery, Notice, Status
from tests.faults.lab import register_document
from tests.world import NOW, act, build_world, group, key, person
from workflow import append_only, engine
from workflow.machine import Action, Kind, Role
from workflow.models import Case, Organisation, Task, User

UNITS = 500
A_CALL = 500
SINK = """
import asyncio, re, sys
place, slow, *answers = sys.argv[1:]
taken, kept = 0, open(place, "a", buffering=1)

async def talk(reader, writer):
    global taken
    writer.write(b"220 sink\\r\\n")
    while line := await reader.readline():
        verb = line[:4].upper()
        if verb == b"DATA":
            writer.write(b"354 go\\r\\n")
            mail = await reader.readuntil(b"\\r\\n.\\r\\n")
            answer, taken = answers[taken % len(answers)], taken + 1
            if answer == "gone":
                break
            if answer == "slow":
                await asyncio.sleep(float(slow))
                answer = "250 OK"
            if answer.startswith("250"):
                kept.write(re.search(rb"Message-ID: (\\S+)", mail)[1].decode() + "\\n")
            writer.write(answer.encode() + b"\\r\\n")
        else:
            writer.write(b"221 bye\\r\\n" if verb == b"QUIT" else b"250 OK\\r\\n")
            if verb == b"QUIT":
                break
    writer.close()

async def main():
    server = await asyncio.start_server(talk, "127.0.0.1", 0, limit=2 ** 24)
    print(server.sockets[0].getsockname()[1], flush=True)
    await server.serve_forever()

asyncio.run(main())
"""
"""A mail server of a few lines: keeps the numbers of what it took in a file; `slow` waits, `gone` hangs up."""


class Sink:
    """A mail server in its own process, so that its work is not counted as ours."""

    def __init__(self) -> None:
        command = [sys.executable, "-c", SINK, os.devnull, "0", "250 OK"]
        self._process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
        assert self._process.stdout is not None
        settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", int(self._process.stdout.readline())

    def close(self) -> None:
        self._process.terminate()
        self._process.wait(10)


def many_rows(world: Any, rows: int) -> None:
    """Make `rows` pending reminder mails for the two editors of each of UNITS units, about one table of each."""
    case = open_case(world)
    task = case.tasks.get()
    first = {f.attname: getattr(case, f.attname) for f in Case._meta.concrete_fields if not f.primary_key}
    plain = {f.attname: getattr(task, f.attname) for f in Task._meta.concrete_fields if not f.primary_key}
    for n in range(UNITS):
        unit = Organisation.objects.create(
            code=f"U{n}", name=f"演示单位{n}", kind=Organisation.Kind.UNIT, parent=world.school
        )
        people = [person(f"u{n}-{m}", (unit, Role.EDITOR), email=f"u{n}-{m}@example.org") for m in range(2)]
        copy = Case.objects.create(
            **first | {"number": f"9{n:07}", "unit_id": unit.pk, "department_id": world.school.pk}
        )
        mine = Task.objects.create(**plain | {"case_id": copy.pk, "role_group_id": group(unit, Role.EDITOR).pk})
        notices = Notice.objects.bulk_create(
            Notice(kind="reminder", case=copy, task=mine, facts={"audience": "assignees"}, created_at=NOW,
                   expanded_at=NOW)
            for _ in range(rows // UNITS // 2)
        )  # fmt: skip
        told = wording.words_of(audience.around(notices[:1], audience.Directory(NOW))[0], now=NOW)
        Delivery.objects.bulk_create(
            Delivery(
                notice=notice, recipient=one, channel=Channel.EMAIL, available_at=NOW, created_at=NOW,
                subject=told.subject, body=told.body,
            )
            for notice in notices
            for one in people
        )  # fmt: skip


def single_mails(world: Any, mails: int) -> None:
    """Make `mails` pending mails about a returned table, each a notice of its own for one person."""
    case = open_case(world)
    act(case, Action.SUBMIT, world.editor)
    act(case, Action.RETURN, world.reviewer, reason="演示")
    notice = Notice.objects.get(kind="returned", case=case)
    facts = {"case_id": case.pk, "task_id": notice.task_id, "by_id": notice.by_id, "facts": notice.facts}
    made = Notice.objects.bulk_create(
        (Notice(kind="returned", created_at=NOW, expanded_at=NOW, **facts) for _ in range(mails)), batch_size=2000
    )
    Delivery.objects.bulk_create(
        (
            Delivery(notice=one, recipient=world.editor, channel=Channel.EMAIL, available_at=NOW, created_at=NOW)
            for one in made
        ),
        batch_size=2000,
    )


def open_case(world: Any) -> Case:
    """Open one more case of the own office."""
    return engine.start(
        kind=Kind.TARGET, unit=world.own, title="演示项目", fiscal_year=2027, profile="nx_2022",
        by=world.editor, key=key(), now=NOW, round=world.round, due_on=date(2026, 9, 17),
    )  # fmt: skip


def drain(what: str) -> None:
    """Deliver until nothing goes any more and print rows, messages and memory."""
    before = Delivery.objects.filter(channel=Channel.EMAIL, status=Status.SENT).count()
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    peaks, messages, begin, spent = [], 0, time.perf_counter(), time.process_time()
    while sent := deliver(now=NOW, limit=A_CALL).sent:
        messages += sent
        peaks.append((resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - memory) // 1024)
    seconds, spent = time.perf_counter() - begin, time.process_time() - spent
    rows = Delivery.objects.filter(channel=Channel.EMAIL, status=Status.SENT).count() - before
    half = peaks[len(peaks) // 2] if peaks else 0
    print(
        f"{what}: {rows:,} rows in {messages:,} messages in {seconds:.1f} s = {rows / seconds:,.0f} rows/s,"
        f" {messages / seconds:,.0f} messages/s, {spent / max(messages, 1) * 1000:.2f} ms of our processor each;"
        f" memory +{half} MB half way, +{max(peaks, default=0)} MB in all"
    )


def limit_of_sink(mails: int) -> None:
    """Print how many messages a second the mail server itself takes, from who only hands bytes over."""
    message = b"Message-ID: <a@example.org>\r\nSubject: x\r\n\r\n" + b"x" * 1400
    with smtplib.SMTP(settings.EMAIL_HOST, settings.EMAIL_PORT) as server:
        begin = time.perf_counter()
        for _ in range(mails):
            server.sendmail("a@example.org", ["b@example.org"], message)
        seconds = time.perf_counter() - begin
    print(f"the mail server itself: {mails / seconds:,.0f} messages/s over one connection")


def main() -> None:
    rows = int(sys.argv[1]) if len(sys.argv) > 1 else 100_000
    singles = int(sys.argv[2]) if len(sys.argv) > 2 else 2_000
    setup_test_environment()
    settings.EMAIL_ENABLED, settings.EMAIL_BACKEND = True, "django.core.mail.backends.smtp.EmailBackend"
    databases = setup_databases(verbosity=0, interactive=False)
    try:
        register_document()
        world = build_world()
        User.objects.update(email="somebody@example.org")
        print(connection.vendor)
        sink = Sink()
        try:
            many_rows(world, rows)
            drain("digests")
            single_mails(world, singles)
            drain("single messages")
            limit_of_sink(singles)
        finally:
            sink.close()
    finally:
        append_only.remove(connection)
        teardown_databases(databases, verbosity=0)


if __name__ == "__main__":
    main()
