"""What a kind of document answers to the procedure: four hooks, registered once at start."""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Any, Protocol

from workflow.machine import Action
from workflow.models import Case, Event, User
from workflow.refusals import Blocker


class DocumentKind(Protocol):
    """The four hooks. All but `url` run inside the transaction that holds the case locked."""

    def content(self, case: Case) -> Mapping[str, Any]:
        """Return the canonical dictionary of the document, whose hash a decision is bound to."""
        ...

    def blockers(self, case: Case, action: Action, by: User | None, details: Mapping[str, Any]) -> Sequence[Blocker]:
        """Return what must be mended before `action`; empty when nothing is."""
        ...

    def url(self, case: Case) -> str:
        """Return the address of the document's page."""
        ...

    def after(self, case: Case, action: Action, by: User | None, now: datetime, event: Event) -> None:
        """Do what the document itself does once the case has moved."""
        ...


_documents: dict[str, DocumentKind] = {}
_name_of_profile: Callable[[str], str] = str


def register(kind: str, document: DocumentKind) -> None:
    """Name the hooks of a kind of document; a later call replaces an earlier one (tests do)."""
    _documents[str(kind)] = document


def document_of(case: Case) -> DocumentKind:
    """Return the hooks of the kind of `case`. Raises: KeyError when the kind was never registered."""
    return _documents[case.kind]


def name_profiles(name_of: Callable[[str], str]) -> None:
    """Say how a profile is called on a page: the room that has profiles names them once at start."""
    global _name_of_profile
    _name_of_profile = name_of


def profile_name(profile: str) -> str:
    """Return how people call a profile; its id where nobody names it."""
    return _name_of_profile(profile)
