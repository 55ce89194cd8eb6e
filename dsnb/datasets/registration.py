"""Registering: from paths, or a table in memory, to a version."""

from __future__ import annotations

import getpass
import os
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from itertools import islice
from typing import Any

from dsnb.catalog.base import Transaction, View
from dsnb.catalog.resolving import known_numbers
from dsnb.datasets.content import Content, find_content
from dsnb.datasets.keeping import Policy, are_kept, is_to_be_kept, keep_files, snapshot
from dsnb.datasets.stores import Stores
from dsnb.errors import (
    MissingColumnError,
    NewVersionRefusedError,
    SourceError,
    TableError,
    UsageError,
    did_you_mean,
)
from dsnb.presenting import Outcome
from dsnb.records import Definition, FileEntry, Kind, Manifest, Parent, Source, Version, now
from dsnb.refs import check_name, parse
from dsnb.storage.datastores import LOCAL
from dsnb.tables.columns import with_index_as_columns
from dsnb.tables.filecolumns import FileName, check_names, names_asked
from dsnb.tables.options import check_options
from dsnb.tables.sampling import Description, describe

SHOWN_FILES = 50


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """What the user asks `register` to record beside the data.

    Attributes
    ----------
    name
        The dataset's name.
    add
        Whether the sources come after those of the latest version.
    new_version
        Whether a further version may be made when the name exists.
    kind
        ``tabular``, ``file`` or ``model`` when forced.
    key
        Columns that identify a row; None keeps those of the latest version.
    options
        Reader options.
    snapshot
        Whether the bytes are kept: ``auto``, ``always`` or ``never``; None leaves it to the
        workspace's setting, which is filled in before.
    table
        BLAKE3 of the buffers of a table from memory, where it has one.
    parents
        The versions that it was made from, or that a model was trained on.
    parents_matter
        Whether other parents make another version of the same content, as they do of a model.
    """

    name: str
    add: bool = False
    new_version: bool = True
    include_hidden: bool = False
    kind: Kind | None = None
    key: Sequence[str] | None = None
    options: Mapping[str, Any] = field(default_factory=dict)
    snapshot: Policy | None = None
    description: str = ""
    tags: Mapping[str, str] = field(default_factory=dict)
    creator: str = ""
    run: str | None = None
    table: str | None = None
    parents: tuple[Parent, ...] = ()
    parents_matter: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Registration(Outcome):
    """The outcome of a registration.

    Attributes
    ----------
    version
        The version that now holds this content.
    created
        Whether it is new; otherwise the latest version held it already.
    previous
        The version before, if there is one.
    same_as
        Reference of an older version with the same content, if there is one.
    skipped
        Number of hidden or junk names that were passed over.
    files
        The first of its files.
    started_workspace
        Folder of the workspace when this registration made it.
    """

    version: Version
    created: bool
    previous: Version | None = None
    same_as: str | None = None
    skipped: int = 0
    files: tuple[FileEntry, ...] = ()
    started_workspace: str | None = None

    @property
    def ref(self) -> str:
        """The canonical reference of the version."""
        return self.version.ref


def register(stores: Stores, sources: Sequence[Source], request: Request) -> Registration:
    """Record what some paths hold now as a version.

    Raises
    ------
    DsnbError
        When something is wrong with the name, the paths or the options; nothing is recorded then.
    """
    [done] = register_all(stores, [(sources, request)])
    return done


def register_all(
    stores: Stores, asked: Sequence[tuple[Sequence[Source], Request]]
) -> Sequence[Registration]:
    """Record what some paths hold now as versions, all of them or none, each as `register` does."""
    contents = [
        (find_content(stores, _taken(stores, sources, request)), request)
        for sources, request in asked
    ]
    done = record_all(stores, contents)
    return [
        kept_if_asked(stores, one, request)
        for one, (_, request) in zip(done, contents, strict=True)
    ]


