"""The connection to PostgreSQL is lost at the COMMIT, or the server ends it: all or nothing, and the key tells which.

BTR_KILLS sets how many cuts (`make faults`: 300); on SQLite there is no connection to lose.
"""

import random
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace

import pytest
from django.db import OperationalError, connection
from django.test import Client

from tests.faults.proxy import Wire
from tests.faults.test_kills import KILLS, SEED, open_case, world  # noqa: F401
from tests.faults.test_web import FAR, FAULTS, assert_each_once, clerks_of
from tests.faults.web import at_work, site
from tests.world import NOW, seen
from workflow import engine, grants, record
from workflow.deadlines import database_now
from workflow.models import Case, Event

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.postgres]


@pytest.fixture
def wire() -> Iterator[Wire]:
    """This process speaks to the database through the wire while the test runs."""
    parts = connection.settings_dict
    kept = parts["HOST"], parts["PORT"]
    with Wire(int(parts["PORT"])) as wire:
        connection.close()
        parts["HOST"], parts["PORT"] = "127.0.0.1", str(wire.port)
        yield wire
        connection.close()
        parts["HOST"], parts["PORT"] = kept


def next_step(case: Case) -> tuple[str, str]:
    return ("submit", "editor") if case.state == "draft" else ("return", "reviewer")


def press(world: SimpleNamespace, case: Case, looked: engine.Seen, action: str, by: str, key: str) -> engine.Outcome:  # noqa: F811
    return engine.perform(
        case.pk, action, by=getattr(world, by), seen=looked, key=key, now=database_now(), reason="演示"
    )


def test_a_commit_that_is_cut_is_unknown_once_and_known_when_asked_again(world, wire: Wire):  # noqa: F811
    rng = random.Random(SEED)
    pk = open_case(world, 1, due_on=FAR, now=NOW)
    repeated: Counter[tuple[str, bool]] = Counter()
    for n in range(KILLS):
        case = Case.objects.get(pk=pk)
        (action, by), looked, cut = next_step(case), seen(case), rng.choice(["before", "after"])
        before = Event.objects.filter(case=pk).count()
        wire.cut = cut
        with pytest.raises(OperationalError):
            press(world, case, looked, action, by, f"cut-{n}")
        connection.close()
        assert Event.objects.filter(case=pk).count() == before + (cut == "after"), f"seed {SEED}, cut {n}"
        outcome = press(world, case, looked, action, by, f"cut-{n}")
        repeated[cut, outcome.repeated] += 1
        assert outcome.version == Case.objects.get(pk=pk).version
    print(f"\nseed {SEED}: {dict(wire.cuts)} cuts, answered as repeated: {dict(repeated)}")
    assert sum(wire.cuts.values()) == KILLS
    assert set(repeated) <= {("before", False), ("after", True)}
    effects = Counter(Event.objects.filter(key__startswith="cut-", refused="").values_list("key", flat=True))
    assert len(effects) == KILLS
    assert set(effects.values()) == {1}
    assert list(record.verify()) == []
    assert list(grants.drift()) == []


def test_the_page_says_so_and_the_same_button_gives_the_answer(world, wire: Wire):  # noqa: F811
    case = Case.objects.get(pk=open_case(world, 1, due_on=FAR, now=NOW))
    client = Client(raise_request_exception=False)
    client.force_login(world.editor)
    looked = seen(case)
    fields = {"seen_version": looked.version, "seen_hash": looked.content_hash, "key": "a button"}
    wire.cut = "after"
    first = client.post(f"/tables/{case.number}/submit", fields)
    assert first.status_code == 500
    connection.close()
    assert client.post(f"/tables/{case.number}/submit", fields).status_code == 302
    assert Event.objects.filter(key="a button", refused="").count() == 1


END_THEM = """
SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity
WHERE datname = current_database() AND application_name = 'site' AND random() < 0.5
"""
"""Only the site's: the clerks' own look at their case is no part of it."""


def test_connections_that_the_server_ends_leave_nothing_half_done(world, tmp_path: Path):  # noqa: F811
    ended, rng = 0, random.Random(SEED)
    with site(tmp_path) as running:
        clerks = clerks_of(world, running.port)
        with at_work(clerks):
            for _ in range(FAULTS * 3):
                time.sleep(rng.uniform(0.02, 0.2))
                with connection.cursor() as cursor:
                    cursor.execute(END_THEM)
                    ended += cursor.fetchone()[0]
    again = sum(clerk.asked_again for clerk in clerks)
    print(f"\nseed {SEED}: {ended} connections ended, {sum(len(c.answers) for c in clerks)} requests, {again} again")
    assert ended > 0
    assert again > 0 or ended < 20
    assert_each_once(clerks)
