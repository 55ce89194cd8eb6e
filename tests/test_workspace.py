import os
import subprocess
from pathlib import Path

import pandas as pd
import pytest

from dsnb.errors import DsnbError, RegistryError, WorkspaceError
from dsnb.workspace import Workspace
from tests.workbench import NOBODY, load, register, run_python, write

GIT = ["git", "-c", "user.name=Ada", "-c", "user.email=ada@example.org"]


def git(*words: str) -> str:
    done = subprocess.run([*GIT, *words], capture_output=True, text=True, check=True)
    return done.stdout


def made_in(folder: str | Path | None = None) -> Path:
    """Return the folder, relative to the current one, where a workspace is found or made."""
    workspace, _ = Workspace.find_or_create(folder)
    return workspace.root.relative_to(Path.cwd())


# Finding


def test_the_workspace_is_the_nearest_one_above(monkeypatch: pytest.MonkeyPatch) -> None:
    Workspace.create(".")
    Path("notebooks/deep").mkdir(parents=True)
    assert Workspace.find("notebooks/deep").root == Path.cwd()
    Workspace.create("notebooks")
    assert Workspace.find("notebooks/deep").root == Path.cwd() / "notebooks"
    monkeypatch.chdir("notebooks/deep")
    assert Workspace.find().root == Path.cwd().parent


