"""The project list: all rows or none, nothing doubled, a table to fill for each project that needs one."""

import io
import zipfile
from decimal import Decimal

import pytest
from django.core.management import CommandError, call_command
from openpyxl import Workbook, load_workbook

from targets import drafts, lists, projects
from targets.models import Project, ProjectListImport, ProjectListing
from targets.organisations import NotAnEditor, NotFinance
from tests.targets.papers import again, filled, fresh
from tests.world import NOW, key, seen
from workflow.canonical import content_hash
from workflow.machine import TaskKind
from workflow.models import Case, Event, Round, Task

HEAD = [
    "项目编码",
    "项目名称",
    "单位编码",
    "单位名称",
    "主管部门",
    "归口股室",
    "项目类别",
    "资金来源",
    "新增/延续",
    "重点",
    "金额（万元）",
]
GOOD = [
    "A001",
    "演示项目甲",
    "D1-0",
    "演示办公室本级",
    "演示办公室",
    "演示业务股",
    "特定目标类",
    "一般公共预算",
    "延续",
    "是",
    "30.5",
]


def row(**changes: str) -> list[str]:
    names = [
        "code",
        "name",
        "unit_code",
        "unit_name",
        "department",
        "division",
        "category",
        "source",
        "continuing",
        "key",
        "amount",
    ]
    return [changes.get(name, value) for name, value in zip(names, GOOD, strict=True)]


def as_csv(*rows: list[str], head: list[str] = HEAD, encoding: str = "utf-8") -> bytes:
    return "\r\n".join(",".join(line) for line in [head, *rows]).encode(encoding)


def as_xlsx(*rows: list, head: list[str] = HEAD, above: list | None = None) -> bytes:
    book = Workbook()
    for line in [*([above] if above else []), head, *rows]:
        book.active.append(line)
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def take(world, data: bytes, by=None, round_: Round | None = None) -> projects.ImportResult:
    return projects.import_project_list(
        name="清单", data=data, by=fresh(by or world.performance_reviewer), now=NOW, round=round_ or world.round
    )


def counts() -> tuple[int, ...]:
    return tuple(model.objects.count() for model in (Project, ProjectListing, ProjectListImport, Case, Task))


def test_each_new_project_gets_a_table_to_fill_with_a_locked_header_and_the_rounds_date(world):
    result = take(world, as_csv(row(), row(code="A002", name="演示项目乙", amount="0.642")))
    assert (result.created, result.updated, result.unchanged, result.refused) == (2, 0, 0, ())
    project = Project.objects.get(code="A001")
    assert (project.unit, project.is_key, project.category) == (world.own, True, "specific")
    listing = project.listings.get()
    assert (listing.amount, listing.is_continuing, listing.case.is_key) == (Decimal(305000), True, True)
    content = drafts.content_of(listing.case)
    assert (content.project_name, content.unit, content.funds.total) == ("演示项目甲", "演示办公室本级", "30.5")
    task = Task.objects.get(case=listing.case)
    assert (task.kind, task.role_group.organisation) == (TaskKind.FILL, world.own)
    assert task.due_at is not None
    assert Project.objects.get(code="A002").listings.get().case.amount == Decimal("6420.00")


def test_personnel_projects_are_listed_without_a_table(world):
    take(world, as_csv(row(category="人员类")))
    assert ProjectListing.objects.get().case is None
    assert not Case.objects.exists()


def test_a_list_imported_again_changes_amount_and_name_and_doubles_nothing(world):
    take(world, as_csv(row(), row(code="A002")))
    before = counts()
    result = take(world, as_csv(row(amount="40", name="演示项目甲（改）"), row(code="A002")))
    assert (result.created, result.updated, result.unchanged) == (0, 1, 1)
    assert ProjectListing.objects.get(project__code="A001").amount == 400000
    assert Project.objects.get(code="A001").name == "演示项目甲（改）"
    assert counts() == tuple(n + (i == 2) for i, n in enumerate(before))


