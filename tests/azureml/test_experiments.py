"""Scripts that experiments submit, and what they do as the run that they are."""

import math
import os
import signal
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from dsnb.azureml.core import Dataset, Datastore, Experiment, Run, ScriptRunConfig, Workspace
from dsnb.azureml.core.runconfig import RunConfiguration
from dsnb.azureml.exceptions import (
    ActivityCanceledException,
    ActivityFailedException,
    RunEnvironmentException,
    UserErrorException,
)
from dsnb.session.current import SESSION
from dsnb.workspace import Workspace as LocalWorkspace
from tests.azureml.labour import WEEK_27, WEEK_28, done, said, script, submit
from tests.pipelines.labour import WAIT_FOR, until
from tests.workbench import mounted_disk, write

STAY = "import time\nprint('here', flush=True)\nwhile True: time.sleep(600)"
CONTEXT = "from dsnb.azureml.core import Dataset, Run\nrun = Run.get_context()\n"
GO = f"{WAIT_FOR}\nwait_for({{!r}})\n"


@pytest.fixture
def experiment(ws: Workspace) -> Experiment:
    return Experiment(ws, "weather")


@pytest.fixture
def go() -> Path:
    return Path("go").absolute()


# Submitting and waiting


def test_what_a_script_says_is_shown_while_it_runs(ws: Workspace, go: Path) -> None:
    main = """
import sys
from dsnb.azureml.core import Experiment, ScriptRunConfig, Workspace
config = ScriptRunConfig("code", "train.py")
run = Experiment(Workspace.from_config(), "weather").submit(config)
print(run.wait_for_completion(show_output=True)["status"])
"""
    script(f"print('waiting')\n{GO.format(str(go))}\nprint('went on')")
    process = subprocess.Popen([sys.executable, "-c", main], stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    with process.stdout as shown:
        assert shown.readline().startswith("Run ")
        assert shown.readline() == "waiting\n"
        write(go, "")  # only now can it go on
        rest = shown.read().splitlines()
    assert (rest[0], rest[-1], process.wait()) == ("went on", "Completed", 0)


def test_a_script_that_fails_raises_and_its_tail_is_shown(
    ws: Workspace, capsys: pytest.CaptureFixture[str]
) -> None:
    run = submit(ws, "print('before')\nraise ValueError('no good')")
    with pytest.raises(ActivityFailedException, match=r"failed: ValueError.*log\.txt"):
        run.wait_for_completion()
    assert "ValueError: no good" in capsys.readouterr().err
    assert run.wait_for_completion(raise_on_error=False)["status"] == run.get_status() == "Failed"
    with pytest.raises(ActivityFailedException):
        run.wait_for_completion(show_output=True)
    assert "before" in capsys.readouterr().out


def test_a_run_that_is_canceled_raises_that(ws: Workspace) -> None:
    run = submit(ws, STAY)
    until(lambda: "here" in said(run))
    run.cancel()
    assert run.get_status() == "Canceled"
    with pytest.raises(ActivityCanceledException):
        run.wait_for_completion()
    run.cancel()
    assert run.wait_for_completion(raise_on_error=False)["status"] == "Canceled"


def test_ctrl_c_while_waiting_cancels_the_run(ws: Workspace) -> None:
    run = submit(ws, STAY)

    def interrupt() -> None:
        until(lambda: "here" in said(run))
        os.kill(os.getpid(), signal.SIGINT)

    thread = threading.Thread(target=interrupt)
    thread.start()
    with pytest.raises(KeyboardInterrupt):
        run.wait_for_completion(show_output=True)
    thread.join()
    assert run.get_status() == "Canceled"


def test_arguments_of_all_kinds_arrive_as_text(ws: Workspace, store: Datastore) -> None:
    week = Dataset.File.from_files((store, WEEK_27)).as_named_input("week")
    run = done(
        submit(
            ws,
            "import os, sys; print(sys.argv[1:8]); print(os.listdir(sys.argv[8]))",
            *("--a", 1, 0.5, True, None, "", "ü b", week.as_mount()),
        )
    )
    assert said(run).splitlines() == [
        "['--a', '1', '0.5', 'True', 'None', '', 'ü b']",
        "['weather.csv']",
    ]


def test_a_dataset_without_a_name_is_no_argument(ws: Workspace, store: Datastore) -> None:
    with pytest.raises(UserErrorException, match="as_named_input"):
        submit(ws, "", Dataset.File.from_files((store, WEEK_27)))
    assert list(Experiment(ws, "weather").get_runs()) == []


def test_a_command_runs_in_the_place_of_a_script(ws: Workspace, experiment: Experiment) -> None:
    script("print('python')", "a.py")
    for command in (["python", "a.py"], "python a.py && echo done"):
        run = done(experiment.submit(ScriptRunConfig("code", command=command)))
        assert said(run).split()[0] == "python"


def test_variables_are_the_scripts_and_their_values_are_not_recorded(ws: Workspace) -> None:
    config = RunConfiguration()
    config.environment_variables = {"TOKEN": "secret-value"}
    run = done(submit(ws, "import os; print(len(os.environ['TOKEN']))", run_config=config))
    assert said(run) == "12\n"
    assert run.properties["environment_variables"] == "TOKEN"
    assert "secret-value" not in ws.local.layout.runs.read_text(encoding="utf-8")


def test_what_needs_the_cloud_is_warned_of_once_and_recorded(
    ws: Workspace, notices: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    run = done(submit(ws, "", compute_target="cpu-cluster"))
    assert run.properties["compute_target"] == "cpu-cluster"
    told = "\n".join([*notices, capsys.readouterr().err])
    assert told.count("compute_target cpu-cluster is not used") == 1


def test_nothing_is_recorded_of_what_cannot_be_submitted(
    ws: Workspace, experiment: Experiment
) -> None:
    config = ScriptRunConfig(script(""), "train.py")
    os.remove("code/train.py")
    for refused in (config, "train.py", None):
        with pytest.raises(UserErrorException):
            experiment.submit(refused)
    with pytest.raises(UserErrorException, match="regenerate_outputs"):
        experiment.submit(ScriptRunConfig(script(""), "train.py"), regenerate_outputs=True)
    assert list(experiment.get_runs()) == []


def test_the_state_of_the_code_is_recorded(ws: Workspace) -> None:
    script("")
    identity = ["-c", "user.name=a", "-c", "user.email=a@b"]
    for line in (["init", "-b", "main"], ["add", "code"], [*identity, "commit", "-m", "first"]):
        subprocess.run(["git", *line], check=True, capture_output=True)
    head = subprocess.run(["git", "rev-parse", "HEAD"], capture_output=True, text=True, check=True)
    properties = done(submit(ws, "")).properties
    assert properties["azureml.git.branch"] == "main"
    assert properties["azureml.git.commit"] == head.stdout.strip()
    assert properties["azureml.git.dirty"] == "False"
    assert done(submit(ws, "# changed")).properties["azureml.git.dirty"] == "True"


# Inside


def test_inside_a_script_and_what_it_begins_the_run_is_its_own(ws: Workspace) -> None:
    inner = "from dsnb.azureml.core import Run; print(Run.get_context().id)"
    code = f"""{CONTEXT}
import multiprocessing, subprocess, sys
def tell(_): return Run.get_context().id
print(run.id, run.experiment.name, run.experiment.workspace.get_default_datastore().name)
sys.stdout.flush()
subprocess.run([sys.executable, "-c", {inner!r}], check=True)
with multiprocessing.get_context("fork").Pool(1) as pool:
    print(pool.map(tell, [1])[0])
"""
    run = done(submit(ws, code))
    first, second, third = said(run).splitlines()
    assert first.split() == [run.id, "weather", ws.get_default_datastore().name]
    assert (second, third) == (run.id, run.id)
    assert len(ws.local.runs()) == 1


def test_inputs_are_handed_over_in_three_ways(ws: Workspace, store: Datastore) -> None:
    table = Dataset.Tabular.from_delimited_files((store, WEEK_27)).register(ws, "table_ds")
    files = Dataset.File.from_files((store, WEEK_28)).register(ws, "files_ds")
    code = f"""{CONTEXT}
import os, sys
given = run.input_datasets
print(sorted(given), given["direct"], len(given["direct"].to_pandas_dataframe()))
for name in ("mount", "download"):
    file = os.path.join(given[name], "weather.csv")
    print(given[name] == os.environ[name], os.listdir(given[name]), os.path.islink(file))
print(Dataset.get_by_id(run.experiment.workspace, sys.argv[1]).name)
try:
    given["other"]
except KeyError as error:
    print(error)
"""
    config = [
        table.as_named_input("direct"),
        files.as_named_input("mount").as_mount(),
        files.as_named_input("download").as_download(),
    ]
    run = done(submit(ws, code, *config))
    assert said(run).splitlines() == [
        f"['direct', 'download', 'mount'] <TabularDataset table_ds@1> "
        f"{len(table.to_pandas_dataframe())}",
        "True ['weather.csv'] True",
        "True ['weather.csv'] False",
        "table_ds",
        "\"This run has no input 'other'; it has direct, mount, download.\"",
    ]
    assert run.input_datasets["direct"].name == "table_ds"
    used = [(use.ref, use.handed and use.handed.mechanism) for use in record(run).inputs]
    assert used == [("table_ds@1", "direct"), ("files_ds@1", "mount"), ("files_ds@1", "download")]


def record(run: Run):  # type: ignore[no-untyped-def]
    return run._record()


def test_a_dataset_that_has_no_name_is_saved_and_found_by_its_id(
    ws: Workspace, store: Datastore
) -> None:
    week = Dataset.File.from_files((store, WEEK_27))
    find = "Dataset.get_by_id(run.experiment.workspace, sys.argv[1])"
    code = f"{CONTEXT}import sys\nprint({find}.to_path())"
    run = done(submit(ws, code, week.as_named_input("week")))
    assert said(run) == "['/weather.csv']\n"
    found = run.get_details()["inputDatasets"][0]["dataset"]
    assert (found.id, found.name, found.version) == (week.id, None, None)


def test_what_a_script_asks_for_and_registers_is_recorded_as_references(
    ws: Workspace, store: Datastore
) -> None:
    Dataset.File.from_files((store, WEEK_27)).register(ws, "in_ds")
    code = f"""{CONTEXT}
import os
ws = run.experiment.workspace
folder = Dataset.get_by_name(ws, "in_ds").download("got")
os.makedirs("made"); open("made/a.csv", "w").write("x\\n1\\n")
Dataset.File.from_files("made").register(ws, "out_ds")
"""
    run = done(submit(ws, code))
    made = ws.local.resolve("out_ds")
    assert [(use.ref, use.handed) for use in record(run).inputs] == [("in_ds@1", None)]
    assert [(use.ref, use.handed) for use in record(run).outputs] == [("out_ds@1", None)]
    assert made.run == run.id


def test_metrics_and_tags_of_both_sides_are_all_kept(ws: Workspace, go: Path) -> None:
    count = 40
    code = f"""{CONTEXT}
print("ready", flush=True)
{GO.format(str(go))}
for n in range({count}):
    run.log("inside", n)
    run.tag(f"inside{{n}}", n)
run.log_list("list", [3, 2.5, 1])
run.log("word", "good")
run.log("not", float("nan"))
"""
    run = submit(ws, code)
    until(lambda: "ready" in said(run))
    write(go, "")
    for n in range(count):
        run.log("outside", n)
        run.tag(f"outside{n}", str(n))
    done(run)
    assert run.get_metrics("inside") == {"inside": [*map(float, range(count))]}
    assert run.get_metrics()["outside"] == [*map(float, range(count))]
    assert run.get_metrics()["list"] == [3.0, 2.5, 1.0]
    assert "not" not in run.get_metrics()
    assert len(run.tags) == 2 * count + 1
    assert run.get_tags()["word"] == "good"


def test_a_script_goes_on_when_the_disk_refuses_its_record(
    ws: Workspace, store: Datastore, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with mounted_disk(tmp_path / "small", "512k"):
        monkeypatch.chdir(tmp_path / "small")
        write("data/a.csv", "x\n1\n")
        small = Workspace.from_config(str(LocalWorkspace.create(".", lambda _: None).root))
        Dataset.File.from_files("data").register(small, "week_ds")
        code = f"""{CONTEXT}
with open("filling", "wb", 0) as filling:
    try:
        while True: filling.write(b"x" * 512)
    except OSError:
        pass
week = Dataset.get_by_name(run.experiment.workspace, "week_ds")
run.log("loss", 1)
import os
os.remove("filling")
open("read.txt", "w").write(str(week.to_path()))
"""
        run = done(submit(small, code))
        place = small.local.layout.run(run.id) / "code/read.txt"
        assert place.read_text(encoding="utf-8") == "['/a.csv']"
        assert run.get_metrics() == {}
        monkeypatch.chdir(tmp_path)


def test_only_numbers_and_words_are_logged(ws: Workspace) -> None:
    run = Run.get_context()
    run.log("n", 1)
    run.log("n", math.pi)
    run.log("one", True)
    for value in (None, object(), {}):
        with pytest.raises(UserErrorException, match="only numbers and words"):
            run.log("bad", value)
    assert run.get_metrics() == {"n": [1.0, math.pi], "one": 1.0}
    run.set_tags({"a": "b", "c": "d"})
    run.remove_tags(["a", "nothing"])
    assert run.tags == {"c": "d"}


# The session


def test_in_a_session_the_run_is_the_sessions(ws: Workspace) -> None:
    run = Run.get_context()
    current = SESSION.run(ws.local)
    assert current is not None
    assert (run.id, run.get_status(), run.type) == (current.id, "Running", "session")
    assert run.experiment.name == "session"
    with pytest.raises(UserErrorException, match="the session itself"):
        run.wait_for_completion()
    with pytest.raises(RunEnvironmentException):
        Run.get_context(allow_offline=False)
    run.complete()
    assert run.get_status() == "Completed"
    assert Run.get_context().id != run.id


def test_a_session_may_belong_to_an_experiment_of_any_name(ws: Workspace) -> None:
    SESSION.begin(ws.local, experiment="my first try!")
    run = Run.get_context()
    assert run.experiment.name == "my first try!"
    assert [one.id for one in run.experiment.get_runs()] == [run.id]


def test_a_run_is_begun_and_completed_by_hand(ws: Workspace, experiment: Experiment) -> None:
    with experiment.start_logging(display_name="by hand") as run:
        run.log("x", 1)
        assert (run.get_status(), run.name) == ("Running", "by hand")
    assert (run.get_status(), run.get_metrics()) == ("Completed", {"x": 1.0})
    with pytest.raises(ZeroDivisionError), experiment.start_logging() as bad:
        bad.log("y", 1 / 0)
    assert bad.get_status() == "Failed"
    other = experiment.start_logging()
    other.fail("it was wrong")
    assert other.get_status() == "Failed"
    assert [one.id for one in experiment.get_runs()] == [other.id, bad.id, run.id]
    assert [one.id for one in Run.list(experiment, status="Completed")] == [run.id]
    assert Run.get(ws, run.id) == run
    assert Run(experiment, run.id) == run
    with pytest.raises(UserErrorException):
        Run(experiment, "no-such-run")


def test_a_part_of_a_run_is_a_run_of_its_own(ws: Workspace, experiment: Experiment) -> None:
    run = experiment.start_logging()
    with run.child_run("fold 1") as child:
        child.log("loss", 2)
        assert (child.get_status(), child.name) == ("Running", "fold 1")
    other = run.child_run()
    other.cancel()
    assert {one.get_status() for one in run.get_children()} == {"Completed"}
    assert [one.id for one in run.get_children()] == [other.id, child.id]
    assert (child.parent, run.parent) == (run, None)
    assert run.get_metrics(recursive=True) == {"loss": 2.0}
    assert [one.id for one in experiment.get_runs()] == [run.id]
    for taken in (child.id, "../../elsewhere", "a/b"):
        with pytest.raises(UserErrorException):
            run.child_run(run_id=taken)


def test_a_part_of_a_scripts_run_runs_while_it_does(ws: Workspace) -> None:
    code = f"{CONTEXT}child = run.child_run('fold')\nprint(child.get_status())\nchild.complete()"
    run = done(submit(ws, code))
    assert said(run) == "Running\n"
    assert [one.get_status() for one in run.get_children()] == ["Completed"]


def test_a_script_that_a_run_submits_is_a_part_of_it(ws: Workspace, experiment: Experiment) -> None:
    run = experiment.start_logging()
    child = run.submit_child(ScriptRunConfig(script(""), "train.py"))
    done(child)
    assert child.parent == run
    assert [one.id for one in run.get_children()] == [child.id]
    run.complete()


def test_canceling_a_script_cancels_what_it_submitted(ws: Workspace) -> None:
    write("code/inner/inner.py", STAY)
    code = f"""{CONTEXT}
from dsnb.azureml.core import ScriptRunConfig
child = run.submit_child(ScriptRunConfig("inner", "inner.py"))
child.wait_for_completion(show_output=True)
"""
    run = submit(ws, code)
    until(lambda: "here" in said(run))
    run.cancel()
    [child] = run.get_children()
    assert (run.get_status(), child.get_status()) == ("Canceled", "Canceled")


def test_experiments_are_listed_and_named(ws: Workspace, experiment: Experiment) -> None:
    experiment.start_logging().complete()
    Experiment(ws, "other").start_logging().complete()
    assert [one.name for one in Experiment.list(ws)] == ["other", "weather"]
    assert Experiment.list(ws, "other") == [Experiment(ws, "other")]
    for name in ("", "a b", "-x", "x" * 256, 3):
        with pytest.raises(UserErrorException, match="cannot name an experiment"):
            Experiment(ws, name)  # type: ignore[arg-type]


def test_runs_are_chosen_by_tags(ws: Workspace, experiment: Experiment) -> None:
    one = experiment.submit(ScriptRunConfig(script(""), "train.py"), tags={"week": 27})
    other = experiment.submit(ScriptRunConfig("code", "train.py"), tags={"week": "28"})
    done(one), done(other)
    assert [run.id for run in experiment.get_runs(tags={"week": "27"})] == [one.id]
    assert len([*experiment.get_runs(tags="week")]) == 2
    assert [run.number for run in (one, other)] == [1, 2]
    with pytest.raises(UserErrorException, match="properties"):
        experiment.get_runs(properties={"a": "b"})


def test_a_script_can_cancel_itself(ws: Workspace) -> None:
    run = submit(ws, f"{CONTEXT}run.cancel()\nprint('went on')")
    assert run.wait_for_completion(raise_on_error=False)["status"] == "Canceled"
    assert said(run) == ""


def test_two_scripts_run_at_once(ws: Workspace) -> None:
    here = Path.cwd()
    code = "open({!r}, 'w')\n" + GO
    runs = [
        submit(ws, code.format(str(here / mine), str(here / other)))
        for mine, other in (("a", "b"), ("b", "a"))
    ]
    assert [done(run).get_status() for run in runs] == ["Completed", "Completed"]


def test_what_a_submission_opens_is_no_reading_of_the_notebooks(
    ws: Workspace, store: Datastore
) -> None:
    local = LocalWorkspace.find()
    week = Dataset.File.from_files((store, WEEK_27)).register(ws, "week_ds")
    done(submit(ws, "", week.as_named_input("week").as_download()))
    session = SESSION.run(local)
    assert session is None or not session.untracked
