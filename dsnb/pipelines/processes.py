"""A step's process: begun with its log, and ended with everything that it began."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

from dsnb.session.current import SUBMITTED

if TYPE_CHECKING:
    import psutil

GRACE = 2.0
"""Seconds that a process has to end by itself when it is told to."""
TAIL = 20
"""Lines of a log that tell why something failed."""
_DEEP = 400
"""Lines of a log among which a whole traceback is."""
_ROUNDS = 20
_NOT_FOR_SCRIPTS = ("JPY_", "MPLBACKEND")
_TRACEBACK = re.compile(
    r"^Traceback \(most recent call last\):\n(?:[ \t].*\n|\n)*([A-Za-z_][\w.]*)", re.MULTILINE
)
_LAST_LINE = re.compile(r"([A-Za-z_][\w.]*(?:Error|Exception|Interrupt|Exit))\b")


def environment_of(more: Mapping[str, str]) -> dict[str, str]:
    """Return the environment of a step: this process's, without what makes it a notebook."""
    kept = {
        name: value for name, value in os.environ.items() if not name.startswith(_NOT_FOR_SCRIPTS)
    }
    # The log is read as it is written, and as UTF-8.
    return {**kept, "PYTHONUNBUFFERED": "1", "PYTHONIOENCODING": "utf-8", **more}


def begin(
    command: Sequence[str], folder: Path, environment: Mapping[str, str], log: Path
) -> subprocess.Popen[bytes]:
    """Begin a process in a folder, in a session of its own, with all that it says in a file.

    Raises
    ------
    OSError
        When there is no such program.
    ValueError
        When an argument cannot be one, such as a text with a null character.
    """
    with log.open("ab") as said:
        return subprocess.Popen(
            command,
            cwd=folder,
            env=dict(environment),
            stdin=subprocess.DEVNULL,
            stdout=said,
            stderr=subprocess.STDOUT,
            # Ctrl-C in the terminal, or an interrupted kernel, is not meant for it.
            start_new_session=True,
            creationflags=getattr(subprocess, "CREATE_NEW_PROCESS_GROUP", 0),
        )


def wait(process: subprocess.Popen[bytes]) -> int:
    """Wait until a process has ended, end what it left behind, and return its exit code."""
    if hasattr(os, "waitid"):
        # Its number, which is its group's too, is nobody else's until its code is fetched.
        os.waitid(os.P_PID, process.pid, os.WEXITED | os.WNOWAIT)
    else:
        process.wait()
    if hasattr(os, "killpg"):
        with suppress(ProcessLookupError, PermissionError):
            os.killpg(process.pid, signal.SIGKILL)
    return process.wait()


def remember(folder: Path, process: subprocess.Popen[bytes]) -> None:
    """Write down which process a run is, so that any other can end it."""
    import psutil

    with suppress(psutil.Error):  # it has ended already
        started = psutil.Process(process.pid).create_time()
        (folder / "process").write_text(f"{process.pid} {started!r}", encoding="ascii")


def end_tree(folder: Path) -> None:
    """End the process that a run is, with all that it began; one that has ended is left alone.

    When this very process is among them, it ends last.
    """
    import psutil

    first = _remembered(folder)
    if first is not None and first.pid != os.getpid():
        # It is stopped, so that it begins no more while its children are found.
        with suppress(psutil.Error):
            first.suspend()
    family = _family(first, folder.name)
    for one in family:
        with suppress(psutil.Error):
            one.terminate()
    if first is not None:
        with suppress(psutil.Error):
            first.resume()
    _await_end(family, GRACE)
    for _ in range(_ROUNDS):
        # What was told to end may have begun others meanwhile.
        family = [*_alive({*family, *_family(first, folder.name)})]
        if not family:
            break
        for one in family:
            with suppress(psutil.Error):
                one.kill()
        _await_end(family, GRACE)
    if os.environ.get(SUBMITTED) == folder.name:
        os.kill(os.getpid(), signal.SIGTERM)


def tail(log: Path, lines: int = TAIL) -> list[str]:
    """Return the last lines of a log; none where there is none."""
    if log.is_symlink() or not log.is_file():  # no run of dsnb's has such a one
        return []
    try:
        with log.open("rb") as said:
            said.seek(max(0, os.fstat(said.fileno()).st_size - 200 * lines))
            text = said.read().decode("utf-8", "replace")
    except OSError:
        return []
    return text.rstrip().splitlines()[-lines:]


def error_in(log: Path, exit_code: int) -> str:
    """Return what a script failed with: a signal, the error in its log, or its exit code.

    Examples
    --------
    >>> error_in(Path("nowhere.txt"), 3), error_in(Path("nowhere.txt"), -15)
    ('exit code 3', 'SIGTERM')
    """
    if exit_code < 0:
        with suppress(ValueError):
            return signal.Signals(-exit_code).name
    lines = tail(log, _DEEP)
    errors = _TRACEBACK.findall("\n".join(lines))
    last = _LAST_LINE.match(next(reversed(lines), ""))
    found = errors[-1] if errors else last and last[1]
    return found.rpartition(".")[2] if found else f"exit code {exit_code}"


def _remembered(folder: Path) -> psutil.Process | None:
    """Return the process that a run is, None when it has ended or was never begun."""
    import psutil

    note = folder / "process"
    if note.is_symlink() or not note.is_file():
        return None
    with suppress(OSError, ValueError, psutil.Error):
        number, started = note.read_text(encoding="ascii").split()
        process = psutil.Process(int(number))
        if abs(process.create_time() - float(started)) <= 1.0:
            return process  # else the number is another process's now
    return None


def _family(first: psutil.Process | None, run_id: str) -> list[psutil.Process]:
    """Return a process and all that it began, also where what lay between has ended."""
    import psutil

    found = {one for one in psutil.process_iter() if _is_marked(one, run_id)}
    if first is not None:
        with suppress(psutil.Error):
            found |= {first, *first.children(recursive=True)}
    return [one for one in found if one.pid != os.getpid()]


def _is_marked(process: psutil.Process, run_id: str) -> bool:
    """Tell whether a process has a run's id in its environment, which it has from the run's."""
    import psutil

    try:
        return bool(process.environ().get(SUBMITTED) == run_id)
    except (psutil.Error, OSError):
        return False


def _await_end(family: Sequence[psutil.Process], seconds: float) -> None:
    # psutil's own waiting would fetch the exit code of a child that others wait for.
    deadline = time.monotonic() + seconds
    while [*_alive(family)] and time.monotonic() < deadline:
        time.sleep(0.01)


def _alive(family: Sequence[psutil.Process] | set[psutil.Process]) -> Iterator[psutil.Process]:
    import psutil

    for one in family:
        with suppress(psutil.Error):
            if one.is_running() and one.status() != psutil.STATUS_ZOMBIE:
                yield one
