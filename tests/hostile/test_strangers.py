"""A workspace from a stranger reads nothing outside itself by being looked at."""

import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

import dsnb
from dsnb.display import forms as forms
from dsnb.errors import DriftError, OutsideDatastoreError, RegistryDamagedError, SourceError
from dsnb.magics.completion import complete
from dsnb.presenting import as_html, as_text
from dsnb.server import reading
from dsnb.server.scope import Scope
from dsnb.widgets.answers import Answers
from dsnb.workspace import Workspace
from tests.hostile.strangers import group, send, version, watching, write_manifest, write_registry
from tests.workbench import load, register, write

TABLE = b"a\n1\n"


@pytest.fixture
def secret(tmp_path: Path) -> Path:
    """A folder of the user that the stranger would like to know of."""
    folder = tmp_path / "private"
    folder.mkdir()
    (folder / "table.csv").write_bytes(TABLE)
    return folder.resolve()


@pytest.fixture
def here() -> Path:
    return Path.cwd()


def below_root(path: Path) -> str:
    return str(path).lstrip("/")


def local(secret: Path, here: Path) -> Workspace:
    base = below_root(secret)
    return send(here, "ds", ("local", base), group("local", base, **{"table.csv": TABLE}))


def one_local_file(secret: Path, here: Path) -> Workspace:
    base = below_root(secret)
    listed = group("local", base, **{"table.csv": TABLE})
    return send(here, "ds", ("local", f"{base}/table.csv"), listed)


def a_pattern(secret: Path, here: Path) -> Workspace:
    base = below_root(secret)
    listed = group("local", base, **{"table.csv": TABLE})
    return send(here, "ds", ("local", f"{base}/*.csv"), listed)


def a_datastore_of_its_settings(secret: Path, here: Path) -> Workspace:
    sent = send(here, "ds", ("bulk", "."), group("bulk", ".", **{"table.csv": TABLE}))
    sent.layout.config.write_text(f'[datastores]\nbulk = "{secret}"\n')
    return sent


def a_relative_datastore(secret: Path, here: Path) -> Workspace:
    sent = send(here, "ds", ("bulk", "."), group("bulk", ".", **{"table.csv": TABLE}))
    away = os.path.relpath(secret, here)
    sent.layout.config.write_text(f'[datastores]\nbulk = "{away}"\n')
    return sent


def a_linked_folder(secret: Path, here: Path) -> Workspace:
    (here / "data").symlink_to(secret)
    return send(here, "ds", ("default", "data"), group("default", "data", **{"table.csv": TABLE}))


def a_link_in_a_folder(secret: Path, here: Path) -> Workspace:
    (here / "data").mkdir()
    (here / "data" / "more").symlink_to(os.path.relpath(secret, here / "data"))
    listed = group("default", "data", **{"more/table.csv": TABLE})
    return send(here, "ds", ("default", "data"), listed)


def a_linked_file(secret: Path, here: Path) -> Workspace:
    (here / "data").mkdir()
    (here / "data" / "table.csv").symlink_to(secret / "table.csv")
    return send(here, "ds", ("default", "data"), group("default", "data", **{"table.csv": TABLE}))


def a_link_that_the_manifest_does_not_list(secret: Path, here: Path) -> Workspace:
    (here / "data").mkdir()
    (here / "data" / "table.csv").write_bytes(TABLE)
    (here / "data" / "more").symlink_to(secret)
    return send(here, "ds", ("default", "data"), group("default", "data", **{"table.csv": TABLE}))


WAYS = [
    local,
    one_local_file,
    a_pattern,
    a_datastore_of_its_settings,
    a_relative_datastore,
    a_linked_folder,
    a_link_in_a_folder,
    a_linked_file,
]


def looks(here: Path) -> Iterator[Any]:
    """Do all that shows a workspace and reads none of its data on purpose."""
    for result in (
        dsnb.list(),
        dsnb.versions("ds"),
        dsnb.show("ds"),
        dsnb.status(),
        dsnb.datastore(),
        dsnb.config(),
        dsnb.runs(),
    ):
        yield as_text(result), as_html(result)
    for typed in ("", "load ", "load d", "load ds@", "show ds@1", "register ds ", "config "):
        yield complete(typed)
    answers = Answers(Workspace.find().in_passing())
    yield answers.datasets(), answers.versions("ds"), answers.columns("ds")
    yield list(answers.states(["ds@1"]))
    yield answers.since("ds@1")
    with pytest.raises(DriftError, match=r"ds@1 was not read: .* lies outside the workspace"):
        answers.preview("ds@1")
    scope = Scope(here, print)
    yield reading.read_workspace(scope, "")
    yield reading.read_datasets(scope, "", "", 0, 100)
    yield reading.read_versions(scope, "", "ds", 0, 100)
    yield reading.read_version(scope, "", "ds", 1)
    yield reading.read_runs(scope, "", None, 0, 100)


