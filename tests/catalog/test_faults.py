"""What the disk, other programs and the clock do to a registry: told clearly, and mended."""

import json
import os
import resource
import signal
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tinydb import TinyDB

from dsnb.catalog.backups import KEPT_BACKUPS
from dsnb.catalog.resolving import resolve
from dsnb.catalog.tinydb import TinyCatalog
from dsnb.errors import DsnbError, RegistryDamagedError, RegistryError
from dsnb.records import Run, to_document
from dsnb.refs import parse
from tests.catalog.records import add, catalog_in, some_run, some_version
from tests.workbench import NOBODY, run_python

REGISTRY = Path("registry.json")


def files_in(folder: Path) -> dict[str, bytes]:
    return {str(path): path.read_bytes() for path in folder.rglob("*.json") if path.is_file()}


def test_a_full_disk_leaves_everything_as_it_was(small_disk: Path) -> None:
    catalog = catalog_in(small_disk)
    add(catalog)
    before = files_in(small_disk)
    for _ in range(2 * KEPT_BACKUPS):
        with pytest.raises(RegistryError, match=r"no room left.*registry\.json.*nothing was chang"):
            add(catalog, description="x" * 500_000)
    assert files_in(small_disk) == before
    assert not list(small_disk.rglob(".tmp-*"))
    assert catalog.view().numbers("ds") == [1]
    assert catalog.check() == []
    assert add(catalog).version == 2


@pytest.mark.skipif(not hasattr(signal, "SIGXFSZ"), reason="no limit of file sizes here")
def test_a_limit_of_file_sizes_leaves_everything_as_it_was() -> None:
    catalog = catalog_in()
    add(catalog)
    before = files_in(Path.cwd())
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, limits[1]))
    try:
        with pytest.raises(RegistryError, match="no room left"):
            add(catalog, description="x" * 500_000)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
    assert files_in(Path.cwd()) == before
    assert add(catalog).version == 2


@pytest.mark.skipif(os.name == "nt" or os.getuid() != 0, reason="only root can become nobody")
def test_files_that_may_not_be_read_are_told_and_not_mended(open_folder: Path) -> None:
    add(catalog_in())
    REGISTRY.chmod(0o600)
    done = run_python(
        f"""
from pathlib import Path
from dsnb.catalog.tinydb import TinyCatalog
from dsnb.errors import DsnbError
folder = Path({str(open_folder)!r})
catalog = TinyCatalog(folder / "registry.json", folder / "runs.json", folder / "backups")
try:
    catalog.view()
except DsnbError as error:
    print(error)
[damage] = catalog.check()
print(damage.mendable, damage.what, damage.remedy)
""",
        user=NOBODY,
    )
    assert done.stderr == ""
    said, checked = done.stdout.splitlines()
    assert "registry.json cannot be read: Permission denied. Check its permissions" in said
    assert checked.startswith("False")
    assert "Permission denied" in checked


def cut_short(path: Path) -> None:
    os.truncate(path, path.stat().st_size // 2)


def empty(path: Path) -> None:
    os.truncate(path, 0)


def overwrite(path: Path) -> None:
    path.write_bytes(os.urandom(2000))


def fill_with_zeros(path: Path) -> None:
    path.write_bytes(bytes(path.stat().st_size))


def replace_by_folder(path: Path) -> None:
    path.unlink()
    path.mkdir()


def replace_by_pipe(path: Path) -> None:
    path.unlink()
    os.mkfifo(path)


DAMAGES = [cut_short, empty, overwrite, fill_with_zeros, replace_by_folder, replace_by_pipe]


@pytest.mark.parametrize("damage", DAMAGES, ids=lambda damage: damage.__name__)
def test_a_damaged_registry_is_told_left_alone_and_mended_without_loss(
    damage: Callable[[Path], None],
) -> None:
    catalog = catalog_in()
    versions = [add(catalog) for _ in range(3)]
    whole = REGISTRY.read_bytes()
    damage(REGISTRY)
    before = files_in(Path.cwd())
    for attempt in (catalog.view, lambda: add(catalog), lambda: add(catalog_in())):
        with pytest.raises(
            RegistryDamagedError, match=r"registry\.json is damaged: .*%ds doctor --repair"
        ):
            attempt()
    [found] = catalog.check()
    assert (found.mendable, found.file) == (True, "registry.json")
    assert files_in(Path.cwd()) == before

    mended, lost = catalog.repair()
    assert lost == ()
    assert any("registry.json came back from registry-000003.json" in one for one in mended)
    assert REGISTRY.read_bytes() == whole
    assert Path("backups/registry-damaged.json").exists()
    assert [catalog.view().by_id(version.id) for version in versions] == versions
    assert catalog.check() == []
    assert catalog.repair() == ((), ())
    assert add(catalog).version == 4


@pytest.mark.parametrize("damage", DAMAGES, ids=lambda damage: damage.__name__)
def test_damaged_runs_are_told_left_alone_and_mended(damage: Callable[[Path], None]) -> None:
    catalog, path = catalog_in(), Path("runs.json")
    catalog.save_run(some_run("kept"))
    damage(path)
    for attempt in (catalog.runs, lambda: catalog.save_run(some_run())):
        with pytest.raises(RegistryDamagedError, match=r"runs\.json is damaged: .*%ds doctor"):
            attempt()
    add(catalog)  # versions do not care
    mended, lost = catalog.repair()
    assert "runs.json came back" in mended[0]
    assert "after" in lost[0]  # runs are copied now and then only
    assert [run.name for run in catalog.runs().values()] == ["kept"]
    assert catalog.check() == []


def test_a_clock_that_goes_backwards_breaks_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    catalog = catalog_in()
    add(catalog)
    monkeypatch.setattr("time.time_ns", lambda: 0)
    monkeypatch.setattr("time.time", lambda: 0.0)
    for number in (2, 3):
        assert add(catalog).version == number
        assert catalog_in().view().numbers("ds")[-1] == number
    assert catalog.check() == []


# Anything at all in the file

ODD_VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.sampled_from([2**53, 10**400, -1, 0, 1.5, float("nan"), float("inf")])
    | st.floats()
    | st.text(max_size=5)
    | st.sampled_from(["\0", "\ud800", "__proto__", "ds", "2026-01-01", "2026-01-01T00:00:00Z"]),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from(["__proto__", "name", "a\0"]), inner, max_size=3)
    ),
    max_leaves=6,
)
GOOD: dict[str, dict[str, Any]] = {
    "versions": to_document(some_version()),
    "aliases": {"name": "ds", "alias": "prod", "version": 1},
    "names": {"name": "ds", "last": 1, "renamed_to": None, "deleted": []},
    "meta": {"schema_version": 1},
    "runs": to_document(some_run()),
    "__proto__": {},
}
KEYS = st.sampled_from([*{key for document in GOOD.values() for key in document}, "__proto__"])


