"""Handing versions on as one file, and taking them in."""

import json
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from dsnb.datasets.importing import Import
from dsnb.errors import ArchiveError, DriftError, DsnbError, RegistryError, UsageError
from dsnb.refs import parse
from dsnb.workspace import Workspace
from tests.workbench import load, register, register_table, write

CSV = "origin,temp\nEWR,78.08\n"
FILE = "weather.dsnb.zip"


@pytest.fixture
def two(workspace: Workspace) -> Workspace:
    write("data/week 27/a.csv", CSV)
    register(workspace, "data/week 27", name="weather_ds", tags={"stage": "raw"})
    write("data/week 28/a.csv", CSV.replace("EWR", "JFK"))
    register(workspace, "data/week 28", name="weather_ds", add=True, description="weeks 27, 28")
    return workspace


@pytest.fixture
def elsewhere(tmp_path: Path) -> Workspace:
    folder = tmp_path / "elsewhere"
    folder.mkdir()
    return Workspace.create(folder)


def export(workspace: Workspace, *refs: str, to: str = FILE, overwrite: bool = False) -> Path:
    versions = [workspace.resolve(one) for ref in refs for one in workspace.expand(ref)]
    workspace.export(versions, to, overwrite=overwrite)
    return Path(to)


def take(workspace: Workspace, path: Path | str = FILE) -> Import:
    return workspace.import_archive(str(Path(path).absolute()))


def test_versions_arrive_with_records_and_bytes(two: Workspace, elsewhere: Workspace) -> None:
    export(two, "weather_ds@1..2")
    done = take(elsewhere)
    assert [version.ref for version in done.versions] == ["weather_ds@1", "weather_ds@2"]
    for ref in ("weather_ds@1", "weather_ds@2"):
        here, there = two.resolve(ref), elsewhere.resolve(ref)
        for field in ("id", "digest", "created", "creator", "tags", "description", "columns"):
            assert getattr(here, field) == getattr(there, field)
        pd.testing.assert_frame_equal(load(two, ref), load(elsewhere, ref))
    assert elsewhere.verify(None, full=True)


def test_what_arrived_can_be_worked_with(two: Workspace, elsewhere: Workspace) -> None:
    export(two, "weather_ds@1..2")
    take(elsewhere)
    write("data/week 29/a.csv", CSV.replace("EWR", "LGA"))
    added = register(elsewhere, Path("data/week 29").absolute(), name="weather_ds", add=True)
    assert load(elsewhere, added.ref)["origin"].tolist() == ["EWR", "JFK", "LGA"]


@pytest.mark.parametrize(
    "paths", [["data/a.csv"], ["data/*.csv"], ["data"], ["data/b.csv", "data"]]
)
def test_however_it_was_named(workspace: Workspace, elsewhere: Workspace, paths: list[str]) -> None:
    write("data/a.csv", CSV)
    write("data/b.csv", CSV.replace("EWR", "JFK"))
    write("data/sub/c.csv", CSV.replace("EWR", "LGA"))
    register(workspace, *paths)
    export(workspace, "ds@1")
    take(elsewhere)
    pd.testing.assert_frame_equal(load(workspace), load(elsewhere))
    assert elsewhere.resolve("ds").digest == workspace.resolve("ds").digest


def test_a_table_from_memory_arrives(workspace: Workspace, elsewhere: Workspace) -> None:
    table = pd.DataFrame({"id": [1, 2], "temp": [78.08, 73.04]})
    register_table(workspace, table)
    export(workspace, "ds@1")
    take(elsewhere)
    pd.testing.assert_frame_equal(load(elsewhere), table)


def test_the_same_versions_always_give_the_same_file(two: Workspace) -> None:
    first = export(two, "weather_ds@1..2").read_bytes()
    again = export(two, "weather_ds@2", "weather_ds@1", "weather_ds@2", to="again.zip")
    assert again.read_bytes() == first


def test_equal_contents_are_in_it_once(workspace: Workspace) -> None:
    for name in ("a", "b", "c"):
        write(f"{name}.csv", CSV)
    register(workspace, "a.csv", "b.csv", "c.csv")
    with zipfile.ZipFile(export(workspace, "ds@1")) as archive:
        assert len(archive.namelist()) == 2
        assert archive.testzip() is None


