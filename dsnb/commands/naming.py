"""The verbs that change what is recorded beside the data: alias, tag, annotate, rename."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Annotated

from dsnb.commands.declaring import NAME, PAIRS, REF, TEXT, Arg, Call, declare
from dsnb.datasets.metadata import MetadataChange
from dsnb.errors import UsageError
from dsnb.refs import parse

_ALIAS = Arg("NAME")
_NEW = Arg("NEW")
_KEYS = Arg("KEYS", form="columns")


@declare(changes=True)
def alias(
    call: Call, ref: Annotated[str, REF], name: Annotated[str, _ALIAS], *, remove: bool = False
) -> MetadataChange:
    """Give a version a name that can be moved, such as ``prod``.

    Parameters
    ----------
    ref
        The version.
    name
        The alias; ``weather_ds@prod`` means this version from now on.
    remove
        Take the alias away.

    Raises
    ------
    DsnbError
        When there is no such version, or the alias would mean something else.

    Examples
    --------
    In a notebook::

        %ds alias weather_ds@2 prod

    In Python:

    >>> import dsnb
    >>> _ = dsnb.register("weather_ds", "weather.csv")
    >>> print(dsnb.alias("weather_ds@1", "prod").done)
    alias prod points to it now
    """
    return call.workspace().set_alias(parse(ref), name, remove=remove)


@declare(changes=True)
def tag(
    call: Call,
    ref: Annotated[str, REF],
    tags: Annotated[Mapping[str, str] | None, PAIRS] = None,
    *,
    remove: Annotated[Sequence[str] | None, _KEYS] = None,
) -> MetadataChange:
    """Set tags of a version.

    Parameters
    ----------
    ref
        The version.
    tags
        The tags, ``K=V``; one that is there already gets the new value.
    remove
        Tags to take away, comma-separated.

    Raises
    ------
    DsnbError
        When there is no such version or tag.

    Examples
    --------
    In a notebook::

        %ds tag weather_ds@2 stage=raw station=EWR

    In Python:

    >>> import dsnb
    >>> _ = dsnb.register("weather_ds", "weather.csv")
    >>> dsnb.tag("weather_ds@1", {"stage": "raw"}).version.tags
    {'stage': 'raw'}
    """
    if not tags and not remove:
        raise UsageError("No tag was given.", hint=f"For example: %ds tag {ref} stage=raw")
    return call.workspace().set_tags(parse(ref), tags or {}, remove or ())


@declare(changes=True)
def annotate(call: Call, ref: Annotated[str, REF], text: Annotated[str, TEXT]) -> MetadataChange:
    """Give a version another description.

    Parameters
    ----------
    ref
        The version.
    text
        What it is; empty takes the description away.

    Raises
    ------
    DsnbError
        When there is no such version.

    Examples
    --------
    In a notebook::

        %ds annotate weather_ds@2 "weeks 27 and 28, checked"

    In Python:

    >>> import dsnb
    >>> _ = dsnb.register("weather_ds", "weather.csv")
    >>> dsnb.annotate("weather_ds@1", "one day, checked").version.description
    'one day, checked'
    """
    return call.workspace().set_description(parse(ref), text)


@declare(changes=True)
def rename(call: Call, name: Annotated[str, NAME], new: Annotated[str, _NEW]) -> MetadataChange:
    """Give a dataset another name; its versions keep their numbers.

    Parameters
    ----------
    name
        What it is called.
    new
        What it shall be called.

    Raises
    ------
    DsnbError
        When there is no such dataset, or the new name is taken.

    Examples
    --------
    In a notebook::

        %ds rename weather_ds nyc_weather

    In Python:

    >>> import dsnb
    >>> _ = dsnb.register("weather_ds", "weather.csv")
    >>> print(dsnb.rename("weather_ds", "nyc_weather").version.ref)
    nyc_weather@1
    """
    return call.workspace().rename(name, new)
