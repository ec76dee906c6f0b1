"""Control figures (控制数) in: the project list taken in as final binds the amounts of the round's tables."""

from types import SimpleNamespace

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse

from targets import drafts
from targets.models import ProjectListing
from tests.targets.papers import HEADER, again, fresh, posted
from tests.targets.test_pages_tables import at_now, client_of
from tests.world import NOW, key, seen
from workflow.machine import State
from workflow.models import Case, Round
from workflow.refusals import Blocked

__all__ = ["at_now"]


def take(world: SimpleNamespace, amount: str, *, final: bool) -> int:
    data = f"项目编码,项目名称,单位编码,控制数（万元）\nA001,演示项目甲,D1-0,{amount}\n".encode()
    return client_of(world.performance_reviewer).post(reverse("project_import"), {
        "round": world.round.pk, "file": SimpleUploadedFile("控制数.csv", data),
        **({"is_final": "on"} if final else {})}).status_code


def filled(world: SimpleNamespace) -> Case:
    case = ProjectListing.objects.get().case
    assert case is not None
    drafts.save_table(case=case, by=fresh(world.editor), now=NOW, seen=seen(case), header=HEADER, rows=posted())
    return again(case)


def test_a_list_is_not_final_unless_finance_says_so(world: SimpleNamespace) -> None:
    assert take(world, "40", final=False) == 302
    assert not Round.objects.get(pk=world.round.pk).control_figures_final


def test_final_amounts_keep_back_a_table_that_says_another(world: SimpleNamespace) -> None:
    assert take(world, "30", final=False) == 302
    case = filled(world)
    assert take(world, "40", final=True) == 302
    assert Round.objects.get(pk=world.round.pk).control_figures_final
    with pytest.raises(Blocked) as refused:
        drafts.submit(case=case, by=fresh(world.editor), now=NOW, seen=seen(case), key=key(), looked_at=True)
    assert "LST-01" in [blocker.code for blocker in refused.value.blockers]
    assert again(case).state == State.DRAFT


def test_a_refused_list_makes_nothing_final(world: SimpleNamespace) -> None:
    assert take(world, "若干", final=True) == 422
    assert not Round.objects.get(pk=world.round.pk).control_figures_final
