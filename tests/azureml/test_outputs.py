"""Outputs of scripts: where they go, what they become, and that they become nothing by halves."""

import os
from pathlib import Path

import pytest

from dsnb.azureml.core import Dataset, Datastore, Experiment, Run, ScriptRunConfig, Workspace
from dsnb.azureml.data import OutputFileDatasetConfig
from dsnb.azureml.exceptions import ActivityFailedException, UserErrorException
from tests.azureml.labour import COPY, WEEK_27, done, said, script, submit
from tests.workbench import write

WRITE = "import sys\nfor n in range(3): open(f'{sys.argv[1]}/{n}.csv', 'w').write('x')"


@pytest.fixture
def week(ws: Workspace, store: Datastore) -> Dataset:
    return Dataset.File.from_files((store, WEEK_27)).register(ws, "week_ds")


def test_every_run_writes_to_a_new_folder_and_makes_a_new_version(
    ws: Workspace, store: Datastore, week: Dataset
) -> None:
    runs = []
    for _ in range(2):
        out = OutputFileDatasetConfig("out", (store, "prepared/{run-id}/{output-name}"))
        named = out.register_on_complete("prepared_ds", "weeks as they are", {"a": "b"})
        runs.append(done(submit(ws, COPY, week.as_named_input("week").as_mount(), named)))
    for run, number in zip(runs, (1, 2), strict=True):
        made = Dataset.get_by_name(ws, "prepared_ds", number)
        assert (made.description, made.tags) == ("weeks as they are", {"a": "b"})
        assert Path("prepared", run.id, "out", "weather.csv").is_file()
        version = ws.local.resolve(f"prepared_ds@{number}")
        assert (version.run, [one.ref for one in version.parents]) == (run.id, ["week_ds@1"])
    assert Dataset.get_by_name(ws, "prepared_ds").version == 2


@pytest.mark.parametrize("path", ["prepared", "prepared/{output-name}", None])
def test_a_destination_without_the_run_is_a_folder_of_such_folders(
    ws: Workspace, store: Datastore, path: str | None
) -> None:
    destination = store if path is None else (store, path)
    for number in (1, 2):
        out = OutputFileDatasetConfig("out", destination).register_on_complete("out_ds")
        run = done(submit(ws, WRITE, out))
        made = ws.local.resolve("out_ds")
        [source] = made.definition.sources
        assert (made.version, run.id in source.path) == (number, True)
        assert ws.local.verify([made])
    assert ws.local.verify([ws.local.resolve("out_ds@1")])


def test_an_output_goes_to_another_datastore(ws: Workspace) -> None:
    Path("elsewhere").mkdir()
    ws.local.add_datastore("lake", os.path.abspath("elsewhere"))
    other = Datastore.get(ws, "lake")
    out = OutputFileDatasetConfig("out", (other, "made")).register_on_complete("out_ds")
    run = done(submit(ws, WRITE, out))
    assert sorted(os.listdir(f"elsewhere/made/{run.id}")) == ["0.csv", "1.csv", "2.csv"]


def test_an_output_without_a_name_or_a_place_is_kept_by_dsnb(ws: Workspace) -> None:
    run = done(submit(ws, WRITE, OutputFileDatasetConfig()))
    [made] = run.get_details()["outputDatasets"]
    assert made["outputDetails"] == {"outputName": "output_1", "mechanism": "Mount"}
    assert made["dataset"].to_path() == ["/0.csv", "/1.csv", "/2.csv"]
    assert Dataset.get_by_id(ws, made["identifier"]["savedId"]).name is None


def test_what_is_uploaded_is_chosen_by_globs(ws: Workspace, store: Datastore) -> None:
    code = f"{WRITE}\nopen(sys.argv[1] + '/note.txt', 'w').write('x')"
    out = OutputFileDatasetConfig("out", (store, "outs/{run-id}")).as_upload(
        source_globs=["*.txt", "2.*"]
    )
    run = done(submit(ws, code, out.register_on_complete("out_ds")))
    assert Dataset.get_by_name(ws, "out_ds").to_path() == ["/2.csv", "/note.txt"]
    assert sorted(os.listdir(f"outs/{run.id}")) == ["2.csv", "note.txt"]


