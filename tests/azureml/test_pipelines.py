"""Pipelines of scripts, as code of the retired SDK builds them."""

import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from dsnb.azureml.core import Dataset, Datastore, Experiment, Run, RunConfiguration, Workspace
from dsnb.azureml.data import OutputFileDatasetConfig
from dsnb.azureml.data.dataset_consumption_config import DatasetConsumptionConfig
from dsnb.azureml.exceptions import ActivityFailedException, UserErrorException
from dsnb.azureml.pipeline.core import (
    Pipeline,
    PipelineData,
    PipelineParameter,
    PipelineRun,
    StepSequence,
)
from dsnb.azureml.pipeline.steps import PythonScriptStep
from dsnb.pipelines.following import wait
from tests.azureml.labour import COPY, WEEK_27, WEEK_28, said, script
from tests.pipelines.labour import WAIT_FOR
from tests.workbench import write

SAY = "import sys; print(sys.argv[1:])"
LIST = "import os, sys; print(sorted(os.listdir(sys.argv[1])))"


@pytest.fixture
def week(ws: Workspace, store: Datastore) -> Dataset:
    return Dataset.File.from_files((store, WEEK_27)).register(ws, "weather_ds")


def step(name: str, code: str, *arguments: Any, **asked: Any) -> PythonScriptStep:
    folder = script(code, f"{name}.py", f"code/{name}")
    asked = {"source_directory": folder, "allow_reuse": False, **asked}
    return PythonScriptStep(f"{name}.py", name=name, arguments=arguments, **asked)


def carry_out(ws: Workspace, *steps: Any, **asked: Any) -> PipelineRun:
    run: PipelineRun = Experiment(ws, "weather").submit(Pipeline(ws, [*steps]), **asked)
    wait(ws.local, run.id)
    return run


def done(ws: Workspace, *steps: Any, **asked: Any) -> dict[str, Run]:
    """Carry out a pipeline that ends well, and return the runs of its steps by name."""
    run = carry_out(ws, *steps, **asked)
    assert run.get_status() == "Completed", said(run)
    return {one.name: one for one in run.get_steps()}


def reused(runs: dict[str, Run]) -> set[str]:
    return {name for name, run in runs.items() if run.properties.get("azureml.isreused")}


def mounted(dataset: Dataset, name: str = "weather") -> Any:
    return dataset.as_named_input(name).as_mount()


# What flows between steps


def test_the_scenario_of_weather_that_is_prepared_anew_each_time(
    ws: Workspace, store: Datastore, week: Dataset
) -> None:
    def pipeline() -> Pipeline:
        prepared = PipelineData("prepared", store).as_dataset().register("prepared_weather_ds")
        prepare = step("prepare", COPY, mounted(week), prepared, outputs=[prepared])
        train = step("train", LIST, prepared.as_named_input("data"))
        return Pipeline(ws, [train, prepare])

    for number in (1, 2):
        run = Experiment(ws, "weather").submit(pipeline())
        assert run.wait_for_completion(show_output=False) == "Completed"
        made = ws.local.resolve("prepared_weather_ds")
        assert made.version == number
        [prepare] = run.find_step_run("prepare")
        [train] = run.find_step_run("train")
        assert (made.run, [one.ref for one in made.parents]) == (prepare.id, ["weather_ds@1"])
        assert said(train) == "['weather.csv']\n"
        [given] = train.get_details()["inputDatasets"]
        assert given["dataset"].version == number
        assert prepare.get_output_data("prepared").version == number
        assert prepare.pipeline_run_id == run.id
        assert [one.id for one in run.get_children()] == [train.id, prepare.id]
        assert {one.parent.id for one in run.get_children()} == {run.id}
    with pytest.raises(UserErrorException, match="has made no output other"):
        prepare.get_output_data("other")


