"""Carry out one action on a case from the command line, through the same door as the pages."""

import json
import uuid
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from workflow import engine
from workflow.machine import NEEDS, Action
from workflow.models import Case, User
from workflow.refusals import NotVisible, Refused, as_dict


class Command(BaseCommand):
    help = "Carry out ACTION on the case NUMBER as a person; prints {outcome, state, version, refused}."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("number")
        parser.add_argument("action", choices=[a.value for a in NEEDS])
        parser.add_argument("--as", dest="person", required=True, metavar="USER")
        parser.add_argument("--for", dest="principal", default="", metavar="USER", help="act as the deputy of USER")
        parser.add_argument("--reason", default="")
        parser.add_argument("--to", default="", metavar="STEP")
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
                **_details(options),
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
    """Return what the action carries. Raises: CommandError on a --detail that is no NAME=VALUE."""
    details: dict[str, Any] = {name: options[name] for name in ("reason", "to") if options[name]}
    for detail in options["detail"]:
        name, sign, value = detail.partition("=")
        if not sign or not name.isidentifier():
            raise CommandError(f"--detail wants NAME=VALUE, not “{detail}”.")
        details[name] = value
    return details
