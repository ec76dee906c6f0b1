"""Recognises the labels of the form in a cell: header fields, head of columns, families, categories.

By words, not by position: blanks inside, full-width digits, missing codes or marks and another width of
brackets are all the same label. Built once a profile.
"""

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cache, lru_cache

from targets.profiles import Category, Family, Profile, load
from targets.reading.words import (
    ALSO_CATEGORY,
    ALSO_COLUMNS,
    ALSO_FAMILY,
    ALSO_HEADER,
    BY_WORD,
    GROUPS,
    HEADER_BY_WORD,
    HEADS_BY_WORD,
    MID_BLOCKS,
    MID_FUNDS,
    ONE_WORD_LABELS,
    ORDINAL,
    OTHER_COLUMNS,
    OTHER_HEADER,
    VALUE_HEAD,
    YEAR_BLOCKS,
)

BLANKS = re.compile(r"\s+")
UNIT = re.compile(r"\((元|千元|万元|亿元)\)$")
YEAR_FRONT = re.compile(r"^((?:19|20)\d{2})年度?(?=.)")
REMARK = re.compile(r"\([^()]{0,30}\)$")
DASH = r"[-—–－﹣‐―_.．、:：]"
MARK = r"[（(][^（）()]{0,20}[)）]"
REQUIRED_MARK = re.compile(r"必\s*填|选\s*填|硬\s*性")
MID_FUNDS_FIELD, OTHER_FIELD = "mid", "other"
MAX_HEAD = 24
SHORT = 40
OF_YEAR = re.compile("年度|当年|全年|本年")
WITH_POINTS = re.compile(r"(?:及|和|与|/)(?:指标)?(?:分值|权重)$")
POINTS = re.compile(r"\s+[0-9０-９]{1,3}\s*分\s*$")
"""The points of a level behind its words, without brackets: 产出指标 50分."""
LEVELS_APART = tuple("-—–/／>＞→:：")
BOTH_LEVELS = re.compile(r"^(?P<first>[^-—–/／>＞→:：]+)[-—–/／>＞→:：]+(?P<second>[^-—–/／>＞→:：]+)$")
GONE_OVER = {"24": "22"}
"""Where a taxonomy has no category of its own for it: 可持续影响 is part of 社会效益 since 2021."""
NAME_HEADS = {"指标", "绩效指标", "指标名称", "三级指标", "指标内容", "考核指标", "具体指标"}
BESIDE_VALUE = {*ALSO_COLUMNS["symbol"], *ALSO_COLUMNS["unit"], *OTHER_COLUMNS}
NO_VALUE_HEADS = {"分值", "权值", *OTHER_COLUMNS}
SIDE = {tight_word for word in GROUPS for tight_word in (word, word + ":")}
ONE_WORD = {word: name for name, words in ONE_WORD_LABELS.items() for word in words}
SIDE_WORDS = {*GROUPS, *MID_BLOCKS, *YEAR_BLOCKS}
COLON = re.compile(r"[:：]")
LABEL_AND_MONEY = re.compile(
    r"^(?P<label>\D{4,20}?)\s*(?P<money>[0-9０-９][0-9０-９,，.．]*\s*(?:万元|元)?)$"
)
LATIN = re.compile("[A-Za-z]{2}")
LATIN_BEFORE = re.compile(r"^\s*[A-Za-z][A-Za-z .,'&/-]*\s+(?=[\u4e00-\u9fff])")
LATIN_BEHIND = re.compile(r"(?<=[\u4e00-\u9fff）)])\s+[A-Za-z][A-Za-z0-9 .,'&/()-]*$")
"""English beside a Chinese label, set off by a blank."""
SUBTLE = str.maketrans("—–﹣‐―", "-----")


def tight(text: str) -> str:
    """Return the text in NFKC without any blanks: the form in which words are compared."""
    return _tight(text) if len(text) <= SHORT else BLANKS.sub("", unicodedata.normalize("NFKC", text))


@lru_cache(maxsize=4096)
def _tight(text: str) -> str:
    return BLANKS.sub("", unicodedata.normalize("NFKC", text))


