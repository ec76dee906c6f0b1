"""A bad mail server beside a real web server: what becomes of every mail, and what the page notices of it.

    [BTR_DATABASE_URL=postgresql://…] python -m tests.bench.bad_mail [mails a fault]

Five servers in turn: none at all, a slow one, one that answers 451, one that answers 554, one that hangs up. The sender
is a process of its own; its clock goes through 26 hours, so that every mail ends as sent, refused or an incident. Pages
are asked in blocks: the sender stopped, the sender running, and stopped again beside a process that only counts, with
as much processor time as sender, database and mail server took. The third says what of the second is the processor's.
"""

import contextlib
import math
import os
import signal
import statistics
import subprocess
import sys
import tempfile
import time
from collections import defaultdict
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "deploy.settings")

import django

django.setup()

from django.db import connection
from django.db.models import Count, Max
from django.test.utils import setup_databases, setup_test_environment, teardown_databases

from notifications.delivery import deliver
from notifications.models import Channel, Delivery, Notice, Status
from tests.bench.outbox import SINK, single_mails
from tests.faults.lab import ROOT, child_environment, register_document
from tests.faults.web import Browser, site
from tests.world import NOW, build_world
from workflow import append_only
from workflow.models import User

FAULTS = {"down": [], "slow": ["slow"], "451": ["451 later"], "554": ["554 no"], "hangs up": ["gone", "gone", "250 OK"]}
HOURS = (0, 1, 3, 8, 25, 26)
"""When the sender looks: enough for every mail to be given up."""
A_BLOCK = 8
A_WAY = 160
"""Pages asked in each of the three ways and for each fault, at most: then the sender has the machine for itself."""
SLOW = 0.01
PAGES = ("/", "/notices")
TICKS = os.sysconf("SC_CLK_TCK")
BURNER = """
import sys, time
share = float(sys.argv[1])
while True:
    end = time.perf_counter() + share * 0.02
    while time.perf_counter() < end: pass
    time.sleep((1 - share) * 0.02)
"""


def send_all() -> None:
    """The sender's process: deliver until nothing goes any more, hour after hour."""
    for hours in HOURS:
        now = NOW + timedelta(hours=hours)
        while (done := deliver(now=now)) and (done.sent or done.put_off or done.given_up):
            pass


def processor_seconds(*pids: int) -> float:
    """Return the processor time that these processes have had; one that has ended counts nothing."""
    total = 0.0
    for pid in pids:
        with contextlib.suppress(OSError):
            fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
            total += (int(fields[11]) + int(fields[12])) / TICKS
    return total


@contextlib.contextmanager
def counting(share: float) -> Iterator[None]:
    """Keep `share` processors busy with counting."""
    many = max(1, math.ceil(share))
    burners = [subprocess.Popen([sys.executable, "-c", BURNER, str(min(1.0, share / many))]) for _ in range(many)]
    time.sleep(0.1)
    try:
        yield
    finally:
        for burner in burners:
            burner.kill()
            burner.wait()


def backend_of(name: str) -> list[int]:
    """Return the server processes that work for the application `name`; none on SQLite."""
    if connection.vendor != "postgresql":
        return []
    with connection.cursor() as cursor:
        cursor.execute("SELECT pid FROM pg_stat_activity WHERE application_name = %s", [name])
        return [pid for (pid,) in cursor.fetchall()]


def ask(browser: Browser, times: list[float]) -> None:
    for n in range(A_BLOCK):
        answer = browser.ask("GET", PAGES[n % len(PAGES)])
        assert answer.status == 200, answer
        times.append(answer.seconds)


def blocks(browser: Browser, sender: "subprocess.Popen[bytes]", sink: int) -> tuple[dict[str, list[float]], float]:
    """Ask for pages in all three ways while the sender lives; return the seconds by way, and the share it took."""
    took: dict[str, list[float]] = defaultdict(list)
    used = passed = 0.0
    while sender.poll() is None and len(took["quiet"]) < A_WAY:
        working = (sender.pid, sink, *backend_of("sender"))
        before, began = processor_seconds(*working), time.monotonic()
        ask(browser, took["sending"])
        if sender.poll() is not None:
            break
        used, passed = used + processor_seconds(*working) - before, passed + time.monotonic() - began
        os.kill(sender.pid, signal.SIGSTOP)
        ask(browser, took["quiet"])
        with counting(used / passed):
            ask(browser, took["counting"])
        os.kill(sender.pid, signal.SIGCONT)
        # The sender, too, has to come to its end.
        with contextlib.suppress(subprocess.TimeoutExpired):
            sender.wait(1)
    sender.wait()
    return took, used / passed if passed else 0.0


