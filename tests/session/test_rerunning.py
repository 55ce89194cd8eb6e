"""Running a notebook again: real kernels, on the versions that were recorded."""

import json
import os
import signal
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

import nbformat
import psutil
import pytest

import dsnb
from dsnb.cli import main
from dsnb.errors import MissingLibraryError, NotebookError, UsageError
from dsnb.presenting import as_html, as_text
from dsnb.provenance.lock import Lock, lock_of, read_lock
from dsnb.session.current import SESSION
from dsnb.session.rerunning import Rerun
from dsnb.workspace import Workspace
from tests import workbench
from tests.datasets.test_notebooks import lock_of_this_session, write_notebook
from tests.kernels import started
from tests.workbench import write

LOAD = "%load_ext dsnb\ndf = %ds load weather_ds"
MEAN = "mean = round(df.temp.mean(), 3)\n%ds run metric mean={mean}\nmean"
WEEKS = ("data/Weather/week 27", "data/Weather/week 28")


@pytest.fixture
def recorded(weather: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Register week 27, then load it and record its mean, as a notebook did."""
    monkeypatch.setenv("JPY_SESSION_NAME", "analysis.ipynb")
    register("weather_ds", WEEKS[0])
    mean = dsnb.load("weather_ds").temp.mean()
    dsnb.run.metric({"mean": round(mean, 3)})


def register(name: str, *paths: str | Path) -> None:
    """Register as a shell does, outside every run."""
    workspace, _ = Workspace.find_or_create()
    workbench.register(workspace, *paths, name=name)


def end_run() -> None:
    SESSION.end()


def output_of(path: str | Path, cell: int) -> str:
    outputs = nbformat.read(path, as_version=4).cells[cell].outputs
    return "".join(
        str(each.get("text", each.get("data", {}).get("text/plain", ""))) for each in outputs
    )


def lock_in(path: str | Path) -> Any:
    return nbformat.read(path, as_version=4).metadata.get("dsnb")


def refs(result: Rerun) -> dict[str, tuple[tuple[str, ...], tuple[str, ...], bool]]:
    both = (*result.inputs, *result.outputs)
    return {one.name: (one.before, one.after, one.same) for one in both}


def test_the_recorded_version_is_read_although_a_newer_one_is_there(recorded: None) -> None:
    notebook = write_notebook("analysis.ipynb", lock_of_this_session(), LOAD, MEAN, "len(df)")
    end_run()
    before = notebook.read_bytes()
    register("weather_ds", *WEEKS)
    result = dsnb.rerun("analysis.ipynb")
    assert result
    assert result.same
    assert refs(result) == {"weather_ds": (("weather_ds@1",), ("weather_ds@1",), True)}
    assert (result.cells, result.of, result.failed) == (3, 3, None)
    assert result.difference is not None
    [metric] = result.difference.metrics
    assert (metric.name, metric.before) == ("mean", metric.after)
    assert output_of("analysis-rerun.ipynb", 2) == "502"
    assert notebook.read_bytes() == before
    assert read_lock(lock_in("analysis-rerun.ipynb")) == result.lock == result.recorded
    assert "same inputs and outputs" in as_text(result)
    # What was run again is run again from its own lock, to the same bytes of metadata.
    again = dsnb.rerun("analysis-rerun.ipynb", output="twice.ipynb")
    assert again.same
    assert json.dumps(lock_in("twice.ipynb")) == json.dumps(lock_in("analysis-rerun.ipynb"))


def test_another_version_is_read_where_the_user_says_so(recorded: None) -> None:
    code = f"{LOAD}\nold = %ds load weather_ds@1\nimport dsnb\nlen(dsnb.load('weather_ds@latest'))"
    write_notebook("analysis.ipynb", lock_of_this_session(), code, MEAN, "len(df), len(old)")
    end_run()
    register("weather_ds", *WEEKS)
    result = dsnb.rerun("analysis.ipynb", with_=["weather_ds@2"], output="with-july.ipynb")
    assert refs(result) == {"weather_ds": (("weather_ds@1",), ("weather_ds@2",), False)}
    assert result.replaced == ("weather_ds@2",)
    assert output_of("with-july.ipynb", 2) == "(1006, 1006)"
    assert output_of("with-july.ipynb", 0).endswith("1006")
    assert result.difference is not None
    [metric] = result.difference.metrics
    assert metric.before != metric.after
    said = as_text(result)
    assert "⚠ differs" in said
    assert "%ds diff weather_ds@1 weather_ds@2" in said
    assert not Path("analysis-rerun.ipynb").exists()


def test_what_code_reads_by_itself_is_what_is_on_disk_and_that_is_told(weather: Path) -> None:
    write("zones.csv", "zone\nJFK\n")
    register("zones", "zones.csv")
    version = dsnb.show("zones").version
    read = {"name": "zones", "version": 1, "digest": version.digest, "how": ["trace"]}
    code = "%load_ext dsnb\nimport pandas as pd\npd.read_csv('zones.csv')"
    write_notebook("a.ipynb", {"schema": 1, "inputs": [read], "outputs": []}, code)
    # The same file in a newer version: it is still the recorded one that was read.
    register("zones", "zones.csv", write("more.csv", "zone\nLGA\n"))
    result = dsnb.rerun("a.ipynb")
    assert refs(result) == {"zones": (("zones@1",), ("zones@1",), True)}
    assert result.difference is None
    assert "its metrics cannot be compared" in " ".join(as_text(result).split())
    write("zones.csv", "zone\nEWR\n")
    register("zones", "zones.csv")
    result = dsnb.rerun("a.ipynb")
    assert refs(result) == {"zones": (("zones@1",), ("zones@3",), False)}
    # By then there is a run of the same cells on the same versions.
    assert result.difference is not None
    assert result.difference.cells.same == 1


def test_what_the_notebook_makes_itself_is_what_it_reads_afterwards(recorded: None) -> None:
    warm = dsnb.load("weather_ds").query("temp > 75")
    dsnb.register("warm", from_=warm)
    dsnb.load("warm")
    code = [LOAD, "warm = df[df.temp > 75]\n%ds register warm --from warm", "w = %ds load warm"]
    write_notebook("analysis.ipynb", lock_of_this_session(), *code, "len(w)")
    end_run()
    register("weather_ds", *WEEKS)
    result = dsnb.rerun("analysis.ipynb", with_=["weather_ds@2"])
    assert output_of("analysis-rerun.ipynb", 3) == str((dsnb.load("weather_ds@2").temp > 75).sum())
    assert refs(result)["warm"] == (("warm@1",), ("warm@2",), False)


def test_a_failing_cell_is_told_and_the_notebook_is_written_all_the_same(
    recorded: None, capsys: pytest.CaptureFixture[str]
) -> None:
    lock = lock_of_this_session()
    write_notebook("analysis.ipynb", lock, LOAD, "", "int('<b>one</b>')", "print('not reached')")
    document = json.loads(Path("analysis.ipynb").read_text(encoding="utf-8"))
    old = [{"output_type": "stream", "name": "stdout", "text": "from long ago"}]
    document["cells"][3]["outputs"] = old
    Path("analysis.ipynb").write_text(json.dumps(document), encoding="utf-8")
    end_run()
    assert main(["rerun", "analysis.ipynb"]) == 1
    said = capsys.readouterr().out
    assert "✗ cell [2] of 3 cells failed" in said
    assert "ValueError: invalid literal for int()" in said
    assert "> int('<b>one</b>')" in said
    written = nbformat.read("analysis-rerun.ipynb", as_version=4)
    assert written.cells[2].outputs[0].ename == "ValueError"
    assert written.cells[3].outputs == []
    assert read_lock(written.metadata.dsnb) == lock
    result = dsnb.rerun("analysis.ipynb")
    assert not result
    assert result.failed is not None
    assert (result.failed.cell, result.failed.error) == (2, "ValueError")
    assert "<b>" not in as_html(result)
    assert result.run is not None
    assert result.run.failure is not None
    assert result.run.failure.cell == 2


def test_a_kernel_that_dies_is_told_as_a_failing_cell(recorded: None) -> None:
    lock = lock_of_this_session()
    write_notebook("analysis.ipynb", lock, LOAD, "import os; os.kill(os.getpid(), 9)", "1")
    result = dsnb.rerun("analysis.ipynb")
    assert result.failed is not None
    assert (result.failed.cell, result.failed.error) == (2, "DeadKernelError")
    assert Path("analysis-rerun.ipynb").exists()


def test_it_runs_in_the_notebooks_own_folder_and_may_be_written_over(recorded: None) -> None:
    notebook = write_notebook(
        "deep/analysis.ipynb", lock_of_this_session(), LOAD, "import os; print(os.getcwd())"
    )
    end_run()
    result = dsnb.rerun("deep/analysis.ipynb", output="deep/analysis.ipynb")
    assert output_of(notebook, 1).strip() == str(notebook.parent.resolve())
    assert (result.notebook, result.output) == (result.output, str(notebook.resolve()))
    assert result.run is not None
    assert result.run.name == "analysis"


def test_a_notebook_outside_every_workspace_uses_the_users_own(
    recorded: None, tmp_path: Path
) -> None:
    elsewhere = tmp_path / "downloads" / "mailed.ipynb"
    write_notebook(elsewhere, lock_of_this_session(), LOAD, "len(df)")
    end_run()
    dsnb.rename("weather_ds", "climate")
    result = dsnb.rerun(elsewhere, output="here.ipynb")
    assert result
    assert output_of("here.ipynb", 1) == "502"
    assert refs(result) == {"weather_ds": (("weather_ds@1",), ("climate@1",), True)}


def test_a_notebook_that_was_only_run_is_known_from_the_records(
    recorded: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    SESSION.end()
    notebook = write_notebook("analysis.ipynb", None, LOAD, "len(df)")
    monkeypatch.setenv("JPY_SESSION_NAME", str(notebook.resolve()))
    dsnb.load("weather_ds@1")
    end_run()
    register("weather_ds", *WEEKS)
    assert dsnb.rerun("analysis.ipynb").same
    assert output_of("analysis-rerun.ipynb", 1) == "502"


def test_a_notebook_that_used_nothing_is_run_all_the_same(recorded: None) -> None:
    write_notebook("other.ipynb", Lock(), "6 * 7")
    result = dsnb.rerun("other.ipynb")
    assert result
    assert result.same
    assert result.run is None
    assert output_of("other-rerun.ipynb", 0) == "42"
    assert lock_in("other-rerun.ipynb") is None


def test_a_workspace_that_wants_no_locks_gets_none(recorded: None) -> None:
    write_notebook("analysis.ipynb", lock_of_this_session(), LOAD)
    dsnb.config("notebook.lock", "off")
    assert dsnb.rerun("analysis.ipynb").same
    assert lock_in("analysis-rerun.ipynb") is None


def test_it_is_typed_in_a_notebook_too(tmp_path: Path) -> None:
    with started(tmp_path / "project") as kernel:
        kernel.do(f'%load_ext dsnb\n%ds register weather_ds "{WEEKS[0]}"')
        kernel.do("%ds load weather_ds")
        workspace = Workspace(kernel.folder)
        [run] = workspace.runs().values()
        write_notebook(kernel.folder / "other.ipynb", lock_of([replace(run, outputs=())]), LOAD)
        ran = kernel.do("%ds rerun other.ipynb")
        assert "same inputs" in ran.texts[-1]
        assert sum("cell run" in text for text in ran.texts) == 1
        assert "✓ all can be" in (kernel.do("%ds verify-notebook other.ipynb").value or "")


# What is refused before anything runs


def refused(said: str, file: str = "analysis.ipynb", kind: Any = NotebookError, **how: Any) -> None:
    before = len(Workspace.find().runs())
    with pytest.raises(kind, match=said):
        dsnb.rerun(file, **how)
    assert len(Workspace.find().runs()) == before
    assert not Path("analysis-rerun.ipynb").exists()


def test_a_notebook_that_says_nothing_of_what_it_read_is_refused(recorded: None) -> None:
    write_notebook("other.ipynb", None, LOAD)
    refused("holds no lock", file="other.ipynb")


def test_inputs_that_are_not_here_are_named(recorded: None) -> None:
    gone = {"name": "prices", "version": 2, "digest": "ab" * 32, "how": ["load"]}
    write_notebook("analysis.ipynb", {"schema": 1, "inputs": [gone], "outputs": []}, "1")
    refused(r"read prices@2, which this workspace does not have.*--with prices@latest")


def test_what_was_not_read_cannot_be_replaced(recorded: None) -> None:
    register("prices", write("prices.csv", "price\n1\n"))
    write_notebook("analysis.ipynb", lock_of_this_session(), LOAD)
    refused("did not read prices.* It read weather_ds", kind=UsageError, with_=["prices@1"])


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"cells": [7]}, "no notebook that can be run"),
        ({"cells": [{"cell_type": "code"}]}, "no notebook that can be run"),
        ({"cells": [{"cell_type": "code", "source": 7}]}, "no notebook that can be run"),
        ({"nbformat": 3}, "no notebook that can be run"),
        ({"nbformat": 99}, "no notebook that can be run"),
    ],
)
def test_a_notebook_that_is_damaged_is_refused(
    recorded: None, change: dict[str, Any], said: str
) -> None:
    notebook = write_notebook("analysis.ipynb", lock_of_this_session(), LOAD)
    document = json.loads(notebook.read_text(encoding="utf-8"))
    notebook.write_text(json.dumps({**document, **change}), encoding="utf-8")
    refused(said)


def test_a_notebook_of_another_language_is_refused(recorded: None) -> None:
    notebook = write_notebook("analysis.ipynb", lock_of_this_session(), LOAD)
    document = json.loads(notebook.read_text(encoding="utf-8"))
    document["metadata"]["kernelspec"]["language"] = "R"
    notebook.write_text(json.dumps(document), encoding="utf-8")
    refused("is a notebook of R")


def test_a_place_where_no_file_can_be_is_refused_before_anything_runs(recorded: None) -> None:
    write_notebook("analysis.ipynb", lock_of_this_session(), LOAD)
    refused("cannot be written", output="data")
    refused("cannot be written", output="nowhere/out.ipynb")


def test_nbclient_must_be_installed(recorded: None, monkeypatch: pytest.MonkeyPatch) -> None:
    write_notebook("analysis.ipynb", lock_of_this_session(), LOAD)
    monkeypatch.setitem(sys.modules, "nbclient", None)
    refused("needs nbclient, .* %pip install nbclient", kind=MissingLibraryError)


def test_a_kernel_that_is_not_installed_is_replaced_and_that_is_told(
    recorded: None, capsys: pytest.CaptureFixture[str]
) -> None:
    notebook = write_notebook("analysis.ipynb", lock_of_this_session(), LOAD)
    document = json.loads(notebook.read_text(encoding="utf-8"))
    document["metadata"]["kernelspec"]["name"] = "of-another-machine"
    notebook.write_text(json.dumps(document), encoding="utf-8")
    assert dsnb.rerun("analysis.ipynb")
    assert "kernel of-another-machine is not installed here" in capsys.readouterr().err


@pytest.mark.skipif(os.name == "nt", reason="Windows has no such signal")
def test_ctrl_c_ends_the_kernel(recorded: None) -> None:
    wait = "import os, pathlib, time\npathlib.Path('pid').write_text(str(os.getpid()))"
    wait += "\ntime.sleep(600)"
    write_notebook("analysis.ipynb", lock_of_this_session(), LOAD, wait)
    end_run()
    command = [sys.executable, "-m", "dsnb", "rerun", "analysis.ipynb"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        pid = Path("pid")
        until = time.monotonic() + 60
        while not (pid.exists() and pid.read_text()) and time.monotonic() < until:
            time.sleep(0.1)
        kernel = psutil.Process(int(pid.read_text()))
        process.send_signal(signal.SIGINT)
        _, said = process.communicate(timeout=60)
    assert process.returncode == 130
    assert b"Traceback" not in said
    kernel.wait(timeout=20)
    assert not Path("analysis-rerun.ipynb").exists()
