"""How printed names of organisations are compared, and the spellings under which one is known.

Called by what renames and merges organisations, and by the document rooms that read printed names.
"""

import unicodedata
from functools import lru_cache

from workflow.models import Organisation, OrganisationAlias


@lru_cache(maxsize=20_000)
def normal_name(text: str) -> str:
    """Return `text` as names are compared: NFKC, without blanks, brackets' contents kept, signs dropped, lower case."""
    folded = unicodedata.normalize("NFKC", text)
    return "".join(c for c in folded if unicodedata.category(c)[0] in "LN").casefold()


def add_alias(*, organisation: Organisation, text: str) -> OrganisationAlias:
    """Note one spelling under which `organisation` is printed; a spelling that is there already stays as it is."""
    alias, _new = OrganisationAlias.objects.get_or_create(
        organisation=organisation, normal=normal_name(text), defaults={"text": text}
    )
    return alias
