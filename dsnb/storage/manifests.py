"""Manifests: the file lists of versions, kept by their own hash outside the registry.

A manifest is JSON compressed with Zstandard. Its address is the hash of its JSON, so that equal
lists are kept once and a damaged one is noticed when it is read.
"""

from __future__ import annotations

import binascii
from collections.abc import Iterable, Iterator, Sequence, Set
from pathlib import Path

from dsnb.errors import RegistryDamagedError, writing
from dsnb.records import Manifest, from_document
from dsnb.storage.atomic import write_atomically

# Hashes hardly get smaller, so that a list which grows a lot when it is unpacked is none.
_MOST = 200
_ROOM = 1 << 20


def digest_of_files(names: Sequence[str], sizes: Sequence[int], hashes: bytes) -> bytes:
    """Return the digest over files in order: their names, sizes and contents, never their times.

    Parameters
    ----------
    names
        Names below the path that was registered, so that the folder can move.
    sizes
        Bytes, as long as ``names``.
    hashes
        BLAKE3 of each content, 32 bytes, one after another.
    """
    from blake3 import blake3

    text = hashes.hex()
    lines = [
        f"{name}\0{size}\0{text[64 * index : 64 * index + 64]}\n"
        for index, (name, size) in enumerate(zip(names, sizes, strict=True))
    ]
    return blake3("".join(lines).encode()).digest()


def digest_of_groups(digests: Iterable[bytes]) -> str:
    """Return the digest of a version from those of the paths in its definition, in order."""
    from blake3 import blake3

    return blake3(b"".join(digests)).hexdigest()


def digest_of_manifest(manifest: Manifest) -> str:
    """Return the digest of a version from its file list, whatever its record claims."""
    return digest_of_groups(
        digest_of_files(group.names, group.sizes, hash_bytes(group.hashes))
        for group in manifest.groups
    )


def hash_texts(hashes: bytes) -> tuple[str, ...]:
    """Return hashes that lie one after another as hexadecimal texts.

    Examples
    --------
    >>> [text[:4] for text in hash_texts(bytes(32) + bytes([255]) * 32)]
    ['0000', 'ffff']
    """
    text = hashes.hex()
    return tuple(text[start : start + 64] for start in range(0, len(text), 64))


def hash_bytes(texts: Iterable[str]) -> bytes:
    """Return hexadecimal hashes as bytes, one after another."""
    return binascii.unhexlify("".join(texts))


def encode_manifest(manifest: Manifest) -> bytes:
    """Return a manifest as the JSON whose hash is its address."""
    import msgspec

    return msgspec.json.encode(manifest)


class ManifestStore:
    """The manifests of one workspace.

    Parameters
    ----------
    folder
        Where they are kept.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def write(self, manifest: Manifest) -> str:
        """Keep a manifest and return its address.

        Raises
        ------
        RegistryError
            When the folder cannot be written.
        """
        from blake3 import blake3

        from dsnb.storage.compression import compress

        content = encode_manifest(manifest)
        address = blake3(content).hexdigest()
        path = self._path(address)
        with writing(path):
            if not self.is_whole(address):
                write_atomically(path, compress(content, level=3))
        return address

    def is_there(self, address: str) -> bool:
        """Tell whether a manifest is there, unread."""
        return self._path(address).is_file()

    def is_whole(self, address: str) -> bool:
        """Tell whether a manifest is there and holds what was written."""
        try:
            self._content(address)
        except RegistryDamagedError:
            return False
        return True

    def unneeded(self, needed: Set[str]) -> Iterator[Path]:
        """Yield the files of manifests that are not needed.

        Parameters
        ----------
        needed
            Addresses.
        """
        for path in self._folder.glob("??/*.json.zst"):
            if path.parent.name + path.name.removesuffix(".json.zst") not in needed:
                yield path

    def read(self, address: str) -> Manifest:
        """Return a manifest by its address.

        Raises
        ------
        RegistryDamagedError
            When it is missing or does not hold what was written.
        """
        import msgspec

        content, path = self._content(address), self._path(address)
        try:
            document = msgspec.json.decode(content)
        except (msgspec.DecodeError, ValueError, RecursionError) as error:
            raise _damaged(path, str(error)) from error
        return from_document(document, Manifest, f"The manifest {path}")

    def _content(self, address: str) -> bytes:
        from blake3 import blake3

        from dsnb.storage.compression import library

        zstd = library()
        path = self._path(address)
        if path.exists() and not path.is_file():
            raise _damaged(path, "it is no regular file")  # reading a pipe would wait for ever
        try:
            kept = path.read_bytes()
            decompressor = zstd.ZstdDecompressor()
            content: bytes = decompressor.decompress(kept, max_length=_ROOM + _MOST * len(kept))
        except FileNotFoundError:
            raise _damaged(path, "it is missing") from None
        except (OSError, ValueError, zstd.ZstdError) as error:
            raise _damaged(path, str(error)) from error
        if not decompressor.eof or blake3(content).hexdigest() != address:
            raise _damaged(path, "its content does not match its address")
        return content

    def _path(self, address: str) -> Path:
        if len(address) != 64 or not set(address) <= set("0123456789abcdef"):
            raise _damaged(self._folder / "…", f"{address[:80]!r} is not an address")
        return self._folder / address[:2] / f"{address[2:]}.json.zst"


def _damaged(path: Path, why: str) -> RegistryDamagedError:
    return RegistryDamagedError(
        f"The manifest {path} cannot be used: {why}.",
        hint="Type %ds doctor --repair: it makes the list anew while the files are unchanged.",
    )
