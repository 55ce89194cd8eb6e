import os
import shutil
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from dsnb.datasets import memory, registration
from dsnb.errors import (
    BadNameError,
    DatasetNotFoundError,
    DriftError,
    DsnbError,
    EmptySourceError,
    MissingColumnError,
    MissingPathError,
    SourceError,
    TableError,
    UnreadableFileError,
    UsageError,
)
from dsnb.refs import parse
from dsnb.storage import atomic
from dsnb.tables import sampling
from dsnb.workspace import Workspace
from tests.workbench import load, register, register_table, write

CSV = "origin,temp\nEWR,78.08\nJFK,73.04\n"


def sources(version: Any) -> list[tuple[str, str]]:
    return [(source.datastore, source.path) for source in version.definition.sources]


def files(workspace: Workspace, ref: str = "ds") -> list[str]:
    return [file.path for file in workspace.show(workspace.resolve(ref)).files]


# What a version records


def test_a_version_records_what_it_was_asked_to_hold(workspace: Workspace, weather: Path) -> None:
    done = register(
        workspace,
        "data/Weather/week 27",
        description="week 27",
        tags={"stage": "raw"},
        key=("origin", "time_hour"),
        creator="ada",
        run="a-run",
    )
    version = done.version
    assert (done.created, done.ref, done.previous, done.same_as) == (True, "ds@1", None, None)
    assert workspace.resolve("ds@1") == version
    assert sources(version) == [("default", "data/Weather/week 27")]
    assert (version.kind, version.format, version.files) == ("tabular", "csv", 1)
    assert version.size == os.path.getsize("data/Weather/week 27/weather.csv")
    frame = pd.read_csv("data/Weather/week 27/weather.csv")
    assert version.rows == len(frame)
    assert [column.name for column in version.columns or ()] == list(frame.columns)
    assert [column.type for column in version.columns or ()] == list(map(str, frame.dtypes))
    assert (version.description, version.tags) == ("week 27", {"stage": "raw"})
    assert version.key == ("origin", "time_hour")
    assert (version.creator, version.run) == ("ada", "a-run")
    assert version.created.utcoffset() == timedelta(0)
    assert datetime.now(UTC) - version.created < timedelta(minutes=1)


def test_the_creator_is_the_setting_else_the_user(workspace: Workspace) -> None:
    write("a.txt", "1")
    write("b.txt", "1")
    assert register(workspace, "a.txt", name="a").version.creator != ""
    workspace.set_setting("creator", "Ada Lovelace")
    assert register(workspace, "b.txt", name="b").version.creator == "Ada Lovelace"


def test_the_order_of_paths_is_kept(workspace: Workspace) -> None:
    for name in ("a", "b", "c"):
        write(f"{name}.csv", f"x\n{name}\n")
    register(workspace, "c.csv", "a.csv", "b.csv")
    assert files(workspace) == ["c.csv", "a.csv", "b.csv"]
    assert list(load(workspace)["x"]) == ["c", "a", "b"]


def test_another_order_is_another_version(workspace: Workspace) -> None:
    write("a.csv", "x\n1\n")
    write("b.csv", "x\n2\n")
    first = register(workspace, "a.csv", "b.csv").version
    second = register(workspace, "b.csv", "a.csv").version
    assert second.version == 2
    assert first.digest != second.digest


# Definitions


def test_add_takes_the_latest_definition_and_the_new_paths_after_it(
    workspace: Workspace, weather: Path
) -> None:
    register(workspace, "data/Weather/week 28", options={"dtype": {"hour": "int8"}})
    done = register(workspace, "data/Weather/week 27", add=True, options={"sep": ","})
    assert done.ref == "ds@2"
    assert [path for _, path in sources(done.version)] == [
        "data/Weather/week 28",
        "data/Weather/week 27",
    ]
    assert done.version.definition.options == {"dtype": {"hour": "int8"}, "sep": ","}
    assert load(workspace)["hour"].dtype == "int8"
    assert len(load(workspace)) == len(load(workspace, "ds@1")) + done.version.rows - (
        workspace.resolve("ds@1").rows or 0
    )


def test_adding_what_is_there_already_is_nothing_new(workspace: Workspace) -> None:
    write("a.csv", CSV)
    register(workspace, "a.csv")
    assert not register(workspace, "a.csv", add=True).created


def test_adding_nothing_registers_the_definition_again(workspace: Workspace) -> None:
    write("data/a.csv", CSV)
    register(workspace, "data")
    write("data/b.csv", CSV)
    assert register(workspace, add=True).version.files == 2


