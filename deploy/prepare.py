"""Makes an installation ready to serve: `python -m deploy.prepare`, run before the servers start.

Migrates, loads the shipped calendars and ladders, fills an empty trial database with the demo, rewrites the rights that
another version derived otherwise, collects the static files. Each step looks first whether there is anything to do, so
that a second start costs no more than the looking.
"""

import argparse
import hashlib
import json
import os
import sys
from pathlib import Path

FINGERPRINT = ".fingerprint"
RIGHTS_FROM = ("grants.py", "machine.py", "routes.py")
"""The files of workflow that say which rights follow from a case's state and tasks."""
RIGHTS_KEPT = "rights.fingerprint"


def _migrate() -> bool:
    """Apply what is not applied; return whether anything was."""
    from django.core.management import call_command
    from django.db import connection
    from django.db.migrations.executor import MigrationExecutor

    executor = MigrationExecutor(connection)
    if not executor.migration_plan(executor.loader.graph.leaf_nodes()):
        return False
    call_command("migrate", interactive=False, verbosity=0)
    return True


def _static_fingerprint() -> str:
    """Return a hash of name, size and time of every static file that would be collected."""
    from django.contrib.staticfiles.finders import get_finders

    lines = []
    for finder in get_finders():
        for name, storage in finder.list([]):
            facts = Path(storage.path(name)).stat()
            lines.append(f"{name} {facts.st_size} {facts.st_mtime_ns}")
    return hashlib.sha256("\n".join(sorted(lines)).encode()).hexdigest()


def _collect_static() -> bool:
    """Collect the static files unless those collected are the ones there are; return whether it did."""
    from django.conf import settings
    from django.core.management import call_command

    kept = Path(settings.STATIC_ROOT) / FINGERPRINT
    current = _static_fingerprint()
    if kept.exists() and kept.read_text() == current:
        return False
    call_command("collectstatic", interactive=False, clear=kept.exists(), verbosity=0)
    kept.write_text(current)
    return True


def _rights_fingerprint() -> str:
    """Return a hash of the database's name and of the rules that rights are derived by."""
    from django.db import connection

    import workflow

    digest = hashlib.sha256(str(connection.settings_dict["NAME"]).encode())
    for name in RIGHTS_FROM:
        digest.update((Path(workflow.__path__[0]) / name).read_bytes())
    return digest.hexdigest()


def _sync_rights(*, migrated: bool) -> int:
    """Rewrite the rights that differ from what this version derives; return of how many cases.

    Asked after a migration and when the rules are not those that were last asked with: it looks at every case.
    """
    from django.conf import settings

    from workflow import grants

    kept, current = Path(settings.VAR_DIR) / RIGHTS_KEPT, _rights_fingerprint()
    if not migrated and kept.exists() and kept.read_text() == current:
        return 0
    mended = sum(1 for _drift in grants.drift(mend=True))
    kept.parent.mkdir(parents=True, exist_ok=True)
    kept.write_text(current)
    return mended


def prepare(*, demo: bool) -> list[str]:
    """Bring database, rights and static files up to this version and return what was done, a few words each.

    With `demo`, a database without a single person is filled by `seed_demo`; one with people is not touched.
    """
    from django.contrib.auth import get_user_model
    from django.core.management import call_command

    done = []
    if migrated := _migrate():
        done.append("database migrated")
    call_command("load_defaults", verbosity=0)
    if demo and not get_user_model().objects.exists():
        call_command("seed_demo", verbosity=0)
        done.append("demo loaded")
    if mended := _sync_rights(migrated=migrated):
        done.append(f"rights of {mended} cases rewritten")
    if _collect_static():
        done.append("static files collected")
    return done


def main() -> int:
    import django

    parser = argparse.ArgumentParser(prog="python -m deploy.prepare", description=__doc__)
    parser.add_argument("--demo", action="store_true", help="fill a database without people with the demo")
    parser.add_argument("--result", type=Path, help="where to write what was done and the demo's logins, as JSON")
    chosen = parser.parse_args()
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "deploy.settings")
    django.setup()
    from targets.demo import logins

    done = prepare(demo=chosen.demo)
    if chosen.result:
        chosen.result.touch(mode=0o600)
        chosen.result.write_text(json.dumps({"done": done, "logins": logins()}), encoding="utf-8")
    sys.stdout.write(f"{'; '.join(done) or 'nothing to prepare'}\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
