"""Sizes, numbers and times as people read them."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta


def size_text(size: int) -> str:
    """Return a number of bytes with its unit.

    Examples
    --------
    >>> size_text(940), size_text(81_200), size_text(2_000_000_000)
    ('940 B', '81.2 kB', '2.0 GB')
    """
    if size < 1000:
        return f"{size} B"
    amount = float(size)
    for unit in ("kB", "MB", "GB", "TB"):
        amount /= 1000
        if amount < 999.95 or unit == "TB":
            return f"{amount:,.1f} {unit}"
    raise AssertionError


def count_text(count: int, thing: str, things: str = "") -> str:
    """Return a number of things.

    Examples
    --------
    >>> count_text(1, "file"), count_text(1006, "row"), count_text(2, "entry", "entries")
    ('1 file', '1,006 rows', '2 entries')
    """
    return f"{count:,} {thing if count == 1 else things or thing + 's'}"


def ago(moment: datetime, present: datetime | None = None) -> str:
    """Return how long ago a moment was.

    Parameters
    ----------
    moment
        With a time zone.
    present
        What counts as now.

    Examples
    --------
    >>> from datetime import timedelta
    >>> ago(datetime.now(UTC) - timedelta(days=3))
    '3 days ago'
    """
    seconds = ((present or datetime.now(UTC)) - moment).total_seconds()
    if seconds < 45:
        return "just now"
    for length, unit in ((86400 * 365, "year"), (86400 * 30, "month"), (86400, "day")):
        if seconds >= length * 0.98:
            count = max(1, int(seconds / length + 0.02))
            return f"{count_text(count, unit)} ago"
    if seconds >= 3600:
        return f"{count_text(int(seconds // 3600), 'hour')} ago"
    return f"{count_text(max(1, int(seconds // 60)), 'minute')} ago"


def duration_text(seconds: float) -> str:
    """Return how long something took.

    Examples
    --------
    >>> duration_text(0.25), duration_text(75), duration_text(3725)
    ('0.2 s', '1 min 15 s', '1 h 2 min')
    """
    if seconds < 60:
        return f"{seconds:.1f} s"
    minutes, rest = divmod(round(seconds), 60)
    return f"{minutes} min {rest} s" if minutes < 60 else f"{minutes // 60} h {minutes % 60} min"


def exact(moment: datetime) -> str:
    """Return a moment to the second in local time, with its zone.

    Examples
    --------
    >>> len(exact(datetime(2026, 11, 1, tzinfo=UTC))) > 19
    True
    """
    return f"{moment.astimezone():%Y-%m-%d %H:%M:%S %Z}"


def day(moment: datetime) -> str:
    """Return the day and minute of a moment in local time.

    Examples
    --------
    >>> len(day(datetime(2026, 11, 1, tzinfo=UTC)))
    16
    """
    return f"{moment.astimezone():%Y-%m-%d %H:%M}"


_SPANS = {"h": timedelta(hours=1), "d": timedelta(days=1), "w": timedelta(weeks=1)}


def span(text: str) -> timedelta | None:
    """Return the time that a text such as ``30d`` means: hours, days or weeks; None for no such.

    Examples
    --------
    >>> span("30d").days, span("a month")
    (30, None)
    """
    found = re.fullmatch(r"(\d{1,6})\s*([hdw])", text.strip().lower())
    return int(found[1]) * _SPANS[found[2]] if found else None
