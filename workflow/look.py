"""What the engine knows of a case while it decides: its tasks, its record, its people. Loaded once, asked often.

Read-only. Used by the engine and by the rules it checks; a page that explains buttons uses the same.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from functools import cached_property
from typing import Any

from django.db.models import Q

from workflow import grants, record, routes, signing
from workflow.machine import FILLING, HEADS, SIGNATURES, Action, Kind, Place, Right, Role
from workflow.models import Case, Event, Step, Task, User
from workflow.sql import Happened

NOT_ACTING = (Action.URGE, Action.COPY, Action.EXPORT, Action.ESCALATE, Action.EDIT, Action.CLEAR_SECRECY,
              Action.REORGANISE, Action.HAND_OVER, Action.PURGE)  # fmt: skip
"""What happens beside the way and takes no approval's undoing away."""
DRAFTING = (Action.EDIT, Action.SUBMIT)
LOADED = ("open_tasks", "around")
"""What a look has loaded of its case, whoever looks."""


@dataclass
class Look:
    """One case seen by one actor at one moment. `by` None is the clock."""

    case: Case
    by: User | None
    on_behalf_of: User | None
    now: datetime
    version: int = field(init=False)

    def __post_init__(self) -> None:
        self.version = self.case.version

    @property
    def holder(self) -> User | None:
        """Whose rights are used: the principal's when a deputy acts."""
        return self.on_behalf_of or self.by

    @cached_property
    def open_tasks(self) -> list[Task]:
        """The open tasks, each with its step from the published route, which needs no query."""
        tasks = self.around.tasks
        steps = {s.pk: s for s in routes.steps_of(self.case.route)} if self.case.route else {}
        for task in tasks:
            if task.step_id in steps:
                task.step = steps[task.step_id]
        return tasks

    @property
    def events(self) -> list[Happened]:
        """The chain of the case, oldest first."""
        return self.around.events

    @cached_property
    def around(self) -> grants.Surroundings:
        """What stands around the case; the engine reads it with the lock, everybody else when first asked."""
        return grants.around(self.case)

    @property
    def rows(self) -> grants.Rows:
        """Guardian's rows of the case."""
        return self.around.rows

    @cached_property
    def rights(self) -> frozenset[Right]:
        """The rights that guardian's rows give the holder on the case."""
        if self.holder is None or not self.holder.is_active:
            return frozenset()
        rows, groups = self.rows, self.groups_of(self.holder)
        by_group = {right for group, right in rows.groups if group in groups}
        return frozenset(by_group | {right for person, right in rows.people if person == self.holder.pk})

    def for_principal(self, principal: User) -> "Look":
        """Return the same case seen by the actor as the deputy of `principal`: nothing is loaded anew."""
        other = Look(self.case, by=self.by, on_behalf_of=principal, now=self.now)
        other.__dict__ |= {name: self.__dict__[name] for name in LOADED if name in self.__dict__}
        return other

    def happened(self, *actions: Action) -> bool:
        """Return whether one of `actions` was ever carried out."""
        return any(e.action in actions and not e.refused for e in self.events)

    def last_by_actor(self) -> Happened | None:
        """Return the last thing that the actor did to the case themselves, None for nothing."""
        mine = self.by.pk if self.by else None
        return next((e for e in reversed(self.events) if e.actor_id == mine and not e.refused), None)

    @cached_property
    def sees(self) -> bool:
        """Whether the holder may know of the case: every right is given to people who do."""
        return self.holder is None or bool(self.rights) or grants.may(self.holder, "view", self.case)

    def groups_of(self, person: User) -> frozenset[int]:
        """Return the role groups around the case that `person` is an active member of."""
        return frozenset(post.group_id for post in self._posts if person.pk in post.members)

    @property
    def _posts(self) -> tuple[grants.Post, ...]:
        return self.around.posts

    def posts(self) -> tuple[grants.Post, ...]:
        """Return the role groups around the case, with their members."""
        return self._posts

    def editor_groups(self) -> list[int]:
        """Return the role groups of the unit's editors, members or not: their work waits for whoever comes."""
        return [p.group_id for p in self._posts if (p.role, p.place) == (Role.EDITOR, Place.UNIT)]

    def wanted_grants(self, *, state: str, tasks: Iterable[Task]) -> grants.Rows:
        """Return the rows that the case should have in `state` with these tasks."""
        return grants.wanted(self.case, state=state, posts=self._posts, tasks=tasks)

    def date_of(self, milestone: str) -> date | None:
        """Return the round's date of a milestone, None where the round sets none."""
        return self.around.dates.get(milestone)

    # the record, asked

    def event_of_key(self, key: str) -> Happened | None:
        """Return the event of this actor with this operation key."""
        actor = self.by.pk if self.by else None
        return next((e for e in self.events if e.key == key and e.actor_id == actor), None)

    def events_of_pass(self) -> Sequence[Happened]:
        """Return what was carried out since the last submission."""
        submitted = max((e.seq for e in self.events if e.action == Action.SUBMIT and not e.refused), default=0)
        return [e for e in self.events if e.seq >= submitted and not e.refused]

    def has_edited_in_pass(self) -> bool:
        """Return whether the actor's editing since the last return is already recorded."""
        actor = self.by.pk if self.by else None
        turns = (Action.SUBMIT, Action.RECALL, Action.RETURN, Action.START)
        since = max((e.seq for e in self.events if e.action in turns and not e.refused), default=0)
        return any(
            e.seq > since and e.action == Action.EDIT and e.actor_id == actor and not e.refused for e in self.events
        )

    def _people(self) -> set[int]:
        return {person.pk for person in (self.by, self.on_behalf_of) if person}

    def drafted_by_actor(self) -> str:
        """Return the word for what the actor (or their principal) did to the content, "" for nothing."""
        people = self._people()
        return next((action for action, drafters in self._drafters if people & drafters), "")

    def has_drafted(self, person_id: int) -> bool:
        """Return whether a person has edited or submitted the case, or the table that it adjusts."""
        return any(person_id in drafters for _action, drafters in self._drafters)

    @cached_property
    def _drafters(self) -> list[tuple[str, frozenset[int | None]]]:
        """Who edited and submitted, oldest first; filling in for the unit counts until it is confirmed.

        An adjustment has the drafters of what it adjusts as well: one statement more.
        """
        waiting = self.unconfirmed.seq if self.unconfirmed else None
        own = [
            (e.action, frozenset({e.actor_id, e.on_behalf_of_id}))
            for e in self.events
            if not e.refused and (e.action in DRAFTING or e.seq == waiting)
        ]
        return own + (self._drafters_of_kin() if self.case.parent_id and self.case.kind == Kind.TARGET else [])

    def _drafters_of_kin(self) -> list[tuple[str, frozenset[int | None]]]:
        kin = Q(case=self.case.parent_id) | Q(case__parent=self.case.parent_id, case__kind=Kind.TARGET)
        rows = Event.objects.filter(kin, refused="", action__in=DRAFTING).exclude(case=self.case).order_by("pk")
        return [(a, frozenset({by, behalf})) for a, by, behalf in rows.values_list("action", "actor", "on_behalf_of")]

    @cached_property
    def unconfirmed(self) -> Happened | None:
        """The last filling in for the unit that neither the unit nor a signed scan has confirmed."""
        return self._last(Action.FILL_FOR, but=(Action.CONFIRM_FILLED,), holding="scan", wanted=False)

    @cached_property
    def filled_with_scan(self) -> Happened | None:
        """The filling in for the unit whose signed scan stands: the content is still what it was then."""
        found = self._last(Action.FILL_FOR, but=(Action.CONFIRM_FILLED, Action.SUBMIT), holding="scan", wanted=True)
        return found if found and found.content_hash == self.case.content_hash else None

    @cached_property
    def proposal(self) -> Happened | None:
        """The proposal of an admission (补录) that waits for a second person, for the content as it stands."""
        ends = (Action.SUBMIT, Action.DECLINE_ADMISSION, Action.ADMIT, Action.FILL_FOR)
        found = self._last(Action.PROPOSE_ADMISSION, but=ends)
        return found if found and found.content_hash == self.case.content_hash else None

    def _last(
        self, action: Action, *, but: Sequence[Action], holding: str = "", wanted: bool = True
    ) -> Happened | None:
        """Return the last event of `action` unless one of `but` came later; `holding`: what its payload must hold."""
        last = next((e for e in reversed(self.events) if not e.refused and e.action in (action, *but)), None)
        if last is None or last.action != action:
            return None
        return last if not holding or bool(record.payload_of(last).get(holding)) is wanted else None

    def holds(self, posts: Sequence[tuple[Role, Place]]) -> bool:
        """Return whether the holder has one of these offices around the case."""
        holder = self.holder
        return holder is not None and any(
            (post.role, post.place) in posts and holder.pk in post.members for post in self._posts
        )

    def submits_for(self) -> bool:
        """Return whether the holder may submit in the unit's place: it was filled in from the unit's signed paper."""
        return self.filled_with_scan is not None and self.holds(FILLING)

    @cached_property
    def signed(self) -> signing.Signed:
        """The signatures that stand."""
        steps = [s.key for s in routes.steps_of(self.case.route)] if self.case.route else []
        return signing.signed(self.events, steps=steps, payload_of=record.payload_of)

    def signed_finance_steps(self) -> set[str]:
        """Return the keys of the finance steps that the actor has signed, where the signature stands."""
        return {s.step for s in self.signed.of_people(self._people()) if s.in_finance}

    def undoable(self) -> Happened | None:
        """Return the approval that nobody has acted upon yet, None where there is none."""
        last = next((e for e in reversed(self.events) if not e.refused and e.action not in NOT_ACTING), None)
        return last if last is not None and last.action in SIGNATURES[:2] else None

    def heads(self, step: Step) -> bool:
        """Return whether the holder heads the office whose people sign `step`."""
        if self.holder is None:
            return False
        groups = self.groups_of(self.holder)
        wanted = {(HEADS.get(c["role"]), c["of"]) for c in step.candidates if "role" in c}
        return any(p.group_id in groups and (p.role, p.place) in wanted for p in self._posts)

    def payloads_of(self, step: Step) -> Iterator[dict[str, Any]]:
        """Yield what the events that opened `step` carry, the newest first."""
        for event in reversed(self.events):
            if not event.refused and f'"opens":"{step.key}"' in event.payload:
                yield record.payload_of(event)

    def ask_of(self, task: Task) -> dict[str, Any]:
        """Return what the event carries that asked for the added `task`: people, rule, place."""
        return record.payload_of(next(e for e in self.events if e.seq == task.added_seq))

    def step_of(self, key: str) -> Step | None:
        """Return the step of the case's route with this key."""
        return next((s for s in routes.steps_of(self.case.route) if s.key == key), None) if self.case.route else None

    def last_change(self) -> Happened | None:
        """Return the last event that was carried out."""
        return next((e for e in reversed(self.events) if not e.refused), None)
