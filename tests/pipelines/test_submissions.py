"""Scripts and pipelines, carried out: their order, their ends, what is registered of them."""

import os
import shutil
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from unittest.mock import ANY

import psutil
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from dsnb.datasets.removal import EVERY
from dsnb.errors import DsnbError, PipelineError, RegistryError
from dsnb.pipelines import processes
from dsnb.pipelines.following import UNFINISHED, UNRECORDED, cancel, follow, has_ended, wait
from dsnb.pipelines.ledger import Ledger
from dsnb.pipelines.steps import Input, Output, Registering, Step, Told
from dsnb.provenance.runs import status_of
from dsnb.records import Run
from dsnb.session.environment import is_alive
from dsnb.workspace import Workspace
from tests.pipelines.labour import (
    WAIT_FOR,
    begin,
    carry_out,
    parts,
    said,
    script,
    step,
    until,
    writer,
)
from tests.workbench import mounted_disk, register, write


@pytest.fixture(autouse=True)
def hurry(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(processes, "GRACE", 0.2)


def status(run: Run) -> str:
    return status_of(run, is_alive)


def output(name: str = "out", dataset: str | None = "out_ds") -> Output:
    return Output(name=name, registering=None if dataset is None else Registering(name=dataset))


def names(workspace: Workspace) -> list[str]:
    return sorted(workspace.view().names())


def left_over(workspace: Workspace) -> list[str]:
    """Return what a run leaves that nobody needs any more."""
    layout = workspace.layout
    left = [*layout.data.rglob("*"), *layout.run_folders.glob("*/scratch")]
    return [str(path) for path in left]


# One script


def test_a_script_is_recorded_with_how_it_was_begun_and_ended(workspace: Workspace) -> None:
    write("data/a.txt", "a")
    given = register(workspace, "data", kind="file", name="given_ds").version
    told = Told(name="given", what="input")
    run = script(
        workspace,
        "import sys; print(sys.argv[1:])",
        *("--alpha", "0.5", "", "a b", "ü'\"$HOME\n", told),
        inputs=(Input(name="given", source=given),),
        settings={"compute_target": "cpu-cluster"},
    )
    assert run.job is not None
    assert run.ended is not None
    assert (status(run), run.job.exit_code, run.job.kind) == ("completed", 0, "script")
    assert run.started < run.ended
    assert run.job.settings == {"compute_target": "cpu-cluster"}
    assert [(use.ref, use.handed and use.handed.name) for use in run.inputs] == [
        ("given_ds@1", "given")
    ]
    told_there = ["--alpha", "0.5", "", "a b", "ü'\"$HOME\n", given.id]
    assert said(workspace, run) == f"{told_there}\n"
    assert left_over(workspace) == []


def test_a_script_works_in_a_copy_of_its_folder(workspace: Workspace) -> None:
    write("code/script/lib/tool.py", "SAID = 'hello'")
    write("code/script/beside.txt", "beside")
    run = script(
        workspace,
        "from lib.tool import SAID\n"
        "text = open('beside.txt').read()\n"
        "open('beside.txt', 'w').write('changed'); open('new.txt', 'w').write(SAID + text)",
    )
    assert status(run) == "completed"
    assert Path("code/script/beside.txt").read_text(encoding="utf-8") == "beside"
    assert sorted(os.listdir("code/script")) == ["beside.txt", "lib", "script.py"]
    assert (workspace.layout.run(run.id) / "code/new.txt").read_text(encoding="utf-8") == (
        "hellobeside"
    )


def test_what_is_carried_out_is_what_there_was_when_it_was_submitted(workspace: Workspace) -> None:
    first = step("first", WAIT_FOR + f"wait_for({str(Path('go').absolute())!r})")
    second = step("second", "print('old')", after=(first,))
    submission = begin(workspace, first, second)
    write("code/second/second.py", "print('new')")
    write("go", "")
    wait(workspace, submission.id)
    found = parts(workspace, workspace.runs()[submission.id])
    assert said(workspace, found["second"]).split() == ["old"]


def test_what_a_script_says_is_followed_while_it_runs(workspace: Workspace) -> None:
    go = Path("go").absolute()
    code = f"{WAIT_FOR}\nprint('no line end', end='')\nwait_for({str(go)!r})\nprint(' – done')"
    submission = begin(workspace, step("script", code), pipeline=False)
    heard = ""
    for text in follow(workspace, submission.id):
        heard += text
        if "no line end" in heard:
            write(go, "")
    assert heard == "no line end – done\n"


def test_half_a_character_is_waited_for_and_what_is_no_text_replaced(workspace: Workspace) -> None:
    go = Path("go").absolute()
    code = f"""{WAIT_FOR}
os.write(1, b'x\\xe2\\x82')
wait_for({str(go)!r})
os.write(1, b'\\xac\\xff\\xe2')
"""
    submission = begin(workspace, step("script", code), pipeline=False)
    heard = []
    for text in follow(workspace, submission.id):
        heard.append(text)
        write(go, "")
    assert "".join(heard) == "x€��"
    assert heard[0] == "x"


def test_a_script_that_says_very_much_is_heard_to_its_end(workspace: Workspace) -> None:
    run = script(workspace, "import os\nfor n in range(50): os.write(1, b'0123456789' * 100_000)")
    assert sum(map(len, follow(workspace, run.id))) == 50_000_000


@pytest.mark.parametrize(
    ("code", "error"),
    [("raise ValueError('no')", "ValueError"), ("import sys; sys.exit(4)", "exit code 4"),
     ("import os; os.kill(os.getpid(), 9)", "SIGKILL"), ("import", "SyntaxError")],
)  # fmt: skip
def test_a_script_that_fails_registers_nothing_and_says_why(
    workspace: Workspace, code: str, error: str
) -> None:
    run = script(
        workspace,
        f"import sys; open(sys.argv[1] + '/a.txt', 'w').write('half')\n{code}",
        Told(name="out", what="output"),
        outputs=(output(),),
    )
    assert run.failure is not None
    if error != "SyntaxError":
        assert run.failure.error == error
    assert (status(run), names(workspace), left_over(workspace)) == ("failed", [], [])


def test_a_script_that_is_not_there_is_refused_before_anything_is_recorded(
    workspace: Workspace,
) -> None:
    write("code/.amlignore", "*.py")
    write("code/train.py", "")
    for name in ("train.py", "other.py", "/etc/passwd", "../code/train.py"):
        missing = Step(name="x", source=Path("code"), script=name, interpreter=sys.executable)
        with pytest.raises(PipelineError, match="There is no script"):
            begin(workspace, missing, pipeline=False)
    assert (workspace.runs(), workspace.layout.run_folders.exists()) == ({}, False)


def test_an_output_that_cannot_have_its_name_is_refused_before_anything_is_recorded(
    workspace: Workspace,
) -> None:
    with pytest.raises(DsnbError, match="no/name"):
        begin(workspace, writer("w", output(dataset="no/name")))
    assert workspace.runs() == {}


def test_a_program_in_the_place_of_a_script_is_run(workspace: Workspace) -> None:
    Path("code").mkdir()
    asked = {"name": "x", "source": Path("code"), "interpreter": sys.executable}
    one = Step(arguments=("python", "-c", "import sys; print(sys.executable)"), **asked)  # type: ignore[arg-type]
    run = carry_out(workspace, one, pipeline=False)
    assert os.path.dirname(said(workspace, run).strip()) == os.path.dirname(sys.executable)
    for command in (("no-such-program",), ("./no-such-script.sh",), ("echo", "a\0b")):
        run = carry_out(workspace, Step(arguments=command, **asked), pipeline=False)  # type: ignore[arg-type]
        assert (status(run), run.failure and run.failure.error) == ("failed", "PipelineError")
        assert "cannot be run" in said(workspace, run)


def test_a_script_finds_its_variables_inputs_and_outputs_in_its_environment(
    workspace: Workspace,
) -> None:
    write("data/a.txt", "a")
    given = register(workspace, "data", kind="file", name="given_ds").version
    run = script(
        workspace,
        "import os; e = os.environ\n"
        "print(e['MINE'], os.listdir(e['given']), os.path.isdir(e['AZUREML_DATAREFERENCE_out']))\n"
        "open(e['out'] + '/x', 'w').write('x')",
        variables={"MINE": "mine"},
        inputs=(Input(name="given", source=given, mechanism="mount"),),
        outputs=(output(),),
    )
    assert said(workspace, run) == "mine ['a.txt'] True\n"
    assert [use.ref for use in run.outputs] == ["out_ds@1"]


def test_a_mount_may_be_left_in_any_state(workspace: Workspace) -> None:
    write("data/deep/a.txt", "a")
    given = register(workspace, "data", kind="file", name="given_ds").version
    ways = (
        "shutil.rmtree(os.getcwd())",
        "shutil.rmtree(sys.argv[1], ignore_errors=True)",
        "os.chmod(sys.argv[1], 0)",
        "os.chmod(sys.argv[1], 0o777); open(sys.argv[1] + '/mine', 'w').write('x')",
    )
    for way in ways:
        run = script(
            workspace,
            f"import os, shutil, sys; {way}",
            Told(name="given", what="input"),
            inputs=(Input(name="given", source=given, mechanism="mount"),),
        )
        assert (way, status(run)) == (way, "completed")
        assert left_over(workspace) == []
    assert workspace.verify([given])


@pytest.mark.usefixtures("by_reference")
def test_a_script_that_writes_through_a_mount_is_noticed_before_anybody_reads_that(
    workspace: Workspace,
) -> None:
    write("data/a.txt", "old")
    given = register(workspace, "data", kind="file", name="given_ds").version
    one = Input(name="given", source=given, mechanism="mount")
    told = Told(name="given", what="input")
    code = "import sys; open(sys.argv[1] + '/a.txt', 'r+').write('NEW')"
    script(workspace, code, told, inputs=(one,))
    run = script(workspace, "print('began')", told, inputs=(one,))
    assert (status(run), run.failure and run.failure.error) == ("failed", "DriftError")
    assert "began" not in said(workspace, run)


def test_a_folder_that_was_asked_for_is_given_back_as_it_was(workspace: Workspace) -> None:
    write("data/a.txt", "a")
    given = register(workspace, "data", kind="file", name="given_ds").version
    place = Path("there/w").absolute()
    one = Input(name="given", source=given, mechanism="download", folder=str(place))
    run = script(workspace, f"import os; print(os.listdir({str(place)!r}))", inputs=(one,))
    assert (said(workspace, run), os.listdir(place)) == ("['a.txt']\n", [])
    write(place / "mine.txt", "mine")
    run = script(workspace, "", inputs=(one,))
    assert (status(run), os.listdir(place)) == ("failed", ["mine.txt"])


def test_a_copy_of_a_mount_is_a_version_of_its_own_files(workspace: Workspace) -> None:
    write("data/deep/a.txt", "a")
    given = register(workspace, "data", kind="file", name="given_ds").version
    one = Input(name="given", source=given, mechanism="mount")
    code = (
        "import os, shutil\n"
        "shutil.copytree(os.environ['given'], os.environ['out'] + '/x', symlinks=True)"
    )
    script(workspace, code, inputs=(one,), outputs=(output(),))
    write("data/deep/a.txt", "changed")
    made = workspace.resolve("out_ds")
    assert workspace.verify([made])
    assert [parent.ref for parent in made.parents] == ["given_ds@1"]


def test_a_copy_of_a_closed_folder_is_the_users_to_change(workspace: Workspace) -> None:
    write("data/deep/a.txt", "a")
    given = register(workspace, "data", kind="file", name="given_ds").version
    one = Input(name="given", source=given, mechanism="mount")
    code = (
        "import os, shutil\n"
        "for place in 'own', 'copied':\n"
        "    shutil.copytree(os.environ['given'], os.environ[place], dirs_exist_ok=True)"
    )
    outputs = (output("own"), Output(name="copied", upload=True))
    script(workspace, code, inputs=(one,), outputs=outputs)
    made = [path for path in workspace.layout.data.rglob("*") if path.is_dir()]
    assert len(made) == 6
    assert all(path.stat().st_mode & 0o200 for path in made)


def test_a_shared_workspace_stays_one(workspace: Workspace) -> None:
    workspace.layout.folder.chmod(0o2777)
    write("code/w/lib/tool.py", "")
    run = carry_out(workspace, writer("w", output()))
    folders = [
        workspace.layout.run_folders,
        *(workspace.layout.run(each) for each in (run.id, parts(workspace, run)["w"].id)),
        workspace.layout.run(run.id) / "code/0/lib",
    ]
    assert {oct(path.stat().st_mode & 0o7777) for path in folders} == {"0o2777"}


def test_what_a_script_leaves_running_ends_with_it_and_writes_no_more(
    workspace: Workspace,
) -> None:
    deaf = "import signal, time; signal.signal(15, signal.SIG_IGN); time.sleep(600)"
    code = f"import subprocess, sys\nprint(subprocess.Popen([sys.executable, '-c', {deaf!r}]).pid)"
    number = int(said(workspace, script(workspace, code)))
    until(lambda: not is_running(number))


def is_running(number: int) -> bool:
    try:
        return psutil.Process(number).status() != psutil.STATUS_ZOMBIE
    except psutil.Error:
        return False


# Ending


STAY = "import os\nprint(os.getpid(), flush=True)\nimport time\nwhile True: time.sleep(600)"


def number_of(workspace: Workspace, run_id: str) -> int:
    log = workspace.layout.run(run_id) / "log.txt"
    until(lambda: log.exists() and log.read_text(encoding="utf-8").endswith("\n"))
    return int(log.read_text(encoding="utf-8").split()[0])


def test_a_script_that_is_canceled_ends_and_registers_nothing(workspace: Workspace) -> None:
    code = "import sys; open(sys.argv[1] + '/a.txt', 'w').write('half')\n" + STAY
    submission = begin(workspace, writer("w", output(), code=code), pipeline=False)
    number = number_of(workspace, submission.id)
    cancel(workspace, submission.id)
    run = workspace.runs()[submission.id]
    assert (status(run), run.failure, names(workspace)) == ("canceled", None, [])
    assert run.job is not None
    assert run.job.exit_code == -signal.SIGTERM
    assert not is_running(number)
    assert left_over(workspace) == []


def test_a_script_that_ends_well_when_it_is_canceled_registers_nothing_either(
    workspace: Workspace,
) -> None:
    code = (
        "import signal, sys; open(sys.argv[1] + '/a.txt', 'w').write('half')\n"
        "signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))\n" + STAY
    )
    submission = begin(workspace, writer("w", output(), code=code), pipeline=False)
    number_of(workspace, submission.id)
    cancel(workspace, submission.id)
    assert status(workspace.runs()[submission.id]) == "canceled"
    assert names(workspace) == []


def test_a_run_is_canceled_right_after_it_was_submitted(workspace: Workspace) -> None:
    for pipeline in (True, False):
        submission = begin(workspace, writer("w", output(), code=STAY), pipeline=pipeline)
        cancel(workspace, submission.id)
        assert submission.done.wait(60)
        assert status(workspace.runs()[submission.id]) == "canceled"
    assert (names(workspace), left_over(workspace)) == ([], [])


def test_a_run_that_has_ended_stays_as_it_is_when_it_is_canceled(workspace: Workspace) -> None:
    run = script(workspace, "")
    cancel(workspace, run.id)
    cancel(workspace, "no-such-run")
    assert workspace.runs()[run.id] == run


def test_a_pipeline_that_is_canceled_ends_all_its_steps_and_begins_no_more(
    workspace: Workspace,
) -> None:
    one, two = step("one", STAY), step("two", STAY)
    after = writer("after", output(), code="", after=(one,))
    submission = begin(workspace, one, two, after, workers=2)
    found = until(lambda: len(parts(workspace, workspace.runs()[submission.id])) == 2) and parts(
        workspace, workspace.runs()[submission.id]
    )
    numbers = [number_of(workspace, run.id) for run in found.values()]
    cancel(workspace, submission.id)
    runs = workspace.runs()
    assert status(runs[submission.id]) == "canceled"
    assert {status(run) for run in parts(workspace, runs[submission.id]).values()} == {"canceled"}
    assert set(parts(workspace, runs[submission.id])) == {"one", "two"}
    assert not any(map(is_running, numbers))
    assert "Not carried out: after" in said(workspace, runs[submission.id])


def test_a_step_that_is_canceled_alone_fails_its_pipeline(workspace: Workspace) -> None:
    stay = step("stay", STAY)
    submission = begin(workspace, stay, step("after", "", after=(stay,)))
    found = until(lambda: parts(workspace, workspace.runs()[submission.id]))["stay"]
    number_of(workspace, found.id)
    cancel(workspace, found.id)
    wait(workspace, submission.id)
    runs = workspace.runs()
    assert (status(runs[found.id]), status(runs[submission.id])) == ("canceled", "failed")
    assert len(parts(workspace, runs[submission.id])) == 1


SUBMITTER = """
import sys, signal
signal.signal(signal.SIGINT, signal.default_int_handler)
sys.path.insert(0, {root!r})
from dsnb.workspace import Workspace
from dsnb.pipelines import processes
from dsnb.pipelines.following import wait
from tests.pipelines.labour import begin, writer
from tests.pipelines.test_submissions import output
processes.GRACE = 0.2
workspace = Workspace.find()
submission = begin(workspace, writer("w", output(), code={code!r}), pipeline={pipeline})
print(submission.id, flush=True)
"""
HALF = "import sys; open(sys.argv[1] + '/a.txt', 'w').write('half')\n"
ROOT = str(Path(__file__).parent.parent.parent)


@contextmanager
def submitter(
    code: str, then: str = "", pipeline: bool = False
) -> Iterator[tuple[subprocess.Popen[str], str]]:
    """Submit something in a process of its own, and yield that and the run's id."""
    text = SUBMITTER.format(root=ROOT, code=code, pipeline=pipeline) + then
    command = [sys.executable, "-W", "error", "-c", text]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    try:
        assert process.stdout is not None
        yield process, process.stdout.readline().strip()
    finally:
        process.kill()
        process.communicate()


def step_of(workspace: Workspace, run_id: str, *, pipeline: bool) -> str:
    """Return the run whose process is begun: the one itself, or the step below it."""
    if not pipeline:
        return run_id
    return until(lambda: parts(workspace, workspace.runs()[run_id]))["w"].id  # type: ignore[no-any-return]


def test_a_script_that_submits_waits_for_it_before_it_ends(workspace: Workspace) -> None:
    go = Path("go").absolute()
    code = f"{WAIT_FOR}\nwait_for({str(go)!r})\n{HALF}"
    with submitter(code) as (process, run_id):
        assert status(workspace.runs()[run_id]) == "running"
        write(go, "")
        assert process.wait(60) == 0
    assert status(workspace.runs()[run_id]) == "completed"
    assert names(workspace) == ["out_ds"]


@pytest.mark.parametrize("pipeline", [True, False])
@pytest.mark.parametrize("then", ["", "wait(workspace, submission.id)"])
def test_ctrl_c_cancels_what_was_submitted(workspace: Workspace, then: str, pipeline: bool) -> None:
    with submitter(HALF + STAY, then, pipeline) as (process, run_id):
        number = number_of(workspace, step_of(workspace, run_id, pipeline=pipeline))
        process.send_signal(signal.SIGINT)
        process.wait(60)
        assert not is_running(number)
    assert {status(run) for run in workspace.runs().values()} == {"canceled"}
    assert (names(workspace), left_over(workspace)) == ([], [])


@pytest.mark.parametrize("pipeline", [True, False])
def test_a_run_whose_submitter_was_killed_was_interrupted_and_can_be_swept_up(
    workspace: Workspace, pipeline: bool
) -> None:
    write("data/a.txt", "a")
    with submitter(HALF + STAY, pipeline=pipeline) as (process, run_id):
        number = number_of(workspace, step_of(workspace, run_id, pipeline=pipeline))
        process.kill()
        process.wait()
        assert has_ended(workspace, run_id)
        assert status(workspace.runs()[run_id]) == "interrupted"
        assert left_over(workspace) != []
        # Its script goes on until somebody ends it.
        assert is_running(number)
        cancel(workspace, run_id)
        assert not is_running(number)
    assert {status(run) for run in workspace.runs().values()} == {"canceled"}
    workspace.collect_garbage(EVERY)
    assert (names(workspace), left_over(workspace)) == ([], [])


def test_a_run_is_canceled_from_another_process(workspace: Workspace) -> None:
    with submitter(HALF + STAY) as (process, run_id):
        number_of(workspace, run_id)
        cancel(workspace, run_id)
        assert process.wait(60) == 0
    assert status(workspace.runs()[run_id]) == "canceled"
    assert names(workspace) == []


def test_a_script_can_cancel_the_pipeline_that_it_is_a_step_of(workspace: Workspace) -> None:
    code = """
import os
from dsnb.workspace import Workspace
from dsnb.pipelines.following import UNFINISHED, UNRECORDED, cancel
workspace = Workspace.find()
cancel(workspace, workspace.runs()[os.environ["DSNB_RUN"]].parent)
print("went on")
"""
    run = carry_out(workspace, step("only", code))
    assert status(run) == "canceled"
    assert "went on" not in said(workspace, parts(workspace, run)["only"])


def test_a_run_of_another_machine_is_canceled_there(workspace: Workspace) -> None:
    run = script(workspace, "")
    workspace.save_run(replace(run, host="elsewhere", ended=None))
    with pytest.raises(PipelineError, match="submitted on elsewhere"):
        cancel(workspace, run.id)


def test_a_disk_that_is_full_fails_the_run_and_nothing_is_registered(
    workspace: Workspace, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with mounted_disk(tmp_path / "small", "512k"):
        monkeypatch.chdir(tmp_path / "small")
        small = Workspace.create(".", lambda _: None)
        fill = (
            "import sys\n"
            "with open(sys.argv[1] + '/a', 'wb', 0) as f:\n"
            "    while True: f.write(b'x' * 4096)"
        )
        run = carry_out(small, writer("w", output(), code=fill), pipeline=False)
        assert (status(run), names(small), left_over(small)) == ("failed", [], [])
        # What it says is lost, and that it failed is not.
        loud = "import os\nwhile True: os.write(1, b'x' * 4096)"
        submission = begin(small, step("loud", loud))
        assert submission.done.wait(60)
        for run_id in [*small.runs()][-2:]:  # the pipeline's, and its step's
            with pytest.raises(PipelineError, match="could not be recorded: There is no room"):
                wait(small, run_id)
        assert (UNRECORDED.pop(submission.id), names(small)) == (ANY, [])
        shutil.rmtree(small.layout.run_folders)
        write("code/big/rest.bin", "x" * 300_000)
        for pipeline in (True, False):
            with pytest.raises(RegistryError, match="no room left"):
                begin(small, step("big", ""), pipeline=pipeline)
            assert status([*small.runs().values()][-1]) == "failed"
        monkeypatch.chdir(tmp_path)


def test_whoever_waits_is_told_that_an_end_could_not_be_recorded(
    workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    go = Path("go").absolute()
    code = f"{WAIT_FOR}\nwait_for({str(go)!r})"
    submission = begin(workspace, step("script", code), pipeline=False)

    def full(*_: object) -> None:
        raise RegistryError("There is no room left.")

    monkeypatch.setattr(workspace, "change_runs", full)
    write(go, "")
    with pytest.raises(PipelineError, match="could not be recorded: There is no room left"):
        wait(workspace, submission.id)
    UNRECORDED.clear()


# Pipelines


def test_steps_that_were_about_to_begin_end_when_the_records_cannot_be_written(
    workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_records = Ledger.write
    calls: list[None] = []

    def refused_once(ledger: Ledger) -> None:
        calls.append(None)
        if len(calls) == 2:  # the first is that of the pipeline itself
            raise RegistryError("There is no room left.")
        write_records(ledger)

    monkeypatch.setattr(Ledger, "write", refused_once)
    run = carry_out(workspace, step("one", ""), step("two", ""), workers=2)
    assert status(run) == "failed"
    assert {name: status(part) for name, part in parts(workspace, run).items()} == {
        "one": "failed",
        "two": "failed",
    }


def test_what_a_step_made_is_read_by_the_next_and_is_its_parent(workspace: Workspace) -> None:
    first, second = output("first", "first_ds"), output("second", "second_ds")
    code = "import os, shutil; shutil.copy(os.environ['got'] + '/a.txt', os.environ['second'])"
    got = Input(name="got", source=first, mechanism="mount")
    steps = (writer("two", second, got, code=code), writer("one", first))
    for number in (1, 2):
        run = carry_out(workspace, *steps)
        assert status(run) == "completed"
        made = workspace.resolve("second_ds")
        assert (made.ref, [one.ref for one in made.parents]) == (
            f"second_ds@{number}",
            [f"first_ds@{number}"],
        )
        assert made.run == parts(workspace, run)["two"].id
    folders = {str(workspace.resolve(f"first_ds@{n}").definition.sources) for n in (1, 2)}
    assert len(folders) == 2


def test_steps_that_need_nothing_of_each_other_run_at_the_same_time(workspace: Workspace) -> None:
    here = Path.cwd()
    steps = [
        step(mine, f"{WAIT_FOR}\nopen({str(here / mine)!r}, 'w')\nwait_for({str(here / other)!r})")
        for mine, other in (("one", "two"), ("two", "one"))
    ]
    assert status(carry_out(workspace, *steps, workers=2)) == "completed"


def test_no_more_steps_run_at_the_same_time_than_there_are_workers(workspace: Workspace) -> None:
    code = """import os, sys
os.mkdir(sys.argv[1])
os.rmdir(sys.argv[1])"""
    place = str(Path("alone").absolute())
    steps = [step(f"s{n}", code, place) for n in range(6)]
    run = carry_out(workspace, *steps, workers=1)
    assert {status(one) for one in parts(workspace, run).values()} == {"completed"}


@pytest.mark.parametrize("goes_on", [True, False])
def test_a_step_that_fails_stops_what_depends_on_it(workspace: Workspace, goes_on: bool) -> None:
    bad = step("bad", "print('told before'); raise ValueError('no good')")
    steps = (bad, step("next", "", after=(bad,)), step("apart", ""))
    run = carry_out(workspace, *steps, workers=1, goes_on=goes_on)
    found = {name: status(one) for name, one in parts(workspace, run).items()}
    assert found == {"bad": "failed"} | ({"apart": "completed"} if goes_on else {})
    text = said(workspace, run)
    assert "bad failed: ValueError" in text
    assert "told before" in text
    assert "ValueError: no good" in text
    assert f"Not carried out: next{'' if goes_on else ', apart'}" in text
    assert (status(run), run.failure and run.failure.error) == ("failed", "ValueError")


def test_a_step_whose_input_cannot_be_had_fails_alone(workspace: Workspace) -> None:
    workspace.set_setting("snapshot", "never")
    write("data/a.txt", "old")
    given = register(workspace, "data", kind="file", name="given_ds").version
    write("data/a.txt", "new")
    go = Path("go").absolute()
    drifted = Input(name="given", source=given, mechanism="mount")
    other = writer("other", output(), code=f"{WAIT_FOR}\nwait_for({str(go)!r})\n{HALF}")
    submission = begin(workspace, other, step("bad", "", inputs=(drifted,)), workers=2)
    until(lambda: "bad failed: DriftError" in heard(workspace, submission.id))
    write(go, "")
    wait(workspace, submission.id)
    found = parts(workspace, workspace.runs()[submission.id])
    assert {name: status(run) for name, run in found.items()} == {
        "other": "completed",
        "bad": "failed",
    }


def heard(workspace: Workspace, run_id: str) -> str:
    return "".join(follow(workspace, run_id, 0))


def test_an_output_left_empty_fails_the_step_and_nothing_is_registered(
    workspace: Workspace,
) -> None:
    run = carry_out(workspace, writer("w", output(), code="print('nothing')"))
    assert "Nothing was written to the output out" in said(workspace, run)
    assert (status(run), names(workspace), left_over(workspace)) == ("failed", [], [])


def test_two_submissions_at_once_do_not_disturb_each_other(workspace: Workspace) -> None:
    found = [begin(workspace, writer(f"w{n}", output())) for n in range(3)]
    for one in found:
        assert one.done.wait(60)
    assert {status(workspace.runs()[one.id]) for one in found} == {"completed"}
    assert list(workspace.view().numbers("out_ds")) == [1, 2, 3]


def test_a_run_with_no_room_for_a_thread_is_recorded_as_failed(
    workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(_: threading.Thread) -> None:
        raise RuntimeError("can't start new thread")

    monkeypatch.setattr(threading.Thread, "start", refuse)
    for pipeline in (True, False):
        with pytest.raises(RuntimeError):
            begin(workspace, step("script", ""), pipeline=pipeline)
    assert {status(run) for run in workspace.runs().values()} == {"failed"}
    assert UNFINISHED == {}


@settings(
    max_examples=8,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(st.integers(1, 6), st.booleans(), st.data())
def test_what_runs_after_failures_is_what_needs_none_of_them(
    workspace: Workspace, count: int, goes_on: bool, data: st.DataObject
) -> None:
    bad = data.draw(st.sets(st.integers(0, count - 1)))
    needs = [
        data.draw(st.sets(st.integers(0, number - 1)) if number else st.just(set()))
        for number in range(count)
    ]
    Path("code").mkdir(exist_ok=True)
    steps: list[Step] = []
    for number in range(count):
        # A program that is a process of its own and that takes no time.
        command = ("false",) if number in bad else ("true",)
        after = tuple(steps[n] for n in sorted(needs[number]))
        asked = {"source": Path("code"), "interpreter": sys.executable, "arguments": command}
        steps.append(Step(name=str(number), after=after, **asked))  # type: ignore[arg-type]
    run = carry_out(workspace, *data.draw(st.permutations(steps)), workers=1, goes_on=goes_on)
    found = parts(workspace, run)

    blocked: set[int] = set()
    for number in range(count):
        if needs[number] & (bad | blocked):
            blocked.add(number)
    if goes_on:
        assert set(found) == {str(n) for n in range(count) if n not in blocked}
    else:
        assert sum(status(one) == "failed" for one in found.values()) == bool(bad)
        assert not set(found) & {str(n) for n in blocked}
    for name, one in found.items():
        assert status(one) == ("failed" if int(name) in bad else "completed")
        assert all(str(n) in found and found[str(n)].ended for n in needs[int(name)])
        for n in needs[int(name)]:
            ended = found[str(n)].ended
            assert ended is not None
            assert ended <= one.started
    assert status(run) == ("failed" if bad else "completed")