def test_adding_to_an_unknown_dataset_is_refused(workspace: Workspace) -> None:
    write("a.csv", CSV)
    with pytest.raises(DatasetNotFoundError, match="ds register ds"):
        register(workspace, "a.csv", add=True)


def test_paths_cannot_be_added_to_a_table_from_memory(workspace: Workspace) -> None:
    write("a.csv", CSV)
    register_table(workspace, pd.DataFrame({"x": [1]}))
    with pytest.raises(SourceError, match=r"ds@1 was registered from memory.*%ds register ds PATH"):
        register(workspace, "a.csv", add=True)


def test_registering_nothing_is_a_usage_error(workspace: Workspace) -> None:
    with pytest.raises(UsageError, match="Nothing to register"):
        register(workspace)


def test_the_same_path_twice_counts_once(workspace: Workspace) -> None:
    write("data/a.csv", CSV)
    register(workspace, "data/a.csv", os.path.abspath("data/a.csv"), "./data/../data/a.csv")
    assert sources(workspace.resolve("ds")) == [("default", "data/a.csv")]


def test_a_file_in_two_of_the_paths_is_taken_once_where_it_is_named_first(
    workspace: Workspace,
) -> None:
    for name in ("a", "b", "c"):
        write(f"data/{name}.csv", f"x\n{name}\n")
    register(workspace, "data/b.csv", "data")
    assert files(workspace) == ["data/b.csv", "data/a.csv", "data/c.csv"]
    assert list(load(workspace)["x"]) == ["b", "a", "c"]
    with pytest.raises(EmptySourceError, match=r"data/\*\.csv adds no file.*Leave it out"):
        register(workspace, "data", "data/*.csv")


@pytest.mark.parametrize("path", ["data [1]/w[2].csv", "data [1]", "data [1]/*.csv"])
def test_brackets_and_spaces_in_paths_are_taken_as_written(workspace: Workspace, path: str) -> None:
    write("data [1]/w[2].csv", CSV)
    register(workspace, path)
    assert files(workspace) == ["data [1]/w[2].csv"]
    pd.testing.assert_frame_equal(load(workspace), pd.read_csv("data [1]/w[2].csv"))


