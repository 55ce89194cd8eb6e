"""What is saved without a name: versions that are found by their id alone.

They are versions of one dataset that no list shows, so that everything that holds for a version
(its manifest, its snapshot, drift, lineage, `gc`) holds for them.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import replace

from dsnb.catalog.base import View
from dsnb.datasets.content import Content, base_of, find_content, find_listings
from dsnb.datasets.memory import register_table
from dsnb.datasets.registration import Request, record
from dsnb.datasets.stores import Stores
from dsnb.errors import TableError
from dsnb.records import Column, Definition, FileGroup, Source, Version
from dsnb.refs import ANONYMOUS
from dsnb.storage.drift import places_of
from dsnb.tables.filecolumns import check_names, names_asked
from dsnb.tables.formats import Format, common_format
from dsnb.tables.options import check_options
from dsnb.tables.sampling import WHOLE_BYTES, describe


def save(stores: Stores, sources: Sequence[Source], request: Request) -> Version:
    """Record what some paths hold now; what was saved before, with the same content, is returned.

    Raises
    ------
    DsnbError
        When something is wrong with the paths or the options; nothing is recorded then.
    """
    definition = _definition(sources, request)
    places = places_of(definition, stores.datastores)
    stores.reach.take(places)
    content = find_content(stores, definition)
    known = _known(stores.catalog.view(), content, request)
    return known or record(stores, content, replace(request, name=ANONYMOUS)).version


def save_table(stores: Stores, table: object, request: Request) -> Version:
    """Keep a table that is in memory as Parquet, and record that.

    Raises
    ------
    TableError
        When it is no table, or Parquet cannot hold it exactly; nothing is left behind then.
    """
    return register_table(stores, table, replace(request, name=ANONYMOUS)).version


def check(
    stores: Stores, sources: Sequence[Source], request: Request, formats: Collection[Format]
) -> Sequence[Column] | None:
    """Refuse paths that cannot be registered, looking at names and the first rows only.

    Parameters
    ----------
    stores
        The workspace's keepers.
    sources, request
        As for `save`.
    formats
        One of which the files must have; none when they are to be mere files.

    Returns
    -------
    sequence of Column or None
        The columns of the table, None for mere files.

    Raises
    ------
    SourceError
        When a path is missing or holds no file.
    TableError
        When the files are no table of one of the formats.
    """
    definition = _definition(sources, request)
    stores.reach.take(places_of(definition, stores.datastores))
    listings = find_listings(stores, definition)
    options = definition.options
    called = names_asked(
        (
            FileGroup(source.datastore, base_of(stores, source, one), tuple(one.names), (), ())
            for source, one in zip(definition.sources, listings, strict=True)
        ),
        options,
    )
    if not formats:
        check_options(options, None)
        check_names(called, options)
        return None
    names = [name for listing in listings for name in listing.names]
    found = common_format(names)
    if found is None or found not in formats:
        raise TableError(
            f"{', '.join(map(str, definition.sources))} must hold {' or '.join(sorted(formats))} "
            f"files alone, and holds {found or 'others'}.",
            hint="The ending of a file's name tells its format: choose the files by a pattern "
            "such as *.csv, or rename them.",
        )
    check_options(options, found)
    check_names(called, options)
    paths = [f"{one.base}/{name}" for one in listings for name in one.names]
    # The size of a table that is not read whole: its first rows tell the columns.
    return describe(paths, found, options, WHOLE_BYTES + 1, called).columns


def _definition(sources: Sequence[Source], request: Request) -> Definition:
    return Definition(
        sources=tuple(dict.fromkeys(sources)),
        options=request.options,
        include_hidden=request.include_hidden,
    )


def _known(view: View, content: Content, request: Request) -> Version | None:
    """Return what was saved before of the same paths, with the same content."""
    found = (
        view.version(ANONYMOUS, number) for number in view.with_digest(ANONYMOUS, content.digest)
    )
    kind = request.kind or content.kind
    return next(
        (one for one in found if one and one.definition == content.definition and one.kind == kind),
        None,
    )
