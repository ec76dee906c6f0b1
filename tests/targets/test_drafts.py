"""Drafting: whole-form save, submission in one transaction, and uploads taken over table by table."""

from types import SimpleNamespace
from uuid import UUID

import pytest
from django.conf import settings

from targets import drafts, judging, projects, rows, uploads
from targets.content import TableContent
from targets.models import Indicator, Project, Revision, SourceDocument, TargetTable
from tests.targets.papers import HEADER, PROJECT, ROWS, again, filled, fresh, paper, posted, submitted
from tests.world import NOW, act, key, seen
from workflow.machine import Action, State
from workflow.models import Case, Event, Organisation
from workflow.refusals import Blocked, NotPermitted, NotPossible, NotVisible, Refused, Stale

CSV = "项目编码,项目名称,单位编码,金额（万元）\nA001,{name},D1-0,30\n"


def save(case: Case, by, **parts):
    return drafts.save_table(case=case, by=fresh(by), now=NOW, seen=parts.pop("seen", seen(case)), **parts)


def listed(world: SimpleNamespace, name: str = PROJECT) -> Case:
    projects.import_project_list(
        name="清单.csv",
        data=CSV.format(name=name).encode(),
        now=NOW,
        round=world.round,
        by=fresh(world.performance_reviewer),
    )
    return Project.objects.get(code="A001").listings.get().case


def upload(world: SimpleNamespace, data: bytes = b"", by=None):
    source = uploads.import_upload(name="表.txt", data=data or paper(), by=fresh(by or world.editor), now=NOW)
    return source.tables.select_related("source__unit").get()


def confirm(world: SimpleNamespace, staged, project=None, **more):
    return uploads.confirm_import(
        staged=staged,
        project=project,
        by=fresh(more.pop("by", world.editor)),
        now=NOW,
        key=more.pop("key", key()),
        **more,
    )


def files() -> set[str]:
    return {str(path) for path in settings.MEDIA_ROOT.glob("sources/*")}


# Saving


def test_a_saved_table_reads_back_as_typed_and_the_hash_is_that_of_its_content(world):
    case = filled(world)
    content = drafts.content_of(case)
    assert [(r.code, r.name, r.value) for r in content.indicators] == ROWS
    assert (content.funds.total, content.funds.other) == ("30", None)
    assert case.content_hash == content.hash() == TableContent.from_canonical(content.canonical()).hash()
    assert case.amount == 300000


@pytest.mark.parametrize(("typed", "yuan"), [("0.642", 6420), ("", None), ("五十万", None), ("1,200", 12000000)])
def test_the_amount_of_the_case_follows_the_typed_total(world, typed, yuan):
    case = filled(world)
    save(case, world.editor, header={"funds.total": typed})
    assert again(case).amount == yuan


def test_rows_keep_their_identity_when_reworded_moved_and_others_go(world):
    case = filled(world)
    before = {row.name: row.uuid for row in Indicator.objects.filter(table=case.pk)}
    sent = [{"uuid": str(before[n]), "code": c, "name": n, "value": v} for c, n, v in ROWS]
    sent[0]["value"] = "≥15台"
    moved = [*sent[1:3], sent[0], *sent[4:], {"uuid": None, "code": "14", "name": "新的成本", "value": "30万元"}]
    save(case, world.editor, rows=moved)
    after = {row.name: row for row in Indicator.objects.filter(table=case.pk)}
    assert after[ROWS[0][1]].uuid == before[ROWS[0][1]]
    assert after[ROWS[0][1]].value == "≥15台"
    assert after[ROWS[0][1]].position == 3
    assert ROWS[3][1] not in after
    assert after["新的成本"].uuid not in before.values()


def test_blank_rows_and_a_uuid_of_nowhere_do_no_harm(world):
    case = filled(world)
    foreign = {"uuid": str(UUID(int=7)), "code": "11", "name": "新", "value": "1个"}
    save(case, world.editor, rows=[{"code": "", "name": " ", "value": ""}, foreign])
    assert list(Indicator.objects.filter(table=case.pk).values_list("code", "name")) == [("11", "新")]


