"""Cases made by hand."""
from tests.corpus.sampling import Case


def by_hand() -> list[Case]:
    return []
