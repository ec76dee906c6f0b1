"""Old Word files (.doc, .wps), RTF and OpenDocument → docx or xlsx, by a converter of the machine (LibreOffice).

The converter runs in a process of its own: a fresh profile without macros, no environment of ours, no network where
the system can take it away, limits on time, memory and size. Its result is then read as any uploaded file is.
`python -m targets.reading.converting PROGRAM FORMAT FILE` limits itself and becomes the converter.
"""

import contextlib
import ctypes
import os
import resource
import shutil
import signal
import subprocess
import sys
import tempfile
from pathlib import Path

from targets.reading.refusals import refusal
from targets.reading.result import Refusal

ROOT = Path(__file__).resolve().parents[2]
PROGRAMS = ("soffice", "libreoffice")
PLACES = ("/usr/bin", "/usr/local/bin", "/opt/libreoffice/program", "/usr/lib/libreoffice/program")
SECONDS = 60
MEMORY_BYTES = 4 * 1024**3
MAX_RESULT_BYTES = 20 * 1024 * 1024
NEW_USER, NEW_NETWORK = 0x10000000, 0x40000000
PROFILE = """<?xml version="1.0" encoding="UTF-8"?>
<oor:items xmlns:oor="http://openoffice.org/2001/registry" xmlns:xs="http://www.w3.org/2001/XMLSchema">
<item oor:path="/org.openoffice.Office.Common/Security/Scripting"><prop oor:name="MacroSecurityLevel" oor:op="fuse">
<value>3</value></prop><prop oor:name="DisableMacrosExecution" oor:op="fuse"><value>true</value></prop>
<prop oor:name="BlockUntrustedRefererLinks" oor:op="fuse"><value>true</value></prop></item>
</oor:items>
"""


def program(setting: str) -> str:
    """Return the converter's path: the one set, else LibreOffice where it is installed, else "". "none" is none."""
    if setting:
        return "" if setting == "none" else setting
    path = os.pathsep.join(PLACES)
    return next((found for name in PROGRAMS if (found := shutil.which(name, path=path))), "")


def converted(data: bytes, *, ending: str, to: str, by: str, seconds: float = SECONDS) -> bytes | Refusal:
    """Return the file as `to` ("docx", "xlsx"), converted by the program `by`; or why it could not be.

    `ending` is what the file is ("doc", "rtf"). At most `seconds`; all that the converter started is then ended.
    """
    with tempfile.TemporaryDirectory(prefix="btr-convert-") as room:
        folder = Path(room)
        file, profile = folder / f"in.{ending}", folder / "profile" / "user"
        profile.mkdir(parents=True)
        (profile / "registrymodifications.xcu").write_text(PROFILE, "utf-8")
        file.write_bytes(data)
        run = subprocess.Popen(
            [sys.executable, "-B", "-m", "targets.reading.converting", by, to, str(file)], cwd=ROOT,
            env={"PYTHONUTF8": "1", "HOME": room, "TMPDIR": room, "PATH": os.pathsep.join(PLACES), "LC_ALL": "C.UTF-8"},
            stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True,
        )  # fmt: skip
        try:
            run.wait(timeout=seconds)
        except subprocess.TimeoutExpired:
            return refusal("no_answer")
        finally:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(run.pid, signal.SIGKILL)
            run.wait()
        made = folder / f"in.{to}"
        if made.is_symlink() or not made.is_file() or not 0 < made.stat().st_size <= MAX_RESULT_BYTES:
            return refusal("not_converted")
        return made.read_bytes()


def main(by: str, to: str, file: str) -> None:
    """Limit this process, take the network away from it, and become the converter."""
    for what, most in (
        (resource.RLIMIT_CPU, SECONDS), (resource.RLIMIT_AS, MEMORY_BYTES), (resource.RLIMIT_CORE, 0),
        (resource.RLIMIT_FSIZE, 4 * MAX_RESULT_BYTES),
    ):  # fmt: skip
        resource.setrlimit(what, (most, most))
    ctypes.CDLL(None).unshare(NEW_USER | NEW_NETWORK)  # refused on some systems: then the firewall must do it
    folder = Path(file).parent
    os.execv(by, [by, f"-env:UserInstallation=file://{folder}/profile", "--headless", "--norestore", "--nolockcheck",
                  "--convert-to", to, "--outdir", str(folder), file])  # fmt: skip


if __name__ == "__main__":
    main(*sys.argv[1:4])