def _taken(stores: Stores, sources: Sequence[Source], request: Request) -> Definition:
    """Return what is to be registered, which lies where this user may take it from."""
    check_name(request.name)
    definition = _definition(stores, sources, request)
    for source in definition.sources:
        if source not in sources:
            continue  # it comes with --add from the latest version, which others may have recorded
        stores.reach.take([stores.datastores.path(source.datastore, source.path)])
        if source.datastore == LOCAL:
            stores.notify(
                f"{stores.datastores.path(LOCAL, source.path)} lies outside the workspace, so "
                "this version is tied to this machine (datastore local)."
            )
    return definition


def _definition(stores: Stores, sources: Sequence[Source], request: Request) -> Definition:
    """Return what is to be registered: the sources alone, or after those of the latest version."""
    if not request.add:
        if not sources:
            raise UsageError(
                "Nothing to register was named.",
                hint=f"Give a path: %ds register {request.name} data/file.csv, "
                f"or a table: %ds register {request.name} --from df",
            )
        return Definition(
            sources=tuple(dict.fromkeys(sources)),
            options=_kept(request.options),
            include_hidden=request.include_hidden,
        )
    view = stores.catalog.view()
    latest = view.version(request.name, known_numbers(view, request.name)[-1])
    assert latest is not None
    before = latest.definition
    if before.from_memory:
        raise SourceError(
            f"{latest.ref} was registered from memory, so paths cannot be added to it.",
            hint=f"Register the paths alone: %ds register {request.name} PATH",
        )
    return Definition(
        sources=tuple(dict.fromkeys((*before.sources, *sources))),
        options={**before.options, **_kept(request.options)},
        include_hidden=before.include_hidden or request.include_hidden,
    )


