"""A body that comes in too slowly is cut off, so that a few idle uploads cannot hold every thread of the web server.

A front server that gathers bodies does this better; this holds without one. Wraps the WSGI application; needs
gunicorn, which names the connection in the environment, and does nothing under other servers.
"""

import socket
import threading
from collections.abc import Callable, Iterable
from typing import Any

PATIENCE_SECONDS = 60.0
LEAST_BYTES_A_SECOND = 20 * 1024
SMALL_BYTES = 64 * 1024


class Counted:
    """The body of a request; knows how many of its bytes have not been read."""

    def __init__(self, body: Any, length: int) -> None:
        self._body, self.left = body, length

    def _took(self, data: bytes) -> bytes:
        self.left -= len(data)
        return data

    def read(self, *size: int) -> bytes:
        """Read as the body does."""
        return self._took(self._body.read(*size))

    def readline(self, *size: int) -> bytes:
        """Read as the body does."""
        return self._took(self._body.readline(*size))

    def readlines(self, *hint: int) -> list[bytes]:
        """Read as the body does."""
        return [self._took(line) for line in self._body.readlines(*hint)]

    def __iter__(self) -> Any:
        return iter(self.readline, b"")


def patience(length: int) -> float:
    """Return how many seconds a body of this length may take to come in."""
    return PATIENCE_SECONDS + length / LEAST_BYTES_A_SECOND


def cut_off_slow(
    application: Callable[..., Iterable[bytes]], *, allowed: Callable[[int], float] = patience
) -> Callable[..., Iterable[bytes]]:
    """Return the application with a limit on the time that a large body may take; then its connection is closed."""

    def limited(environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        length = environ.get("CONTENT_LENGTH") or "0"
        connection = environ.get("gunicorn.socket")
        if connection is None or not length.isdecimal() or int(length) <= SMALL_BYTES:
            return application(environ, start_response)
        body = Counted(environ["wsgi.input"], int(length))

        def cut() -> None:
            if body.left > 0:
                connection.shutdown(socket.SHUT_RD)

        timer = threading.Timer(allowed(int(length)), cut)
        timer.daemon = True
        timer.start()
        try:
            return application(environ | {"wsgi.input": body}, start_response)
        finally:
            timer.cancel()

    return limited
