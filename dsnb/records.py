"""What dsnb remembers, as frozen values: versions, their definitions and manifests, runs.

No I/O happens here. `to_document` and `from_document` turn a record into what JSON can hold and
back, checking every type on the way in.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Literal, TypeVar

from dsnb.errors import RegistryDamagedError, UsageError

OWN = ".dsnb/data/"
"""Where dsnb lays out files, below the workspace's folder."""
Kind = Literal["tabular", "file", "model"]
Access = Literal["load", "trace", "register"]
Mechanism = Literal["direct", "mount", "download", "upload"]
JobKind = Literal["script", "pipeline", "step", "cell"]
Record = TypeVar("Record")


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """One path of a definition, as it was typed: a file, a folder or a pattern.

    Attributes
    ----------
    datastore
        Name of the datastore that the path is relative to.
    path
        POSIX path below the datastore's root, ``.`` for the root itself.
    """

    datastore: str
    path: str

    def __str__(self) -> str:
        if self.datastore == "local":
            return f"/{self.path}"
        return self.path if self.datastore == "default" else self.uri

    @property
    def uri(self) -> str:
        """The path together with its datastore."""
        return f"{self.datastore}:{self.path}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Definition:
    """What a version was asked to hold: paths in order, and how to read them.

    Attributes
    ----------
    sources
        The paths, in the order in which they were given.
    options
        Reader options that were given at registration; part of the definition, so that every load
        of the version is the same.
    include_hidden
        Whether names starting with ``.`` (for tables also ``_``) were taken.
    from_memory
        Whether dsnb itself wrote the files, from a table in memory.
    """

    sources: tuple[Source, ...]
    options: Mapping[str, Any] = field(default_factory=dict)
    include_hidden: bool = False
    from_memory: bool = False

    @property
    def is_own(self) -> bool:
        """Whether dsnb itself laid all files out: tables from memory, and what was imported."""
        return all(
            source.datastore == "default" and source.path.startswith(OWN) for source in self.sources
        )


@dataclass(frozen=True, slots=True)
class FileEntry:
    """One file of a manifest.

    Attributes
    ----------
    datastore, path
        Where the file lies: a POSIX path below the datastore's root.
    size
        Bytes.
    hash
        BLAKE3 of the content, 64 hexadecimal digits.
    """

    datastore: str
    path: str
    size: int
    hash: str


@dataclass(frozen=True, slots=True)
class FileGroup:
    """The files that one path of a definition stood for.

    Attributes
    ----------
    datastore, base
        The folder below which the names are relative, ``.`` for the datastore's root.
    names
        POSIX paths below ``base``, in order.
    sizes
        Bytes, as long as ``names``.
    hashes
        BLAKE3 of each content, 64 hexadecimal digits, as long as ``names``.
    """

    datastore: str
    base: str
    names: tuple[str, ...]
    sizes: tuple[int, ...]
    hashes: tuple[str, ...]

    def path(self, name: str) -> str:
        """Return the path of a name below the datastore's root."""
        return name if self.base == "." else f"{self.base}/{name}"

    @property
    def files(self) -> Iterator[FileEntry]:
        """The files, in order."""
        for name, size, digest in zip(self.names, self.sizes, self.hashes, strict=True):
            yield FileEntry(self.datastore, self.path(name), size, digest)


@dataclass(frozen=True, slots=True)
class Manifest:
    """Every file of a version, in the order of its definition."""

    groups: tuple[FileGroup, ...]

    @property
    def files(self) -> Iterator[FileEntry]:
        """The files, in order."""
        for group in self.groups:
            yield from group.files

    @property
    def count(self) -> int:
        """Number of files."""
        return sum(len(group.names) for group in self.groups)

    @property
    def size(self) -> int:
        """Bytes in all files together."""
        return sum(sum(group.sizes) for group in self.groups)


@dataclass(frozen=True, slots=True)
class Column:
    """A column of a table: its name and its type as pandas names it."""

    name: str
    type: str


