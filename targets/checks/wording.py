"""Rules on the text itself: doubled words, slips, numbers of documents, persons, secrecy, another county's name."""

import hashlib
import re
from collections.abc import Iterator
from dataclasses import replace

from targets.checks import sources
from targets.checks.lexicon import LISTS, SECRETS, TYPO, TYPOS, any_of
from targets.checks.mends import HALF_WIDTH, in_full_width
from targets.checks.people import persons, without_persons
from targets.checks.registry import REVIEWER, Answer, Fix, Hit, Subject, Verdict, cut, rule
from targets.content import HEADER_TEXTS, TableContent
from targets.profiles import HINT, MUST_FIX, SHOULD_FIX
from workflow.text import _

DOUBLED = re.compile("([\u4e00-\u9fff]{3,8})\\1")
DOCUMENT_NUMBER = re.compile(r"[【\[(（]((?:19|20)\d{2})[】\])）](?=\s*第?\d+\s*号)")
CODE_DASH = re.compile(r"^\d{4}(?:—+|–|－|-{2,})")
SECRET = {word: re.compile(pattern) for word, pattern in SECRETS["storage"].items()}
BEFORE_PUBLICATION = SECRET | {word: re.compile(pattern) for word, pattern in SECRETS["publication"].items()}
MAYBE_SECRET = any_of(BEFORE_PUBLICATION)
OPEN_MATTER = any_of(LISTS["open_matter"])
KINDS_OF_OFFICE = LISTS["kinds_of_office"]
OWN_PLACES = re.compile("[\u4e00-\u9fff]{2}[县市区旗]")
OWN_COUNTY = re.compile("^[\u4e00-\u9fff]{2,3}[县市区旗]")
WITH_OTHERS = re.compile("(?:赴|到|与|和|同|及|、|前往|对口|协作|考察|学习|向|经|至|往|连接|毗邻|邻近|帮扶|支援|-|—)$")


def secret_texts(content: TableContent) -> tuple[str, ...]:
    """Return the texts of a table that may be secret (SEC-01), each once, in the order of the form."""
    cells = [getattr(content, name) or "" for name in HEADER_TEXTS]
    cells += [text or "" for row in content.indicators for text in (row.name, row.value)]
    return tuple(dict.fromkeys(text for text in cells if secret_words(text)))


def secret_words(text: str, *, published: bool = False) -> list[str]:
    """Return the words of a text that may point to a secret; 国防教育, 疫情报告 and 全国防汛 are none.

    `published`: also what only needs a look before publication.
    """
    if not text or not MAYBE_SECRET.search(text):
        return []
    plain = OPEN_MATTER.sub("", text)
    return [word for word, pattern in (BEFORE_PUBLICATION if published else SECRET).items() if pattern.search(plain)]


def secrecy_mark(content: TableContent) -> str:
    """Return the digest of what may be secret in a table, "" for nothing: what a secrecy review is bound to."""
    texts = secret_texts(content)
    return hashlib.sha256("\n".join(sorted(texts)).encode()).hexdigest() if texts else ""


def _texts(table: Subject) -> Iterator[tuple[str, int | None, str]]:
    """Every text with its place: the header's, then the names and values of the lines."""
    for name in HEADER_TEXTS:
        yield name, None, getattr(table.content, name) or ""
    for line in table.lines:
        yield f"indicator {line.number} name", line.number, line.name
        yield f"indicator {line.number} value", line.number, line.text


def _together(found: list[tuple[str, int | None, str]], **facts: str) -> list[Hit]:
    """One hit for all the places where something was found, at the first of them."""
    if not found:
        return []
    rows = tuple(sorted({row for _place, row, _text in found if row}))
    facts = {"text": cut(found[0][2]), **facts}
    return [Hit(found[0][0], facts, found[0][1], rows=rows)]


@rule(
    "TXT-01",
    severity=HINT,
    source=sources.PRACTICE,
    message=_("“%(text)s” says “%(word)s” twice. Take one out."),
)
def words_are_not_doubled(table: Subject) -> Iterator[Hit]:
    """No word stands twice in a row (宣传部宣传部)."""
    for place, row, text in _texts(table):
        if match := DOUBLED.search(text):
            yield Hit(
                place,
                {"text": cut(text), "word": match[1]},
                row,
                fixes=(Fix("write", place, text.replace(match[0], match[1])),),
            )


@rule(
    "TXT-02",
    severity=HINT,
    source=sources.PRACTICE,
    message=_("“%(text)s”: “%(word)s” is probably a slip for “%(meant)s”."),
)
def words_are_spelt_right(table: Subject) -> Iterator[Hit]:
    """No known slip of the pen stands in the table."""
    for place, row, text in _texts(table):
        if match := TYPO.search(text):
            fix = Fix("write", place, text.replace(match[0], TYPOS[match[0]]))
            yield Hit(place, {"text": cut(text), "word": match[0], "meant": TYPOS[match[0]]}, row, fixes=(fix,))