@dataclass(frozen=True, slots=True)
class HeaderLabel:
    """A header field found in a cell: `rest` is text after a colon in the same cell, `unit` a printed unit.

    `own`: the profile's word for it, not another county's; `year`: the year that the label itself names (2025年预算).
    """

    field: str
    rest: str = ""
    unit: str | None = None
    official: bool = True
    own: bool = False
    year: int | None = None


@dataclass(frozen=True, slots=True)
class IndicatorLabel:
    """A family or category found in a cell.

    `rest` is text that stood in the same cell behind the label; `bare` says that neither a code nor a mark
    stood beside the words, so that it may be a name after all; `clash` is another code printed before the words.
    """

    code: str
    rest: str = ""
    bare: bool = False
    official: bool = True
    clash: str | None = None


class Labels:
    """All labels of one profile, ready to be matched."""

    def __init__(self, profile: Profile) -> None:
        self._header = {tight(word): OTHER_FIELD for word in OTHER_HEADER}
        self._header |= {tight(word): MID_FUNDS_FIELD for word in MID_FUNDS}
        self._header |= {tight(word): field for field, words in ALSO_HEADER.items() for word in words}
        self._header |= {tight(word): field for field, words in profile.header.items() for word in words}
        self._own_header = {tight(word) for words in profile.header.values() for word in words}
        self._columns = {
            tight(word): field for field in profile.columns for word in ALSO_COLUMNS.get(field, ())
        }
        self._columns |= {tight(word): field for field, words in profile.columns.items() for word in words}
        self._own_columns = {tight(word) for words in profile.columns.values() for word in words}
        self._labels = {f.label for f in profile.families} | {c.label for c in profile.categories}
        self.codes = tuple(category.code for category in profile.categories)
        families = {family.code for family in profile.families}
        also = {tight(word): code for code, words in ALSO_FAMILY.items() if code in families for word in words}
        self._family_codes = also | _codes(profile.families)
        meant = {code: code if code in self.codes else GONE_OVER.get(code, "") for code in ALSO_CATEGORY}
        also = {tight(word): meant[code] for code, words in ALSO_CATEGORY.items() if meant[code] for word in words}
        self._category_codes = also | _codes(profile.categories)
        self._family = _pattern(self._family_codes, digits=1)
        self._category = _pattern(self._category_codes, digits=2)

    def header(self, cell: str) -> HeaderLabel | None:
        """Return the header field that this cell names, or None."""
        cell = in_chinese(cell)
        if not cell or (len(cell) > 60 and not COLON.search(cell[:30])):
            return None
        found = self._header_words(cell) or self._header_words(ORDINAL.sub("", cell, count=1))
        if found is not None:
            return found
        colon = COLON.search(cell)
        while colon is not None and colon.end() < len(cell) and colon.start() <= 30:
            before = self._header_words(cell[: colon.start()])
            if before is not None:
                return HeaderLabel(before.field, cell[colon.end() :].strip(), before.unit, before.official, before.own)
            colon = COLON.search(cell, colon.end())
        money = LABEL_AND_MONEY.match(cell)
        before = self._header_words(money["label"]) if money else None
        return HeaderLabel(before.field, money["money"], before.unit, False) if money and before else None

    def _header_words(self, cell: str) -> HeaderLabel | None:
        if len(cell) > 40:
            return None
        words = tight(cell)
        unit = UNIT.search(words.rstrip(":"))
        bare = words.rstrip(":")
        plain = REMARK.sub("", bare).rstrip(":")
        known = (bare, plain, plain.removesuffix("数"), plain.removeprefix("其中:"))
        field = next((self._header[word] for word in known if word in self._header), None)
        if year := YEAR_FRONT.match(plain):
            label = self._header_words(f"年度{plain[year.end() :]}")
            return replace(label, year=int(year[1]), own=False) if label is not None else None
        field = field or next((name for name, pattern in HEADER_BY_WORD if pattern.match(plain)), None)
        if field is None:
            return None
        official = not BLANKS.search(cell) and not re.search(r"[(:]", cell)
        return HeaderLabel(field, "", unit[1] if unit else None, official, bare in self._own_header)

    def one_word(self, cell: str) -> HeaderLabel | None:
        """Return the field of a word too common to be a label (项目, 金额), to be asked where no other names it."""
        words = tight(cell).rstrip(":")
        field = ONE_WORD.get(REMARK.sub("", words))
        unit = UNIT.search(words)
        return HeaderLabel(field, "", unit[1] if unit else None, False) if field is not None else None

    def columns(self, cells: tuple[str, ...]) -> dict[str, int]:
        """Return the column of each head (family, category, name, value) when this row is the head, else {}."""
        found: dict[str, int] = {}
        for index, cell in enumerate(cells):
            field = self.column(cell) if cell else None
            if field is not None and not (field in found and self.rank(cells[found[field]]) < self.rank(cell)):
                found[field] = index
        if len(found) >= 3 or {"family", "category"} <= set(found):
            return found
        return self._without_levels(cells, found)

    def rank(self, head: str) -> int:
        """Return how surely a head names its column: that of the year, the profile's own words, words of others."""
        words = REMARK.sub("", tight(head))
        return 0 if words in self._own_columns else 1 if OF_YEAR.search(words) else 2

    def _without_levels(self, cells: tuple[str, ...], found: dict[str, int]) -> dict[str, int]:
        """A head without levels (指标 | 权重 | 单位 | 性质 | 指标值): a value, the name before it, two more columns."""
        words = [tight(cell) for cell in cells]
        at = found.get("value", len(cells))
        names = [i for i, word in enumerate(words[:at]) if word in NAME_HEADS]
        others = [word for word in words if word in BESIDE_VALUE or kind_by_word(word) in ("symbol", "unit")]
        name = found.get("name", names[-1] if names else -1)
        return {"name": name, "value": at} if "value" in found and name >= 0 and len(others) >= 2 else {}

    def column(self, cell: str) -> str | None:
        """Return which of family, category, name and value a column with this head holds, or None."""
        cell = in_chinese(cell)
        if not 0 < len(cell) <= MAX_HEAD:
            return None
        words = REMARK.sub("", tight(cell))
        known = self._columns.get(words) or self._columns.get(WITH_POINTS.sub("", words))
        if known or words in NO_VALUE_HEADS or words in SIDE_WORDS:
            return known
        return "value" if kind_by_word(words) == "value" or VALUE_HEAD.match(words) else None

    def family(self, cell: str) -> IndicatorLabel | None:
        """Return the family (一级指标) that this cell names, or None."""
        cell = POINTS.sub("", in_chinese(cell))
        match = self._family.match(cell) or self._family.match(ORDINAL.sub("", cell, count=1))
        if match is None:
            return None
        rest = match["rest"]
        if rest and (match["code"] is None or self.category(rest) is None):
            return None
        return self._label(match, self._family_codes, cell)

    def category(self, cell: str) -> IndicatorLabel | None:
        """Return the category (二级指标) that this cell names, or None."""
        cell = POINTS.sub("", in_chinese(cell))
        match = self._category.match(cell) or self._category.match(ORDINAL.sub("", cell, count=1))
        if match is None or match["rest"][:1] in LEVELS_APART:
            both = self._both_levels(cell)
            if match is None or both is not None:
                return both
        rest, mark = match["rest"], match["mark"] or ""
        if rest and match["code"] is None and not REQUIRED_MARK.search(mark):
            return None
        if rest and not mark and not _ends_as_label(tight(match["words"])):
            return None
        return self._label(match, self._category_codes, cell)

    def _both_levels(self, cell: str) -> IndicatorLabel | None:
        """Return the category of a cell that holds both levels: 产出指标-数量指标."""
        both = BOTH_LEVELS.match(cell) if len(cell) <= MAX_HEAD else None
        if both is None or self.family(both["first"]) is None:
            return None
        below = self._category.match(both["second"].strip())
        return None if below is None or below["rest"] else self._label(below, self._category_codes, cell)

    def by_word(self, cell: str) -> str | None:
        """Return the category that a word inside an unknown second-level label points to, or None."""
        codes = set(self._category_codes.values())
        return next((code for code, word in BY_WORD if word in tight(cell) and code in codes), None)

    def _label(self, match: re.Match[str], codes: dict[str, str], cell: str) -> IndicatorLabel:
        by_words, rest = codes[tight(match["words"])], match["rest"]
        printed = tight(match["code"]) if match["code"] else None
        known = printed in codes.values()
        code = printed if printed and known else by_words
        own = cell[: len(cell) - len(rest)].strip() if rest else cell
        return IndicatorLabel(
            code,
            rest.strip(),
            bare=printed is None and not REQUIRED_MARK.search(match["mark"] or ""),
            official=own in self._labels,
            clash=printed if printed and printed != by_words else None,
        )


