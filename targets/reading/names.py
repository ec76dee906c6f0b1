"""Names of uploaded files: made safe to keep and to show, and compared as a person sees them. Pure.

The name decides nothing about what a file is or where it is kept; it is only shown, and named in downloads.
"""

import re
import unicodedata
from functools import lru_cache

MAX_NAME = 200
MAX_ENDING = 10
HIDDEN = frozenset(map(chr, (
    *range(0x200B, 0x2010), *range(0x202A, 0x202F), *range(0x2060, 0x206A), 0xAD, 0x180E, 0xFEFF,
)))  # fmt: skip
"""Signs of no width, and those that turn the direction of writing."""
DEVICES = re.compile(r"^(?:CON|PRN|AUX|NUL|COM\d|LPT\d)(?=\.|$)", re.I)
ALIKE = str.maketrans("асеорхуіѕԁɡոΑΒΕΗΙΚΜΝΟΡΤΧАВЕКМНОРСТХ０Ｏ", "aceopxyisdgnabehikmnoptxabekmhopctx0o")
NO_NAME = "upload"


def safe_name(name: str) -> str:
    """Return a name without folders, control signs or signs that do not show; those that turn text are written out.

    At most MAX_NAME characters; the ending stays.
    """
    base = re.split(r"[/\\]", unicodedata.normalize("NFC", name))[-1]
    shown = "".join(f"[U+{ord(sign):04X}]" if sign in HIDDEN else sign for sign in base)
    shown = "".join(" " if unicodedata.category(sign) in ("Cc", "Cs", "Zl", "Zp") else sign for sign in shown)
    shown = re.sub(r"\s+", " ", shown).strip(" ")
    if not shown.strip("."):
        return NO_NAME
    if shown.startswith(".") or DEVICES.match(shown):
        shown = f"_{shown}"
    if len(shown) <= MAX_NAME:
        return shown
    stem, dot, ending = shown.rpartition(".")
    keeps = bool(dot) and len(ending) <= MAX_ENDING
    return f"{stem[: MAX_NAME - len(ending) - 2]}….{ending}" if keeps else f"{shown[: MAX_NAME - 1]}…"


@lru_cache(maxsize=4096)
def look(name: str) -> str:
    """Return how a name looks to a person: letters of other scripts, widths, cases and hidden signs are one."""
    shown = "".join(sign for sign in name if sign not in HIDDEN)
    shown = re.sub(r"\[U\+[0-9A-F]{4,6}\]", "", shown)
    folded = unicodedata.normalize("NFKC", shown).translate(ALIKE).casefold().translate(ALIKE)
    return re.sub(r"[\s_]+", " ", folded).strip()
