"""Uploads of a unit that are, or look, the same as an earlier one: told with the tables, never refused.

Read only; called by uploads before anything is stored. Two statements at most.
"""

from dataclasses import replace

from targets.models import SourceDocument
from targets.reading import Problem, Reading
from targets.reading.names import look
from targets.reading.problems import KINDS
from workflow.models import Organisation

MOST = 300
"""How many of the unit's latest uploads a name is compared with."""


def noted(reading: Reading, *, unit: Organisation, name: str, sha256: str) -> Reading:
    """Return the reading with a note at its first table where `unit` uploaded the same bytes, or a name that looks
    the same and is another, before.
    """
    if not reading.tables:
        return reading
    earlier = SourceDocument.objects.filter(unit=unit).order_by("-id")
    latest = list(earlier.values_list("name", "sha256")[:MOST])
    same = next((old for old, digest in latest if digest == sha256), None)
    if same is None and len(latest) == MOST:
        same = earlier.filter(sha256=sha256).values_list("name", flat=True).first()
    if same is not None:
        return _with(reading, "same_file", same)
    seen = look(name)
    twin = next((old for old, _digest in latest if old != name and look(old) == seen), None)
    return _with(reading, "name_twin", twin) if twin is not None else reading


def _with(reading: Reading, kind: str, earlier: str) -> Reading:
    first, what = reading.tables[0], KINDS[kind]
    place = first.rows[0] if first.rows else first.source[0].at()
    problem = Problem(what.code, what.severity, place, what.message, {"earlier": earlier})
    return replace(reading, tables=(replace(first, problems=(problem, *first.problems)), *reading.tables[1:]))
