"""Numbers with their unit: "≥95%", "20万元", "1600元/亩", "每月4次", "5-10次", "≤28.40/株". Pure.

Works on normal text without blanks (targets.normal). Called by targets.values.
"""

import re
from dataclasses import replace
from decimal import Decimal

from targets.grammar.record import IndicatorValue
from targets.normal import tight

LONGEST = 60
DIMENSIONS = {
    "ratio": "% ‰ 个百分点 百分点",
    "money": "元 千元 万元 百万元 亿元",
    "time": "天 日 个工作日 工作日 小时 个小时 分钟 秒 个月 年 周 个季度 季度 学时 课时",
    "area": "亩 平方米 m2 ㎡ 平米 公顷 平方公里 km2 万亩",
    "length": "米 m M 公里 km 千米 延米",
    "mass": "公斤 千克 kg 吨 t 克 毫克 mg 微克 μg",
    "volume": "立方米 m3 方 升 L 立方 毫升 mL",
    "power": "千瓦 kW 兆瓦 MW 千瓦时 kWh",
    "data": "Mbps Gbps 兆 MB GB TB",
    "other": "°C 摄氏度 分贝 dB MPa",
    "count": "个 次 场 场次 人 人次 名 位 户 家 件 卷 册 本 节 期 篇 辆 座 株 头 只 项 批 批次 班次 门 "
    "单 台 套 份 条 部 处 所 块 幅 张 片 种 类 例 起 宗 段 棵 羽 匹 艘 架 支 盏 根 组 队 届 "
    "轮 站 村 乡镇 社区 标箱 人年 盒 枚 团 班 事项 台套 处次 学期 车次 户次 亩次 件次 张次 "
    "期次 人月 项次 幢 栋 间 床 口 眼 车 趟 频次 分 倍 台次 人天 篇次 校 个村 个乡镇 个社区 个品种 "
    "尾 箱 袋 桶 瓶 副 顶",
}
UNITS = {unit: dimension for dimension, units in DIMENSIONS.items() for unit in units.split()}
UNIT = "|".join(re.escape(u) for u in sorted(UNITS, key=len, reverse=True))
NUMBER = r"\d+(?:\.\d+)?"
CMP = r"[≥≤<>=]"
ABOUT = "约"
DONE = (
    "(?:全部|全面)?(?:完成|到位|达标|合格|发放到位|全?覆盖|及时到位|足额到位|足额发放|足额缴纳|拨付到位|安装到位|兑现|"
    "响应|办结|修复|处理|发放|缴纳|支付)?"
)
MEASURE = re.compile(
    rf"^(?P<about>约|大约|近)?(?P<cmp>{CMP})?(?P<num>-?{NUMBER})(?:(?P<mult>[万亿])(?!元|亩))?(?P<more>余|多)?(?P<unit>{UNIT}|比例)?"
    rf"(?:(?:-|至|到){CMP}?(?P<num2>{NUMBER})(?:(?P<mult2>[万亿])(?!元|亩))?(?P<unit2>{UNIT})?)?"
    rf"(?P<left>左右|余|多)?{DONE}$"
)
SPREAD = re.compile(rf"^±(?P<num>{NUMBER})(?P<unit>{UNIT})$")
PER = r"[\u4e00-\u9fffA-Za-z]{1,8}(?:[/*·][\u4e00-\u9fffA-Za-z]{1,8})*"
PRICE = re.compile(rf"^(?P<cmp>{CMP})?(?P<num>{NUMBER})(?:(?P<unit>{UNIT})(?:/|每)|/)(?P<per>{PER})$")
EACH = re.compile(
    rf"^每(?P<per>[\u4e00-\u9fff]{{1,4}}?)(?P<rest>(?:不少于|不低于|至少|不超过|不高于)?{CMP}?{NUMBER}.+)$"
)
FRACTION = re.compile(rf"^(?P<cmp>{CMP})?(?P<part>{NUMBER})(?P<sign>[/:])(?P<whole>{NUMBER}万?)$")
BREAKDOWN = re.compile(r"^(?P<whole>[^()]+)\((?P<parts>[^()]*\d[^()]*)\)$")
UNKNOWN_UNIT = re.compile(
    rf"^(?P<cmp>{CMP})?(?P<num>{NUMBER})(?P<mult>[万亿])?(?P<unit>(?![万亿]|A*[级类等星]|G?[全覆])[\u4e00-\u9fffA-Za-z]{{1,4}})$"
)
MULTIPLIER = {"万": Decimal(10_000), "亿": Decimal(100_000_000)}
LOWER_BETTER = re.compile(
    "成本|费用|投诉|事故|故障|差错|死亡|发案|违规|逾期|离婚率|失业率|排放|能耗|响应时间|办结时限|经费|"
    "误差|超支|辍学率|返贫|信访|病死率|发病率|流失率|损失"
)
MONEY_NAME = re.compile("经费|资金|成本|费用|补助|补贴|金额|支出|投资")
GOOD = {"≥": "higher", ">": "higher", "≤": "lower", "<": "lower", "=": None, "range": None}
KIND_OF = {"ratio": "rate", "money": "money", "time": "duration"}

