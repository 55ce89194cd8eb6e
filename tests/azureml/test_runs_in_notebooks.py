"""Scripts that a notebook submits: they run while it goes on, and end with it."""

import os
import signal
import threading
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from dsnb.provenance.runs import status_of
from dsnb.session.environment import is_alive
from dsnb.workspace import Workspace as LocalWorkspace
from tests.azureml.labour import WEEK_27
from tests.kernels import Kernel, fresh, started
from tests.pipelines.labour import WAIT_FOR, until
from tests.workbench import write

STAY = "import os, time\nprint(os.getpid(), flush=True)\nwhile True: time.sleep(600)"
BEGUN = f"""
from dsnb.azureml.core import *
ws = Workspace.from_config()
week = Dataset.File.from_files((ws.get_default_datastore(), {WEEK_27!r})).register(ws, "week_ds")
def submit(name, *arguments):
    config = ScriptRunConfig("code", name, [*arguments])
    return Experiment(ws, "weather").submit(config)
"""


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Kernel]:
    with started(tmp_path_factory.mktemp("kernel")) as kernel:
        kernel.do("%load_ext dsnb")
        yield kernel


def begun(kernel: Kernel) -> tuple[Kernel, LocalWorkspace]:
    write(kernel.folder / "code/stay.py", STAY)
    kernel.do("%ds init")
    kernel.do(BEGUN)
    return kernel, LocalWorkspace(kernel.folder)


def number_of(workspace: LocalWorkspace, run_id: str) -> int:
    log = workspace.layout.run(run_id) / "log.txt"
    until(lambda: log.is_file() and log.read_text(encoding="utf-8").endswith("\n"))
    return int(log.read_text(encoding="utf-8"))


def test_a_script_runs_while_the_notebook_goes_on(running: Kernel, tmp_path: Path) -> None:
    kernel, workspace = begun(fresh(running, tmp_path / "notebook"))
    go = kernel.folder / "go"
    code = f"print('began', flush=True)\n{WAIT_FOR}\nwait_for({str(go)!r})\nprint('went on')"
    write(kernel.folder / "code/train.py", code)
    kernel.do("run = submit('train.py', week.as_named_input('week').as_download())")
    assert kernel.evaluate("run.get_status()") == "Running"
    kernel.do("import pathlib; pathlib.Path('go').touch()")
    shown = kernel.do("details = run.wait_for_completion(show_output=True)").streamed
    assert [line for line in shown.splitlines() if not line.startswith("Run ")] == [
        *("began", "went on")
    ]
    # What the submission read and copied is not the notebook's own reading.
    [session] = [run for run in workspace.runs().values() if run.job is None]
    assert (session.ended, session.inputs, session.untracked) == (None, (), ())
    assert kernel.evaluate("Run.get_context().id") == session.id


def test_an_interrupted_cell_cancels_what_it_waits_for(running: Kernel, tmp_path: Path) -> None:
    kernel, workspace = begun(fresh(running, tmp_path / "notebook"))
    kernel.do("run = submit('stay.py')")
    number = number_of(workspace, kernel.evaluate("run.id"))
    process = kernel.evaluate("__import__('os').getpid()")
    said = "from pathlib import Path; Path('waits').touch()\n"
    thread = threading.Thread(
        target=lambda: (
            until((kernel.folder / "waits").exists),
            os.kill(process, signal.SIGINT),
        )
    )
    thread.start()
    ran = kernel.run(f"{said}run.wait_for_completion()")
    thread.join()
    assert ran.error is not None
    assert ran.error["ename"] == "KeyboardInterrupt"
    assert kernel.evaluate("run.get_status()") == "Canceled"
    assert not psutil.pid_exists(number)


def test_a_notebook_that_ends_takes_what_it_submitted_with_it(tmp_path: Path) -> None:
    (tmp_path / "kernel").mkdir()
    with started(tmp_path / "kernel") as running:
        running.do("%load_ext dsnb")
        kernel, workspace = begun(fresh(running, tmp_path / "notebook"))
        kernel.do("run = submit('stay.py')")
        run_id = kernel.evaluate("run.id")
        number = number_of(workspace, run_id)
    assert status_of(workspace.runs()[run_id], is_alive) == "canceled"
    assert not psutil.pid_exists(number)
