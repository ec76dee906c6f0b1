"""For which documents a deputy is told and acts: those the delegation names, or all where it names none."""

import pytest

from workflow.delegations import Deputy
from workflow.machine import Kind


@pytest.mark.parametrize("kind", list(Kind))
def test_a_delegation_holds_for_the_kinds_it_names(kind):
    assert Deputy(1, None).covers(kind)
    assert Deputy(1, frozenset({kind.value})).covers(kind)
    assert not Deputy(1, frozenset(set(Kind.values) - {kind.value})).covers(kind)
