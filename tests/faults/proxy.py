"""A wire between Django and PostgreSQL that is cut at the COMMIT: before the server hears it, or after it answered.

Reads no more of the protocol than the word that ends a transaction; everything else passes as it comes.
"""

import contextlib
import select
import socket
from collections import Counter
from threading import Thread
from typing import Literal, Self

COMMIT = b"COMMIT\x00"
Cut = Literal["", "before", "after"]


class Wire:
    """A loopback port that leads to `port`; `cut` says what is done with the next COMMIT, once."""

    def __init__(self, port: int) -> None:
        self._target = port
        self._door = socket.create_server(("127.0.0.1", 0))
        self.port = int(self._door.getsockname()[1])
        self.cut: Cut = ""
        self.cuts: Counter[str] = Counter()
        Thread(target=self._open_the_door, daemon=True).start()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._door.close()

    def _open_the_door(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                client, _address = self._door.accept()
                Thread(target=self._pass_on, args=(client,), daemon=True).start()

    def _pass_on(self, client: socket.socket) -> None:
        with client, socket.create_connection(("127.0.0.1", self._target)) as server, contextlib.suppress(OSError):
            while True:
                ready, _, _ = select.select([client, server], [], [])
                for side in ready:
                    said = side.recv(65536)
                    if not said:
                        return
                    if side is client and self.cut and COMMIT in said:
                        cut, self.cut = self.cut, ""
                        self.cuts[cut] += 1
                        if cut == "after":
                            server.sendall(said)
                            server.recv(65536)
                        return
                    (server if side is client else client).sendall(said)
