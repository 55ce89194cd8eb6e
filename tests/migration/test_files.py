"""Scripts and notebooks, rewritten in place."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import nbformat
import pytest
from hypothesis import given
from hypothesis import strategies as st

import dsnb
from dsnb.display import migrations  # noqa: F401 - results show themselves
from dsnb.errors import MissingLibraryError, MissingPathError, UsageError
from dsnb.migration.cells import read_cell
from dsnb.migration.files import migrate

OLD = "from azureml.core import Workspace\n"
NEW = "from dsnb.azureml.core import Workspace\n"


def write(path: str, text: str) -> Path:
    place = Path(path)
    place.parent.mkdir(parents=True, exist_ok=True)
    place.write_text(text, encoding="utf-8")
    return place


def notebook(path: str, *cells: str, markdown: str = "azureml.core") -> Path:
    made = nbformat.v4.new_notebook()
    made.cells = [nbformat.v4.new_markdown_cell(markdown)]
    made.cells += [nbformat.v4.new_code_cell(cell) for cell in cells]
    nbformat.write(made, path)
    return Path(path)


def sources(path: Path) -> list[str]:
    cells: list[dict[str, Any]] = nbformat.read(path, as_version=4).cells
    return [cell["source"] for cell in cells if cell["cell_type"] == "code"]


def test_a_folder_is_rewritten_with_all_below_it_once() -> None:
    script, deep = write("a.py", OLD), write("deep/er/b.py", OLD)
    other = write("c.txt", OLD)
    hidden = write(".venv/d.py", OLD), write("venv/e.py", OLD), write("deep/.x/f.py", OLD)
    none = write("g.py", "import os\n")
    done = migrate([Path()])
    assert {file.path for file in done.files} == {"a.py", "deep/er/b.py"}
    assert (done.looked_at, bool(done)) == (3, True)
    assert {script.read_text(), deep.read_text()} == {NEW}
    assert {other.read_text(), *(path.read_text() for path in hidden)} == {OLD}
    assert none.read_text() == "import os\n"
    assert migrate([Path()]).changed == ()


def test_a_check_writes_nothing_and_is_false_while_there_is_work() -> None:
    script = write("a.py", OLD)
    before = script.stat().st_mtime_ns
    checked = migrate([script], check=True)
    assert (bool(checked), checked.files[0].imports) == (False, 1)
    assert (script.read_text(), script.stat().st_mtime_ns) == (OLD, before)
    migrate([script])
    assert migrate([script], check=True)


def test_bytes_are_kept_in_any_encoding_with_any_line_ends() -> None:
    code = "# -*- coding: latin-1 -*-\r\n" + OLD.strip() + "\r\nx = 'é'  \r\n\tpass\r\n"
    code = code.replace("\tpass\r\n", "")
    Path("a.py").write_bytes(code.encode("latin-1"))
    Path("b.py").write_bytes(b"\xef\xbb\xbf" + OLD.encode())
    migrate([Path()])
    wanted = code.replace("azureml", "dsnb.azureml").encode("latin-1")
    assert Path("a.py").read_bytes() == wanted
    assert Path("b.py").read_bytes() == b"\xef\xbb\xbf" + NEW.encode()


def test_what_cannot_be_read_is_left_as_it_is_and_told() -> None:
    texts = {
        "a.py": "def azureml(:\n",
        "b.ipynb": "{'azureml'",
        "c.ipynb": '["azureml"]',
        "d.ipynb": '{"cells": [{"azureml": 1}]}',
    }
    for path, text in texts.items():
        write(path, text)
    done = migrate([Path()])
    assert [file.path for file in done.files] == sorted(texts)
    assert all(file.trouble for file in done.files)
    assert {path: Path(path).read_text() for path in texts} == texts
    assert "line 1" in str(done)


def test_a_notebook_differs_in_its_imports_only() -> None:
    path = notebook(
        "a.ipynb",
        "%matplotlib inline\nimport azureml.core\n!pip install azureml-core \\\n  --quiet",
        "ws = azureml.core.Workspace.from_config()\nfiles = !ls\nws?",
        "%%time\nfrom azureml.core import Dataset",
        "%%writefile train.py\nfrom azureml.core import Dataset\n",
        "%%bash\necho azureml.core",
        "é = 'azureml'",
    )
    text = path.read_text(encoding="utf-8")
    migrate([path])
    new = path.read_text(encoding="utf-8")
    assert sources(path) == [
        "%matplotlib inline\nimport dsnb.azureml.core\n!pip install azureml-core \\\n  --quiet",
        "ws = dsnb.azureml.core.Workspace.from_config()\nfiles = !ls\nws?",
        "%%time\nfrom dsnb.azureml.core import Dataset",
        "%%writefile train.py\nfrom dsnb.azureml.core import Dataset\n",
        "%%bash\necho azureml.core",
        "é = 'azureml'",
    ]
    changed = [
        (old, now)
        for old, now in zip(text.splitlines(), new.splitlines(), strict=True)
        if old != now
    ]
    assert len(changed) == 4
    assert all(old.replace("azureml", "dsnb.azureml") == now for old, now in changed)
    nbformat.validate(nbformat.read(path, as_version=4))


@pytest.mark.parametrize("indent", [1, 2, 4, None])
@pytest.mark.parametrize("only_ascii", [True, False])
@pytest.mark.parametrize("end", ["\n", ""])
def test_a_notebook_keeps_its_layout(indent: int | None, only_ascii: bool, end: str) -> None:
    cell = {"cell_type": "code", "metadata": {"z": 1, "a": "é"}, "outputs": [], "source": OLD}
    whole = {"nbformat": 4, "cells": [cell], "nbformat_minor": 5, "metadata": {}}
    text = json.dumps(whole, indent=indent, ensure_ascii=only_ascii) + end
    path = write("a.ipynb", text)
    migrate([path])
    assert path.read_text(encoding="utf-8") == text.replace("azureml", "dsnb.azureml")


def test_findings_of_a_notebook_name_cell_and_line() -> None:
    path = notebook("a.ipynb", "%%time\n\nfrom azureml.core import Nothing", "1 +")
    [file] = migrate([path]).files
    assert file.findings == (("cell 1, line 3", "azureml.core.Nothing is not there"),)
    assert file.trouble == ""


PIECES = st.lists(
    st.sampled_from(
        [
            *("%magic a", "!ls \\\n  -a", "x = !ls", "y", "  ", "?q", "q??", "%"),
            *("def f():\n    %time z", "df = %ds load a@1", "a % b", "a !=b"),
            *("__aside_0__", "__aside__1__", "'''\n!text\n'''"),
        ]
    ),
    max_size=8,
)


@given(PIECES)
def test_what_is_put_aside_comes_back_as_it_was(pieces: list[str]) -> None:
    source = "\n".join(pieces)
    cell = read_cell(source)
    assert cell is not None
    assert cell.whole(cell.code) == source


def test_a_link_stays_a_link() -> None:
    script = write("real/a.py", OLD)
    Path("a.py").symlink_to(script)
    migrate([Path("a.py")])
    assert Path("a.py").is_symlink()
    assert script.read_text() == NEW


def test_a_path_that_is_not_there_stops_it_before_anything_is_written() -> None:
    script = write("a.py", OLD)
    with pytest.raises(MissingPathError, match="nowhere"):
        migrate([script, Path("nowhere")])
    assert script.read_text() == OLD
    with pytest.raises(UsageError):
        dsnb.migrate()


def test_without_libcst_it_is_told_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    script = write("a.py", OLD)
    monkeypatch.setitem(sys.modules, "libcst", None)
    monkeypatch.delitem(sys.modules, "dsnb.migration.imports", raising=False)
    with pytest.raises(MissingLibraryError, match=r"dsnb\[migrate\]"):
        migrate([script])
    write("b.py", "import os\n")
    assert migrate([Path("b.py")]).files == ()  # it is not needed where there is nothing to do


def test_in_a_shell_a_check_ends_with_1_while_there_is_work() -> None:
    write("a.py", OLD)

    def run(*words: str) -> int:
        command = [sys.executable, "-m", "dsnb", "migrate", *words]
        return subprocess.run(command, capture_output=True, timeout=60).returncode

    assert [run(".", "--check"), run("."), run(".", "--check")] == [1, 0, 0]
    assert Path("a.py").read_text() == NEW


def test_migrated_code_runs(weather: Path) -> None:
    dsnb.init()
    script = write(
        "old.py",
        "from azureml.core import Dataset, Workspace\n"
        "ws = Workspace.from_config()\n"
        "store = ws.get_default_datastore()\n"
        "week = Dataset.File.from_files(path=(store, 'data/Weather/week 27'))\n"
        "week = week.register(workspace=ws, name='weather_ds', create_new_version=True)\n"
        "print(week.name, week.version)\n",
    )
    migrate([script])
    done = subprocess.run(
        [sys.executable, str(script)], capture_output=True, text=True, timeout=60, check=True
    )
    assert done.stdout == "weather_ds 1\n"
    assert [row.version.ref for row in dsnb.list().rows] == ["weather_ds@1"]
