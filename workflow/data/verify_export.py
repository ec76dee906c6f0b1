"""Check an exported case without the system that made it: python3 verify.py [folder or zip]. Needs only Python 3.

Each event's hash is SHA-256 over its own columns and the hash before it, so a changed, removed, inserted or swapped
event is found. Exit 0 when the record holds together, 1 with a line for each fault when it does not.
"""

import hashlib
import json
import sys
import zipfile
from pathlib import Path

HASHED = (
    "case", "seq", "at", "actor", "actor_name", "on_behalf_of", "on_behalf_name", "action", "refused", "from", "to",
    "version", "content_hash", "key", "payload", "prev",
)


def read(place, name):
    """Return the lines of a file of the export, which is a zip or a folder, or the one object of case.json."""
    if zipfile.is_zipfile(place):
        with zipfile.ZipFile(place) as archive:
            text = archive.read(name).decode("utf-8")
    else:
        text = (Path(place) / name).read_text(encoding="utf-8")
    return json.loads(text) if name == "case.json" else [json.loads(line) for line in text.splitlines() if line]


def digest(event):
    """Return the hash that an event must have."""
    text = json.dumps({name: event[name] for name in HASHED}, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(text.encode("utf-8")).hexdigest()


def faults(case, events):
    """Yield a sentence for each place where the record does not hold together."""
    prev, seq, state = "", 0, ""
    for event in events:
        where = "event %s" % event["seq"]
        if event["seq"] != seq + 1:
            yield "%s: event %s is missing" % (where, seq + 1)
        if event["prev"] != prev:
            yield "%s: does not follow the event before it" % where
        if digest(event) != event["hash"]:
            yield "%s: was changed after it was written" % where
        if state and not event["refused"] and event["from"] != state:
            yield "%s: begins in a state that the case was not in" % where
        prev, seq, state = event["hash"], event["seq"], event["to"]
    if (case["head"], case["head_seq"]) != (prev, seq):
        yield "the case's head is not its last event"
    if case["state"] != state:
        yield "the case's state is not that of its last event"


def content_faults(contents):
    """Yield a sentence for each version that is not what its hash says; a purged one is only named."""
    for one in contents:
        if one["content"] is None:
            print("content of event %s: %s %s" % (one["event_seq"], one["note"], one["content_hash"]))
        elif hashlib.sha256(one["content"].encode("utf-8")).hexdigest() != one["content_hash"]:
            yield "content of event %s: is not what was decided on" % one["event_seq"]


def main(place):
    case = read(place, "case.json")
    events = read(place, "events.jsonl")
    for event in events:
        note = " (refused: %s)" % event["refused"] if event["refused"] else ""
        behalf = " for %s" % event["on_behalf_name"] if event["on_behalf_name"] else ""
        print("%4d  %s  %s%s  %s%s" % (event["seq"], event["at"], event["actor_name"], behalf, event["action"], note))
    found = list(faults(case, events)) + list(content_faults(read(place, "contents.jsonl")))
    for fault in found:
        print("FAULT  " + fault)
    verdict = "BROKEN" if found else "holds"
    print("%s: %d events, head %s: %s" % (case["number"], len(events), case["head"][:16], verdict))
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1] if len(sys.argv) > 1 else Path(__file__).parent))
