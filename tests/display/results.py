"""One of every result, made of a text that may be anything."""

from datetime import UTC, datetime, timedelta

from dsnb.commands.running import RunDetails
from dsnb.compare import (
    CellChange,
    DatasetDiff,
    FilePair,
    FilesDiff,
    Retyped,
    RowsDiff,
    SchemaDiff,
)
from dsnb.datasets.inspection import (
    DatasetList,
    Verification,
    VersionDetails,
    VersionList,
    VersionRow,
    WorkspaceStatus,
)
from dsnb.datasets.metadata import MetadataChange
from dsnb.datasets.registration import Registration
from dsnb.errors import DsnbError
from dsnb.magics.magic import Notice
from dsnb.presenting import PlainText, Presentable
from dsnb.provenance.runs import RunList
from dsnb.records import (
    CodeState,
    Column,
    Definition,
    FileEntry,
    Run,
    Source,
    Use,
    Version,
)
from dsnb.storage.configuration import DatastoreList, SettingList
from dsnb.storage.drift import Drift, FileDrift
from dsnb.workspace import WorkspaceCreated

LONG_AGO = datetime.now(UTC) - timedelta(days=400)


def version(text: str, number: int = 2, columns: int = 3) -> Version:
    return Version(
        name="weather_ds",
        version=number,
        id=f"id-{number}",
        definition=Definition(
            sources=(Source(datastore="default", path=f"data/{text}"),), options={"sep": text}
        ),
        manifest="ab",
        digest="cd" * 32,
        kind="tabular",
        format="csv",
        files=2,
        size=87_000,
        rows=1_006,
        columns=tuple(Column(f"{text} {index}", text) for index in range(columns)),
        key=(text,),
        description=text,
        tags={text: text},
        created=LONG_AGO,
        creator=text,
    )


def run(text: str, uses: int = 4) -> Run:
    used = tuple(
        Use(ref=f"weather_ds@{number}", id=text, digest="", how="load", cells=(1, 2), at=LONG_AGO)
        for number in range(1, uses + 1)
    )
    return Run(
        id="0123456789",
        name=text,
        notebook=f"/{text}.ipynb",
        kernel="k",
        process=1,
        process_started=0.0,
        host=text,
        user=text,
        started=LONG_AGO,
        code=CodeState(commit="c" * 40, branch=text, dirty=True),
        packages={text: text},
        inputs=used,
        outputs=used,
        tags={text: text},
    )


def drift(text: str, files: int = 2) -> Drift:
    gone = tuple(FileDrift(f"{text} {index}", "missing", 940) for index in range(files))
    return Drift(files, gone, (text,))


def difference(text: str, count: int = 3) -> DatasetDiff:
    def file(index: int) -> FileEntry:
        return FileEntry("default", f"{text} {index}", 940, "ef")

    return DatasetDiff(
        "weather_ds@1",
        text,
        FilesDiff(
            added=tuple(map(file, range(count))),
            removed=tuple(map(file, range(count))),
            changed=(FilePair(file(1), file(2)),),
            moved=(FilePair(file(1), file(2)),),
        ),
        SchemaDiff(
            added=tuple(Column(f"{text} {index}", text) for index in range(count)),
            retyped=(Retyped(text, text, text),),
        ),
        RowsDiff(
            key=(text,),
            key_source="on",
            added=504,
            changed=count,
            changed_by_column={text: count},
            cells=tuple(
                CellChange((f"{text} {index}",), text, text, text) for index in range(count)
            ),
        ),
        (text,),
    )


def every_result(text: str, many: int = 3) -> dict[str, Presentable]:
    """Return a result of each kind by its name; lists hold ``many``."""
    one = version(text)
    rows = tuple(VersionRow(version(text, number), (text,), False) for number in range(many, 0, -1))
    files = tuple(FileEntry("default", f"{text} {index}", 940, "ef" * 32) for index in range(many))
    wide = VersionRow(version(text, columns=many), (text,), True)
    return {
        "registration": Registration(
            version=one,
            created=True,
            previous=version("before", 1),
            same_as="weather_ds@1",
            skipped=3,
            files=files,
            started_workspace=f"/{text}",
        ),
        "nothing new": Registration(version=one, created=False),
        "datasets": DatasetList("/work", rows, (1,) * many),
        "no datasets": DatasetList(f"/{text}", (), (), text),
        "versions": VersionList("weather_ds", rows),
        "details": VersionDetails(wide, drift(text, many), files, "weather_ds@3"),
        "verification": Verification(tuple((row.version, drift(text)) for row in rows)),
        "status": WorkspaceStatus(
            folder=f"/{text}",
            datasets=1,
            versions=2,
            runs=3,
            registry_size=1,
            cache=f"/{text}",
            cache_size=1,
            datastores=(("default", "/", "there"), ("local", "/", "there"), (text, text, text)),
            drifted=(text,) * many,
            run=run(text),
        ),
        "diff": difference(text, many),
        "change": MetadataChange(one, f"tags: {text}"),
        "run": RunDetails(run(text, many), "running"),
        "run done": RunDetails(run(text), "running", done=f"tags: {text}"),
        "no run": RunDetails(None, "not begun"),
        "runs": RunList(tuple((run(text), "interrupted") for _ in range(many))),
        "datastores": DatastoreList((("default", text, "there"),) * 2, done=text),
        "settings": SettingList((("creator", text, True, "name of the creator"),)),
        "setting done": SettingList((("creator", text, True, ""),), done=f"creator = {text!r}"),
        "workspace": WorkspaceCreated(f"/{text}", True),
        "error": DsnbError(f"There is no {text}.", hint=text),
        "notice": Notice(f"Notice {text}"),
        "help": PlainText(text),
    }
