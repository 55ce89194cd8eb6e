"""Finding the files that a path of a definition stands for."""

from __future__ import annotations

import errno
import fnmatch
import glob
import os
import stat
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from operator import attrgetter
from pathlib import Path

from dsnb.errors import EmptySourceError, MissingPathError, SourceError, UnreadableFileError

# Left behind by tools, never data: not taken even when hidden names are asked for.
JUNK = frozenset(
    {".dsnb", ".git", ".ipynb_checkpoints", "__pycache__", ".DS_Store", "Thumbs.db", "desktop.ini"}
)

# What is listed and yet not there: a dangling link, a link to itself, a file gone meanwhile.
_NOTHING = (errno.ENOENT, errno.ELOOP)

Stat = tuple[int, int, int, int]
"""Size in bytes, mtime and ctime in nanoseconds, inode: what tells that a file may have changed."""


@dataclass(frozen=True, slots=True)
class Listing:
    """The files found for one path.

    Attributes
    ----------
    base
        Absolute folder below which the names are relative.
    names
        POSIX paths below ``base``, sorted.
    stats
        What tells each file's state, as long as ``names``.
    skipped
        Number of names passed over because they are hidden or junk.
    dangling
        Links that lead nowhere, below ``base``.
    special
        What is neither a file nor a folder, such as pipes, below ``base``.
    """

    base: str
    names: list[str]
    stats: list[Stat]
    skipped: int = 0
    dangling: tuple[str, ...] = ()
    special: tuple[str, ...] = ()

    @property
    def left_out(self) -> str:
        """What the user may miss, in words; empty when that is nothing.

        Examples
        --------
        >>> Listing("/data", [], [], dangling=("test.csv",)).left_out
        '1 link leads nowhere: test.csv'
        """
        said = []
        if self.dangling:
            lead = "link leads" if len(self.dangling) == 1 else "links lead"
            said.append(f"{len(self.dangling):,} {lead} nowhere: {_some(self.dangling)}")
        if self.special:
            are = "name is" if len(self.special) == 1 else "names are"
            said.append(f"{len(self.special):,} {are} no file or folder: {_some(self.special)}")
        return "; ".join(said)

    def without(self, dropped: set[str]) -> Listing:
        """Return the listing without some names, which count as skipped."""
        kept = [pair for pair in zip(self.names, self.stats, strict=True) if pair[0] not in dropped]
        return replace(
            self,
            names=[name for name, _ in kept],
            stats=[stats for _, stats in kept],
            skipped=self.skipped + len(self.names) - len(kept),
        )


def _some(names: tuple[str, ...]) -> str:
    return ", ".join(names[:3]) + (", …" if len(names) > 3 else "")


@dataclass(frozen=True, slots=True)
class _Apart:
    """What a walk found that is neither a file nor a folder."""

    dangling: list[str] = field(default_factory=list)
    special: list[str] = field(default_factory=list)


stat_of: Callable[[os.stat_result], Stat] = attrgetter(
    "st_size", "st_mtime_ns", "st_ctime_ns", "st_ino"
)
"""Return the part of a stat result that tells a file's state."""


def find_files(path: str, shown: str, *, include_hidden: bool = False) -> Listing:
    """List the files that a path stands for.

    A path that exists is taken as it is, whatever characters it holds; otherwise ``*``, ``?``,
    ``[…]`` and ``**`` make it a pattern. A folder means every file under it. Links are followed,
    a link to a folder that is being walked already is not.

    Parameters
    ----------
    path
        Absolute path or pattern.
    shown
        The path as the user knows it, for errors.
    include_hidden
        Whether names starting with ``.`` are taken from folders and patterns.

    Raises
    ------
    MissingPathError
        When nothing is there.
    EmptySourceError
        When the folder or pattern holds no file to take.
    SourceError
        When a path is neither a file nor a folder.
    UnreadableFileError
        When a folder cannot be listed, or a name is not valid Unicode.
    """
    try:
        found = os.stat(path)
    except OSError as error:
        if isinstance(error, FileNotFoundError | NotADirectoryError):
            return _match(path, shown, include_hidden)
        raise _unreadable(shown, error) from error
    if stat.S_ISDIR(found.st_mode):
        listing = _walk(path, shown, include_hidden)
        if not listing.names:
            were = "name was" if listing.skipped == 1 else "names were"
            skipped = f"{listing.skipped} hidden {were} skipped" if listing.skipped else ""
            beside = "; ".join(said for said in (skipped, listing.left_out) if said)
            raise EmptySourceError(
                f"The folder {shown} holds no files{f' ({beside})' if beside else ''}.",
                hint="Add --include-hidden to take names that start with '.'."
                if listing.skipped
                else "Check the path, or put the data there first.",
            )
        return listing
    if not stat.S_ISREG(found.st_mode):
        raise SourceError(
            f"{shown} is neither a file nor a folder, so it has no content to register.",
            hint="Name a file, a folder or a pattern like *.csv.",
        )
    base, name = os.path.split(path)
    return Listing(base, [_checked_name(name, shown)], [stat_of(found)])


