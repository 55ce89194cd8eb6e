"""Timing things side by side: in turn, several times, medians compared pair by pair."""

from __future__ import annotations

import gc
import statistics
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Row:
    """One line of the table.

    Attributes
    ----------
    what
        What was measured.
    figure
        The ratio, or the amount, that has a target.
    target
        The largest figure wanted, None where none was set.
    unit
        ``×``, or what the figure counts: ``ms``, ``s``, ``MB``.
    seconds
        Medians of what was timed, by name.
    """

    what: str
    figure: float
    target: float | None
    unit: str
    seconds: Mapping[str, float]


def in_turn(
    actions: Mapping[str, Callable[[], Any]],
    rounds: int,
    prepare: Callable[[], Any] = lambda: None,
) -> dict[str, list[float]]:
    """Return the seconds of each action in each round, after one round that does not count.

    Parameters
    ----------
    actions
        What is timed, by name.
    rounds
        How many times.
    prepare
        What is done before each action, untimed.
    """
    times: dict[str, list[float]] = {name: [] for name in actions}
    for number in range(rounds + 1):
        # The order alternates, so that a machine that slows down slows all of them.
        for name in list(actions) if number % 2 else reversed(actions):
            prepare()
            gc.collect()
            began = time.perf_counter()
            actions[name]()
            if number:
                times[name].append(time.perf_counter() - began)
    return times


def ratio(what: str, target: float | None, times: Mapping[str, list[float]], a: str, b: str) -> Row:
    """Return how much longer ``a`` takes than ``b``: the median over the rounds."""
    each = [first / second for first, second in zip(times[a], times[b], strict=True)]
    medians = {name: statistics.median(values) for name, values in times.items()}
    return Row(what, statistics.median(each), target, "×", medians)
