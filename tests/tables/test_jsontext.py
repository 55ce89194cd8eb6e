"""JSON lines of which some are damaged."""

import bz2
import gzip
import lzma
from collections.abc import Callable
from pathlib import Path

import pandas as pd
import pytest
import zstandard

from dsnb.errors import TableError
from dsnb.tables.parts import EVERYTHING
from dsnb.tables.reading import read_table
from tests.workbench import write

GOOD = '{"a": 1, "t": "00501"}\n{"a": 2, "t": "x"}\n'
BAD = '{"a": 1, "t": "00501"}\n{"a": 1,\n\n  \n[1]\n7\n{"a": 2, "t": "x"}\nnull\nrubbish'
DROP = {"invalid_lines": "drop"}


def read(*paths: str) -> tuple[pd.DataFrame, list[str]]:
    """Return the table of some files without their damaged lines, and what was said."""
    said: list[str] = []
    return read_table(list(paths), "jsonl", DROP, EVERYTHING, said.append), said


def test_what_is_no_object_is_dropped_and_counted() -> None:
    write("bad.jsonl", BAD)
    write("good.jsonl", GOOD)
    good = read_table(["good.jsonl"], "jsonl", {})
    assert good["t"].tolist() == ["00501", "x"]
    frame, said = read("bad.jsonl")
    pd.testing.assert_frame_equal(frame, good)
    assert said == ["Dropped: 5 damaged lines, the first in bad.jsonl."]
    frame, said = read("good.jsonl")
    pd.testing.assert_frame_equal(frame, good)
    assert said == []
    frame, said = read("good.jsonl", "bad.jsonl", "bad.jsonl")
    pd.testing.assert_frame_equal(frame, pd.concat([good] * 3, ignore_index=True))
    assert said == ["Dropped: 10 damaged lines, the first in bad.jsonl."]
    with pytest.raises(TableError):
        read_table(["bad.jsonl"], "jsonl", {})


@pytest.mark.parametrize(
    ("suffix", "pack"),
    [
        (".gz", gzip.compress),
        (".bz2", bz2.compress),
        (".xz", lzma.compress),
        (".zst", zstandard.ZstdCompressor().compress),
    ],
)
def test_packed_files_too(suffix: str, pack: Callable[[bytes], bytes]) -> None:
    Path(f"bad.jsonl{suffix}").write_bytes(pack(BAD.encode()))
    frame, said = read(f"bad.jsonl{suffix}")
    assert frame["a"].tolist() == [1, 2]
    assert len(said) == 1


def test_bytes_that_are_no_text_damage_their_line_alone() -> None:
    Path("t.jsonl").write_bytes(b'{"a": "\xff"}\n{"a": "\xc3\xa9"}\n')
    frame, said = read("t.jsonl")
    assert frame["a"].tolist() == ["é"]
    assert said == ["Dropped: 1 damaged line, the first in t.jsonl."]


def test_a_file_without_any_object_is_no_table() -> None:
    write("t.jsonl", "rubbish\n")
    with pytest.raises(TableError, match="none of its lines"):
        read("t.jsonl")
