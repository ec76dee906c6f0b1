"""The small county, for tests of the document's rooms."""

from types import SimpleNamespace

import pytest

from tests.world import build_world


@pytest.fixture
def world(db: None) -> SimpleNamespace:
    return build_world()
