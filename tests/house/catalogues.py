"""Are the translations complete? `python -m tests.house.catalogues` also extracts anew, which needs gettext.

Extraction runs on a copy, so that the check changes nothing; the committed catalogues must hold the same messages.
"""

import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

import polib

from tests.house.source import ROOMS, ROOT

LANGUAGES = ("zh_Hans", "en")


def catalogue(language: str, base: Path = ROOT) -> polib.POFile:
    return polib.pofile(str(base / "locale" / language / "LC_MESSAGES" / "django.po"))


def _key(entry: polib.POEntry) -> tuple[str, str, str]:
    return (entry.msgctxt or "", entry.msgid, entry.msgid_plural or "")


def _words(entry: polib.POEntry) -> tuple[str, ...]:
    return tuple(entry.msgstr_plural[key] for key in sorted(entry.msgstr_plural)) or (entry.msgstr,)


def gaps(language: str) -> list[str]:
    """Return a line for every message of the committed catalogue that is empty, fuzzy or obsolete."""
    found = []
    for entry in catalogue(language):
        faults = [name for name in ("fuzzy", "obsolete") if getattr(entry, name)]
        if not all(_words(entry)):
            faults.append("empty")
        found += [f"{language}: {fault}: {entry.msgid!r}" for fault in faults]
    return found


def stale_binary(language: str) -> list[str]:
    """Return a line for every message that the compiled catalogue lacks or says otherwise."""
    compiled = polib.mofile(str(ROOT / "locale" / language / "LC_MESSAGES" / "django.mo"))
    says = {_key(entry): _words(entry) for entry in compiled}
    return [
        f"{language}: not compiled: {entry.msgid!r}"
        for entry in catalogue(language)
        if says.get(_key(entry)) != _words(entry)
    ]


def extraction_differences() -> list[str]:
    """Extract all messages from a copy of the code and return a line for each missing or left-over one."""
    with tempfile.TemporaryDirectory(prefix="btr-messages-") as temporary:
        copy = Path(temporary)
        for folder in (*ROOMS, "templates", "locale"):
            shutil.copytree(ROOT / folder, copy / folder, ignore=shutil.ignore_patterns("__pycache__", "vendor"))
        for name in ("manage.py", "pyproject.toml"):
            shutil.copy(ROOT / name, copy)
        options = ["--no-location", "--no-wrap", "--no-obsolete", "-v", "0", "-i", "var"]
        languages = [part for language in LANGUAGES for part in ("-l", language)]
        subprocess.run([sys.executable, "manage.py", "makemessages", *languages, *options], cwd=copy, check=True)
        differences = []
        for language in LANGUAGES:
            committed = {_key(entry) for entry in catalogue(language)}
            extracted = {_key(entry) for entry in catalogue(language, copy)}
            differences += [f"{language}: not in the catalogue: {key[1]!r}" for key in sorted(extracted - committed)]
            differences += [f"{language}: no longer in the code: {key[1]!r}" for key in sorted(committed - extracted)]
        return differences


def main() -> int:
    found = [line for language in LANGUAGES for line in (*gaps(language), *stale_binary(language))]
    found += extraction_differences()
    print("\n".join(found) or "Catalogues are complete.")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
