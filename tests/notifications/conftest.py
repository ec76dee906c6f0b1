"""A world with a toy document, and the words of what was sent."""

from collections.abc import Iterator
from types import SimpleNamespace

import pytest

from tests.world import ToyDocument, build_world
from workflow import kinds
from workflow.machine import Kind
from workflow.models import User


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
def mailed(world, settings) -> SimpleNamespace:
    """The world with a mail server and an address for everybody."""
    settings.EMAIL_ENABLED = True
    for person in User.objects.all():
        User.objects.filter(pk=person.pk).update(email=f"{person.username}@example.org")
    return world
