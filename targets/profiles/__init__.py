"""Regional profiles as data: which categories a table has, how they are labelled, how serious a finding is.

One TOML file a profile, beside this module. Pure: no Django, no clock. Read by reading, checks, pages, export.
"""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from functools import cache
from pathlib import Path
from types import MappingProxyType
from typing import Any

from workflow.text import _

MUST_FIX, SHOULD_FIX, HINT = "must_fix", "should_fix", "hint"
SEVERITIES = (MUST_FIX, SHOULD_FIX, HINT)
OFF = "off"
SEVERITY_LABELS: Mapping[str, str] = MappingProxyType(
    {MUST_FIX: _("Must fix"), SHOULD_FIX: _("Should fix"), HINT: _("Hint")}
)
NEEDS = ("hard", "required", "optional")
MEANINGS = ("11", "12", "13", "14", "21", "22", "23", "24", "31")
DEFAULT = "nx_2022"
FOLDER = Path(__file__).parent


class UnknownProfile(LookupError):
    """No profile of this name is shipped; the message names those that are."""


@dataclass(frozen=True, slots=True)
class Family:
    """A first-level indicator (一级指标): its code, its label as printed, spellings that mean the same.

    `need`: "required", or "optional" where a table may do without the whole family.
    """

    code: str
    label: str
    words: tuple[str, ...]
    need: str = "required"


@dataclass(frozen=True, slots=True)
class Category:
    """A second-level indicator (二级指标). `need`: "hard" (never left out), "required", "optional".

    `meaning` is the code under which the checks know it (11 quantity, 12 quality, 13 timeliness, 14 cost, 21 to 24
    benefits, 31 satisfaction): a form with three kinds of cost has three categories that mean 14. Blank: its own code.
    """

    code: str
    label: str
    words: tuple[str, ...]
    need: str
    meaning: str = ""

    @property
    def name(self) -> str:
        """The label without its code and mark: 数量指标."""
        return self.label.rpartition("-")[2].partition("（")[0]


@dataclass(frozen=True, slots=True)
class AttachmentKind:
    """A kind of attachment (附件). `needed_from`: the amount in 万元 from which a new project is asked for it."""

    code: str
    label: str
    needed_from: Decimal | None = None


@dataclass(frozen=True, slots=True)
class Profile:
    """One region's form of the target table, in one version. `name`: what people call it; `title`: as printed."""

    id: str
    name: str
    title: str
    value_label: str
    funds_unit: str
    families: tuple[Family, ...]
    categories: tuple[Category, ...]
    header: Mapping[str, tuple[str, ...]]
    columns: Mapping[str, tuple[str, ...]]
    severities: Mapping[str, str]
    attachments: tuple[AttachmentKind, ...] = ()

    def category(self, code: str) -> Category | None:
        """Return the category of this code, or None when the profile has none."""
        return next((c for c in self.categories if c.code == code), None)

    def meanings(self) -> Mapping[str, str]:
        """Return category code → the code under which the checks know it."""
        return {c.code: c.meaning or c.code for c in self.categories}

    def of_family(self, family: str) -> tuple[Category, ...]:
        """Return the categories under one first-level indicator, in the order of the form."""
        return tuple(c for c in self.categories if c.code[:1] == family)

    def required(self) -> tuple[Category, ...]:
        """Return the categories that a table must fill, in the order of the form."""
        return tuple(c for c in self.categories if c.need != "optional")

    def severity(self, key: str, default: str) -> str:
        """Return how serious the rule `key` is here, "off" when it is not asked; `default` where nothing is said."""
        return self.severities.get(key, default)


def known() -> tuple[str, ...]:
    """Return the ids of the profiles that are shipped."""
    return tuple(sorted(path.stem for path in FOLDER.glob("*.toml")))


@cache
def load(id: str = DEFAULT) -> Profile:
    """Return the profile `id`.

    Raises: UnknownProfile when there is none of that name; ValueError when its file contradicts itself.
    """
    if id not in known():
        raise UnknownProfile(f"There is no profile {id!r}. Known profiles: {', '.join(known())}.")
    return _from_mapping(_whole(id))


def name_of(id: str) -> str:
    """Return what people call the profile; its id when none of that id is shipped."""
    return load(id).name if id in known() else id


def _whole(id: str) -> dict[str, Any]:
    """Read a profile's file; what it does not say stands in the one it is `based_on`, single grades and words too."""
    own = tomllib.loads((FOLDER / f"{id}.toml").read_text("utf-8"))
    base = _whole(own.pop("based_on")) if "based_on" in own else {}
    return base | own | {part: base.get(part, {}) | own.get(part, {}) for part in ("header", "columns", "severities")}


def _from_mapping(raw: Mapping[str, Any]) -> Profile:
    profile = Profile(
        **{name: raw[name] for name in ("id", "title", "value_label", "funds_unit")},
        name=raw.get("name") or raw["title"],
        families=tuple(
            Family(f["code"], f["label"], tuple(f["words"]), f.get("need", "required")) for f in raw["families"]
        ),
        categories=tuple(
            Category(c["code"], c["label"], tuple(c["words"]), c["need"], c.get("meaning", ""))
            for c in raw["categories"]
        ),
        header=MappingProxyType({field: tuple(words) for field, words in raw["header"].items()}),
        columns=MappingProxyType({field: tuple(words) for field, words in raw["columns"].items()}),
        severities=MappingProxyType(dict(raw["severities"])),
        attachments=tuple(_attachment_kind(kind) for kind in raw.get("attachments", ())),
    )
    _refuse_contradictions(profile)
    return profile


def _attachment_kind(raw: Mapping[str, Any]) -> AttachmentKind:
    needed_from = raw.get("needed_from")
    return AttachmentKind(raw["code"], raw["label"], None if needed_from is None else Decimal(str(needed_from)))


def _refuse_contradictions(profile: Profile) -> None:
    codes = [c.code for c in profile.categories]
    wrong = [f"category {c} twice" for c in set(codes) if codes.count(c) > 1]
    wrong += [f"category {c} without a family" for c in codes if c[:1] not in {f.code for f in profile.families}]
    wrong += [f"need {c.need!r} of {c.code}" for c in profile.categories if c.need not in NEEDS]
    wrong += [f"need {f.need!r} of {f.code}" for f in profile.families if f.need not in NEEDS[1:]]
    wrong += [
        f"meaning {c.meaning!r} of {c.code}" for c in profile.categories if c.meaning and c.meaning not in MEANINGS
    ]
    kinds = [kind.code for kind in profile.attachments]
    wrong += [f"attachment kind {k} twice" for k in set(kinds) if kinds.count(k) > 1]
    wrong += [f"severity {s!r} of {rule}" for rule, s in profile.severities.items() if s not in (*SEVERITIES, OFF)]
    if wrong:
        raise ValueError(f"profile {profile.id}: {'; '.join(sorted(wrong))}")
