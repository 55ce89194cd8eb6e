"""A script that uses dsnb is a run too."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

import dsnb
from dsnb.records import Failure
from dsnb.session import environment
from dsnb.workspace import Workspace

SCRIPT = """\
import dsnb
dsnb.register("weather_ds", "data/Weather/week 27")
frame = dsnb.load("weather_ds@1")
{more}
print(len(frame))
"""


def run_script(more: str = "") -> subprocess.CompletedProcess[str]:
    Path("train.py").write_text(SCRIPT.format(more=more))
    return subprocess.run([sys.executable, "train.py"], capture_output=True, text=True, timeout=60)


def test_a_script_is_a_run_and_its_output_is_its_own(weather: Path) -> None:
    done = run_script()
    assert (done.returncode, done.stdout, done.stderr) == (0, "502\n", "")
    (run,) = Workspace(".").runs().values()
    assert run.name == "train"
    assert run.notebook == os.path.abspath("train.py")
    assert run.kernel is None
    assert [use.ref for use in run.inputs] == [use.ref for use in run.outputs] == ["weather_ds@1"]
    assert run.inputs[0].cells == ()
    assert run.ended is not None


def test_a_script_that_fails_has_done_what_it_did(weather: Path) -> None:
    assert run_script("1 / 0").returncode == 1
    ((run, status),) = dsnb.runs().rows
    assert status == "failed"
    assert run.failure == Failure(error="ZeroDivisionError")
    assert len(run.inputs) == 1
    assert run.ended is not None


def test_an_error_that_a_script_caught_is_no_failure(weather: Path) -> None:
    run_script("try: 1 / 0\nexcept ZeroDivisionError: pass")
    ((_, status),) = dsnb.runs().rows
    assert status == "completed"


def test_a_script_that_is_killed_was_interrupted(weather: Path) -> None:
    run_script("import os, signal; os.kill(os.getpid(), signal.SIGKILL)")
    ((run, status),) = dsnb.runs().rows
    assert status == "interrupted"
    assert len(run.inputs) == 1


def test_worker_processes_leave_the_run_of_the_script_alone(weather: Path) -> None:
    more = """
import multiprocessing
with multiprocessing.get_context("fork").Pool(2) as pool:
    pool.map(dsnb.load, ["weather_ds@1"] * 4)
    pool.close(); pool.join()
"""
    run_script(more)
    (run,) = Workspace(".").runs().values()
    assert run.ended is not None
    assert len(run.inputs) == 1


def test_what_a_worker_registers_names_no_run_that_never_was(weather: Path) -> None:
    more = """
import multiprocessing
args = ["made", "data/Weather/week 28"]
worker = multiprocessing.get_context("fork").Process(target=dsnb.register, args=args)
worker.start(); worker.join()
"""
    run_script(more)
    assert dsnb.show("made").version.run is None
    assert len(Workspace(".").runs()) == 1


def test_a_forked_worker_hashes_and_keeps_large_files(weather: Path) -> None:
    more = """
import multiprocessing, os
for name in ("one", "other"):
    with open(name, "wb") as file:
        file.write(os.urandom(5_000_000))
dsnb.register("large", "one")
worker = multiprocessing.get_context("fork").Process(target=dsnb.register, args=["large", "other"])
worker.start(); worker.join()
"""
    run_script(more)
    assert dsnb.show("large").version.ref == "large@2"
    assert dsnb.verify("large@2", full=True)


def test_a_run_that_a_worker_begins_itself_ends_with_it(weather: Path) -> None:
    more = """
import multiprocessing
def work():
    dsnb.run.start("work")
    dsnb.load("weather_ds@1")
worker = multiprocessing.get_context("fork").Process(target=work)
worker.start(); worker.join()
"""
    run_script(more)
    mine, works = Workspace(".").runs().values()
    assert (mine.name, works.name) == ("train", "work")
    assert works.ended is not None
    assert [use.ref for use in works.inputs] == ["weather_ds@1"]


def test_notices_of_a_script_go_to_stderr(weather: Path) -> None:
    more = 'dsnb.register("weather_ds", "data/Weather/week 27", description="week 27")'
    done = run_script(more)
    assert done.stdout == "502\n"
    assert done.stderr.startswith("dsnb: weather_ds@1 keeps its description")


def test_one_process_has_a_run_in_each_workspace(tmp_path: Path) -> None:
    for name in ("one", "other"):
        (tmp_path / name).mkdir()
        os.chdir(tmp_path / name)
        Path("a.csv").write_text("a\n1\n")
        dsnb.register(name, "a.csv")
    runs = [[*Workspace(tmp_path / name).runs().values()] for name in ("one", "other")]
    assert [[use.ref for use in run.outputs] for (run,) in runs] == [["one@1"], ["other@1"]]


def test_code_outside_git_has_no_state(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GIT_CEILING_DIRECTORIES", str(tmp_path.parent))
    state = environment.code_state(str(tmp_path))
    assert (state.commit, state.branch, state.dirty) == (None, None, False)
    monkeypatch.setenv("PATH", "")
    assert environment.code_state(str(tmp_path)).commit is None


def test_a_detached_head_and_an_empty_repository_are_told(tmp_path: Path) -> None:
    git = ["git", "-c", "user.name=a", "-c", "user.email=a@b"]
    subprocess.run([*git, "init", "-qb", "trial"], cwd=tmp_path, check=True)
    state = environment.code_state(str(tmp_path))
    assert (state.commit, state.branch, state.dirty) == (None, "trial", False)
    for words in (["commit", "-qm", "x", "--allow-empty"], ["checkout", "-q", "--detach"]):
        subprocess.run([*git, *words], cwd=tmp_path, check=True)
    state = environment.code_state(str(tmp_path))
    assert state.commit is not None
    assert (state.branch, state.dirty) == (None, False)


def test_the_notebook_is_named_by_jupyter(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "a.ipynb").touch()
    monkeypatch.setenv("JPY_SESSION_NAME", "/srv/work/deep/a.ipynb")
    assert environment.notebook_path(str(tmp_path)) == str(tmp_path / "a.ipynb")
    monkeypatch.setenv("JPY_SESSION_NAME", "/srv/work/deep/gone.ipynb")
    assert environment.notebook_path(str(tmp_path)) == "/srv/work/deep/gone.ipynb"
