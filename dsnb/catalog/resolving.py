"""Resolving a reference: from a name and a selector to the one version meant."""

from __future__ import annotations

from collections.abc import Sequence

from dsnb.catalog.base import View
from dsnb.catalog.pins import pinned
from dsnb.errors import DatasetNotFoundError, VersionNotFoundError, did_you_mean
from dsnb.records import Version
from dsnb.refs import Alias, AsOf, DigestPrefix, Latest, Number, Ref


def resolve(view: View, ref: Ref) -> Version:
    """Return the version that a reference means now.

    Parameters
    ----------
    view
        The registry.
    ref
        Name and selector.

    Raises
    ------
    DatasetNotFoundError
        When no dataset has that name.
    VersionNotFoundError
        When the dataset has no such version.
    """
    replaced = pinned(view, ref)
    if replaced is not None:
        return replaced
    numbers = known_numbers(view, ref.name)
    selector = ref.selector
    found: Version | None
    match selector:
        case Latest(back):
            found = view.version(ref.name, numbers[-1 - back]) if back < len(numbers) else None
        case Number(number):
            found = view.version(ref.name, number)
        case Alias(alias):
            pointed = view.aliases(ref.name).get(alias)
            found = None if pointed is None else view.version(ref.name, pointed)
        case DigestPrefix(prefix):
            found = _by_digest(view, ref, prefix)
        case AsOf(moment):
            versions = (view.version(ref.name, number) for number in reversed(numbers))
            found = next((v for v in versions if v is not None and v.created <= moment), None)
    if found is None:
        raise _no_version(view, ref)
    return found


def known_numbers(view: View, name: str) -> Sequence[int]:
    """Return the version numbers of a dataset, ascending.

    Raises
    ------
    DatasetNotFoundError
        When no dataset has that name.
    """
    numbers = view.numbers(name)
    if numbers:
        return numbers
    new = view.renamed_to(name)
    if new is not None:
        raise DatasetNotFoundError(
            f"The dataset {name} is called {new} now.", hint=f"Write {new} in its place."
        )
    if view.deleted(name):
        raise DatasetNotFoundError(
            f"Every version of {name} was deleted.",
            hint=f"Register it anew, as {name}@{view.next_number(name)}: %ds register {name} PATH",
        )
    names = view.names()
    near = did_you_mean(name, names)
    if not names:
        raise DatasetNotFoundError(
            f"There is no dataset {name}: this workspace has none yet.",
            hint=f"Register it: %ds register {name} PATH",
        )
    raise DatasetNotFoundError(
        f"There is no dataset {name}. {near}".strip(), hint="Type %ds list to see them all."
    )


def _by_digest(view: View, ref: Ref, prefix: str) -> Version | None:
    """Return the newest version whose digest begins so; equal contents are one, others not."""
    versions = [view.version(ref.name, number) for number in view.numbers(ref.name)]
    found = [v for v in versions if v is not None and v.digest.startswith(prefix)]
    if len({version.digest for version in found}) > 1:
        raise VersionNotFoundError(
            f"{ref} could be any of {', '.join(version.ref for version in found)}.",
            hint="Write more digits of the digest.",
        )
    return found[-1] if found else None


def _no_version(view: View, ref: Ref) -> VersionNotFoundError:
    numbers = view.numbers(ref.name)
    aliases = view.aliases(ref.name)
    has = f"{ref.name}@{numbers[0]}"
    if len(numbers) > 1:
        has += f" to @{numbers[-1]}"
    if aliases:
        has += f", and the aliases {', '.join(sorted(aliases)[:10])}"
    match ref.selector:
        case Alias(alias):
            what = f"{ref.name} has no alias {alias}. {did_you_mean(alias, list(aliases))}".strip()
        case AsOf(_, text):
            what = f"{ref.name} had no version yet on {text}."
        case Number(number) if number in view.deleted(ref.name):
            what = f"{ref.name}@{number} was deleted."
        case _:
            what = f"There is no {ref}."
    return VersionNotFoundError(f"{what} There is {has}.", hint=f"Type %ds versions {ref.name}")
