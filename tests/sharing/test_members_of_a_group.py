"""A workspace in a folder that the members of a group share: all of them work, by turns."""

import os
from pathlib import Path

import pytest

from tests.sharing.members import GROUP, contents, join

pytestmark = pytest.mark.skipif(
    os.name == "nt" or os.getuid() != 0, reason="only root can become others"
)

ANN, BEN, EVE = 47_011, 47_012, 47_013


@pytest.fixture
def shared(open_folder: Path) -> Path:
    folder = open_folder / "shared"
    folder.mkdir()
    os.chown(folder, 0, GROUP)
    folder.chmod(0o2775)
    return folder


@pytest.mark.parametrize(
    ("anns", "bens"), [(0o077, 0o077), (0o077, 0o027), (0o027, 0o002), (0o002, 0o077)], ids=oct
)
def test_members_register_load_keep_and_clear_up_by_turns(
    shared: Path, anns: int, bens: int
) -> None:
    ann, ben = join("ann", ANN, shared, anns), join("ben", BEN, shared, bens)
    ann.does("""
share("a.csv", "x\\n1\\n")
dsnb.register("files", "a.csv")
dsnb.register("frame", from_=pd.DataFrame({"x": [1]}))
dsnb.alias("files@1", "prod")
assert dsnb.load("files@1").x.tolist() == [1]
""")
    ben.does("""
assert dsnb.load("files@prod").x.tolist() == [1]
assert dsnb.load("frame@1").x.tolist() == [1]
share("a.csv", "x\\n2\\n")
assert dsnb.load("files@1").x.tolist() == [1]
dsnb.register("files", "a.csv")
dsnb.register("frame", from_=pd.DataFrame({"x": [2]}))
dsnb.snapshot("frame@1")
dsnb.alias("files@2", "prod")
dsnb.export("frame@1", output="frame.zip")
os.chmod("frame.zip", 0o664)
dsnb.gc()
assert dsnb.doctor()
""")
    ann.does("""
assert dsnb.load("files@prod").x.tolist() == [2]
assert dsnb.load("frame@2").x.tolist() == [2]
dsnb.delete("frame@1", force=True)
dsnb.import_("frame.zip")
dsnb.gc()
assert dsnb.doctor()
""")
    ben.does("""
assert dsnb.load("files@1").x.tolist() == [1]
assert dsnb.load("frame@3").x.tolist() == [1]
dsnb.delete("frame@2", "frame@3", force=True)
dsnb.gc()
assert dsnb.doctor()
dsnb.restore("files@1", overwrite=True)
assert Path("a.csv").read_text() == "x\\n1\\n"
""")
    assert not list((shared / ".dsnb" / "data").rglob("*.parquet"))


READS = """
dsnb.list(), dsnb.versions("files"), dsnb.show("files@1"), dsnb.status()
assert dsnb.load("files@2").x.tolist() == [2]
assert dsnb.load("files@1").x.tolist() == [1]
assert dsnb.verify("files@2", full=True)
assert not dsnb.verify("files@1")
assert dsnb.diff("files@1", "files@2").old == "files@1"
dsnb.export("files@1", output=os.environ["HOME"] + "/files.zip")
dsnb.restore("files@1", to=os.environ["HOME"] + "/old")
assert dsnb.doctor()
"""
WRITES = """
for verb, given in {
    dsnb.register: ("more", "a.csv"),
    dsnb.alias: ("files@1", "prod"),
    dsnb.tag: ("files@1", {"a": "b"}),
    dsnb.delete: ("files@1",),
    dsnb.snapshot: ("files@2",),
    dsnb.gc: (),
}.items():
    refused(verb, *given)
refused(dsnb.register, "frame", from_=pd.DataFrame({"x": [1]}))
refused(dsnb.import_, os.environ["HOME"] + "/files.zip")
"""


@pytest.fixture
def anns(shared: Path) -> Path:
    """Return a folder with versions of Ann, in which only she can write."""
    join("ann", ANN, shared, 0o022).does("""
share("a.csv", "x\\n1\\n")
dsnb.register("files", "a.csv")
share("a.csv", "x\\n2\\n")
dsnb.register("files", "a.csv")
dsnb.snapshot("files@2", remove=True)
""")
    for path in (shared, *shared.rglob("*")):
        path.chmod(0o2755 if path.is_dir() else 0o644)
    return shared


def test_who_may_only_read_can_look_load_and_compare(anns: Path) -> None:
    before = contents(anns)
    done = join("eve", EVE, anns, 0o022).tries(READS)
    assert done.returncode == 0, done.stderr
    assert contents(anns) == before
    # Beside what tells of the drift, one notice: that the run is not recorded.
    said = [line for line in done.stderr.splitlines() if "drifted" not in line]
    assert len(said) <= 1, said


def test_who_may_only_read_is_told_so_by_what_writes(anns: Path) -> None:
    eve = join("eve", EVE, anns, 0o022)
    eve.does(READS)
    before = contents(anns)
    told = eve.does(WRITES).splitlines()
    assert len(told) == 8
    for line in told:
        assert "is refused:" in line, told
        assert ".dsnb/" in line, line
        assert "Make the folder writable" in line, line
    assert contents(anns) == before


def test_who_may_not_even_read_is_told_so(anns: Path) -> None:
    (anns / ".dsnb").chmod(0o700)
    before = contents(anns)
    told = (
        join("eve", EVE, anns, 0o022)
        .does("""
for verb in (dsnb.load, dsnb.show, dsnb.versions, dsnb.verify):
    refused(verb, "files")
for verb in (dsnb.list, dsnb.gc):
    refused(verb)
""")
        .splitlines()
    )
    assert len(told) == 6
    for line in told:
        assert "is refused:" in line, told
        assert ".dsnb/" in line, line
        assert "ermission" in line, line
    assert contents(anns) == before