@st.composite
def odd_documents(draw: st.DrawFn, table: str) -> Any:
    """Return a good document of a table with some keys missing, and some values odd."""
    document = {key: one for key, one in GOOD[table].items() if draw(st.integers(0, 9))}
    document |= draw(st.dictionaries(KEYS, ODD_VALUES, max_size=2))
    return draw(st.sampled_from([document, document, document, draw(ODD_VALUES)]))


@st.composite
def odd_registries(draw: st.DrawFn) -> bytes:
    rows = st.sampled_from(["1", "2", "3", "0", "01", "x", "9" * 30])
    tables = {
        table: draw(st.dictionaries(rows, odd_documents(table), max_size=3))
        for table in draw(st.lists(st.sampled_from([*GOOD]), max_size=5))
    }
    text = json.dumps(draw(st.sampled_from([tables, tables, tables, draw(ODD_VALUES)])))
    if draw(st.booleans()):
        text = text.replace('"2":', '"1":')  # keys that are there twice
    if draw(st.integers(0, 9)) == 0:
        deep = draw(st.sampled_from([200, 2_000, 100_000]))
        text = text.replace("null", "[" * deep + "]" * deep, 1)
    return text.encode()


def use(catalog: TinyCatalog) -> None:
    """Open, list and resolve; a refusal must be dsnb's own."""
    try:
        view = catalog.view()
    except DsnbError:
        return
    for name in ("ds", "\0", *view.names()):
        view.aliases(name), view.renamed_to(name), view.next_number(name), view.deleted(name)
        for number in (1, *view.numbers(name)):
            with suppress(RegistryDamagedError):
                view.version(name, number)
    for ref in ("ds", "ds@1", "ds@prod", "ds@sha:0000", "ds@2026-01-01", "other"):
        with suppress(DsnbError):
            resolve(view, parse(ref))


@settings(max_examples=150, deadline=None)
@given(content=odd_registries())
def test_whatever_the_files_hold_is_used_or_refused_left_alone_and_mended(content: bytes) -> None:
    for path in ("registry.json", "runs.json"):
        Path(path).write_bytes(content)
    for path in Path("backups").glob("*"):
        path.unlink()
    catalog = catalog_in()
    use(catalog)
    with suppress(DsnbError):
        catalog.runs()
    damages = catalog.check()
    assert REGISTRY.read_bytes() == Path("runs.json").read_bytes() == content

    if all(damage.mendable or damage.harmless for damage in damages):
        catalog.repair()
        assert [damage for damage in catalog.check() if not damage.harmless] == []
        assert catalog.repair() == ((), ())
        view = catalog.view()
        assert all(
            view.version(name, number) for name in view.names() for number in view.numbers(name)
        )
        assert all(isinstance(run, Run) for run in catalog.runs().values())
        assert add(catalog, "added").version >= 1
        with TinyDB("registry.json") as stock:
            assert stock.table("versions").all()
