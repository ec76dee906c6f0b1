"""The outbox drained to a mail server in a process of its own: rows and messages a second, memory; then a bad server.

    [BTR_DATABASE_URL=postgresql://…] python -m tests.bench.outbox [rows] [single messages] [mails for the bad server]

Rows: reminders for two people in each of 500 units, one message a person (rows / 1,000 lines each). Single messages:
tables returned, one row and one commit each. The bad server answers well, 451, 554, hangs up and waits in turn; every
mail must be sent or an incident at the end, and a page asked between the calls must not be slower than before.
"""

import os
import resource
import statistics
import subprocess
import sys
import time
from datetime import date, timedelta
from typing import Any

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "deploy.settings")

import django

django.setup()

from django.conf import settings
from django.db import connection
from django.db.models import Count
from django.test import Client
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
import asyncio, sys
answers = sys.argv[1:] or ["250 OK"]
taken = 0

async def talk(reader, writer):
    global taken
    writer.write(b"220 sink\\r\\n")
    while line := await reader.readline():
        verb = line[:4].upper()
        if verb == b"DATA":
            writer.write(b"354 go\\r\\n")
            await reader.readuntil(b"\\r\\n.\\r\\n")
            answer, taken = answers[taken % len(answers)], taken + 1
            if answer == "gone":
                break
            if answer == "slow":
                await asyncio.sleep(0.5)
                answer = "250 OK"
            writer.write(answer.encode() + b"\\r\\n")
        elif verb == b"QUIT":
            writer.write(b"221 bye\\r\\n")
            break
        else:
            writer.write(b"250 OK\\r\\n")
    writer.close()

async def main():
    server = await asyncio.start_server(talk, "127.0.0.1", 0, limit=2 ** 24)
    print(server.sockets[0].getsockname()[1], flush=True)
    await server.serve_forever()

asyncio.run(main())
"""


class Sink:
    """A mail server of a few lines in its own process, so that its work is not counted as ours; `answers` in turn."""

    def __init__(self, *answers: str) -> None:
        self._process = subprocess.Popen([sys.executable, "-c", SINK, *answers], stdout=subprocess.PIPE, text=True)
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
    peaks, messages, begin = [], 0, time.perf_counter()
    while sent := deliver(now=NOW, limit=A_CALL).sent:
        messages += sent
        peaks.append((resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - memory) // 1024)
    seconds = time.perf_counter() - begin
    rows = Delivery.objects.filter(channel=Channel.EMAIL, status=Status.SENT).count() - before
    half = peaks[len(peaks) // 2] if peaks else 0
    print(
        f"{what}: {rows:,} rows in {messages:,} messages in {seconds:.1f} s = {rows / seconds:,.0f} rows/s,"
        f" {messages / seconds:,.0f} messages/s; memory +{half} MB half way, +{max(peaks, default=0)} MB in all"
    )


def page(client: Client) -> float:
    begin = time.perf_counter()
    assert client.get("/notices").status_code == 200
    return time.perf_counter() - begin


def bad_server(world: Any, mails: int) -> None:
    """Send `mails` to a server with every fault, ask for a page after each call, and count what is unaccounted for."""
    single_mails(world, mails)
    client = Client()
    client.force_login(world.editor)
    settings.EMAIL_TIMEOUT = 0.3
    settings.STORAGES = settings.STORAGES | {
        "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}
    }
    before = statistics.quantiles([page(client) for _ in range(40)], n=20)[-1]
    sink, during, now = Sink("250 OK", "451 later", "250 OK", "554 no", "gone", "slow"), [], NOW
    try:
        for hours in (0, 1, 3, 8, 25, 26):
            now = NOW + timedelta(hours=hours)
            while (result := deliver(now=now, limit=A_CALL)) and (result.sent or result.put_off or result.given_up):
                during.append(page(client))
    finally:
        sink.close()
    found = dict(
        Delivery.objects.filter(channel=Channel.EMAIL, notice__kind="returned", created_at=NOW)
        .values_list("status")
        .annotate(n=Count("pk"))
    )
    lost = sum(found.get(status, 0) for status in (Status.PENDING, Status.DROPPED))
    after = statistics.quantiles(during, n=20)[-1] if len(during) > 1 else 0.0
    print(f"bad server, {mails:,} mails: {found}; unaccounted {lost}")
    print(f"the notices page at p95: {before * 1000:.0f} ms before, {after * 1000:.0f} ms between the calls")


def main() -> None:
    rows = int(sys.argv[1]) if len(sys.argv) > 1 else 100_000
    singles = int(sys.argv[2]) if len(sys.argv) > 2 else 2_000
    bad = int(sys.argv[3]) if len(sys.argv) > 3 else 1_000
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
        finally:
            sink.close()
        Delivery.objects.filter(notice__kind="returned").delete()
        bad_server(world, bad)
    finally:
        append_only.remove(connection)
        teardown_databases(databases, verbosity=0)


if __name__ == "__main__":
    main()
