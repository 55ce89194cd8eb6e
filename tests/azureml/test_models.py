"""Models: registered by runs and by hand, found by what they were trained on."""

from pathlib import Path

import pytest

from dsnb.azureml.core import Dataset, Datastore, Experiment, Model, Run, Workspace
from dsnb.azureml.exceptions import (
    ModelNotFoundException,
    UserErrorException,
    WebserviceException,
)
from dsnb.datasets.removal import EVERY
from tests.azureml.labour import WEEK_27, WEEK_28, done, said, submit
from tests.workbench import write

TRAINING = """
import os, sys
from dsnb.azureml.core import Dataset, Run
run = Run.get_context()
given = Dataset.get_by_name(run.experiment.workspace, "weather_train")
os.makedirs("outputs"); open("outputs/model.bin", "w").write("weights " + sys.argv[1])
model = run.register_model("weather-model", "outputs/model.bin", tags={"depth": 3})
print(model.name, model.version, model.run_id == run.id)
"""


@pytest.fixture
def training(ws: Workspace, store: Datastore) -> Dataset:
    return Dataset.File.from_files((store, WEEK_27)).register(ws, "weather_train")


@pytest.fixture
def other(ws: Workspace, store: Datastore) -> Dataset:
    return Dataset.File.from_files((store, WEEK_28)).register(ws, "weather_test")


def registered(ws: Workspace, content: str = "weights", name: str = "m", **asked: object) -> Model:
    write("model.bin", content)
    return Model.register(ws, "model.bin", name, **asked)  # type: ignore[arg-type]


def test_a_model_that_a_script_registers_knows_what_that_had_read(
    ws: Workspace, training: Dataset
) -> None:
    runs = [done(submit(ws, TRAINING, argument)) for argument in ("1", "2")]
    assert [said(run).strip() for run in runs] == [
        "weather-model 1 True",
        "weather-model 2 True",
    ]
    model = Model(ws, "weather-model")
    assert (model.version, model.run_id, model.tags) == (2, runs[1].id, {"depth": "3"})
    [(scenario, [dataset])] = model.datasets.items()
    assert (scenario, dataset.id) == ("training data", training.id)
    assert [one.version for one in Model.list(ws, dataset_id=training.id)] == [2, 1]
    assert [one.version for one in Model.list(ws, run_id=runs[0].id)] == [1]
    assert Path(model.download("got")).read_text(encoding="utf-8") == "weights 2"


def test_the_datasets_that_are_named_are_those_of_the_model(
    ws: Workspace, training: Dataset, other: Dataset, store: Datastore
) -> None:
    unnamed = Dataset.File.from_files((store, "data/Weather"))
    roles = [("training data", training), ("test data", other), ("test data", unnamed)]
    model = registered(ws, datasets=roles, sample_input_dataset=other)
    found = {role: [one.id for one in datasets] for role, datasets in model.datasets.items()}
    assert found == {
        "training data": [training.id],
        "test data": [other.id, unnamed.id],
        "sample input": [other.id],
    }
    other.unregister_all_versions()
    assert sorted(model.datasets) == ["test data", "training data"]
    with pytest.raises(UserErrorException, match="is no dataset"):
        registered(ws, datasets=[("training data", "weather_train")])


def test_a_run_without_named_datasets_takes_what_it_read_and_one_with_none_takes_none(
    ws: Workspace, training: Dataset
) -> None:
    run = Experiment(ws, "e").start_logging()
    Dataset.get_by_name(ws, "weather_train")
    write("model.bin", "1")
    assert [*run.register_model("m", "model.bin").datasets] == ["training data"]
    assert [*run.register_model("m2", "model.bin", datasets=[]).datasets] == []
    assert [use.ref for use in run._record().outputs] == ["m@1", "m2@1"]
    assert run.get_details()["outputDatasets"][:] == []


def test_a_model_is_found_by_name_version_and_id(ws: Workspace) -> None:
    registered(ws, "1")
    registered(ws, "2")
    assert Model(ws, "m").version == Model(ws, id="m:2").version == 2
    assert Model(ws, "m", version=1).id == Model(ws, "m", version="1").id == "m:1"
    for asked in ({"name": "x"}, {"name": "m", "version": 3}, {"id": "m"}, {"id": "m:x"}):
        with pytest.raises(ModelNotFoundException):
            Model(ws, **asked)  # type: ignore[arg-type]
    with pytest.raises(WebserviceException):
        Model(ws)


