"""The values that the paths of a dataset's files have for its partition keys."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from dsnb.azureml.exceptions import UserErrorException
from dsnb.tables.filecolumns import FileName, keys_of
from dsnb.tables.options import check_values
from dsnb.tables.partitions import partitions_of


def keys_in(options: Mapping[str, Any]) -> list[str]:
    """Return the partition keys that reader options name."""
    if "partition_format" not in options:
        return []
    check_values(options)
    return list(partitions_of(options["partition_format"]).keys)


def asked_keys(known: Sequence[str], asked: Sequence[str] | None) -> list[str]:
    """Return the partition keys that are asked for, all where none is named.

    Raises
    ------
    UserErrorException
        When there are no such keys.
    """
    if not known:
        raise UserErrorException(
            "This dataset has no partition keys: make it with a partition_format."
        )
    wanted = [asked] if isinstance(asked, str) else list(asked or known)
    for key in wanted:
        if key not in known:
            raise UserErrorException(
                f"{key!r} is no partition key of this dataset. They are {', '.join(known)}."
            )
    return wanted


def distinct_values(
    names: Sequence[FileName], partition_format: str, wanted: Sequence[str]
) -> list[dict[str, Any]]:
    """Return the values of some keys, each combination once, in the order of the files.

    Raises
    ------
    TableError
        When the path of a file does not fit.
    """
    known = partitions_of(partition_format).keys
    places = [known.index(key) for key in wanted]
    rows = keys_of(names, partition_format)
    distinct = dict.fromkeys(tuple(row[place] for place in places) for row in rows)
    return [dict(zip(wanted, values, strict=True)) for values in distinct]