def _match(path: str, shown: str, include_hidden: bool) -> Listing:
    base, parts = _fixed_part(path)
    if not any(map(glob.has_magic, parts)):
        raise _missing(path, shown)
    found: dict[str, Stat] = {}
    apart = _Apart()
    above = frozenset({os.path.realpath(base)})
    pending = [(base, "", parts, above)]
    while pending:
        pending += _match_in(*pending.pop(), shown, include_hidden, found, apart)
    names = sorted(found)
    listing = Listing(base, names, [found[name] for name in names], 0, *_named(apart))
    if not found:
        beside = f" ({listing.left_out})" if listing.left_out else ""
        raise EmptySourceError(
            f"No file matches {shown}{beside}.",
            hint="Check the pattern; '**' stands for any folders: data/**/*.csv",
        )
    _checked_name("\n".join(names), shown)
    return listing


def _match_in(
    place: str,
    prefix: str,
    parts: tuple[str, ...],
    above: frozenset[str],
    shown: str,
    include_hidden: bool,
    found: dict[str, Stat],
    apart: _Apart,
) -> list[tuple[str, str, tuple[str, ...], frozenset[str]]]:
    """Add the files of one folder that a pattern takes; return the folders it looks into next."""
    part, rest = parts[0], parts[1:]
    deep = part == "**"
    # Any folders may also be none, and then what follows applies here.
    pending = [(place, prefix, rest, above)] if deep and rest else []
    try:
        entries = os.scandir(place)
    except (FileNotFoundError, NotADirectoryError):
        return []
    except OSError as error:
        raise _unreadable(place, error) from error
    with entries:
        for entry in entries:
            name = entry.name
            hidden = name[0] == "." and not include_hidden and part[0] != "."
            if hidden or name in JUNK or not (deep or fnmatch.fnmatchcase(name, part)):
                continue
            try:
                is_folder = entry.is_dir()
                status = entry.stat()
            except OSError as error:
                if error.errno not in _NOTHING:
                    raise _unreadable(entry.path, error) from error
                if not rest and entry.is_symlink():
                    apart.dangling.append(prefix + name)
                continue
            if is_folder:
                real = _real_folders(entry, place, above)
                if real is not None and (deep or rest):
                    pending.append((entry.path, f"{prefix}{name}/", parts if deep else rest, real))
            elif not rest and stat.S_ISREG(status.st_mode):
                found[prefix + name] = stat_of(status)
            elif not rest:
                apart.special.append(prefix + name)
    return pending


def _walk(folder: str, shown: str, include_hidden: bool) -> Listing:
    """List a folder: its files by name, then those of each folder in it, by name.

    It goes a folder at a time, with few steps for each file: of a hundred thousand untouched files
    this is what registering them again takes.
    """
    names: list[str] = []
    stats: list[Stat] = []
    skipped = 0
    apart = _Apart()
    # Each pending folder knows the real folders above it, so that a link back up ends there.
    pending: list[tuple[str, str, frozenset[str]]] = [
        (folder, "", frozenset({os.path.realpath(folder)}))
    ]
    while pending:
        place, prefix, above = pending.pop()
        try:
            with os.scandir(place) as scanned:
                found = sorted(scanned, key=_NAME)
            entries = _visible(found, include_hidden)
            try:
                files = [entry for entry in entries if entry.is_file()]
                here = [stat_of(entry.stat()) for entry in files]
            except OSError as error:
                if error.errno not in _NOTHING:
                    raise
                files, here = _still_there(entries)
            folders = (
                [] if len(files) == len(entries) else _folders(entries, place, above, prefix, apart)
            )
        except OSError as error:
            raise _unreadable(error.filename or os.path.join(shown, prefix), error) from error
        names += [prefix + entry.name for entry in files]
        stats += here
        skipped += len(found) - len(entries)
        pending += [
            (entry.path, f"{prefix}{entry.name}/", real) for entry, real in reversed(folders)
        ]
    _checked_name("\n".join(names), shown)
    return Listing(folder, names, stats, skipped, *_named(apart))


