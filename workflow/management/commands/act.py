"""Carry out one action on a case from the command line, through the same door as the pages."""

import json
import sys
import uuid
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from workflow import engine, papers
from workflow.machine import NEEDS, Action, Added, Again, Basis, Rule
from workflow.models import Case, User
from workflow.refusals import NotVisible, Refused, as_dict

TEXTS = {
    "reason": "why, in words",
    "to": "return: the key of an earlier step, or “unit”",
    "again": f"return: the way after the correction, {' or '.join(Again.values)}",
    "days": "return, readmit: working days for the correction, 0 is today",
    "place": f"add_approver: when they are asked, {', '.join(Added.values)}",
    "rule": f"add_approver: how many sign, {', '.join((Rule.ALL, Rule.ANY, Rule.SEQUENCE))}",
    "basis": f"fill_for: what it rests on, {' or '.join(Basis.values)}",
    "amount": "funds_changed: the control figure in yuan; 0: not funded",
    "document_number": "release, propose_admission: the number of the document",
    "document_date": "release, propose_admission: its date, as 2027-03-01",
    "period_id": "open_monitoring: the period",
}
"""What an action carries as one text: the detail's name, and its help."""
IDS = (Action.MEET_CONDITION,)
"""Where --condition names one that stands, by its id; elsewhere it sets one, in words."""


class Command(BaseCommand):
    help = "Carry out ACTION on the case NUMBER as a person; prints {outcome, state, version, refused}."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("number")
        parser.add_argument("action", choices=[a.value for a in NEEDS])
        parser.add_argument("--as", dest="person", required=True, metavar="USER")
        parser.add_argument("--for", dest="principal", default="", metavar="USER", help="act as the deputy of USER")
        for name, words in TEXTS.items():
            parser.add_argument(f"--{name.replace('_', '-')}", default="", metavar="TEXT", help=words)
        lists = {
            "people": ("USER", "transfer, add_approver, copy: who is asked; several times for several"),
            "condition": ("TEXT", "approve_with_conditions: a condition in words; meet_condition: the id of one"),
            "grade": ("ITEM=GRADE", "one grade of the review sheet"),
            "points": ("ITEM=NUMBER", "the points of one item of the review sheet"),
        }
        for name, (metavar, words) in lists.items():
            parser.add_argument(f"--{name}", action="append", default=[], metavar=metavar, help=words)
        parser.add_argument("--sheet", default="", metavar="FILE", help="the review sheet as JSON; “-”: standard input")
        parser.add_argument("--scan", type=Path, metavar="FILE", help="release: the document's scan, pdf or picture")
        parser.add_argument("--key", default="", help="operation key; the same key twice has one effect")
        parser.add_argument("--seen-version", type=int, help="act as if this version had been looked at")
        parser.add_argument("--detail", action="append", default=[], metavar="NAME=VALUE")
        parser.add_argument("--json", action="store_true", dest="as_json")

    def handle(self, *args: Any, **options: Any) -> None:
        answer = self._act(options)
        if options["as_json"]:
            self.stdout.write(json.dumps(answer, ensure_ascii=False, default=str))
        else:
            self.stdout.write(
                answer["refused"]["message"]
                if answer["refused"]
                else f"{options['number']}: {answer['outcome']['action']} → {answer['state']}"
            )
        if answer["refused"]:
            raise SystemExit(1)

    def _act(self, options: dict[str, Any]) -> dict[str, Any]:
        by = User.objects.filter(username=options["person"], is_active=True).first()
        if by is None:
            raise CommandError(f"There is no active person “{options['person']}”.")
        case = Case.objects.filter(number=options["number"]).first()
        if case is None:
            return _nothing(NotVisible())
        version = case.version if options["seen_version"] is None else options["seen_version"]
        refused: dict[str, Any] | None = None
        outcome: engine.Outcome | None = None
        try:
            outcome = engine.perform(
                case,
                Action(options["action"]),
                by=by,
                seen=engine.Seen(version, case.content_hash),
                key=options["key"] or f"act:{uuid.uuid4()}",
                now=timezone.now(),
                on_behalf_of=_principal(options["principal"]),
                **_details(options) | _scan(options, by=by),
            )
        except NotVisible as refusal:
            return _nothing(refusal)
        except Refused as refusal:
            refused = dict(as_dict(refusal))
        stands = Case.objects.get(pk=case.pk)
        told = outcome and {
            "number": outcome.number,
            "action": outcome.action,
            "from_state": outcome.from_state,
            "to_state": outcome.to_state,
            "event_seq": outcome.event_seq,
            "repeated": outcome.repeated,
        }
        return {"outcome": told, "state": stands.state, "version": stands.version, "refused": refused}


def _principal(username: str) -> User | None:
    """Return the person acted for. Raises: CommandError when there is none of that name."""
    if not username:
        return None
    principal = User.objects.filter(username=username).first()
    if principal is None:
        raise CommandError(f"There is no person “{username}”.")
    return principal


def _nothing(refusal: Refused) -> dict[str, Any]:
    """Return the answer that a case which is not there and one that is not seen have in common."""
    return {"outcome": None, "state": None, "version": None, "refused": as_dict(refusal)}


def _details(options: dict[str, Any]) -> dict[str, Any]:
    """Return what the action carries. Raises: CommandError on what is no NAME=VALUE, and on a sheet that is no JSON."""
    details: dict[str, Any] = {name: options[name] for name in (*TEXTS, "people") if options[name]}
    if options["condition"]:
        named = Action(options["action"]) in IDS
        details |= {"condition": options["condition"][0]} if named else {"conditions": options["condition"]}
    if sheet := _sheet(options):
        details["sheet"] = sheet
    return details | _pairs("detail", options)


def _sheet(options: dict[str, Any]) -> dict[str, Any]:
    """Return the review sheet: that of the file, with the grades and points that are named besides."""
    sheet: dict[str, Any] = {}
    if options["sheet"]:
        try:
            text = sys.stdin.read() if options["sheet"] == "-" else Path(options["sheet"]).read_text()
            sheet = json.loads(text)
        except (OSError, ValueError) as error:
            raise CommandError(f"--sheet: {error}") from error
        if not isinstance(sheet, dict):
            raise CommandError("--sheet wants one JSON object: items with their grades, “opinion”, “points”.")
    sheet |= _pairs("grade", options)
    if points := _pairs("points", options):
        sheet["points"] = {**(sheet.get("points") or {}), **points}
    return sheet


def _pairs(option: str, options: dict[str, Any]) -> dict[str, str]:
    """Return what an option given as NAME=VALUE says. Raises: CommandError."""
    found = {}
    for pair in options[option]:
        name, sign, value = pair.partition("=")
        if not sign or not name.isidentifier():
            raise CommandError(f"--{option} wants NAME=VALUE, not “{pair}”.")
        found[name] = value
    return found


def _scan(options: dict[str, Any], *, by: User) -> dict[str, str]:
    """Return what a release says of its scan, which is kept. Raises: CommandError, PaperRefused."""
    path: Path | None = options["scan"]
    if path is None:
        return {}
    if Action(options["action"]) != Action.RELEASE:
        raise CommandError("--scan goes with release; for others see fill_for and propose_admission.")
    try:
        data = path.read_bytes()
    except OSError as error:
        raise CommandError(f"{path}: {error.strerror}") from error
    return papers.named(papers.keep(name=path.name, data=data, by=by, now=timezone.now()))
