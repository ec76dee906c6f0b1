"""The test command itself: it names what it leaves out, and a skipped test counts when nothing may be left out."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import psycopg
import pytest
from django.conf import settings

from tests import tiers


def test_a_part_that_cannot_run_here_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tiers.shutil, "which", lambda name: None)
    monkeypatch.setattr(tiers, "postgres_binaries", lambda: None)
    planned, left_out = tiers.plan(everything=True)
    assert [tier.name for tier in planned] == ["SQLite"]
    assert planned[0].markers == "not postgres and not bench and not redis_server and not browser"
    assert [reason.split()[0] for reason in left_out] == ["redis_server", "browser", "postgres"]


def test_everything_found_leaves_out_only_the_measurements(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tiers.shutil, "which", lambda name: f"/bin/{name}")
    monkeypatch.setattr(tiers, "postgres_binaries", lambda: Path("/bin"))
    assert tiers.plan(everything=False)[1] == ["bench (measurements run with BTR_TIERS=all)"]
    assert tiers.plan(everything=True)[1] == []


@pytest.mark.parametrize(("strict", "status"), [("0", 0), ("1", 1)])
def test_a_skipped_test_fails_a_strict_run(tmp_path: Path, strict: str, status: int) -> None:
    # conftest.py of tests/ judges; a copy beside the one test below is the same code.
    (tmp_path / "test_left_out.py").write_text("import pytest\ndef test_left_out(): pytest.skip('not today')\n")
    shutil.copy(settings.BASE_DIR / "tests" / "conftest.py", tmp_path)
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", f"--rootdir={tmp_path}", "-c", settings.BASE_DIR / "pyproject.toml",
         "-p", "no:cacheprovider", tmp_path],
        env={**os.environ, "BTR_NO_SKIPS": strict, "PYTHONPATH": str(settings.BASE_DIR)},
        cwd=tmp_path, capture_output=True, text=True, timeout=120, check=False,
    )  # fmt: skip
    assert "1 skipped" in done.stdout
    assert done.returncode == status, done.stdout


@pytest.mark.postgres
def test_the_throw_away_cluster_answers_and_is_gone_afterwards(tmp_path_factory: pytest.TempPathFactory) -> None:
    binaries = tiers.postgres_binaries()
    assert binaries is not None
    # Not tmp_path: the server's account must be able to enter each directory above.
    with tiers.tempfile.TemporaryDirectory(prefix="btr-cluster-") as directory:
        with tiers.postgres_cluster(binaries, Path(directory)) as url, psycopg.connect(url) as connection:
            assert connection.execute("SHOW server_encoding").fetchone() == ("UTF8",)
        with pytest.raises(psycopg.OperationalError):
            psycopg.connect(url, connect_timeout=2)
