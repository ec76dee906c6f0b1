"""Pictures of the procedure from its data: the machine and each route, as SVG and as Mermaid.

The arrows are read from the edges of machine.Moves, the steps from a route; nothing is drawn twice by hand but where
a state stands on the sheet. Used by the pages, manage.py draw_machine and the room's README.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext as _

from workflow.drawing import Picture, width_of, wrapped
from workflow.machine import FINAL_STATES, NEEDS, Action, Rule, State
from workflow.models import Case, Step
from workflow.route_words import candidate_words, condition_words, rule_words, term_words
from workflow.words import stamp

PLACES: dict[State, tuple[int, int]] = {
    State.DRAFT: (0, 0),
    State.DEPARTMENT_REVIEW: (1, 0),
    State.FINANCE_REVIEW: (2, 0),
    State.APPROVED: (3, 0),
    State.MONITORING: (4, 0),
    State.CLOSED: (5, 0),
    State.CANCELLED: (0, 1),
    State.REJECTED: (2, 1),
    State.SUSPENDED: (4, 1),
}
"""Where a state stands on the sheet: column and row."""

EDGE_ACTIONS: dict[str, tuple[Action, ...]] = {
    "to_department_review": (Action.SUBMIT,),
    "to_finance_review": (Action.APPROVE,),
    "to_approved": (Action.APPROVE, Action.RELEASE),
    "recall_to_draft": (Action.RECALL,),
    "return_to_draft": (Action.RETURN,),
    "back_to_department_review": (Action.RETURN, Action.UNDO_APPROVAL),
    "reopen_department_review": (Action.UNDO_APPROVAL,),
    "reopen_finance_review": (Action.UNDO_APPROVAL,),
    "to_rejected": (Action.REJECT,),
    "readmit_to_draft": (Action.READMIT,),
    "to_cancelled": (Action.CANCEL,),
    "admit": (Action.ADMIT,),
    "reopen_for_funds": (Action.FUNDS_CHANGED,),
    "drop": (Action.FUNDS_CHANGED, Action.WAIVE),
    "to_monitoring": (Action.OPEN_MONITORING,),
    "to_suspended": (Action.SUSPEND,),
    "resume_monitoring": (Action.RESUME,),
    "to_closed": (Action.CLOSE,),
}
"""The actions that take each edge of machine.Moves."""

COLUMN, ROW, BOX_W, BOX_H, TOP, MARGIN = 222, 176, 122, 52, 210, 96


@dataclass(frozen=True, slots=True)
class Edge:
    """One arrow: from where to where, and the actions that take it."""

    source: State
    target: State
    actions: tuple[Action, ...]


def edges() -> list[Edge]:
    """Return the arrows of the machine, those between the same two states as one, in the order of the states."""
    found: dict[tuple[State, State], list[Action]] = {}
    for transition in Case._meta.get_field("state").get_all_transitions(Case):
        pair = State(str(transition.source)), State(str(transition.target))
        actions = [a for a in EDGE_ACTIONS.get(transition.name, ()) if a not in NEEDS or pair[0] in NEEDS[a].froms]
        there = found.setdefault(pair, [])
        there += [action for action in actions if action not in there]
    order = list(State)
    pairs = sorted(found, key=lambda pair: (order.index(pair[0]), order.index(pair[1])))
    return [Edge(source, target, tuple(found[source, target])) for source, target in pairs]


# The machine


def machine_mermaid() -> str:
    """Return the machine as a Mermaid state diagram, in the code's own names."""
    lines = ["stateDiagram-v2", f"    [*] --> {State.DRAFT.value}: {Action.START.name}"]
    for edge in edges():
        words = ", ".join(action.name for action in edge.actions)
        lines.append(f"    {edge.source.value} --> {edge.target.value}: {words}")
    lines += [f"    {state.value} --> [*]" for state in FINAL_STATES]
    return "\n".join(lines)