@pytest.mark.parametrize("way", WAYS)
def test_looking_touches_nothing_outside(
    secret: Path, here: Path, way: Callable[[Path, Path], Workspace]
) -> None:
    way(secret, here)
    with watching(secret) as touched:
        list(looks(here))
    assert touched == []


@pytest.mark.parametrize("way", WAYS)
def test_what_was_not_looked_at_is_neither_unchanged_nor_drifted(
    secret: Path, here: Path, way: Callable[[Path, Path], Workspace]
) -> None:
    way(secret, here)
    shown = as_text(dsnb.show("ds"))
    assert "not looked at" in shown
    assert "drifted" not in shown
    assert "unchanged" not in shown.replace("the latest versions are unchanged", "")
    assert dsnb.status().drifted == ()
    drift = reading.read_version(Scope(here, print), "", "ds", 1)["drift"]
    assert (drift["drifted"], drift["unseen"]) == (0, 1)


def test_a_folder_is_not_searched_through_links_that_nobody_registered(
    secret: Path, here: Path
) -> None:
    a_link_that_the_manifest_does_not_list(secret, here)
    with watching(secret) as touched:
        assert "✓ unchanged" in as_text(dsnb.show("ds"))
        dsnb.status()
        reading.read_version(Scope(here, print), "", "ds", 1)
    assert touched == []
    assert dsnb.load("ds")["a"].tolist() == [1]
    assert "1 new file" in as_text(dsnb.show("ds"))


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("act", ["load", "verify", "diff"])
def test_asked_for_it_is_read_and_said_once_and_looked_at_from_then_on(
    secret: Path,
    here: Path,
    way: Callable[[Path, Path], Workspace],
    act: str,
    capsys: pytest.CaptureFixture[str],
) -> None:
    way(secret, here)
    getattr(dsnb, act)("ds@1")
    said = capsys.readouterr().err
    assert said.count("lies outside the workspace") == 1
    assert dsnb.load("ds@1")["a"].tolist() == [1]
    assert capsys.readouterr().err == ""
    assert "✓ unchanged" in as_text(dsnb.show("ds"))
    drift = reading.read_version(Scope(here, print), "", "ds", 1)["drift"]
    assert (drift["drifted"], drift["unseen"]) == (0, 0)


def test_what_the_user_registered_is_looked_at_at_once(secret: Path, workspace: Workspace) -> None:
    register(workspace, secret)
    assert "✓ unchanged" in as_text(dsnb.show("ds"))
    (secret / "table.csv").write_bytes(b"a\n2\n3\n")
    assert "drifted" in as_text(dsnb.show("ds"))
    assert dsnb.status().drifted == ("ds@1",)


def test_data_that_moved_behind_a_link_is_still_the_users(
    secret: Path, workspace: Workspace
) -> None:
    write("data/a.csv", "a\n1\n")
    register(workspace, "data")
    os.rename("data", secret / "data")
    os.symlink(secret / "data", "data")
    assert load(workspace)["a"].tolist() == [1]
    assert "✓ unchanged" in as_text(dsnb.show("ds"))


def test_a_datastore_that_the_user_added_is_looked_at(secret: Path, workspace: Workspace) -> None:
    assert dsnb.datastore.add("bulk", str(secret)).rows[-1] == ("bulk", str(secret), "there")
    text = workspace.layout.config.read_text()
    workspace.layout.config.write_text(text.replace(str(secret), str(secret.parent / "other")))
    assert dsnb.datastore().rows[-1][2] == "not looked at"


# Records that name other places than the user sees

OUT = ["../private/table.csv", "/etc/passwd", "data/../../private", "a\0b", "", "data//a", "./data"]


@pytest.mark.parametrize("act", ["show", "verify", "load", "diff"])
@pytest.mark.parametrize("path", OUT)
@pytest.mark.parametrize("where", ["source", "base", "name"])
def test_a_recorded_path_that_leads_out_is_refused_before_anything_is_touched(
    secret: Path, here: Path, act: str, path: str, where: str
) -> None:
    source = path if where == "source" else "data"
    base = path if where == "base" else "data"
    names = {path if where == "name" else "table.csv": TABLE}
    send(here, "ds", ("default", source), group("default", base, **names))
    with watching(secret) as touched, watching(Path("/etc")) as system:
        if act in ("load", "diff"):
            with pytest.raises(OutsideDatastoreError, match="leads out of its datastore"):
                getattr(dsnb, act)("ds@1")
        else:
            assert "the list of its files" in as_text(getattr(dsnb, act)("ds@1"))
    assert touched == []
    assert "/etc/passwd" not in system


