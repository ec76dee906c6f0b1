"""The short form of `make fuzz`: damaged files of every kind are answered, each with tables or with a refusal."""

import os

import time_machine

from tests.fuzz import reading as fuzz


def test_damaged_files_are_answered():
    seed = int(os.environ.get("BTR_SEED") or 0) or int.from_bytes(os.urandom(4), "big")
    print(f"seed {seed}")
    told, _longest = fuzz.run(160, seed)
    assert sum(told.values()) == 160


def test_the_same_seed_gives_the_same_files_at_any_time_of_day():
    first = list(fuzz.files(12, 7))
    with time_machine.travel("2031-05-06 07:08:09"):
        assert list(fuzz.files(12, 7)) == first
    assert {name.rpartition(".")[2] for name, _data in fuzz.files(200, 7)} == {
        "docx",
        "xlsx",
        "xls",
        "pdf",
        "txt",
        "zip",
    }
