"""References: how one version, or a pair of them, is named.

The canonical form is ``name@2``; `parse` accepts the other forms and `Ref` keeps what was meant.
Which version a reference resolves to is the catalogue's to say.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from dsnb.errors import BadNameError, BadReferenceError

NAME_RULE = "letters, digits, '.', '_' and '-', starting with a letter or digit, at most 255"
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,254}")
_NUMBER = re.compile(r"v?([0-9]{1,18})")
_NUMBER_LIKE = re.compile(r"v?[0-9]+")
_LATEST = re.compile(r"latest(?:~([0-9]{1,9}))?")
_DIGEST = re.compile(r"sha:([0-9a-f]{4,64})")
_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
ANONYMOUS = "anonymous"
"""The dataset that holds what was saved without a name; no list of datasets shows it."""
FORMS = "name, name@2, name@latest, name@latest~1, name@ALIAS, name@sha:1a2b… or name@2026-11-01"


@dataclass(frozen=True, slots=True)
class Latest:
    """The newest version, or ``back`` versions before it."""

    back: int = 0

    def __str__(self) -> str:
        return f"latest~{self.back}" if self.back else "latest"


@dataclass(frozen=True, slots=True)
class Number:
    """A version by its number."""

    number: int

    def __str__(self) -> str:
        return str(self.number)


@dataclass(frozen=True, slots=True)
class Alias:
    """A version by a name that points to it."""

    alias: str

    def __str__(self) -> str:
        return self.alias


@dataclass(frozen=True, slots=True)
class DigestPrefix:
    """A version by the beginning of its content digest (hexadecimal, at least 4 digits)."""

    prefix: str

    def __str__(self) -> str:
        return f"sha:{self.prefix}"


@dataclass(frozen=True, slots=True)
class AsOf:
    """The newest version registered at or before a moment (always with a time zone)."""

    moment: datetime
    text: str

    def __str__(self) -> str:
        return self.text


Selector = Latest | Number | Alias | DigestPrefix | AsOf


@dataclass(frozen=True, slots=True)
class Ref:
    """A dataset's name and which of its versions is meant."""

    name: str
    selector: Selector = Latest()

    def __str__(self) -> str:
        return f"{self.name}@{self.selector}"


def check_name(name: str, what: str = "dataset") -> str:
    """Return ``name`` when it may name a dataset, and refuse it otherwise.

    Raises
    ------
    BadNameError
        When it breaks the rule ``[A-Za-z0-9][A-Za-z0-9._-]{0,254}``.

    Examples
    --------
    >>> check_name("weather_ds")
    'weather_ds'
    """
    if not isinstance(name, str) or not _NAME.fullmatch(name):
        raise BadNameError(
            f"{_shown(name)} cannot name a {what}: a name has {NAME_RULE} characters.",
            hint=f"Try {_suggest_name(name)}." if _suggest_name(name) else "Choose another name.",
        )
    return name


def check_new_name(name: str) -> str:
    """Return ``name`` when a user may call a dataset or model so, and refuse it otherwise.

    Raises
    ------
    BadNameError
        When it breaks the rule of `check_name`, or is the name of what has none.

    Examples
    --------
    >>> check_new_name("weather_ds")
    'weather_ds'
    """
    if check_name(name) == ANONYMOUS:
        raise BadNameError(
            f"{ANONYMOUS} is where dsnb keeps what was saved without a name.",
            hint="Choose another name.",
        )
    return name


def check_alias(alias: str) -> str:
    """Return ``alias`` when it may point to a version, and refuse it otherwise.

    Raises
    ------
    BadNameError
        When it breaks the name rule, or would read as a number, a date, a pair or ``latest``.

    Examples
    --------
    >>> check_alias("prod")
    'prod'
    """
    check_name(alias, "version (as an alias)")
    if _NUMBER_LIKE.fullmatch(alias) or alias == "latest" or _DATE.match(alias) or ".." in alias:
        raise BadNameError(
            f"{alias!r} cannot be an alias: it already means a version number, a date, "
            "the latest version or a pair of versions.",
            hint="Choose a word, such as prod or baseline.",
        )
    return alias