PREFIXES = {
    "≥": "不得低于 不得少于 不低于 不少于 不小于 大于或等于 大于等于 至少 达到 达 ≥",
    "≤": "不得超过 不得高于 不超过 不高于 不大于 不多于 小于或等于 小于等于 控制在 最多 ≤",
    ">": "大于 超过 多于 高于 超 逾",
    "<": "小于 少于 低于",
    "=": "等于",
}
SUFFIXES = {"≥": "及以上 以上", "≤": "及以下 以下 以内 之内 内"}
SIGN_OF_PREFIX = {word: sign for sign, words in PREFIXES.items() for word in words.split()}
SIGN_OF_SUFFIX = {word: sign for sign, words in SUFFIXES.items() for word in words.split()}
PREFIX = re.compile(f"^(?:{'|'.join(sorted(SIGN_OF_PREFIX, key=len, reverse=True))})(?=\\d)")
SUFFIX = re.compile(
    rf"^({CMP}?\d.*?)(?:\(含\))?({'|'.join(sorted(SIGN_OF_SUFFIX, key=len, reverse=True))})(?:{DONE[:-1]})?$"
)
HINT = re.compile(r"\(([≥≤<>=])?[*×xX_]*([^\d()*×≥≤<>=]{0,4})\)$|()(%)$")


def hints(name: str) -> tuple[str | None, str | None]:
    """Return comparator and unit that the name ends in: 「（万元）」, or a template hint 「（≥**人）」."""
    if not name or name.rstrip()[-1:] not in ")）%％":
        return None, None
    match = HINT.search(tight(name))
    if match is None:
        return None, None
    sign, unit = match[1] or None, match[2] or match[4]
    unit = unit if unit in UNITS else None
    return (sign, unit) if unit or sign else (None, None)


def comparator(text: str) -> tuple[str | None, str]:
    """Turn words before or behind a number into a sign: 不低于95% and 95%以上 are ≥95%."""
    match = PREFIX.match(text)
    if match is None:
        return strip_suffix(text)
    return SIGN_OF_PREFIX[match[0]], strip_suffix(text[match.end() :])[1]


def strip_suffix(text: str) -> tuple[str | None, str]:
    """Return the sign of 以上, 以内 … behind a number, and the text without it."""
    match = SUFFIX.match(text)
    return (SIGN_OF_SUFFIX[match[2]], match[1]) if match else (None, text)


def measure(text: str, raw: str | None, name: str, *, code: str | None = None) -> IndicatorValue | None:
    """Return the measure that the whole text is, or None. `name` may lend unit, comparator and direction."""
    if len(text) > LONGEST or not any(c.isdigit() for c in text):
        return None
    text = text.replace(" ", "")
    if text.startswith("每"):
        return _each(text, raw, name, code)
    said, rest = comparator(text)
    return (
        _per(rest, raw, said, name, code)
        or _fraction(rest, raw, said, name, code)
        or _spread(rest, raw)
        or _number(rest, raw, said, name, code)
        or _with_breakdown((said or "") + rest, raw, name, code)
    )


def _each(text: str, raw: str | None, name: str, code: str | None) -> IndicatorValue | None:
    """「每月不少于4次」 is ≥4次/月."""
    match = EACH.match(text)
    value = measure(match["rest"], raw, name, code=code) if match else None
    if match is None or value is None or value.dimension is None or value.comparator == "range":
        return None
    if value.unit is None or "/" in value.unit:
        return None
    kind = "unit-price" if value.kind == "money" else "number"
    return replace(value, kind=kind, unit=f"{value.unit}/{match['per']}")


def _per(text: str, raw: str | None, said: str | None, name: str, code: str | None) -> IndicatorValue | None:
    match = PRICE.match(text) if "/" in text or "每" in text else None
    if match is None:
        return None
    unit = match["unit"] or "元"
    dimension = UNITS[unit]
    kind = "unit-price" if dimension == "money" else "number"
    number, sign = Decimal(match["num"]), match["cmp"] or said
    return bounded(kind, raw, sign, number, f"{unit}/{match['per']}", dimension, name, code, sure=bool(match["unit"]))


