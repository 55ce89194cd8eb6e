"""Bisecting: the first version of a dataset that fails a test, in as few loads as can be.

It rests on one assumption, as ``git bisect`` does: that the dataset changed once from passing to
failing between the two ends. Versions that cannot be judged are passed over; where they lie next
to the change, all that can be said is that it is one of several, and that is what is said.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Literal

from dsnb.catalog.resolving import known_numbers
from dsnb.datasets.judging import Test, UndecidedError, is_true
from dsnb.datasets.loading import load
from dsnb.datasets.stores import Stores
from dsnb.errors import DriftError, DsnbError, MissingLibraryError, SearchError, first_line
from dsnb.presenting import Presentable
from dsnb.records import Version

Verdict = Literal["good", "bad", "skipped"]


@dataclass(frozen=True, slots=True)
class Step:
    """One version that was looked at.

    Attributes
    ----------
    ref
        The version.
    verdict
        ``good`` where the test holds, ``bad`` where it fails, ``skipped`` where neither is known.
    why
        Why it was skipped.
    """

    ref: str
    verdict: Verdict
    why: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Bisection(Presentable):
    """Where a dataset began to fail a test.

    Attributes
    ----------
    name
        The dataset.
    test
        The expression, or the function's name.
    first_bad
        Reference of the first version that fails; None when skipped versions leave several.
    last_good
        Reference of the last version that is known to pass.
    candidates
        References of every version that may be the first to fail, oldest first: all but the last
        could not be judged.
    steps
        The versions that were looked at, in that order.
    versions
        Number of versions between the two ends, these included.
    """

    name: str
    test: str
    first_bad: str | None
    last_good: str
    candidates: tuple[str, ...]
    steps: tuple[Step, ...]
    versions: int

    @property
    def skipped(self) -> tuple[Step, ...]:
        """The versions that could not be judged."""
        return tuple(step for step in self.steps if step.verdict == "skipped")


def search(good: int, bad: int, judge: Callable[[int], Verdict]) -> tuple[int, int]:
    """Return the last good position and the first bad one, as near as can be told.

    Between the two lie only positions that were skipped. Without any, this judges the smallest
    number of positions that always suffices.

    Parameters
    ----------
    good, bad
        Positions that are known to be so, the good one first.
    judge
        Tells what is at a position between; it is asked at most once of each.

    Examples
    --------
    >>> search(0, 9, lambda position: "good" if position < 6 else "bad")
    (5, 6)
    """
    skipped: set[int] = set()
    while (run := _longest_run(range(good + 1, bad), skipped)) is not None:
        middle = (run.start + run.stop) // 2
        match judge(middle):
            case "good":
                good = middle
            case "bad":
                bad = middle
            case "skipped":
                skipped.add(middle)
    return good, bad


def _longest_run(positions: range, without: set[int]) -> range | None:
    """Return the longest unbroken run of positions, None when there are none.

    Away from what was skipped the next is more likely to be judged: such versions come in rows.
    """
    longest, start = range(0), positions.start
    for position in (*sorted(without & {*positions}), positions.stop):
        if position - start > len(longest):
            longest = range(start, position)
        start = position + 1
    return longest or None


def bisect(
    stores: Stores,
    name: str,
    test: Test,
    called: str,
    good: Version | None = None,
    bad: Version | None = None,
) -> Bisection:
    """Find the first version of a dataset that fails a test.

    Parameters
    ----------
    stores
        The workspace's keepers.
    name
        The dataset.
    test
        What is asked of the data of each version.
    called
        The expression, or the function's name.
    good
        A version for which the test holds; None is the oldest that can be judged.
    bad
        A later version for which it fails; None is the latest that can be read.

    Raises
    ------
    DatasetNotFoundError
        When there is no such dataset.
    SearchError
        When the ends are not good and bad, in this order, or cannot be judged.
    """
    return _Search(stores, name, test).run(called, good, bad)


class _Search:
    """One search: what was asked, and the steps so far."""

    def __init__(self, stores: Stores, name: str, test: Test) -> None:
        view = stores.catalog.view()
        found = (view.version(name, number) for number in known_numbers(view, name))
        self._versions = [version for version in found if version is not None]
        # That a version drifted and is read from its snapshot changes no answer.
        self._quiet = replace(stores, notify=lambda notice: None)
        self._tell = stores.notify
        self._name = name
        self._test = test
        self._steps: list[Step] = []

    def run(self, called: str, good: Version | None, bad: Version | None) -> Bisection:
        first = 0 if good is None else self._position(good)
        last = len(self._versions) - 1 if bad is None else self._position(bad)
        self._check_order(first, last)
        # The latest goes first: it is the one at hand, for which an expression was most likely
        # written, so that what is wrong with it is noticed at once.
        last = self._end(range(last, first, -1), "bad", bad)
        first = self._end(range(first, last), "good", good)
        after, before = search(first, last, self._judged)
        candidates = tuple(one.ref for one in self._versions[after + 1 : before + 1])
        return Bisection(
            name=self._name,
            test=called,
            first_bad=candidates[0] if len(candidates) == 1 else None,
            last_good=self._versions[after].ref,
            candidates=candidates,
            steps=tuple(self._steps),
            versions=last - first + 1,
        )

    def _position(self, version: Version) -> int:
        return [one.id for one in self._versions].index(version.id)

    def _check_order(self, first: int, last: int) -> None:
        if len(self._versions) == 1:
            raise SearchError(
                f"{self._name} has one version only, {self._versions[0].ref}, so there is nothing "
                "to search.",
                hint=f"Register another: %ds register {self._name} PATH",
            )
        good, bad = self._versions[first], self._versions[last]
        if first == last:
            raise SearchError(
                f"Both ends are {good.ref}, so there is nothing between them.",
                hint="Give --good an older version, or --bad a newer one.",
            )
        if first > last:
            raise SearchError(
                f"--good {good.version} is newer than --bad {bad.version}, and the search goes "
                "from an older good version to a newer bad one.",
                hint=f"Swap them; to find where it got better, search for the reverse: "
                f"--good {bad.version} --bad {good.version} -- not (EXPR)",
            )

    def _end(self, positions: Sequence[int], wanted: Verdict, given: Version | None) -> int:
        """Return the position of an end: the first that can be judged, and is as it should be."""
        for position in positions:
            # What the newest version answers shows whether the question itself is sound.
            step = self._look(position, strictly=wanted == "bad" or given is not None)
            if step.verdict == wanted:
                return position
            if step.verdict != "skipped":
                raise self._not_so(position, wanted)
            if given is not None:
                raise SearchError(
                    f"{step.ref} cannot be read: {step.why}.",
                    hint=f"Name another version: --{wanted} N",
                )
        raise SearchError(
            f"Fewer than two versions of {self._name} can be judged, so there is nothing to "
            "search.",
            hint="See how they stand on disk: %ds verify",
        )

    def _not_so(self, position: int, wanted: Verdict) -> SearchError:
        ref = self._versions[position].ref
        if wanted == "bad":
            return SearchError(
                f"It holds for {ref}, the newest version searched: there is nothing to find.",
                hint="Name a version for which it fails with --bad, or search for the reverse: "
                "-- not (EXPR)",
            )
        older = " --good N names an older one." if position else ""
        return SearchError(
            f"It fails for {ref} already, the oldest version searched: where that began cannot be "
            f"told.{older}",
            hint="To find where it got better, name versions with --good and --bad, and search "
            "for the reverse: -- not (EXPR)",
        )

    def _judged(self, position: int) -> Verdict:
        return self._look(position).verdict

    def _look(self, position: int, *, strictly: bool = False) -> Step:
        """Load a version, ask, and tell the answer; strictly, there must be one once it loads."""
        version = self._versions[position]
        verdict: Verdict = "skipped"
        try:
            data = load(self._quiet, version)
        except MissingLibraryError:
            raise  # that is nothing about this version
        except DriftError:
            why = "its files changed or are gone, and no snapshot keeps them"
        except (DsnbError, OSError) as error:
            why = _said(error)
        else:
            try:
                verdict = "good" if is_true(self._test(data, version.kind)) else "bad"
                why = ""
            except Exception as error:
                why = _said(error)
                if strictly:
                    raise self._undecided(version, error) from error
        step = Step(version.ref, verdict, why)
        self._steps.append(step)
        self._tell(_told(step))
        return step

    def _undecided(self, version: Version, error: Exception) -> SearchError:
        hint = "Mend the expression, or name other ends with --good and --bad."
        if isinstance(error, DsnbError):
            return SearchError(error.message, hint=error.hint)
        return SearchError(f"It cannot be told for {version.ref}: {_said(error)}.", hint=hint)


def _said(error: Exception) -> str:
    """Say what an expression raised."""
    if isinstance(error, UndecidedError):
        return str(error)
    if isinstance(error, DsnbError):
        return error.message.rstrip(".")
    return f"{type(error).__name__}: {first_line(error)}"


def _told(step: Step) -> str:
    said = {"good": "it holds", "bad": "it fails", "skipped": f"skipped, as {step.why}"}
    return f"{step.ref}: {said[step.verdict]}."
