"""A world and a toy document for tests of the procedure."""

from collections.abc import Iterator
from types import SimpleNamespace

import pytest

from tests.world import ToyDocument, build_world
from workflow import kinds
from workflow.machine import Kind


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
