"""Somebody with the database in hand changes the record at random: every single time it is found.

200 tamperings here, more with BTR_TAMPERINGS; each is one change of one or a few values, undone afterwards.
"""

import os
import random
from datetime import UTC, datetime, timedelta

import pytest
from django.db import connection, transaction

from notifications.models import Notice
from tests.world import NOW, act, toy_case, walk_to
from workflow import append_only, record, rulings
from workflow.canonical import canonical_json, sha256_hex
from workflow.machine import Action
from workflow.models import Case, Event, Ruling

pytestmark = pytest.mark.django_db
TAMPERINGS = int(os.environ.get("BTR_TAMPERINGS", "200"))
SEED = int(os.environ.get("BTR_SEED", "0"))
TEXTS = ("actor_name", "on_behalf_name", "action", "refused", "from_state", "to_state", "content_hash", "key",
         "payload", "prev", "hash")


def change_text(event, dice):
    name = dice.choice(TEXTS)
    was = getattr(event, name) or ""
    place = dice.randrange(len(was) + 1)
    now = dice.choice([was[:place] + dice.choice('x0"\\é中') + was[place:], was[:place] + was[place + 1 :], ""])
    now = now[: Event._meta.get_field(name).max_length]
    if now == was:
        now = f"x{was[1:]}" if was[:1] != "x" else f"y{was[1:]}"
    Event.objects.filter(pk=event.pk).update(**{name: now})


def change_number(event, dice):
    name = dice.choice(["version", "seq"])
    Event.objects.filter(pk=event.pk).update(**{name: getattr(event, name) + dice.choice([100, 1000])})


def change_time(event, dice):
    by = timedelta(microseconds=dice.choice([-1, 1, 10**6, -(10**9)]))
    Event.objects.filter(pk=event.pk).update(at=event.at + by)


def change_person(event, dice):
    Event.objects.filter(pk=event.pk).update(actor=None if event.actor_id else 1, key=None)


def remove(event, dice):
    Notice.objects.filter(event=event).delete()
    Event.objects.filter(pk=event.pk)._raw_delete(using="default")


def swap(event, dice):
    other = dice.choice(list(Event.objects.filter(case=event.case_id).exclude(pk=event.pk)))
    Event.objects.filter(pk=event.pk).update(seq=10_000)
    Event.objects.filter(pk=other.pk).update(seq=event.seq)
    Event.objects.filter(pk=event.pk).update(seq=other.seq)


def insert(event, dice):
    """Append one with a right hash of its own: only the case's head gives it away."""
    last = Event.objects.filter(case=event.case_id).last()
    made = Event(**{field.attname: getattr(last, field.attname) for field in Event._meta.concrete_fields[1:]})
    made.seq, made.key, made.prev = last.seq + 1, None, last.hash
    made.hash = record.digest(made)
    made.save(force_insert=True)


def rehash(event, dice):
    """Change an event and its hash, as somebody does who knows how hashes are made; the next one gives it away."""
    event.actor_name += "x"
    Event.objects.filter(pk=event.pk).update(actor_name=event.actor_name, hash=record.digest(event))


def move_to_another_case(event, dice):
    Event.objects.filter(pk=event.pk).update(case=Case.objects.exclude(pk=event.case_id).first(), seq=500)


def change_case(event, dice):
    name = dice.choice(["state", "head", "head_seq"])
    changed = {"state": "closed", "head": "0" * 64, "head_seq": 77}
    Case.objects.filter(pk=event.case_id).update(**{name: changed[name]})


KINDS = (change_text, change_text, change_text, change_number, change_time, change_person, remove, swap, insert, rehash,
         move_to_another_case, change_case)


@pytest.fixture
def cases(world, toy):
    made = [walk_to(toy_case(world, toy), world, stop) for stop in ("approved", "release", "finance_review")]
    returned = walk_to(toy_case(world, toy), world, "finance_review")
    act(returned, Action.RETURN, world.business_reviewer, reason='说明 "依据" \\ \u2028 🙂')
    append_only.remove(connection)
    yield [*made, returned]
    append_only.install(connection)


def test_every_random_tampering_is_found(cases):
    dice = random.Random(SEED)
    pks = list(Event.objects.order_by("pk").values_list("pk", flat=True))
    assert list(record.verify()) == []
    missed = []
    for n in range(TAMPERINGS):
        event, tamper = Event.objects.get(pk=dice.choice(pks)), dice.choice(KINDS)
        with transaction.atomic():
            tamper(event, dice)
            if not list(record.verify()):
                missed.append((n, tamper.__name__, event.seq))
            transaction.set_rollback(True)
    assert missed == []
    assert list(record.verify()) == []


def test_the_quick_hash_is_the_hash_that_was_written(cases):
    rows = {(row[0], row[1]): row for row in record._rows(None)}
    for event in Event.objects.all():
        row = rows[event.case_id, event.seq]
        written_out = sha256_hex(canonical_json(record.columns_of(event)))
        assert record._digest_of(row) == record.digest(event) == written_out == row[16] == event.hash
        odd = event.payload + '\x00\x1f\x7f"\\/é中🙂'
        assert record._digest_of((*row[:14], odd, *row[15:])) == sha256_hex(
            canonical_json(record.columns_of(event) | {"payload": odd})
        )


@pytest.mark.parametrize("at", [NOW, NOW.replace(microsecond=1), NOW.replace(microsecond=120_000)])
def test_the_time_is_hashed_as_it_was_written(world, toy, at):
    case = toy_case(world, toy, now=at)
    act(case, Action.SUBMIT, world.editor, now=at.astimezone(UTC) + timedelta(hours=3))
    assert list(record.verify()) == []
    assert all(isinstance(row[2], str) and datetime.fromisoformat(row[2]) for row in record._rows(case.pk))


def test_every_random_tampering_of_a_ruling_is_found(world):
    dice = random.Random(SEED)
    for n in range(6):
        rulings.note(action=rulings.Rule.ALIAS, subject=f"演示{n}", by=world.leader, now=NOW, payload={"n": n})
    append_only.remove(connection)
    for _ in range(40):
        ruling = dice.choice(list(Ruling.objects.exclude(seq=6)))
        name = dice.choice(["actor_name", "subject", "payload", "action", "prev", "hash"])
        with transaction.atomic():
            Ruling.objects.filter(pk=ruling.pk).update(**{name: (getattr(ruling, name) + "x")[-64:]})
            assert list(rulings.verify()) or getattr(ruling, name) == (getattr(ruling, name) + "x")[-64:]
            transaction.set_rollback(True)
    append_only.install(connection)
