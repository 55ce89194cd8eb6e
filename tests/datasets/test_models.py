"""Models are versions, too: of a file that is never opened, and of the data behind it."""

import os
import pickle
from pathlib import Path

import pytest

import dsnb
from dsnb.errors import DatasetNotFoundError, InUseError, SourceError
from tests.workbench import write

CSV = "origin,temp\nEWR,78.08\nJFK,73.04\n"


@pytest.fixture
def weather() -> None:
    dsnb.register("weather_train", write("train.csv", CSV))
    dsnb.register("weather_test", write("test.csv", CSV + "LGA,75.92\n"))
    write("model.bin", "weights 1")


def data_of(name: str) -> list[tuple[str, str]]:
    return [(one.ref, one.role) for one in dsnb.show(name).version.parents]


@pytest.mark.usefixtures("weather")
def test_a_model_is_registered_with_the_data_it_was_trained_on() -> None:
    data = {"training data": "weather_train@1", "test data": "weather_test"}
    made = dsnb.model.register("temp", "model.bin", data=data, tag={"stage": "trial"})
    assert made.ref == "temp@1"
    assert made.version.kind == "model"
    assert data_of("temp") == [
        ("weather_train@1", "training data"),
        ("weather_test@1", "test data"),
    ]
    assert [one.ref for one in dsnb.models("weather_train@1").models] == ["temp@1"]
    assert "trained on:" in str(dsnb.show("temp"))
    assert "weather_train@1 (training data)" in str(dsnb.models())
    assert "model temp@1" in str(dsnb.show("weather_train@1"))


@pytest.mark.usefixtures("weather")
def test_without_being_told_it_was_trained_on_what_the_run_has_read() -> None:
    dsnb.load("weather_train")
    dsnb.load("weather_test")
    dsnb.model.register("temp", "model.bin")
    assert data_of("temp") == [
        ("weather_train@1", "training data"),
        ("weather_test@1", "test data"),
    ]


@pytest.mark.usefixtures("weather")
def test_versions_of_a_model_are_of_content_and_data() -> None:
    data = {"training data": "weather_train@1"}
    assert dsnb.model.register("temp", "model.bin", data=data).created
    assert not dsnb.model.register("temp", "model.bin", data=data).created
    other = dsnb.model.register("temp", "model.bin", data={"training data": "weather_test@1"})
    assert other.ref == "temp@2"
    write("model.bin", "weights 2")
    assert dsnb.model.register("temp", "model.bin", data=data).ref == "temp@3"
    assert [one.ref for one in dsnb.models("temp").models] == ["temp@3", "temp@2", "temp@1"]
    assert [one.ref for one in dsnb.models("weather_test").models] == ["temp@2"]


@pytest.mark.usefixtures("weather")
def test_models_and_datasets_do_not_mix() -> None:
    dsnb.model.register("temp", "model.bin", data={"training data": "weather_train"})
    assert [row.version.name for row in dsnb.list().rows] == ["weather_test", "weather_train"]
    with pytest.raises(SourceError, match=r"temp is a model.*%ds model register"):
        dsnb.register("temp", "train.csv")
    with pytest.raises(SourceError, match=r"weather_train is a dataset.*another name"):
        dsnb.model.register("weather_train", "model.bin")
    with pytest.raises(DatasetNotFoundError):
        dsnb.model.register("other", "model.bin", data={"training data": "nothing@1"})
    assert len(dsnb.models()) == 1


@pytest.mark.usefixtures("weather")
def test_what_a_model_was_trained_on_is_not_deleted_without_a_word() -> None:
    dsnb.model.register("temp", "model.bin", data={"training data": "weather_train"})
    with pytest.raises(InUseError, match="model temp@1"):
        dsnb.delete("weather_train@1")
    dsnb.delete("weather_train@1", force=True)
    assert data_of("temp") == [("weather_train@1", "training data")]
    assert "not here any more" in str(dsnb.show("temp"))


class Trap:
    def __reduce__(self) -> tuple[object, tuple[str]]:
        return (os.mkdir, ("sprung",))


@pytest.mark.usefixtures("weather")
def test_a_model_is_never_unpickled() -> None:
    Path("model.pkl").write_bytes(pickle.dumps(Trap()))
    dsnb.model.register("temp", "model.pkl", data={"training data": "weather_train"})
    dsnb.show("temp", profile=True)
    dsnb.verify("temp", full=True)
    assert [Path(path).name for path in dsnb.load("temp")] == ["model.pkl"]
    assert not Path("sprung").exists()


@pytest.mark.usefixtures("weather")
def test_a_model_drifts_and_comes_back_as_datasets_do() -> None:
    dsnb.model.register("temp", "model.bin", data={"training data": "weather_train"}, snapshot=True)
    write("model.bin", "spoilt")
    assert dsnb.show("temp").drift.drifted
    dsnb.restore("temp", overwrite=True)
    assert Path("model.bin").read_text(encoding="utf-8") == "weights 1"


@pytest.mark.usefixtures("weather")
def test_the_lineage_of_data_leads_to_its_models() -> None:
    dsnb.model.register("temp", "model.bin", data={"training data": "weather_train"})
    found = dsnb.lineage("weather_train", down=True)
    assert [one.ref for one in found.versions.values()] == ["weather_train@1", "temp@1"]
    assert [one.role for one in found.links] == ["training data"]


@pytest.mark.usefixtures("weather")
def test_a_run_tells_its_models_apart() -> None:
    dsnb.load("weather_train", columns=["temp"])
    dsnb.model.register("temp", "model.bin")
    said = str(dsnb.run())
    assert "models:\n    temp@1" in said
    assert "weather_train@1 load of temp" in " ".join(said.split())
