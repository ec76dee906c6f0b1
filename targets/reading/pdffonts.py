"""The tables of Chinese fonts that PDFs name without holding them: loaded before a child is forked.

A child may open no file; pdfminer keeps what it has once read.
"""

from functools import cache

from pdfminer.cmapdb import CMapDB
from pdfminer.pdfexceptions import PDFException

MAPS = (
    *("GBK-EUC-H", "GBK-EUC-V", "GBKp-EUC-H", "GBK2K-H", "GBK2K-V", "GB-EUC-H", "GB-H", "GBpc-EUC-H"),
    *("UniGB-UCS2-H", "UniGB-UCS2-V", "UniGB-UTF16-H", "UniGB-UTF16-V"),
)
BY_UNICODE = ("UniGB-UCS2-H", "UniGB-UTF16-H")
LETTERS = ("Adobe-GB1",)
LAST_OF_TWO_BYTES = 0xD7FF


@cache
def load_tables() -> None:
    """Load them, once; one that this version of pdfminer has not is left out: a PDF of it then lacks letters."""
    for name in MAPS:
        try:
            CMapDB.get_cmap(name)
        except PDFException:
            continue
    for name in LETTERS:
        for upright in (False, True):
            CMapDB.get_unicode_map(name, upright)
    _complete()


def _complete() -> None:
    """Add to the maps of Unicode the signs that pdfminer's lack, as · : it would leave them out without a word."""
    letters = CMapDB.get_unicode_map(LETTERS[0], False).cid2unichr
    for name in BY_UNICODE:
        codes = vars(CMapDB.get_cmap(name))["code2cid"]
        for cid, letter in letters.items():
            if len(letter) == 1 and ord(letter) <= LAST_OF_TWO_BYTES:
                first, second = letter.encode("utf-16-be")
                codes.setdefault(first, {}).setdefault(second, cid)