def _named(apart: _Apart) -> tuple[tuple[str, ...], tuple[str, ...]]:
    # A pattern such as **/** comes by the same name twice.
    return tuple(sorted(set(apart.dangling))), tuple(sorted(set(apart.special)))


_NAME = attrgetter("name")


def _visible(found: list[os.DirEntry[str]], include_hidden: bool) -> list[os.DirEntry[str]]:
    """Leave out what is hidden or junk."""
    together = "\0" + "\0".join(map(_NAME, found)) + "\0"
    if "\0." not in together and "~\0" not in together and JUNK.isdisjoint(map(_NAME, found)):
        return found
    return [
        entry
        for entry in found
        if (include_hidden or entry.name[0] != ".")
        and entry.name[-1] != "~"
        and entry.name not in JUNK
    ]


def _still_there(
    entries: list[os.DirEntry[str]],
) -> tuple[list[os.DirEntry[str]], list[Stat]]:
    """Return the files among entries of which one leads nowhere, or went away just now."""
    files, stats = [], []
    for entry in entries:
        try:
            if entry.is_file():
                stats.append(stat_of(entry.stat()))
                files.append(entry)
        except OSError as error:
            if error.errno not in _NOTHING:
                raise
    return files, stats


def _folders(
    entries: list[os.DirEntry[str]],
    place: str,
    above: frozenset[str],
    prefix: str,
    apart: _Apart,
) -> list[tuple[os.DirEntry[str], frozenset[str]]]:
    """Return the folders among some entries, each with the linked folders it lies in.

    What is neither file nor folder is put ``apart``.
    """
    folders = []
    for entry in entries:
        try:
            if entry.is_dir():
                real = _real_folders(entry, place, above)
                if real is not None:
                    folders.append((entry, real))
            elif not entry.is_file():
                entry.stat()  # what cannot even be looked at is an error, not passed over
                apart.special.append(prefix + entry.name)
        except OSError as error:
            if error.errno not in _NOTHING:
                raise
            if entry.is_symlink():
                apart.dangling.append(prefix + entry.name)
    return folders


def _real_folders(
    entry: os.DirEntry[str], place: str, above: frozenset[str]
) -> frozenset[str] | None:
    """Return the linked folders that a folder lies in, None for a link back to one above it."""
    if not entry.is_symlink():
        return above
    target = os.path.realpath(entry.path)
    here = os.path.join(os.path.realpath(place), "")
    if target in above or here.startswith(os.path.join(target, "")):
        return None
    return above | {target}


def _checked_name(name: str, shown: str) -> str:
    try:
        name.encode()
    except UnicodeEncodeError:
        raise UnreadableFileError(
            f"{shown} holds a file whose name is not valid Unicode: {ascii(name)[-80:]}.",
            hint="Rename that file and run the same line again.",
        ) from None
    return name


def _fixed_part(pattern: str) -> tuple[str, tuple[str, ...]]:
    """Split a pattern after the folders that are there as they are written, brackets and all."""
    parts = Path(pattern).parts
    base, *rest = parts
    while len(rest) > 1:
        folder = os.path.join(base, rest[0])
        if glob.has_magic(rest[0]) and not os.path.isdir(folder):
            break
        base = folder
        rest.pop(0)
    return base, tuple(rest)


def _missing(path: str, shown: str) -> MissingPathError:
    if os.path.islink(path):
        return MissingPathError(
            f"{shown} is a link that leads nowhere: {os.readlink(path)} is not there.",
            hint="Put the file there, or name another one.",
        )
    folder = os.path.dirname(path)
    try:
        names = os.listdir(folder)
    except OSError:
        return MissingPathError(
            f"There is no {shown}: its folder {folder} does not exist either.",
            hint="Paths start from the notebook's folder; check with %ls.",
        )
    from dsnb.errors import did_you_mean

    near = did_you_mean(os.path.basename(path), names)
    return MissingPathError(
        f"There is no file or folder {shown}. {near}".strip(),
        hint=f"It was looked for in {folder}.",
    )


def _unreadable(shown: str, error: OSError) -> UnreadableFileError:
    return UnreadableFileError(
        f"{shown} cannot be read: {error.strerror}.",
        hint="Check its permissions, then run the same line again.",
    )
