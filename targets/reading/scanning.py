"""Asks a virus scanner (clamd) about a file before anything opens it, where one is set.

Speaks INSTREAM over the scanner's local socket. A scanner that does not answer lets nothing through.
"""

import re
import socket
import struct

from targets.reading.refusals import refusal
from targets.reading.result import Refusal

SECONDS = 30
CHUNK = 1 << 18
FOUND = re.compile(rb"^stream: (.{1,200}) FOUND\0?$", re.S)
CLEAN = b"stream: OK"


def scanned(data: bytes, *, at: str, seconds: float = SECONDS) -> Refusal | None:
    """Return why a file must not be opened, or None when the scanner at the socket `at` found nothing."""
    try:
        with socket.socket(socket.AF_UNIX) as scanner:
            scanner.settimeout(seconds)
            scanner.connect(at)
            scanner.sendall(b"zINSTREAM\0")
            for begin in range(0, len(data), CHUNK):
                chunk = data[begin : begin + CHUNK]
                scanner.sendall(struct.pack("!L", len(chunk)) + chunk)
            scanner.sendall(struct.pack("!L", 0))
            said = b""
            while not said.endswith(b"\0") and len(said) < 4096 and (more := scanner.recv(4096)):
                said += more
    except OSError:
        return refusal("scanner_away")
    if said.rstrip(b"\0\n") == CLEAN:
        return None
    found = FOUND.match(said.rstrip(b"\n"))
    return refusal("infected", what=found[1].decode("utf-8", "replace")[:80]) if found else refusal("scanner_away")