def test_a_dataset_is_no_model(ws: Workspace, training: Dataset) -> None:
    with pytest.raises(ModelNotFoundException):
        Model(ws, "weather_train")
    with pytest.raises(UserErrorException, match="weather_train is a dataset"):
        registered(ws, name="weather_train")
    assert Model.list(ws) == []
    registered(ws)
    with pytest.raises(UserErrorException):
        Dataset.get_by_name(ws, "m")


@pytest.mark.parametrize("name", ["", "-m", "a b", "x" * 256, "ü"])
def test_a_model_has_a_name_that_the_retired_sdk_would_take(ws: Workspace, name: str) -> None:
    with pytest.raises(UserErrorException):
        registered(ws, name=name)
    assert Model.list(ws) == []


def test_models_are_chosen_by_what_is_known_of_them(ws: Workspace) -> None:
    one = registered(ws, "1", tags={"a": "1"}, properties={"p": "x"}, model_framework="ScikitLearn")
    two = registered(ws, "2", name="n", tags={"a": "2"})
    last = registered(ws, "3", name="n")
    assert [model.id for model in Model.list(ws)] == [last.id, two.id, one.id]
    assert [model.id for model in Model.list(ws, latest=True)] == [last.id, one.id]
    assert [model.id for model in Model.list(ws, tags="a")] == [two.id, one.id]
    assert [model.id for model in Model.list(ws, tags=["a", ("a", "2")])] == [two.id]
    assert [model.id for model in Model.list(ws, properties=[("p", "x")])] == [one.id]
    assert [model.id for model in Model.list(ws, model_framework="ScikitLearn")] == [one.id]
    assert Model.list(ws, "nothing") == []
    assert (one.properties, one.model_framework, one.tags) == (
        {"p": "x"},
        "ScikitLearn",
        {"a": "1"},
    )


def test_what_is_said_of_a_model_can_be_changed_and_the_model_cannot(ws: Workspace) -> None:
    model = registered(ws, tags={"a": "1", "b": "2"}, properties={"p": "x"}, description="first")
    model.update(tags={"b": "3"}, description="better")
    assert (model.tags, model.description, model.properties) == ({"b": "3"}, "better", {"p": "x"})
    model.add_tags({"c": "4"})
    model.remove_tags(["b", "nothing"])
    assert Model(ws, "m").tags == {"c": "4"}
    model.update(tags={})
    assert model.tags == {}
    with pytest.raises(UserErrorException, match="can be changed"):
        model.update(sample_input_dataset="x")


def test_a_folder_as_a_model_is_copied_whole_and_nothing_is_written_over(ws: Workspace) -> None:
    write("saved/config.json", "{}")
    write("saved/deep/weights.bin", "w")
    model = Model.register(ws, "saved", "m")
    assert model.download("got") == str(Path("got").absolute())
    with pytest.raises(WebserviceException, match="would be written over"):
        model.download("got")
    write("got/config.json", "mine")
    model.download("got", exist_ok=True)
    assert Path("got/config.json").read_text(encoding="utf-8") == "{}"
    assert Model.get_model_path("m", _workspace=ws) == str(Path("saved").absolute())
    part = Model.register(ws, "saved", "part", child_paths=["deep/weights.bin"])
    assert Path(part.download("other")).name == "weights.bin"


def test_the_same_model_is_not_registered_twice(ws: Workspace, training: Dataset) -> None:
    assert registered(ws).version == registered(ws).version == 1
    assert registered(ws, datasets=[("training data", training)]).version == 2


def test_a_model_that_was_deleted_is_gone_and_its_number_is_not_used_again(ws: Workspace) -> None:
    registered(ws, "1").delete()
    with pytest.raises(ModelNotFoundException):
        Model(ws, "m")
    assert registered(ws, "1").version == 2


def test_the_files_of_a_scripts_model_stay_although_its_record_is_lost(
    ws: Workspace, training: Dataset
) -> None:
    run = done(submit(ws, TRAINING, "1"))
    gone = done(submit(ws, "print('other')"))
    ws.local.layout.runs.unlink()
    for backup in ws.local.layout.backups.glob("runs*"):
        backup.unlink()
    ws.local.collect_garbage(EVERY)
    assert not ws.local.layout.run(gone.id).exists()
    assert ws.local.layout.run(run.id).exists()
    assert ws.local.verify([ws.local.resolve("weather-model")])


def test_a_deployment_is_refused(ws: Workspace) -> None:
    with pytest.raises(UserErrorException, match="deployed"):
        registered(ws, resource_configuration="x")
    run = Run.get_context()
    with pytest.raises(UserErrorException, match="has no file nowhere"):
        run.register_model("m", "nowhere.bin")
