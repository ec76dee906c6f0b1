"""What `deploy.prepare` does to an installation that is there already: an upgrade mends the rights by itself."""

import pytest
from django.conf import settings

from deploy import prepare
from tests.targets import papers
from tests.world import build_world
from workflow import grants
from workflow.models import CaseGroupPermission

RIGHTS = "rights of 1 cases rewritten"


@pytest.fixture
def drifted(db: None) -> None:
    """One case of which an earlier version derived fewer rights."""
    case = papers.filled(build_world())
    assert CaseGroupPermission.objects.filter(content_object=case).delete()[0]
    assert list(grants.drift())


def test_an_upgrade_that_derives_rights_otherwise_rewrites_them(drifted: None) -> None:
    kept = settings.VAR_DIR / prepare.RIGHTS_KEPT
    kept.write_text("the rules of an earlier version")
    assert prepare.prepare(demo=False)[0] == RIGHTS
    assert list(grants.drift()) == []
    assert kept.read_text() == prepare._rights_fingerprint()


def test_an_installation_without_a_mark_is_looked_at_once(drifted: None) -> None:
    (settings.VAR_DIR / prepare.RIGHTS_KEPT).unlink(missing_ok=True)
    assert RIGHTS in prepare.prepare(demo=False)
    assert prepare.prepare(demo=False) == []


def test_a_second_start_does_not_look_at_every_case(drifted: None) -> None:
    (settings.VAR_DIR / prepare.RIGHTS_KEPT).write_text(prepare._rights_fingerprint())
    assert prepare._sync_rights(migrated=False) == 0
    assert list(grants.drift())
    assert prepare._sync_rights(migrated=True) == 1
    assert list(grants.drift()) == []