@dataclass(frozen=True, slots=True)
class Parent:
    """A version that another was made from.

    Attributes
    ----------
    ref
        The reference at that time; ``id`` still finds the version after a rename.
    digest
        Its content, by which it is known where it is no longer, or never was.
    role
        What a model used it for, such as ``training data``; empty for none.
    """

    ref: str
    id: str
    digest: str
    role: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Version:
    """One version of a dataset, as the registry holds it.

    Attributes
    ----------
    name, version
        The dataset's name and the version's number, from 1, never used again.
    id
        A UUID that survives renaming.
    definition
        What was registered.
    manifest
        Address of the file list among the manifests.
    digest
        BLAKE3 over every file's name below its source, size and content; 64 hexadecimal digits.
    kind, format
        ``tabular`` with a format such as ``csv``; ``file`` or ``model`` with none.
    files, size
        Number of files and their bytes.
    rows, columns
        Of the table, where they were read at registration; else None.
    key
        Columns that together identify a row, when the user said so.
    created
        Moment of registration (UTC).
    creator
        Name of the user.
    run
        Id of the run that registered it, if one did.
    table
        BLAKE3 of the table's buffers, when it was registered from memory and that is exact.
    kept
        Whether the snapshots hold the bytes of all its files.
    deprecated
        Why it should not be used any more (may be empty); None while it may.
    parents
        The versions that it was made from, as far as a table from memory carried their references;
        those that a model was trained on, with their roles.
    """

    name: str
    version: int
    id: str
    definition: Definition
    manifest: str
    digest: str
    kind: Kind
    format: str | None = None
    files: int
    size: int
    rows: int | None = None
    columns: tuple[Column, ...] | None = None
    key: tuple[str, ...] = ()
    description: str = ""
    tags: Mapping[str, str] = field(default_factory=dict)
    created: datetime
    creator: str = ""
    run: str | None = None
    table: str | None = None
    kept: bool = False
    deprecated: str | None = None
    parents: tuple[Parent, ...] = ()

    def __post_init__(self) -> None:
        _check_zoned(self.created)
        if self.version < 1:
            raise ValueError("versions are numbered from 1")

    @property
    def ref(self) -> str:
        """The canonical reference, such as ``weather_ds@2``."""
        return f"{self.name}@{self.version}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Handed:
    """How a step or script got at an input, or at the place for an output.

    Attributes
    ----------
    name
        What its code calls it.
    mechanism
        ``direct`` (by its id), ``mount`` (a folder of links), ``download`` (a folder of copies);
        ``upload`` for an output that is copied elsewhere when it is done.
    path
        The folder, as the code was told; empty for none.
    """

    name: str
    mechanism: Mechanism
    path: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Use:
    """One version that a run read or made, and the cells in which it did.

    Attributes
    ----------
    ref
        The reference at that time; ``id`` still finds the version after a rename.
    cells
        Execution counts of the cells, in order; empty outside a notebook.
    sources
        For each of ``cells`` the hash of what it said, see `Run.cells`.
    also
        References of other versions that hold what was read as well, the newest of them first.
    columns
        The columns that were asked for, as far as that is known; None for all, or not known.
    handed
        How a step or script was given it; None for what code asked for by itself.
    at
        The first time (UTC).
    """

    ref: str
    id: str
    digest: str
    how: Access
    cells: tuple[int, ...] = ()
    sources: tuple[str, ...] = ()
    also: tuple[str, ...] = ()
    columns: tuple[str, ...] | None = None
    handed: Handed | None = None
    at: datetime

    def __post_init__(self) -> None:
        _check_zoned(self.at)


@dataclass(frozen=True, slots=True, kw_only=True)
class Untracked:
    """A file that a run read or wrote and that was no version's, as it was then.

    Attributes
    ----------
    path
        The path with its datastore, see `Source`.
    cells
        Execution counts of the cells, in order; empty outside a notebook.
    at
        The first time (UTC).
    """

    path: Source
    cells: tuple[int, ...] = ()
    at: datetime

    def __post_init__(self) -> None:
        _check_zoned(self.at)


@dataclass(frozen=True, slots=True, kw_only=True)
class Failure:
    """The error that the last cell of a run, or a script, ended with.

    Attributes
    ----------
    error
        Name of its class.
    cell
        Execution count of the cell, None outside a notebook.
    """

    error: str
    cell: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Note:
    """What the user wrote down of a run, and when (UTC)."""

    text: str
    at: datetime

    def __post_init__(self) -> None:
        _check_zoned(self.at)