def test_a_script_may_say_itself_where_it_writes(ws: Workspace, store: Datastore) -> None:
    code = "import os\nos.makedirs('results'); open('results/a.csv', 'w').write('x')"
    config = ScriptRunConfig(script(code), "train.py")
    out = OutputFileDatasetConfig("out", (store, "outs"), source="results")
    config.arguments = ["--out", out.register_on_complete("out_ds")]
    done(Experiment(ws, "e").submit(config))
    assert Dataset.get_by_name(ws, "out_ds").to_path() == ["/a.csv"]


def test_inside_an_output_is_where_to_write_and_outside_what_was_written(ws: Workspace) -> None:
    code = (
        "from dsnb.azureml.core import Run\nimport os\n"
        "place = Run.get_context().output_datasets['out']\n"
        "assert os.path.isdir(place) and place == os.environ['out']\n"
        "open(place + '/a.csv', 'w').write('x')"
    )
    run = done(submit(ws, code, OutputFileDatasetConfig("out").register_on_complete("out_ds")))
    assert run.output_datasets["out"].name == "out_ds"
    assert [*run.output_datasets] == ["out"]


def test_what_fails_leaves_nothing_registered(ws: Workspace, store: Datastore) -> None:
    for code in (f"{WRITE}\nraise ValueError", "print('wrote nothing')"):
        out = OutputFileDatasetConfig("out", (store, "outs")).register_on_complete("out_ds")
        own = OutputFileDatasetConfig("own").register_on_complete("own_ds")
        run = submit(ws, code, out, own)
        with pytest.raises(ActivityFailedException):
            run.wait_for_completion()
        assert run.get_details()["outputDatasets"][:] == []
    assert [*Dataset.get_all(ws)] == []
    assert not ws.local.layout.data.exists()


def test_one_output_that_is_left_empty_is_named_and_none_is_registered(ws: Workspace) -> None:
    full = OutputFileDatasetConfig("full").register_on_complete("full_ds")
    void = OutputFileDatasetConfig("void").register_on_complete("void_ds")
    run = submit(ws, WRITE, full, void)
    with pytest.raises(ActivityFailedException, match="PipelineError"):
        run.wait_for_completion()
    assert "Nothing was written to the output void" in said(run)
    assert [*Dataset.get_all(ws)] == []


def test_names_and_destinations_that_cannot_be_are_refused(ws: Workspace, store: Datastore) -> None:
    for name in ("1st", "a-b", "a b"):
        with pytest.raises(UserErrorException, match="cannot name an output"):
            OutputFileDatasetConfig(name)
    for destination in ("outs", (store,), ("default", "outs"), (store, "../outs")):
        with pytest.raises(UserErrorException):
            OutputFileDatasetConfig("out", destination)  # type: ignore[arg-type]
    with pytest.raises(UserErrorException, match="partition_format"):
        OutputFileDatasetConfig("out", partition_format="{x}")
    with pytest.raises(UserErrorException):
        submit(ws, "", OutputFileDatasetConfig("out").register_on_complete("no/name"))
    one, two = OutputFileDatasetConfig("out"), OutputFileDatasetConfig("out")
    with pytest.raises(UserErrorException, match="Two outputs of one step are called out"):
        submit(ws, "", one, two)
    assert ws.local.runs() == {}


def test_an_output_that_is_named_like_a_model_fails_and_takes_nothing_with_it(
    ws: Workspace,
) -> None:
    write("m.bin", "m")
    Run.get_context().register_model("taken", "m.bin")
    one = OutputFileDatasetConfig("one").register_on_complete("one_ds")
    two = OutputFileDatasetConfig("two").register_on_complete("taken")
    code = "import sys\nfor place in sys.argv[1:]: open(place + '/a', 'w').write('x')"
    run = submit(ws, code, one, two)
    with pytest.raises(ActivityFailedException, match="SourceError"):
        run.wait_for_completion()
    assert [*Dataset.get_all(ws)] == []
