"""Whether everything that a notebook read can still be had."""

import json
import os
import shutil
from pathlib import Path
from typing import Any

import nbformat
import pytest

import dsnb
from dsnb.datasets.notebooks import NotebookVerification, RecordedInput
from dsnb.errors import NotebookError, UsageError, WorkspaceError
from dsnb.presenting import as_html, as_text
from dsnb.provenance.lock import Lock, lock_document, lock_of
from dsnb.session.current import SESSION
from dsnb.workspace import Workspace
from tests.workbench import write


def write_notebook(path: str | Path, lock: Any = None, *cells: str) -> Path:
    """Write a notebook whose metadata hold this for a lock."""
    if isinstance(lock, Lock):
        lock = lock_document(lock)
    metadata: dict[str, Any] = {
        "kernelspec": {"name": "python3", "display_name": "Python 3", "language": "python"}
    }
    if lock is not None:
        metadata["dsnb"] = lock
    code = [nbformat.v4.new_code_cell(cell) for cell in cells]
    Path(path).parent.mkdir(parents=True, exist_ok=True)
    nbformat.write(nbformat.v4.new_notebook(cells=code, metadata=metadata), path)
    return Path(path)


def lock_of_this_session() -> Lock:
    return lock_of(Workspace.find().runs().values())


@pytest.fixture
def notebook(weather: Path) -> Path:
    """Return a notebook that has read two versions, one of them kept, the other not."""
    dsnb.init()
    dsnb.config("snapshot", "never")
    dsnb.register("weather_ds", "data/Weather/week 27", snapshot=True)
    dsnb.register("zones", write("zones.csv", "zone\nJFK\n"))
    dsnb.load("weather_ds")
    dsnb.load("zones")
    return write_notebook("analysis.ipynb", lock_of_this_session())


def checked(file: str | Path = "analysis.ipynb", **how: Any) -> NotebookVerification:
    return dsnb.verify_notebook(file, **how)


def by_ref(result: NotebookVerification) -> dict[str, RecordedInput]:
    return {one.recorded.ref: one for one in result.inputs}


def test_what_is_there_and_unchanged_is_told_so(notebook: Path) -> None:
    result = checked()
    assert result
    assert [*by_ref(result)] == ["weather_ds@1", "zones@1"]
    assert as_text(result).split("\n") == [
        "analysis.ipynb: 2 inputs checked · ✓ all can be loaded as they were read",
        "  weather_ds@1  ✓ unchanged",
        "  zones@1       ✓ unchanged",
    ]
    assert checked(full=True)


def test_newer_versions_of_the_same_datasets_do_not_matter(notebook: Path) -> None:
    dsnb.register("weather_ds", "data/Weather/week 28")
    assert checked()


def test_a_file_that_changed_is_told_unless_its_bytes_are_kept(notebook: Path) -> None:
    write("zones.csv", "zone\nLGA\n")
    for path in Path("data/Weather/week 27").iterdir():
        path.unlink()
    result = checked()
    assert not result
    found = by_ref(result)
    assert found["weather_ds@1"].available
    assert found["weather_ds@1"].kept
    assert not found["zones@1"].available
    said = as_text(result)
    assert "✓ kept (snapshot; 1 of 1 file drifted)" in said
    assert "⚠ 1 of 1 file drifted, and not kept" in said
    assert "zones.csv changed" in said


def test_a_snapshot_that_is_damaged_does_not_count(notebook: Path) -> None:
    for path in Path("data/Weather/week 27").iterdir():
        path.unlink()
    objects = Workspace.find().layout.objects
    for path in objects.rglob("*"):
        if path.is_file():
            path.chmod(0o600)
            path.write_bytes(b"damaged")
    assert not by_ref(checked())["weather_ds@1"].available


def test_a_dataset_that_was_renamed_is_known_by_its_content(notebook: Path) -> None:
    dsnb.rename("zones", "boroughs")
    result = checked()
    assert result
    assert "✓ unchanged, called boroughs@1 here" in as_text(result)


def test_what_was_deleted_is_missing(notebook: Path) -> None:
    SESSION.forget()
    dsnb.delete("zones@1", force=True)
    result = checked()
    assert not result
    assert by_ref(result)["zones@1"].version is None
    assert "✗ not in this workspace" in as_text(result)


