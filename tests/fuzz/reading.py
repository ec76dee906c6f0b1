"""`python -m tests.fuzz.reading [FILES] [SEED]` (`make fuzz`): good files are damaged at random and read.

Asked: every file is answered, with tables or with a refusal; no crash and no hang of this process, whatever becomes
of the children; memory flat. The seed is printed and gives the same files again. A failing file is written beside.
"""

import random
import re
import resource
import sys
import tempfile
import time
import zipfile
import zlib
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from io import BytesIO
from pathlib import Path

from targets.reading import Reading, read
from targets.reading.result import filled
from tests.targets.office import docx, paper_table, small_content, xlsx
from tests.targets.pdfs import NONE, pdf

FILES = 10_000
SLOW_SECONDS = 40
STAMP = re.compile(rb"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ")
XLS = Path(__file__).parents[1] / "files" / "readable" / "small.xls"
SAMPLE = Path(__file__).parents[2] / "targets" / "samples" / "pingluo-2024-targets.txt"
BYTES = (b"", b"\0", b"\xff", b"<", b"&", b"\n", b"PK\x03\x04", b"endobj", b"2147483647", b"-1", b"%s", "项".encode())


def seeds() -> dict[str, bytes]:
    """Return the good files by their names, the same bytes at every time of day."""
    content = small_content()
    table = paper_table(content)
    word, sheet = steady(docx(content)), steady(xlsx(content))
    return {
        "a.docx": word,
        "a.xlsx": sheet,
        "a.xls": XLS.read_bytes(),
        "a.pdf": pdf(table),
        "b.pdf": pdf(table, stroke=NONE),
        "a.txt": SAMPLE.read_bytes(),
        "b.txt": SAMPLE.read_text("utf-8").encode("gb18030"),
        "a.zip": packed([("一/a.docx", word), ("b.xlsx", sheet), ("c.txt", SAMPLE.read_bytes())]),
    }


def packed(parts: Iterable[tuple[str, bytes]]) -> bytes:
    """Return a zip of these parts, all dated alike."""
    out = BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in parts:
            archive.writestr(zipfile.ZipInfo(name), data, zipfile.ZIP_DEFLATED)
    return out.getvalue()


def unpacked(data: bytes) -> list[tuple[str, bytes]]:
    """Return the parts of a zip."""
    with zipfile.ZipFile(BytesIO(data)) as archive:
        return [(name, archive.read(name)) for name in archive.namelist()]


def steady(data: bytes) -> bytes:
    """Return an Office file without the time at which it was made."""
    return packed((name, STAMP.sub(b"2025-01-01T00:00:00Z", part)) for name, part in unpacked(data))


def damaged(data: bytes, chance: random.Random) -> bytes:
    """Return the bytes with one to six changes: flipped, cut, doubled, swapped, replaced."""
    out = bytearray(data)
    for _change in range(chance.randint(1, 6)):
        if not out:
            break
        at = chance.randrange(len(out))
        length = chance.choice((1, 1, 2, 4, 16, 200, 3000))
        kind = chance.randrange(6)
        if kind == 0:
            out[at] ^= 1 << chance.randrange(8)
        elif kind == 1:
            out[at : at + length] = chance.choice(BYTES)
        elif kind == 2:
            out[at:at] = out[at : at + length]
        elif kind == 3:
            other = chance.randrange(len(out))
            out[at : at + length], out[other : other + length] = out[other : other + length], out[at : at + length]
        elif kind == 4:
            out[at : at + length] = chance.randbytes(length)
        else:
            del out[at : len(out) if chance.random() < 0.2 else at + length]
    return bytes(out)


def inside(data: bytes, chance: random.Random) -> bytes:
    """Return a zip that is whole, one part of it damaged: so that the XML is reached."""
    parts = unpacked(data)
    chosen = chance.randrange(len(parts))
    return packed((name, damaged(part, chance) if n == chosen else part) for n, (name, part) in enumerate(parts))


def streams(data: bytes, chance: random.Random) -> bytes:
    """Return a PDF one of whose packed streams is damaged inside, where one can be unpacked."""
    begin = data.find(b"stream\n", chance.randrange(len(data)))
    end = data.find(b"endstream", begin)
    if begin < 0 or end < 0:
        return damaged(data, chance)
    try:
        plain = zlib.decompress(data[begin + 7 : end])
    except zlib.error:
        return damaged(data, chance)
    return data[: begin + 7] + zlib.compress(damaged(plain, chance)) + b"\n" + data[end:]


def files(count: int, seed: int) -> Iterator[tuple[str, bytes]]:
    """Yield `count` damaged files with their names."""
    chance = random.Random(seed)
    good = list(seeds().items())
    deeper: dict[str, Callable[[bytes, random.Random], bytes]] = {
        "docx": inside, "xlsx": inside, "zip": inside, "pdf": streams,
    }  # fmt: skip
    for _number in range(count):
        name, data = chance.choice(good)
        change = deeper.get(name.rpartition(".")[2], damaged) if chance.random() < 0.6 else damaged
        yield name, change(data, chance)


def outcome(found: Reading) -> str:
    """Return what became of a file. Raises: AssertionError when it was not answered in order."""
    assert (found.refused is None) is bool(found.tables)
    for table in found.tables:
        assert len(table.rows) == len(table.content.indicators)
        for problem in table.problems:
            assert filled(problem.message, problem.facts, str)
    return "read" if found.refused is None else found.refused.code


def run(count: int, seed: int) -> tuple[Counter[str], float]:
    """Read `count` damaged files; return what became of them and the longest time of one, in seconds."""
    told: Counter[str] = Counter()
    longest = 0.0
    for number, (name, data) in enumerate(files(count, seed)):
        began = time.perf_counter()
        try:
            told[outcome(read(name=name, data=data))] += 1
        except BaseException:
            failed = Path(tempfile.gettempdir()) / f"fuzz-{seed}-{number}-{name}"
            failed.write_bytes(data)
            print(f"seed {seed}, file {number}: {failed}")
            raise
        longest = max(longest, time.perf_counter() - began)
        assert longest < SLOW_SECONDS
    return told, longest


def main() -> int:
    """Print the seed, what became of the files, the longest time and the growth of memory."""
    count = int(sys.argv[1]) if len(sys.argv) > 1 else FILES
    seed = int(sys.argv[2]) if len(sys.argv) > 2 else random.SystemRandom().randrange(10**9)
    print(f"seed {seed}, {count} files", flush=True)
    run(min(count, 200), seed + 1)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    began = time.perf_counter()
    told, longest = run(count, seed)
    grown = (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) // 1024
    print(", ".join(f"{code} {n}" for code, n in told.most_common()))
    print(f"{time.perf_counter() - began:.0f} s, the longest {longest:.1f} s, memory grown by {grown} MB")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
