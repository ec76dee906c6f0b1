"""The demo county: people in every role, a round, and the eight sample tables moved by real actions to many states.

Everything goes through the same functions as the pages; running it again does nothing. Used by `seed_demo` and by
the one-command start, never by the product itself.
"""

import csv
import io
import secrets
import tomllib
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any

from django.conf import settings
from django.contrib.auth.hashers import check_password, make_password
from django.utils import timezone, translation

from targets import checks, drafts, monitoring, projects, reading, reviews, secrecy, uploads
from targets.models import (
    Indicator,
    MonitoringPeriod,
    MonitoringReport,
    Project,
    ProjectListImport,
    ProjectListing,
    SourceDocument,
    TargetTable,
)
from workflow import engine, record
from workflow.machine import Action, Role
from workflow.models import Case, Event, Organisation, RoleGroup, Round, RoundDate, User

DATA = Path(__file__).parent / "data" / "demo.toml"
SAMPLE = Path(__file__).parent / "samples" / "pingluo-2024-targets.txt"
LANGUAGE = "zh-hans"
LIST_NAME = "演示预算项目清单.csv"
DAYS_AGO = {"list": 38, "upload": 20, "secrecy": 13, "submit": 12, "department": 9, "business": 6, "performance": 4,
            "return": 3, "release": 3, "monitoring": 1, "report": 0}
"""How many days before the demo was made each move happened."""
REVIEWERS = {"department": "zhuguan", "business": "yewugu", "performance": "jixiaogu"}


@cache
def plan() -> dict[str, Any]:
    """Return the demo as data."""
    return tomllib.loads(DATA.read_text("utf-8"))


def password_path() -> Path:
    """Return where this installation keeps the password of its demo accounts."""
    return Path(settings.VAR_DIR) / "demo_password"


def password() -> str:
    """Return the password of the demo accounts, made by chance on first use; no two installations share it."""
    path = password_path()
    if not path.exists():
        path.touch(mode=0o600)
        path.write_text(secrets.token_urlsafe(9))
    return path.read_text().strip()


def logins() -> list[tuple[str, str, str]]:
    """Return (username, password, role in words) of the demo accounts that are there, in the order of the tour."""
    names = [entry["username"] for entry in plan()["person"]]
    people = {user.username: user for user in User.objects.filter(username__in=names, is_demo=True, is_active=True)}
    return [(name, password(), people[name].full_name) for name in names if name in people]


def seed(*, now: datetime) -> dict[str, int]:
    """Make the demo county and move its tables; what is there already stays. Returns counts of people and cases.

    The first call fixes the day from which all dates count. Needs the shipped routes, ladders and calendar.
    """
    with translation.override(LANGUAGE):
        organisations = _organisations()
        people = _people(organisations)
        round = _round(now)
        opened_at = round.opened_at or now
        stage = Stage(round, people, opened_at + timedelta(days=plan()["round"]["opened_days_ago"]))
        stage.import_list()
        stage.import_tables()
        for table in plan()["table"]:
            for move in table["moves"]:
                stage.move(table["code"], move)
    return {"people": len(people), "cases": Case.objects.filter(round=round).count()}


def _organisations() -> dict[str, Organisation]:
    made: dict[str, Organisation] = {}
    for entry in plan()["organisation"]:
        columns = {"name": entry["name"], "kind": entry["kind"], "parent": made.get(entry.get("parent", "")),
                   "division_in_charge": made.get(entry.get("division_in_charge", "")),
                   "is_own_office": entry.get("is_own_office", False), "phone": entry.get("phone", ""),
                   "is_performance_division": entry.get("is_performance_division", False)}
        made[entry["code"]], _new = Organisation.objects.get_or_create(code=entry["code"], defaults=columns)
    return made


def _people(organisations: dict[str, Organisation]) -> dict[str, User]:
    hashed = ""
    people: dict[str, User] = {}
    for entry in plan()["person"]:
        user = User.objects.filter(username=entry["username"]).first()
        if user is None:
            hashed = hashed or make_password(password())
            user = User.objects.create(username=entry["username"], full_name=entry["name"], is_demo=True,
                                       password=hashed, administers=entry.get("administers"),
                                       email=f"{entry['username']}@demo.invalid",
                                       is_staff="administers" in entry)
            user.groups.set(_group(organisations[code], Role(role)) for code, role in entry["posts"])
        people[user.username] = user
    _keep_password_true(people)
    return people


def _keep_password_true(people: dict[str, User]) -> None:
    """When the kept password was lost or changed, the demo accounts get the one that will be printed."""
    first = next(iter(people.values()))
    if not check_password(password(), first.password):
        User.objects.filter(pk__in=[user.pk for user in people.values()], is_demo=True).update(
            password=make_password(password()))


def _group(organisation: Organisation, role: Role) -> RoleGroup:
    group, _new = organisation.role_groups.get_or_create(
        role=role, defaults={"name": f"{organisation.name}·{role.label}"})
    return group


def _round(now: datetime) -> Round:
    entry = plan()["round"]
    round, is_new = Round.objects.get_or_create(title=entry["title"], defaults={
        "fiscal_year": entry["fiscal_year"], "profile": entry["profile"],
        "control_figures_final": entry["control_figures_final"],
        "opened_at": now - timedelta(days=entry["opened_days_ago"])})
    if is_new:
        today = timezone.localtime(now).date()
        RoundDate.objects.bulk_create(
            RoundDate(round=round, milestone=milestone, date=today + timedelta(days=days))
            for milestone, days in entry["dates"].items())
    return round


