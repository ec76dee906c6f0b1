"""The tables of Chinese fonts that PDFs name without holding them: loaded before a child is forked.

A child may open no file; pdfminer keeps what it has once read.
"""

from pdfminer.cmapdb import CMapDB
from pdfminer.pdfexceptions import PDFException

MAPS = (
    *("GBK-EUC-H", "GBK-EUC-V", "GBKp-EUC-H", "GBK2K-H", "GBK2K-V", "GB-EUC-H", "GB-H", "GBpc-EUC-H"),
    *("UniGB-UCS2-H", "UniGB-UCS2-V", "UniGB-UTF16-H", "UniGB-UTF16-V"),
)
LETTERS = ("Adobe-GB1",)


def load_tables() -> None:
    """Load them; one that this version of pdfminer has not is left out, a PDF that needs it then lacks letters."""
    for name in MAPS:
        try:
            CMapDB.get_cmap(name)
        except PDFException:
            continue
    for name in LETTERS:
        for upright in (False, True):
            CMapDB.get_unicode_map(name, upright)
