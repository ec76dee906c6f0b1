"""Texts that must be refused, under the numbers of the project's list: name → (file name, bytes, codes)."""

from tests.files.odd_inputs import TEXT

LINES = TEXT.split("\n")
MIXED = (
    "\n".join(LINES[:8]).encode()
    + b"\n"
    + "\n".join(LINES[8:9]).encode("gb18030")
    + b"\n"
    + "\n".join(LINES[9:]).encode()
)
REFUSED = {
    "10 no ending": ("目标表", None, "no_ending"),
    "72 mixed encodings": ("a.txt", MIXED, "mixed_encoding"),
    "73 zero bytes": ("a.txt", TEXT.encode().replace(b"\t", b"\0\0\0"), "not_text"),
    "73 control signs": ("a.txt", TEXT.encode().replace(b"\t", b"\x01\x02"), "not_text"),
    "74 one long line": ("a.txt", ("项目名称" + "字" * 6_000_000).encode(), "too_large no_table"),
    "77 half a character": (
        "a.txt",
        TEXT.encode("utf-16-le").replace("购".encode("utf-16-le"), b"\x00\xd8"),
        "not_text",
    ),
    "77 half a character in utf-8": (
        "a.txt",
        TEXT.encode().replace("购".encode(), b"\xed\xa0\x80"),
        "mixed_encoding not_text",
    ),
}
"""Bytes None: those of a good docx."""