def test_a_drifted_version_goes_out_as_it_was(two: Workspace, elsewhere: Workspace) -> None:
    write("data/week 27/a.csv", "origin,temp\nEWR,0\n")
    export(two, "weather_ds@1")
    take(elsewhere)
    assert load(elsewhere, "weather_ds")["temp"].tolist() == [78.08]


def test_what_is_lost_cannot_go_out(workspace: Workspace) -> None:
    write("a.csv", CSV)
    register(workspace, "a.csv", snapshot="never")
    write("a.csv", "changed")
    with pytest.raises(DriftError):
        export(workspace, "ds@1")
    assert not Path(FILE).exists()


def test_a_file_is_written_over_only_when_asked(two: Workspace) -> None:
    write(FILE, "mine")
    with pytest.raises(UsageError, match=r"there already.*--overwrite"):
        export(two, "weather_ds@1")
    assert Path(FILE).read_text() == "mine"
    export(two, "weather_ds@1", overwrite=True)
    assert zipfile.is_zipfile(FILE)
    for wrong in ("data", "nowhere/weather.zip"):
        with pytest.raises(UsageError):
            export(two, "weather_ds@1", to=wrong)


def test_a_version_that_is_here_stays_as_it_is(two: Workspace) -> None:
    export(two, "weather_ds@1..2")
    before = two.layout.registry.read_bytes()
    done = take(two)
    assert (done.versions, done.present) == ((), ("weather_ds@1", "weather_ds@2"))
    assert two.layout.registry.read_bytes() == before
    assert not two.layout.data.joinpath("weather_ds").exists()


def test_a_number_that_is_taken_becomes_the_next(two: Workspace, elsewhere: Workspace) -> None:
    write("mine.csv", "origin,temp\nBOS,1\n")
    register(elsewhere, Path("mine.csv").absolute(), name="weather_ds")
    export(two, "weather_ds@1..2")
    done = take(elsewhere)
    assert [version.ref for version in done.versions] == ["weather_ds@2", "weather_ds@3"]
    assert done.renumbered == ("weather_ds@1", "weather_ds@2")
    assert load(elsewhere, "weather_ds@2")["origin"].tolist() == ["EWR"]
    assert elsewhere.resolve("weather_ds@2").id == two.resolve("weather_ds@1").id


def test_a_number_that_was_deleted_is_not_used_again(two: Workspace, elsewhere: Workspace) -> None:
    export(two, "weather_ds@1..2")
    take(elsewhere)
    elsewhere.delete([parse("weather_ds@1"), parse("weather_ds@2")])
    assert [version.ref for version in take(elsewhere).versions] == [
        "weather_ds@3",
        "weather_ds@4",
    ]


# Damaged and hostile archives


