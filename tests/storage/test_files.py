import glob
import os
import socket
import tempfile
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dsnb.errors import EmptySourceError, MissingPathError, SourceError, UnreadableFileError
from dsnb.storage.files import Listing, find_files
from tests.workbench import NOBODY, run_python, write


def found(path: str | Path, *, include_hidden: bool = False) -> Listing:
    return find_files(os.path.abspath(path), str(path), include_hidden=include_hidden)


def names(path: str | Path, *, include_hidden: bool = False) -> list[str]:
    return found(path, include_hidden=include_hidden).names


def test_a_file_stands_for_itself() -> None:
    path = write("data/a b.csv", "1")
    listing = found(path)
    assert (listing.base, listing.names) == (os.path.abspath("data"), ["a b.csv"])
    status = path.stat()
    assert listing.stats == [(1, status.st_mtime_ns, status.st_ctime_ns, status.st_ino)]


def test_a_folder_stands_for_every_file_under_it_in_order() -> None:
    for name in ("z.csv", "b/2.csv", "b/10.csv", "a/x/y.csv", "a.csv"):
        write(f"data/{name}", "1")
    # The files of a folder by name, then those of the folders in it.
    assert names("data") == ["a.csv", "z.csv", "a/x/y.csv", "b/10.csv", "b/2.csv"]


def test_a_folder_leaves_out_hidden_names_and_what_tools_leave_behind() -> None:
    for name in ("a.csv", ".hidden", ".git/config", ".ipynb_checkpoints/a.csv", "a.csv~"):
        write(f"data/{name}", "1")
    write("data/__pycache__/a.pyc", "1")
    listing = found("data")
    assert (listing.names, listing.skipped) == (["a.csv"], 5)
    assert names("data", include_hidden=True) == [".hidden", "a.csv"]


def test_a_hidden_file_that_is_named_itself_is_taken() -> None:
    assert names(write("data/.hidden", "1")) == [".hidden"]


def test_an_empty_folder_is_refused_and_says_what_was_skipped() -> None:
    Path("data/below").mkdir(parents=True)
    with pytest.raises(EmptySourceError, match="holds no files"):
        found("data")
    write("data/.hidden", "1")
    with pytest.raises(EmptySourceError, match=r"1 hidden name.*--include-hidden"):
        found("data")


def test_a_missing_file_is_refused_with_the_nearest_name() -> None:
    write("data/weather.csv", "1")
    with pytest.raises(MissingPathError, match=r"wether\.csv.*Did you mean weather\.csv"):
        found("data/wether.csv")
    with pytest.raises(MissingPathError, match="does not exist either"):
        found("nowhere/weather.csv")
    with pytest.raises(MissingPathError):
        found("data/weather.csv/inside")


@pytest.mark.parametrize(
    ("pattern", "expected"),
    [
        ("data/*.csv", ["a.csv", "b.csv"]),
        ("data/?.csv", ["a.csv", "b.csv"]),
        ("data/[b-z].*", ["b.csv"]),
        ("data/**/*.csv", ["a.csv", "b.csv", "week 27/c.csv", "week 27/deep/d.csv"]),
        ("data/**", ["a.csv", "b.csv", "notes.txt", "week 27/c.csv", "week 27/deep/d.csv"]),
        ("data/*/c.csv", ["week 27/c.csv"]),
        ("data/week*/**/d.csv", ["week 27/deep/d.csv"]),
        ("data/*", ["a.csv", "b.csv", "notes.txt"]),
    ],
)
def test_a_pattern_stands_for_the_files_it_matches(pattern: str, expected: list[str]) -> None:
    for name in ("a.csv", "b.csv", "notes.txt", "week 27/c.csv", "week 27/deep/d.csv"):
        write(f"data/{name}", "1")
    write("data/.hidden.csv", "1")
    write("data/.ipynb_checkpoints/a.csv", "1")
    listing = found(pattern)
    assert (listing.base, listing.names) == (os.path.abspath("data"), expected)
    assert [stats[0] for stats in listing.stats] == [1] * len(expected)


def test_a_pattern_takes_hidden_names_when_asked_or_when_it_names_them() -> None:
    write("data/.hidden.csv", "1")
    write("data/a.csv", "1")
    assert names("data/*.csv", include_hidden=True) == [".hidden.csv", "a.csv"]
    assert names("data/.h*") == [".hidden.csv"]


def test_a_pattern_that_matches_no_file_is_refused() -> None:
    Path("data/folder.csv").mkdir(parents=True)
    for pattern in ("data/*.csv", "nowhere/*.csv"):
        with pytest.raises(EmptySourceError, match="No file matches"):
            found(pattern)


def test_brackets_in_a_path_that_exists_are_no_pattern() -> None:
    write("project [old]/data [1]/a.csv", "1")
    write("project [old]/data [1]/b [2].csv", "1")
    write("project o/data 1/c.csv", "1")
    assert names("project [old]/data [1]") == ["a.csv", "b [2].csv"]
    assert names("project [old]/data [1]/b [2].csv") == ["b [2].csv"]
    assert names("project [old]/data [1]/*.csv") == ["a.csv", "b [2].csv"]
    assert names("project [old]/data*/[ab]*.csv") == ["data [1]/a.csv", "data [1]/b [2].csv"]


