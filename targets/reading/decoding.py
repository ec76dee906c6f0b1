"""Bytes → text: byte-order mark, then UTF-16 by its zero bytes, then strict UTF-8, then strict GB18030.

Nothing is guessed beyond that: what decodes to no text is refused with a question. Linear in the input.
"""

import codecs

from targets.reading.result import Refusal
from workflow.text import _

MAX_BYTES = 20 * 1024 * 1024
MAX_CONTROLS_SHARE = 0.001
MIN_ZERO_RATIO = 3
MIN_UTF8_LINES = 2
CONTROLS = bytes(set(range(32)) - set(b"\t\n\r\f\v\x1a")) + b"\x7f"
MARKS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
KINDS = (
    (b"\x89PNG", "PNG"),
    (b"\xff\xd8\xff", "JPEG"),
    (b"{\\rtf", "RTF"),
)


def decode(data: bytes) -> str | Refusal:
    """Return the text of `data` with line ends as \\n, or the refusal that says why it has none."""
    if not data.strip(b"\0 \t\r\n\f\xef\xbb\xbf\xff\xfe"):
        return Refusal(
            "empty", _("The file is empty. Choose the file that holds the table and upload it again.")
        )
    if len(data) > MAX_BYTES:
        return Refusal(
            "too_large",
            _(
                "The file has %(size)s MB; at most %(limit)s MB can be read. "
                "Split it into several files, or save the table alone as text."
            ),
            {"size": f"{len(data) / 1024 / 1024:.1f}", "limit": str(MAX_BYTES // 1024 // 1024)},
        )
    kind = next((kind for magic, kind in KINDS if data.startswith(magic)), None)
    if kind is not None:
        return Refusal(
            "not_text",
            _(
                "This is a file of the kind %(kind)s, which is not read here. Save the table as docx or xlsx, "
                "or copy it whole into a text file (UTF-8), and upload that."
            ),
            {"kind": kind},
        )
    mixed = line_in_another_encoding(data)
    if mixed:
        return Refusal(
            "mixed_encoding",
            _(
                "Line %(line)s of this file cannot be read: it is written in another encoding than the other lines, or "
                "cut off. Open the file in the program it comes from, save it whole as UTF-8 and upload it again."
            ),
            {"line": str(mixed)},
        )
    text = _text(data)
    if text is None:
        return Refusal(
            "not_text",
            _(
                "The characters of this file cannot be recognised. Which program wrote it? "
                "Save it there as text in UTF-8 (or GB18030) and upload it again."
            ),
        )
    return text.replace("\r\n", "\n").replace("\r", "\n")


def _text(data: bytes) -> str | None:
    for mark, encoding in MARKS:
        if data.startswith(mark):
            return _strict(data, encoding)
    wide = _utf16_without_mark(data)
    if wide is not None:
        return _strict(data, wide)
    controls = len(data) - len(data.translate(None, CONTROLS))
    if controls > len(data) * MAX_CONTROLS_SHARE:
        return None
    text = _strict(data, "utf-8")
    return text if text is not None else _strict(data, "gb18030")


def line_in_another_encoding(data: bytes) -> int:
    """Return the number of the first line that is no UTF-8 while most others are, 0 when there is none.

    GB18030 takes most UTF-8 for other characters; a text in GB18030 however hardly ever has a line that is UTF-8.
    """
    if _strict(data, "utf-8") is not None or data.startswith(tuple(mark for mark, _encoding in MARKS[1:])):
        return 0
    wide = [(n, line) for n, line in enumerate(data.splitlines(), 1) if not line.isascii()]
    other = [n for n, line in wide if _strict(line, "utf-8") is None]
    return other[0] if len(wide) - len(other) > max(len(other), MIN_UTF8_LINES) else 0


def _strict(data: bytes, encoding: str) -> str | None:
    try:
        return data.decode(encoding)
    except UnicodeDecodeError:
        return None


def _utf16_without_mark(data: bytes) -> str | None:
    """Tabs, digits and line ends have a zero byte in UTF-16: on odd positions it is little-endian."""
    if len(data) % 2:
        return None
    even, odd = data[0::2].count(0), data[1::2].count(0)
    few = len(data) * MAX_CONTROLS_SHARE
    if odd > few and odd >= MIN_ZERO_RATIO * even:
        return "utf-16-le"
    if even > few and even >= MIN_ZERO_RATIO * odd:
        return "utf-16-be"
    return None
