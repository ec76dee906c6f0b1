"""The mark for texts that are shown to people but must not import a translation library where they stand.

Pure. Extraction tools find `_("…")`; whoever shows the text translates it.
"""


def _(message: str) -> str:
    """Return `message` unchanged, marked for the catalogues."""
    return message
