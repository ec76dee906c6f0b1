"""The goal of the year in the upper part: beside that of the mid term, below its head, or under another label."""

from itertools import pairwise

from targets.reading.draft import Draft
from targets.reading.grid import Row
from targets.reading.labels import REMARK, tight
from targets.reading.words import ANNUAL_GOAL, EXPECTED_GOAL, GOAL_OTHERWISE, MID_GOAL, REACHED_GOAL

ANNUAL_GOAL_WORDS = {tight(word) for word in (*ANNUAL_GOAL, *EXPECTED_GOAL)}
MID_GOAL_WORDS = {tight(word) for word in (*MID_GOAL, *REACHED_GOAL)}
MID_ONLY = {tight(word) for word in MID_GOAL}
MIN_GOAL = 8
"""A goal has at least so many characters."""


def _is_goal_word(word: str, draft: Draft) -> bool:
    label = draft.labels.header(word)
    return word in ANNUAL_GOAL_WORDS or (label is not None and label.field == "annual_goal" and not label.rest)


def is_goal_head(row: Row, draft: Draft) -> bool:
    """A row 总体目标 | 中期目标 | 年度目标 names the columns of the row below it."""
    words = [(i, REMARK.sub("", tight(text)).rstrip(":")) for i, text in row.filled()]
    annual = [i for i, word in words if word in ANNUAL_GOAL_WORDS]
    halves = any(word in MID_GOAL_WORDS for _i, word in words)
    only_heads = len(words) > 1 and all(_is_goal_word(word, draft) for _i, word in words)
    if not annual or not (halves or only_heads):
        return False
    draft.seen.setdefault("annual_goal", row.at(annual[-1]))
    draft.goal_below, draft.last_field = (row, annual[-1]), None
    return True


def take_goal_below(row: Row, draft: Draft) -> bool:
    """Take the goal of the year from the row below its head, and leave out the goal of the mid term."""
    if draft.goal_below is None:
        return False
    head, column = draft.goal_below
    draft.goal_below = None
    if any(
        (label := draft.labels.header(cell)) and label.field != "annual_goal" for cell in row.cells if cell
    ):
        return False
    if row.spans and head.spans:
        start, end = head.spans[column]
        at = max(range(len(row.cells)), key=lambda i: min(end, row.spans[i][1]) - max(start, row.spans[i][0]))
    else:
        at = column if column < len(row.cells) else len(row.cells) - 1
    for i, text in row.filled():
        if i == at:
            draft.texts["annual_goal"] = text
        elif draft.labels.header(text) is None:
            reached = column < i and not any(tight(t) in MID_ONLY for t in head.cells if t)
            draft.note("other_field" if reached else "mid_term", row.at(i), {"text": text})
    draft.last_field = "annual_goal"
    return True


def goal_otherwise(row: Row, draft: Draft) -> bool:
    """Keep the text behind a label such as 整体目标, for a form without any other goal."""
    filled = row.filled()
    for (_at, label), (index, text) in pairwise(filled):
        words = REMARK.sub("", tight(label).rstrip(":"))
        if GOAL_OTHERWISE.match(words) and len(text) >= MIN_GOAL and draft.goal_otherwise is None:
            draft.goal_otherwise = row.at(index), label, text
            return True
    return False