def test_data_is_read_by_every_way_that_the_retired_sdk_has(ws: Workspace, week: Dataset) -> None:
    data = PipelineData("data")
    copy = step("copy_it", COPY, mounted(week), data, outputs=[data])
    ask = "import os, sys\nprint(os.path.islink(os.path.join(sys.argv[1], 'weather.csv')))"
    direct = "from dsnb.azureml.core import Run\nprint(Run.get_context().input_datasets['data'])"
    readers = {
        "plain": step("plain", ask, data, inputs=[data]),
        "undeclared": step("undeclared", ask, data),
        "as_input": step("as_input", ask, data.as_input("mine")),
        "as_mount": step("as_mount", ask, data.as_mount()),
        "as_download": step("as_download", ask, data.as_download("mine")),
        "dataset": step("dataset", ask, data.as_dataset()),
        "dataset_download": step("dataset_download", ask, data.as_dataset().as_download()),
        "named": step("named", ask, data.as_dataset().as_named_input("mine").as_mount()),
    }
    last = step("direct", direct, inputs=[data.as_dataset().as_direct()])
    runs = done(ws, *readers.values(), last, copy)
    for name in readers:
        assert said(runs[name]) == ("False\n" if "download" in name else "True\n"), name
    assert "FileDataset" in said(runs["direct"])
    [given] = runs["as_input"].get_details()["inputDatasets"]
    assert given["consumptionDetails"]["inputName"] == "mine"


def test_data_can_be_one_file_and_lies_where_a_variable_tells(ws: Workspace) -> None:
    data = PipelineData("data", is_directory=False)
    name = data.get_env_variable_name()
    make = step("make", f"import os; open(os.environ[{name!r}], 'w').write('one')", outputs=[data])
    read = step("read", LIST, data.as_download())
    assert said(done(ws, make, read)["read"]) == "['data']\n"


def test_an_output_is_read_as_an_input_wherever_the_steps_are_listed(
    ws: Workspace, week: Dataset
) -> None:
    out = OutputFileDatasetConfig()
    make = step("make", COPY, mounted(week), out.register_on_complete("made_ds"))
    read = step("read", LIST, out.as_input("given"))
    load = step("load", LIST, out.as_input().as_download())
    for steps in ((make, read, load), (read, load, make)):
        runs = done(ws, *steps)
        assert said(runs["read"]) == said(runs["load"]) == "['weather.csv']\n"
        [made] = runs["make"].get_details()["outputDatasets"]
        assert made["dataset"].name == "made_ds"
    assert Dataset.get_by_name(ws, "made_ds").version == 2


def test_an_output_that_no_step_makes_or_two_make_is_refused(ws: Workspace) -> None:
    out = OutputFileDatasetConfig("data")
    with pytest.raises(UserErrorException, match="reads data, which no step"):
        carry_out(ws, step("read", SAY, out.as_input("given")))
    with pytest.raises(UserErrorException, match="one and two both make data"):
        carry_out(ws, step("one", SAY, out), step("two", SAY, out))
    with pytest.raises(UserErrorException, match="is no output"):
        carry_out(ws, step("x", SAY, outputs=["data"]))
    with pytest.raises(UserErrorException, match="is no input"):
        carry_out(ws, step("x", SAY, inputs=["data"]))
    assert ws.local.runs() == {}


def test_steps_in_a_circle_are_refused(ws: Workspace) -> None:
    one, two = PipelineData("a"), PipelineData("b")
    first = step("first", SAY, inputs=[one], outputs=[two])
    second = step("second", SAY, inputs=[two], outputs=[one])
    with pytest.raises(UserErrorException, match="wait for each other"):
        Pipeline(ws, [first, second]).validate()
    third = step("third", SAY)
    fourth = step("fourth", SAY)
    third.run_after(fourth)
    fourth.run_after(third)
    with pytest.raises(UserErrorException, match="after each other"):
        carry_out(ws, third)
    assert ws.local.runs() == {}