@pytest.mark.parametrize(
    ("parts", "refusal"),
    [
        ({"header": {"annual_goal": "长" * 20001}}, rows.TextTooLong),
        ({"header": {"state": "approved"}}, rows.UnknownField),
        ({"rows": [{"code": "99", "name": "x", "value": "1"}]}, rows.UnknownCategory),
        ({"rows": [{"code": "11", "name": str(n), "value": "1"} for n in range(301)]}, rows.TooManyRows),
        ({"not_applicable": {"99": "无"}}, rows.UnknownCategory),
    ],
)
def test_a_bad_form_is_refused_with_a_sentence_and_nothing_is_saved(world, parts, refusal):
    case = filled(world)
    with pytest.raises(refusal) as told:
        save(case, world.editor, **({"header": {"annual_goal": "改"}} | parts))
    assert len(str(told.value)) > 10
    assert drafts.content_of(case).annual_goal == HEADER["annual_goal"]
    assert again(case).content_hash == case.content_hash


def test_a_stale_form_is_refused_and_changes_nothing(world):
    case = filled(world)
    old = seen(case)
    save(case, world.editor, header={"annual_goal": "别人先改了"})
    with pytest.raises(Stale):
        save(case, world.editor2, header={"annual_goal": "我后改"}, seen=old)
    assert drafts.content_of(case).annual_goal == "别人先改了"


@pytest.mark.parametrize("who", ["teacher", "auditor", "reviewer"])
def test_only_editors_of_the_unit_save(world, who):
    case = filled(world)
    with pytest.raises((NotVisible, NotPermitted)):
        save(case, getattr(world, who), header={"annual_goal": "改"})
    assert again(case).content_hash == case.content_hash


def test_nothing_is_saved_once_submitted(world):
    case = submitted(world)
    with pytest.raises(NotPossible):
        save(case, world.editor, header={"annual_goal": "改"})
    assert again(case).content_hash == case.content_hash


def test_the_header_from_the_project_list_is_locked(world):
    case = listed(world)
    with pytest.raises(drafts.LockedHeader, match=PROJECT):
        save(case, world.editor, header={"project_name": "另一个名称"})
    save(case, world.editor, header={"project_name": PROJECT, "annual_goal": "目标"})
    assert drafts.content_of(case).annual_goal == "目标"


# Submitting


def test_submit_saves_what_the_form_holds_in_the_same_transaction(world):
    case = filled(world)
    unsaved = drafts.Unsaved(header={"funds.total": "31", "funds.fiscal": "31"}, rows=posted())
    drafts.submit(
        case=case, by=fresh(world.editor), now=NOW, seen=seen(case), key=key(), unsaved=unsaved, looked_at=True
    )
    case = again(case)
    assert case.state == State.DEPARTMENT_REVIEW
    assert case.amount == 310000
    assert case.content_hash == drafts.content_of(case).hash()
    revision = Revision.objects.get(case=case)
    assert (revision.why, revision.content_hash, revision.pass_no) == ("submitted", case.content_hash, 1)


def test_a_must_fix_finding_blocks_and_the_unsaved_cells_are_not_kept(world):
    case = filled(world)
    unsaved = drafts.Unsaved(rows=posted([row for row in ROWS if row[0] != "14"]))
    with pytest.raises(Blocked) as told:
        drafts.submit(
            case=case, by=fresh(world.editor), now=NOW, seen=seen(case), key=key(), unsaved=unsaved, looked_at=True
        )
    assert "STR-02" in {blocker.code for blocker in told.value.blockers}
    assert again(case).state == State.DRAFT
    assert len(drafts.content_of(case).indicators) == len(ROWS)
    assert not Revision.objects.exists()
    assert Event.objects.filter(case=case, action="submit", refused="blocked").count() == 1