def in_chinese(cell: str) -> str:
    """Return a label without the English beside it: Project 项目名称, 产出指标 Output; any other text as it is."""
    return _in_chinese(cell) if len(cell) <= SHORT else cell


@lru_cache(maxsize=4096)
def _in_chinese(cell: str) -> str:
    return LATIN_BEHIND.sub("", LATIN_BEFORE.sub("", cell)) if LATIN.search(cell) and not cell.isascii() else cell


def kind_by_word(words: str) -> str | None:
    """Return what a column with this head holds by a word inside it: symbol, unit, other or value."""
    return next((kind for kind, pattern in HEADS_BY_WORD if pattern.search(words)), None)


UNKNOWN_CODED = re.compile(
    rf"^\s*(?P<code>[0-9０-９]\s*[0-9０-９]?)\s*{DASH}\s*\D.*?(指\s*标|效\s*益|影\s*响|满\s*意\s*度|成\s*本)\s*({MARK})?$"
)
UNKNOWN_MARKED = re.compile(r"^.{0,20}[（(]\s*(必\s*填|选\s*填)[^（）()]{0,20}[)）]$")


def unknown_label(cell: str) -> str | None:
    """Return the printed code ("15", "" when none) of a cell that looks like a label but is none that is known."""
    if len(cell) > 40:
        return None
    match = UNKNOWN_CODED.match(cell)
    if match is not None:
        return tight(match["code"])
    return "" if UNKNOWN_MARKED.match(cell) else None


