"""Changing what is recorded beside the data: aliases, tags, descriptions, names."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

from dsnb.catalog.base import Catalog
from dsnb.catalog.resolving import known_numbers, resolve
from dsnb.errors import BadNameError, NotFoundError, did_you_mean
from dsnb.presenting import Outcome
from dsnb.records import Version
from dsnb.refs import Ref, check_alias, check_name


@dataclass(frozen=True, slots=True)
class MetadataChange(Outcome):
    """A change beside the data.

    Attributes
    ----------
    version
        The version as it is now.
    done
        What was done, in a few words.
    """

    version: Version
    done: str


def set_alias(catalog: Catalog, ref: Ref, alias: str, *, remove: bool = False) -> MetadataChange:
    """Point an alias to a version, or take it away.

    Raises
    ------
    BadNameError
        When the alias would mean something else.
    NotFoundError
        When there is no such version, or no such alias to take away.
    """
    check_alias(alias)
    with catalog.transaction() as transaction:
        version = resolve(transaction, ref)
        before = transaction.aliases(version.name).get(alias)
        if not remove:
            transaction.set_alias(version.name, alias, version.version)
            moved = f" (it was @{before})" if before not in (None, version.version) else ""
            return MetadataChange(version, f"alias {alias} points to it now{moved}")
        if before != version.version:
            raise NotFoundError(
                f"{alias} does not point to {version.ref}.",
                hint=f"Type %ds versions {version.name} to see the aliases.",
            )
        transaction.set_alias(version.name, alias, None)
        return MetadataChange(version, f"alias {alias} taken away")


def set_tags(
    catalog: Catalog, ref: Ref, tags: Mapping[str, str], remove: Sequence[str] = ()
) -> MetadataChange:
    """Set tags of a version, and take some away.

    Raises
    ------
    NotFoundError
        When there is no such version, or no such tag to take away.
    """

    def changed(version: Version) -> Version:
        for key in remove:
            if key not in version.tags:
                raise NotFoundError(
                    f"{version.ref} has no tag {key}. "
                    f"{did_you_mean(key, list(version.tags))}".strip(),
                    hint=f"Type %ds show {version.ref} to see its tags.",
                )
        kept = {key: value for key, value in version.tags.items() if key not in remove}
        return replace(version, tags={**kept, **tags})

    said = [f"{key}={value}" for key, value in tags.items()]
    said += [f"{key} taken away" for key in remove]
    return MetadataChange(_update(catalog, ref, changed), f"tags: {', '.join(said)}")


def set_description(catalog: Catalog, ref: Ref, text: str) -> MetadataChange:
    """Give a version another description.

    Raises
    ------
    NotFoundError
        When there is no such version.
    """
    version = _update(catalog, ref, lambda version: replace(version, description=text))
    return MetadataChange(version, "described" if text else "description taken away")


def deprecate(catalog: Catalog, ref: Ref, why: str, *, remove: bool = False) -> MetadataChange:
    """Say that a version should not be used any more, or take that back.

    Raises
    ------
    NotFoundError
        When there is no such version, or nothing to take back.
    """

    def changed(version: Version) -> Version:
        if remove and version.deprecated is None:
            raise NotFoundError(
                f"{version.ref} is not deprecated.", hint=f"Type %ds show {version.ref}"
            )
        return replace(version, deprecated=None if remove else why)

    said = f"deprecated: {why}" if why else "deprecated"
    return MetadataChange(
        _update(catalog, ref, changed), "no longer deprecated" if remove else said
    )


def rename(catalog: Catalog, name: str, new: str) -> MetadataChange:
    """Give a dataset another name; its versions keep their numbers and ids.

    Raises
    ------
    DatasetNotFoundError
        When there is no such dataset.
    BadNameError
        When the new name breaks the rules, or is taken.
    """
    check_name(new)
    with catalog.transaction() as transaction:
        numbers = known_numbers(transaction, name)
        if transaction.numbers(new):
            raise BadNameError(
                f"There is a dataset {new} already; {name} was not renamed.",
                hint="Choose another name.",
            )
        transaction.rename(name, new)
        version = transaction.version(new, numbers[-1])
        assert version is not None
    return MetadataChange(version, f"{name} is called {new} now, with all its versions")


def _update(catalog: Catalog, ref: Ref, changed: Callable[[Version], Version]) -> Version:
    with catalog.transaction() as transaction:
        version = changed(resolve(transaction, ref))
        transaction.update_version(version)
    return version
