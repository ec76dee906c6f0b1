"""An independent model of the procedure, written from the table of engine.md, and the county that it is held against.

It knows no code of workflow but the names of actions and states: what it allows is compared with what the engine does.
"""

from dataclasses import dataclass, field

DRAFT, DEPARTMENT, FINANCE, APPROVED = "draft", "department_review", "finance_review", "approved"
MONITORING, SUSPENDED, CLOSED = "monitoring", "suspended", "closed"
REJECTED, CANCELLED = "rejected", "cancelled"

WAY = ["office", "business", "performance", "release"]
"""The shipped route of a unit that is its department's own office: each step with who signs it."""
SIGNERS = {
    "office": {"reviewer", "head", "editor2"},
    "business": {"business_reviewer"},
    "performance": {"performance_reviewer"},
    "release": {"leader"},
}
EDITORS = {"editor", "editor2"}
"""The second is a department reviewer as well, and so must not sign what they drafted."""
FINANCE_STEPS = {"business", "performance", "release"}
SIGNING = ("approve", "approve_with_conditions", "release")
FILLERS = {"reviewer", "business_reviewer", "performance_reviewer"}
"""Who fills a table in for its unit: the department and the divisions; never who edits it anyway."""
BUREAU = {"business_reviewer", "performance_reviewer", "leader"}
SHORT_ROUTE = {"business", "release"}
"""What signs anew when a control figure has changed a table."""
SEES = {"editor", "editor2", "head", "reviewer", "business_reviewer", "performance_reviewer", "leader", "auditor"}


