import os
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dsnb.errors import ConfigError, OutsideDatastoreError
from dsnb.records import FileGroup, Source
from dsnb.storage import datastores
from dsnb.storage.datastores import Datastores
from dsnb.workspace import Workspace
from tests.workbench import load, register, write

PARTS = st.lists(
    st.one_of(
        st.sampled_from([".", "..", "data", "*", "**", "a b", "[x]"]),
        st.text(st.characters(exclude_characters="/\0", exclude_categories=["Cs"]), min_size=1),
    ),
    min_size=1,
    max_size=5,
)


@given(PARTS, PARTS)
def test_a_path_leads_back_to_the_place_that_was_typed(folder: list[str], typed: list[str]) -> None:
    stores = Datastores(Path("/nowhere/project"), {"bulk": "/nowhere/project/data"})
    start = os.path.join("/nowhere/project", *folder)
    source = stores.locate("./" + "/".join(typed), start)
    place = os.path.normpath(os.path.join(start, *typed))
    assert stores.path(source.datastore, source.path) == place
    inside = f"{place}/".startswith("/nowhere/project/")
    assert (source.datastore == "local") == (not inside)
    assert (source.datastore == "bulk") == f"{place}/".startswith("/nowhere/project/data/")
    assert ".." not in source.path.split("/")
    again = stores.locate(stores.typed(source, "/nowhere/elsewhere"), "/nowhere/elsewhere")
    assert again == source


def test_home_is_understood() -> None:
    stores = Datastores(Path("~/work").expanduser(), {})
    assert stores.locate("~/work/a.csv", "/") == Source(datastore="default", path="a.csv")


def test_the_root_itself_is_a_dot() -> None:
    assert Datastores(Path("/nowhere"), {}).locate(".", "/nowhere").path == "."


def test_a_neighbour_with_a_longer_name_is_not_inside() -> None:
    stores = Datastores(Path("/nowhere/project"), {})
    assert stores.locate("/nowhere/project2/a", "/").datastore == "local"


def test_a_datastore_can_point_elsewhere_later(workspace: Workspace) -> None:
    write("../bulk/2013/a.csv", "x\n1\n")
    workspace.add_datastore("bulk", "../bulk")
    register(workspace, "../bulk/2013")
    os.rename("../bulk", "../moved")
    text = workspace.layout.config.read_text()
    workspace.layout.config.write_text(text.replace("/bulk", "/moved"))
    assert load(workspace)["x"].tolist() == [1]
    workspace.layout.config.write_text('[datastores]\nbulk = "../moved"\n')
    assert load(workspace)["x"].tolist() == [1]
    workspace.layout.config.write_text('[datastores]\nbulk = "~/moved"\n')
    assert load(workspace)["x"].tolist() == [1]


def test_the_built_in_datastores_cannot_be_redirected(workspace: Workspace) -> None:
    workspace.layout.config.write_text('[datastores]\ndefault = "/tmp"\nlocal = "/tmp"\n')
    roots = {name: folder for name, folder, _ in workspace.datastores().rows}
    assert roots == {"default": str(workspace.root), "local": "/"}


@pytest.mark.parametrize(
    ("name", "folder", "said"),
    [
        ("default", ".", "already"),
        ("local", ".", "already"),
        ("bulk", ".", "already"),
        ("new", "nowhere", "no folder"),
        ("new", "s3://bucket", "only folders can"),
        ("a b", ".", "cannot name a datastore"),
    ],
)
def test_a_datastore_that_cannot_be_is_refused(
    workspace: Workspace, name: str, folder: str, said: str
) -> None:
    workspace.add_datastore("bulk", ".")
    before = workspace.layout.config.read_text()
    with pytest.raises(Exception, match=said):
        workspace.add_datastore(name, folder)
    assert workspace.layout.config.read_text() == before


def test_a_datastore_is_listed_used_and_kept_while_versions_lie_in_it(workspace: Workspace) -> None:
    write("../bulk/a.csv", "x\n1\n")
    added = workspace.add_datastore("bulk", "file://" + os.path.abspath("../bulk"))
    assert added.rows[-1] == ("bulk", os.path.abspath("../bulk"), "there")
    register(workspace, "../bulk/a.csv")
    with pytest.raises(ConfigError, match=r"Versions lie in the datastore bulk.*config\.toml"):
        workspace.remove_datastore("bulk")
    workspace.add_datastore("other", "../bulk")
    assert [row[0] for row in workspace.remove_datastore("other").rows] == [
        "default",
        "local",
        "bulk",
    ]
    with pytest.raises(ConfigError, match=r"No datastore blk was added\. Did you mean bulk"):
        workspace.remove_datastore("blk")


# What was recorded

