"""Processes: begun with a log, waited for, ended with all that they began."""

import os
import signal
import subprocess
import sys
from contextlib import suppress
from pathlib import Path

import psutil
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dsnb.pipelines import processes
from dsnb.session.current import SUBMITTED
from tests.pipelines.labour import until
from tests.workbench import write

RUN = "a-run"
DEAF = "import signal; signal.signal(signal.SIGTERM, signal.SIG_IGN)\n"
STAY = "import time\nwhile True: time.sleep(60)\n"
TELL = "import os, pathlib; pathlib.Path('pids', str(os.getpid())).touch()\n"


@pytest.fixture(autouse=True)
def folders(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(processes, "GRACE", 0.2)
    Path(RUN).mkdir()
    Path("pids").mkdir()


def begin(code: str, **more: str) -> subprocess.Popen[bytes]:
    environment = processes.environment_of({SUBMITTED: RUN, **more})
    command = [sys.executable, "-c", code]
    process = processes.begin(command, Path.cwd(), environment, Path(RUN, "log.txt"))
    processes.remember(Path(RUN), process)
    return process


def family(count: int) -> list[int]:
    """Return the numbers of the processes that told theirs, once there are so many."""
    until(lambda: len(os.listdir("pids")) >= count)
    return [int(name) for name in os.listdir("pids")]


def alive(found: list[int]) -> list[int]:
    left = []
    for number in found:
        with suppress(psutil.Error):
            if psutil.Process(number).status() != psutil.STATUS_ZOMBIE:
                left.append(number)
    return left


def child(code: str, **how: object) -> str:
    return f"import subprocess, sys; subprocess.Popen([sys.executable, '-c', {code!r}], **{how})\n"


def test_both_streams_are_in_one_log_as_they_come() -> None:
    process = begin("import sys; print('out'); print('err', file=sys.stderr); print('out again')")
    assert processes.wait(process) == 0
    assert processes.tail(Path(RUN, "log.txt")) == ["out", "err", "out again"]


def test_a_process_is_not_asked_anything() -> None:
    assert processes.wait(begin("input()")) == 1
    assert processes.error_in(Path(RUN, "log.txt"), 1) == "EOFError"


def test_what_makes_a_process_a_notebook_is_not_passed_on(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("JPY_SESSION_NAME", "a.ipynb")
    monkeypatch.setenv("MPLBACKEND", "inline")
    monkeypatch.setenv("MINE", "kept")
    found = processes.environment_of({"MORE": "more"})
    assert (found["MINE"], found["MORE"]) == ("kept", "more")
    assert not {"JPY_SESSION_NAME", "MPLBACKEND"} & set(found)


def test_the_tree_ends_with_the_children_that_are_deaf() -> None:
    grandchild = DEAF + TELL + STAY
    process = begin(TELL + child(DEAF + TELL + child(grandchild) + STAY) + STAY)
    found = family(3)
    processes.end_tree(Path(RUN))
    assert alive(found) == []
    assert processes.wait(process) == -signal.SIGTERM


def test_the_tree_ends_with_those_whose_parent_has_ended_and_who_left_its_session() -> None:
    orphan = child(TELL + STAY, start_new_session=True)
    process = begin(TELL + child(TELL + orphan) + STAY)
    found = family(3)
    until(lambda: len(alive(found)) == 2)
    processes.end_tree(Path(RUN))
    assert alive(found) == []
    processes.wait(process)


def test_a_child_without_the_environment_ends_too() -> None:
    process = begin(TELL + child(TELL + STAY, env={}) + STAY)
    found = family(2)
    processes.end_tree(Path(RUN))
    assert alive(found) == []
    processes.wait(process)


def test_one_that_goes_on_beginning_others_ends() -> None:
    again = "import subprocess, sys\nfor n in range(40): subprocess.Popen([sys.executable, '-S', "
    code = f"{DEAF}{TELL}{again}'-c', {DEAF + TELL + STAY!r}])\n{STAY}"
    process = begin(TELL + child(code) + STAY)
    family(5)
    processes.end_tree(Path(RUN))
    assert alive(family(5)) == []
    processes.wait(process)


def test_what_a_process_leaves_behind_ends_with_it() -> None:
    leave = "while len(os.listdir('pids')) < 2: pass"
    process = begin(TELL + child(DEAF + TELL + STAY) + leave)
    assert processes.wait(process) == 0
    until(lambda: alive(family(2)) == [])


def test_a_process_that_has_ended_is_left_alone_and_so_is_who_got_its_number() -> None:
    processes.end_tree(Path("never-begun"))
    process = begin("")
    processes.wait(process)
    processes.end_tree(Path(RUN))
    write(f"{RUN}/process", f"{os.getpid()} 12345.0")
    processes.end_tree(Path(RUN))
    write(f"{RUN}/process", "what is this")
    processes.end_tree(Path(RUN))


def test_a_note_or_log_that_is_a_pipe_or_a_link_is_not_read() -> None:
    other = subprocess.Popen([sys.executable, "-c", STAY])
    try:
        write("note", f"{other.pid} {psutil.Process(other.pid).create_time()!r}")
        os.symlink("../note", f"{RUN}/process")
        processes.end_tree(Path(RUN))
        assert other.poll() is None
    finally:
        other.kill()
        other.wait()
    os.mkfifo(f"{RUN}/pipe")
    assert processes.tail(Path(RUN, "pipe")) == []


@pytest.mark.parametrize(
    ("code", "error"),
    [
        ("raise ValueError('no good')", "ValueError"),
        ("raise ValueError('no\\ngood: at all')", "ValueError"),
        ("raise RuntimeError", "RuntimeError"),
        ("import queue; queue.Queue().get_nowait()", "Empty"),
        ("try: 1/0\nexcept Exception as e: raise KeyError('x') from e", "KeyError"),
        ("def f(n): return f(n + 1)\nf(0)", "RecursionError"),
        ("this is no python", "SyntaxError"),
        ("import sys; print('AnError: not really'); sys.exit(3)", "AnError"),
        ("import sys; sys.exit('Sorry.')", "exit code 1"),
        ("import os; os._exit(7)", "exit code 7"),
        ("import os; os.kill(os.getpid(), 9)", "SIGKILL"),
    ],
)
def test_the_error_that_ended_a_script_is_told(code: str, error: str) -> None:
    assert processes.error_in(Path(RUN, "log.txt"), processes.wait(begin(code))) == error


@given(st.binary(max_size=300), st.integers(1, 5))
def test_the_tail_of_any_log_is_its_last_lines(content: bytes, count: int) -> None:
    log = Path("log.txt")
    log.write_bytes(content)
    whole = content.decode("utf-8", "replace").rstrip().splitlines()
    assert processes.tail(log, count) == whole[-count:] or len(content) > 200 * count