def parse(text: str) -> Ref:
    """Read one reference.

    Parameters
    ----------
    text
        ``name`` (its latest version), ``name@2``, ``name@v2``, ``name:2``, ``name@latest~1``,
        ``name@ALIAS``, ``name@sha:1a2b`` or ``name@2026-11-01`` (end of that day, local time; a
        full ISO timestamp too).

    Raises
    ------
    BadReferenceError
        When the text is none of these.

    Examples
    --------
    >>> print(parse("weather_ds"), parse("weather_ds:2"), parse("weather_ds@latest~1"))
    weather_ds@latest weather_ds@2 weather_ds@latest~1
    """
    if not isinstance(text, str):
        raise BadReferenceError(
            f"{_shown(text)} is not a reference.", hint=f"A reference is text: {FORMS}."
        )
    name, at, selector = text.partition("@")
    if not at:
        name, colon, number = text.rpartition(":")
        if not colon:
            return Ref(_ref_name(text, text))
        if not _NUMBER.fullmatch(number):
            raise _bad(text, f"after ':' comes a version number, not {_shown(number)}")
        return Ref(_ref_name(name, text), Number(_number(number)))
    return Ref(_ref_name(name, text), _selector(selector, text))


def parse_pair(text: str) -> tuple[Ref, Ref]:
    """Read a pair of references: ``name@1..2``, or ``name@1..other@3``.

    Raises
    ------
    BadReferenceError
        When the text is not a pair.

    Examples
    --------
    >>> old, new = parse_pair("weather_ds@1..2")
    >>> print(old, new)
    weather_ds@1 weather_ds@2
    """
    name, at, versions = text.partition("@")
    first, dots, second = versions.partition("..")
    if not (dots and first and second):
        raise _bad(text, "a pair is written name@1..2")
    old = parse(name + at + first)
    new = parse(second) if "@" in second else Ref(old.name, _selector(second, text))
    return old, new


def is_pair(text: str) -> bool:
    """Tell whether a text means two versions; dots in a bare name do not count.

    Examples
    --------
    >>> is_pair("weather_ds@1..2"), is_pair("weather..ds"), is_pair("weather_ds@2")
    (True, False, False)
    """
    return ".." in text.partition("@")[2]


def _selector(text: str, whole: str) -> Selector:
    if match := _NUMBER.fullmatch(text):
        return Number(_number(match[1]))
    if match := _LATEST.fullmatch(text):
        return Latest(int(match[1] or 0))
    if text.startswith("sha:"):
        if match := _DIGEST.fullmatch(text.lower()):
            return DigestPrefix(match[1])
        raise _bad(whole, "after 'sha:' come at least 4 of the digest's hexadecimal digits")
    if _DATE.match(text):
        return AsOf(_moment(text, whole), text)
    if _NAME.fullmatch(text):
        return Alias(text)
    raise _bad(whole, f"{_shown(text)} names no version")


def _moment(text: str, whole: str) -> datetime:
    """Return the moment meant by a date (the end of that day) or timestamp, local unless zoned."""
    try:
        if len(text) == 10:
            next_day = date.fromisoformat(text) + timedelta(days=1)
            return datetime.combine(next_day, time()).astimezone() - timedelta(microseconds=1)
        return datetime.fromisoformat(text).astimezone()
    except (ValueError, OverflowError, OSError) as error:
        raise _bad(whole, f"{text!r} is not a date ({error})") from None


def _number(digits: str) -> int:
    return int(digits.lstrip("v"))


def _ref_name(name: str, whole: str) -> str:
    if not _NAME.fullmatch(name):
        raise _bad(whole, f"{_shown(name)} cannot be a dataset's name" if name else "no name")
    return name


def _bad(text: str, why: str) -> BadReferenceError:
    return BadReferenceError(f"{_shown(text)} is not a reference: {why}.", hint=f"Write {FORMS}.")


def nearest_name(text: str) -> str:
    """Return a name that is like a text, such as that of a file; empty where nothing is left of it.

    Examples
    --------
    >>> nearest_name("week 27 (new)"), nearest_name("温度")
    ('week_27_new', '')
    """
    return re.sub(r"[^A-Za-z0-9._-]+", "_", text).strip("_.-")[:255]


def _suggest_name(name: object) -> str:
    nearest = nearest_name(str(name))
    return nearest if nearest != name else ""


def _shown(value: object) -> str:
    text = repr(value)
    return text if len(text) <= 80 else f"{text[:77]}…"
