"""The run of a notebook: what is recorded, when, and what becomes of it."""

import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

import dsnb
from dsnb.commands.declaring import Call
from dsnb.provenance.cells import hash_of_source
from dsnb.provenance.runs import Status
from dsnb.records import Failure, Run
from dsnb.workspace import Workspace
from tests.kernels import Kernel, fresh, started

REGISTER = '%ds register weather_ds "data/Weather/week 27"'
BOTH = '%ds register weather_ds "data/Weather/week 27" "data/Weather/week 28"'


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Kernel]:
    with started(tmp_path_factory.mktemp("kernel")) as kernel:
        kernel.do("%load_ext dsnb")
        yield kernel


@pytest.fixture
def kernel(running: Kernel, tmp_path: Path) -> Kernel:
    return fresh(running, tmp_path / "notebook")


def recorded(kernel: Kernel) -> list[Run]:
    """Return the runs as they are on disk, oldest first."""
    return [*Workspace(kernel.folder).runs().values()]


def states(kernel: Kernel) -> list[Status]:
    """Return how the runs stand, as another process sees it, oldest first."""
    listed = dsnb.runs.carry_out(Call(start=str(kernel.folder)))
    return [status for _, status in reversed(listed.rows)]


def uses(run: Run) -> dict[str, tuple[int, ...]]:
    return {use.ref: use.cells for use in (*run.inputs, *run.outputs)}


def number(kernel: Kernel) -> int:
    """Return the execution count of the next cell."""
    return int(kernel.evaluate("get_ipython().execution_count"))


def test_looking_around_begins_no_run(kernel: Kernel) -> None:
    kernel.do("%ds init")
    kernel.do("%ds list\n%ds status\n%ds verify")
    assert recorded(kernel) == []
    assert "No run has begun" in (kernel.do("%ds run").value or "")
    assert kernel.run("%ds load nothing").error is not None
    assert kernel.run("%ds register a nowhere").error is not None
    assert recorded(kernel) == []


def test_inputs_and_outputs_have_the_resolved_version_and_the_cell(kernel: Kernel) -> None:
    first = number(kernel)
    ran = kernel.do(REGISTER)
    assert ran.reply["execution_count"] == first
    kernel.do(f"{BOTH}\n%ds alias weather_ds@1 prod")
    kernel.do("a = %ds load weather_ds@prod\nb = %ds load weather_ds")
    (run,) = recorded(kernel)
    assert [(use.ref, use.how, use.cells) for use in run.outputs] == [
        ("weather_ds@1", "register", (first,)),
        ("weather_ds@2", "register", (first + 1,)),
    ]
    assert [(use.ref, use.how, use.cells) for use in run.inputs] == [
        ("weather_ds@1", "load", (first + 2,)),
        ("weather_ds@2", "load", (first + 2,)),
    ]
    versions = Workspace(kernel.folder).versions("weather_ds").rows
    assert {row.version.run for row in versions} == {run.id}
    assert [use.id for use in run.inputs] == [row.version.id for row in reversed(versions)]


def test_a_version_that_several_cells_read_is_one_input_with_all_of_them(kernel: Kernel) -> None:
    first = number(kernel)
    kernel.do(REGISTER)
    for _ in range(3):
        kernel.do("%ds load weather_ds@1\nimport dsnb; dsnb.load('weather_ds@1')")
    (use,) = recorded(kernel)[0].inputs
    assert use.cells == (first + 1, first + 2, first + 3)


def test_registering_nothing_new_is_an_output_all_the_same(kernel: Kernel) -> None:
    kernel.do(REGISTER)
    kernel.do(REGISTER)
    (use,) = recorded(kernel)[0].outputs
    assert len(use.cells) == 2


def test_the_record_is_written_when_the_cell_ends(kernel: Kernel) -> None:
    code = f"{REGISTER}\nimport pathlib; during = pathlib.Path('.dsnb/runs.json').exists()"
    kernel.do(code)
    assert kernel.evaluate("during") is False
    assert len(recorded(kernel)) == 1


