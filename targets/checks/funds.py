"""Rules on the funds: amounts, sums, magnitude, what the money is for. Amounts in 万元."""

import re
from collections.abc import Iterator
from decimal import Decimal

from targets import values
from targets.checks import sources
from targets.checks.lexicon import LISTS, WORDS, any_of
from targets.checks.registry import REVIEWER, Answer, Fix, Hit, Subject, Verdict, one_line, plain, rule
from targets.normal import tight
from targets.profiles import HINT, MUST_FIX, SHOULD_FIX
from targets.values import in_yuan
from workflow.text import _

PARTS = ("total", "fiscal", "other")
TOLERANCE_WAN = Decimal("0.0001")
BLANK_TOTAL = _("%(label)s is blank. Write it in ten-thousand yuan with digits, as 50 or 0.642.")
PLAIN = re.compile(r"^\d[\d,，]*(?:\.\d+)?$")
SMALLEST_WAN, LARGEST_WAN = Decimal(1), Decimal(50_000)
MONEY_IN_TEXT = re.compile(
    r"(?P<num>\d+(?:\.\d+)?)(?P<unit>亿元|万元|千元|元|亿|万)(?!/|每|人|亩|户|吨|册|只|头|株|平)"
)
NOT_OF_THE_PROJECT = any_of(LISTS["not_of_the_project"])
OF_THE_PROJECT = re.compile("资金|预算|投资|经费|安排|投入|拨款")
TO_WAN = {
    "亿元": Decimal(10_000),
    "亿": Decimal(10_000),
    "万元": Decimal(1),
    "万": Decimal(1),
    "千元": Decimal("0.1"),
    "元": Decimal("0.0001"),
}
RISE = Decimal("1.2")
NOT_BASIC = WORDS["not_basic"]
OF_PUBLIC_PLACES = re.compile(
    f"(?:{WORDS['public_places'].pattern})[^，。；]{{0,6}}(?:水费|电费|水、电|取暖费|物业费)"
)


@rule(
    "FND-01",
    severity=MUST_FIX,
    source=sources.COMPLETE,
    message=_(
        "The total of %(total)s is not the sum of its sources, %(sum)s (ten-thousand yuan). "
        "Correct the total or the sources."
    ),
)
def total_is_sum_of_sources(table: Subject) -> Answer:
    """The annual total equals fiscal plus other funds; a blank source counts as nothing."""
    funds = table.content.funds
    total, fiscal, other = (funds.in_wan(part) for part in PARTS)
    unreadable = any(getattr(funds, part) is not None and funds.in_wan(part) is None for part in PARTS)
    if total is None or unreadable:
        return Verdict.INSUFFICIENT_DATA
    found = (fiscal or Decimal(0)) + (other or Decimal(0))
    differs = abs(total - found) > TOLERANCE_WAN
    if not differs:
        return []
    fixes = [Fix("write", "funds.total", plain(found))]
    if total >= (other or 0):
        fixes.append(Fix("write", "funds.fiscal", plain(total - (other or 0))))
    return [Hit("funds.total", {"total": plain(total), "sum": plain(found)}, fixes=tuple(fixes))]


@rule(
    "FND-02",
    severity=MUST_FIX,
    source=sources.COMPLETE,
    message=_(
        "%(label)s: “%(typed)s” is no amount above zero. Write it in ten-thousand yuan with digits, as 50 or 0.642."
    ),
)
def amounts_are_numbers(table: Subject) -> Iterator[Hit]:
    """The total is a number above zero; its sources are blank or numbers not below zero."""
    for part in PARTS:
        typed, number = getattr(table.content.funds, part), table.content.funds.in_wan(part)
        written_plainly = typed is not None and bool(PLAIN.match(typed.strip()))
        least_reached = written_plainly and number is not None and (number > 0 if part == "total" else number >= 0)
        if not least_reached and (typed is not None or part == "total"):
            facts = {"label": table.profile.header[f"funds.{part}"][0], "typed": typed or ""}
            message = BLANK_TOTAL if typed is None else None
            yield Hit(f"funds.{part}", facts, message=message, fixes=_in_wan(f"funds.{part}", typed))


def _in_wan(place: str, typed: str | None) -> tuple[Fix, ...]:
    """「50万元」 and 「6420元」 are amounts, only not plainly written."""
    yuan = in_yuan(values.parse(typed)) if typed else None
    return (Fix("write", place, plain(yuan * TO_WAN["元"])),) if yuan and yuan > 0 else ()


@rule(
    "FND-03",
    severity=HINT,
    source=sources.PRACTICE,
    message=_("The annual total is %(total)s ten-thousand yuan. Look whether yuan were written as ten-thousand yuan."),
)
def magnitude_is_usual(table: Subject) -> Answer:
    """The total is neither so small nor so large that 元 and 万元 were probably mixed up."""
    total = table.content.funds.in_wan("total")
    if total is None:
        return Verdict.INSUFFICIENT_DATA
    usual = SMALLEST_WAN <= total <= LARGEST_WAN or total <= 0
    return [] if usual else [Hit("funds.total", {"total": plain(total)})]


