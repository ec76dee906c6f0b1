"""Where inside a text a change lies: the runs that stayed, went and came, for the pages that show two versions.

Pure: plain text in, plain runs out. Called by the template tag `runs_of`.
"""

from difflib import SequenceMatcher

SHORTEST = 20
"""Texts shorter than this are read faster whole: a value before, a value after."""
MOST_WORK = 4_000_000
"""The product of both lengths above which the texts are shown whole: comparing them would hold the page up."""
ALIKE = 0.5
"""Below this share of common text the two are different texts, and runs would only confuse."""

SAME, GONE, NEW = "same", "gone", "new"


def runs(*, before: str, after: str) -> list[tuple[str, str]]:
    """Return (SAME, GONE or NEW; text) in reading order; joined without GONE they are `after`, without NEW `before`."""
    whole = [(GONE, before), (NEW, after)]
    if min(len(before), len(after)) < SHORTEST or len(before) * len(after) > MOST_WORK:
        return whole
    matcher = SequenceMatcher(None, before, after, autojunk=False)
    if matcher.ratio() < ALIKE:
        return whole
    found: list[tuple[str, str]] = []
    for tag, start, end, new_start, new_end in matcher.get_opcodes():
        if tag == "equal":
            found.append((SAME, before[start:end]))
            continue
        found += [(kind, text) for kind, text in ((GONE, before[start:end]), (NEW, after[new_start:new_end])) if text]
    return found