def test_a_cell_that_fails_has_done_what_it_did(kernel: Kernel) -> None:
    first = number(kernel)
    assert kernel.run(f"{REGISTER}\n%ds load weather_ds@1\n1 / 0").error is not None
    (run,) = recorded(kernel)
    assert uses(run) == {"weather_ds@1": (first,)}
    assert len(run.inputs) == len(run.outputs) == 1


def test_what_runs_silently_or_without_history_has_no_cell(kernel: Kernel) -> None:
    kernel.do(REGISTER, silent=True)
    kernel.do("%ds load weather_ds@1", store_history=False)
    (run,) = recorded(kernel)
    assert [use.cells for use in (*run.outputs, *run.inputs)] == [(), ()]


def test_what_a_cell_runs_as_another_notebook_belongs_to_that_cell(kernel: Kernel) -> None:
    import nbformat

    cells = [nbformat.v4.new_code_cell(line) for line in (REGISTER, "%ds load weather_ds@1")]
    nbformat.write(nbformat.v4.new_notebook(cells=cells), kernel.folder / "other.ipynb")
    first = number(kernel)
    kernel.do(f"%run other.ipynb\n{BOTH}")
    (run,) = recorded(kernel)
    assert uses(run) == {"weather_ds@1": (first,), "weather_ds@2": (first,)}


def test_threads_such_as_callbacks_of_widgets_are_recorded(kernel: Kernel) -> None:
    kernel.do(REGISTER)
    kernel.do(
        "import threading, dsnb\n"
        "def work():\n    for _ in range(5): dsnb.load('weather_ds@1')\n"
        "threads = [threading.Thread(target=work) for _ in range(4)]\n"
        "for thread in threads: thread.start()\n"
        "for thread in threads: thread.join()"
    )
    assert [use.ref for use in recorded(kernel)[0].inputs] == ["weather_ds@1"]


def test_a_callback_between_cells_is_recorded_at_once(kernel: Kernel) -> None:
    kernel.do(REGISTER)
    kernel.do("import threading, dsnb\ntimer = threading.Timer(0.3, dsnb.load, ['weather_ds@1'])")
    kernel.do("timer.start()")
    deadline = time.monotonic() + 20
    while not recorded(kernel)[0].inputs and time.monotonic() < deadline:
        time.sleep(0.1)
    (use,) = recorded(kernel)[0].inputs
    assert use.cells == ()


def test_another_run_begins_when_it_is_asked_for(kernel: Kernel) -> None:
    kernel.do(REGISTER)
    (text,) = kernel.do("%ds run start train-temp").texts
    assert text == "run train-temp  begins here"
    kernel.do("%ds load weather_ds@1")
    first, second = recorded(kernel)
    assert second.name == "train-temp"
    assert first.id != second.id
    assert uses(second).keys() == {"weather_ds@1"}
    assert [use.how for use in (*second.inputs, *second.outputs)] == ["load"]
    assert states(kernel) == ["completed", "running"]
    assert "train-temp" in (kernel.do("%ds run").value or "")
    assert "1 output" in (kernel.do(f"%ds run show {first.id[:8]}").value or "")


def test_tags_are_set_on_the_run_and_can_be_set_again(kernel: Kernel) -> None:
    kernel.do(REGISTER)
    kernel.do("%ds run tag stage=train seed=1")
    kernel.do("%ds run tag seed=2")
    (run,) = recorded(kernel)
    assert run.tags == {"stage": "train", "seed": "2"}


def test_a_forked_child_leaves_the_run_alone(kernel: Kernel) -> None:
    kernel.do(REGISTER)
    kernel.do(
        "import os, warnings\n"
        "warnings.simplefilter('ignore')\n"
        "child = os.fork()\n"
        "if child == 0:\n"
        "    import dsnb\n"
        "    dsnb.load('weather_ds@1')\n"
        "    from dsnb.session.current import SESSION\n"
        "    SESSION.end()\n"
        "    os._exit(0)\n"
        "_ = os.waitpid(child, 0)"
    )
    (mine,) = recorded(kernel)
    assert mine.ended is None
    assert mine.inputs == ()
    kernel.do("%ds load weather_ds@1")
    assert len(recorded(kernel)[0].inputs) == 1


