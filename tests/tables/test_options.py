"""Reader options: which there are, what they can be, and which of them a file alone settles."""

from typing import Any

import pytest

from dsnb.errors import TableError
from dsnb.tables.formats import FORMATS
from dsnb.tables.options import (
    OPTIONS,
    check_options,
    columns_of_paths,
    options_of_files,
)

GOOD: dict[str, Any] = {
    "date_formats": {"day": ["%d/%m/%Y", "%Y"]},
    "header": "none",
    "empty_as_string": True,
    "invalid_lines": "drop",
    "include_path": True,
    "partition_format": "/{city}.csv",
    "file_bases": [["default", "data"]],
}


@pytest.mark.parametrize("option", GOOD)
@pytest.mark.parametrize("format", [*FORMATS, None])
def test_an_option_is_refused_where_it_does_not_apply(option: str, format: Any) -> None:
    if format in OPTIONS[option]:
        check_options({option: GOOD[option]}, format)
    else:
        with pytest.raises(TableError, match=f"{option} applies to"):
            check_options({option: GOOD[option]}, format)


@pytest.mark.parametrize(
    ("option", "value"),
    [
        ("date_formats", ["day"]),
        ("date_formats", {"day": "%d"}),
        ("date_formats", {"day": []}),
        ("date_formats", {"day": [1]}),
        ("header", 0),
        ("header", "all"),
        ("empty_as_string", "yes"),
        ("invalid_lines", "error"),
        ("include_path", 1),
        ("partition_format", None),
        ("partition_format", ["/{a}"]),
        ("partition_format", "/a"),
        ("file_bases", "data"),
        ("file_bases", [["default"]]),
        ("file_bases", [["default", 1]]),
    ],
)
def test_a_value_that_cannot_be_is_refused(option: str, value: object) -> None:
    with pytest.raises(TableError, match=r"cannot be|is no partition format"):
        check_options({option: value}, "jsonl" if option == "invalid_lines" else "csv")


def test_what_paths_tell_has_no_part_in_how_a_file_is_read() -> None:
    paths = {"include_path": True, "partition_format": "/{city}/{day:yyyy}", "file_bases": []}
    assert columns_of_paths(paths) == ("Path", "city", "day")
    assert columns_of_paths({"sep": ";"}) == ()
    own = {
        "sep": ";",
        "dtype": {"n": "str", "city": "Int64"},
        "parse_dates": ["day", "at"],
        "date_formats": {"Path": ["%Y"], "on": ["%Y"]},
    }
    assert options_of_files({**own, **paths}) == {
        "sep": ";",
        "dtype": {"n": "str"},
        "parse_dates": ["at"],
        "date_formats": {"on": ["%Y"]},
    }
    assert options_of_files(own) == own
