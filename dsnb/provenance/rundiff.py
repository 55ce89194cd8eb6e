"""Comparing two runs: why a result moved. Records in, answers out."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass

from dsnb.presenting import Presentable
from dsnb.records import Run, Use, Version


@dataclass(frozen=True, slots=True)
class DataChange:
    """The versions of one dataset that either run read.

    Attributes
    ----------
    name
        The dataset, as it is called now.
    before, after
        References of the versions, each once, in the order in which they were read.
    compare
        What compares the two, such as ``weather_ds@1..2``; empty where there is nothing to.
    """

    name: str
    before: tuple[str, ...]
    after: tuple[str, ...]
    compare: str = ""

    @property
    def same(self) -> bool:
        """Whether both runs read the same versions."""
        return sorted(self.before) == sorted(self.after)


@dataclass(frozen=True, slots=True)
class Change:
    """What is one thing in the first run and another in the second; None where it is nothing."""

    name: str
    before: str | None
    after: str | None


@dataclass(frozen=True, slots=True)
class MetricChange:
    """The last value of a metric in either run; None where it has none."""

    name: str
    before: float | None
    after: float | None


@dataclass(frozen=True, slots=True)
class CellChanges:
    """How the cells that were run differ.

    Attributes
    ----------
    removed, added
        What those say that only the first, or only the second run has; empty texts where that was
        not kept.
    same
        Number of cells that both ran.
    """

    removed: tuple[str, ...] = ()
    added: tuple[str, ...] = ()
    same: int = 0


@dataclass(frozen=True, slots=True)
class RunDiff(Presentable):
    """How two runs differ.

    Attributes
    ----------
    old, new
        The runs.
    data
        What they read, by dataset.
    cells
        The cells that they ran.
    code
        Commit, branch and notebook where they differ.
    packages
        Libraries whose versions differ.
    metrics
        All metrics, and whether they differ.
    tags
        Tags that differ.

    Examples
    --------
    >>> from dsnb.records import now
    >>> run = Run(id="1", name="train", process=1, process_started=0.0, started=now())
    >>> bool(compare_runs(run, run, lambda use: None))
    False
    """

    old: Run
    new: Run
    data: tuple[DataChange, ...] = ()
    cells: CellChanges = CellChanges()
    code: tuple[Change, ...] = ()
    packages: tuple[Change, ...] = ()
    metrics: tuple[MetricChange, ...] = ()
    tags: tuple[Change, ...] = ()

    def __bool__(self) -> bool:
        return bool(
            self.code
            or self.packages
            or self.tags
            or self.cells.removed
            or self.cells.added
            or any(not one.same for one in self.data)
            or any(one.before != one.after for one in self.metrics)
        )


def compare_runs(old: Run, new: Run, find: Callable[[Use], Version | None]) -> RunDiff:
    """Return how two runs differ.

    Parameters
    ----------
    old, new
        The runs.
    find
        Returns the version that was used, as it is called now; None when it is gone.
    """
    return RunDiff(
        old,
        new,
        data=tuple(_data(old.inputs, new.inputs, find)),
        cells=_cells(old.cells, new.cells),
        code=tuple(_changes(_code(old), _code(new))),
        packages=tuple(_changes(old.packages, new.packages)),
        metrics=tuple(_metrics(old, new)),
        tags=tuple(_changes(old.tags, new.tags)),
    )


def _data(
    old: Iterable[Use], new: Iterable[Use], find: Callable[[Use], Version | None]
) -> Iterable[DataChange]:
    before, after = (_by_dataset(uses, find) for uses in (old, new))
    for name in dict.fromkeys((*before, *after)):
        one, other = before.get(name, ()), after.get(name, ())
        compare = ""
        if one and other and one[-1] != other[-1]:
            first, second = (ref.rpartition("@")[2] for ref in (one[-1], other[-1]))
            compare = f"{name}@{first}..{second}"
        yield DataChange(name, one, other, compare)


def _by_dataset(
    uses: Iterable[Use], find: Callable[[Use], Version | None]
) -> dict[str, tuple[str, ...]]:
    found: dict[str, tuple[str, ...]] = {}
    for use in uses:
        version = find(use)
        ref = use.ref if version is None else version.ref
        name = ref.rpartition("@")[0]
        if ref not in found.get(name, ()):
            found[name] = (*found.get(name, ()), ref)
    return found


def _cells(old: Mapping[str, str], new: Mapping[str, str]) -> CellChanges:
    return CellChanges(
        removed=tuple(source for code, source in old.items() if code not in new),
        added=tuple(source for code, source in new.items() if code not in old),
        same=len(old.keys() & new.keys()),
    )


def _code(run: Run) -> dict[str, str]:
    code = run.code
    told = {
        "notebook": run.notebook,
        "commit": code.commit and code.commit[:10],
        "branch": code.branch,
        "work tree": "with uncommitted changes" if code.dirty else None,
    }
    return {name: value for name, value in told.items() if value}


def _metrics(old: Run, new: Run) -> Iterable[MetricChange]:
    before, after = ({name: each[-1] for name, each in run.metrics.items()} for run in (old, new))
    for name in dict.fromkeys((*before, *after)):
        yield MetricChange(name, before.get(name), after.get(name))


def _changes(old: Mapping[str, str], new: Mapping[str, str]) -> Iterable[Change]:
    for name in dict.fromkeys((*old, *new)):
        if old.get(name) != new.get(name):
            yield Change(name, old.get(name), new.get(name))