def p95(times: list[float]) -> float:
    return statistics.quantiles(times, n=20)[-1] * 1000 if len(times) > 1 else float("nan")


def told(took: dict[str, list[float]]) -> str:
    parts = (f"{way} {p95(took[way]):.0f} ms" for way in ("quiet", "sending", "counting"))
    return f"p95 of {len(took['quiet'])} pages each: " + ", ".join(parts)


def bad_server(
    fault: str, mails: int, browser: Browser, own: Path, *, after: int
) -> tuple[int, dict[str, list[float]]]:
    """Send `mails`, made of notices above `after`, to one bad server, and print what became of them.

    Returns how many are unaccounted for or doubled, and the seconds that pages took, by way.
    """
    kept = own / f"taken-{fault.replace(' ', '-')}"
    kept.touch()
    answers = FAULTS[fault] or ["250 OK"]
    sink = subprocess.Popen(
        [sys.executable, "-c", SINK, str(kept), str(SLOW), *answers], stdout=subprocess.PIPE, text=True
    )
    assert sink.stdout is not None
    port = sink.stdout.readline().strip()
    if not FAULTS[fault]:
        sink.kill()
        sink.wait()
    environment = child_environment(own, BTR_EMAIL_HOST="127.0.0.1", BTR_EMAIL_PORT=port, PGAPPNAME="sender")
    sender = subprocess.Popen([sys.executable, "-m", "tests.bench.bad_mail", "sender"], cwd=ROOT, env=environment)
    try:
        took, share = blocks(browser, sender, sink.pid)
    finally:
        sender.kill()
        code = sender.wait()
        sink.kill()
        sink.wait()
    mine = Delivery.objects.filter(channel=Channel.EMAIL, notice__gt=after)
    found = dict(mine.values_list("status").annotate(n=Count("pk")))
    accounted = sum(found.get(status, 0) for status in (Status.SENT, Status.FAILED, Status.INCIDENT))
    numbers = kept.read_text().split()
    sent = set(mine.filter(status=Status.SENT).values_list("message_id", flat=True))
    wrong = mails - accounted + len(sent ^ set(numbers)) + len(numbers) - len(set(numbers)) + abs(code)
    print(
        f"{fault}: {mails:,} mails: {found}; the server took {len(numbers):,}; unaccounted or doubled {wrong}", end="; "
    )
    print(f"{told(took)}; sender, database and mail server took {share:.2f} processors", flush=True)
    return wrong, took


def main() -> None:
    mails = int(sys.argv[1]) if len(sys.argv) > 1 else 2_000
    setup_test_environment()
    databases = setup_databases(verbosity=0, interactive=False)
    try:
        register_document()
        world = build_world()
        User.objects.update(email="somebody@example.org")
        wrong, all_took = 0, defaultdict[str, list[float]](list)
        with tempfile.TemporaryDirectory() as place, site(Path(place)) as running:
            browser = Browser(running.port, world.editor)
            for _ in range(3):
                ask(browser, [])
            for fault in FAULTS:
                after = Notice.objects.aggregate(last=Max("pk"))["last"] or 0
                single_mails(world, mails)
                mine, took = bad_server(fault, mails, browser, Path(place), after=after)
                wrong += mine
                for way, times in took.items():
                    all_took[way] += times
        load = os.getloadavg()[0]
        print(f"{connection.vendor}: {len(FAULTS) * mails:,} mails, unaccounted or doubled {wrong}; load {load:.1f}")
        print(f"all: {told(all_took)}")
        assert wrong == 0
    finally:
        append_only.remove(connection)
        teardown_databases(databases, verbosity=0)


if __name__ == "__main__":
    send_all() if sys.argv[1:] == ["sender"] else main()
