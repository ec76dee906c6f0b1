"""A small county for tests: two departments, a finance bureau, people in every role, routes, ladders, a calendar.

`build_world(now=…)` makes it through plain rows; cases are opened and moved through the engine with a toy document.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from itertools import count
from types import SimpleNamespace
from typing import Any

from workflow import calendar, engine, ladders, routes
from workflow.machine import Action, Kind, Role
from workflow.models import Case, Event, Milestone, Organisation, RoleGroup, Round, RoundDate, User
from workflow.refusals import Blocker

NOW = datetime(2026, 9, 7, 2, 0, tzinfo=UTC)
"""A Monday, 10:00 in Shanghai."""

_keys = count(1)


def key() -> str:
    """Return an operation key that no test has used."""
    return f"key-{next(_keys)}"


@dataclass
class ToyDocument:
    """A document that is one text: enough to test the procedure without knowing a target table."""

    texts: dict[int, str] = field(default_factory=dict)
    blockers_for: dict[str, list[Blocker]] = field(default_factory=dict)
    after_calls: list[tuple[int, str]] = field(default_factory=list)

    def content(self, case: Case) -> Mapping[str, Any]:
        return {"v": 1, "text": self.texts.get(case.pk)}

    def blockers(self, case: Case, action: Action, by: User | None, details: Mapping[str, Any]) -> Sequence[Blocker]:
        return self.blockers_for.get(str(action), [])

    def url(self, case: Case) -> str:
        return f"/toy/{case.number}"

    def after(self, case: Case, action: Action, by: User | None, now: datetime, event: Event) -> None:
        self.after_calls.append((case.pk, str(action)))


def group(organisation: Organisation, role: Role) -> RoleGroup:
    return RoleGroup.objects.get_or_create(
        organisation=organisation, role=role, defaults={"name": f"{organisation.name}·{role.label}"}
    )[0]


def person(username: str, *posts: tuple[Organisation, Role], **columns: Any) -> User:
    user = User(username=username, full_name=f"演示·{username}", is_demo=True, **columns)
    user.set_unusable_password()
    user.save()
    user.groups.add(*(group(organisation, role) for organisation, role in posts))
    return user


def build_world(*, now: datetime = NOW, profile: str = "nx_2022") -> SimpleNamespace:
    """Return organisations, people and a round, by short names.

    Organisations: bureau, business, performance (divisions); office (a department) with own (its 本级 unit);
    school (another department) with primary (a unit of it). People: editor, editor2, head, reviewer (of office/own),
    business_reviewer, performance_reviewer, leader, auditor; teacher, principal, school_reviewer (of school/primary).
    """
    routes.install_defaults(now=now)
    ladders.install_defaults()
    calendar.install_defaults(now=now)
    kinds = Organisation.Kind
    make = Organisation.objects.create
    bureau = make(code="F", name="演示财政局", kind=kinds.BUREAU)
    business = make(code="F1", name="演示业务股", kind=kinds.DIVISION, parent=bureau)
    performance = make(code="F2", name="演示绩效股", kind=kinds.DIVISION, parent=bureau, is_performance_division=True)
    office = make(code="D1", name="演示办公室", kind=kinds.DEPARTMENT, division_in_charge=business)
    own = make(code="D1-0", name="演示办公室本级", kind=kinds.UNIT, parent=office, is_own_office=True)
    school = make(code="D2", name="演示教育局", kind=kinds.DEPARTMENT, division_in_charge=business)
    primary = make(code="D2-1", name="演示小学", kind=kinds.UNIT, parent=school)
    round_ = Round.objects.create(title="演示批次", fiscal_year=2027, profile=profile, opened_at=now)
    for days, milestone in enumerate(Milestone.values, start=1):
        RoundDate.objects.create(round=round_, milestone=milestone, date=(now + timedelta(days=10 * days)).date())
    return SimpleNamespace(
        bureau=bureau,
        business=business,
        performance=performance,
        office=office,
        own=own,
        school=school,
        primary=primary,
        round=round_,
        editor=person("editor", (own, Role.EDITOR)),
        editor2=person("editor2", (own, Role.EDITOR)),
        head=person("head", (own, Role.UNIT_HEAD)),
        reviewer=person("reviewer", (office, Role.DEPARTMENT_REVIEWER)),
        business_reviewer=person("business_reviewer", (business, Role.FINANCE_REVIEWER)),
        performance_reviewer=person("performance_reviewer", (performance, Role.FINANCE_REVIEWER)),
        leader=person("leader", (bureau, Role.FINANCE_HEAD)),
        auditor=person("auditor", (bureau, Role.AUDITOR)),
        teacher=person("teacher", (primary, Role.EDITOR)),
        principal=person("principal", (primary, Role.UNIT_HEAD)),
        school_reviewer=person("school_reviewer", (school, Role.DEPARTMENT_REVIEWER)),
    )


def seen(case: Case) -> engine.Seen:
    """Return what somebody who opens the case right now sees."""
    fresh = Case.objects.get(pk=case.pk)
    return engine.Seen(fresh.version, fresh.content_hash)


def act(case: Case, action: Action, by: User | None, *, now: datetime = NOW, **details: Any) -> engine.Outcome:
    """Perform with a fresh key and what stands now."""
    options = {"seen": seen(case), "key": key(), "now": now} | details
    return engine.perform(case, action, by=by and User.objects.get(pk=by.pk), **options)


def toy_case(
    world: SimpleNamespace,
    toy: ToyDocument,
    *,
    by: User | None = None,
    unit: Organisation | None = None,
    now: datetime = NOW,
    text: str = "first text",
    **columns: Any,
) -> Case:
    """Open a case of the toy document and write a first text as its editor."""
    by = by or world.editor
    case = engine.start(
        kind=Kind.TARGET,
        unit=unit or world.own,
        title="演示项目",
        fiscal_year=2027,
        profile=world.round.profile,
        by=by,
        key=key(),
        now=now,
        round=world.round,
        **columns,
    )
    write_text(case, toy, by=by, text=text, now=now)
    return case


def write_text(case: Case, toy: ToyDocument, *, by: User, text: str, now: datetime = NOW) -> None:
    def write(locked: Case) -> None:
        toy.texts[locked.pk] = text

    engine.set_content(case, by=User.objects.get(pk=by.pk), now=now, write=write)


def toy(case_kind: Kind = Kind.TARGET) -> ToyDocument:
    """Return a fresh toy document, not yet registered."""
    return ToyDocument()


def walk_to(case: Case, world: SimpleNamespace, state: str, *, now: datetime = NOW) -> Case:
    """Move a toy case of the own office to department_review, finance_review, performance, release or approved."""
    way = [
        ("department_review", Action.SUBMIT, world.editor),
        ("finance_review", Action.APPROVE, world.reviewer),
        ("performance", Action.APPROVE, world.business_reviewer),
        ("release", Action.APPROVE, world.performance_reviewer),
        ("approved", Action.RELEASE, world.leader),
    ]
    for stop, action, by in way:
        act(case, action, by, now=now, **({"document_number": "演示〔2027〕1号"} if action == Action.RELEASE else {}))
        if stop == state:
            break
    return Case.objects.select_related("step", "unit", "department").get(pk=case.pk)
