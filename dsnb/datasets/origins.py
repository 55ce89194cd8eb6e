"""Where a table in memory came from: what a loaded frame carries, and what that is worth.

pandas hands ``attrs`` on with copies, queries, groupings and the like, and drops them in a pivot or
a merge of frames that differ; nobody stops a user from changing the values. So they are a hint,
never a proof, and they belong to no content: neither hashes nor files of dsnb's hold them. polars
and Arrow have nothing alike that lasts.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any, NamedTuple, TypeVar

from dsnb.catalog.base import View
from dsnb.datasets.stores import Stores
from dsnb.errors import TableError
from dsnb.presenting import Presentable
from dsnb.records import Parent, Version
from dsnb.tables.hashing import hash_table
from dsnb.tables.memory import library_of

ATTRIBUTE = "dsnb"
"""The key among a frame's attributes."""
_WRITTEN = re.compile(r"([A-Za-z0-9][A-Za-z0-9._-]{0,254})@([0-9]{1,18}) sha:([0-9a-f]{64})")
Table = TypeVar("Table")


class Origin(NamedTuple):
    """The version that a frame carries the reference of, as it was called then."""

    name: str
    number: int
    digest: str

    @property
    def ref(self) -> str:
        """The canonical reference."""
        return f"{self.name}@{self.number}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Trace(Presentable):
    """What is known of where a variable came from; true when a version is known.

    Attributes
    ----------
    called
        The variable.
    ref
        Reference of the version it came from, as it is called now; None when that is not known.
    carried
        The reference that the variable carries, of this workspace or another.
    proved
        Whether the variable holds that version's content, by its hash; else the reference is a
        hint, handed on by whatever made the variable from what was loaded.
    shape
        Rows and columns of the variable; of a column of a table, or an array, only its length.
    held
        Rows and columns of the version, where they are known.
    library
        Whose table it is.
    cell
        The last cell that assigned the variable, by what the cells say; None when that is not
        known.
    read
        References of the versions that this cell read.
    """

    called: str
    ref: str | None
    carried: str | None
    proved: bool
    shape: tuple[int, ...]
    held: tuple[int, int] | None
    library: str
    cell: int | None = None
    read: tuple[str, ...] = ()

    def __bool__(self) -> bool:
        return self.ref is not None


def marked(table: Table, version: Version) -> Table:
    """Return a table that was just loaded, a frame of pandas' carrying where it came from.

    It is one short text, as pandas copies attributes with every operation, and joins frames' when
    they are equal.

    Parameters
    ----------
    table
        What was loaded, in any library; only pandas' frames are changed.
    version
        Where from.
    """
    import pandas as pd

    if isinstance(table, pd.DataFrame):
        table.attrs = {**table.attrs, ATTRIBUTE: f"{version.ref} sha:{version.digest}"}
    return table


def origin_of(table: object) -> Origin | None:
    """Return what a table carries of where it came from, None when that is nothing readable."""
    if library_of(table) != "pandas":
        return None
    written = getattr(table, "attrs", {}).get(ATTRIBUTE)
    found = _WRITTEN.fullmatch(written) if isinstance(written, str) else None
    return None if found is None else Origin(found[1], int(found[2]), found[3])


def find_origin(view: View, origin: Origin) -> Version | None:
    """Return the version of this registry that a table came from, whatever it is called now.

    One of that number but of another content is some other workspace's.
    """
    for name in (origin.name, view.renamed_to(origin.name)):
        version = None if name is None else view.version(name, origin.number)
        if version is not None and version.digest == origin.digest:
            return version
    return None


def parents_of(view: View, table: object) -> tuple[Parent, ...]:
    """Return the versions that a table was made from, as far as it tells and they are known."""
    origin = origin_of(table)
    version = None if origin is None else find_origin(view, origin)
    return () if version is None else (Parent(version.ref, version.id, version.digest),)


def trace(stores: Stores, table: Any, called: str) -> Trace:
    """Tell which version a table in memory came from.

    Parameters
    ----------
    stores
        The workspace's keepers.
    table
        A DataFrame or Series of pandas', or a table of another library, which carries nothing.
    called
        What the variable is called.

    Raises
    ------
    TableError
        When it is no table.
    """
    library = library_of(table)
    if library is None:
        raise TableError(
            f"{called} is no table: {type(table).__name__} values carry no reference to a version.",
            hint="Name a table that was loaded, or made from one: %ds trace df",
        )
    origin = origin_of(table)
    version = None if origin is None else find_origin(stores.catalog.view(), origin)
    held = None
    if version is not None and version.rows is not None and version.columns is not None:
        held = (version.rows, len(version.columns))
    return Trace(
        called=called,
        ref=None if version is None else version.ref,
        carried=None if origin is None else origin.ref,
        # Only of tables that came from memory is the hash of the table itself known.
        proved=version is not None
        and version.table is not None
        and hash_table(table) == version.table,
        shape=() if hasattr(table, "collect") else tuple(table.shape),
        held=held,
        library=library,
    )
