"""Which files are this project's own text: walked on the disk, so that a copy without git is judged the same."""

import functools
import re
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
ROOMS = ("workflow", "targets", "notifications", "deploy")
_FOLDERS = (*ROOMS, "templates", "tests", "locale", ".ci")
_NOT_OURS = re.compile(r"(^|/)(__pycache__|vendor|samples)(/|$)|^tests/(files/(readable|refused)|corpus/[a-z]+/files)/")
_TEXT = {".py", ".html", ".txt", ".css", ".js", ".md", ".toml", ".sh", ".po", ".json", ".lock", ".svg", ""}


@functools.cache
def own_files() -> tuple[Path, ...]:
    """Return every text file of ours, relative to the root: the rooms, templates, tests, and the top level."""
    found = [path for path in ROOT.iterdir() if path.is_file()]
    for folder in _FOLDERS:
        found += [path for path in (ROOT / folder).rglob("*") if path.is_file()]
    relative = sorted(path.relative_to(ROOT) for path in found)
    return tuple(path for path in relative if path.suffix in _TEXT and not _NOT_OURS.search(path.as_posix()))


def with_suffix(*suffixes: str, within: tuple[str, ...] = (), migrations: bool = False) -> list[Path]:
    """Return our files with one of these endings, optionally only within some top folders."""
    return [
        path
        for path in own_files()
        if path.suffix in suffixes
        and (not within or path.parts[0] in within)
        and (migrations or "migrations" not in path.parts)
    ]


def text(path: Path) -> str:
    return (ROOT / path).read_text(encoding="utf-8")


def lines_matching(pattern: str, paths: list[Path], *, flags: int = 0) -> list[str]:
    """Return `path:line: text` for every line of these files that the pattern is found in."""
    wanted = re.compile(pattern, flags)
    return [
        f"{path}:{number}: {line.strip()[:140]}"
        for path in paths
        for number, line in enumerate(text(path).splitlines(), 1)
        if wanted.search(line)
    ]