def test_a_list_imported_again_moves_name_and_key_of_a_draft_and_leaves_what_was_submitted(world):
    take(world, as_csv(row()))
    case = Case.objects.get()
    before = case.content_hash
    take(world, as_csv(row(name="演示项目甲（更名）", key="否")))
    case = again(case)
    assert (case.title, case.is_key, case.table.project_name) == ("演示项目甲（更名）", False, "演示项目甲（更名）")
    assert case.content_hash == content_hash(drafts.content_of(case).canonical()) != before
    event = Event.objects.filter(case=case).latest("seq")
    assert (event.action, event.actor) == ("edit", None)
    filled(world, case=case)
    drafts.submit(case=case, by=fresh(world.editor), now=NOW, seen=seen(case), key=key(), looked_at=True)
    take(world, as_csv(row(name="演示项目甲（又更名）", key="是")))
    assert (again(case).title, again(case).is_key) == ("演示项目甲（更名）", True)


def test_a_project_that_the_list_adopts_is_off_the_list_no_more(world):
    case = projects.add_off_list(unit=world.own, name="演示项目甲", by=fresh(world.editor), key=key(), now=NOW)
    take(world, as_csv(row()))
    assert again(case).is_off_list is False
    assert Case.objects.count() == 1


def test_the_next_round_lists_the_same_project_anew(world):
    take(world, as_csv(row()))
    later = Round.objects.create(title="演示二上", fiscal_year=2027, profile="nx_2022", opened_at=NOW)
    result = take(world, as_csv(row(amount="20")), round_=later)
    assert result.created == 1
    assert Project.objects.count() == 1
    assert list(ProjectListing.objects.order_by("round_id").values_list("amount", flat=True)) == [305000, 200000]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030"])
def test_csv_is_read_in_the_encodings_of_the_county(world, encoding):
    assert take(world, as_csv(row(), encoding=encoding)).created == 1


def test_xlsx_is_read_with_a_title_above_numbers_as_numbers_and_a_header_in_yuan(world):
    head = [*HEAD[:-1], "金额(元)"]
    result = take(world, as_xlsx([12345, *GOOD[1:-1], 305000.5], head=head, above=["演示县2027年预算项目清单"]))
    assert result.created == 1
    assert ProjectListing.objects.get(project__code="12345").amount == Decimal("305000.50")


WRONG = [
    (row(amount="-3"), "-3"),
    (row(amount="五十万"), "五十万"),
    (row(amount=""), "金额"),
    (row(code=""), "编码"),
    (row(name=""), "名称"),
    (row(unit_code="X9", unit_name=""), "X9"),
    (row(unit_code="", unit_name="某单位"), "某单位"),
    (row(unit_name="演示小学"), "演示小学"),
    (row(department="演示教育局"), "演示教育局"),
    (row(division="另一股"), "另一股"),
    (row(category="其他类"), "其他类"),
    (row(key="也许"), "也许"),
    (row(continuing="不详"), "不详"),
    (row(code="9" * 61), "60"),
    (row(unit_code="D1"), "D1"),
    (row(amount="1e40"), "1e40"),
]


@pytest.mark.parametrize(("wrong", "told"), WRONG)
def test_one_wrong_row_refuses_the_whole_list_with_its_line(world, wrong, told):
    before = counts()
    result = take(world, as_csv(row(code="A000", name="演示好的"), wrong))
    assert not result.is_stored
    assert [refused.line for refused in result.refused] == [3]
    assert "3" in result.refused[0].sentence
    assert told in result.refused[0].sentence
    assert counts() == before


def test_doubled_codes_and_a_negative_amount_are_told_together(world):
    before = counts()
    result = take(world, as_csv(row(), row(name="重"), row(code="A003", amount="-1")))
    assert [refused.line for refused in result.refused] == [3, 4]
    assert "A001" in result.refused[0].sentence
    assert counts() == before


def test_a_code_of_another_unit_is_refused(world):
    take(world, as_csv(row()))
    before = counts()
    other = row(unit_code="D2-1", unit_name="演示小学", department="演示教育局")
    assert "A001" in take(world, as_csv(other)).refused[0].sentence
    assert counts() == before


