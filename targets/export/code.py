"""The check code: eight characters on paper that say which version of which table it is.

Made from the case's number and the content's hash; whoever has the paper looks it up on the page /verify.
"""

import hashlib

ALPHABET = "23456789ABCDEFGHJKLMNPQRSTUVWXYZ"
"""Thirty-two characters; 0, 1, I and O are left out because a reader takes one for another."""
LENGTH = 8
READ_AS = str.maketrans({"－": "", "-": "", " ": "", "　": ""})


def check_code(*, number: str, content_hash: str) -> str:
    """Return the check code of a version: 40 bits of SHA-256 over number and hash, as eight characters."""
    digest = hashlib.sha256(f"{number}\n{content_hash}".encode()).digest()
    bits = int.from_bytes(digest[:5], "big")
    return "".join(ALPHABET[bits >> 5 * n & 31] for n in reversed(range(LENGTH)))


def typed_code(text: str) -> str | None:
    """Return a code as typed by hand (any case, blanks, dashes, full width) in its own form, None when it is none."""
    wide = "".join(chr(ord(c) - 0xFEE0) if 0xFF01 <= ord(c) <= 0xFF5E else c for c in text)
    code = wide.translate(READ_AS).strip().upper()
    return code if len(code) == LENGTH and all(c in ALPHABET for c in code) else None
