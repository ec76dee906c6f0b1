"""What a value was probably meant to be, where scanning or haste left a known slip: offered, never applied. Pure."""

import re

from targets.normal import normal

CLOSED_RATE = re.compile("满意|合格率|达标率|覆盖率|完成率|及时率|到位率|知晓率|参与率|成活率|使用率|率$|度$")
SLIPS = (
    (re.compile(r"^(?:2|Z)(\d{2}(?:\.\d+)?%)$"), "≥"),
    (re.compile(r"^(?:工|二|三|5=|2=|之|>二|》二)(\d+(?:\.\d+)?.{0,4})$"), "≥"),
    (re.compile(r"^(?:S|5≤|<二|《二)(\d+(?:\.\d+)?.{0,4})$"), "≤"),
)
LOST_PERCENT = re.compile(r"^(?P<sign>[≥≤<>=]?)(?P<number>\d{1,2}(?:\.\d+)?|100)(?P<more>及?以上)?$")
WAN_BY_LETTER = re.compile(r"^([≥≤<>=]?\d+(?:\.\d+)?)[wW]元?$")
MONEY_NAME = re.compile("经费|资金|成本|费|补助|补贴|金额|支出|投资")
ODD_WORDS = {
    "有限提升": "有效提升",
    "有限改善": "有效改善",
    "有限提高": "有效提高",
    "现著": "显著",
    "明显题升": "明显提升",
}


def suggestions(raw: str | None, *, name: str | None = None) -> tuple[str, ...]:
    """Return texts the value may have been meant to be: 290% of a pass rate was ≥90%, ≥95 of a rate ≥95%."""
    text, name = normal(raw or ""), name or ""
    found = []
    for pattern, sign in SLIPS:
        match = pattern.match(text)
        if match is not None and (not text[0].isdigit() or text[1] == "=" or CLOSED_RATE.search(name)):
            found.append(sign + match[1])
    lost = LOST_PERCENT.match(text)
    if lost and CLOSED_RATE.search(name):
        found.append(("≥" if lost["more"] else lost["sign"]) + lost["number"] + "%")
    if (by_letter := WAN_BY_LETTER.match(text)) and MONEY_NAME.search(name):
        found.append(by_letter[1] + "万元")
    if text in ODD_WORDS:
        found.append(ODD_WORDS[text])
    return tuple(found)