def test_a_mailed_notebook_finds_its_inputs_in_the_workspace_it_is_put_in(
    notebook: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    other = tmp_path / "other"
    (other / "Weather").mkdir(parents=True)
    shutil.copytree("data/Weather/week 27", other / "Weather" / "moved")
    shutil.copy(notebook, other)
    monkeypatch.chdir(other)
    dsnb.init()
    dsnb.register("climate", "Weather/moved")
    write("mine.csv", "zone\nEWR\n")
    dsnb.register("zones", "mine.csv")
    result = checked()
    found = by_ref(result)
    assert found["weather_ds@1"].version is not None
    assert found["weather_ds@1"].version.ref == "climate@1"
    assert found["weather_ds@1"].available
    assert found["zones@1"].version is None
    assert found["zones@1"].here == "zones@1"
    said = " ".join(as_text(result).split())
    assert "✗ 1 not in this workspace" in said
    assert "zones@1 is something else here" in said
    assert "%ds export zones@1" in said
    assert "%ds import FILE" in said


def test_a_notebook_outside_every_workspace_is_checked_in_the_users_own(
    notebook: Path, tmp_path: Path
) -> None:
    elsewhere = tmp_path / "downloads" / "mailed.ipynb"
    elsewhere.parent.mkdir()
    shutil.copy(notebook, elsewhere)
    assert checked(elsewhere)


def test_there_must_be_a_workspace(tmp_path: Path) -> None:
    write_notebook("a.ipynb", Lock())
    with pytest.raises(WorkspaceError, match="is not in a workspace"):
        checked("a.ipynb")


def test_a_notebook_that_read_nothing_is_in_order(notebook: Path) -> None:
    write_notebook("empty.ipynb", Lock())
    assert checked("empty.ipynb")
    assert "it read no version" in as_text(checked("empty.ipynb"))


def test_what_had_no_room_in_the_lock_is_not_said_to_be_there(notebook: Path) -> None:
    write_notebook("many.ipynb", Lock(left_out=3))
    assert not checked("many.ipynb")


def test_a_notebook_without_a_lock_is_refused(notebook: Path) -> None:
    write_notebook("plain.ipynb")
    with pytest.raises(NotebookError, match=r"holds no lock.* JupyterLab writes one"):
        checked("plain.ipynb")


def test_a_lock_that_is_damaged_is_refused(notebook: Path) -> None:
    for lock in ("text", {"schema": 1, "inputs": [{"name": "<b>"}], "outputs": []}):
        write_notebook("damaged.ipynb", lock)
        with pytest.raises(NotebookError, match="The lock of the notebook is damaged"):
            checked("damaged.ipynb")


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"not json",
        b"\xff\xfe\x00",
        b"[" * 200_000,
        b"[]",
        b"null",
        b"{}",
        b'{"cells": {}, "metadata": {}, "nbformat": 4}',
        b'{"cells": [], "metadata": [], "nbformat": 4}',
        b'{"worksheets": [], "metadata": {}, "nbformat": 3}',
        b'{"cells": [], "metadata": {}, "nbformat": ' + b"9" * 5000 + b"}",
    ],
)
def test_a_file_that_is_no_notebook_is_refused(notebook: Path, content: bytes) -> None:
    Path("other.ipynb").write_bytes(content)
    with pytest.raises(NotebookError, match="is no notebook"):
        checked("other.ipynb")


def test_a_file_that_is_not_there_is_answered_with_the_near_one(notebook: Path) -> None:
    with pytest.raises(NotebookError, match=r"There is no notebook .*Did you mean analysis\.ipynb"):
        checked("analysys.ipynb")
    with pytest.raises(NotebookError, match="it is a folder"):
        checked("data")


def test_the_notebook_must_be_named_where_it_cannot_be_known(
    notebook: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(UsageError, match="cannot be known here which notebook"):
        dsnb.verify_notebook()
    monkeypatch.setenv("JPY_SESSION_NAME", "somewhere/analysis.ipynb")
    assert dsnb.verify_notebook()


@pytest.mark.parametrize("name", ["<script>.ipynb", "two\nlines.ipynb", "\x1b[2J.ipynb"])
def test_a_nasty_file_name_is_shown_safely(notebook: Path, name: str) -> None:
    shutil.copy(notebook, name)
    shown = checked(name)
    assert "<script>" not in as_html(shown)
    assert all(line.isprintable() for line in as_text(shown).split("\n"))


def test_many_inputs_are_few_lines_and_those_that_are_missing_come_first(notebook: Path) -> None:
    lock = lock_of_this_session()
    gone = [
        {"name": f"gone-{index}", "version": 1, "digest": f"{index:064x}", "how": ["load"]}
        for index in range(60)
    ]
    document = lock_document(lock)
    write_notebook("many.ipynb", {**document, "inputs": [*document["inputs"], *gone]})
    lines = as_text(checked("many.ipynb")).split("\n")
    # The path of the folder, which is the test's, is never broken.
    assert max(len(line) for line in lines if os.sep not in line) <= 80
    assert len(lines) < 60
    assert "… and 40 more" in "\n".join(lines)
    assert "weather_ds" not in "\n".join(lines)


def test_it_is_json_in_a_shell(notebook: Path, capsys: pytest.CaptureFixture[str]) -> None:
    from dsnb.cli import main

    assert main(["verify-notebook", "analysis.ipynb", "--json"]) == 0
    answer = json.loads(capsys.readouterr().out)
    assert [one["recorded"]["name"] for one in answer["inputs"]] == ["weather_ds", "zones"]
    Path("zones.csv").unlink()
    assert main(["verify-notebook", "analysis.ipynb"]) == 1
    assert "drifted, and not kept" in capsys.readouterr().out
    write_notebook("plain.ipynb")
    assert main(["verify-notebook", "plain.ipynb"]) == 1
    assert "(dsnb config notebook.lock)" in capsys.readouterr().err
