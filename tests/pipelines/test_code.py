"""The code of a step: what of a folder is copied, and when it is other code."""

import os
import shutil
import tempfile
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dsnb.errors import PipelineError
from dsnb.pipelines import code
from dsnb.pipelines.code import find_code
from tests.workbench import NOBODY, run_python, write

NAME = st.text(st.characters(codec="utf-8", exclude_characters="/\0"), min_size=1, max_size=6)
PATHS = st.lists(NAME.filter(lambda name: name not in (".", "..")), min_size=1, max_size=3)


def names(folder: str | Path = "code") -> tuple[str, ...]:
    return find_code(Path(folder)).names


def test_all_files_are_code_but_for_what_is_made_of_them_and_of_versions() -> None:
    for name in ("train.py", "lib/tool.py", ".settings", "data.csv"):
        write(f"code/{name}", name)
    for name in ("__pycache__/a.pyc", ".git/HEAD", ".dsnb/registry.json", "lib/.DS_Store"):
        write(f"code/{name}", name)
    assert names() == (".settings", "data.csv", "lib/tool.py", "train.py")


def test_an_amlignore_leaves_files_out_and_wins_over_a_gitignore() -> None:
    for name in ("train.py", "data/big.bin", "a.log", "keep.log", "deep/data/x", "secret"):
        write(f"code/{name}", name)
    write("code/.gitignore", "secret\n")
    assert "secret" not in names()
    assert "a.log" in names()
    write("code/.amlignore", "\ufeff# data\n/data/\n*.log\n!keep.log\n")
    assert names() == (
        *(".amlignore", ".gitignore", "deep/data/x"),
        *("keep.log", "secret", "train.py"),
    )


def test_an_amlignore_that_nobody_understands_is_refused_and_named() -> None:
    write("code/.amlignore", "!\n")
    with pytest.raises(PipelineError, match=r"\.amlignore cannot be understood"):
        names()


def test_a_folder_that_is_not_there_is_named() -> None:
    with pytest.raises(PipelineError, match=r"no folder nowhere"):
        names("nowhere")
    write("file", "")
    with pytest.raises(PipelineError, match="no folder file"):
        names("file")


def test_what_is_too_large_to_be_code_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(code, "LARGEST", 10)
    write("code/a.py", "12345")
    write("code/b.py", "12345")
    assert names() == ("a.py", "b.py")
    write("code/c.py", "1")
    with pytest.raises(PipelineError, match=r"holds more than 10 B") as refused:
        names()
    assert ".amlignore" in refused.value.hint


def test_links_are_what_they_lead_to() -> None:
    write("elsewhere/tool.py", "tool")
    write("elsewhere/deep/more.py", "more")
    write("code/train.py", "import tool")
    os.symlink("../elsewhere/tool.py", "code/tool.py")
    os.symlink("../elsewhere", "code/lib")
    os.symlink("nowhere", "code/dangling")
    found = find_code(Path("code"))
    assert found.names == ("lib/deep/more.py", "lib/tool.py", "tool.py", "train.py")
    copy = found.copy_to(Path("copy"))
    shutil.rmtree("elsewhere")
    assert Path("copy/lib/deep/more.py").read_text(encoding="utf-8") == "more"
    assert (copy.names, find_code(Path("copy")).identity) == (found.names, copy.identity)


def test_links_in_a_circle_are_walked_once() -> None:
    write("code/a/x.py", "x")
    write("code/b/y.py", "y")
    os.symlink("..", "code/a/up")
    os.symlink("../b", "code/a/b")
    os.symlink("../a", "code/b/a")
    os.symlink("self", "code/self")
    assert names() == ("a/b/y.py", "a/x.py", "b/a/x.py", "b/y.py")


def test_pipes_and_devices_are_no_code() -> None:
    write("code/a.py", "a")
    os.mkfifo("code/pipe")
    os.symlink("/dev/zero", "code/zero")
    assert names() == ("a.py",)


def test_names_that_are_no_text_are_copied_like_others() -> None:
    write("code/a.py", "a")
    odd = (b"\xff.py", b"new\nline", b" ", b"-rf", "ü.py".encode())
    for name in odd:
        Path(os.fsdecode(os.path.join(b"code", name))).write_bytes(name)
    copy = find_code(Path("code")).copy_to(Path("copy"))
    assert set(os.listdir(b"copy")) == {*odd, b"a.py"}
    assert copy.identity == find_code(Path("code")).identity


def test_a_copy_may_be_run_where_the_original_may() -> None:
    write("code/run.sh", "#!/bin/sh").chmod(0o755)
    find_code(Path("code")).copy_to(Path("copy"))
    assert os.access("copy/run.sh", os.X_OK)


def test_a_file_that_vanishes_before_it_is_copied_is_named() -> None:
    write("code/a.py", "a")
    found = find_code(Path("code"))
    os.remove("code/a.py")
    with pytest.raises(PipelineError, match=r"code/a.py cannot be copied: No such file"):
        found.copy_to(Path("copy"))


@pytest.mark.skipif(os.name == "nt" or os.getuid() != 0, reason="becomes another user")
def test_what_cannot_be_read_is_named(open_folder: Path) -> None:
    write("code/a.py", "a")
    write("code/b/c.py", "c")
    open_folder.joinpath("code/a.py").chmod(0)
    asked = f"""
from pathlib import Path
from dsnb.pipelines.code import find_code
import tempfile
try:
    find_code(Path({str(open_folder)!r}, "code")).copy_to(Path(tempfile.mkdtemp(), "copy"))
except Exception as error:
    print(type(error).__name__, error)
"""
    said = run_python(asked, user=NOBODY)
    assert "PipelineError" in said.stdout, said.stderr
    assert "a.py cannot be copied: Permission denied" in said.stdout
    open_folder.joinpath("code/b").chmod(0)
    assert "b cannot be read: Permission denied" in run_python(asked, user=NOBODY).stdout


def _written(tree: dict[tuple[str, ...], bytes]) -> str:
    with tempfile.TemporaryDirectory() as name:
        for parts, content in tree.items():
            place = Path(name, *parts)
            place.parent.mkdir(parents=True, exist_ok=True)
            place.write_bytes(content)
        return find_code(Path(name)).identity


TREES = st.dictionaries(PATHS.map(tuple), st.binary(max_size=3), max_size=4).filter(
    lambda tree: (
        not any(set(path) & {*code.JUNK, *code._IGNORES} for path in tree)
        and not any(one != two and two[: len(one)] == one for one in tree for two in tree)
    )
)


@settings(max_examples=60)
@given(TREES, TREES)
def test_code_is_the_same_where_names_and_contents_are(
    one: dict[tuple[str, ...], bytes], two: dict[tuple[str, ...], bytes]
) -> None:
    same = (one == two, _written(one) == _written(dict(reversed(one.items()))))
    assert (_written(one) == _written(two), True) == same


@given(TREES.filter(bool), st.data())
@settings(max_examples=40)
def test_every_single_change_makes_other_code(
    tree: dict[tuple[str, ...], bytes], data: st.DataObject
) -> None:
    path = data.draw(st.sampled_from(sorted(tree)))
    content = tree[path]
    changes = [
        {**tree, path: content + b"!"},
        {key: value for key, value in tree.items() if key != path},
        {**{key: value for key, value in tree.items() if key != path}, (*path, "new"): content},
    ]
    assert _written(tree) not in {_written(changed) for changed in changes}