def rewritten(path: Path, change: Callable[[dict[str, bytes], dict[str, Any]], None]) -> Path:
    """Write an archive anew with its entries and records changed."""
    with zipfile.ZipFile(path) as archive:
        entries = {name: archive.read(name) for name in archive.namelist()}
    records = json.loads(entries.pop("dsnb.json"))
    change(entries, records)
    other = path.with_name("other.zip")
    with zipfile.ZipFile(other, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("dsnb.json", json.dumps(records))
        for name, content in entries.items():
            archive.writestr(name, content)
    return other


def wrong_content(entries: dict[str, bytes], records: dict[str, Any]) -> None:
    name = next(iter(entries))
    entries[name] = bytes(len(entries[name]))


def longer_content(entries: dict[str, bytes], records: dict[str, Any]) -> None:
    entries[next(iter(entries))] += b"!"


def missing_content(entries: dict[str, bytes], records: dict[str, Any]) -> None:
    entries.popitem()


def further_content(entries: dict[str, bytes], records: dict[str, Any]) -> None:
    entries["contents/" + "0" * 64] = b"more"


def slip(entries: dict[str, bytes], records: dict[str, Any]) -> None:
    entries["../../slipped.txt"] = b"slipped"


def renamed_files(entries: dict[str, bytes], records: dict[str, Any]) -> None:
    for manifest in records["manifests"].values():
        manifest["groups"][0]["names"] = ["../../slipped.txt"]


def honest_address(entries: dict[str, bytes], records: dict[str, Any]) -> None:
    """Lead out of the folder, with every hash fitting."""
    from blake3 import blake3

    from dsnb.records import Manifest, from_document
    from dsnb.storage.manifests import (
        digest_of_files,
        digest_of_groups,
        encode_manifest,
        hash_bytes,
    )

    [version] = records["versions"]
    document = records["manifests"].pop(version["manifest"])
    document["groups"][0]["names"] = ["../../../slipped.txt"]
    manifest = from_document(document, Manifest, "a manifest")
    [group] = manifest.groups
    version["manifest"] = blake3(encode_manifest(manifest)).hexdigest()
    version["digest"] = digest_of_groups(
        [digest_of_files(group.names, group.sizes, hash_bytes(group.hashes))]
    )
    records["manifests"][version["manifest"]] = document


def other_name(entries: dict[str, bytes], records: dict[str, Any]) -> None:
    records["versions"][0]["name"] = "../../slipped"


def other_digest(entries: dict[str, bytes], records: dict[str, Any]) -> None:
    records["versions"][0]["digest"] = "0" * 64


def other_size(entries: dict[str, bytes], records: dict[str, Any]) -> None:
    records["versions"][0]["size"] += 1


def two_of_an_id(entries: dict[str, bytes], records: dict[str, Any]) -> None:
    records["versions"].append({**records["versions"][0], "version": 7})


def no_versions(entries: dict[str, bytes], records: dict[str, Any]) -> None:
    del records["versions"]


def wrong_types(entries: dict[str, bytes], records: dict[str, Any]) -> None:
    records["versions"] = {"0": 1}


def newer(entries: dict[str, bytes], records: dict[str, Any]) -> None:
    records["format"] = 99


@pytest.mark.parametrize(
    "change",
    [
        wrong_content, longer_content, missing_content, further_content, slip, renamed_files,
        honest_address, other_name, other_digest, other_size, two_of_an_id, no_versions,
        wrong_types, newer,
    ],
)  # fmt: skip
def test_an_archive_that_is_not_what_an_export_wrote_is_refused_whole(
    two: Workspace,
    elsewhere: Workspace,
    tmp_path: Path,
    change: Callable[[dict[str, bytes], dict[str, Any]], None],
) -> None:
    changed = rewritten(export(two, "weather_ds@1"), change)
    with pytest.raises(ArchiveError):
        take(elsewhere, changed)
    assert len(elsewhere.datasets()) == 0
    assert not list(tmp_path.rglob("slipped*"))
    left = [path for path in elsewhere.layout.folder.rglob("*") if path.is_file()]
    assert {path.name for path in left} <= {".gitignore", "registry.lock"}


def test_an_archive_that_unpacks_to_more_than_the_disk_holds_is_refused(
    two: Workspace, elsewhere: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    export(two, "weather_ds@1")
    monkeypatch.setattr("shutil.disk_usage", lambda path: type("Usage", (), {"free": 1000}))
    with pytest.raises(RegistryError, match="no room left"):
        take(elsewhere)
    assert len(elsewhere.datasets()) == 0


@pytest.mark.parametrize("content", [b"", b"no zip", b"PK\x05\x06" + bytes(18)])
def test_what_is_no_archive_is_refused(elsewhere: Workspace, content: bytes) -> None:
    Path(FILE).write_bytes(content)
    with pytest.raises(ArchiveError):
        take(elsewhere)
    with pytest.raises(ArchiveError, match="There is no file"):
        take(elsewhere, "nothing.zip")
    with pytest.raises(ArchiveError):
        take(elsewhere, ".")


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(at=st.floats(0, 1, exclude_max=True), bit=st.integers(0, 7))
def test_a_flipped_bit_is_harmless_or_refused(
    two: Workspace, elsewhere: Workspace, at: float, bit: int
) -> None:
    content = bytearray(export(two, "weather_ds@1", overwrite=True).read_bytes())
    content[int(at * len(content))] ^= 1 << bit
    Path("flipped.zip").write_bytes(content)
    try:
        done = take(elsewhere, "flipped.zip")
    except DsnbError:
        assert len(elsewhere.datasets()) == 0
        return
    # The bit was one that says nothing of the content, such as a moment.
    assert load(elsewhere, done.versions[0].ref)["temp"].tolist() == [78.08]
    elsewhere.delete([parse(done.versions[0].ref)])