def test_the_run_knows_its_surroundings(tmp_path: Path) -> None:
    folder = tmp_path / "project" / "notebooks"
    folder.mkdir(parents=True)
    git = ["git", "-c", "user.name=a", "-c", "user.email=a@b"]
    for words in (["init", "-qb", "trial"], ["commit", "-qm", "x", "--allow-empty"]):
        subprocess.run([*git, *words], cwd=folder.parent, check=True)
    (folder.parent / "code.py").touch()
    subprocess.run([*git, "add", "code.py"], cwd=folder.parent, check=True)
    head = subprocess.run(
        ["git", "rev-parse", "HEAD"], cwd=folder, check=True, capture_output=True, text=True
    ).stdout.strip()
    (folder / "analysis.ipynb").touch()
    named = {"JPY_SESSION_NAME": "somewhere/notebooks/analysis.ipynb"}
    with started(folder, tmp_path / "home", **named) as kernel:
        kernel.do("%load_ext dsnb")
        kernel.do(REGISTER)
        text = kernel.do("%ds run").value or ""
        process = kernel.evaluate("__import__('os').getpid()")
    (run,) = Workspace(folder.parent).runs().values()
    assert run.notebook == str(folder / "analysis.ipynb")
    assert run.name == "analysis"
    assert (run.code.commit, run.code.branch, run.code.dirty) == (head, "trial", True)
    assert run.process == process
    assert run.kernel
    assert run.user
    assert {"python", "dsnb", "pandas"} <= {*run.packages}
    assert run.started.tzinfo is not None
    for said in ("Run: 0 inputs, 1 output · analysis · ● running", "analysis.ipynb", head[:10]):
        assert said in text


def test_the_run_ends_with_the_kernel_and_a_restart_begins_another(tmp_path: Path) -> None:
    with started(tmp_path) as kernel:
        kernel.do(f"%load_ext dsnb\n{REGISTER}")
        assert states(kernel) == ["running"]
        kernel.restart()
        kernel.do("%load_ext dsnb\ndf = %ds load weather_ds@1")
        assert states(kernel) == ["completed", "running"]
    before, after = recorded(kernel)
    assert before.kernel == after.kernel
    assert before.process != after.process
    assert [use.how for use in (*after.inputs, *after.outputs)] == ["load"]
    assert states(kernel) == ["completed", "completed"]
    assert after.ended is not None
    assert after.ended >= after.started


def test_a_killed_kernel_leaves_an_interrupted_run_with_what_its_cells_did(tmp_path: Path) -> None:
    with started(tmp_path) as kernel:
        kernel.do("%load_ext dsnb")
        kernel.do(REGISTER)
        kernel.do("df = %ds load weather_ds@1")
        kernel.kill()
        assert states(kernel) == ["interrupted"]
        (run,) = recorded(kernel)
        assert [use.ref for use in run.inputs] == ["weather_ds@1"]


def test_two_kernels_in_one_workspace_lose_nothing(tmp_path: Path) -> None:
    with started(tmp_path) as one, started(tmp_path) as other:
        for kernel in (one, other):
            kernel.do("%load_ext dsnb")
        one.do("%ds init")
        loop = (
            "import dsnb\nfor number in range(8):\n"
            "    open(f'{mine}-{number}.csv', 'w').write(f'a\\n{mine}{number}\\n')\n"
            "    dsnb.register('shared', f'{mine}-{number}.csv')\n"
            "    dsnb.load('shared')"
        )
        for kernel, mine in ((one, "1"), (other, "2")):
            kernel.do(f"mine = {mine!r}", silent=True)
            kernel.client.execute(loop)
        for kernel in (one, other):
            kernel.do("pass")  # comes after the loop
        runs = recorded(one)
    assert len(Workspace(tmp_path).versions("shared")) == 16
    assert len(runs) == 2
    assert all(len(run.outputs) == 8 for run in runs)
    assert not {use.ref for use in runs[0].outputs} & {use.ref for use in runs[1].outputs}


def test_what_cannot_be_recorded_is_said_and_the_work_goes_on(kernel: Kernel) -> None:
    kernel.do(REGISTER)
    (kernel.folder / ".dsnb" / "runs.json").write_text("{")
    ran = kernel.do("df = %ds load weather_ds@1")
    assert kernel.evaluate("len(df)") == 502
    (notice,) = ran.texts
    assert notice.startswith("This run could not be recorded:")