def nearest(*, codes: Sequence[str], code: str, family: str | None, before: str | None) -> str:
    """Return the category of `codes` nearest to a printed code: the last not above it in its family, else as before."""
    own = [c for c in codes if c[:1] == (code[:1] or family or before or "")[:1]]
    if not own:
        return before or codes[0]
    if len(code) == 2:
        return max((c for c in own if c <= code), default=own[0])
    return before if before in own else own[0]


def means_only(*, codes: Sequence[str], label: str, code: str) -> bool:
    """Whether an unknown label can mean no category but this: its word alone (社会), or the only one of its family."""
    alone = [c for c in codes if c[:1] == code[:1]] == [code]
    return alone or any(tight(label) == word and code == meant for meant, word in BY_WORD)


def is_group(cell: str) -> bool:
    """Whether the cell is the side label 绩效指标 of the form."""
    return len(cell) <= 12 and tight(cell) in SIDE


def tight_label(label: str) -> str:
    """Return a label as compared: tight, and every dash the same."""
    return tight(label).translate(SUBTLE)


def _ends_as_label(words: str) -> bool:
    return words.endswith(("指标", "效益", "影响", "满意度"))


def _codes(parts: tuple[Family, ...] | tuple[Category, ...]) -> dict[str, str]:
    return {tight(word): part.code for part in parts for word in part.words}


def _pattern(codes: dict[str, str], *, digits: int) -> re.Pattern[str]:
    code = r"\s*".join(["[0-9０-９]"] * digits)
    words = "|".join(r"\s*".join(map(re.escape, word)) for word in sorted(codes, key=len, reverse=True))
    return re.compile(
        rf"^\s*(?:(?P<code>{code})\s*{DASH}*\s*)?(?P<words>{words})\s*(?P<mark>{MARK})?\s*(?P<rest>.*)$", re.S
    )


@cache
def labels_of(profile_id: str) -> Labels:
    """Return the labels of one shipped profile, built once."""
    return Labels(load(profile_id))
