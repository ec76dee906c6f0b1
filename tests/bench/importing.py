"""`python -m tests.bench.importing [N]`: N tables (1,000) as Word and Excel files, read, checked and stored as drafts.

Asked: 1,000 tables in at most 60 s on two cores with PostgreSQL, memory flat. Each file holds one table of 15
indicators, the dearest case: one child of the reader a file. Two processes work side by side, as page and sweep do
in a county. Run it with BTR_DATABASE_URL set to a PostgreSQL that may be written to; without, it runs on SQLite.
"""

import multiprocessing
import os
import resource
import sys
import time
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "deploy.settings")

import django

django.setup()

from django.core.files.base import ContentFile
from django.db import connection, connections
from django.test.utils import CaptureQueriesContext, setup_databases, setup_test_environment, teardown_databases

from targets import batches, uploads
from targets.models import ImportedTable, TargetTable, WaitingFile
from tests import world as county
from tests.targets.office import docx, small_content, xlsx
from workflow import append_only
from workflow.models import Case, User

ASKED_SECONDS = 60
WORKERS = 2
ROWS = (
    ("11", "购置图书", "≥2000册"), ("11", "举办读书会", "≥12场"), ("11", "培训管理员", "≥30人次"),
    ("12", "图书验收合格率", "≥98%"), ("12", "读书会按期开展率", "≥95%"), ("13", "图书购置完成时间", "2027年6月底前"),
    ("13", "读书会完成时间", "2027年11月底前"), ("14", "购书成本", "≤6万元"), ("14", "读书会成本", "≤1.5万元"),
    ("14", "培训成本", "≤0.5万元"), ("22", "年到馆人次", "≥3万人次"), ("22", "借阅量增长率", "≥10%"),
    ("24", "图书使用年限", "≥8年"), ("31", "读者满意度", "≥90%"), ("31", "管理员满意度", "≥95%"),
)  # fmt: skip


def files(count: int) -> Iterator[tuple[str, bytes]]:
    """Yield `count` files of one table each, Word and Excel in turn, each table with texts of its own."""
    row = type(small_content().indicators[0])
    for n in range(count):
        content = replace(
            small_content(project_name=f"演示图书项目第{n:04}号", department="演示办公室", unit="演示办公室本级",
                          fiscal_year=2027, period="2027年1-12月", annual_goal=f"购置图书 2000 册（第{n}批）。"),
            indicators=tuple(row(code, f"{name}{n}", value) for code, name, value in ROWS))
        yield (f"{n:04}.docx", docx(content)) if n % 2 else (f"{n:04}.xlsx", xlsx(content))


def peak_mb() -> float:
    """Return the largest memory of this process so far."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def work(who: int, results: Any, all_read: Any) -> None:
    """Read waiting files until there are none, then take over every second table; report times and memory."""
    connections.close_all()
    now, by = county.NOW, User.objects.get(username="editor")
    began, memory = time.perf_counter(), []
    while batches.read_next(now=now):
        memory.append(peak_mb())
    read = time.perf_counter() - began
    all_read.wait()
    began, taken = time.perf_counter(), 0
    waiting = ImportedTable.objects.filter(decision=ImportedTable.Decision.PENDING).order_by("pk")
    for pk in [pk for pk in waiting.values_list("pk", flat=True) if pk % WORKERS == who]:
        staged = ImportedTable.objects.select_related("source__unit__parent").defer("source_rows").get(pk=pk)
        uploads.confirm_import(staged=staged, project=None, by=by, now=now, key=f"bench:{pk}")
        taken += 1
    used = os.times()
    results.put((read, time.perf_counter() - began, taken, memory[len(memory) // 10], memory[-1], peak_mb(),
                 used.user + used.system + used.children_user + used.children_system))


def statements(by: User) -> tuple[int, int]:
    """Return how many statements one file costs to read and one table to take over."""
    with CaptureQueriesContext(connection) as reading:
        batches.read_next(now=county.NOW)
    staged = ImportedTable.objects.select_related("source__unit__parent").get()
    with CaptureQueriesContext(connection) as taking:
        uploads.confirm_import(staged=staged, project=None, by=by, now=county.NOW, key="bench:first")
    if "-v" in sys.argv:
        print(*(q["sql"][:170] for q in [*reading, *taking]), sep="\n")
    return len(reading), len(taking)


def main(count: int) -> None:
    """Print what the import of `count` files costs."""
    county.build_world()
    by = User.objects.get(username="editor")
    made = list(files(count + 1))
    for start in range(0, len(made), batches.MOST_FILES):
        part = [ContentFile(data, name=name) for name, data in made[start : start + batches.MOST_FILES]]
        batches.start(files=part, by=by, now=county.NOW)
    print(f"{connection.vendor}: {statements(by)} statements to read and to take over one")
    connections.close_all()
    fork = multiprocessing.get_context("fork")
    results, all_read = fork.Queue(), fork.Barrier(WORKERS)
    began = time.perf_counter()
    workers = [fork.Process(target=work, args=(n, results, all_read)) for n in range(WORKERS)]
    for worker in workers:
        worker.start()
    told = [results.get() for _worker in workers]
    for worker in workers:
        worker.join()
    whole = time.perf_counter() - began
    assert TargetTable.objects.count() == Case.objects.count() == count + 1
    assert not WaitingFile.objects.exclude(status="read").exists()
    for read, take, taken, early, late, peak, used in told:
        print(f"  reading {read:.1f} s, taking over {taken} in {take:.1f} s, {used:.1f} s of processor; "
              f"peak memory after a tenth {early:.0f} MB, when all are read {late:.0f} MB, at the end {peak:.0f} MB")
    print(f"{count} tables read, checked and stored in {whole:.1f} s by {WORKERS} processes "
          f"({count / whole:.0f}/s); asked {ASKED_SECONDS * count / 1000:.0f} s on two idle cores, "
          f"load now {os.getloadavg()[0]:.1f}")


if __name__ == "__main__":
    numbers = [int(a) for a in sys.argv[1:] if a.isdigit()]
    setup_test_environment()
    made = setup_databases(verbosity=0, interactive=False)
    try:
        main(*(numbers or [1000]))
    finally:
        append_only.remove(connection)
        teardown_databases(made, verbosity=0)