def test_a_category_declared_not_applicable_with_a_reason_does_not_block(world):
    case = filled(world)
    some = posted([row for row in ROWS if row[0] != "31"])
    with pytest.raises(Blocked):
        drafts.submit(
            case=case,
            by=fresh(world.editor),
            now=NOW,
            seen=seen(case),
            key=key(),
            looked_at=True,
            unsaved=drafts.Unsaved(rows=some),
        )
    drafts.submit(
        case=case,
        by=fresh(world.editor),
        now=NOW,
        seen=seen(case),
        key=key(),
        looked_at=True,
        unsaved=drafts.Unsaved(rows=some, not_applicable={"31": "项目不直接服务公众"}),
    )
    assert again(case).state == State.DEPARTMENT_REVIEW


def test_suggestions_ask_one_tick_which_is_kept_with_their_number(world):
    case = filled(world)
    unsaved = drafts.Unsaved(rows=posted([*ROWS[:3], ("14", "自助借还机采购成本", "20万元"), *ROWS[4:]]))
    with pytest.raises(Blocked) as told:
        drafts.submit(case=case, by=fresh(world.editor), now=NOW, seen=seen(case), key=key(), unsaved=unsaved)
    assert [blocker.code for blocker in told.value.blockers] == ["should_fix"]
    drafts.submit(
        case=case, by=fresh(world.editor), now=NOW, seen=seen(case), key=key(), unsaved=unsaved, looked_at=True
    )
    table = TargetTable.objects.get(pk=case.pk)
    assert table.looked_at_by == world.editor
    assert table.looked_at_count >= 1
    assert table.looked_at_hash == again(case).content_hash


def test_the_same_submission_twice_has_one_effect_and_another_key_is_refused(world):
    case = filled(world)
    old, one = seen(case), key()
    first = drafts.submit(case=case, by=fresh(world.editor), now=NOW, seen=old, key=one, looked_at=True)
    again_ = drafts.submit(case=case, by=fresh(world.editor), now=NOW, seen=old, key=one, looked_at=True)
    assert (again_.event_seq, again_.repeated) == (first.event_seq, True)
    with pytest.raises(Stale):
        drafts.submit(case=case, by=fresh(world.editor), now=NOW, seen=old, key=key(), looked_at=True)
    assert Revision.objects.count() == 1


# Importing


def test_an_upload_stores_the_file_and_a_preview_and_no_draft(world):
    before = Case.objects.count()
    staged = upload(world)
    assert Case.objects.count() == before
    assert (staged.title, staged.decision, len(staged.places)) == (PROJECT, "pending", len(ROWS))
    assert staged.source.unit == world.own
    assert "表" not in staged.source.file.name
    assert staged.source.file.read() == paper()


@pytest.mark.parametrize(
    ("data", "why"), [(b"", "empty"), (b"nothing here", "no_table"), (b"\x00\x01\xff" * 999, "not_text")]
)
def test_a_file_that_is_no_table_is_refused_with_its_sentence_and_leaves_nothing(world, data, why):
    kept = files()
    with pytest.raises(uploads.FileRefused) as told:
        uploads.import_upload(name="x.txt", data=data, by=fresh(world.editor), now=NOW)
    assert told.value.facts["why"] == why
    assert len(str(told.value)) > 8
    assert not SourceDocument.objects.exists()
    assert files() == kept


def test_only_editors_upload(world):
    with pytest.raises(Refused) as told:
        upload(world, by=world.reviewer)
    assert told.value.code == "not_an_editor"
    assert not SourceDocument.objects.exists()


def test_an_import_fills_the_empty_table_that_the_list_opened(world):
    case = listed(world)
    staged = upload(world)
    assert staged.suggested == Project.objects.get(code="A001")
    taken = confirm(world, staged, staged.suggested)
    assert taken.pk == case.pk
    content = drafts.content_of(taken)
    assert len(content.indicators) == len(ROWS)
    assert content.unit == "演示办公室本级"
    assert Case.objects.count() == 1
    assert Event.objects.filter(case=case, action="edit", actor=world.editor).count() == 1


def test_the_same_confirmation_twice_gives_the_same_case(world):
    listed(world)
    staged = upload(world)
    first = confirm(world, staged, staged.suggested)
    assert confirm(world, staged, staged.suggested).pk == first.pk
    with pytest.raises(uploads.AlreadyDecided):
        confirm(world, staged, staged.suggested, by=world.editor2)