@dataclass
class Stage:
    """The demo's round, its people, and the moment from which its past is counted."""

    round: Round
    people: dict[str, User]
    today: datetime

    def at(self, step: str) -> datetime:
        return self.today - timedelta(days=DAYS_AGO[step])

    def who(self, username: str) -> User:
        """Return a fresh instance, since rights are kept on it."""
        return User.objects.get(pk=self.people[username].pk)

    def case_of(self, code: str) -> Case:
        return ProjectListing.objects.select_related("case").get(project__code=code, round=self.round).case  # type: ignore[return-value]

    def import_list(self) -> None:
        if ProjectListImport.objects.filter(round=self.round, name=LIST_NAME).exists():
            return
        read = reading.read(name=SAMPLE.name, data=SAMPLE.read_bytes())
        lines = [[entry["code"], table.content.project_name, "201001", "特定目标类", table.content.funds.total]
                 for entry, table in zip(plan()["table"], read.tables, strict=True)]
        lines += [[entry["code"], entry["name"], entry["unit"], entry.get("category", "特定目标类"), entry["amount"]]
                  for entry in plan()["listed"]]
        text = io.StringIO()
        csv.writer(text).writerows([["项目编码", "项目名称", "单位编码", "项目类别", "金额（万元）"], *lines])
        result = projects.import_project_list(name=LIST_NAME, data=text.getvalue().encode(), by=self.who("jixiaogu"),
                                              now=self.at("list"), round=self.round)
        assert result.is_stored, result.refused

    def import_tables(self) -> None:
        by, now = self.who("jingban"), self.at("upload")
        source = SourceDocument.objects.filter(name=SAMPLE.name, uploaded_by=by).first()
        source = source or uploads.import_upload(name=SAMPLE.name, data=SAMPLE.read_bytes(), by=by, now=now)
        for entry, staged in zip(plan()["table"], source.tables.select_related("source__unit").order_by("position"),
                                 strict=True):
            if staged.decision == staged.Decision.PENDING:
                uploads.confirm_import(staged=staged, project=Project.objects.get(code=entry["code"]), by=by, now=now,
                                       key=f"demo:{entry['code']}:import")

    def move(self, code: str, move: str) -> None:
        """Make one move of one table, unless it was made before."""
        key = f"demo:{code}:{move}"
        case = self.case_of(code)
        if Event.objects.filter(key=key).exists() or (move == "secrecy" and self.is_confirmed(case)):
            return
        seen, now = drafts.seen_of(case), self.at(move)
        words = plan()["words"]
        if move == "secrecy":
            secrecy.confirm(case=case, by=self.who("fuzeren"), now=now, reason=words["secrecy"],
                            mark=checks.secrecy_mark(drafts.content_of(case)))
        elif move == "submit":
            drafts.submit(case=case, by=self.who("jingban"), now=now, seen=seen, key=key, looked_at=True)
        elif move == "return":
            reviews.decide(case=case, by=self.who("zhuguan"), verdict="return", words=words["return_"], seen=seen,
                           key=key, now=now, comments=[self.remark(case)])
        elif move == "release":
            reviews.release(case=case, by=self.who("juling"), document_number=words["document_number"],
                            document_date=timezone.localtime(now).date(), seen=seen, key=key, now=now)
        elif move == "monitoring":
            monitoring.open_monitoring(case=case, period=self.period(), by=self.who("jixiaogu"), now=now, key=key,
                                       seen=seen)
        elif move == "report":
            self.report(case, key=key, now=now)
        else:
            reviews.decide(case=case, by=self.who(REVIEWERS[move]), verdict="approve", seen=seen, key=key, now=now)

    def is_confirmed(self, case: Case) -> bool:
        """Return whether the secrecy review was noted by an earlier run: it has no operation key."""
        return TargetTable.objects.filter(pk=case.pk).exclude(secrecy_mark="").exists()

    def remark(self, case: Case) -> reviews.Remark:
        """Return the reviewer's comment: on the value of the first cost row."""
        row = Indicator.objects.filter(table=case.pk, code="14").order_by("position").first()
        return reviews.Remark("value", plan()["words"]["comment"], indicator=str(row.uuid) if row else None)

    def period(self) -> MonitoringPeriod:
        entry = plan()["period"]
        there = MonitoringPeriod.objects.filter(fiscal_year=self.round.fiscal_year, label=entry["label"]).first()
        dates = dict(RoundDate.objects.filter(round=self.round).values_list("milestone", "date"))
        return there or monitoring.create_period(
            fiscal_year=self.round.fiscal_year, label=entry["label"], from_date=entry["from"], to_date=entry["to"],
            opens_at=self.at("monitoring"), unit_due=dates["monitoring_unit"],
            department_due=dates["monitoring_department"], finance_due=dates["monitoring_finance"],
            by=self.who("jixiaogu"))

    def report(self, target: Case, *, key: str, now: datetime) -> None:
        """Fill the report of `target` and submit it: two rows at risk, the rest on course."""
        words = plan()["words"]
        report = MonitoringReport.objects.select_related("case").get(target=target)
        rows = [{"uuid": str(row.uuid), "actual": words["actual"], "forecast": words["forecast"],
                 "possibility": "possible" if row.position in (3, 8) else "certain",
                 "reason": words["reason"] if row.position in (3, 8) else "",
                 "measures": words["measures"] if row.position in (3, 8) else ""} for row in report.progress.all()]
        header = {"executed_total": "27.5", "executed_fiscal": "27.5", "forecast_total": report.budget_total}
        monitoring.submit_report(case=report.case, by=self.who("jingban"), now=now, key=key,
                                 seen=engine.Seen(report.case.version, report.case.content_hash),
                                 unsaved=monitoring.Unsaved(header, rows))


def is_whole() -> bool:
    """Return whether the record of every demo case holds together: a last look after seeding."""
    return not any(record.verify()) and Event.objects.filter(action=Action.SUBMIT, refused="").exists()
