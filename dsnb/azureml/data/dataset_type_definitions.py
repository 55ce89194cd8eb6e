"""How files are read as tables, by names."""

from __future__ import annotations

from enum import Enum


class PromoteHeadersBehavior(Enum):
    """Which files of a table have a first line with the names of its columns."""

    NO_HEADERS = 0
    """None has one: the columns are called Column1, Column2 …"""
    ONLY_FIRST_FILE_HAS_HEADERS = 1
    """The first alone has one, and all have its columns."""
    COMBINE_ALL_FILES_HEADERS = 2
    """Each has its own, and they are joined by name."""
    ALL_FILES_HAVE_SAME_HEADERS = 3
    """Each has the same."""