LEADS_OUT = [
    "..",
    "../a",
    "a/../b",
    "a/..",
    "/etc/passwd",
    "//host/share",
    "",
    "a//b",
    "a/",
    "./a",
    "a/./b",
    "a/.",
    "a\0b",
    "\0",
]
LEADS_OUT_ON_WINDOWS = ["C:/a", "C:a", "a\\..\\..\\b", "\\\\host\\share", "\\a", "a/b:stream"]
LEADS_DOWN = ["a", "..a", "a..", "...", "a b/c", ".hidden/x", "a\nb", "[x]/*", "größe"]


def refused(paths: list[str]) -> None:
    stores = Datastores(Path("/nowhere"), {})
    group = FileGroup("default", "data", tuple(paths), (0,) * len(paths), ("",) * len(paths))
    with pytest.raises(OutsideDatastoreError, match=r"leads out of its datastore 'default'"):
        stores.paths(group)


@pytest.mark.parametrize("path", LEADS_OUT)
def test_a_recorded_path_that_leads_out_of_its_datastore_is_refused(path: str) -> None:
    stores = Datastores(Path("/nowhere"), {"bulk": "/bulk"})
    for datastore in ("default", "bulk", "local"):
        with pytest.raises(OutsideDatastoreError, match="leads out of its datastore"):
            stores.path(datastore, path)
    refused([path])
    refused(["a", *["b"] * 1000, path])
    refused([path, "a"])


@pytest.mark.parametrize("path", LEADS_OUT_ON_WINDOWS)
def test_on_windows_drives_and_backslashes_are_refused_too(
    path: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert Datastores(Path("/nowhere"), {}).path("default", path) == f"/nowhere/{path}"
    monkeypatch.setattr(datastores, "ON_WINDOWS", True)
    with pytest.raises(OutsideDatastoreError):
        Datastores(Path("/nowhere"), {}).path("default", path)
    refused(["a", path])


@pytest.mark.parametrize("path", LEADS_DOWN)
def test_a_recorded_path_that_only_looks_odd_is_taken(path: str) -> None:
    stores = Datastores(Path("/nowhere"), {})
    assert stores.path("default", path) == f"/nowhere/{path}"
    group = FileGroup("default", ".", (path, "b"), (0, 0), ("", ""))
    assert stores.paths(group) == [f"/nowhere/{path}", "/nowhere/b"]


@given(st.lists(st.one_of(st.sampled_from([*LEADS_OUT, *LEADS_DOWN]), st.text()), max_size=6))
def test_many_paths_are_refused_when_any_of_them_is(paths: list[str]) -> None:
    stores = Datastores(Path("/nowhere"), {})

    def single(path: str) -> str | None:
        if path == ".":  # the root, as a path of its own; never the name of a file
            return None
        try:
            return stores.path("default", path)
        except OutsideDatastoreError:
            return None

    group = FileGroup("default", ".", tuple(paths), (0,) * len(paths), ("",) * len(paths))
    expected = [single(path) for path in paths]
    if None in expected:
        with pytest.raises(OutsideDatastoreError):
            stores.paths(group)
    else:
        assert stores.paths(group) == expected


@given(st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"])))
def test_a_path_that_is_taken_never_leaves_the_root(path: str) -> None:
    try:
        place = Datastores(Path("/nowhere"), {}).path("default", path)
    except OutsideDatastoreError:
        return
    assert os.path.normpath(place) == place
    assert f"{place}/".startswith("/nowhere/")


def test_the_settings_name_no_other_users_home(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[str] = []
    monkeypatch.setattr("pwd.getpwnam", asked.append)  # it may ask a directory on the network
    stores = Datastores(Path("/nowhere"), {"a": "~stranger/data", "b": "$HOME/data"})
    assert stores.roots["a"] == "/nowhere/~stranger/data"
    assert stores.roots["b"] == "/nowhere/$HOME/data"
    assert asked == []


def test_a_link_inside_that_leads_out_is_kept_under_local(workspace: Workspace) -> None:
    elsewhere = write("../elsewhere/a.csv", "x\n1\n").parent.resolve()
    Path("inside").symlink_to(elsewhere)
    for typed in ("inside", "inside/a.csv", "../elsewhere", str(elsewhere), "inside/*"):
        source = register(workspace, typed, name="n" + str(len(typed))).version.definition.sources
        assert source[0].datastore == "local"


def test_what_lies_behind_a_link_in_a_registered_folder_is_data_of_that_folder(
    workspace: Workspace, notices: list[str]
) -> None:
    elsewhere = write("../elsewhere/a.csv", "x\n1\n").parent.resolve()
    Path("data").mkdir()
    Path("data/more").symlink_to(elsewhere)
    version = register(workspace, "data").version
    assert [str(source) for source in version.definition.sources] == ["data"]
    assert load(workspace)["x"].tolist() == [1]
    assert notices == []