@dataclass
class Model:
    """One case as the table of engine.md has it."""

    state: str = DRAFT
    step: str = ""
    signed: dict[str, tuple[str, str]] = field(default_factory=dict)
    """step → (who, content)"""
    drafted: set[str] = field(default_factory=lambda: {"editor"})
    content: str = "first text"
    decided_in_stage: bool = False
    last: tuple[str, str] | None = None
    """The approval that nobody has acted upon: (step, who)."""
    claimed: str = ""
    conditions: list[tuple[str, str]] = field(default_factory=list)
    """(step, who set it)"""
    waited: bool = False
    """Whether somebody was urged within the last day."""
    direct_by: list[str] = field(default_factory=list)
    """The steps that have returned the case straight back, in order."""
    filled_by: str = ""
    """Who filled it in for the unit, until the unit confirms."""
    proposal: tuple[str, str] | None = None
    """The admission that waits for a second person: (who, content)."""
    asked_to_admit: bool = False
    admitted: bool = False
    funds_changed: bool = False

    def may(self, action: str, who: str) -> bool:
        """Return whether the table allows it."""
        return who in SEES and bool(getattr(self, f"_may_{action}")(who))

    def _at_desk(self, who: str) -> bool:
        return bool(self.step) and who in SIGNERS[self.step]

    def _free(self, who: str) -> bool:
        return self._at_desk(who) and who not in self.drafted and self.claimed in ("", who)

    def _signs(self, who: str) -> bool:
        elsewhere = {step for step, (by, _c) in self.signed.items() if by == who and step in FINANCE_STEPS}
        return self._free(who) and not (self.step in FINANCE_STEPS and elsewhere - {self.step})

    def _may_edit(self, who: str) -> bool:
        return self.state == DRAFT and who in EDITORS

    def _may_submit(self, who: str) -> bool:
        return self.state == DRAFT and who in EDITORS and not self.filled_by

    def _may_fill_for(self, who: str) -> bool:
        return self.state == DRAFT and who in FILLERS

    def _may_confirm_filled(self, who: str) -> bool:
        return self.state == DRAFT and who in EDITORS and bool(self.filled_by)

    def _may_propose_admission(self, who: str) -> bool:
        return self.state == DRAFT and who in BUREAU

    def _may_decline_admission(self, who: str) -> bool:
        return self.state == DRAFT and who in BUREAU and self.asked_to_admit

    def _may_admit(self, who: str) -> bool:
        if self.state != DRAFT or who not in BUREAU or self.proposal is None:
            return False
        return self.proposal[0] != who and self.proposal[1] == self.content and who not in self._drafters

    @property
    def _drafters(self) -> set[str]:
        return self.drafted | ({self.filled_by} if self.filled_by else set())

    def _may_funds_changed(self, who: str) -> bool:
        return self.state in (DRAFT, DEPARTMENT, FINANCE, APPROVED) and who in BUREAU

    def _may_adjust(self, who: str) -> bool:
        return self.state in (APPROVED, MONITORING) and who in EDITORS

    def _may_waive(self, who: str) -> bool:
        return False  # reports are waived, not tables

    def _may_recall(self, who: str) -> bool:
        return self.state == DEPARTMENT and who in EDITORS and not self.decided_in_stage

    def _may_approve(self, who: str) -> bool:
        return self.step != "release" and self._signs(who)

    _may_approve_with_conditions = _may_approve

    def _may_release(self, who: str) -> bool:
        return self.step == "release" and self._signs(who) and not self.conditions

    def _may_return(self, who: str) -> bool:
        return self._free(who)

    def _may_reject(self, who: str) -> bool:
        return self.state == FINANCE and self.step != "release" and self._free(who)

    def _may_readmit(self, who: str) -> bool:
        return self.state == REJECTED and who == "leader"

    def _may_undo_approval(self, who: str) -> bool:
        return self.last is not None and self.last[1] == who

    def _may_claim(self, who: str) -> bool:
        at_desk = self._at_desk(who) and who not in self.drafted and self.step != "release" and self.claimed != who
        elsewhere = {s for s, (by, _c) in self.signed.items() if by == who and s in FINANCE_STEPS}
        return at_desk and not (self.step in FINANCE_STEPS and elsewhere - {self.step})

    def _may_meet_condition(self, who: str) -> bool:
        if self.state not in (DEPARTMENT, FINANCE) or len(self.conditions) != 1:
            return False
        return self.conditions[0][1] == who or (self._at_desk(who) and who not in self.drafted)

    def _may_urge(self, who: str) -> bool:
        urging = {DRAFT: {"reviewer", "editor2", "business_reviewer"}}.get(self.state, EDITORS | {"head"})
        return self.state in (DRAFT, DEPARTMENT, FINANCE) and who in urging and not self.waited

    def _may_cancel(self, who: str) -> bool:
        return self.state == DRAFT and who in EDITORS | {"business_reviewer", "performance_reviewer"}

    def _may_open_monitoring(self, who: str) -> bool:
        return self.state in (APPROVED, MONITORING) and who == "performance_reviewer"

    def _may_suspend(self, who: str) -> bool:
        return self.state == MONITORING and who == "performance_reviewer"

    def _may_resume(self, who: str) -> bool:
        return self.state == SUSPENDED and who == "performance_reviewer"

    def _may_close(self, who: str) -> bool:
        return False  # the fiscal year of the model's cases is not over

    # what it does

    def do(self, action: str, who: str, *, to: str = "unit", again: str = "chain", text: str = "") -> None:
        """Carry out what `may` allows."""
        {
            "edit": lambda: self._edit(who, text),
            "submit": lambda: self._submit(who),
            "recall": self._to_draft,
            "reject": lambda: self._leave(REJECTED),
            "readmit": self._to_draft,
            "cancel": lambda: self._leave(CANCELLED),
            "return": lambda: self._return(to, again),
            "undo_approval": self._undo,
            "claim": lambda: self._claim(who),
            "meet_condition": self._meet,
            "urge": lambda: setattr(self, "waited", True),
            "open_monitoring": lambda: self._stay(MONITORING),
            "adjust": lambda: setattr(self, "last", None),
            "fill_for": lambda: self._fill(who, text),
            "confirm_filled": lambda: setattr(self, "filled_by", ""),
            "propose_admission": lambda: self._propose(who),
            "decline_admission": self._forget_proposal,
            "admit": self._admit,
            "funds_changed": self._funds_changed,
            "suspend": lambda: self._stay(SUSPENDED),
            "resume": lambda: self._stay(MONITORING),
        }.get(action, lambda: self._sign(action, who))()

    def _edit(self, who: str, text: str) -> None:
        self.drafted.add(who)
        self.content = text

    def _fill(self, who: str, text: str) -> None:
        self.content, self.filled_by = text, who
        self._forget_proposal()

    def _propose(self, who: str) -> None:
        self.proposal, self.asked_to_admit = (who, self.content), True

    def _forget_proposal(self) -> None:
        self.proposal, self.asked_to_admit = None, False

    def _admit(self) -> None:
        self._forget_proposal()
        self.state, self.admitted = APPROVED, True

    def _funds_changed(self) -> None:
        self._forget(SHORT_ROUTE)
        self.funds_changed, self.last, self.admitted = True, None, self.admitted and self.state == DRAFT
        if self.state != DRAFT:
            self.state, self.step, self.claimed = DRAFT, "", ""

    def _submit(self, who: str) -> None:
        self.drafted.add(who)
        self._forget_proposal()
        self.decided_in_stage, self.last = False, None
        self._go_on()

    def _go_on(self) -> None:
        self.claimed = ""
        left = [step for step in WAY if step not in self.signed]
        self.step = left[0] if left else ""
        self.state = APPROVED if not left else DEPARTMENT if left[0] == "office" else FINANCE

    def _sign(self, action: str, who: str) -> None:
        self.signed[self.step] = (who, self.content)
        self.last = None if action == "release" else (self.step, who)
        if action == "approve_with_conditions":
            self.conditions.append((self.step, who))
        self.decided_in_stage = True
        self._go_on()

    def _forget(self, steps: set[str]) -> None:
        self.signed = {step: by for step, by in self.signed.items() if step not in steps}
        self.conditions = [c for c in self.conditions if c[0] not in steps]

    def _to_draft(self) -> None:
        self._forget(set(WAY))
        self._leave(DRAFT)

    def _leave(self, state: str) -> None:
        if state != DRAFT:
            self._forget(set(WAY))
        self.state, self.step, self.claimed, self.last = state, "", "", None

    def _stay(self, state: str) -> None:
        self.state, self.last = state, None

    def _return(self, to: str, again: str) -> None:
        by, goal = WAY.index(self.step), WAY.index(to) if to != "unit" else -1
        kept = set(WAY[:by]) - {to} if again == "direct" else set(WAY[: max(goal, 0)])
        self._forget(set(WAY) - kept)
        self.last, self.claimed, self.decided_in_stage = None, "", True
        if again == "direct":
            self.direct_by.append(self.step)
        self.step = "" if goal < 0 else to
        self.state = DRAFT if goal < 0 else DEPARTMENT if to == "office" else FINANCE

    def _undo(self) -> None:
        assert self.last is not None
        step = self.last[0]
        self._forget({step})
        self.step, self.last, self.claimed = step, None, ""
        self.state = DEPARTMENT if step == "office" else FINANCE

    def _claim(self, who: str) -> None:
        self.claimed, self.last = who, None

    def _meet(self) -> None:
        self.conditions.clear()
        self.last = None
