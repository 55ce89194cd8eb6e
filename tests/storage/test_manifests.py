from pathlib import Path

import pytest
from blake3 import blake3
from hypothesis import given
from hypothesis import strategies as st

from dsnb.errors import RegistryDamagedError, RegistryError
from dsnb.records import FileGroup, Manifest
from dsnb.storage.compression import compress
from dsnb.storage.manifests import (
    ManifestStore,
    digest_of_files,
    encode_manifest,
    hash_bytes,
    hash_texts,
)
from tests.workbench import write

MANIFEST = Manifest((FileGroup("default", "data", ("a", "b/ü"), (1, 2), ("0" * 64, "f" * 64)),))
FILES = st.lists(
    st.tuples(
        st.text(st.characters(exclude_characters="\0/", exclude_categories=["Cs"]), min_size=1),
        st.integers(0, 2**40),
        st.binary(min_size=32, max_size=32),
    ),
    max_size=4,
)


@pytest.fixture
def store() -> ManifestStore:
    return ManifestStore(Path("manifests"))


def the_file() -> Path:
    [path] = [path for path in Path("manifests").rglob("*") if path.is_file()]
    return path


def test_a_manifest_comes_back_from_its_address(store: ManifestStore) -> None:
    address = store.write(MANIFEST)
    assert store.read(address) == MANIFEST
    assert the_file().parent.name == address[:2]


def test_equal_manifests_are_kept_once(store: ManifestStore) -> None:
    address = store.write(MANIFEST)
    before = the_file().stat()
    assert store.write(Manifest(MANIFEST.groups)) == address
    assert the_file().stat() == before


@pytest.mark.parametrize("content", [b"", b"garbage", None, "cut", "other"])
def test_a_damaged_manifest_is_a_clear_error(
    store: ManifestStore, content: bytes | str | None
) -> None:
    address = store.write(MANIFEST)
    path = the_file()
    whole = path.read_bytes()
    if content is None:
        path.unlink()
    elif content == "cut":
        path.write_bytes(whole[:-5])
    elif content == "other":
        path.unlink()
        store.write(Manifest(()))
        the_file().rename("other")
        path.write_bytes(Path("other").read_bytes())
    else:
        assert isinstance(content, bytes)
        path.write_bytes(content)
    with pytest.raises(RegistryDamagedError, match=r"manifest .* cannot be used"):
        store.read(address)


@pytest.mark.parametrize("address", ["", "../../etc/passwd", "0" * 63, "G" * 64])
def test_an_address_leads_nowhere_else(store: ManifestStore, address: str) -> None:
    with pytest.raises(RegistryDamagedError, match="is not an address"):
        store.read(address)


def test_a_manifest_that_grows_without_end_is_not_unpacked(store: ManifestStore) -> None:
    store.write(MANIFEST)
    content = encode_manifest(MANIFEST) + b" " * 50_000_000
    address = blake3(content).hexdigest()
    path = Path("manifests") / address[:2] / f"{address[2:]}.json.zst"
    path.parent.mkdir(exist_ok=True)
    path.write_bytes(compress(content))
    with pytest.raises(RegistryDamagedError, match="does not match its address"):
        store.read(address)


def test_a_manifest_that_cannot_be_written_is_an_error() -> None:
    write("manifests", "a file")
    with pytest.raises(RegistryError, match="something else stands in its place"):
        ManifestStore(Path("manifests")).write(MANIFEST)


@given(FILES, FILES)
def test_different_files_have_different_digests(
    one: list[tuple[str, int, bytes]], other: list[tuple[str, int, bytes]]
) -> None:
    def digest(files: list[tuple[str, int, bytes]]) -> bytes:
        names, sizes, hashes = ([file[place] for file in files] for place in range(3))
        return digest_of_files(names, sizes, b"".join(hashes))  # type: ignore[arg-type]

    assert (digest(one) == digest(other)) == (one == other)


@given(st.lists(st.binary(max_size=20), max_size=5))
def test_hashes_are_the_same_as_bytes_and_as_texts(contents: list[bytes]) -> None:
    hashes = [blake3(content) for content in contents]
    texts = hash_texts(b"".join(one.digest() for one in hashes))
    assert list(texts) == [one.hexdigest() for one in hashes]
    assert hash_bytes(texts) == b"".join(one.digest() for one in hashes)