@pytest.mark.parametrize(
    ("source", "listed"),
    [
        (("default", "data"), group("local", "etc", passwd=b"")),
        (("default", "data"), group("default", ".", **{"other/a.csv": b""})),
        (("default", "data/a.csv"), group("default", "data", **{"b.csv": b""})),
        (("default", "data/*.csv"), group("default", ".", **{"other.csv": b""})),
        (("local", "home/ada/*.csv"), group("local", "home", **{"bob/b.csv": b""})),
    ],
)
def test_a_manifest_lists_files_of_the_versions_own_paths_only(
    here: Path, source: tuple[str, str], listed: dict[str, Any]
) -> None:
    sent = send(here, "ds", source, listed)
    with pytest.raises(RegistryDamagedError, match="files that do not lie at"):
        load(sent)


@pytest.mark.parametrize(
    "change",
    [
        {"hashes": ["../../../private"]},
        {"hashes": ["0" * 63]},
        {"hashes": []},
        {"sizes": [1, 2]},
        {"sizes": [-1]},
        {"names": ["a", "b"]},
    ],
)
def test_a_manifest_that_is_not_whole_is_refused(here: Path, change: dict[str, Any]) -> None:
    listed = {**group("default", "data", **{"a.csv": TABLE}), **change}
    address = write_manifest(here, [listed])
    write_registry(here, [version("ds", [("default", "data")], manifest=address)])
    with pytest.raises(RegistryDamagedError, match="ds@1 is damaged"):
        dsnb.load("ds")
    assert "the list of its files" in as_text(dsnb.show("ds"))


# What is no file

KINDS: list[Callable[[str], object]] = [
    os.mkfifo,
    lambda path: os.symlink("/dev/zero", path),
    lambda path: os.symlink(path, path),
]


@pytest.mark.parametrize("make", KINDS, ids=["pipe", "device", "circle"])
def test_a_registered_file_that_became_something_else_is_drift_and_never_opened(
    workspace: Workspace, make: Callable[[str], object]
) -> None:
    path = write("data/a.csv", "a\n1\n")
    register(workspace, "data", kind="file", snapshot="never")
    path.unlink()
    make(str(path.absolute()))
    assert not dsnb.verify("ds")
    assert not dsnb.verify("ds", full=True)
    with pytest.raises(DriftError):
        dsnb.load("ds")


@pytest.mark.parametrize("name", ["registry.json", "runs.json", "config.toml"])
@pytest.mark.parametrize("make", KINDS[:2], ids=["pipe", "device"])
def test_records_that_are_no_files_are_refused_rather_than_waited_for(
    here: Path, name: str, make: Callable[[str], object]
) -> None:
    (here / ".dsnb").mkdir()
    make(str(here / ".dsnb" / name))
    for verb in (dsnb.list, dsnb.status, dsnb.runs):
        with pytest.raises(dsnb.DsnbError, match=rf"{name} is (no regular file|a link)"):
            verb()


@pytest.mark.parametrize("name", ["registry.json", "registry.lock", "data", "objects"])
def test_parts_of_the_records_that_are_links_are_refused(
    secret: Path, here: Path, name: str
) -> None:
    (here / ".dsnb").mkdir()
    (here / ".dsnb" / name).symlink_to(secret / "table.csv" if "." in name else secret)
    for verb in (dsnb.list, dsnb.status, lambda: dsnb.register("ds", str(secret))):
        with pytest.raises(dsnb.DsnbError, match=rf"{name} is a link"):
            verb()
    assert (secret / "table.csv").read_bytes() == TABLE


def test_the_records_as_a_whole_may_lie_on_another_disk(secret: Path, here: Path) -> None:
    (secret / "records").mkdir()
    (here / ".dsnb").symlink_to(secret / "records")
    dsnb.register("ds", str(write("data/a.csv", "a\n1\n")))
    assert dsnb.load("ds")["a"].tolist() == [1]


@pytest.mark.parametrize("way", WAYS)
def test_nothing_is_restored_to_a_place_that_only_the_registry_names(
    secret: Path, here: Path, way: Callable[[Path, Path], Workspace]
) -> None:
    way(secret, here)
    (secret / "table.csv").write_bytes(b"mine")
    with pytest.raises(SourceError, match=r"outside the workspace.*nothing was written"):
        dsnb.restore("ds@1", overwrite=True)
    assert (secret / "table.csv").read_bytes() == b"mine"


def test_hashing_a_pipe_does_not_wait_for_a_writer(tmp_path: Path) -> None:
    from dsnb.storage.hashing_worker import hash_small

    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(OSError, match="no regular file"):
        hash_small(str(tmp_path / "pipe"))