def test_steps_come_after_others_as_they_are_told(ws: Workspace) -> None:
    order = str(Path("order.txt").absolute())
    code = f"import sys\nwith open({order!r}, 'a') as f: f.write(sys.argv[1])"
    one, two, three, four = (step(name, code, name) for name in ("a", "b", "c", "d"))
    four.run_after(three)
    done(ws, four, StepSequence([one, [two], three]))
    assert Path(order).read_text(encoding="utf-8") == "abcd"
    # What a step runs after is taken as well.
    os.remove(order)
    done(ws, four)
    assert Path(order).read_text(encoding="utf-8") == "abcd"
    with pytest.raises(UserErrorException, match="is no step"):
        Pipeline(ws, ["train.py"])
    with pytest.raises(UserErrorException, match="at least one step"):
        Pipeline(ws, [])


def test_steps_that_need_nothing_of_each_other_run_at_the_same_time(ws: Workspace) -> None:
    here = Path.cwd()
    code = WAIT_FOR + "import sys\nopen(sys.argv[1], 'w')\nwait_for(sys.argv[2])"
    done(ws, step("one", code, here / "a", here / "b"), step("two", code, here / "b", here / "a"))


def test_a_step_that_fails_shows_its_tail_and_stops_what_depends_on_it(
    ws: Workspace, capsys: pytest.CaptureFixture[str]
) -> None:
    data = PipelineData("data")
    bad = step("bad", "print('this far')\nraise ValueError('no good')", outputs=[data])
    rest = (step("next", SAY, data), step("apart", SAY))
    run = Experiment(ws, "e").submit(Pipeline(ws, [bad, *rest]), continue_on_step_failure=True)
    with pytest.raises(ActivityFailedException, match="ValueError"):
        run.wait_for_completion()
    shown = capsys.readouterr().out
    assert re.search(r"bad failed: ValueError\n(.*\n)*    this far\n(.*\n)*.*no good", shown)
    assert "Not carried out: next" in shown
    statuses = {one.name: one.get_status() for one in run.get_children()}
    assert statuses == {"bad": "Failed", "apart": "Completed"}
    assert run.wait_for_completion(raise_on_error=False) == "Failed"
    assert run.get_details()["logFiles"].keys() == {"logs/azureml/executionlogs.txt"}
    [failed] = run.find_step_run("bad")
    assert "no good" in failed.get_job_log()


def test_waiting_ends_when_its_time_is_over_and_the_pipeline_goes_on(ws: Workspace) -> None:
    go = Path("go").absolute()
    only = step("only", f"{WAIT_FOR}\nwait_for({str(go)!r})")
    run = Experiment(ws, "e").submit(Pipeline(ws, [only]))
    assert run.wait_for_completion(show_output=False, timeout_seconds=0) == "Running"
    write(go, "")
    assert run.wait_for_completion(show_output=False) == "Completed"


# Parameters


def test_a_parameter_has_another_value_in_each_submission(
    ws: Workspace, store: Datastore, week: Dataset
) -> None:
    other = Dataset.File.from_files((store, WEEK_28))
    alpha, data = PipelineParameter("alpha", 0.5), PipelineParameter("data", week)
    asked = DatasetConsumptionConfig("weather", data).as_mount()
    code = "import os, sys; print(sys.argv[1], os.environ['AML_PARAMETER_rate'])"
    only = step("only", code, alpha, asked, params={"rate": alpha})
    runs = [done(ws, only), done(ws, only, pipeline_parameters={"alpha": 0.7, "data": other})]
    assert [said(run["only"]).split()[:2] for run in runs] == [["0.5", "0.5"], ["0.7", "0.7"]]
    used = [run["only"].get_details()["inputDatasets"][0]["dataset"].id for run in runs]
    assert used == [week.id, other.id]
    with pytest.raises(UserErrorException, match="has the parameter beta"):
        carry_out(ws, only, pipeline_parameters={"beta": 1})


# Reuse


