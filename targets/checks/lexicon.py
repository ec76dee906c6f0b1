"""The words, units and known slips the rules go by, read once from data/*.toml; and how alike two texts are. Pure."""

import re
import tomllib
from collections.abc import Iterable, Mapping
from functools import lru_cache
from pathlib import Path

from targets import normal

DATA = Path(__file__).parent / "data"


def _read(name: str) -> Mapping[str, str]:
    return tomllib.loads((DATA / f"{name}.toml").read_text("utf-8"))


LISTS: Mapping[str, tuple[str, ...]] = {concept: tuple(words.split()) for concept, words in _read("words").items()}
UNITS_OF: Mapping[str, frozenset[str]] = {noun: frozenset(units.split()) for noun, units in _read("units").items()}
TYPOS: Mapping[str, str] = _read("typos")
SECRETS: Mapping[str, Mapping[str, str]] = tomllib.loads((DATA / "secrets.toml").read_text("utf-8"))


def any_of(words: Iterable[str]) -> re.Pattern[str]:
    """Return a pattern that finds any of the words, the longest first."""
    return re.compile("|".join(re.escape(word) for word in sorted(words, key=len, reverse=True)))


WORDS: Mapping[str, re.Pattern[str]] = {concept: any_of(words) for concept, words in LISTS.items()}
NOUNS = any_of(UNITS_OF)
TYPO = any_of(TYPOS)
SAME_UNIT: Mapping[str, str] = {unit: units.split("=")[0] for units in LISTS["same_units"] for unit in units.split("=")}
PARTED = re.compile("[^\u4e00-\u9fffA-Za-z]+")


def units_of(name: str) -> frozenset[str]:
    """Return the units that the last known noun of a name is counted in; empty when every unit may pass."""
    last = None
    for match in NOUNS.finditer(name):
        last = match[0]
    return UNITS_OF[last] if last else frozenset()


@lru_cache(maxsize=4096)
def pairs(text: str) -> frozenset[str]:
    """Return the neighbouring characters of a text without its empty words: what it is about."""
    pieces = PARTED.split(WORDS["empty"].sub(" ", text))
    return frozenset(piece[i : i + 2] for piece in pieces for i in range(len(piece) - 1))


def shared(text: str, other: frozenset[str]) -> bool:
    """Whether a text is about something that `other` holds: two pairs, or more than a third of its own."""
    own = pairs(text)
    common = len(own & other)
    return not own or common >= 2 or common * 3 > len(own)


def covered(text: str, other: str) -> bool:
    """Whether more than half of what a short text is about stands in the other: 展陈布展 in 更新展陈面积."""
    own = set(PARTED.sub("", WORDS["empty"].sub("", text)))
    return len(own & set(other)) > 1 and len(own & set(other)) * 2 > len(own)


def emptied() -> None:
    """Forget every text that was compared: for measuring from a cold start."""
    normal.emptied()
    pairs.cache_clear()
    _all_pairs.cache_clear()


@lru_cache(maxsize=4096)
def _all_pairs(text: str) -> frozenset[str]:
    return frozenset(text[i : i + 2] for i in range(len(text) - 1))


def alike(one: str, two: str) -> float:
    """Return how alike two texts are, 0 to 1: twice the common pairs over all."""
    first, second = _all_pairs(one), _all_pairs(two)
    total = len(first) + len(second)
    return 2 * len(first & second) / total if total else 0.0