def test_a_run_knows_the_cells_that_were_run_by_what_they_say(kernel: Kernel) -> None:
    making, reading = f"# first\n{REGISTER}", "%ds load weather_ds@1"
    kernel.do(making)
    kernel.do("once = 1")
    kernel.do("once = 1\n")
    kernel.do(reading)
    (run,) = recorded(kernel)
    for source in (making, "once = 1", reading):
        assert [*run.cells].count(hash_of_source(source)) == 1
    assert set(run.cells.values()) == {""}
    assert [use.sources for use in (*run.outputs, *run.inputs)] == [
        (hash_of_source(making),),
        (hash_of_source(reading),),
    ]


def test_the_source_of_cells_is_kept_only_when_the_user_wants_it(kernel: Kernel) -> None:
    kernel.do("%ds init")
    kernel.do("%ds config run.cells source")
    kernel.do(REGISTER)
    (run,) = recorded(kernel)
    assert run.cells[hash_of_source(REGISTER)] == REGISTER


def test_a_cell_that_fails_is_told_until_one_succeeds(kernel: Kernel) -> None:
    kernel.do(REGISTER)
    failing = number(kernel)
    assert kernel.run("1 / 0").error is not None
    (run,) = recorded(kernel)
    assert run.failure == Failure(error="ZeroDivisionError", cell=failing)
    assert states(kernel) == ["running"]
    kernel.do("pass")
    assert recorded(kernel)[0].failure is None
    kernel.do("%ds run end")
    assert states(kernel) == ["completed"]


def test_a_run_whose_last_cell_failed_has_failed(tmp_path: Path) -> None:
    with started(tmp_path) as kernel:
        kernel.do(f"%load_ext dsnb\n{REGISTER}")
        assert kernel.run("1 / 0").error is not None
    assert states(kernel) == ["failed"]


def test_notes_metrics_and_an_experiment_are_recorded(kernel: Kernel) -> None:
    kernel.do(REGISTER)
    kernel.do("%ds run start train-temp --experiment temperature")
    kernel.do('%ds run note "without the outlier"')
    kernel.do("%ds run metric rmse=2.5 r2=0.9")
    (text,) = kernel.do("%ds run metric rmse=2.25").texts
    assert text == "run train-temp  metrics: rmse=2.25"
    run = recorded(kernel)[-1]
    assert run.experiment == "temperature"
    assert [note.text for note in run.notes] == ["without the outlier"]
    assert run.metrics == {"rmse": (2.5, 2.25), "r2": (0.9,)}
    shown = kernel.do("%ds run").value or ""
    for said in ("temperature", "rmse=2.25", "without the outlier"):
        assert said in shown
    assert "rmse=2.25" in (kernel.do("%ds runs --experiment temperature").value or "")
    ran = kernel.run("%ds run metric rmse=good")
    assert ran.error is not None
    assert "a metric is a number" in ran.error["evalue"]


def test_runs_are_listed_by_what_they_read_and_when(kernel: Kernel) -> None:
    kernel.do(BOTH)
    kernel.do("%ds run start reading")
    kernel.do("%ds load weather_ds")

    def names(options: str) -> list[str]:
        kernel.do(f"listed = %ds runs {options}")
        found = kernel.evaluate("[run.name for run, _ in listed.rows]")
        assert isinstance(found, list)
        return found

    assert names("--dataset weather_ds")[0] == "reading"
    assert len(names("--dataset weather_ds@1")) == 2
    assert names("--since 1h") == names("")
    assert names("--since 2999-01-01") == []
    assert names("--tag stage=train") == []
    ran = kernel.run("%ds runs --since yesterdayish")
    assert ran.error is not None
    assert "is no time" in ran.error["evalue"]


def test_a_run_that_was_ended_is_followed_by_another(kernel: Kernel) -> None:
    kernel.do(REGISTER)
    kernel.do("%ds run end")
    assert states(kernel) == ["completed"]
    assert kernel.run("%ds run end").error is not None
    kernel.do("%ds load weather_ds@1")
    first, second = recorded(kernel)
    assert hash_of_source(REGISTER) in first.cells
    assert hash_of_source(REGISTER) not in second.cells


