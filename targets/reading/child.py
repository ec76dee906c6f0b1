"""The child process in which Word, Excel, PDF and zip files are opened: used once, with limits, then gone.

`grids_in_child` has one forked (see `server`), hands it the bytes and waits; `limited_answer` is what it does. What
comes back is JSON with plain texts, never an object of the file's making.
"""

import json
import resource
import signal
from typing import Any

from targets.reading.grid import Grid, Note, Row
from targets.reading.opening import ending_of, grids_in
from targets.reading.refusals import CannotRead, refusal
from targets.reading.result import TEXT, Part, Place, Refusal
from targets.reading.server import NoReader, asked

MEMORY_BYTES = 768 * 1024 * 1024
CPU_SECONDS = 20
WALL_SECONDS = 30
DIED_ON_THE_FILE = (signal.SIGABRT, signal.SIGSEGV, signal.SIGBUS, signal.SIGILL)


def grids_in_child(*, name: str, data: bytes, seconds: float = WALL_SECONDS) -> list[Grid] | Refusal:
    """Return the grids of a Word, Excel, PDF or zip file, opened in a process of its own, or why there are none.

    `seconds` is the longest wait; the child is then killed. The child sees no environment of ours and
    of the name only its ending.
    """
    ending = ending_of(name)
    try:
        said, ended = asked(name=f"x.{ending}" if ending else "x", data=data, seconds=seconds)
    except NoReader:
        return refusal("no_answer")
    if -ended in DIED_ON_THE_FILE:
        return refusal("damaged", what=signal.Signals(-ended).name)
    if ended != 0:
        return refusal("no_answer")
    return grids_of_answer(json.loads(said))


def _to_json(grid: Grid) -> dict[str, Any]:
    parts = list(dict.fromkeys([r.part for r in grid.rows] + [n.place.part for n in grid.notes]))
    number = {part: i for i, part in enumerate(parts)}
    return {
        "parts": [[p.kind, p.name, p.file] for p in parts],
        "rows": [
            [
                r.line,
                r.cells,
                r.separated,
                r.markup,
                number[r.part],
                r.order,
                r.spans,
                r.numbers,
                sorted(r.merged),
            ]
            for r in grid.rows
        ],
        "notes": [
            [n.kind, n.place.line, n.place.cell, number[n.place.part], n.place.order, dict(n.facts)] for n in grid.notes
        ],
    }


def grids_of_answer(answer: dict[str, Any]) -> list[Grid] | Refusal:
    """Return the grids or the refusal that the child wrote down."""
    refused = answer.get("refused")
    if refused is not None:
        return Refusal(refused["code"], refused["message"], refused["facts"])
    return [_grid(grid) for grid in answer["grids"]]


def _grid(raw: dict[str, Any]) -> Grid:
    parts = [Part(*part) if any(part[1:]) or part[0] != "text" else TEXT for part in raw["parts"]]
    rows = [
        Row(line, tuple(cells), separated, tuple((i, t) for i, t in markup), parts[part], order,
            tuple((s, e) for s, e in spans), tuple(numbers), frozenset(merged))
        for line, cells, separated, markup, part, order, spans, numbers, merged in raw["rows"]
    ]  # fmt: skip
    notes = [
        Note(kind, Place(line, cell, None, parts[part], order), facts)
        for kind, line, cell, part, order, facts in raw["notes"]
    ]
    return Grid(tuple(rows), tuple(notes))


def answer(*, name: str, data: bytes) -> dict[str, Any]:
    """Return what the child says about a file: its grids or a refusal. Never raises what a file can cause."""
    try:
        grids = grids_in(name=name, data=data)
    except CannotRead as wrong:
        grids = wrong.refusal
    except MemoryError:
        grids = refusal("no_answer")
    except RecursionError:
        grids = refusal("bad_xml", what="recursion")
    except BaseException as wrong:  # a panic of calamine is no Exception; whatever a file causes is the file's
        grids = refusal("damaged", what=type(wrong).__name__)
    if isinstance(grids, Refusal):
        return {"refused": {"code": grids.code, "message": grids.message, "facts": dict(grids.facts)}}
    return {"grids": [_to_json(grid) for grid in grids]}


def _limit() -> None:
    """Bound memory and time of this process, and forbid it to open anything: no file, no socket, no process."""
    for what, most in (
        (resource.RLIMIT_AS, MEMORY_BYTES), (resource.RLIMIT_CPU, CPU_SECONDS), (resource.RLIMIT_FSIZE, 0),
        (resource.RLIMIT_CORE, 0), (resource.RLIMIT_NPROC, 0), (resource.RLIMIT_NOFILE, 1),
    ):  # fmt: skip
        resource.setrlimit(what, (most, most))


def limited_answer(name: str, data: bytes) -> bytes:
    """Return what a child answers, as JSON in ASCII; from here on this process may open nothing."""
    _limit()
    return json.dumps(answer(name=name, data=data), ensure_ascii=True).encode("ascii")
