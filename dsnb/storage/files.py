"""Finding the files that a path of a definition stands for."""

from __future__ import annotations

import glob
import os
import stat
from dataclasses import dataclass

from dsnb.errors import EmptySourceError, MissingPathError, SourceError, UnreadableFileError

# Left behind by tools, never data: not taken even when hidden names are asked for.
JUNK = frozenset(
    {".dsnb", ".git", ".ipynb_checkpoints", "__pycache__", ".DS_Store", "Thumbs.db", "desktop.ini"}
)

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
    """

    base: str
    names: list[str]
    stats: list[Stat]
    skipped: int = 0

    def without(self, dropped: set[str]) -> Listing:
        """Return the listing without some names, which count as skipped."""
        kept = [pair for pair in zip(self.names, self.stats, strict=True) if pair[0] not in dropped]
        return Listing(
            self.base,
            [name for name, _ in kept],
            [stats for _, stats in kept],
            self.skipped + len(self.names) - len(kept),
        )


def stat_of(result: os.stat_result) -> Stat:
    """Return the part of a stat result that tells a file's state."""
    return (result.st_size, result.st_mtime_ns, result.st_ctime_ns, result.st_ino)


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
            skipped = f" ({listing.skipped} hidden names were skipped)" if listing.skipped else ""
            raise EmptySourceError(
                f"The folder {shown} holds no files{skipped}.",
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
    if not glob.has_magic(path):
        raise _missing(path, shown)
    base = _fixed_part(path)
    pattern = os.path.relpath(path, base)
    names: list[str] = []
    stats: list[Stat] = []
    matches = glob.glob(pattern, root_dir=base, recursive=True, include_hidden=include_hidden)
    for match in sorted({os.path.normpath(match) for match in matches}):
        if not JUNK.isdisjoint(match.split(os.sep)):
            continue
        try:
            found = os.stat(os.path.join(base, match))
        except OSError:
            continue  # a dangling link, or gone since it was listed
        if stat.S_ISREG(found.st_mode):
            names.append(_checked_name(match.replace(os.sep, "/"), shown))
            stats.append(stat_of(found))
    if not names:
        raise EmptySourceError(
            f"No file matches {shown}.",
            hint="Check the pattern; '**' stands for any folders: data/**/*.csv",
        )
    return Listing(base, names, stats)


def _walk(folder: str, shown: str, include_hidden: bool) -> Listing:
    found: list[tuple[str, Stat]] = []
    skipped = 0
    # Each pending folder knows the real folders above it, so that a link back up ends there.
    pending: list[tuple[str, str, frozenset[str]]] = [
        (folder, "", frozenset({os.path.realpath(folder)}))
    ]
    while pending:
        place, prefix, above = pending.pop()
        try:
            entries = os.scandir(place)
        except OSError as error:
            raise _unreadable(os.path.join(shown, prefix), error) from error
        with entries:
            for entry in entries:
                name = entry.name
                if name in JUNK or name[-1] == "~" or (name[0] == "." and not include_hidden):
                    skipped += 1
                elif entry.is_dir():
                    real = above
                    if entry.is_symlink():
                        target = os.path.realpath(entry.path)
                        if target in above:
                            skipped += 1
                            continue
                        real = above | {target}
                    pending.append((entry.path, f"{prefix}{name}/", real))
                else:
                    try:
                        status = entry.stat()
                    except FileNotFoundError:
                        skipped += 1  # a dangling link, or gone since it was listed
                        continue
                    if not stat.S_ISREG(status.st_mode):
                        skipped += 1
                        continue
                    found.append(
                        (
                            prefix + name,
                            (
                                status.st_size,
                                status.st_mtime_ns,
                                status.st_ctime_ns,
                                status.st_ino,
                            ),
                        )
                    )
    found.sort()
    names = [name for name, _ in found]
    _checked_name("\n".join(names), shown)
    return Listing(folder, names, [stats for _, stats in found], skipped)


def _checked_name(name: str, shown: str) -> str:
    try:
        name.encode()
    except UnicodeEncodeError:
        raise UnreadableFileError(
            f"{shown} holds a file whose name is not valid Unicode: {ascii(name)[-80:]}.",
            hint="Rename that file and run the same line again.",
        ) from None
    return name


def _fixed_part(pattern: str) -> str:
    """Return the folder above the first component that holds a wildcard."""
    folder = pattern
    while glob.has_magic(folder):
        folder = os.path.dirname(folder)
    return folder


def _missing(path: str, shown: str) -> MissingPathError:
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
