"""What a run says of itself: the keys and shapes of the retired SDK's, made when asked for."""

import re
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dsnb.azureml.core import Dataset, Datastore, Experiment, Run, Workspace
from dsnb.azureml.core.rundetails import Lazy
from dsnb.azureml.data import OutputFileDatasetConfig
from dsnb.azureml.exceptions import UserErrorException
from tests.azureml.labour import COPY, WEEK_27, WEEK_28, done, submit
from tests.pipelines.labour import WAIT_FOR
from tests.workbench import write

KEYS = [
    *("runId", "target", "status", "startTimeUtc", "endTimeUtc", "properties"),
    *("inputDatasets", "outputDatasets", "logFiles", "submittedBy"),
]
MOMENT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d+Z")
ASKING = """
from dsnb.azureml.core import Dataset, Run
run = Run.get_context()
Dataset.get_by_name(run.experiment.workspace, "asked_ds")
open("a.csv", "w").write("x\\n1\\n")
Dataset.File.from_files("a.csv").register(run.experiment.workspace, "side_ds")
run.register_model("m", "a.csv")
"""


@pytest.fixture
def week(ws: Workspace, store: Datastore) -> Dataset:
    return Dataset.File.from_files((store, WEEK_27)).register(ws, "week_ds")


def test_the_keys_are_those_of_the_retired_sdk(ws: Workspace) -> None:
    go = Path("go").absolute()
    run = submit(ws, f"{WAIT_FOR}\nwait_for({str(go)!r})")
    details = run.get_details()
    assert sorted(details) == sorted(set(KEYS) - {"endTimeUtc"})
    assert (details["runId"], details["target"], details["status"]) == (run.id, "local", "Running")
    write(go, "")
    details = done(run).get_details()
    assert sorted(details) == sorted(KEYS)
    assert details["status"] == "Completed"
    assert MOMENT.fullmatch(details["startTimeUtc"])
    assert MOMENT.fullmatch(details["endTimeUtc"])
    assert details["startTimeUtc"] <= details["endTimeUtc"]
    assert isinstance(details["submittedBy"], str)
    assert all(isinstance(value, str) for value in details["properties"].values())
    [(name, path)] = details["logFiles"].items()
    assert name == "user_logs/std_log.txt"
    assert Path(path).is_file()


def test_inputs_and_outputs_have_their_shapes(
    ws: Workspace, store: Datastore, week: Dataset
) -> None:
    Dataset.File.from_files((store, WEEK_28)).register(ws, "asked_ds")
    out = OutputFileDatasetConfig("out").register_on_complete("out_ds")
    rest = OutputFileDatasetConfig("rest").as_upload()
    more = f"{COPY}\nshutil.copytree(sys.argv[1], sys.argv[3], dirs_exist_ok=True)\n{ASKING}"
    run = done(submit(ws, more, week.as_named_input("week").as_mount(), out, rest))
    details = run.get_details()

    handed, asked = details["inputDatasets"]
    assert handed["dataset"].to_path() == ["/weather.csv"]
    consumption = handed["consumptionDetails"]
    assert consumption.pop("pathOnCompute").endswith("/week")
    assert consumption == {"type": "RunInput", "inputName": "week", "mechanism": "Mount"}
    assert asked["dataset"].name == "asked_ds"
    assert asked["consumptionDetails"] == {"type": "Reference"}

    # The model is none of the datasets.
    by_code, registered, unnamed = details["outputDatasets"]
    made = Dataset.get_by_name(ws, "out_ds")
    assert registered == {
        "identifier": {"savedId": made.id, "registeredId": made.id, "registeredVersion": "1"},
        "outputType": "RunOutput",
        "outputDetails": {"outputName": "out", "mechanism": "Mount"},
        "dataset": registered["dataset"],
    }
    assert registered["dataset"].name == "out_ds"
    assert unnamed["identifier"] == {"savedId": unnamed["dataset"].id}
    assert unnamed["outputDetails"] == {"outputName": "rest", "mechanism": "Upload"}
    assert (unnamed["dataset"].name, unnamed["dataset"].to_path()) == (None, ["/weather.csv"])
    assert (by_code["outputType"], "outputDetails" in by_code) == ("Reference", False)
    assert by_code["dataset"].name == "side_ds"
    assert run.output_datasets["out"].name == "out_ds"


def test_a_dataset_that_was_deleted_since_is_missed_only_when_it_is_asked_for(
    ws: Workspace, store: Datastore, week: Dataset
) -> None:
    other = Dataset.File.from_files((store, WEEK_28)).register(ws, "other_ds")
    run = done(submit(ws, "", week.as_named_input("week"), other.as_named_input("other")))
    week.unregister_all_versions()
    found = run.get_details()["inputDatasets"]
    assert len(found) == 2
    assert found[1]["dataset"].name == "other_ds"
    with pytest.raises(UserErrorException, match="week_ds@1 was deleted"):
        found[0]
    assert "week_ds@1 was deleted" in repr(found)
    assert "other_ds@1" in repr(found)


def test_the_details_of_a_session_are_what_it_did(ws: Workspace, week: Dataset) -> None:
    run = Experiment(ws, "e").start_logging()
    Dataset.get_by_name(ws, "week_ds").take(1).register(ws, "first_ds")
    details = run.get_details()
    assert [one["dataset"].name for one in details["inputDatasets"]][:1] == ["week_ds"]
    assert [one["dataset"].name for one in details["outputDatasets"]] == ["first_ds"]
    assert (details["logFiles"], details["status"]) == ({}, "Running")
    run.complete()
    assert run.get_details()["status"] == "Completed"
    assert Run.get(ws, run.id).get_details()["runId"] == run.id


@given(st.lists(st.integers(), max_size=6), st.data())
def test_a_lazy_sequence_is_one_like_any_other(values: list[int], data: st.DataObject) -> None:
    made: list[int] = []

    def maker(position: int) -> Callable[[], int]:
        return lambda: made.append(position) or values[position]

    lazy = Lazy([maker(position) for position in range(len(values))])
    assert (len(lazy), bool(lazy), made) == (len(values), bool(values), [])
    if values:
        position = data.draw(st.integers(-len(values), len(values) - 1))
        assert lazy[position] == lazy[position] == values[position]
        assert made == [position % len(values)]  # only that one, and once
    part = data.draw(st.slices(len(values)))
    assert lazy[part] == values[part]
    assert list(lazy) == [*reversed([*reversed(lazy)])] == values
    assert repr(lazy) == repr(values)
    assert sorted(made) == sorted({*made})
    for outside in (len(values), -len(values) - 1):
        with pytest.raises(IndexError):
            lazy[outside]
