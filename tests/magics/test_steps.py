"""Cells that are steps, in a real kernel."""

import json
import os
import signal
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from dsnb.workspace import Workspace
from tests.kernels import Kernel, started

PREPARE = "%%ds step prepare --in weather_ds --out prepared\nprepared = weather_ds.head(3)"
REGISTER = '%ds register weather_ds "data/Weather/week {}"'


@pytest.fixture
def workspace(kernel: Kernel) -> Workspace:
    kernel.do(REGISTER.format(27))
    return Workspace(kernel.folder)


def names(workspace: Workspace) -> list[str]:
    return [row.version.ref for row in workspace.datasets().rows]


def left_in_data(workspace: Workspace) -> list[Path]:
    return [path for path in workspace.layout.data.rglob("*") if not path.name.endswith(".claim")]


def interrupted(kernel: Kernel, cell: str, began: Path) -> list[str]:
    """Run a cell that is interrupted as soon as it has made a file; return its errors' names."""

    def interrupt() -> None:
        while not began.exists():
            time.sleep(0.02)
        os.kill(kernel.manager.provisioner.process.pid, signal.SIGINT)  # type: ignore[union-attr]

    thread = threading.Thread(target=interrupt)
    thread.start()
    ran = kernel.run(cell)
    thread.join()
    began.unlink()
    return [message["ename"] for message in ran.of("error")]


def test_a_step_shows_what_its_code_shows_and_then_its_outcome(
    kernel: Kernel, workspace: Workspace
) -> None:
    ran = kernel.do(PREPARE + "\nprint('hot')\nprepared.shape")
    assert [kind for kind, _ in ran.messages if kind in ("execute_result", "display_data")] == [
        "execute_result",
        "display_data",
    ]
    assert (ran.value, ran.streamed) == ("(3, 15)", "hot\n")
    assert ran.texts[1].startswith("step prepare  done in ")
    assert set(ran.shown[1]) == {"text/plain", "text/html"}
    assert kernel.evaluate("_") == (3, 15)


def test_a_failing_body_shows_its_error_once_and_stops_the_notebook(
    kernel: Kernel, workspace: Workspace
) -> None:
    ran = kernel.run("%%ds step bad --in weather_ds --out a\n1 / 0")
    assert [message["ename"] for message in ran.of("error")] == [
        "ZeroDivisionError",
        "PipelineError",
    ]
    assert ran.reply["status"] == "error"
    assert ran.of("error")[1]["traceback"] == [
        "PipelineError: The step bad failed with ZeroDivisionError (division by zero); nothing was "
        "registered. Its error is shown above."
    ]
    assert names(workspace) == ["weather_ds@1"]


@pytest.mark.parametrize(
    "waiting", ["import time; time.sleep(60)", "import asyncio; await asyncio.sleep(60)"]
)
def test_ctrl_c_in_the_body_registers_nothing(
    kernel: Kernel, workspace: Workspace, waiting: str
) -> None:
    began = kernel.folder / "began"
    cell = (
        "%%ds step slow --in weather_ds --out a\n(a / 'x').write_text('1')\n"
        f"open({str(began)!r}, 'w').close()\n{waiting}\nprint('went on')"
    )
    errors = interrupted(kernel, cell, began)
    assert errors[0] in ("KeyboardInterrupt", "CancelledError")
    assert errors[1:] == ["PipelineError"]
    assert names(workspace) == ["weather_ds@1"]
    assert left_in_data(workspace) == []
    assert "canceled" in str(kernel.do("%ds runs").value)
    # The kernel's own loop goes on, and the code that was left does not.
    after = kernel.do("import asyncio; await asyncio.sleep(0.05); 'alive'")
    assert (after.value, after.streamed) == ("'alive'", "")


def test_the_body_may_await(kernel: Kernel, workspace: Workspace) -> None:
    cell = "import asyncio\nawait asyncio.sleep(0)\nprepared = weather_ds.head(2)\nlen(prepared)"
    ran = kernel.do(f"%%ds step later --in weather_ds --out prepared\n{cell}")
    assert ran.value == "2"
    again = kernel.do("%ds pipeline run")
    assert again.value == "2"
    assert kernel.do("%ds load prepared").value is not None
    bad = kernel.run("%%ds step later --in weather_ds --out prepared\nawait nothing()")
    assert [message["ename"] for message in bad.of("error")] == ["NameError", "PipelineError"]


def test_the_body_may_hold_lines_of_ds_and_magics(kernel: Kernel, workspace: Workspace) -> None:
    kernel.do(
        "%%ds step timed --in weather_ds --out a\n%%capture said\nprint('hot')\na = weather_ds"
    )
    assert kernel.evaluate("said.stdout") == "hot\n"
    kernel.do(
        "%%ds step lines --in weather_ds --out b\nold = %ds load a\nb = old.head(1)\n%ds runs"
    )
    assert names(workspace) == ["a@1", "b@1", "weather_ds@1"]
    shown = kernel.do("%ds show b").value or ""
    assert "made from:   weather_ds@1, a@1" in shown


