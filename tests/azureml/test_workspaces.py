"""Workspaces: found from the folder, and what becomes of those of the retired service."""

import json
from pathlib import Path

import pytest

from dsnb.azureml.core import Dataset, Workspace
from dsnb.azureml.exceptions import UserErrorException, WorkspaceException
from dsnb.workspace import Workspace as LocalWorkspace

CONFIG = {"subscription_id": "s", "resource_group": "r", "workspace_name": "old_ws"}


@pytest.fixture
def project() -> Path:
    folder = Path("project")
    (folder / "notebooks/deep").mkdir(parents=True)
    return folder


def test_a_workspace_is_found_by_walking_up(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    LocalWorkspace.create(project)
    for start in ("project", "project/notebooks/deep", Path("project/notebooks")):
        assert Workspace.from_config(start).name == "project"  # type: ignore[arg-type]
    monkeypatch.chdir(project / "notebooks" / "deep")
    for found in (Workspace.from_config(), Workspace("s", "r", "w"), Workspace.get("w")):
        assert (found.name, found.location) == ("project", "local")
        assert found.get_details()["folder"] == str(found.local.root)
        found.write_config()


def test_without_a_workspace_the_error_tells_how_to_make_one(project: Path) -> None:
    with pytest.raises(UserErrorException, match="init"):
        Workspace.from_config("project")


@pytest.mark.parametrize("place", ["config.json", ".azureml/config.json", "aml_config/config.json"])
def test_a_config_of_the_retired_service_is_told_how_to_go_on(project: Path, place: str) -> None:
    config = project / place
    config.parent.mkdir(exist_ok=True)
    config.write_text(json.dumps(CONFIG), encoding="utf-8")
    for start in ("project", "project/notebooks/deep", str(config)):
        with pytest.raises(UserErrorException) as caught:
            Workspace.from_config(start)
        assert "old_ws" in str(caught.value)
        assert f'dsnb init "{project.absolute()}"' in str(caught.value)
    LocalWorkspace.create(project)
    found = Workspace.from_config(str(config))
    assert (found.name, found.subscription_id, found.resource_group) == ("project", "s", "r")


@pytest.mark.parametrize("text", ["", "[]", "{", "null"])
def test_a_config_that_cannot_be_read_is_none(project: Path, text: str) -> None:
    (project / "config.json").write_text(text, encoding="utf-8")
    with pytest.raises(UserErrorException, match=r"config\.json"):
        Workspace.from_config("project")
    LocalWorkspace.create(project)
    assert Workspace.from_config("project").subscription_id == ""


def test_a_workspace_is_made_once(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(project)
    made = Workspace.create("any name")
    assert (Path(".dsnb").is_dir(), len(Dataset.get_all(made))) == (True, 0)
    with pytest.raises(WorkspaceException, match="exist_ok"):
        Workspace.create("any name")
    assert Workspace.create("any name", exist_ok=True).name == "project"