def test_a_code_that_lost_digits_as_a_number_is_refused(world):
    result = take(world, as_xlsx([6402212010010011234, *GOOD[1:]]))
    assert [refused.line for refused in result.refused] == [2]
    assert not Project.objects.exists()


@pytest.mark.parametrize(
    ("data", "refusal"),
    [
        (b"", lists.NoList),
        (b"a,b\n1,2\n", lists.NoList),
        (as_csv(), lists.ListEmpty),
        (b"PK\x03\x04junk", lists.ListUnreadable),
        (as_csv(GOOD, head=[*HEAD[:-1], "金额"]), lists.NoUnitOfMoney),
        (as_csv(GOOD, head=[HEAD[0], HEAD[0], *HEAD[2:]]), lists.ColumnTwice),
        (b"\xff\xfe\x00" * 50, lists.ListUnreadable),
        (b"x" * (lists.MAX_BYTES + 1), lists.ListTooLarge),
    ],
)
def test_a_file_that_is_no_list_is_refused_with_a_sentence(world, data, refusal):
    before = counts()
    with pytest.raises(refusal) as told:
        take(world, data)
    assert len(str(told.value)) > 10
    assert counts() == before


def test_a_packed_bomb_is_refused_before_it_is_unpacked(world):
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as packed:
        packed.writestr("xl/worksheets/sheet1.xml", b"0" * (lists.MAX_UNPACKED + 1))
    with pytest.raises(lists.ListTooLarge):
        take(world, out.getvalue())


@pytest.mark.parametrize("who", ["editor", "reviewer", "auditor", "head"])
def test_only_finance_imports(world, who):
    with pytest.raises(NotFinance):
        take(world, as_csv(row()), by=getattr(world, who))
    assert not Project.objects.exists()


def test_the_template_is_a_list_with_every_column(world):
    sheet = load_workbook(io.BytesIO(projects.template())).active
    assert [cell.value for cell in sheet[1]] == HEAD
    with pytest.raises(lists.ListEmpty):
        take(world, projects.template())


def test_a_project_outside_the_list_is_added_by_an_editor_once(world):
    one = key()
    add = {"unit": world.own, "name": "演示清单外项目", "now": NOW}
    case = projects.add_off_list(by=fresh(world.editor), key=one, **add)
    assert projects.add_off_list(by=fresh(world.editor), key=one, **add).pk == case.pk
    with pytest.raises(projects.KnownProject):
        projects.add_off_list(by=fresh(world.editor), key=key(), **add)
    with pytest.raises(NotAnEditor):
        projects.add_off_list(by=fresh(world.teacher), key=key(), **add)
    assert (Case.objects.count(), Project.objects.get().origin) == (1, "off_list")


def test_the_list_adopts_what_the_unit_had_added_under_the_same_name(world):
    case = projects.add_off_list(unit=world.own, name="演示项目甲", by=fresh(world.editor), key=key(), now=NOW)
    take(world, as_csv(row()))
    assert Project.objects.get().code == "A001"
    assert ProjectListing.objects.get().case == again(case)
    assert Case.objects.count() == 1


def test_without_an_open_round_nothing_is_added(world):
    Round.objects.update(closed_at=NOW)
    with pytest.raises(projects.NoRound):
        projects.add_off_list(unit=world.own, name="演示", by=fresh(world.editor), key=key(), now=NOW)
    assert not Project.objects.exists()


def test_the_command_imports_and_tells_every_wrong_line(world, tmp_path, capsys):
    path = tmp_path / "list.csv"
    path.write_bytes(as_csv(row(amount="-1")))
    options = {"round": world.round.pk, "person": "performance_reviewer"}
    with pytest.raises(CommandError, match="nothing was stored"):
        call_command("import_projects", path, **options)
    assert "-1" in capsys.readouterr().err
    path.write_bytes(as_csv(row()))
    call_command("import_projects", path, **options)
    assert "created 1" in capsys.readouterr().out


def test_a_closed_round_takes_no_list(world):
    world.round.closed_at = NOW
    world.round.save()
    with pytest.raises(projects.RoundClosed, match=world.round.title):
        take(world, as_csv(row()))
    assert not ProjectListImport.objects.exists()
