"""Looking around in a workspace of which a part is damaged."""

from collections.abc import Callable
from pathlib import Path

import pytest

import dsnb.display.forms  # noqa: F401 - makes results show themselves
from dsnb.errors import RegistryDamagedError, RegistryError
from dsnb.workspace import Workspace
from tests.workbench import register, write


@pytest.mark.parametrize("harm", [Path.unlink, lambda path: path.write_bytes(b"damaged")])
def test_a_damaged_manifest_is_reported_beside_the_other_versions(
    workspace: Workspace, harm: Callable[[Path], object]
) -> None:
    register(workspace, write("a.csv", "a\n1\n"), name="a")
    [manifest] = [path for path in workspace.layout.manifests.rglob("*") if path.is_file()]
    register(workspace, write("b.csv", "b\n2\n"), name="b")
    harm(manifest)
    found = workspace.verify(None)
    assert [(version.ref, bool(drift)) for version, drift in found.rows] == [
        ("a@1", True),
        ("b@1", False),
    ]
    assert "the list of its files" in str(found)
    assert not found
    assert workspace.status().drifted == ("a@1",)


def test_status_survives_damaged_runs(workspace: Workspace, notices: list[str]) -> None:
    register(workspace, write("a.csv", "a\n1\n"))
    workspace.layout.runs.write_text("{")
    status = workspace.status()
    assert (status.datasets, status.runs) == (1, None)
    assert "runs unknown" in str(status)
    assert any("runs.json is damaged" in notice for notice in notices)


def test_damaged_runs_are_put_back(workspace: Workspace) -> None:
    workspace.layout.runs.write_text("{")
    with pytest.raises(RegistryDamagedError, match=r"runs\.json is damaged.*doctor --repair"):
        workspace.runs()


def test_a_folder_in_the_place_of_the_registry_is_told(workspace: Workspace) -> None:
    workspace.layout.registry.mkdir()
    with pytest.raises(RegistryError, match=r"registry\.json is damaged: it is no regular file"):
        workspace.datasets()
