"""One table from an uploaded file to an accepted monitoring report, by five people, over HTTP.

`make walk` goes through the demo that `make run DETACH=1` started; tests/journeys/test_walk.py does the same in the
test suite.
"""

import json
import os
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from tests.journeys.people import Page, Person

VAR = Path(os.environ.get("BTR_VAR_DIR", "var"))
"""Where the demo that runs keeps what it writes."""
TABLE = """部门项目支出预算绩效目标表
(2024 年度)
项目名称\t{name}
主管部门\t中共平罗县委办公室\t实施单位\t中国共产党平罗县委员会办公室本级
项目属性\t0101-一年期项目\t项目期限\t2024 年 1-12 月
项目资金（万元）\t年度资金总额：\t12
\t其中：财政拨款\t12
\t其他资金\t
年度总体绩效目标\t全年举办业务培训 6 场次，培训 300 人次，2024 年 12 月底前完成。
名称\t一级指标\t二级指标\t三级指标\t绩效值
绩效指标\t1-产出指标\t11-数量指标（必填 硬性指标）\t培训场次\t≥6 场次
\t\t\t培训人次\t≥300 人次
\t\t12-质量指标（必填）\t培训合格率\t≥95%
\t\t13-时效指标（必填）\t培训完成时间\t2024 年 12 月底前
\t\t14-成本指标（必填 硬性指标）\t培训成本\t≤10 万元
\t2-效益指标\t22-社会效益（必填）\t参训人员岗位考核通过率\t≥90%
\t\t24-可持续影响（必填）\t培训成果持续应用单位数量\t≥8 个
\t3-满意度指标\t31-服务对象满意度（必填）\t参训职工满意度\t≥95%
"""
"""Costs are 2 万元 short of the funds: what the business division returns it for."""


