"""`python -m targets.reading FD`: the waiting process of the readers. Started by `server`, by nobody else.

Loads everything that a child may need, because a child may open no file any more.
"""

import gc
import importlib
import socket
import sys

from targets.reading.child import limited_answer
from targets.reading.server import PDF, PDF_WITH_FONT_TABLES, serve

CODECS = ("gb18030", "utf-16", "utf-16-le", "utf-16-be", "cp437", "utf-8-sig", "latin-1", "shift_jis", "big5")
_loaded: set[str] = set()


def load(needs: int) -> None:
    """Load the PDF reader, or also the tables of the Chinese fonts that a file names without holding them."""
    if needs >= PDF and "pdf" not in _loaded:
        importlib.import_module("targets.reading.pdf")
        _loaded.add("pdf")
        gc.freeze()
    if needs >= PDF_WITH_FONT_TABLES and "tables" not in _loaded:
        importlib.import_module("targets.reading.pdffonts").load_tables()
        _loaded.add("tables")
        gc.freeze()


def main() -> int:
    """Serve on the socket that was handed over."""
    for encoding in CODECS:
        "".encode(encoding)
    gc.freeze()
    with socket.socket(fileno=int(sys.argv[1])) as control:
        serve(control, load=load, read=limited_answer)
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
