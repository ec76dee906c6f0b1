"""read_targets FILE… [--json]: what reading makes of files, on the command line. Needs no database."""

import json
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand
from django.utils.translation import gettext
from django.utils.translation import gettext_noop as _

from targets import values
from targets.content import TableContent
from targets.profiles import DEFAULT, SEVERITY_LABELS, Profile, load
from targets.reading import MAX_BYTES, Problem, Reading, ReadTable, Refusal, read
from targets.reading.result import filled

NOT_FOUND = Refusal("not_found", _("The file cannot be opened. Check its path and name."))


def read_file(path: str, profile: Profile) -> Reading:
    """Return the reading of one file; a file that cannot be opened is refused like any other."""
    try:
        with Path(path).open("rb") as file:
            data = file.read(MAX_BYTES + 1)
    except OSError:
        return Reading(path, refused=NOT_FOUND)
    return read(name=path, data=data, profile=profile)


def sentence(said: Any) -> str:
    """Return the message of a problem, finding or refusal in the language in force."""
    return filled(said.message, said.facts, gettext)


def table_json(table: ReadTable, profile: Profile) -> dict[str, Any]:
    """Return one table for JSON: amounts and numbers as strings, blank as null."""
    content = table.content
    header = ("project_name", "department", "unit", "attribute", "period", "fiscal_year")
    return {
        **{name: getattr(content, name) for name in header},
        "funds": {part: getattr(content.funds, part) for part in ("total", "fiscal", "other")},
        "annual_goal": content.annual_goal,
        "indicators": _indicators_json(content, profile),
        "problems": [_problem_json(problem) for problem in table.problems],
    }


def _indicators_json(content: TableContent, profile: Profile) -> list[dict[str, Any]]:
    found = []
    for row in content.indicators:
        category = profile.category(row.code)
        parsed = values.parse(row.value, name=row.name, year=content.fiscal_year, code=row.code)
        found.append(
            {
                "code": row.code,
                "category": category.name if category else None,
                "name": row.name,
                "value": row.value,
                "parsed": None if row.value is None else parsed.as_dict(),
            }
        )
    return found


def _problem_json(problem: Problem) -> dict[str, Any]:
    return {
        "code": problem.code,
        "severity": problem.severity,
        "place": str(problem.place),
        "message": sentence(problem),
    }


class Command(BaseCommand):
    """Read target tables from files and print them; exit 1 when any file was refused."""

    help = "Read target tables from files and print what was read. Needs no database."
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        """FILE…, --json."""
        parser.add_argument("files", nargs="+", metavar="FILE")
        parser.add_argument("--json", action="store_true", help="print JSON instead of lines")

    def handle(self, *args: Any, **options: Any) -> None:
        """Print one entry a file, in the order given. Exits 1 when any was refused."""
        profile = load(options.get("profile") or DEFAULT)
        readings = [read_file(path, profile) for path in options["files"]]
        if options["json"]:
            found = [self.file_json(reading, profile) for reading in readings]
            self.stdout.write(json.dumps(found, ensure_ascii=False, indent=1))
        else:
            for reading in readings:
                self.print_lines(reading, profile)
        if any(reading.refused for reading in readings):
            raise SystemExit(1)

    def file_json(self, reading: Reading, profile: Profile) -> dict[str, Any]:
        """Return one file for JSON."""
        refused = reading.refused
        return {
            "file": reading.name,
            "tables": [self.table_json(table, profile) for table in reading.tables],
            "refused": None if refused is None else {"code": refused.code, "message": sentence(refused)},
        }

    def table_json(self, table: ReadTable, profile: Profile) -> dict[str, Any]:
        """Return one table for JSON; check_targets adds its findings."""
        return table_json(table, profile)

    def print_lines(self, reading: Reading, profile: Profile) -> None:
        """Print one file as lines that a person reads."""
        self.stdout.write(reading.name)
        if reading.refused is not None:
            self.stdout.write("  " + sentence(reading.refused))
        for table in reading.tables:
            content = table.content
            self.stdout.write(
                "  "
                + gettext("%(name)s: %(count)s indicators, %(total)s ten-thousand yuan")
                % {
                    "name": content.project_name or "—",
                    "count": len(content.indicators),
                    "total": content.funds.total or "—",
                }
            )
            for line in self.table_lines(table, profile):
                self.stdout.write("    " + line)

    def table_lines(self, table: ReadTable, profile: Profile) -> list[str]:
        """Return the lines under one table: its problems; check_targets shows its findings."""
        return [
            f"{problem.place} {problem.code} [{gettext(SEVERITY_LABELS[problem.severity])}] {sentence(problem)}"
            + "".join(f" → {fix.kind} {fix.place} {fix.text}".rstrip() for fix in problem.fixes)
            for problem in table.problems
        ]
