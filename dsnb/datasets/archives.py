"""Archives: versions with their records, file lists and bytes as one file.

An archive is a ZIP file. ``dsnb.json`` holds the records, the file lists by their address, and the
size of every content; ``contents/HASH`` holds each content once. The same versions always give the
same bytes. Nothing is ever unpacked by a name that the archive chose.
"""

from __future__ import annotations

import json
import os
import secrets
import zipfile
import zlib
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import IO, Any, BinaryIO

from dsnb.datasets.originals import find_originals
from dsnb.datasets.stores import Stores
from dsnb.errors import (
    ArchiveError,
    BadNameError,
    RegistryDamagedError,
    SourceError,
    UsageError,
    writing,
)
from dsnb.presenting import Outcome
from dsnb.records import FileEntry, Manifest, Version, from_document, to_document
from dsnb.refs import check_name
from dsnb.storage.atomic import TEMPORARY
from dsnb.storage.datastores import DEFAULT, Datastores
from dsnb.storage.manifests import digest_of_manifest, encode_manifest

FORMAT = 1
RECORDS = "dsnb.json"
CONTENTS = "contents/"
_PIECE = 4 << 20
_BROKEN = (
    zipfile.BadZipFile,
    zlib.error,
    EOFError,
    NotImplementedError,
    ValueError,
    OSError,
)
"""What reading a broken ZIP file raises."""
_LARGE = 1 << 31
_LEVEL = 1  # the quickest; what is slow to pack is slower to hand on than a little more
_MOST_RECORDS = 512 << 20
"""Bytes of records that are read at most; a hundred thousand files take 12 MB."""
_PACKED = (".parquet", ".feather", ".gz", ".zst", ".bz2", ".xz", ".zip", ".xlsx", ".png", ".jpg")
"""Ends of names whose contents do not get smaller."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Export(Outcome):
    """The outcome of an export.

    Attributes
    ----------
    versions
        Those in the archive.
    path
        The archive.
    size
        Its bytes.
    contents
        Number of different contents in it.
    """

    versions: tuple[Version, ...]
    path: str
    size: int
    contents: int


@dataclass(frozen=True, slots=True)
class Archive:
    """What an archive says it holds, checked to be of one mind with itself.

    Attributes
    ----------
    versions
        The records.
    manifests
        The file lists, by address.
    sizes
        Bytes of every content, by hash.
    """

    versions: tuple[Version, ...]
    manifests: Mapping[str, Manifest]
    sizes: Mapping[str, int]


def export(
    stores: Stores, versions: Sequence[Version], path: Path, *, overwrite: bool = False
) -> Export:
    """Write versions with all they hold to one file.

    Parameters
    ----------
    stores
        The workspace's keepers.
    versions
        Which ones.
    path
        The archive; its folder must exist.
    overwrite
        Whether a file that is there may be replaced.

    Raises
    ------
    UsageError
        When the file is there already.
    DriftError
        When files changed or vanished and no snapshot keeps them; nothing is written then.
    """
    if path.is_dir() or (path.exists() and not overwrite):
        raise UsageError(
            f"{path} is there already.",
            hint="Name another file."
            if path.is_dir()
            else "Name another file, or add --overwrite to replace it.",
        )
    if not path.parent.is_dir():
        raise UsageError(f"There is no folder {path.parent}.", hint="Make it first.")
    ordered = sorted({one.id: one for one in versions}.values(), key=lambda v: (v.name, v.version))
    manifests = {version.manifest: stores.manifest(version) for version in ordered}
    contents: dict[str, tuple[FileEntry, str]] = {}
    for version in ordered:
        manifest = manifests[version.manifest]
        found = find_originals(stores, version, manifest)
        if found.notice:
            stores.notify(found.notice)
        for file, place in zip(manifest.files, found.paths, strict=True):
            contents.setdefault(file.hash, (file, place))
    records = {
        "format": FORMAT,
        "versions": [to_document(version) for version in ordered],
        "manifests": {address: to_document(manifests[address]) for address in sorted(manifests)},
        "contents": {key: contents[key][0].size for key in sorted(contents)},
    }
    progress = stores.progress(len(contents), sum(file.size for file, _ in contents.values()))
    with _appearing(path) as target, zipfile.ZipFile(target, "w", compresslevel=_LEVEL) as archive:
        said = json.dumps(records, ensure_ascii=False, indent=1, sort_keys=True)
        with _entry(archive, RECORDS, len(said)) as entry:
            entry.write(said.encode())
        for key in sorted(contents):
            file, place = contents[key]
            with _entry(archive, CONTENTS + key, file.size, file.path) as entry:
                _write_content(entry, file, place, progress)
    return Export(
        versions=tuple(ordered), path=str(path), size=path.stat().st_size, contents=len(contents)
    )


def read_archive(archive: zipfile.ZipFile, datastores: Datastores) -> Archive:
    """Return what an archive says it holds, once all of it fits together.

    Raises
    ------
    ArchiveError
        When anything in it is damaged, missing, too much or leads elsewhere.
    """
    entries: dict[str, zipfile.ZipInfo] = {}
    for entry in archive.infolist():
        if entry.filename in entries or entry.flag_bits & 1 or entry.is_dir():
            raise damaged(
                f"its entry {entry.filename[:80]!r} is encrypted, a folder, or twice there"
            )
        entries[entry.filename] = entry
    if RECORDS not in entries:
        raise damaged(f"it has no {RECORDS}, so dsnb did not write it")
    records = _read_records(archive, entries.pop(RECORDS))
    try:
        manifests = {
            str(address): from_document(document, Manifest, f"The file list {str(address)[:12]}")
            for address, document in records["manifests"].items()
        }
        versions = tuple(
            from_document(document, Version, "The record of a version")
            for document in records["versions"]
        )
        sizes = {str(key): size for key, size in records["contents"].items()}
    except (KeyError, AttributeError, TypeError) as error:
        raise damaged(f"{RECORDS} lacks {error}") from error
    except RegistryDamagedError as error:
        raise damaged(error.message.rstrip(".")) from error
    _check_manifests(manifests, datastores)
    for version in versions:
        _check_version(version, manifests)
    listed = {
        file.hash: file.size for version in versions for file in manifests[version.manifest].files
    }
    if sizes != listed or set(entries) != {CONTENTS + key for key in listed}:
        raise damaged("its contents are not those that its versions list")
    for key, size in listed.items():
        if entries[CONTENTS + key].file_size != size:
            raise damaged(f"the content {key[:12]} has not the size that its version lists")
    return Archive(versions, manifests, listed)


def unpack(archive: zipfile.ZipFile, address: str, size: int, target: BinaryIO) -> None:
    """Write one content of an archive to a file that is open for writing, and prove it.

    Raises
    ------
    ArchiveError
        When it is not what its hash says.
    """
    from blake3 import blake3

    hasher, left = blake3(), size
    for piece in _pieces(archive, CONTENTS + address):
        left -= len(piece)
        if left < 0:
            break
        hasher.update(piece)
        target.write(piece)
    if left or hasher.hexdigest() != address:
        raise damaged(f"the content {address[:12]} is not what its hash says")


def _pieces(archive: zipfile.ZipFile, name: str) -> Iterator[bytes]:
    """Yield an entry piece by piece.

    Raises
    ------
    ArchiveError
        When it cannot be unpacked.
    """
    try:
        with archive.open(name) as source:
            while piece := source.read(_PIECE):
                yield piece
    except _BROKEN as error:
        raise damaged(f"its entry {name[:40]} cannot be unpacked ({error})") from error


@contextmanager
def opened(path: Path) -> Iterator[zipfile.ZipFile]:
    """Open an archive.

    Raises
    ------
    ArchiveError
        When there is none.
    """
    try:
        archive = zipfile.ZipFile(path)
    except (FileNotFoundError, IsADirectoryError):
        raise ArchiveError(
            f"There is no file {path}.", hint="Name one that %ds export wrote."
        ) from None
    except OSError as error:
        raise ArchiveError(
            f"{path} cannot be read: {error.strerror}.", hint="Check its permissions."
        ) from error
    except (zipfile.BadZipFile, ValueError, NotImplementedError) as error:
        raise damaged(f"it is no whole ZIP file ({error})") from error
    with archive:
        yield archive


def damaged(why: str) -> ArchiveError:
    """Return the error for an archive that is not what an export wrote."""
    return ArchiveError(
        f"This archive cannot be imported: {why}. Nothing was imported.",
        hint="Ask for it again, or export it once more: %ds export REF -o FILE",
    )


def _read_records(archive: zipfile.ZipFile, entry: zipfile.ZipInfo) -> Any:
    import msgspec

    if entry.file_size > _MOST_RECORDS:
        raise damaged(f"its {RECORDS} is larger than any that dsnb writes")
    content = b"".join(_pieces(archive, entry.filename))
    try:
        records = msgspec.json.decode(content)
    except ValueError as error:
        raise damaged(f"its {RECORDS} cannot be read ({error})") from error
    except RecursionError as error:
        raise damaged(f"its {RECORDS} is nested too deeply") from error
    if not isinstance(records, dict):
        raise damaged(f"its {RECORDS} is no record of versions")
    written = records.get("format")
    if not isinstance(written, int) or written < FORMAT:
        raise damaged(f"its {RECORDS} names no format")
    if written > FORMAT:
        raise ArchiveError(
            f"This archive was written by a newer dsnb (format {written}, this one knows "
            f"{FORMAT}).",
            hint="Upgrade: %pip install --upgrade dsnb",
        )
    return records


def _check_manifests(manifests: Mapping[str, Manifest], datastores: Datastores) -> None:
    from blake3 import blake3

    for address, manifest in manifests.items():
        if blake3(encode_manifest(manifest)).hexdigest() != address:
            raise damaged(f"the file list {address[:12]} is not what its address says")
        for group in manifest.groups:
            if not len(group.names) == len(group.sizes) == len(group.hashes):
                raise damaged(f"the file list {address[:12]} is not whole")
            if len(set(group.names)) < len(group.names) or not all(map(_is_hash, group.hashes)):
                raise damaged(f"the file list {address[:12]} names files twice, or without hash")
            if any(size < 0 for size in group.sizes):
                raise damaged(f"the file list {address[:12]} has sizes below zero")
            try:
                datastores.paths(replace(group, datastore=DEFAULT, base="."))
            except RegistryDamagedError as error:
                raise damaged(error.message.rstrip(".")) from error


def _check_version(version: Version, manifests: Mapping[str, Manifest]) -> None:
    try:
        check_name(version.name)
    except BadNameError as error:
        raise damaged(error.message.rstrip(".")) from error
    manifest = manifests.get(version.manifest)
    if manifest is None or len(manifest.groups) != len(version.definition.sources):
        raise damaged(f"the file list of {version.ref} is missing, or another version's")
    digest = digest_of_manifest(manifest)
    if (digest, manifest.count, manifest.size) != (version.digest, version.files, version.size):
        raise damaged(f"the record of {version.ref} does not fit its file list")


def _is_hash(text: str) -> bool:
    return len(text) == 64 and set(text) <= set("0123456789abcdef")


def _entry(archive: zipfile.ZipFile, name: str, size: int, called: str = "") -> IO[bytes]:
    """Open an entry to write; it bears no moment, so that equal archives are equal."""
    packed = called.lower().endswith(_PACKED)
    archive.compression = zipfile.ZIP_STORED if packed else zipfile.ZIP_DEFLATED
    return archive.open(name, "w", force_zip64=size > _LARGE)


def _write_content(target: IO[bytes], file: FileEntry, place: str, progress: Any) -> None:
    from blake3 import blake3

    hasher, left = blake3(), file.size
    try:
        with open(place, "rb") as source:
            while left > 0 and (piece := source.read(min(_PIECE, left))):
                hasher.update(piece)
                target.write(piece)
                left -= len(piece)
                progress(len(piece))
    except FileNotFoundError:
        left = -1
    if left or hasher.hexdigest() != file.hash:
        raise SourceError(
            f"{place} changed while it was exported. Nothing was written.",
            hint="Run the same line again.",
        )


@contextmanager
def _appearing(path: Path) -> Iterator[IO[bytes]]:
    """Open a file that appears under its name only once it is whole."""
    temporary = path.with_name(f"{TEMPORARY}{secrets.token_hex(8)}")
    with writing(path):
        try:
            with open(temporary, "xb") as file:
                yield file
                file.flush()
                os.fsync(file.fileno())
            os.replace(temporary, path)
        finally:
            with suppress(OSError):
                temporary.unlink(missing_ok=True)
