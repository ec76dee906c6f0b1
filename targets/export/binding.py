"""Many forms → one PDF: set in parts by processes of their own, two at a time, and bound together by PDFium.

typst keeps what it has set, so that 2,000 forms in one process would take more than a gigabyte. `bound_pdf` is asked by
targets.export; `python -m targets.export.binding` is the process that sets one part: JSON in, PDF out.
"""

import io
import json
import subprocess
import sys
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from pathlib import Path

import pypdfium2  # type: ignore[import-untyped]

from targets.export.pdf import compiled, pdf_of, said_of
from targets.export.ruled import Ruled

ROOT = Path(__file__).resolve().parents[2]
PART = 250
"""So many forms are set by one process: about 200 MB."""
AT_ONCE = 2
SECONDS = 120


def bound_pdf(forms: Sequence[Ruled], now: datetime) -> bytes:
    """Return the forms as one PDF; more than PART of them are set beside this process and bound. See pdf_of.

    Raises: OSError when a part cannot be set.
    """
    if len(forms) <= PART:
        return pdf_of(forms, now)
    parts = [forms[start : start + PART] for start in range(0, len(forms), PART)]
    with ThreadPoolExecutor(AT_ONCE) as pool:
        made = list(pool.map(lambda part: _set_beside(part, now), parts))
    return _joined(made)


def _set_beside(forms: Sequence[Ruled], now: datetime) -> bytes:
    asked = json.dumps({"said": said_of(forms), "now": now.isoformat()}).encode()
    done = subprocess.run([sys.executable, "-m", "targets.export.binding"], input=asked, capture_output=True, cwd=ROOT,
                          timeout=SECONDS, env={"PYTHONPATH": str(ROOT)}, check=False)
    if done.returncode != 0:
        raise OSError(f"a part of the volume was not set: {done.stderr[-300:].decode(errors='replace')}")
    return done.stdout


def _joined(parts: Sequence[bytes]) -> bytes:
    out = io.BytesIO()
    whole = pypdfium2.PdfDocument.new()
    try:
        for data in parts:
            part = pypdfium2.PdfDocument(data)
            whole.import_pages(part)
            part.close()
        whole.save(out)
    finally:
        whole.close()
    return out.getvalue()


def main() -> int:
    """Set one part: JSON on the standard input, PDF on the standard output."""
    asked = json.load(sys.stdin.buffer)
    sys.stdout.buffer.write(compiled(asked["said"], datetime.fromisoformat(asked["now"]), is_tagged=False))
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