def _fraction(text: str, raw: str | None, said: str | None, name: str, code: str | None) -> IndicatorValue | None:
    """2/3 and 1:20 stay exact: the number is the first, the unit holds the second."""
    match = FRACTION.match(text)
    if match is None:
        return None
    number, unit = Decimal(match["part"]), match["sign"] + match["whole"]
    return bounded("rate", raw, match["cmp"] or said, number, unit, "ratio", name, code, sure=False)


def _spread(text: str, raw: str | None) -> IndicatorValue | None:
    match = SPREAD.match(text)
    if match is None:
        return None
    number, dimension = Decimal(match["num"]), UNITS[match["unit"]]
    kind = KIND_OF.get(dimension, "number")
    return IndicatorValue(kind, raw, "range", -number, number, match["unit"], dimension)


def _number(text: str, raw: str | None, said: str | None, name: str, code: str | None) -> IndicatorValue | None:
    match = MEASURE.match(text) or UNKNOWN_UNIT.match(text)
    if match is None:
        return None
    hint, hint_unit = hints(name)
    parts = match.groupdict()
    written = parts["unit"] or parts.get("unit2")
    number, unit = _multiplied(Decimal(parts["num"]), parts["mult"], written or hint_unit, name)
    if unit == "比例":
        number, unit = number * 100, "%"
    if (unit or "").startswith("年") and number >= 1900:
        return None
    dimension = UNITS.get(unit or "")
    kind = KIND_OF.get(dimension or "", "number")
    about = ABOUT if any(parts.get(word) for word in ("about", "more", "left")) else None
    known = dimension is not None and written is not None
    if parts.get("num2") is None:
        sign = parts["cmp"] or said or hint
        return bounded(kind, raw, sign, number, unit, dimension, name, code, sure=known, qualifier=about)
    high, _unit = _multiplied(Decimal(parts["num2"]), parts["mult2"], unit, name)
    if parts["mult2"] and not parts["mult"]:
        number *= MULTIPLIER[parts["mult2"]] if high != Decimal(parts["num2"]) else 1
    if number > high:
        return None
    return IndicatorValue(
        kind, raw, "range", number, high, unit, dimension, qualifier=about, confidence="high" if known else "medium"
    )


def _with_breakdown(text: str, raw: str | None, name: str, code: str | None) -> IndicatorValue | None:
    """「854万(A400万元,B295万元)」 is 854万元 with its parts as items."""
    match = BREAKDOWN.match(text)
    whole = measure(match["whole"], raw, name, code=code) if match else None
    if match is None or whole is None:
        return None
    parts = tuple(ITEM_OF_BREAKDOWN.findall(match["parts"]))
    items = tuple(
        (noun.strip("、,:;和及 ") or None, value) for noun, text in parts if (value := measure(text, text, ""))
    )
    if whole.kind == "number" and whole.unit is None and items and {v.kind for _n, v in items} == {"money"}:
        whole = measure(match["whole"], raw, "资金", code=code) or whole
    return replace(whole, items=items, confidence="medium")


ITEM_OF_BREAKDOWN = re.compile(rf"([^\d≥≤<>=]*)({CMP}?{NUMBER}[万亿]?(?:{UNIT}))")


def _multiplied(number: Decimal, multiplier: str | None, unit: str | None, name: str) -> tuple[Decimal, str | None]:
    """「3万人」 is 30000 人; 「250万」 is money only where the name speaks of money."""
    if multiplier is None:
        return number, unit
    if (unit is None and MONEY_NAME.search(name)) or unit == multiplier + "元":
        return number, multiplier + "元"
    return number * MULTIPLIER[multiplier], unit


def bounded(
    kind: str,
    raw: str | None,
    sign: str | None,
    number: Decimal,
    unit: str | None,
    dimension: str | None,
    name: str,
    code: str | None = None,
    *,
    sure: bool,
    qualifier: str | None = None,
) -> IndicatorValue:
    """Return a value with one number; which side is better is taken from sign, name or category, in this order."""
    direction, reason = GOOD.get(sign or ""), "comparator"
    if direction is None:
        direction, reason = _better(name, code)
    return IndicatorValue(
        kind,
        raw,
        sign,
        None if sign in ("≤", "<") else number,
        None if sign in ("≥", ">") else number,
        unit,
        dimension,
        direction,
        reason,
        qualifier=qualifier,
        confidence="high" if sure and sign else "medium",
    )


def _better(name: str, code: str | None) -> tuple[str, str]:
    if code == "14":
        return "lower", "category"
    return ("lower", "name") if LOWER_BETTER.search(name) else ("higher", "default")