@rule(
    "TXT-03",
    severity=HINT,
    source=sources.OFFICIAL_STYLE,
    message=_("The year of a document number stands in 〔〕: write “%(meant)s”."),
)
def document_numbers_are_bracketed(table: Subject) -> Iterator[Hit]:
    """The year of a document number stands in 〔〕."""
    for place, row, text in _texts(table):
        if match := DOCUMENT_NUMBER.search(text):
            fix = Fix("write", place, DOCUMENT_NUMBER.sub(r"〔\1〕", text))
            yield Hit(place, {"meant": f"〔{match[1]}〕"}, row, fixes=(fix,))


@rule(
    "TXT-04",
    severity=HINT,
    source=sources.PRACTICE,
    message=_("Half-width and full-width signs are mixed (“%(text)s”). Nothing to do if it reads well."),
)
def signs_are_of_one_width(table: Subject) -> list[Hit]:
    """Signs are of one width, the dash behind the attribute's code is a short one; one line a table."""
    found = [(place, row, text) for place, row, text in _texts(table) if HALF_WIDTH.search(text)]
    attribute = table.content.attribute or ""
    fixes = [Fix("write", place, in_full_width(text)) for place, _row, text in found if place != "attribute"]
    if CODE_DASH.search(attribute):
        found.insert(0, ("attribute", None, attribute))
        fixes.insert(0, Fix("write", "attribute", CODE_DASH.sub(lambda m: m[0][:4] + "-", attribute)))
    return [replace(hit, fixes=tuple(fixes)) for hit in _together(found)]


@rule(
    "TXT-05",
    severity=SHOULD_FIX,
    source=sources.PERSONAL,
    message=_("“%(person)s” looks like a person's name or number. The table will be published; take it out."),
)
def no_person_is_named(table: Subject) -> Iterator[Hit]:
    """No person's name, telephone or identity number stands in a table that will be published."""
    for place, row, text in _texts(table):
        if place not in ("department", "unit") and (found := persons(text)):
            bare = without_persons(text)
            fixes = (Fix("write", place, bare),) if bare and not persons(bare) else ()
            yield Hit(place, {"person": "、".join(found)}, row, fixes=fixes)


@rule(
    "TXT-06",
    severity=HINT,
    audience=REVIEWER,
    source=sources.SECRECY,
    message=_("“%(text)s” may touch on secrets (%(words)s). Have the secrecy review look before it is published."),
)
def secrecy_is_reviewed_before_publication(table: Subject) -> Iterator[Hit]:
    """What may be secret goes through the secrecy review before publication."""
    for place, row, text in _texts(table):
        if words := secret_words(text, published=True):
            yield Hit(place, {"text": cut(text), "words": "、".join(sorted(words))}, row)


@rule(
    "SEC-01",
    severity=MUST_FIX,
    source=sources.SECRECY,
    message=_(
        "“%(words)s” (“%(text)s”) may be a state or work secret. This system is not for secrets. "
        "Take it out and hand the project in on paper, or have the head of the unit confirm below that it was "
        "reviewed and is none."
    ),
)
def nothing_secret_is_entered(table: Subject) -> list[Hit]:
    """No text speaks of what may be secret, unless a head confirmed that it was reviewed; one line a table.

    What is confirmed are these texts: another hit asks for another look.
    """
    found = [(place, row, text) for place, row, text in _texts(table) if secret_words(text)]
    if found and table.context.secrecy_confirmed == secrecy_mark(table.content):
        return []
    words = sorted({word for _place, _row, text in found for word in secret_words(text)})
    return _together(found, words="、".join(words))


@rule(
    "CPY-02",
    severity=SHOULD_FIX,
    source=sources.PRACTICE,
    message=_(
        "“%(text)s” names %(other)s, which is not this county or unit. Correct it if it was left from another table."
    ),
)
def no_other_county_is_named(table: Subject) -> Answer:
    """No county or unit other than the table's own stands in goal or indicators."""
    content = table.content
    own = "".join(filter(None, (content.project_name, content.department, content.unit)))
    others = (*LISTS["counties"], *(table.context.other_organisations or ()))
    if not own:
        return Verdict.INSUFFICIENT_DATA
    foreign = [name for name in others if name not in own]
    if not OWN_PLACES.search(own):
        foreign = list(table.context.other_organisations or ())
        if table.context.other_organisations is None:
            return Verdict.INSUFFICIENT_DATA
    return _named(table, foreign, OWN_COUNTY.search(own))


def _named(table: Subject, foreign: list[str], own: re.Match[str] | None) -> list[Hit]:
    def mend(place: str, text: str, name: str) -> tuple[Fix, ...]:
        return (Fix("write", place, text.replace(name, own[0])),) if own and name in LISTS["counties"] else ()

    return [
        Hit(place, {"text": cut(text), "other": name}, row, fixes=mend(place, text, name))
        for place, row, text in _texts(table)
        if place not in ("project_name", "department", "unit")
        for name in foreign
        if name in text and not WITH_OTHERS.search(text[: text.index(name)])
    ]