def machine_svg(*, now_at: str = "", alone: bool = False) -> SafeString:
    """Return the machine as SVG; `now_at`: the state in which a case stands. `alone`: a file, with its own style."""
    columns = max(column for column, _row in PLACES.values()) + 1
    picture = Picture(columns * COLUMN - (COLUMN - BOX_W) + MARGIN + 20, TOP + ROW + BOX_H + 64)
    for edge in edges():
        _draw_edge(picture, edge)
    for state, place in PLACES.items():
        x, y = _corner(place)
        tone = "now" if state == now_at else "end" if state in FINAL_STATES else "box"
        picture.box(x, y, BOX_W, BOX_H, tone=tone)
        lines = _two_lines(str(state.label))
        for n, line in enumerate(lines):
            line_y = y + BOX_H / 2 + 5 + (n - (len(lines) - 1) / 2) * 17
            picture.text(x + BOX_W / 2, line_y, line, size=14 if len(lines) == 1 else 12, anchor="middle", bold=True)
    says = [
        _("From %(source)s to %(target)s by %(actions)s.")
        % {"source": edge.source.label, "target": edge.target.label, "actions": _words(edge.actions)}
        for edge in edges()
    ]
    if now_at:
        says.append(_("The case stands at: %(state)s.") % {"state": State(now_at).label})
    return mark_safe(picture.svg(name="machine", title=_("The procedure"), says=says, alone=alone))