@dataclass(frozen=True, slots=True, kw_only=True)
class CodeState:
    """The state of the git work tree in which a run began."""

    commit: str | None = None
    branch: str | None = None
    dirty: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    """How a run was carried out that is no session: a script, a pipeline, a step of one.

    Attributes
    ----------
    kind
        ``script``, ``pipeline``, ``step`` of a pipeline of scripts, or ``cell`` (a step that is a
        cell of a notebook).
    command
        The script and its arguments, as it was told; empty where there is none.
    exit_code
        What its process ended with, None while it has not, or where there is none.
    canceled
        Whether somebody ended it.
    identity
        Hash over its code, arguments and inputs: what would do the same has the same; empty where
        that cannot be told.
    reused
        Id of the run whose outputs were taken instead of doing the same again.
    places
        Where its code was told to write, by the names of its outputs.
    settings
        What was asked for that this machine does not do, such as ``compute_target``.
    """

    kind: JobKind
    command: tuple[str, ...] = ()
    places: Mapping[str, str] = field(default_factory=dict)
    exit_code: int | None = None
    canceled: bool = False
    identity: str = ""
    reused: str | None = None
    settings: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """One notebook session, script or step with the versions it read and made.

    Attributes
    ----------
    parent
        Id of the run that it is a part of.
    job
        How it was carried out; None for a session.
    notebook
        Path of the notebook or script, None when it cannot be known.
    kernel
        Id of the Jupyter kernel; it survives a restart, so ``process_started`` tells the two apart.
    process, process_started
        Process number, and the moment the process began (seconds since the epoch).
    host
        Name of the machine the process runs on.
    notebook_digest
        BLAKE3 of the notebook's or script's file, as it was when the run began, or ended.
    experiment
        What it belongs to together with other runs; empty for none.
    packages
        Versions of Python and of the libraries that shape the results.
    cells
        The cells that were run, in order of their first run: the hash of what each said (16
        hexadecimal digits of BLAKE2b) and, where the user wants sources kept, that itself.
    metrics
        Numbers that were recorded, by name, each in the order in which it was.
    failure
        How the last cell failed, None when it did not.
    untracked
        Data files that were read and belong to no version.
    written
        Data files that cells wrote, and that were no version's when they ended.
    """

    id: str
    name: str
    parent: str | None = None
    job: Job | None = None
    experiment: str = ""
    notebook: str | None = None
    notebook_digest: str | None = None
    kernel: str | None = None
    process: int
    process_started: float
    host: str = ""
    user: str = ""
    started: datetime
    ended: datetime | None = None
    code: CodeState = CodeState()
    packages: Mapping[str, str] = field(default_factory=dict)
    inputs: tuple[Use, ...] = ()
    outputs: tuple[Use, ...] = ()
    cells: Mapping[str, str] = field(default_factory=dict)
    tags: Mapping[str, str] = field(default_factory=dict)
    notes: tuple[Note, ...] = ()
    metrics: Mapping[str, tuple[float, ...]] = field(default_factory=dict)
    failure: Failure | None = None
    untracked: tuple[Untracked, ...] = ()
    written: tuple[Untracked, ...] = ()

    def __post_init__(self) -> None:
        _check_zoned(self.started)
        if self.ended is not None:
            _check_zoned(self.ended)


def now() -> datetime:
    """Return the present moment, in UTC.

    Examples
    --------
    >>> now().tzname()
    'UTC'
    """
    return datetime.now(UTC)


def _check_zoned(moment: datetime) -> None:
    if moment.tzinfo is None:
        raise ValueError("a moment has no time zone")


def to_document(record: object) -> dict[str, Any]:
    """Return a record as plain JSON values, of the very types it is read back with.

    Raises
    ------
    UsageError
        When a value in it has the wrong type, and could never be read again.

    Examples
    --------
    >>> to_document(Column("temp", "float64"))
    {'name': 'temp', 'type': 'float64'}
    """
    import msgspec

    try:
        document: dict[str, Any] = msgspec.to_builtins(record)
        msgspec.convert(document, type(record))
    except (msgspec.ValidationError, TypeError, ValueError) as error:
        raise UsageError(
            f"This cannot be recorded: {error}.", hint="Give text where text is wanted."
        ) from error
    return document


def from_document(document: object, kind: type[Record], where: str) -> Record:
    """Return the record that a document holds; keys of a later dsnb are passed over.

    Parameters
    ----------
    document
        What JSON held.
    kind
        The record's class.
    where
        What the document is, for the error.

    Raises
    ------
    RegistryDamagedError
        When a key is missing or has the wrong type.

    Examples
    --------
    >>> from_document({"name": "temp", "type": "float64"}, Column, "a column")
    Column(name='temp', type='float64')
    """
    import msgspec

    try:
        return msgspec.convert(document, kind)
    except (msgspec.ValidationError, ValueError) as error:
        raise RegistryDamagedError(
            f"{where} is damaged: {error}.",
            hint="Type %ds doctor --repair to mend what can be mended.",
        ) from error
