"""Readers forked ahead: one waiting process has everything loaded and forks a child for each file, used once.

`asked` hands a file over and waits for the answer; `python -m targets.reading FD` is the waiting process. It
opens no file itself and ends when the process that started it does. Linux and other POSIX systems only.
"""

import contextlib
import os
import re
import select
import signal
import socket
import struct
import subprocess
import sys
import threading
from collections.abc import Callable
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
REQUEST = struct.Struct("!dHB")
"""Seconds that the child may take, length of the name, what it needs (below); behind it the name."""
PLAIN, PDF, PDF_WITH_FONT_TABLES = range(3)
FONT_TABLES = re.compile(rb"/ObjStm|Adobe-GB1|UniGB|GBK|GBpc|/GB-")
ENDED = struct.Struct("!4si")
"""The last bytes of every answer: a sign, and how the child ended (its exit code, or minus the signal)."""
SIGN = b"BTR\n"
MAX_ANSWER_BYTES = 256 * 1024 * 1024
GRACE_SECONDS = 3
AHEAD_SECONDS = 0.3
CHUNK = 1 << 20


class NoReader(Exception):
    """There is no waiting process, or it went away over this file."""


def needs_of(data: bytes) -> int:
    """Return what must be loaded before a child is forked for this file: nothing, the PDF reader, its tables too."""
    if not data.startswith(b"%PDF-"):
        return PLAIN
    return PDF_WITH_FONT_TABLES if FONT_TABLES.search(data) else PDF


class _Server:
    """The waiting process of this process. Started at first use, and again after it died or this process forked."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._process: subprocess.Popen[bytes] | None = None
        self._control: socket.socket | None = None
        self._owner = 0

    def control(self, *, broken: socket.socket | None = None) -> socket.socket:
        """Return the socket on which the waiting process takes requests; not the one that was found `broken`."""
        with self._lock:
            stale = self._owner != os.getpid() or self._control is broken
            if stale or self._control is None or self._process is None or self._process.poll() is not None:
                self._start()
            assert self._control is not None
            return self._control

    def _start(self) -> None:
        if self._control is not None:
            self._control.close()
        if self._process is not None and self._owner == os.getpid():
            with contextlib.suppress(subprocess.TimeoutExpired):
                self._process.wait(timeout=1)
        ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        try:
            self._process = subprocess.Popen(
                [sys.executable, "-B", "-m", "targets.reading", str(theirs.fileno())], pass_fds=[theirs.fileno()],
                cwd=ROOT, env={"PYTHONUTF8": "1"}, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
            )  # fmt: skip
        finally:
            theirs.close()
        self._control, self._owner = ours, os.getpid()

    def forget(self) -> None:
        """After a fork: the waiting process belongs to the other one."""
        if self._process is not None:
            self._process.returncode = 0
        self.__init__()  # type: ignore[misc]


_server = _Server()
os.register_at_fork(after_in_child=lambda: _server.forget())


def ready() -> None:
    """Start the waiting process where there is none, so that the file that is about to come need not wait for it."""
    _server.control()


def asked(*, name: str, data: bytes, seconds: float) -> tuple[bytes, int]:
    """Return what a child answers to a file, and how it ended: 0, its exit code, or minus the signal.

    `name` is told to the child as it is; after `seconds` the child is killed. Raises: NoReader.
    """
    control = _server.control()
    for attempt in (1, 2):
        ours, theirs = socket.socketpair()
        try:
            with theirs:
                written = name.encode("utf-8", "replace")[:200]
                message = REQUEST.pack(seconds, len(written), needs_of(data)) + written
                socket.send_fds(control, [message], [theirs.fileno()])
            return _exchange(ours, data, seconds)
        except OSError as wrong:
            if attempt == 2:
                raise NoReader from wrong
            control = _server.control(broken=control)
        finally:
            ours.close()
    raise NoReader


def _exchange(channel: socket.socket, data: bytes, seconds: float) -> tuple[bytes, int]:
    channel.settimeout(seconds + GRACE_SECONDS)
    with contextlib.suppress(BrokenPipeError, ConnectionResetError, TimeoutError):
        channel.sendall(struct.pack("!Q", len(data)) + data)
    chunks: list[bytes] = []
    size = 0
    try:
        while chunk := channel.recv(CHUNK):
            chunks.append(chunk)
            size += len(chunk)
            if size > MAX_ANSWER_BYTES:
                raise NoReader
    except TimeoutError as wrong:
        raise NoReader from wrong
    answer = b"".join(chunks)
    if len(answer) < ENDED.size:
        raise ConnectionResetError
    sign, ended = ENDED.unpack(answer[-ENDED.size :])
    if sign != SIGN:
        raise ConnectionResetError
    return answer[: -ENDED.size], ended


def serve(control: socket.socket, *, load: Callable[[int], None], read: Callable[[str, bytes], bytes]) -> None:
    """Take requests until the other side is gone; fork a keeper for each, which forks the child and waits for it.

    `load` gets everything ready that a child must not load any more, `read` is what the child does. Without a request
    for a moment, the PDF reader is loaded ahead.
    """
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    parent, ahead = os.getppid(), False
    while os.getppid() == parent:
        if not select.select([control], [], [], 5.0 if ahead else AHEAD_SECONDS)[0]:
            ahead = True
            load(PDF)
            continue
        message, handles, _flags, _address = socket.recv_fds(control, REQUEST.size + 256, 1)
        if not message:
            return
        seconds, length, needs = REQUEST.unpack(message[: REQUEST.size])
        load(needs)
        if os.fork() == 0:
            control.close()
            name = message[REQUEST.size : REQUEST.size + length].decode("utf-8", "replace")
            _keep(handles[0], name, seconds, read)
            os._exit(0)
        for handle in handles:
            os.close(handle)


def _keep(handle: int, name: str, seconds: float, read: Callable[[str, bytes], bytes]) -> None:
    """Fork the child, end it when its time is over, and write behind its answer how it ended."""
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    child = os.fork()
    if child == 0:
        try:
            _answer(handle, name, read)
        finally:
            os._exit(1)
    signal.signal(signal.SIGALRM, lambda *_why: os.kill(child, signal.SIGKILL))
    signal.setitimer(signal.ITIMER_REAL, max(seconds, 0.001))
    _pid, status = os.waitpid(child, 0)
    with socket.socket(fileno=handle) as channel:
        channel.sendall(ENDED.pack(SIGN, os.waitstatus_to_exitcode(status)))


def _answer(handle: int, name: str, read: Callable[[str, bytes], bytes]) -> None:
    """In the child: the channel becomes the only open file, then the file is read and answered."""
    os.dup2(handle, 0)
    os.closerange(1, handle + 1)
    with open(0, "rb", closefd=False) as taken:
        size = struct.unpack("!Q", taken.read(8))[0]
        data = taken.read(size)
    text = read(name, data)
    with open(0, "wb", closefd=False, buffering=0) as given:
        rest = memoryview(text)
        while rest:
            rest = rest[given.write(rest) :]
    os._exit(0)