@rule(
    "FND-04",
    severity=HINT,
    source=sources.COMPLETE,
    message=_("%(label)s is blank. Write 0 if there is none."),
)
def sources_are_filled(table: Subject) -> Answer:
    """Each source of funds has an amount; a blank one is never taken as 0 silently."""
    funds = table.content.funds
    if funds.total is None:
        return Verdict.INSUFFICIENT_DATA
    blank = [part for part in ("fiscal", "other") if getattr(funds, part) is None]
    if not blank:
        return []
    labels = "、".join(table.profile.header[f"funds.{part}"][0] for part in blank)
    return [Hit(f"funds.{blank[0]}", {"label": labels}, fixes=tuple(Fix("write", f"funds.{p}", "0") for p in blank))]


@rule(
    "FND-05",
    severity=SHOULD_FIX,
    source=sources.PROJECT_KINDS,
    message=_(
        "“%(words)s” is basic expenditure of the office and does not belong in a project. "
        "Move it to the basic budget, or say what the project adds to it."
    ),
)
def no_basic_expenditure(table: Subject) -> Iterator[Hit]:
    """A project holds no basic expenditure (wages, housing fund, water and power, newspapers).

    One finding for the lines together; where the project itself is basic, for all its outputs.
    """
    for name in ("project_name", "annual_goal"):
        if words := basic_words(tight(getattr(table.content, name) or "")):
            yield Hit(name, {"words": "、".join(sorted(set(words)))})
    outputs = table.of_family("1")
    whole = basic_words(tight(table.content.project_name or ""))
    said = {word for line in outputs for word in basic_words(line.key)}
    lines = outputs if whole else [line for line in outputs if basic_words(line.key)]
    yield from one_line(lines, part="name", words="、".join(sorted(said or set(whole))))


def basic_words(text: str) -> list[str]:
    """Return the words of a text that mean the office's own running costs; street lights and farm wages are none."""
    return WORDS["basic"].findall(OF_PUBLIC_PLACES.sub("", NOT_BASIC.sub("", text)))


@rule(
    "FND-06",
    severity=HINT,
    audience=REVIEWER,
    source=sources.CEILINGS,
    message=_("“%(words)s” falls under a ceiling. Compare with the unit's ceiling."),
)
def ceilings_are_looked_at(table: Subject) -> list[Hit]:
    """Meetings, training and reception are compared with their ceiling; one line a table."""
    lines = [line for line in table.of_code("14") if WORDS["ceiling"].search(line.key)]
    found = WORDS["ceiling"].findall(tight(table.content.project_name or ""))
    words = {*found, *(w for line in lines for w in WORDS["ceiling"].findall(line.key))}
    if not words:
        return []
    rows = tuple(line.number for line in lines)
    place = "project_name" if found else f"indicator {rows[0]} name"
    facts = {"words": "、".join(sorted(words))}
    return [Hit(place, facts, None if found else rows[0], rows=rows)]


@rule(
    "FND-07",
    severity=SHOULD_FIX,
    source=sources.FITTING,
    message=_(
        "The goal speaks of %(quoted)s, but the annual total is %(total)s ten-thousand yuan. "
        "Correct the one that is wrong, or say in the goal which years the amount is for."
    ),
)
def goal_quotes_the_funds(table: Subject) -> Answer:
    """An amount of the project quoted in the goal is one of the funds."""
    funds = [amount for part in PARTS if (amount := table.content.funds.in_wan(part)) is not None]
    goal = tight(table.content.annual_goal or "")
    if not funds:
        return Verdict.INSUFFICIENT_DATA
    quoted = [
        (match[0], Decimal(match["num"]) * TO_WAN[match["unit"]])
        for match in MONEY_IN_TEXT.finditer(goal)
        if OF_THE_PROJECT.search(before := goal[max(0, match.start() - 8) : match.start()])
        and not NOT_OF_THE_PROJECT.search(before)
    ]
    amounts = [amount for _text, amount in quoted]
    if not quoted or any(amount in funds for amount in amounts) or sum(amounts) in funds:
        return []
    return [Hit("annual_goal", {"quoted": "、".join(text for text, _a in quoted), "total": plain(funds[0])})]


@rule(
    "FND-08",
    severity=HINT,
    audience=REVIEWER,
    source=sources.FITTING,
    message=_(
        "The total rose from %(before)s to %(total)s ten-thousand yuan, but no quantity rose with it. "
        "Ask what the additional money buys."
    ),
)
def more_money_buys_more(table: Subject) -> Answer:
    """A total that rose by more than a fifth on last year comes with more or larger quantities."""
    last, total = table.context.last_year, table.content.funds.in_wan("total")
    before = last.funds.in_wan("total") if last else None
    if last is None or total is None or before is None:
        return Verdict.INSUFFICIENT_DATA
    now_rows = {(row.name, row.value) for row in table.content.of_code("11")}
    more = now_rows - {(row.name, row.value) for row in last.of_code("11")}
    if total <= before * RISE or more:
        return []
    return [Hit("funds.total", {"before": plain(before), "total": plain(total)})]
