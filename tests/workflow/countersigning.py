"""An independent model of a countersigned step (会审, 转请会审), written from engine.md §1 and the peers' list of bugs.

It knows no code of workflow: what it allows, and who is asked next, is compared with what the engine does.
"""

import copy
from dataclasses import dataclass, field

OWN = ["reviewer", "second", "third"]
"""The people of the countersigned step, in their order; the editors' drafts are never theirs."""
OUTSIDE = ["performance_reviewer", "leader", "auditor", "business_reviewer"]
"""Who is asked besides: people of other offices."""
NEXT = "business_reviewer"
"""Who signs the step behind it."""
EDITOR = "editor"
QUORUM = 2


@dataclass
class Ask:
    """People asked besides by one ADD_APPROVER: `open` are those whose turn it is, `waiting` come after them."""

    place: str
    rule: str
    open: list[str]
    waiting: list[str]


@dataclass
class Countersigned:
    """One case at a step with `rule` (any, all, quorum, sequence) and the step behind it."""

    rule: str
    at: str = "draft"
    own: list[str] = field(default_factory=list)
    """Whose own signature is asked for now; of a step where one is enough, all who could give it."""
    line: list[str] = field(default_factory=list)
    given: int = 0
    """Own signatures given."""
    asks: list[Ask] = field(default_factory=list)
    """Those whose people have been asked."""
    later: list[Ask] = field(default_factory=list)
    """Those who are asked once the step is signed."""
    signed: list[tuple[str, str]] = field(default_factory=list)
    """Who has signed which step, where it stands."""
    kept: set[str] = field(default_factory=set)
    """Steps that need no signature any more after a straight return."""
    last: tuple[str, "Countersigned"] | None = None
    """The approval that nobody has acted upon: by whom, and how it stood before."""

    def holders(self) -> set[str]:
        """Return whose desk it lies on."""
        return {*self.own, *(who for ask in self.asks for who in ask.open)}

    def _asked_in_person(self, who: str) -> Ask | None:
        return next((ask for ask in self.asks if who in ask.open), None)

    def may(self, action: str, who: str, asked: list[str]) -> bool:
        if action == "submit":
            return self.at == "draft" and who == EDITOR
        if action == "undo_approval":
            return self.last is not None and self.last[0] == who
        if self.at not in ("both", "next") or who not in self.holders():
            return False
        if action == "approve":
            others_first = any(ask.place == "before" and ask.open for ask in self.asks)
            return self._asked_in_person(who) is not None or not others_first
        if action == "add_approver":
            on_desk = {one for ask in self.asks for one in ask.open} | set(self._in_person())
            signed = {one for one, _step in self.signed}
            return all(one not in (who, EDITOR) and one not in on_desk and one not in signed for one in asked)
        return action == "return"

    def _in_person(self) -> list[str]:
        return self.own if self.at == "both" and self.rule != "any" else []

    def do(self, action: str, who: str, *, asked: list[str], place: str, rule: str, again: str) -> None:
        """Carry out what `may` allows."""
        before = None
        if action == "approve":
            was = copy.deepcopy(self)
            was.last = None
            before = (who, was)
        if action == "undo_approval":
            assert self.last is not None
            self.__dict__.update(self.last[1].__dict__)
            return
        {
            "submit": self._enter,
            "approve": lambda: self._sign(who),
            "add_approver": lambda: self._ask(asked, place, rule),
            "return": lambda: self._return(again),
        }[action]()
        self.last = before

    def _enter(self) -> None:
        """The first step that is not signed opens."""
        self.asks, self.later, self.given, self.line = [], [], 0, []
        self.at = "next" if "both" in self.kept else "both"
        if self.at == "next":
            self.own = [NEXT]
        elif self.rule == "sequence":
            self.own, self.line = OWN[:1], OWN[1:]
        else:
            self.own = list(OWN)

    def _ask(self, asked: list[str], place: str, rule: str) -> None:
        first, rest = (asked[:1], asked[1:]) if rule == "sequence" else (list(asked), [])
        ask = Ask(place, rule, first, rest)
        (self.later if place == "after" else self.asks).append(ask)

    def _sign(self, who: str) -> None:
        self.signed.append((who, self.at))
        ask = self._asked_in_person(who)
        if ask is not None:
            ask.open.remove(who)
            if ask.rule == "any":
                ask.open = []
            elif ask.rule == "sequence" and ask.waiting:
                ask.open.append(ask.waiting.pop(0))
        else:
            self._sign_own(who)
        if not self._own_is_signed():
            return
        self.own, self.line = [], []
        if any(one.open for one in self.asks):
            return
        if self.later:
            self.asks, self.later = self.later, []
            return
        self._leave()

    def _sign_own(self, who: str) -> None:
        self.given += 1
        self.own = [one for one in self.own if one != who]
        if self.line:
            self.own = [self.line.pop(0)]

    def _own_is_signed(self) -> bool:
        if not self.own:
            return True
        enough = {"any": 1, "quorum": QUORUM}.get(self.rule if self.at == "both" else "any")
        return enough is not None and self.given >= enough

    def _leave(self) -> None:
        self.kept.add(self.at)
        if self.at == "both":
            self._enter()
        else:
            self.at, self.asks, self.own = "approved", [], []

    def _return(self, again: str) -> None:
        """Straight back: what was signed before this step stands, of this step nothing; else nothing at all."""
        stays = {"both"} if again == "direct" and self.at == "next" else set()
        self.kept &= stays
        self.signed = [(who, step) for who, step in self.signed if step in stays]
        self.at, self.own, self.line, self.asks, self.later, self.given = "draft", [], [], [], [], 0
