"""The lock: the versions that a notebook read and made, as its own file holds them.

It says nothing of when or by which run, and it is sorted: a notebook that is run again on the same
versions keeps the same bytes. The schema is written down in ``docs/notebook-lock.md``.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from itertools import groupby
from typing import Any

from dsnb.errors import BadNameError, NotebookError, first_line
from dsnb.records import Access, Run, Use
from dsnb.refs import check_name

KEY = "dsnb"
"""The key of the lock in the notebook's metadata."""
SCHEMA = 1
MOST = 200
"""So many inputs, and so many outputs, have room in a lock."""
_DIGEST = re.compile("[0-9a-f]{64}")
_NUMBER = re.compile("[1-9][0-9]{0,17}")


@dataclass(frozen=True, slots=True, order=True)
class Locked:
    """One version that a notebook read or made.

    Attributes
    ----------
    name, version
        What it was called then.
    digest
        Its content, by which any workspace knows it again.
    how
        How it was used: ``load``, ``trace``, ``register``; sorted.
    """

    name: str
    version: int
    digest: str
    how: tuple[Access, ...]

    @property
    def ref(self) -> str:
        """The reference then, such as ``weather_ds@2``."""
        return f"{self.name}@{self.version}"


@dataclass(frozen=True, slots=True)
class Lock:
    """What a notebook read and made; true when there is anything.

    Attributes
    ----------
    inputs, outputs
        The versions by name and number, each once.
    left_out
        Number of further ones that had no room.
    """

    inputs: tuple[Locked, ...] = ()
    outputs: tuple[Locked, ...] = ()
    left_out: int = 0

    def __bool__(self) -> bool:
        return bool(self.inputs or self.outputs)


def lock_of(runs: Iterable[Run]) -> Lock:
    """Return the lock of some runs together, such as all of one kernel.

    Examples
    --------
    >>> from dsnb.records import now
    >>> use = Use(ref="weather_ds@2", id="1", digest="ab" * 32, how="load", at=now())
    >>> run = Run(id="1", name="a", process=1, process_started=0.0, started=now(), inputs=(use,))
    >>> [(one.ref, one.how) for one in lock_of([run, run]).inputs]
    [('weather_ds@2', ('load',))]
    """
    runs = list(runs)
    inputs = list(_locked(use for run in runs for use in run.inputs))
    outputs = list(_locked(use for run in runs for use in run.outputs))
    left_out = max(len(inputs) - MOST, 0) + max(len(outputs) - MOST, 0)
    return Lock(tuple(inputs[:MOST]), tuple(outputs[:MOST]), left_out)


def sessions(runs: Iterable[Run]) -> list[tuple[Run, ...]]:
    """Return runs by the kernel session that they belong to, in the order in which these began.

    One kernel may have had several runs (``%ds run start``), and one notebook holds them all. What
    was carried out by itself, such as a script that a notebook submits, is no part of a session.
    """
    found: dict[tuple[Any, ...], tuple[Run, ...]] = {}
    for run in sorted(runs, key=lambda run: run.started):
        if run.job is not None:
            continue
        session = (run.host, run.kernel, run.process, run.process_started)
        found[session] = (*found.get(session, ()), run)
    return list(found.values())


def joined(runs: tuple[Run, ...]) -> Run:
    """Return the runs of one session as if they were one: its last, with what all of them did."""
    merged = runs[0]
    for run in runs[1:]:
        merged = replace(
            run,
            started=merged.started,
            inputs=(*merged.inputs, *run.inputs),
            outputs=(*merged.outputs, *run.outputs),
            cells={**merged.cells, **run.cells},
            metrics={**merged.metrics, **run.metrics},
            tags={**merged.tags, **run.tags},
        )
    return merged


def lock_document(lock: Lock) -> dict[str, Any]:
    """Return a lock as the metadata of a notebook holds it.

    Examples
    --------
    >>> lock_document(Lock())
    {'schema': 1, 'inputs': [], 'outputs': []}
    """
    document: dict[str, Any] = {
        "schema": SCHEMA,
        "inputs": [_entry(one) for one in lock.inputs],
        "outputs": [_entry(one) for one in lock.outputs],
    }
    return {**document, "left_out": lock.left_out} if lock.left_out else document


def read_lock(document: object) -> Lock:
    """Return the lock that the metadata of a notebook holds; keys of a later dsnb are passed over.

    Raises
    ------
    NotebookError
        When it is none, or was written by a later dsnb in a schema of its own.

    Examples
    --------
    >>> read_lock({"schema": 1, "inputs": [], "outputs": []})
    Lock(inputs=(), outputs=(), left_out=0)
    """
    import msgspec

    if not isinstance(document, dict):
        raise _damaged(f"it is no object, but {type(document).__name__}")
    schema = document.get("schema")
    if isinstance(schema, int) and schema > SCHEMA:
        raise NotebookError(
            f"The lock of the notebook has schema {schema}, which only a later dsnb can read.",
            hint="Install a newer dsnb: pip install --upgrade dsnb",
        )
    if not {"inputs", "outputs"} <= document.keys():
        raise _damaged("it does not say what was read, or what was made")
    if schema is not True and schema == SCHEMA:
        try:
            lock = msgspec.convert({"left_out": 0, **document}, Lock)
        except (msgspec.ValidationError, ValueError, RecursionError) as error:
            raise _damaged(first_line(error)) from error
        _check(lock)
        return lock
    raise _damaged("its schema has no number")


def _entry(one: Locked) -> dict[str, Any]:
    return {
        "name": one.name,
        "version": one.version,
        "digest": one.digest,
        "how": list(one.how),
    }


def _check(lock: Lock) -> None:
    if max(len(lock.inputs), len(lock.outputs)) > MOST:
        raise _damaged(f"it names more than {MOST} versions")
    if lock.left_out < 0:
        raise _damaged("it left out fewer than none")
    for one in (*lock.inputs, *lock.outputs):
        try:
            check_name(one.name)
        except BadNameError as error:
            raise _damaged(error.message.rstrip(".")) from error
        if not 1 <= one.version < 10**18:
            raise _damaged(f"a version of {one.name} has a number that none can have")
        if not _DIGEST.fullmatch(one.digest):
            raise _damaged(f"{one.digest[:70]!r} is no digest")


def _damaged(why: str) -> NotebookError:
    return NotebookError(
        f"The lock of the notebook is damaged: {why}.",
        hint="It is written anew when the notebook is run in JupyterLab and saved.",
    )


def _locked(uses: Iterable[Use]) -> Iterator[Locked]:
    """Yield each version once; a record that names none, as a damaged one may, is passed over."""
    by_version = sorted(_read(uses))
    for (name, version, digest), each in groupby(by_version, key=lambda one: one[:3]):
        yield Locked(name, version, digest, tuple(sorted({how for *_, how in each})))


def _read(uses: Iterable[Use]) -> Iterator[tuple[str, int, str, Access]]:
    for use in uses:
        name, _, number = use.ref.rpartition("@")
        try:
            check_name(name)
        except BadNameError:
            continue
        if _NUMBER.fullmatch(number) and _DIGEST.fullmatch(use.digest):
            yield name, int(number), use.digest, use.how