def _kept(options: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return reader options as the registry gives them back, so that the two can be compared."""
    import msgspec

    try:
        kept: Mapping[str, Any] = msgspec.json.decode(msgspec.json.encode(options))
    except TypeError as error:
        raise TableError(
            f"The reader options cannot be recorded: {error}.",
            hint='Give names and plain values, such as dtype={"flight": "Int64"}.',
        ) from error
    return kept


def kept_if_asked(stores: Stores, done: Registration, request: Request) -> Registration:
    """Keep the bytes of a version that was there already, when a snapshot is asked for."""
    if done.created or request.snapshot != "always" or done.version.kept:
        return done
    return replace(done, version=snapshot(stores, parse(done.version.ref)).version)


def record(stores: Stores, content: Content, request: Request) -> Registration:
    """Record content as a version, unless the latest one is all that was asked for already."""
    [done] = record_all(stores, [(content, request)])
    return done


def record_all(stores: Stores, asked: Sequence[tuple[Content, Request]]) -> Sequence[Registration]:
    """Record contents as versions, all of them or none, each as `record` does."""
    prepared = [_prepared(stores, content, request) for content, request in asked]
    new = [one for one in prepared if isinstance(one, _Prepared)]
    while True:
        addresses = {id(one): one.keep(stores) for one in new}
        with stores.catalog.transaction() as transaction:
            if all(one.is_there(stores, addresses[id(one)]) for one in new):
                return [
                    _added(stores, transaction, one, addresses[id(one)])
                    if isinstance(one, _Prepared)
                    else one
                    for one in prepared
                ]
            # `gc` came in between, when nothing referred to them yet.


@dataclass(frozen=True, slots=True)
class _Prepared:
    """A version but for what the registry's present state settles."""

    content: Content
    request: Request
    latest: Version | None
    manifest: Manifest
    kind: Kind
    described: Description
    key: tuple[str, ...]
    kept: bool

    def keep(self, stores: Stores) -> str:
        """Write the file list, and the bytes where they are kept; return the list's address."""
        address = stores.manifests.write(self.manifest)
        if self.kept:
            keep_files(stores, self.manifest, self.latest)
        return address

    def is_there(self, stores: Stores, address: str) -> bool:
        """Tell whether what `keep` wrote is there."""
        there = stores.manifests.is_there(address)
        return there and (not self.kept or are_kept(stores, self.manifest))


def _prepared(stores: Stores, content: Content, request: Request) -> _Prepared | Registration:
    """Return what is to be recorded, or what the latest version is that holds it already."""
    for left_out in filter(None, (one.listing.left_out for one in content.fingerprints)):
        stores.notify(f"{left_out}.")
    view = stores.catalog.view()
    latest = latest_of(view, request.name)
    if latest is not None:
        _check_same_sort(latest, request)
        if _holds_already(stores, latest, content, request):
            return unchanged(stores, view, latest, request, content.skipped)
    kind = request.kind or content.kind
    if request.kind == "tabular" and content.format is None:
        raise TableError(
            "These files are not of one table format, so they cannot be registered as tabular.",
            hint="Leave out --kind, or name files of one format.",
        )
    options = content.definition.options
    check_options(options, content.format if kind == "tabular" else None)
    manifest = content.manifest(stores)
    names = names_asked(manifest.groups, options)
    check_names(names, options)
    described = Description(None, None)
    if kind == "tabular":
        kind, described = _describe(stores, content, request, names)
    key = _key(stores, latest, kind, described, request)
    kept = is_to_be_kept(stores, content.definition, manifest, request.snapshot or "auto")
    return _Prepared(content, request, latest, manifest, kind, described, key, kept)


def _added(
    stores: Stores, transaction: Transaction, prepared: _Prepared, manifest: str
) -> Registration:
    """Add a version, unless another process has registered the same since."""
    content, request = prepared.content, prepared.request
    latest = latest_of(transaction, request.name)
    if latest is not None:
        _check_same_sort(latest, request)
        if _holds_already(stores, latest, content, request):
            return unchanged(stores, transaction, latest, request, content.skipped)
        if not request.new_version:
            raise NewVersionRefusedError(
                f"{latest.ref} holds something else, and --no-new-version was given.",
                hint="Leave it out to register the next version.",
            )
    same = transaction.with_digest(request.name, content.digest)
    described = prepared.described
    version = Version(
        name=request.name,
        version=transaction.next_number(request.name),
        id=str(uuid.uuid4()),
        definition=content.definition,
        manifest=manifest,
        digest=content.digest,
        kind=prepared.kind,
        format=content.format if prepared.kind == "tabular" else None,
        files=content.files,
        size=content.size,
        rows=described.rows,
        columns=described.columns,
        key=prepared.key,
        description=request.description,
        tags=dict(request.tags),
        created=_not_before(latest),
        creator=request.creator or _user(),
        run=request.run,
        table=request.table,
        kept=prepared.kept,
        parents=request.parents,
    )
    transaction.add_version(version)
    return Registration(
        version=version,
        created=True,
        previous=latest,
        same_as=f"{request.name}@{same[-1]}" if same else None,
        skipped=content.skipped,
        files=tuple(islice(prepared.manifest.files, SHOWN_FILES)),
    )


def latest_of(view: View, name: str) -> Version | None:
    """Return the latest version of a dataset, None for one that has none."""
    numbers = view.numbers(name)
    return view.version(name, numbers[-1]) if numbers else None


def _check_same_sort(latest: Version, request: Request) -> None:
    """Refuse to go on with a dataset as a model, or with a model as a dataset."""
    if (latest.kind == "model") == (request.kind == "model"):
        return
    sort = "model" if latest.kind == "model" else "dataset"
    hint = (
        f"Register its next version: %ds model register {latest.name} PATH – or take another name."
        if sort == "model"
        else f"Give the model another name, such as {latest.name}_model."
    )
    raise SourceError(f"{latest.name} is a {sort}.", hint=hint)


def _holds_already(stores: Stores, latest: Version, content: Content, request: Request) -> bool:
    """Tell whether the latest version is all that was asked for; a lost manifest is put back."""
    if not _is_nothing_new(latest, content, request):
        return False
    if stores.manifests.is_whole(latest.manifest):
        return True
    return stores.manifests.write(content.manifest(stores)) == latest.manifest


def _is_nothing_new(latest: Version, content: Content, request: Request) -> bool:
    """Tell whether the latest version has this definition, content and kind already."""
    if latest.digest != content.digest or asks_for_more(latest, request):
        return False
    if content.definition.from_memory and latest.definition.from_memory:
        return True  # each table from memory has a folder of its own: the content is what counts
    return latest.definition == content.definition


def asks_for_more(latest: Version, request: Request) -> bool:
    """Tell whether a version is asked for that is another one although it holds the same."""
    other_kind = request.kind is not None and request.kind != latest.kind
    matter = request.parents_matter or request.kind == "model"
    if matter and set(map(_used, request.parents)) != set(map(_used, latest.parents)):
        return True  # the same file, but trained on other data
    return other_kind or (request.key is not None and tuple(request.key) != latest.key)


def _used(parent: Parent) -> tuple[str, str]:
    return parent.id, parent.role


def unchanged(
    stores: Stores, view: View, latest: Version, request: Request, skipped: int = 0
) -> Registration:
    """Return the outcome where a version that is there is all that was asked for."""
    if request.description and request.description != latest.description:
        stores.notify(
            f"{latest.ref} keeps its description; change it with: "
            f"%ds annotate {latest.ref} {request.description!r}"
        )
    if any(latest.tags.get(key) != value for key, value in request.tags.items()):
        given = " ".join(f"{key}={value}" for key, value in request.tags.items())
        stores.notify(f"{latest.ref} keeps its tags; set them with: %ds tag {latest.ref} {given}")
    numbers = list(view.numbers(latest.name))
    position = numbers.index(latest.version)
    previous = view.version(latest.name, numbers[position - 1]) if position else None
    return Registration(version=latest, created=False, previous=previous, skipped=skipped)


def _describe(
    stores: Stores, content: Content, request: Request, names: Sequence[FileName]
) -> tuple[Kind, Description]:
    assert content.format is not None
    options = content.definition.options
    try:
        return "tabular", describe(content.paths, content.format, options, content.size, names)
    except TableError as error:
        if request.kind == "tabular" or options or request.key or content.definition.from_memory:
            raise
        stores.notify(f"{error.message} It was registered as files, without a table.")
        return "file", Description(None, None)


def _key(
    stores: Stores,
    latest: Version | None,
    kind: Kind,
    described: Description,
    request: Request,
) -> tuple[str, ...]:
    """Return the columns that identify a row: those given, else those of the latest version."""
    known = [column.name for column in described.columns or ()]
    if request.key is None:
        inherited = latest.key if latest is not None else ()
        if kind != "tabular" or (
            described.columns is not None and not set(inherited) <= set(known)
        ):
            return ()
        return inherited
    if request.key and kind != "tabular":
        raise TableError("Files that are no table have no key columns.", hint="Leave out --key.")
    if described.columns is not None:
        for column in request.key:
            if column not in known:
                raise MissingColumnError(
                    f"There is no column {column}. {did_you_mean(column, known)}".strip(),
                    hint=f"The columns are {', '.join(known[:20])}"
                    f"{', …' if len(known) > 20 else ''}.",
                )
    if described.whole is not None and request.key:
        repeated = int(with_index_as_columns(described.whole).duplicated(list(request.key)).sum())
        if repeated:
            stores.notify(
                f"{', '.join(request.key)} does not identify every row: {repeated:,} rows repeat "
                "an earlier one's key."
            )
    return tuple(request.key)


def _not_before(latest: Version | None) -> datetime:
    """Return the present moment, or that of the latest version where the clock went back."""
    moment = now()
    return moment if latest is None else max(moment, latest.created)


def _user() -> str:
    try:
        return getpass.getuser()
    except (KeyError, OSError, ImportError):
        return str(os.getuid()) if hasattr(os, "getuid") else ""