@pytest.mark.parametrize(
    ("cell", "said"),
    [
        ("%%ds load weather_ds\n1", "or one line: %ds load"),
        ("%%ds\n1", "Write %%ds step NAME --in REF --out DATASET"),
        ("%%ds stp x\n1", "stp is none"),
        ("%%ds step\n1", "%%ds step needs NAME"),
        ("%%ds step x --inn y\n1", "has no option --inn"),
        ("%%ds step 'x --in y\n1", "A quote is opened"),
        ("%ds step x --in weather_ds --out y", "Begin a cell with %%ds step x"),
    ],
)
def test_what_is_written_wrong_says_what_to_write(
    kernel: Kernel, workspace: Workspace, cell: str, said: str
) -> None:
    error = kernel.run(cell).error
    assert error is not None
    assert error["ename"] == "UsageError"
    assert said in error["evalue"]
    assert len(error["traceback"]) == 1


def test_help_and_variables_work_on_the_first_line(kernel: Kernel, workspace: Workspace) -> None:
    assert "usage: %%ds step" in (kernel.do("%%ds step --help\n1").value or "")
    kernel.do("which = 'weather_ds@1'\n")
    kernel.do("%%ds step take --in all=$which --out few\nfew = all.head(1)")
    assert "few@1" in names(workspace)


def test_a_kernel_that_is_killed_registers_nothing(tmp_path: Path) -> None:
    with started(tmp_path) as kernel:
        kernel.do("%load_ext dsnb")
        kernel.do(REGISTER.format(27))
        kernel.client.execute(
            "%%ds step slow --in weather_ds --out a\n(a / 'x.csv').write_text('a\\n1\\n')\n"
            "import time; time.sleep(60)"
        )
        workspace = Workspace(tmp_path)
        while not any(workspace.layout.data.rglob("x.csv")):
            time.sleep(0.02)
        kernel.kill()
    with started(tmp_path) as kernel:
        kernel.do("%load_ext dsnb")
        assert names(workspace) == ["weather_ds@1"]
        assert "⚠ interrupted" in str(kernel.do("%ds run show slow").value)
        kernel.do("%ds gc")
        assert left_in_data(workspace) == []


@pytest.fixture
def second(kernel: Kernel) -> Iterator[Kernel]:
    with started(kernel.folder, kernel.folder.parent / "second") as other:
        other.do("%load_ext dsnb")
        yield other


def test_what_another_kernel_registers_meanwhile_is_read_the_next_time(
    kernel: Kernel, workspace: Workspace, second: Kernel
) -> None:
    kernel.client.execute(
        "%%ds step slow --in weather_ds --out rows\n"
        "import os, time\nopen('began', 'w').close()\n"
        "while not os.path.exists('go'): time.sleep(0.02)\nrows = weather_ds"
    )
    while not (kernel.folder / "began").exists():
        time.sleep(0.02)
    second.do(REGISTER.format(28))
    (kernel.folder / "go").touch()
    kernel.do("1")
    assert [parent.ref for parent in workspace.resolve("rows").parents] == ["weather_ds@1"]
    assert "weather_ds@1 → weather_ds@2" in str(kernel.do("%ds pipeline").value)
    kernel.do("%ds pipeline run --changed")
    assert [parent.ref for parent in workspace.resolve("rows").parents] == ["weather_ds@2"]


def test_a_restarted_kernel_knows_what_its_notebook_did(tmp_path: Path) -> None:
    notebook = tmp_path / "train.ipynb"
    cells = [{"cell_type": "code", "source": cell} for cell in ("%load_ext dsnb", PREPARE)]
    notebook.write_text(
        json.dumps({"cells": cells, "metadata": {}, "nbformat": 4, "nbformat_minor": 5})
    )
    with started(tmp_path, JPY_SESSION_NAME=str(notebook)) as kernel:
        kernel.do("%load_ext dsnb")
        kernel.do(REGISTER.format(27))
        kernel.do(PREPARE)
        kernel.restart()
        kernel.do("%load_ext dsnb")
        assert "✓ up to date · not run in this session" in str(kernel.do("%ds pipeline").value)
        assert "nothing was run" in kernel.do("%ds pipeline run --changed").texts[0]
        kernel.do(REGISTER.format(28))
        assert "prepared@2" in kernel.do("%ds pipeline run --changed").texts[-1]


@pytest.mark.parametrize(
    ("typed", "offered"),
    [
        ("%%ds ", ["step"]),
        ("%%ds lo", []),
        ("%%ds step x --in wea", ["weather_ds"]),
        ("%%ds step x --in weather_ds@", ["weather_ds@1", "weather_ds@latest"]),
        ("%%ds step x --in raw=wea", ["raw=weather_ds"]),
        ("%%ds step x --out wea", ["weather_ds"]),
        ("%%ds step x --o", ["--out"]),
        ("%ds pipeline ", ["show", "run"]),
        ("%ds pipeline run --", ["--changed"]),
    ],
)
def test_the_first_line_is_completed(
    kernel: Kernel, workspace: Workspace, typed: str, offered: list[str]
) -> None:
    assert [one for one in kernel.complete(typed)["matches"] if one[0] != "%"] == offered


def test_a_step_that_was_run_is_offered_by_name(kernel: Kernel, workspace: Workspace) -> None:
    kernel.do(PREPARE)
    assert kernel.complete("%%ds step pre")["matches"] == ["prepare"]


def test_unloading_takes_the_cell_magic_away(tmp_path: Path) -> None:
    with started(tmp_path) as kernel:
        kernel.do("%load_ext dsnb\n%unload_ext dsnb")
        assert "Cell magic `%%ds` not found" in kernel.run(PREPARE).streamed
