"""What the retired SDK kept of a model beside its tags, as tags; and choosing models by them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from dsnb.azureml.data.describing import as_tags
from dsnb.records import Version

FRAMEWORK, FRAMEWORK_VERSION = "framework", "framework_version"
_PROPERTY = "property."


def kept_tags(
    tags: Mapping[str, str] | None,
    properties: Mapping[str, str] | None,
    framework: str | None,
    framework_version: str | None,
) -> dict[str, str]:
    """Return tags, properties and the library of a model as the tags of a version.

    Examples
    --------
    >>> kept_tags({"a": "1"}, {"b": "2"}, "ScikitLearn", None)
    {'a': '1', 'property.b': '2', 'framework': 'ScikitLearn'}
    """
    library = {FRAMEWORK: framework, FRAMEWORK_VERSION: framework_version}
    return {
        **as_tags(tags),
        **{f"{_PROPERTY}{key}": value for key, value in as_tags(properties).items()},
        **{key: value for key, value in library.items() if value is not None},
    }


def own_tags(version: Version) -> dict[str, str]:
    """Return the tags of a version that the user gave as tags."""
    return {
        key: value
        for key, value in version.tags.items()
        if not key.startswith(_PROPERTY) and key not in (FRAMEWORK, FRAMEWORK_VERSION)
    }


def properties_of(version: Version) -> dict[str, str]:
    """Return the properties of a version."""
    return {
        key.removeprefix(_PROPERTY): value
        for key, value in version.tags.items()
        if key.startswith(_PROPERTY)
    }


def fits(
    version: Version, tags: Any, properties: Any, run: str | None, framework: str | None
) -> bool:
    """Tell whether a version is what was asked for; None asks for nothing.

    Parameters
    ----------
    version
        The version.
    tags, properties
        A text for one of any value, a pair for one with its value, or a list or dict of these.
    run
        Id of the run that registered it.
    framework
        Its library.
    """
    pairs = [*_pairs(tags), *((f"{_PROPERTY}{key}", value) for key, value in _pairs(properties))]
    return (
        all(
            key in version.tags and (value is None or version.tags[key] == str(value))
            for key, value in pairs
        )
        and run in (None, version.run)
        and framework in (None, version.tags.get(FRAMEWORK))
    )


def _pairs(asked: Any) -> list[tuple[str, Any]]:
    """Return what was asked of tags as pairs; a value of None will be anything."""
    if asked is None:
        return []
    if isinstance(asked, Mapping):
        return [*asked.items()]
    if isinstance(asked, str):
        return [(asked, None)]
    return [(one, None) if isinstance(one, str) else (one[0], one[1]) for one in asked]
