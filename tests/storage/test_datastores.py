import os
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dsnb.errors import ConfigError
from dsnb.records import Source
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
