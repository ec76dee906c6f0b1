"""A world and a toy document for tests of the procedure."""

from collections.abc import Iterator
from types import SimpleNamespace

import pytest

from tests.world import ToyDocument, build_world
from workflow import kinds, signals
from workflow.machine import Kind
from workflow.models import Organisation, User


@pytest.fixture
def toy() -> Iterator[ToyDocument]:
    """A toy document registered for every kind; the real ones come back afterwards."""
    kept = dict(kinds._documents)
    document = ToyDocument()
    for kind in Kind:
        kinds.register(kind, document)
    yield document
    kinds._documents.clear()
    kinds._documents.update(kept)


@pytest.fixture
def world(db: None) -> SimpleNamespace:
    return build_world()


@pytest.fixture
def admin(world):
    return User.objects.create(username="admin", administers="system")


@pytest.fixture
def announced():
    """What is announced while the test runs: (kind, office)."""
    heard = []

    def hear(sender, *, kind, facts, **kwargs):
        heard.append((kind, facts["office"]))

    signals.announced.connect(hear)
    yield heard
    signals.announced.disconnect(hear)


@pytest.fixture
def second(world):
    return Organisation.objects.create(code="D2-2", name="演示第二小学", kind="unit", parent=world.school)


@pytest.fixture
def three(world, settings):
    """The world with three administrators: system, security, audit."""
    settings.THREE_ADMINISTRATORS = True
    for kind in User.Administers.values:
        setattr(world, kind, User.objects.create(username=kind, full_name=f"演示·{kind}", administers=kind))
    return world
