"""Target tables as text files and as form posts, for tests: small, complete, and without a must-fix finding."""

from datetime import date
from types import SimpleNamespace
from typing import Any

from targets import drafts, projects, reviews
from tests.world import NOW, key, seen
from workflow.models import Case, User

PROJECT = "演示图书馆设备更新项目"
ROWS = [
    ("11", "采购图书自助借还机", "≥12台"),
    ("12", "设备验收合格率", "≥98%"),
    ("13", "设备安装完成时间", "2027年9月底前"),
    ("14", "自助借还机采购成本", "30万元"),
    ("22", "年借阅人次增长率", "≥10%"),
    ("24", "设备持续使用年限", "≥5年"),
    ("31", "读者满意度", "≥90%"),
]
HEADER = {
    "attribute": "0101-一年期项目",
    "period": "2027年1-12月",
    "funds.total": "30",
    "funds.fiscal": "30",
    "annual_goal": "更新图书馆自助借还机 12 台，年借阅人次增长 10% 以上，读者满意度 90% 以上。",
}
LABELS = {
    "11": "11-数量指标（必填 硬性指标）",
    "12": "12-质量指标（必填）",
    "13": "13-时效指标（必填）",
    "14": "14-成本指标（必填 硬性指标）",
    "22": "22-社会效益（必填）",
    "24": "24-可持续影响（必填）",
    "31": "31-服务对象满意度（必填）",
}
FAMILIES = {"1": "1-产出指标", "2": "2-效益指标", "3": "3-满意度指标"}


def paper(
    *,
    project: str = PROJECT,
    department: str = "演示办公室",
    unit: str = "演示办公室本级",
    year: int = 2027,
    total: str = "30",
    rows: list[tuple[str, str, str]] | None = None,
) -> bytes:
    """Return one target table as the text file that an editor uploads."""
    lines = [
        "部门项目支出预算绩效目标表",
        f"({year} 年度)",
        f"项目名称\t{project}",
        f"主管部门\t{department}\t实施单位\t{unit}",
        "项目属性\t0101-一年期项目\t项目期限\t2027年1-12月",
        f"项目资金（万元）\t年度资金总额：\t{total}",
        f"\t其中：财政拨款\t{total}",
        "\t其他资金\t",
        f"年度总体绩效目标\t{HEADER['annual_goal']}",
        "名称\t一级指标\t二级指标\t三级指标\t绩效值",
    ]
    last = ""
    for code, name, value in ROWS if rows is None else rows:
        family = FAMILIES[code[0]] if code[0] != last else ""
        last = code[0]
        lines.append(f"{'绩效指标' if len(lines) == 10 else ''}\t{family}\t{LABELS[code]}\t{name}\t{value}")
    return ("\n".join(lines) + "\n").encode()


def posted(rows: list[tuple[str, str, str]] | None = None) -> list[dict[str, Any]]:
    """Return rows as the form posts them."""
    return [{"uuid": None, "code": c, "name": n, "value": v} for c, n, v in (ROWS if rows is None else rows)]


def fresh(person: User) -> User:
    """Return the person as the next request knows them."""
    return User.objects.get(pk=person.pk)


def again(case: Case) -> Case:
    return Case.objects.select_related("step", "unit", "department").get(pk=case.pk)


def filled(world: SimpleNamespace, *, case: Case | None = None, now: Any = NOW) -> Case:
    """Return a case in draft with a whole table in it: a project outside the list, unless a case is given."""
    case = case or projects.add_off_list(unit=world.own, name=PROJECT, by=fresh(world.editor), key=key(), now=now)
    drafts.save_table(case=case, by=fresh(world.editor), now=now, seen=seen(case), header=HEADER, rows=posted())
    return again(case)


def submitted(world: SimpleNamespace, *, now: Any = NOW) -> Case:
    """Return a whole table that its editor has submitted."""
    case = filled(world, now=now)
    drafts.submit(case=case, by=fresh(world.editor), now=now, seen=seen(case), key=key(), looked_at=True)
    return again(case)


def in_force(world: SimpleNamespace, *, now: Any = NOW) -> Case:
    """Return a table that was reviewed by everybody and released."""
    case = submitted(world, now=now)
    for person in (world.reviewer, world.business_reviewer, world.performance_reviewer):
        reviews.decide(case=case, by=fresh(person), verdict="approve", seen=seen(case), key=key(), now=now)
    reviews.release(
        case=case,
        by=fresh(world.leader),
        document_number="演示〔2027〕1号",
        document_date=date(2027, 1, 20),
        seen=seen(case),
        key=key(),
        now=now,
    )
    return again(case)