def test_two_runs_are_compared(kernel: Kernel) -> None:
    kernel.do(REGISTER)
    kernel.do("%ds run start one")
    kernel.do("%ds load weather_ds@1\n%ds run metric rmse=2.5")
    kernel.do(BOTH)
    kernel.do("%ds run start two")
    kernel.do("%ds load weather_ds@2\n%ds run metric rmse=2.0")
    text = kernel.do("%ds run diff one").value or ""
    for said in ("one", "two", "other data (weather_ds)", "weather_ds@1", "weather_ds@2", "-0.5"):
        assert said in text
    assert "next: %ds diff weather_ds@1..2" in text
    assert kernel.run("%ds run diff nowhere").error is not None


def test_reading_another_version_than_last_time_says_so_once(tmp_path: Path) -> None:
    (tmp_path / "analysis.ipynb").touch()
    named = {"JPY_SESSION_NAME": "analysis.ipynb"}
    with started(tmp_path, **named) as kernel:
        kernel.do(f"%load_ext dsnb\n{REGISTER}")
        said = kernel.do("df = %ds load weather_ds").texts
        assert not any("last run" in text for text in said)
        kernel.do(BOTH)
        kernel.restart()
        kernel.do("%load_ext dsnb")
        said = kernel.do("df = %ds load weather_ds").texts
        (told,) = (text for text in said if "last run" in text)
        assert "weather_ds@2 is another version than your last run read" in " ".join(told.split())
        assert "%ds diff weather_ds@1..2" in " ".join(told.split())
        said = kernel.do("df = %ds load weather_ds").texts
        assert not any("last run" in text for text in said)
        kernel.restart()
        kernel.do("%load_ext dsnb")
        said = kernel.do("df = %ds load weather_ds").texts
        assert not any("last run" in text for text in said)


def test_status_lists_the_cells_that_are_stale_until_they_are_run_again(kernel: Kernel) -> None:
    kernel.do(REGISTER)
    first = number(kernel)
    kernel.do("stale = %ds load weather_ds")
    assert "stale" not in (kernel.do("%ds status").value or "")
    kernel.do(BOTH)
    said = " ".join((kernel.do("%ds status").value or "").split())
    assert f"cell {first} read weather_ds@1, of which there is weather_ds@2" in said
    kernel.do("stale = %ds load weather_ds")
    assert "stale" not in (kernel.do("%ds status").value or "")


def test_trace_tells_the_cell_that_assigned_a_variable_and_what_it_read(kernel: Kernel) -> None:
    kernel.do(REGISTER)
    first = number(kernel)
    kernel.do("df = %ds load weather_ds@1\npivoted = df.pivot_table('temp', 'hour', 'origin')")
    kernel.do("other = df.head()")
    said = kernel.do("%ds trace pivoted").value or ""
    assert f"It was last assigned in cell {first}, which read weather_ds@1." in said
    said = kernel.do("%ds trace other").value or ""
    assert "other came from weather_ds@1" in said
    assert f"It was last assigned in cell {first + 1}." in said


def test_five_hundred_cells_are_one_run_with_the_cells_that_read(tmp_path: Path) -> None:
    import nbformat
    from nbclient import NotebookClient

    weather = tmp_path / "weather.csv"
    weather.write_text("temp\n78.08\n", encoding="utf-8")
    sources = [f"x = {number}" for number in range(500)]
    sources[0] = "%load_ext dsnb\n%ds register weather_ds weather.csv"
    sources[1] = "import pandas as pd"
    for number in (99, 299, 499):
        sources[number] = f"frame_{number} = pd.read_csv('weather.csv')"
    cells = [nbformat.v4.new_code_cell(source) for source in sources]
    resources = {"metadata": {"path": str(tmp_path)}}
    NotebookClient(
        nbformat.v4.new_notebook(cells=cells), kernel_name="python3", resources=resources
    ).execute()
    (run,) = Workspace(tmp_path).runs().values()
    assert [(use.ref, use.how, use.cells) for use in run.inputs] == [
        ("weather_ds@1", "trace", (100, 300, 500))
    ]
    assert [*run.cells] == [hash_of_source(source) for source in sources]
    assert run.ended is not None