TREES = st.lists(
    st.lists(st.sampled_from(["a", "b", "ab", ".h", "c.csv"]), min_size=1, max_size=3),
    min_size=1,
    max_size=8,
)
PATTERNS = st.lists(
    st.sampled_from(["*", "**", "a*", "?", "[ab]", "*.csv", "a", ".h", ".*", "[!a]*"]),
    min_size=1,
    max_size=3,
)


@settings(max_examples=150, deadline=None)
@given(TREES, PATTERNS, st.booleans())
def test_patterns_mean_what_they_mean_to_glob(
    tree: list[list[str]], pattern: list[str], include_hidden: bool
) -> None:
    with tempfile.TemporaryDirectory() as folder:
        for parts in tree:
            path = Path(folder, *parts)
            if not any(above.is_file() for above in path.parents) and not path.is_dir():
                write(path, "1")
        whole = os.path.join(folder, *pattern)
        if os.path.exists(whole):
            return
        expected = sorted(
            {
                os.path.relpath(path, folder)
                for path in glob.glob(whole, recursive=True, include_hidden=include_hidden)
                if os.path.isfile(path)
            }
        )
        try:
            listing = find_files(whole, whole, include_hidden=include_hidden)
        except (EmptySourceError, MissingPathError):
            assert expected == []
        else:
            below = os.path.relpath(listing.base, folder)
            assert [os.path.normpath(f"{below}/{name}") for name in listing.names] == expected


@pytest.mark.parametrize("path", ["data", "data/**/*.csv"])
def test_links_are_followed_but_never_in_a_circle(path: str) -> None:
    write("data/sub/a.csv", "1")
    write("elsewhere/b.csv", "1")
    Path("data/out").symlink_to("../elsewhere")
    Path("data/up").symlink_to(".")
    Path("data/sub/parent").symlink_to("../sub")
    Path("elsewhere/back").symlink_to("../data")
    assert names(path) == ["out/b.csv", "sub/a.csv"]


def test_two_links_to_each_other_are_walked_once() -> None:
    write("data/a.csv", "1")
    for name in ("one", "two", "three"):
        Path("data", name).symlink_to("../data")
    assert names("data") == names("data/**/*.csv") == ["a.csv"]


@pytest.mark.parametrize("path", ["data", "data/*"])
def test_what_has_no_content_is_passed_over(path: str) -> None:
    write("data/a.csv", "1")
    Path("data/dangling").symlink_to("nothing")
    Path("data/itself").symlink_to("itself")
    os.mkfifo("data/pipe")
    with socket.socket(socket.AF_UNIX) as server:
        server.bind("data/socket")
        listing = found(path)
    assert listing.names == ["a.csv"]
    assert listing.skipped == 0
    assert listing.dangling == ("dangling", "itself")
    assert listing.special == ("pipe", "socket")
    assert listing.left_out == (
        "2 links lead nowhere: dangling, itself; 2 names are no file or folder: pipe, socket"
    )
    assert listing.without({"a.csv"}).dangling == listing.dangling


@pytest.mark.parametrize("path", ["data", "data/*.csv"])
def test_a_link_that_leads_nowhere_is_named_where_there_is_nothing_else(path: str) -> None:
    os.mkdir("data")
    Path("data/test.csv").symlink_to("nothing")
    with pytest.raises(EmptySourceError, match=r"\(1 link leads nowhere: test\.csv\)\."):
        found(path)


def test_a_link_that_is_named_itself_and_leads_nowhere_is_refused_as_one() -> None:
    Path("test.csv").symlink_to("nothing")
    with pytest.raises(MissingPathError, match=r"test\.csv is a link that leads nowhere"):
        found("test.csv")


def test_a_pipe_that_is_named_itself_is_refused() -> None:
    os.mkfifo("pipe")
    with pytest.raises(SourceError, match="neither a file nor a folder"):
        found("pipe")


@pytest.mark.parametrize("path", ["data", "data/*", "data/caf\udce9.csv"])
def test_a_name_that_is_not_unicode_is_refused(path: str) -> None:
    os.mkdir("data")
    Path(os.fsdecode(b"data/caf\xe9.csv")).write_text("1")
    with pytest.raises(UnreadableFileError, match=r"not valid Unicode.*Rename"):
        found(path)


@pytest.mark.skipif(os.name == "nt" or os.getuid() != 0, reason="only root can become nobody")
@pytest.mark.parametrize("path", ["open", "open/**/*.csv", "open/closed/a.csv"])
def test_a_folder_that_cannot_be_looked_into_is_refused(open_folder: Path, path: str) -> None:
    write(open_folder / "open/closed/a.csv", "1")
    os.chmod(open_folder / "open/closed", 0)
    code = f"""
from dsnb.storage.files import find_files
find_files({str(open_folder / path)!r}, "shown")
"""
    done = run_python(code, user=NOBODY)
    assert "UnreadableFileError" in done.stderr
    assert "Permission denied" in done.stderr