def test_paths_start_from_the_folder_one_works_in(
    workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    write("data/a.csv", CSV)
    Path("notebooks").mkdir()
    monkeypatch.chdir("notebooks")
    assert sources(register(workspace, "../data/a.csv").version) == [("default", "data/a.csv")]


@pytest.mark.parametrize("way", ["absolute", "dots", "link to a file", "link to a folder"])
def test_a_path_that_leads_out_of_the_workspace_is_local_and_said_to_be(
    workspace: Workspace, notices: list[str], way: str
) -> None:
    outside = write("../outside/a.csv", CSV).resolve()
    path = {
        "absolute": str(outside),
        "dots": "../outside/a.csv",
        "link to a file": "linked.csv",
        "link to a folder": "linked/a.csv",
    }[way]
    Path("linked").symlink_to("../outside")
    Path("linked.csv").symlink_to("../outside/a.csv")
    version = register(workspace, path).version
    assert sources(version) == [("local", outside.as_posix()[1:])]
    assert any("outside" in notice and "datastore local" in notice for notice in notices)
    pd.testing.assert_frame_equal(load(workspace), pd.read_csv(outside))
    assert str(version.definition.sources[0]) == outside.as_posix()


def test_dots_behind_a_link_mean_what_every_program_means(workspace: Workspace) -> None:
    write("data/deep/inside/b.csv", CSV)
    write("data/a.csv", "x\nright\n")
    write("a.csv", "x\nwrong\n")
    Path("link").symlink_to("data/deep")
    register(workspace, "link/../a.csv")
    assert list(load(workspace)["x"]) == list(pd.read_csv("link/../a.csv")["x"]) == ["right"]


def test_a_path_in_a_datastore_belongs_to_the_closest_one(workspace: Workspace) -> None:
    write("data/bulk/2013/a.csv", CSV)
    workspace.add_datastore("bulk", "data/bulk")
    version = register(workspace, "data/bulk/2013").version
    assert sources(version) == [("bulk", "2013")]
    assert len(load(workspace)) == 2


@pytest.mark.usefixtures("by_reference")
def test_a_workspace_that_moved_loads_and_registers_as_before(
    workspace: Workspace, weather: Path, notices: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    register(workspace, "data/Weather")
    register(workspace, "data/**/*.csv", name="pattern")
    before = load(workspace)
    register_table(workspace, before, name="memory")
    moved = Path("../moved [to] here").resolve()
    shutil.copytree(".", moved)
    shutil.rmtree("data")
    monkeypatch.chdir(moved)
    there = Workspace(moved, notices.append)
    assert there.verify(None)
    for name in ("ds", "pattern", "memory"):
        pd.testing.assert_frame_equal(load(there, name), before)
    assert not register(there, "data/Weather").created
    assert not register(there, "data/**/*.csv", name="pattern").created
    with pytest.raises(Exception, match="is gone"):
        load(workspace)


def test_a_table_that_is_registered_already_is_not_written_again(
    workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    table = pd.DataFrame({"id": [1, 2], "temp": [78.08, None], "name": ["a", "b"]})
    register_table(workspace, table)
    with monkeypatch.context() as patched:
        patched.setattr(memory, "write_exactly", lambda *_: pytest.fail("it was written"))
        assert not register_table(workspace, table.copy()).created
        assert not register_table(workspace, table.copy(), kind="tabular").created
    assert register_table(workspace, table, key=["id"]).ref == "ds@2"
    assert register_table(workspace, table.assign(id=[1, 3])).ref == "ds@3"


def test_a_lost_table_is_put_back_when_it_is_registered_again(workspace: Workspace) -> None:
    table = pd.DataFrame({"id": [1, 2]})
    register_table(workspace, table)
    [path] = load(workspace, library="paths")
    Path(path).unlink()
    with pytest.raises(DriftError, match="%ds register ds --from"):
        load(workspace)
    assert not register_table(workspace, table).created
    pd.testing.assert_frame_equal(load(workspace), table)
    assert len(list(workspace.layout.data.rglob("*.parquet"))) == 1


def test_hidden_names_are_counted_and_taken_when_asked(workspace: Workspace) -> None:
    for name in ("a.csv", ".b.csv", ".ipynb_checkpoints/a.csv", "_SUCCESS", "sub/_metadata"):
        write(f"data/{name}", CSV)
    done = register(workspace, "data")
    assert (done.version.kind, done.version.files, done.skipped) == ("tabular", 1, 4)
    every = register(workspace, "data", include_hidden=True)
    assert every.version.kind == "file"
    assert files(workspace) == [
        "data/.b.csv",
        "data/_SUCCESS",
        "data/a.csv",
        "data/sub/_metadata",
    ]


def test_underscores_hide_nothing_among_files_that_are_no_table(workspace: Workspace) -> None:
    write("data/_a.txt", "1")
    write("data/b.txt", "1")
    assert register(workspace, "data").version.files == 2


def test_a_marker_that_is_named_itself_is_taken(workspace: Workspace) -> None:
    write("data/_a.csv", CSV)
    assert register(workspace, "data/_a.csv").version.files == 1


def test_a_folder_of_the_workspace_itself_leaves_out_its_registry(workspace: Workspace) -> None:
    write("a.csv", CSV)
    register(workspace, ".")
    assert files(workspace) == ["a.csv"]
    assert not register(workspace, ".").created


@pytest.mark.parametrize(
    ("path", "error"),
    [
        ("nothing.csv", MissingPathError),
        ("empty", EmptySourceError),
        ("*.nothing", EmptySourceError),
        ("", MissingPathError),
        ("a\0b", MissingPathError),
        (os.fsdecode(b"caf\xe9/a.csv"), UnreadableFileError),
    ],
)
def test_a_path_that_cannot_be_registered_leaves_the_registry_as_it_was(
    workspace: Workspace, path: str, error: type[Exception]
) -> None:
    write("a.csv", CSV)
    register(workspace, "a.csv")
    before = workspace.layout.registry.read_bytes()
    os.mkdir("empty")
    os.mkdir(os.fsdecode(b"caf\xe9"))
    write(os.fsdecode(b"caf\xe9/a.csv"), CSV)
    with pytest.raises(error):
        register(workspace, "a.csv", path)
    assert workspace.layout.registry.read_bytes() == before


@pytest.mark.parametrize("name", ["", "my data", "-x", "a/b", "wetter_ä", "a@1", "x" * 256])
def test_a_name_that_breaks_the_rules_is_refused_before_anything_is_read(
    workspace: Workspace, name: str
) -> None:
    with pytest.raises(BadNameError):
        register(workspace, "nothing", name=name)
    with pytest.raises(BadNameError):
        register_table(workspace, pd.DataFrame({"x": [1]}), name=name)
    assert not workspace.layout.registry.exists()
    assert not workspace.layout.data.exists()


# When it is a new version


def test_the_same_content_is_nothing_new(workspace: Workspace, notices: list[str]) -> None:
    path = write("a.csv", CSV)
    first = register(workspace, "a.csv", description="one", tags={"a": "1"})
    before = workspace.layout.registry.read_bytes()
    os.utime(path, (1_700_000_000, 1_700_000_000))
    path.write_text(CSV)
    again = register(workspace, "a.csv")
    assert (again.created, again.version) == (False, first.version)
    assert workspace.layout.registry.read_bytes() == before
    assert notices == []


def test_what_is_not_taken_over_into_an_old_version_is_said(
    workspace: Workspace, notices: list[str]
) -> None:
    write("a.csv", CSV)
    register(workspace, "a.csv", description="one")
    again = register(workspace, "a.csv", description="other", tags={"stage": "raw"})
    assert (again.version.description, again.version.tags) == ("one", {})
    assert len(notices) == 2
    assert "%ds annotate ds@1 'other'" in notices[0]
    assert "%ds tag ds@1 stage=raw" in notices[1]


def test_other_content_is_the_next_version(workspace: Workspace) -> None:
    write("a.csv", CSV)
    first = register(workspace, "a.csv").version
    write("a.csv", CSV + "LGA,1\n")
    done = register(workspace, "a.csv")
    assert (done.ref, done.previous, done.same_as) == ("ds@2", first, None)


def test_content_that_returns_is_a_new_version_that_says_which_it_equals(
    workspace: Workspace,
) -> None:
    for count, text in enumerate((CSV, CSV + "LGA,1\n", CSV), start=1):
        write("a.csv", text)
        done = register(workspace, "a.csv")
        assert done.version.version == count
    assert done.same_as == "ds@1"
    assert done.version.digest == workspace.resolve("ds@1").digest


def test_the_same_content_under_another_definition_is_a_new_version(workspace: Workspace) -> None:
    write("data/a.csv", CSV)
    register(workspace, "data/a.csv")
    done = register(workspace, "data/*.csv")
    assert (done.ref, done.same_as) == ("ds@2", "ds@1")
    done = register(workspace, "data/*.csv", options={"sep": ","})
    assert (done.ref, done.same_as) == ("ds@3", "ds@2")
    assert not register(workspace, "data/*.csv", options={"sep": ","}).created


@pytest.mark.parametrize(
    "options", [{"parse_dates": ("when",)}, {"dtype": {"n": "int8"}}, {"sep": ";", "decimal": ","}]
)
def test_the_same_options_again_are_nothing_new(
    workspace: Workspace, options: dict[str, Any]
) -> None:
    sep = options.get("sep", ",")
    write("a.csv", f"when{sep}n\n2013-07-01{sep}1\n")
    assert register(workspace, "a.csv", options=options).created
    assert not register(workspace, "a.csv", options=options).created


def test_options_that_cannot_be_recorded_are_refused(workspace: Workspace) -> None:
    write("a.csv", CSV)
    with pytest.raises(TableError, match="cannot be recorded"):
        register(workspace, "a.csv", options={"dtype": {"temp": float}})


def test_another_kind_or_key_is_a_new_version(workspace: Workspace) -> None:
    write("a.csv", CSV)
    register(workspace, "a.csv")
    assert register(workspace, "a.csv", key=("origin",)).ref == "ds@2"
    assert not register(workspace, "a.csv", key=("origin",)).created
    assert register(workspace, "a.csv", kind="file").ref == "ds@3"
    assert workspace.resolve("ds").columns is None
    assert register(workspace, "a.csv", kind="tabular").ref == "ds@4"


def test_the_same_table_from_memory_is_nothing_new_and_kept_once(workspace: Workspace) -> None:
    frame = pd.DataFrame({"x": [1, 2]})
    assert register_table(workspace, frame).created
    assert not register_table(workspace, frame.copy()).created
    assert len(list(workspace.layout.data.rglob("*.parquet"))) == 1
    assert register_table(workspace, frame + 1).ref == "ds@2"
    assert register_table(workspace, frame).same_as == "ds@1"


def test_a_further_version_can_be_ruled_out(workspace: Workspace) -> None:
    write("a.csv", CSV)
    assert register(workspace, "a.csv", new_version=False).created
    assert not register(workspace, "a.csv", new_version=False).created
    write("a.csv", CSV + "LGA,1\n")
    with pytest.raises(SourceError, match=r"ds@1 holds something else.*--no-new-version"):
        register(workspace, "a.csv", new_version=False)
    assert len(workspace.versions("ds")) == 1


def test_a_clock_that_goes_back_does_not_turn_versions_around(
    workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    write("a.csv", CSV)
    first = register(workspace, "a.csv").version
    monkeypatch.setattr(registration, "now", lambda: datetime(2000, 1, 1, tzinfo=UTC))
    write("a.csv", CSV + "LGA,1\n")
    assert register(workspace, "a.csv").version.created == first.created


# Keys


def test_a_key_is_kept_by_later_versions_that_have_its_columns(workspace: Workspace) -> None:
    write("a.csv", CSV)
    register(workspace, "a.csv", key=("origin",))
    write("a.csv", CSV + "LGA,1\n")
    assert register(workspace, "a.csv").version.key == ("origin",)
    write("a.csv", "temp\n1\n")
    assert register(workspace, "a.csv").version.key == ()


def test_a_key_can_be_taken_away(workspace: Workspace) -> None:
    write("a.csv", CSV)
    register(workspace, "a.csv", key=("origin",))
    assert register(workspace, "a.csv", key=()).version.key == ()


def test_a_key_column_that_is_not_there_is_refused(workspace: Workspace) -> None:
    write("a.csv", CSV)
    with pytest.raises(MissingColumnError, match=r"no column orign\. Did you mean origin"):
        register(workspace, "a.csv", key=("orign",))
    write("a.txt", CSV)
    with pytest.raises(TableError, match="no key columns"):
        register(workspace, "a.txt", key=("origin",))
    assert not workspace.layout.registry.exists()


def test_a_key_that_repeats_is_said(workspace: Workspace, notices: list[str]) -> None:
    write("a.csv", "origin\nEWR\nEWR\nEWR\n")
    register(workspace, "a.csv", key=("origin",))
    assert notices == ["origin does not identify every row: 2 rows repeat an earlier one's key."]


# Kinds


@pytest.mark.parametrize(
    ("names", "kind", "format"),
    [
        (["a.csv", "b.csv.gz"], "tabular", "csv"),
        (["a.csv", "b.tsv"], "file", None),
        (["a.csv", "notes.txt"], "file", None),
        (["model.pkl"], "file", None),
    ],
)
def test_files_of_one_format_are_a_table_and_a_mixture_are_files(
    workspace: Workspace, names: list[str], kind: str, format: str | None
) -> None:
    frame = pd.DataFrame({"x": [1]})
    for name in names:
        Path("data").mkdir(exist_ok=True)
        frame.to_csv(f"data/{name}", index=False)
    version = register(workspace, "data").version
    assert (version.kind, version.format) == (kind, format)
    if kind == "file":
        expected = [os.path.abspath(f"data/{name}") for name in sorted(names)]
        assert load(workspace) == load(workspace, library="paths") == expected
        with pytest.raises(TableError, match=r"--as paths"):
            load(workspace, library="pandas")
        with pytest.raises(TableError, match="as tabular"):
            register(workspace, "data", kind="tabular", name="forced")


def test_a_file_that_is_no_table_after_all_is_registered_as_a_file_and_said(
    workspace: Workspace, notices: list[str]
) -> None:
    write("a.json", '{"not": "records"')
    assert register(workspace, "a.json").version.kind == "file"
    assert "registered as files" in notices[0]
    with pytest.raises(TableError, match="cannot be read as json"):
        register(workspace, "a.json", kind="tabular", name="forced")


def test_a_reader_option_that_does_not_apply_is_refused(workspace: Workspace) -> None:
    write("a.csv", CSV)
    with pytest.raises(TableError, match="--sheet applies to excel files"):
        register(workspace, "a.csv", options={"sheet": "x"})
    with pytest.raises(TableError, match="--sep applies"):
        register(workspace, "a.csv", options={"sep": ";"}, kind="file")


# Interrupted


@pytest.mark.parametrize("where", ["find_content", "describe", "write_exactly"])
def test_an_interrupt_leaves_nothing_recorded(
    workspace: Workspace, where: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    write("a.csv", CSV)

    def interrupt(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    for module in (registration, memory):
        if hasattr(module, where):
            monkeypatch.setattr(module, where, interrupt)
    with pytest.raises(KeyboardInterrupt):
        register_table(workspace, pd.DataFrame({"x": [1]}))
    if where != "write_exactly":
        with pytest.raises(KeyboardInterrupt):
            register(workspace, "a.csv")
    assert not workspace.layout.registry.exists()
    assert not list(workspace.layout.data.rglob("*"))


# Names


def test_numbers_go_on_after_a_rename_and_are_never_used_again(workspace: Workspace) -> None:
    for text in ("1", "2", "3"):
        write("a.txt", text)
        register(workspace, "a.txt", name="old")
    workspace.rename("old", "new")
    assert [row.version.ref for row in workspace.versions("new").rows] == [
        "new@3",
        "new@2",
        "new@1",
    ]
    with pytest.raises(DatasetNotFoundError, match=r"old is called new now.*Write new"):
        workspace.resolve("old@2")
    write("a.txt", "4")
    assert register(workspace, "a.txt", name="new").ref == "new@4"
    assert register(workspace, "a.txt", name="old").ref == "old@4"
    with pytest.raises(BadNameError, match="There is a dataset old already"):
        workspace.rename("new", "old")
    assert workspace.resolve(parse("new@2")).id == workspace.versions("new").rows[2].version.id


@pytest.mark.parametrize(
    "wrong",
    [{"description": None}, {"tags": {"a": 1}}, {"include_hidden": None}, {"kind": "bogus"}],
)
def test_a_value_of_the_wrong_type_never_reaches_the_registry(
    workspace: Workspace, wrong: dict[str, Any]
) -> None:
    write("a.csv", "x\n1\n")
    register(workspace, "a.csv", name="good")
    before = workspace.layout.registry.read_bytes()
    with pytest.raises(DsnbError):
        register(workspace, "a.csv", name="bad", **wrong)
    assert workspace.layout.registry.read_bytes() == before
    assert len(workspace.datasets()) == 1


def test_an_interrupt_after_the_version_is_recorded_leaves_its_data(
    workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupt(folder: Path) -> None:
        if folder == workspace.layout.folder:
            raise KeyboardInterrupt

    monkeypatch.setattr(atomic, "sync_folder", interrupt)
    with pytest.raises(KeyboardInterrupt):
        register_table(workspace, pd.DataFrame({"x": [1]}))
    monkeypatch.undo()
    workspace = Workspace(workspace.root)
    assert load(workspace, "ds@1")["x"].tolist() == [1]


def test_an_interrupt_before_the_version_is_recorded_leaves_no_data(
    workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupt(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(registration, "describe", interrupt)
    with pytest.raises(KeyboardInterrupt):
        register_table(workspace, pd.DataFrame({"x": [1]}))
    assert not workspace.layout.data.exists()


@pytest.mark.parametrize("harm", [Path.unlink, lambda path: path.write_bytes(b"damaged")])
def test_registering_again_puts_a_lost_manifest_back(
    workspace: Workspace, harm: Callable[[Path], object]
) -> None:
    write("a.csv", "x\n1\n")
    register(workspace, "a.csv")
    [path] = workspace.layout.manifests.rglob("*.zst")
    harm(path)
    assert not register(workspace, "a.csv").created
    assert len(load(workspace, "ds@1")) == 1


def test_a_table_whose_manifest_is_lost_is_registered_anew(workspace: Workspace) -> None:
    frame = pd.DataFrame({"x": [1]})
    register_table(workspace, frame)
    [path] = workspace.layout.manifests.rglob("*.zst")
    path.unlink()
    assert register_table(workspace, frame).ref == "ds@2"
    assert len(load(workspace, "ds@2")) == 1


def test_a_failed_first_registration_leaves_what_others_put_into_the_workspace(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    workspace = Workspace.create(".")
    write("a.csv", "x\n1\n")
    register(Workspace(workspace.root), "a.csv")
    workspace.remove_if_empty()
    assert len(load(Workspace(workspace.root), "ds@1")) == 1


def test_the_key_stays_where_the_columns_are_not_known(
    workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sampling, "WHOLE_BYTES", 10)
    write("a.json", '[{"id": 1, "v": 2}]')
    register(workspace, "a.json", key=("id",))
    write("a.json", '[{"id": 1, "v": 3}]')
    assert register(workspace, "a.json").version.key == ("id",)


def test_a_polars_table_that_pandas_cannot_read_back_is_refused(workspace: Workspace) -> None:
    polars = pytest.importorskip("polars")
    frame = polars.DataFrame({"t": polars.Series([2**100], dtype=polars.Int128)})
    with pytest.raises(TableError):
        register_table(workspace, frame)
    assert len(workspace.datasets()) == 0
