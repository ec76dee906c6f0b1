"""`python -m targets.reading FD`: the waiting process of the readers. Started by `server`, by nobody else.

Loads everything that a child may need, because a child may open no file any more.
"""

import gc
import socket
import sys

from targets.reading.child import limited_answer
from targets.reading.server import serve

CODECS = ("gb18030", "utf-16", "utf-16-le", "utf-16-be", "cp437", "utf-8-sig", "latin-1", "shift_jis", "big5")
_loaded: set[str] = set()


def load(is_pdf: bool) -> None:
    """Load codecs, and for a PDF the tables of the Chinese fonts that are not in the file."""
    if "codecs" not in _loaded:
        for encoding in CODECS:
            "".encode(encoding)
        _loaded.add("codecs")
    if is_pdf and "pdf" not in _loaded:
        from targets.reading.pdffonts import load_tables

        load_tables()
        gc.freeze()
        _loaded.add("pdf")


def main() -> int:
    """Serve on the socket that was handed over."""
    gc.freeze()
    load(False)
    with socket.socket(fileno=int(sys.argv[1])) as control:
        serve(control, load=load, read=limited_answer)
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