def test_notebooks_beside_data_share_one_workspace(
    weather: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write("pyproject.toml", "")
    Path("notebooks").mkdir()
    monkeypatch.chdir("notebooks")
    workspace, made = Workspace.find_or_create()
    assert (workspace.root, made) == (Path.cwd().parent, True)
    version = register(workspace, "../data/Weather/week 27").version
    assert version.definition.sources[0].path == "data/Weather/week 27"
    pd.testing.assert_frame_equal(
        load(workspace), pd.read_csv("../data/Weather/week 27/weather.csv")
    )
    assert Workspace.find_or_create()[1] is False


def test_the_environment_names_the_workspace(monkeypatch: pytest.MonkeyPatch) -> None:
    Workspace.create(".")
    Path("other").mkdir()
    monkeypatch.setenv("DSNB_WORKSPACE", "~/work/other")
    with pytest.raises(WorkspaceError, match=r"other is not a workspace.*%ds init"):
        Workspace.find()
    assert made_in() == Path("other")
    assert Workspace.find().root == Path.cwd() / "other"
    monkeypatch.setenv("DSNB_WORKSPACE", "nowhere")
    with pytest.raises(WorkspaceError, match="no folder nowhere"):
        Workspace.find_or_create()
    monkeypatch.setenv("DSNB_WORKSPACE", "")
    assert Workspace.find().root == Path.cwd()


def test_without_a_workspace_one_is_told_how_to_make_it() -> None:
    with pytest.raises(WorkspaceError, match=r"is not in a workspace.*%ds init.*%ds register"):
        Workspace.find()


def test_a_file_of_that_name_is_no_workspace() -> None:
    write(".dsnb", "")
    with pytest.raises(WorkspaceError):
        Workspace.find()
    with pytest.raises(DsnbError):
        Workspace.find_or_create()


def test_a_folder_that_is_gone_is_a_clear_error(monkeypatch: pytest.MonkeyPatch) -> None:
    Path("gone").mkdir()
    monkeypatch.chdir("gone")
    Path("../gone").rmdir()
    with pytest.raises(WorkspaceError, match="no longer exists"):
        Workspace.find()


def test_a_link_to_the_workspace_is_the_workspace(tmp_path: Path) -> None:
    workspace = Workspace.create(".")
    write("a.csv", "x\n1\n")
    (tmp_path / "link").symlink_to(Path.cwd())
    there = Workspace(tmp_path / "link")
    assert there.root == workspace.root
    version = register(there, tmp_path / "link" / "a.csv").version
    assert version.definition.sources[0].uri == "default:a.csv"


# Making


@pytest.mark.parametrize("mark", [".git", "pyproject.toml"])
def test_a_new_workspace_belongs_to_the_nearest_project(mark: str) -> None:
    Path("project/sub/notebooks").mkdir(parents=True)
    write("project/pyproject.toml", "")
    write(f"project/sub/{mark}", "")
    assert made_in("project/sub/notebooks") == Path("project/sub")


def test_a_new_workspace_is_never_the_home_folder_or_above(monkeypatch: pytest.MonkeyPatch) -> None:
    write("../.git/HEAD", "")
    write("../../pyproject.toml", "")
    assert made_in() == Path()
    Path("notebooks").mkdir()
    write("notebooks/deep/x", "")


def test_without_a_project_it_is_the_folder_one_works_in() -> None:
    Path("a/b").mkdir(parents=True)
    assert made_in("a/b") == Path("a/b")


def test_making_it_again_changes_nothing(workspace: Workspace) -> None:
    write("a.csv", "x\n1\n")
    register(workspace, "a.csv")
    write(workspace.layout.gitignore, "mine")
    Workspace.create(".")
    assert workspace.layout.gitignore.read_text() == "mine"
    assert len(Workspace.create(".").datasets()) == 1


def test_there_is_no_workspace_without_a_folder() -> None:
    with pytest.raises(WorkspaceError, match=r"no folder nowhere.*Make the folder first"):
        Workspace.create("nowhere")


@pytest.mark.skipif(os.name == "nt" or os.getuid() != 0, reason="only root can become nobody")
def test_a_folder_that_cannot_be_written_is_a_clear_error(open_folder: Path) -> None:
    (open_folder / "closed").mkdir()
    done = run_python(
        f"dsnb.workspace.Workspace.create({str(open_folder / 'closed')!r})", user=NOBODY
    )
    assert f"{RegistryError.__name__}: " in done.stderr
    assert "cannot be written (Permission denied)" in done.stderr
    assert os.listdir(open_folder / "closed") == []


def test_a_first_register_that_fails_leaves_no_workspace() -> None:
    import dsnb

    write("a.csv", "x\n1\n")
    for name, path in (("ds", "nothing.csv"), ("a b", "a.csv"), ("ds", "a.csv")):
        with pytest.raises(DsnbError):
            dsnb.register(name, path, key=["y"])
        assert not Path(".dsnb").exists()
    with pytest.raises(DsnbError):
        dsnb.register("ds", from_=pd.DataFrame([[1]]))
    assert not Path(".dsnb").exists()
    assert dsnb.register("ds", "a.csv").started_workspace == str(Path.cwd())


def test_what_another_recorded_meanwhile_is_not_taken_away(workspace: Workspace) -> None:
    write("a.csv", "x\n1\n")
    register(workspace, "a.csv")
    workspace.remove_if_empty()
    assert workspace.resolve("ds").version == 1


def test_git_does_not_see_the_workspace_unless_it_is_wanted(workspace: Workspace) -> None:
    git("init", "-q")
    write("a.csv", "x\n1\n")
    register(workspace, "a.csv")
    workspace.set_setting("diff.rows", "3")
    assert git("status", "--porcelain").splitlines() == ["?? a.csv"]
    text = workspace.layout.gitignore.read_text()
    workspace.layout.gitignore.write_text(text.removesuffix("*\n"))
    assert "?? .dsnb/" in git("status", "--porcelain").splitlines()


# Looking


def test_the_status_counts_what_is_there(workspace: Workspace) -> None:
    for text in ("x\n1\n", "x\n2\n"):
        write("a.csv", text)
        register(workspace, "a.csv")
    write("b.txt", "1")
    register(workspace, "b.txt", name="other")
    status = workspace.status()
    assert (status.datasets, status.versions, status.runs) == (2, 3, 0)
    assert status.drifted == ()
    layout = workspace.layout
    on_disk = sum(
        path.stat().st_size
        for path in (layout.registry, *layout.manifests.rglob("*"))
        if path.is_file()
    )
    assert status.registry_size == on_disk
    assert status.cache_size > 0
    assert status.folder == str(workspace.root)


def test_the_bytes_of_the_data_are_never_touched(workspace: Workspace, weather: Path) -> None:
    def state() -> list[tuple[str, bytes, int]]:
        return [
            (str(path), path.read_bytes(), path.stat().st_mtime_ns)
            for path in sorted(weather.rglob("*.csv"))
        ]

    before = state()
    register(workspace, weather)
    load(workspace)
    workspace.verify(None, full=True)
    workspace.status()
    assert state() == before
    assert sorted(os.listdir()) == [".dsnb", "data"]
