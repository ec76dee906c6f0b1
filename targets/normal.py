"""The normal form of a value text: one sign for one meaning, blanks only where they part; and what is no text at all.

Pure text functions for targets.values and the checks. The raw text is kept elsewhere; this form is never stored.
"""

import re
import unicodedata
from functools import lru_cache

INVISIBLE = dict.fromkeys(map(ord, "\u200b\u200c\u200d\ufeff\u2060"))
LATEX = {
    r"\geqslant": "≥",
    r"\leqslant": "≤",
    r"\geq": "≥",
    r"\leq": "≤",
    r"\ge": "≥",
    r"\le": "≤",
    r"\%": "%",
    "$": "",
}
SIGNS = (
    (re.compile(r"≧|⩾|〉=|>=|≥=|=>"), "≥"),
    (re.compile(r"≦|⩽|〈=|<=|≤=|=<"), "≤"),
    (re.compile(r"═+|=="), "="),
    (re.compile(r"^[》〉](?=\d)"), ">"),
    (re.compile(r"^[《〈](?=\d)"), "<"),
    (re.compile(r"\(%\)|百分比"), "%"),
    (re.compile("∕|／"), "/"),
    (re.compile(r"^(?:¥|RMB|人民币) ?(\d[\d.,]*)([万亿])?元?$"), r"\1\2元"),
    (re.compile(r" ?[~—–－―-](?: ?[~—–－―-])*"), "-"),
)
THOUSANDS = re.compile(r"(?<=\d),(?=\d{3}(?!\d))")
PARTING_BLANK = re.compile(r"(?<=\d) (?=\d)|(?<=[^\d\s≥≤<>=]) (?=[\d≥≤<>=])")
BLANKS = re.compile(r"\s+")
PLAIN = re.compile(r"[\u4e00-\u9fffA-Za-z0-9、。%≥≤.]*\Z")
"""What is in its normal form already, and most texts are."""


def normal(text: str) -> str:
    """Return the text as the grammar reads it: NFKC, one sign for one meaning, blanks only where they part."""
    if PLAIN.match(text) and "百分比" not in text:
        return text
    return _normal(text)


@lru_cache(maxsize=4096)
def _normal(text: str) -> str:
    text = unicodedata.normalize("NFKC", text.replace("…", "⋯")).translate(INVISIBLE)
    for written, sign in LATEX.items():
        text = text.replace(written, sign)
    text = BLANKS.sub(" ", text).strip()
    for pattern, sign in SIGNS:
        text = pattern.sub(sign, text)
    while THOUSANDS.search(text):
        text = THOUSANDS.sub("", text)
    kept = PARTING_BLANK.sub("\n", text) if " " in text else text
    return kept.replace(" ", "").replace("\n", " ")


def tight(text: str) -> str:
    """Return the normal form without any blank."""
    return normal(text).replace(" ", "")


def emptied() -> None:
    """Forget every text that was brought into its normal form: for measuring from a cold start."""
    _normal.cache_clear()


CHINESE_DIGITS = "一二三四五六七八九十百千万亿两零〇"
MEANT = "(?:预算|计划|合同|批复|概算|中标|标准|上年|去年|国家|目标|限额|控制数)"
PLACEHOLDER = re.compile(
    r"^[-*×xX/\\.。·⋯_?%≥≤<>=◯○□ ]+$|[*×]{2,}|(?<![A-Za-z])[xX]{2,}(?![A-Za-z])"
    r"|^指标[\d一二三]?:?⋯+$|^[*×][^\d]{0,3}$|_{2,}"
    rf"|^(?:详见|见|见于)附[件表]|^(?:待定|待填|待补充|同上|暂无|略|示例|样例)$|^[≥≤<>=](?!{MEANT})[^\d{CHINESE_DIGITS}]*$"
)


def _holds_a_place(text: str) -> bool:
    return bool(PLACEHOLDER.search(text)) and not re.search(r"\d[*×]\d", text)


def is_placeholder(text: str) -> bool:
    """Whether the text only holds the place of a value: **, ××, …, 见附件, ≥%, an unfilled template hint."""
    return is_placeholder_normal(normal(text))


def is_placeholder_normal(text: str) -> bool:
    """As is_placeholder, for a text that is in its normal form already."""
    return bool(text) and _holds_a_place(text)
