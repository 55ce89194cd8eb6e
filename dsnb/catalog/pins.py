"""Pins: what references mean while a notebook is run again as it was recorded.

``dsnb rerun`` hands them to the notebook's kernel in the environment, and every process that the
notebook starts has them, too. A pin names a version by its id, so it does nothing in a workspace
that has no such version.
"""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from typing import Literal

from dsnb.catalog.base import View
from dsnb.errors import ConfigError, VersionNotFoundError
from dsnb.records import Version
from dsnb.refs import Latest, Number, Ref

VARIABLE = "DSNB_PINS"
EVERY: Literal["*"] = "*"
"""Stands in the place of a number for every version of a dataset."""


def latest(name: str) -> str:
    """Return the pin of what a dataset's newest version is taken to be."""
    return f"{name}@latest"


def every(name: str) -> str:
    """Return the pin of what each version of a dataset is replaced by."""
    return f"{name}@{EVERY}"


def as_environment(pins: Mapping[str, str]) -> dict[str, str]:
    """Return the environment that hands pins to a process.

    Parameters
    ----------
    pins
        Ids of versions, by what is written: ``weather_ds@2``, or what `latest` and `every` return.

    Examples
    --------
    >>> as_environment({"weather_ds@latest": "an-id"})
    {'DSNB_PINS': '{"weather_ds@latest": "an-id"}'}
    """
    return {VARIABLE: json.dumps(pins, sort_keys=True)}


def pinned(view: View, ref: Ref) -> Version | None:
    """Return the version that a pin gives a reference, None where no pin does.

    Raises
    ------
    VersionNotFoundError
        When there are not so many versions before the one that is pinned as the latest.
    ConfigError
        When the environment holds what are no pins.
    """
    pins = _read()
    if not pins:
        return None
    replaced = pins.get(every(ref.name))
    if replaced is not None:
        return view.by_id(replaced)
    match ref.selector:
        case Number(number):
            return view.by_id(pins.get(f"{ref.name}@{number}", ""))
        case Latest(back):
            newest = view.by_id(pins.get(latest(ref.name), ""))
            return None if newest is None else _before(view, newest, back, ref)
    return None


def pinned_ids() -> frozenset[str]:
    """Return the ids of the versions that pins name."""
    return frozenset(_read().values())


def move(name: str, version: Version) -> None:
    """Let what this process registers be the newest of its dataset, where that is pinned."""
    pins = _read()
    if latest(name) in pins:
        os.environ.update(as_environment({**pins, latest(name): version.id}))


def _before(view: View, newest: Version, back: int, ref: Ref) -> Version | None:
    numbers = [each for each in view.numbers(newest.name) if each <= newest.version]
    if back < len(numbers):
        return view.version(newest.name, numbers[-1 - back])
    raise VersionNotFoundError(
        f"There is no {ref}: this notebook is run again with {newest.ref} as the latest version.",
        hint=f"Type %ds versions {newest.name}",
    )


def _read() -> dict[str, str]:
    text = os.environ.get(VARIABLE)
    if not text:
        return {}
    try:
        pins = json.loads(text)
    except (ValueError, RecursionError):
        pins = None
    if not isinstance(pins, dict) or not all(isinstance(each, str) for each in pins.values()):
        raise ConfigError(
            f"{VARIABLE} holds what are no pins: {text[:60]!r}.",
            hint="dsnb rerun sets it for the notebook that it runs; unset it everywhere else.",
        )
    return pins
