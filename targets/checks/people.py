"""Names, telephones and identity numbers of persons in a text that will be published. Pure; used by several rules."""

import re

from targets.checks.lexicon import LISTS
from targets.checks.registry import Subject
from targets.normal import tight

SURNAME = f"(?:{'|'.join(LISTS['surnames'])})"
ENDS = f"(?:{'|'.join(LISTS['no_person_end'])})"
NUMBERS = re.compile(r"(?<!\d)1[3-9]\d{9}(?!\d)|(?<!\d)\d{17}[\dXx](?!\d)")
BRACKETED = re.compile(rf"\((?P<name>{SURNAME}[\u4e00-\u9fff]{{1,2}})\)")
TITLED = re.compile(
    rf"(?:{'|'.join(LISTS['person_titles'])})(?P<name>{SURNAME}[\u4e00-\u9fff]{{1,2}}?)(?=属|的|同志|因|系|等|为|[，,。（(]|$)"
)
MAYBE_SOMEBODY = re.compile(rf"\d{{11}}|\(|{'|'.join(LISTS['person_titles'])}")
NO_NAME = re.compile(f"{ENDS}$|^(?:{'|'.join(LISTS['no_person'])})")


def persons(text: str) -> list[str]:
    """Return what in a text is probably a person's name, telephone or identity number."""
    plain = tight(text)
    if not MAYBE_SOMEBODY.search(plain):
        return []
    named = [m["name"] for pattern in (BRACKETED, TITLED) for m in pattern.finditer(plain)]
    return [*NUMBERS.findall(plain), *(name for name in named if not NO_NAME.search(name))]


def without_persons(text: str) -> str:
    """Return the text without names in brackets and without numbers of persons."""
    bare = re.sub(rf"[(（]{SURNAME}[\u4e00-\u9fff]{{1,2}}[)）]", "", text)
    return re.sub(rf"[，,。；]?(?:联系电话|电话|手机)?[:：]?(?:{NUMBERS.pattern})", "", bare)


def of_one_person(table: Subject) -> bool:
    """Whether the project serves one person: a name in brackets ends its own."""
    match = BRACKETED.search(tight(table.content.project_name or ""))
    return bool(match and not NO_NAME.search(match["name"]))
