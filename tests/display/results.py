"""One of every result, made of a text that may be anything."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from itertools import cycle
from typing import get_args

import pandas as pd

from dsnb.commands.running import RunDetails
from dsnb.compare import (
    CellChange,
    ColumnChanges,
    DatasetDiff,
    FilePair,
    FilesDiff,
    Gaps,
    NumericShift,
    Renamed,
    Retyped,
    RowsDiff,
    SchemaDiff,
)
from dsnb.compare.overlap import Overlap
from dsnb.compare.result import RowKind
from dsnb.compare.stability import Distribution
from dsnb.datasets.archives import Export
from dsnb.datasets.bisecting import Bisection, Step
from dsnb.datasets.health import Examination, Finding, State
from dsnb.datasets.housekeeping import GarbageCollection, Swept
from dsnb.datasets.importing import Import
from dsnb.datasets.inspection import (
    DatasetList,
    Verification,
    VersionDetails,
    VersionList,
    VersionRow,
    WorkspaceStatus,
)
from dsnb.datasets.keeping import Snapshot
from dsnb.datasets.metadata import MetadataChange
from dsnb.datasets.models import ModelList
from dsnb.datasets.notebooks import NotebookVerification, RecordedInput
from dsnb.datasets.origins import Trace
from dsnb.datasets.profiles import Profiling
from dsnb.datasets.registration import Registration
from dsnb.datasets.removal import Deletion
from dsnb.datasets.restoring import Restoration
from dsnb.datasets.tracefile import FileTrace
from dsnb.errors import DsnbError
from dsnb.magics.magic import Notice
from dsnb.migration.files import MigratedFile, Migration
from dsnb.pipelines.cellruns import Made, StepDone
from dsnb.pipelines.cells import CellInput, CellOutput, CellStep
from dsnb.pipelines.notebooks import Pipeline, Reading, Standing
from dsnb.pipelines.notebooks import State as StepState
from dsnb.pipelines.rerunning import PipelineRun, Ran
from dsnb.presenting import PlainText, Presentable
from dsnb.provenance.dependents import Dependents
from dsnb.provenance.lineage import Ancestry, Lineage
from dsnb.provenance.lock import Lock, Locked
from dsnb.provenance.lockdiff import LockChange
from dsnb.provenance.rundiff import RunDiff, compare_runs
from dsnb.provenance.runs import Candidate, RunList
from dsnb.provenance.stale import Stale
from dsnb.records import (
    CodeState,
    Column,
    Definition,
    Failure,
    FileEntry,
    Handed,
    Job,
    Note,
    Parent,
    Run,
    Source,
    Use,
    Version,
    now,
)
from dsnb.refs import parse
from dsnb.session.execution import FailedCell
from dsnb.session.rerunning import Rerun
from dsnb.storage.configuration import DatastoreList, SettingList
from dsnb.storage.drift import Drift, FileDrift
from dsnb.tables.profiles import ColumnProfile, Profile
from dsnb.workspace import WorkspaceCreated

STATES: tuple[State, ...] = ("broken", "lost", "mended", "remark")
SIZES = (3, 200, 10_000)
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
        parents=(Parent(text, "id-1", "cd" * 32),),
    )


def run(text: str, uses: int = 4) -> Run:
    used = tuple(
        Use(
            ref=f"weather_ds@{number}",
            id=text,
            digest="",
            how="load",
            cells=(1, 2),
            also=(text,),
            at=LONG_AGO,
        )
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


def dependents(text: str) -> Dependents:
    return Dependents((text,), (run(text),) * 5)


@dataclass(frozen=True)
class Rows:
    """The rows behind a difference, all of one text."""

    text: str
    many: int

    def rows(self, kind: RowKind) -> pd.DataFrame:
        names = pd.Index([f"{self.text} {index}" for index in range(self.many)], dtype=object)
        return pd.DataFrame([[self.text] * self.many] * 3, columns=names, dtype=object)

    first = rows

    def cells(self) -> pd.DataFrame:
        return pd.DataFrame({"column": [self.text], "before": [0], "after": [1]}, dtype=object)

    def distributions(self) -> tuple[Distribution, ...]:
        return tuple(
            Distribution(
                column=f"{self.text} {index}",
                kind="categories" if index % 2 else "numbers",
                edges=() if index % 2 else (0, 1, 2),
                categories=(self.text, f"{self.text} more") if index % 2 else (),
                before=(500, 500),
                after=(900, 100),
                missing=(0, 3),
                rows=(1_000, 1_003),
                mean=(None, None) if index % 2 else (1.0, 0.5),
            )
            for index in range(min(self.many, 200))
        )


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
            renamed=(Renamed(text, f"{text} now"),),
            gaps=(Gaps(text, before=False, after=True), Gaps(text, before=True, after=False)),
        ),
        RowsDiff(
            key=(text,),
            key_source="on",
            added=504,
            removed=3,
            changed=count,
            changed_by_column={f"{text} {index}": index + 1 for index in range(count)},
            cells=tuple(
                CellChange((f"{text} {index}",), text, text, text) for index in range(count)
            ),
            columns=tuple(
                ColumnChanges(
                    f"{text} {index}",
                    index + 1,
                    ((text, text),) * 3,
                    NumericShift(0.5, -1.0, 2.0, 1.5, 0.1) if index % 2 else None,
                )
                for index in range(min(count, 100))
            ),
            _in_full=Rows(text, count),
        ),
        (text,),
    )


def bisection(text: str, many: int) -> Bisection:
    candidates = tuple(f"weather_ds@{number}" for number in range(2, many + 1))
    return Bisection(
        name="weather_ds",
        test=text,
        first_bad=candidates[0] if len(candidates) == 1 else None,
        last_good="weather_ds@1",
        candidates=candidates,
        steps=(
            Step("weather_ds@1", "good"),
            *(Step(ref, "skipped", text) for ref in candidates[:-1]),
            Step(candidates[-1], "bad"),
        ),
        versions=many,
    )


def trace(text: str, ref: str | None) -> Trace:
    return Trace(
        called=text,
        ref=ref,
        carried="weather_ds@1",
        proved=False,
        shape=(120, 3),
        held=(1_006, 15),
        library="pandas",
        cell=7,
        read=(text,) * 9,
    )


def run_diff(text: str, many: int) -> RunDiff:
    old = replace(run(text, many), cells={f"a{index}": text for index in range(many)})
    new = replace(
        run(text, 1),
        id="9876543210",
        packages={text: f"{text} 2"},
        code=CodeState(commit="d" * 40, branch=f"{text} 2"),
        tags={f"{text} {index}": text for index in range(many)},
        metrics={text: (1.0, 2.5)},
        notes=(Note(text=text, at=LONG_AGO),),
        failure=Failure(error=text, cell=7),
        experiment=text,
    )
    return compare_runs(old, new, lambda use: None)


def lineage(text: str, many: int) -> Lineage:
    """Return a version that was made from one, and of which many were made."""
    root = replace(version(text, 2), run="0123456789")
    others = [
        replace(
            version(text, number),
            id=f"id-{number}",
            name=f"made_{number}",
            kind="model" if number % 2 else "tabular",
            created=LONG_AGO + timedelta(seconds=number),
            parents=(Parent(root.ref, root.id, "cd" * 32, text),),
            run="0123456789",
        )
        for number in range(3, many + 3)
    ]
    source = replace(version(text, 1), created=LONG_AGO - timedelta(days=1))
    runs = {"0123456789": run(text)}
    return Ancestry([source, root, *others], runs).of(root)


def profile(text: str, many: int) -> Profile:
    numbers = ColumnProfile(
        name=text,
        type=text,
        kind="numbers",
        missing=3,
        distinct=5,
        distinct_is_exact=False,
        infinite=1,
        minimum=0,
        maximum=9,
        quantiles=(0, 1, 2, 3, 9),
        mean=2.5,
        std=1.0,
        edges=(0, 3, 6, 9),
        counts=(3, 0, 9),
    )
    words = ColumnProfile(
        name=text,
        type=text,
        kind="categories",
        missing=0,
        distinct=2,
        lengths=(1, 3),
        categories=((text, 60), (f"{text} 2", 30)),
        rest=10,
    )
    columns = (numbers, words) * (many // 2 + 1)
    return Profile(rows=100, sampled=50, columns=columns)


def notebook(text: str, many: int) -> NotebookVerification:
    """Return a notebook of which every other input is missing, and one drifted."""
    locked = [Locked("weather_ds", index + 1, "ab" * 32, ("load",)) for index in range(many)]
    inputs = [
        RecordedInput(one, None if index % 2 else version(text, index + 1), drift=drift(text))
        for index, one in enumerate(locked)
    ]
    lock = Lock(tuple(locked), left_out=3)
    return NotebookVerification(f"/{text}.ipynb", f"/{text}", lock, tuple(inputs))


def rerun(text: str, many: int) -> Rerun:
    changes = tuple(
        LockChange(f"{text} {index}", ("weather_ds@1",), (f"weather_ds@{index + 2}",), same=False)
        for index in range(many)
    )
    return Rerun(
        notebook=f"/{text}.ipynb",
        output=f"/{text}-rerun.ipynb",
        replaced=("weather_ds@3",),
        cells=2,
        of=many,
        recorded=Lock(),
        lock=Lock(),
        inputs=changes,
        outputs=changes,
        difference=run_diff(text, many),
        run=run(text),
        failed=FailedCell(2, text, text, text),
    )


# Tests ask for one kind after the other of the same text, which may be a megabyte: few are kept.
def job_run(text: str, uses: int = 3) -> Run:
    """Return a run of a script that was given its inputs under other names."""
    given = tuple(
        replace(use, handed=Handed(name=text, mechanism="mount", path=text), columns=(text,))
        for use in run(text, uses).inputs
    )
    job = Job(
        kind="script",
        command=(text,) * uses,
        exit_code=1,
        canceled=True,
        identity=text,
        reused=text,
        settings={text: text},
    )
    return replace(
        run(text, uses),
        parent=text,
        job=job,
        inputs=given,
        failure=Failure(error=text),
        ended=now(),
    )


def step_done(text: str, many: int) -> StepDone:
    made = tuple(Made(version(text, number), new=number % 2 == 0) for number in range(1, many + 1))
    ended = replace(job_run(text, many), job=Job(kind="cell"))
    return StepDone(ended, ((text, text),) * many, made)


def standings(text: str, many: int) -> tuple[Standing, ...]:
    states: tuple[StepState, ...] = get_args(StepState)
    step = CellStep(
        name=text,
        body=text,
        inputs=(CellInput(text, parse("weather_ds")),),
        outputs=(CellOutput(text, text),) * many,
    )
    reads = (
        Reading(text, text, text, None),
        Reading(text, text, None, text),
        *(Reading(text, text, f"{text}@1", text),) * many,
    )
    return tuple(
        Standing(
            step=step,
            state=state,
            reads=reads,
            made=(text,) if state == "up to date" else (),
            run=None if state == "never run" else job_run(text),
            by=text if state == "replaced" else "",
            here=state == "running",
        )
        for state, _ in zip(cycle(states), range(max(many, len(states))), strict=False)
    )


def pipeline_run(text: str, many: int) -> PipelineRun:
    one = standings(text, 3)[0]
    return PipelineRun(
        (
            Ran(one, done=step_done(text, many)),
            Ran(one, error=DsnbError(text, hint=text)),
            Ran(one, waits_for=(text,) * many),
            *(Ran(each) for each in standings(text, many)),
        )
    )


@lru_cache(maxsize=2)
def every_result(text: str, many: int = 3) -> Mapping[str, Presentable]:
    """Return a result of each kind by its name; lists hold ``many``."""
    one = version(text)
    rows = tuple(VersionRow(version(text, number), (text,), False) for number in range(many, 0, -1))
    files = tuple(FileEntry("default", f"{text} {index}", 940, "ef" * 32) for index in range(many))
    wide = VersionRow(version(text, columns=many), (text,), True)
    every_version = tuple(row.version for row in rows)
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
        "details": VersionDetails(
            wide, drift(text, many), files, "weather_ds@3", dependents(text), (text,)
        ),
        "details with a profile": VersionDetails(
            wide, drift(text, 1), files[:1], None, profiling=Profiling(profile(text, many))
        ),
        "details without a profile": VersionDetails(
            wide, drift(text, 1), files[:1], None, profiling=Profiling(why=text)
        ),
        "profile": profile(text, many),
        "lineage": lineage(text, many),
        "lineage of one alone": Ancestry([version(text)], {}).of(version(text), "up"),
        "models": ModelList(
            tuple(replace(row.version, kind="model") for row in rows), "weather_ds@2"
        ),
        "no models": ModelList((), text),
        "run diff": run_diff(text, many),
        "overlap": Overlap(
            first="weather_ds@1",
            second=text,
            on=(text,) * many,
            shared=many,
            rows_first=many,
            rows_second=many,
            total_first=10 * many,
            total_second=many,
            missing=3,
            rows=Rows(text, many).rows("added"),
        ),
        "no overlap": Overlap(
            first=text,
            second=text,
            on=(text,),
            shared=0,
            rows_first=0,
            rows_second=0,
            total_first=3,
            total_second=0,
            rows=pd.DataFrame(),
        ),
        "deprecated": VersionDetails(
            replace(wide, version=replace(one, deprecated=text, kept=True)),
            drift(text, many),
            files,
            None,
        ),
        "verification": Verification(tuple((row.version, drift(text)) for row in rows)),
        "verification of what is used": Verification(
            tuple((replace(row.version, kept=True), drift(text)) for row in rows),
            (dependents(text),) * many,
        ),
        "status": WorkspaceStatus(
            folder=f"/{text}",
            datasets=1,
            versions=2,
            runs=3,
            registry_size=1,
            kept_size=1,
            cache=f"/{text}",
            cache_size=1,
            datastores=(("default", "/", "there"), ("local", "/", "there"), (text, text, text)),
            drifted=(text,) * many,
            run=run(text),
            stale=tuple(Stale(text, (index,) * 20, text, drifted=True) for index in range(many)),
        ),
        "diff": difference(text, many),
        "bisection": bisection(text, 2),
        "bisection with skips": bisection(text, many),
        "trace": trace(text, "weather_ds@2"),
        "trace of another": trace(text, None),
        "trace of a file": FileTrace(path=text, versions=(text,) * 3, was=None, command=""),
        "trace of a changed file": FileTrace(path=text, versions=(), was=text, command=text),
        "no trace of a file": FileTrace(path=text, versions=(), was=None, command=text),
        "no trace": Trace(
            called=text, ref=None, carried=None, proved=False, shape=(), held=None, library="polars"
        ),
        "change": MetadataChange(one, f"tags: {text}"),
        "run": RunDetails(
            run(text, many),
            "running",
            untracked=tuple(Candidate(f"{text} {n}", (n,) * 20, text) for n in range(many)),
            written=(Candidate(text, (), text),),
        ),
        "run of a script": RunDetails(
            job_run(text, many),
            "canceled",
            parent=run(text),
            children=((job_run(text, many), "failed"), *((run(text), "canceled"),) * many),
        ),
        "runs of all kinds": RunList(((job_run(text), "canceled"), (run(text), "running"))),
        "step": step_done(text, many),
        "step that made nothing": replace(step_done(text, many), read=(), made=()),
        "pipeline": Pipeline(text, standings(text, many)),
        "pipeline up to date": Pipeline(None, standings(text, many)[:1]),
        "pipeline without steps": Pipeline(None, ()),
        "pipeline run": pipeline_run(text, many),
        "pipeline with nothing to do": PipelineRun(
            tuple(map(Ran, standings(text, 3)[:1])), changed=True
        ),
        "run done": RunDetails(run(text), "running", done=f"tags: {text}"),
        "no run": RunDetails(None, "not begun"),
        "notebook": notebook(text, many),
        "notebook of nothing": NotebookVerification(text, text, Lock(), ()),
        "rerun": rerun(text, many),
        "rerun to the end": replace(
            rerun(text, many), failed=None, difference=None, replaced=(), inputs=(), outputs=()
        ),
        "runs": RunList(tuple((run(text), "interrupted") for _ in range(many))),
        "datastores": DatastoreList((("default", text, "there"),) * 2, done=text),
        "settings": SettingList((("creator", text, True, "name of the creator"),)),
        "setting done": SettingList((("creator", text, True, ""),), done=f"creator = {text!r}"),
        "workspace": WorkspaceCreated(f"/{text}", True),
        "snapshot": Snapshot(version=replace(one, kept=True), was_kept=False, new=2, size=940),
        "kept already": Snapshot(version=replace(one, kept=True), was_kept=True),
        "kept no longer": Snapshot(version=one, was_kept=True),
        "restoration": Restoration(
            version=one, written=(f"/{text}",) * many, unchanged=3, folder=f"/{text}"
        ),
        "nothing to restore": Restoration(version=one, written=(), unchanged=3),
        "deletion": Deletion(every_version, (dependents(text),) * many),
        "collection": GarbageCollection(
            versions=every_version, swept=(Swept("snapshots", 3, 940),), dry_run=False
        ),
        "dry run": GarbageCollection(
            versions=every_version, swept=(Swept("snapshots", 3, 940),), dry_run=True
        ),
        "nothing to free": GarbageCollection(versions=(), swept=(), dry_run=False),
        "export": Export(versions=every_version, path=f"/{text}", size=940, contents=3),
        "import": Import(
            path=f"/{text}",
            versions=every_version,
            renumbered=("weather_ds@9",) * many,
            present=("weather_ds@7",) * many,
            started_workspace=f"/{text}",
        ),
        "migration": Migration(
            (
                MigratedFile(text, 2, (("line 3", f"{text} is not there"),) * many, text),
                *(MigratedFile(text, 1),) * many,
            ),
            looked_at=many,
        ),
        "migration checked": Migration((MigratedFile(text, 1),), looked_at=3, check=True),
        "nothing to migrate": Migration((), looked_at=0),
        "empty import": Import(path=f"/{text}", versions=(), renumbered=(), present=()),
        "examination": Examination(
            workspace=f"/{text}",
            findings=tuple(
                Finding(state, f"{text} {index}", text)
                for index, state in zip(range(many), cycle(STATES), strict=False)
            ),
            versions=3,
            contents=3,
        ),
        "good health": Examination(workspace="/work", findings=(), versions=3, contents=0),
        "error": DsnbError(f"There is no {text}.", hint=text),
        "notice": Notice(f"Notice {text}"),
        "help": PlainText(text),
    }
