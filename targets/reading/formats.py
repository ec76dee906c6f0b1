"""Numbers and dates as a sheet prints them: the number format of a cell applied to its stored value.

Knows the parts of formats that Chinese offices use; what it does not know is printed as the general format.
"""

import re
from datetime import date, datetime, time, timedelta
from decimal import ROUND_HALF_UP, Decimal, localcontext

BUILTIN = {
    0: "General", 1: "0", 2: "0.00", 3: "#,##0", 4: "#,##0.00", 5: "¥#,##0", 7: "¥#,##0.00", 9: "0%", 10: "0.00%",
    14: "yyyy/m/d", 15: "d-mmm-yy", 16: "d-mmm", 17: "mmm-yy", 20: "h:mm", 21: "h:mm:ss", 22: "yyyy/m/d h:mm",
    27: 'yyyy"年"m"月"', 28: 'm"月"d"日"', 29: 'm"月"d"日"', 30: "m-d-yy", 31: 'yyyy"年"m"月"d"日"', 32: 'h"时"mm"分"',
    33: 'h"时"mm"分"ss"秒"', 36: 'yyyy"年"m"月"', 37: "#,##0", 38: "#,##0", 39: "#,##0.00", 40: "#,##0.00", 49: "@",
    50: 'yyyy"年"m"月"', 51: 'm"月"d"日"', 52: 'yyyy"年"m"月"', 53: 'm"月"d"日"', 54: 'm"月"d"日"', 55: 'yyyy"年"m"月"',
    56: 'm"月"d"日"', 57: 'yyyy"年"m"月"', 58: 'm"月"d"日"',
}  # fmt: skip
"""The formats that files name by number only, as a Chinese Excel prints them."""

TOKEN = re.compile(
    r'"([^"]*)"|\\(.)|_.|\*.|\[([^\]]*)\]|([0#?.,%]+)|'
    r"(yyyy|yy|y|e|mmmm|mmm|mm|m|dd|d|hh|h|ss|s|AM/PM|上午/下午)|(.)",
    re.I | re.S,
)
DIGITS = re.compile(r"^([#0?,]*)(?:\.([#0?]*))?(,*)$")
MAX_EXPONENT = 30
MAX_DIGITS = 15


def general(number: Decimal) -> str:
    """Return a number as the general format prints it: 50, 0.642, without the noise behind the 15th digit."""
    with localcontext() as context:
        context.prec, context.rounding = MAX_DIGITS, ROUND_HALF_UP
        text = format(+number, "f")
    return (text.rstrip("0").rstrip(".") if "." in text else text) or "0"


def number_printed(number: Decimal, code: str) -> str:
    """Return a number as the format `code` prints it; by the general format when the code is not understood."""
    if not number.is_finite() or abs(number.adjusted()) > MAX_EXPONENT:
        return str(number)
    sections = _sections(code)
    section = sections[0]
    if number < 0 and len(sections) > 1:
        section, number = sections[1], -number
    elif number == 0 and len(sections) > 2:
        section = sections[2]
    return _by_section(number, section) or general(number)


def _by_section(number: Decimal, section: str) -> str | None:
    if not section or section.casefold() in ("general", "@", "g/通用格式"):
        return None
    before, pattern, after, percent = "", "", "", False
    for text, escaped, bracket, digits, dated, other in TOKEN.findall(section):
        if bracket:
            currency = re.match(r"\$([^-\]]*)", bracket)
            literal = currency[1] if currency else ""
        elif dated or other in ("/", "E", "e", "@"):
            return None
        else:
            literal = (
                text
                or escaped
                or (
                    other if other in ("-", "+", "(", ")", " ", "¥", "￥", "$", ":") or other > "\x7f" else ""
                )
            )
        if digits:
            core = digits.strip("%")
            signs = "%" * digits.count("%")
            percent = percent or bool(signs)
            if pattern and core:
                return None
            pattern = pattern or core
            literal = signs
        if pattern or digits:
            after += literal
        else:
            before += literal
    shape = DIGITS.match(pattern)
    if shape is None or not pattern:
        return (before + after) if (before or after) and not pattern else None
    return f"{before}{_shaped(number, shape, percent=percent)}{after}"


def _shaped(number: Decimal, shape: re.Match[str], *, percent: bool) -> str:
    whole, decimals, thousands = shape[1], shape[2] or "", shape[3]
    trailing = len(whole) - len(whole.rstrip(",")) + len(thousands)
    number = number * 100 if percent else number
    number = number.scaleb(-3 * trailing) if trailing else number
    with localcontext() as context:
        context.prec = 60
        rounded = number.quantize(Decimal(1).scaleb(-len(decimals)), rounding=ROUND_HALF_UP)
    text = format(rounded, ",f" if "," in whole.rstrip(",") else "f")
    if "." in text:
        must = len(decimals.rstrip("#?"))
        head, _dot, tail = text.partition(".")
        tail = tail[:must] + tail[must:].rstrip("0")
        text = f"{head}.{tail}" if tail else head
    needed = whole.count("0")
    sign, digits = ("-", text[1:]) if text.startswith("-") else ("", text)
    head, dot, tail = digits.partition(".")
    return sign + head.rjust(needed, "0") + dot + tail


def _sections(code: str) -> list[str]:
    parts, quoted, now = [], False, ""
    for sign in code:
        if sign == '"':
            quoted = not quoted
        if sign == ";" and not quoted:
            parts.append(now)
            now = ""
        else:
            now += sign
    return [*parts, now]


def is_date_format(code: str) -> bool:
    """Whether a format prints a date or a time."""
    tokens = TOKEN.findall(_sections(code)[0])
    return any(dated for *_rest, dated, _other in tokens) and "general" not in code.casefold()


def date_printed(moment: datetime | date | time | timedelta, code: str) -> str:
    """Return a date or time as the format `code` prints it; 2024/12/31 when the format is not known."""
    if isinstance(moment, timedelta):
        return str(moment)
    day = moment if isinstance(moment, date) else None
    clock = moment if isinstance(moment, datetime | time) else time()
    if not is_date_format(code):
        return _plain(moment)
    out, minutes = "", False
    for text, escaped, bracket, digits, dated, other in TOKEN.findall(_sections(code)[0]):
        word = dated.casefold()
        if bracket:
            continue
        if not dated:
            out += text or escaped or digits or (other if other not in (";",) else "")
            continue
        if word[0] in "yemd" and not (word[0] == "m" and minutes) and day is None:
            return _plain(moment)
        out += _date_part(word, day, clock, minutes)
        minutes = word[0] in "hs"
    return out.strip()


def _date_part(word: str, day: date | None, clock: datetime | time, minutes: bool) -> str:
    width = len(word)
    if word[0] in "ye":
        return (
            "" if day is None else f"{day.year:04d}" if width > 2 or word == "e" else f"{day.year % 100:02d}"
        )
    if word[0] == "m" and not minutes:
        return "" if day is None else f"{day.month:02d}" if width == 2 else str(day.month)
    if word[0] == "d":
        return "" if day is None else f"{day.day:02d}" if width == 2 else str(day.day)
    number = clock.hour if word[0] == "h" else clock.minute if word[0] == "m" else clock.second
    return f"{number:02d}" if width == 2 else str(number) if word[0] in "hms" else ""


def _plain(moment: datetime | date | time) -> str:
    if isinstance(moment, datetime) and moment.time() != time():
        return f"{moment.year}/{moment.month}/{moment.day} {moment:%H:%M}"
    if isinstance(moment, date):
        return f"{moment.year}/{moment.month}/{moment.day}"
    return f"{moment:%H:%M}"