def test_a_printed_unit_that_is_not_known_is_a_question_and_never_an_organisation(world):
    listed(world)
    organisations = Organisation.objects.count()
    staged = upload(world, paper(unit="某某新单位"))
    with pytest.raises(uploads.WhoseTable, match="某某新单位"):
        confirm(world, staged, staged.suggested)
    assert not Indicator.objects.exists()
    case = confirm(world, staged, staged.suggested, answers={"organisation"})
    assert case.unit == world.own
    assert drafts.content_of(case).unit == "某某新单位"
    assert Organisation.objects.count() == organisations


def test_another_year_in_the_file_is_a_question(world):
    listed(world)
    staged = upload(world, paper(year=2026))
    with pytest.raises(uploads.WhichYear, match="2026"):
        confirm(world, staged, staged.suggested)
    case = confirm(world, staged, staged.suggested, answers={"year"})
    assert drafts.content_of(case).fiscal_year == 2027


def test_a_filled_draft_is_replaced_only_when_told_so(world):
    case = filled(world, case=listed(world))
    staged = upload(world, paper(rows=[*ROWS[:-1], ("31", "读者满意度", "≥95%")]))
    with pytest.raises(uploads.ImportDiffers) as told:
        confirm(world, staged, staged.suggested)
    assert "≥95%" in {change.after for change in told.value.facts["changes"]}
    assert drafts.content_of(case).indicators[-1].value == "≥90%"
    confirm(world, staged, staged.suggested, replace=True)
    assert drafts.content_of(case).indicators[-1].value == "≥95%"


def test_a_submitted_table_takes_no_import(world):
    case = filled(world, case=listed(world))
    staged = upload(world, paper(rows=ROWS[:-1]))
    drafts.submit(case=case, by=fresh(world.editor), now=NOW, seen=seen(case), key=key(), looked_at=True)
    with pytest.raises(uploads.AlreadySubmitted, match=case.number):
        confirm(world, staged, Project.objects.get(code="A001"), replace=True)
    assert again(case).content_hash == drafts.content_of(case).hash()
    staged.refresh_from_db()
    assert staged.decision == "pending"


def test_a_project_outside_the_list_opens_its_own_case_once(world):
    staged = upload(world)
    one = key()
    case = confirm(world, staged, key=one)
    assert (case.is_off_list, case.unit, case.title) == (True, world.own, PROJECT)
    assert confirm(world, staged, key=one).pk == case.pk
    assert Case.objects.count() == 1
    assert len(drafts.content_of(case).indicators) == len(ROWS)


def test_a_known_project_is_not_doubled_by_an_import_outside_the_list(world):
    listed(world)
    staged = upload(world)
    with pytest.raises(projects.KnownProject):
        confirm(world, staged)
    assert (Case.objects.count(), Project.objects.count()) == (1, 1)


def test_another_units_upload_and_project_are_not_there(world):
    listed(world)
    staged = upload(world)
    with pytest.raises(NotVisible):
        confirm(world, staged, staged.suggested, by=world.teacher)
    theirs = upload(world, by=world.teacher)
    with pytest.raises(NotVisible):
        confirm(world, theirs, Project.objects.get(code="A001"), by=world.teacher, answers={"organisation"})
    assert not Indicator.objects.exists()


def test_a_table_that_was_left_out_is_not_taken_later(world):
    staged = upload(world)
    uploads.skip_import(staged=staged, by=fresh(world.editor), now=NOW)
    with pytest.raises(uploads.AlreadyDecided):
        confirm(world, staged)
    assert not Case.objects.exists()


def test_a_living_table_of_the_same_name_and_year_is_a_twin_and_a_cancelled_one_is_not(world):
    case = filled(world)
    other = drafts.open_table(
        unit=world.own, title=PROJECT, by=fresh(world.editor), key=key(), now=NOW, fiscal_year=2027, profile="nx_2022"
    )
    assert judging.has_twin(other)
    act(case, Action.CANCEL, world.editor, reason="演示作废")
    assert not judging.has_twin(other)