@dataclass
class Walk:
    """The walk and what it noticed on the way. `sweep(now)` lets time pass as `manage.py sweep --now` does."""

    base: str
    password: str
    sweep: Callable[[datetime], None]
    today: date
    name: str
    number: str = ""
    notes: list[str] = field(default_factory=list)

    def person(self, username: str) -> Person:
        return Person(self.base, username, self.password)

    def go(self) -> None:
        """Walk the whole way; raises AssertionError where the pages do not do what they say."""
        editor, head = self.person("jingban"), self.person("fuzeren")
        department, business = self.person("zhuguan"), self.person("yewugu")
        performance, leader = self.person("jixiaogu"), self.person("juling")
        self.upload(editor)
        self.submit(editor)
        self.is_with(editor, "待主管部门审核")
        self.decide(department, "approve")
        self.is_with(editor, "待业务股审核")
        self.decide(business, "return", words="成本合计 10 万元，资金 12 万元，请补足。")
        self.is_with(editor, "退回修改")
        self.time_passes(editor, head)
        self.correct(editor)
        self.submit(editor)
        self.decide(department, "approve")
        self.decide(business, "approve")
        self.decide(performance, "approve")
        self.is_with(editor, "审核通过·待批复")
        self.decide(leader, "release", document_number="演示财预〔2024〕1号", document_date=self.today.isoformat())
        report = self.open_monitoring(editor)
        self.report(editor, report)
        self.decide(department, "approve", path=report)
        self.decide(performance, "approve", path=report)
        page = editor.open(report)
        assert "审核通过" in page.text, page.text[:400]
        self.say(f"监控表 {report} 已审核通过")

    def say(self, words: str) -> None:
        self.notes.append(words)

    @property
    def path(self) -> str:
        return f"/tables/{self.number}"

    def is_with(self, who: Person, words: str) -> None:
        page = who.open(self.path)
        assert page.status == 200
        assert words in page.text.replace(" ", ""), f"{words!r} is not on {self.path}: {page.text[:400]}"
        self.say(f"{self.number} {words}")

    def upload(self, editor: Person) -> None:
        page = editor.open("/import")
        data = TABLE.format(name=self.name).encode()
        preview = editor.press(page, "", files={"file": ("演示目标表.txt", data)}, declared="on")
        assert preview.status == 200, preview.text[:400]
        assert "培训合格率" in preview.text
        taken = editor.press(preview, "/confirm")
        assert taken.status == 200, taken.text[:600]
        self.number = taken.link("/tables/2").rsplit("/", 1)[1]
        self.say(f"导入 {self.name}，编号 {self.number}")

    def submit(self, editor: Person) -> None:
        page = editor.open(self.path)
        answer = editor.press(page, "/save", to=f"{self.path}/submit", looked_at="1")
        assert answer.status == 200, answer.text[:800]

    def decide(self, who: Person, verdict: str, *, path: str = "", **typed: Any) -> None:
        path = path or self.path
        page = who.open(path)
        answer = who.press(page, "/decide", ("verdict", verdict), **typed)
        assert answer.status == 200, f"{who.username} {verdict} {path}: {answer.status} {answer.text[:600]}"
        self.say(f"{who.username} {verdict} {path}")

    def correct(self, editor: Person) -> None:
        page = editor.open(self.path)
        values = [t.get_text() for t in page.form("/save").find_all("textarea", attrs={"name": "row_value"})]
        mended = ["≤12 万元" if "10 万元" in value else value for value in values]
        assert mended != values
        answer = editor.press(page, "/save", lists={"row_value": mended})
        assert answer.status == 200, answer.text[:400]
        assert "≤12 万元" in editor.open(self.path).soup.decode()

    def time_passes(self, editor: Person, head: Person) -> None:
        """Sweep on the morning of the correction's last day and on the third day after it."""
        due = self._due_day(editor.open(self.path))
        self.sweep(_morning(due))
        assert self._is_told(editor.open("/notices"), "提醒"), "no reminder for the editor"
        assert not self._is_told(head.open("/notices"), "逾期上报"), "the unit head was told too early"
        self.sweep(_morning(due + timedelta(days=4)))
        assert self._is_told(head.open("/notices"), "逾期上报"), "no escalation for the unit head"
        self.say(f"截止 {due}：经办收到提醒，逾期后单位负责人收到逾期上报")

    def _due_day(self, page: Page) -> date:
        words = page.text.split("截止时间", 1)[1].split()[0]
        return date.fromisoformat(words[:10])

    def _is_told(self, page: Page, kind: str) -> bool:
        """Whether the notices of this table hold one of `kind`."""
        groups = [g for g in page.soup.find_all(["section", "article", "li"]) if self.number in g.get_text()]
        return any(kind in group.get_text() for group in groups)

    def open_monitoring(self, editor: Person) -> str:
        """The period has begun: the next sweep opens the report of a table that is now in force."""
        self.sweep(datetime.now().astimezone())
        page = editor.open("/monitoring")
        for row in page.soup.find_all("tr"):
            link = row.find("a", href=lambda href: bool(href) and "/reports/" in href)
            if link and self.name in row.get_text():
                self.say(f"监控已下发 {link['href']}")
                return str(link["href"])
        raise AssertionError(f"no report of {self.name} on the monitoring page: {page.text[:600]}")

    def report(self, editor: Person, path: str) -> None:
        page = editor.open(path)
        form = page.form("/save")
        typed = {"executed_total": "7", "forecast_total": "12", "executed_fiscal": "7", "forecast_fiscal": "12"}
        for row in form.find_all("input", attrs={"name": "row"}):
            uuid = row["value"]
            typed |= {
                f"actual.{uuid}": "已完成大部分",
                f"forecast.{uuid}": "按期完成",
                f"possibility.{uuid}": "certain",
            }
        answer = editor.press(page, "/save", to=f"{path}/submit", **typed)
        assert answer.status == 200, answer.text[:800]
        assert "58.33%" in editor.open(path).text, "the execution rate 7 / 12 is not on the report"


def _morning(day: date) -> datetime:
    return datetime.fromisoformat(f"{day.isoformat()}T09:00:00+08:00")


def main(base: str) -> None:
    """Walk through the demo that runs at `base`, with the password and the database of VAR."""
    assert urlsplit(base).hostname in {"127.0.0.1", "localhost"}, "the walk is for a demo on this machine"
    password = (VAR / "demo_password").read_text().strip()

    def sweep(now: datetime) -> None:
        command = [sys.executable, "manage.py", "sweep", "--now", now.isoformat(), "--json"]
        done = subprocess.run(command, check=True, capture_output=True, text=True)
        json.loads(done.stdout)

    now = datetime.now().astimezone()
    walk = Walk(base, password, sweep, now.date(), name=f"演示·走查培训项目 {now:%m%d%H%M%S}")
    try:
        walk.go()
    finally:
        print(*walk.notes, sep="\n")


def running() -> str:
    """Return the address of the demo that this checkout's supervisor runs."""
    place = VAR / "run" / "supervisor.json"
    if not place.exists():
        raise SystemExit("No demo is running here: start it with `make run DETACH=1`.")
    return str(json.loads(place.read_text())["address"])


if __name__ == "__main__":
    main(sys.argv[1] if len(sys.argv) > 1 else running())