def test_what_would_do_the_same_is_reused_also_by_a_new_process(
    ws: Workspace, week: Dataset
) -> None:
    main = """
from dsnb.azureml.core import *
from dsnb.azureml.data import OutputFileDatasetConfig
from dsnb.azureml.pipeline.core import Pipeline, PipelineData
from dsnb.azureml.pipeline.steps import PythonScriptStep
ws = Workspace.from_config()
week = Dataset.get_by_name(ws, "weather_ds")
made = OutputFileDatasetConfig()
last = PipelineData("last").as_dataset().register("last_ds")
first = PythonScriptStep("copy_it.py", "first", [week.as_mount(), made], source_directory="code")
second = PythonScriptStep(
    "copy_it.py", "second", [made.as_input(), last], outputs=[last], source_directory="code"
)
run = Experiment(ws, "e").submit(Pipeline(ws, [second, first]))
print(run.wait_for_completion(show_output=True))
"""
    script(COPY, "copy_it.py")
    told = []
    for _ in range(2):
        command = [sys.executable, "-W", "error", "-c", main]
        answer = subprocess.run(command, capture_output=True, text=True, check=False)
        assert answer.returncode == 0, answer.stderr
        assert answer.stdout.splitlines()[-1] == "Completed"
        told.append(answer.stdout.count("is not carried out again"))
    assert told == [0, 2]
    assert Dataset.get_by_name(ws, "last_ds").version == 1


def test_what_makes_a_step_another_is_carried_out(
    ws: Workspace, store: Datastore, week: Dataset
) -> None:
    def runs(code: str = COPY, argument: str = "x", where: str = "outs", **asked: Any) -> set[str]:
        config = RunConfiguration()
        config.environment_variables = asked.pop("variables", {})
        out = OutputFileDatasetConfig("out", (store, where)).register_on_complete("out_ds")
        submitted = asked.pop("submitted", {})
        asked = {"allow_reuse": True, "runconfig": config, **asked}
        arguments = (mounted(week), out, argument)
        return reused(done(ws, step("copying", code, *arguments, **asked), **submitted))

    assert runs() == set()
    assert runs() == {"copying"}
    assert runs(compute_target="cpu-cluster") == {"copying"}
    assert runs(COPY + "# changed") == set()
    assert runs(argument="y") == set()
    assert runs(where="elsewhere") == set()
    assert runs(variables={"A": "1"}) == set()
    assert runs(version="2") == set()
    assert runs(params={"a": 1}) == set()
    assert runs(submitted={"regenerate_outputs": True}) == set()
    assert runs(allow_reuse=False) == set()
    assert runs() == {"copying"}


def test_a_reused_step_says_whose_output_it_took_and_keeps_what_was_logged(
    ws: Workspace, week: Dataset
) -> None:
    code = f"{COPY}\nfrom dsnb.azureml.core import Run\nRun.get_context().log('files', 1)"
    out = PipelineData("out").as_dataset().register("out_ds")
    only = step("only", code, mounted(week), out, outputs=[out], allow_reuse=True)
    before, after = done(ws, only)["only"], done(ws, only)["only"]
    assert after.properties["azureml.reusedrunid"] == before.id
    assert after.get_metrics() == before.get_metrics() == {"files": 1.0}
    [made] = after.get_details()["outputDatasets"]
    assert made["identifier"]["registeredVersion"] == "1"
    assert after.get_output_data("out").version == 1


# What only the cloud could do


def test_what_needs_the_cloud_is_warned_of_once_for_all_steps(
    ws: Workspace, capsys: pytest.CaptureFixture[str]
) -> None:
    config = RunConfiguration()
    config.environment.docker.enabled = True
    steps = [step(name, SAY, compute_target="cpu-cluster", runconfig=config) for name in ("a", "b")]
    runs = done(ws, *steps)
    told = capsys.readouterr().err
    assert told.count("is not used") + told.count("are not used") == 1
    for run in runs.values():
        assert run.properties["compute_target"] == "cpu-cluster"
        assert run.properties["docker"] == "True"
    assert config.target == "local"  # the user's own is not changed