def _two_lines(words: str) -> list[str]:
    """Return a name in one line, or in two before its bracket or in the middle where it is wider than a box."""
    if width_of(words, size=14) <= BOX_W - 12:
        return [words]
    cut = words.find("（") if "（" in words else words.find(" ", len(words) // 3)
    return [words[:cut].strip(), words[cut:].strip()] if cut > 0 else [words]


def _words(actions: Sequence[Action]) -> str:
    return "、".join(str(action.label) for action in actions)


def _corner(place: tuple[int, int]) -> tuple[float, float]:
    column, row = place
    return MARGIN + column * COLUMN, TOP + row * ROW


def _draw_edge(picture: Picture, edge: Edge) -> None:
    """Draw one arrow: straight to a neighbour ahead, below back to a neighbour, in an arc above over others."""
    (c1, r1), (c2, r2) = PLACES[edge.source], PLACES[edge.target]
    (x1, y1), (x2, y2) = _corner((c1, r1)), _corner((c2, r2))
    words = _words(edge.actions)
    if edge.source == edge.target:
        middle = x1 + BOX_W / 2
        picture.line(f"M{middle + 14} {y1} C{middle + 40} {y1 - 52} {middle - 40} {y1 - 52} {middle - 14} {y1}")
        picture.text(middle, y1 - 46, words, size=12, anchor="middle", halo=True)
    elif r1 != r2:
        _draw_vertical(picture, edge, words)
    elif c2 == c1 + 1:
        y = y1 + 17
        picture.line(f"M{x1 + BOX_W} {y} H{x2 - 2}")
        _label(picture, (x1 + BOX_W + x2) / 2, y - 6, edge, below=False)
    elif c2 == c1 - 1:
        y = y1 + 35
        picture.line(f"M{x1} {y} H{x2 + BOX_W + 2}", dashed=True)
        _label(picture, (x2 + BOX_W + x1) / 2, y + 16, edge, below=True)
    else:
        far, back = abs(c2 - c1), c2 < c1
        start, end = (x1 + BOX_W * 0.35, x2 + BOX_W * 0.65) if back else (x1 + BOX_W * 0.75, x2 + BOX_W * 0.25)
        lift = 44 * far + (0 if back else 62)
        picture.line(f"M{start} {y1} C{start} {y1 - lift} {end} {y1 - lift} {end} {y2 - 2}", dashed=back)
        picture.text((start + end) / 2, y1 - lift * 0.75 - 4, words, size=12, anchor="middle", halo=True)


def _draw_vertical(picture: Picture, edge: Edge, words: str) -> None:
    (c1, r1), (c2, r2) = PLACES[edge.source], PLACES[edge.target]
    (x1, y1), (x2, y2) = _corner((c1, r1)), _corner((c2, r2))
    if c1 == c2:
        down = r2 > r1
        x = x1 + BOX_W * (0.38 if down else 0.62)
        start, end = (y1 + BOX_H, y2 - 2) if down else (y1, y2 + BOX_H + 2)
        picture.line(f"M{x} {start} V{end}", dashed=not down)
        side = -8 if down else 8
        for n, action in enumerate(edge.actions):
            line_y = (start + end) / 2 + 4 + (n - (len(edge.actions) - 1) / 2) * 14
            picture.text(x + side, line_y, str(action.label), size=12, anchor="end" if down else "start", halo=True)
        return
    if r2 > r1:
        lane, lead = y2 + BOX_H + 12 + 10 * (c1 - c2), x1 - 38
        end_x = x2 + BOX_W * 0.3 + 16 * (c1 - c2)
        picture.line(f"M{x1 + 12} {y1 + BOX_H} Q{lead} {y1 + BOX_H + 14} {lead} {y1 + BOX_H + 64} V{lane} H{end_x}"
                     f" V{y2 + BOX_H + 2}")  # fmt: skip
        for n, action in enumerate(edge.actions):
            picture.text(lead + 6, y2 - 34 + 14 * n, str(action.label), size=12, halo=True)
        return
    end_x = x2 + BOX_W * 0.8
    picture.line(
        f"M{x1} {y1 + BOX_H / 2} C{x1 - 90} {y1 + BOX_H / 2} {end_x} {y2 + BOX_H + 90} {end_x} {y2 + BOX_H + 2}",
        dashed=True,
    )
    picture.text(x1 - 30, y1 + BOX_H / 2 - 12, words, size=12, anchor="end", halo=True)


def _label(picture: Picture, x: float, y: float, edge: Edge, *, below: bool) -> None:
    """Write the actions of a straight arrow, one a line, above or below it."""
    lines = [str(action.label) for action in edge.actions]
    for n, line in enumerate(lines):
        offset = 14 * n if below else -14 * (len(lines) - 1 - n)
        picture.text(x, y + offset, line, size=12, anchor="middle", halo=True)


# A route


@dataclass(frozen=True, slots=True)
class Stand:
    """Where a case is with one step: status done, now or next; words: who and when."""

    status: str
    words: str = ""


WIDTH, LEFT, STEP_H, GAP = 760, 110, 74, 26
PILL_H = 36


def route_svg(
    steps: Sequence[Step],
    *,
    title: str,
    people: Mapping[int, str] | None = None,
    stands: Mapping[str, Stand] | None = None,
    alone: bool = False,
) -> SafeString:
    """Return a route as SVG, top to bottom; a step with a condition has a dashed frame.

    `people`: names of those whom steps name. `stands`: where a case is, by the key of the step, "" for the unit.
    """
    stands = stands or {}
    height = 16 + 2 * PILL_H + GAP + len(steps) * (STEP_H + GAP)
    picture = Picture(WIDTH, height)
    y = 8.0
    _pill(picture, y, _("The unit fills in and submits"), stands.get(""))
    y += PILL_H
    tops: list[tuple[str, float]] = []
    for step in steps:
        tops.append((step.stage, y + GAP))
        y += GAP + STEP_H
    _bands(picture, tops)
    y = 8.0 + PILL_H
    for step in steps:
        picture.line(f"M{LEFT + 250} {y} V{y + GAP - 2}")
        _step(picture, y + GAP, step, people, stands.get(step.key))
        y += GAP + STEP_H
    picture.line(f"M{LEFT + 250} {y} V{y + GAP - 2}")
    _pill(picture, y + GAP, str(State.APPROVED.label), stands.get("approved"))
    if steps:
        x, top, low = WIDTH - 26, 8 + PILL_H / 2, y - STEP_H / 2
        picture.line(f"M{LEFT + 504} {low} H{x} V{top} H{LEFT + 504}", dashed=True)
        picture.text(x - 6, top + 16, str(Action.RETURN.label), size=12, anchor="end", soft=True, halo=True)
    says = [_sentence(step, people, stands.get(step.key)) for step in steps]
    return mark_safe(picture.svg(name="route", title=title, says=says, alone=alone))


def _bands(picture: Picture, tops: Sequence[tuple[str, float]]) -> None:
    """Draw what lies behind the steps: one band a stage."""
    for stage in dict.fromkeys(stage for stage, _top in tops):
        mine = [top for of, top in tops if of == stage]
        first, last = min(mine), max(mine) + STEP_H
        picture.box(8, first - 10, WIDTH - 60, last - first + 20, tone="band", radius=10)
        for n, line in enumerate(wrapped(str(State(stage).label), size=12, width=86, most=3)):
            picture.text(18, first + 18 + 18 * n, line, size=12, soft=True)


def _pill(picture: Picture, y: float, words: str, stand: Stand | None) -> None:
    tone = stand.status if stand and stand.status in ("now", "done") else "end"
    said = f"{words} · {stand.words}" if stand and stand.words else words
    picture.box(LEFT, y, 500, PILL_H, tone=tone, radius=PILL_H / 2)
    picture.text(LEFT + 250, y + 23, wrapped(said, size=13, width=470, most=1)[0], size=13, anchor="middle", bold=True)


MARKS = {"done": "✓", "now": "●", "next": "○", "spared": "–"}


def _step(picture: Picture, y: float, step: Step, people: Mapping[int, str] | None, stand: Stand | None) -> None:
    tone = stand.status if stand and stand.status in ("now", "done") else "box"
    picture.box(LEFT, y, 500, STEP_H, tone=tone, dashed=bool(step.condition))
    mark = f"{MARKS.get(stand.status, '')} " if stand else ""
    head = f"{mark}{step.title}"
    picture.text(LEFT + 14, y + 23, head, size=14, bold=True)
    if stand and stand.words:
        room = 470 - width_of(head, size=14) - 16
        picture.text(LEFT + 486, y + 23, wrapped(stand.words, size=12, width=room, most=1)[0], size=12, anchor="end")
    who = "、".join(candidate_words(step.candidates, people=people)) or _("nobody")
    picture.text(LEFT + 14, y + 44, wrapped(who, size=12, width=470, most=1)[0], size=12)
    picture.text(LEFT + 14, y + 63, wrapped(_small(step), size=12, width=470, most=1)[0], size=12, soft=True)


def _small(step: Step) -> str:
    words = [rule_words(step)] if step.rule != Rule.ANY or len(step.candidates) > 1 else []
    words.append(term_words(step))
    if step.condition:
        words.append(_("only where: %(facts)s") % {"facts": "、".join(condition_words(step.condition))})
    return " · ".join(words)


def _sentence(step: Step, people: Mapping[int, str] | None, stand: Stand | None) -> str:
    who = "、".join(candidate_words(step.candidates, people=people)) or _("nobody")
    said = f"{step.position}. {step.title}：{who}；{_small(step)}。"
    return f"{said} {MARKS.get(stand.status, '')} {stand.words}" if stand else said


def route_mermaid(steps: Sequence[Step], *, people: Mapping[int, str] | None = None) -> str:
    """Return a route as a Mermaid flow chart; a step with a condition is a hexagon."""
    lines = ["flowchart TD", f'    start(["{_plain(_("The unit fills in and submits"))}"])']
    before = "start"
    for step in steps:
        who = "、".join(candidate_words(step.candidates, people=people))
        words = _plain(f"{step.title}<br/>{who}<br/>{_small(step)}")
        left, right = ("{{", "}}") if step.condition else ("[", "]")
        lines.append(f'    s{step.position}{left}"{words}"{right}')
        lines.append(f"    {before} --> s{step.position}")
        before = f"s{step.position}"
    lines += [f'    approved(["{_plain(str(State.APPROVED.label))}"])', f"    {before} --> approved"]
    return "\n".join(lines)


def _plain(words: str) -> str:
    return words.replace('"', "'")


def stand_of(*, status: str, who: str, at: object, due: str) -> Stand:
    """Return where a case is with a step, from what its story says: who has it or decided it, since or until when."""
    when = due if status == "now" and due else stamp(at) if at else ""  # type: ignore[arg-type]
    return Stand(status, " ".join(word for word in (who, when) if word))
