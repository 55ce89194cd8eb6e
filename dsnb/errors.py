"""Every error a user can cause, as one tree.

::

    DsnbError                       anything dsnb refuses to do, said in one paragraph
    ├── UsageError                  the command line could not be understood
    ├── BadReferenceError           a reference is not written as ``name@version``
    ├── BadNameError                a dataset, alias, datastore or tag name breaks the rules
    ├── NotFoundError               something that was named does not exist
    │   ├── DatasetNotFoundError
    │   ├── VersionNotFoundError
    │   ├── RunNotFoundError
    │   └── VariableNotFoundError
    ├── WorkspaceError              no workspace here, or it cannot be used
    ├── ConfigError                 ``config.toml`` or one of its settings is wrong
    ├── SourceError                 a path given to ``register`` cannot be registered
    │   ├── MissingPathError
    │   ├── EmptySourceError
    │   ├── UnreadableFileError
    │   └── NewVersionRefusedError
    ├── DriftError                  a version's files changed or vanished since it was registered
    ├── InUseError                  something refers to what was to be removed
    ├── SnapshotError               the kept bytes of a file are missing or damaged
    ├── ArchiveError                a file to import is damaged, or is no such file
    ├── PipelineError               a step or pipeline cannot be run, or failed
    ├── NotebookError               a notebook cannot be read, or does not say what it used
    ├── TableError                  data cannot be read, or held, as a table
    │   ├── MissingColumnError
    │   └── OutOfRoomError          neither memory nor disk has room for what was asked
    ├── ComparisonError             two contents cannot be compared in the way asked for
    ├── SearchError                 no answer can be found among the versions
    ├── MissingLibraryError         an optional library is not installed
    └── RegistryError               the registry cannot be read or written
        ├── RegistryTooNewError
        ├── RegistryDamagedError
        │   └── OutsideDatastoreError   a recorded path leads out of its datastore
        └── RegistryLockedError

Each message names the thing, says what happened, and ends with what to type next.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from dsnb.presenting import Presentable, as_text, one_line


class DsnbError(Presentable, Exception):
    """Anything dsnb refuses to do.

    Parameters
    ----------
    message
        What is wrong, as one or more sentences.
    hint
        What to do next, as a sentence; it closes the message.

    Examples
    --------
    >>> print(DsnbError("There is no such thing.", hint="Type %ds list."))
    There is no such thing. Type %ds list.
    """

    exit_code = 1

    def __init__(self, message: str, *, hint: str = "") -> None:
        super().__init__(message, hint)
        self.message = message
        self.hint = hint

    def __str__(self) -> str:
        return f"{one_line(self.message)} {one_line(self.hint)}".strip()

    def _render_traceback_(self) -> list[str]:
        """Show the message alone in IPython: the user's own frames say nothing here."""
        return [as_text(self)]


@as_text.register
def _plainly(error: DsnbError) -> str:
    # The display floor has a form that no text of a file or registry can disturb.
    return f"{type(error).__name__}: {error}"


class UsageError(DsnbError):
    """The command line could not be understood."""

    exit_code = 2


class BadReferenceError(DsnbError):
    """A reference is not written as ``name@version``."""


class BadNameError(DsnbError):
    """A dataset, alias, datastore or tag name breaks the rules."""


class NotFoundError(DsnbError):
    """Something that was named does not exist."""


class DatasetNotFoundError(NotFoundError):
    """No dataset of that name is registered."""


class VersionNotFoundError(NotFoundError):
    """The dataset has no such version, alias or digest."""


class RunNotFoundError(NotFoundError):
    """No run has that id or name."""


class VariableNotFoundError(NotFoundError):
    """The notebook has no variable of that name."""


class WorkspaceError(DsnbError):
    """There is no workspace here, or it cannot be used."""


class ConfigError(DsnbError):
    """``config.toml``, or one of its settings, is wrong."""


class SourceError(DsnbError):
    """A path given to ``register`` cannot be registered."""


class MissingPathError(SourceError):
    """A path does not exist."""


class EmptySourceError(SourceError):
    """A folder or pattern holds no file that could be registered."""


class UnreadableFileError(SourceError):
    """A file exists but cannot be read."""


class NewVersionRefusedError(SourceError):
    """The dataset exists, and no further version of it was to be made."""


class DriftError(DsnbError):
    """A version's files changed or vanished since it was registered."""


class InUseError(DsnbError):
    """Something refers to what was to be removed."""


class SnapshotError(DsnbError):
    """The kept bytes of a file are missing or damaged."""


class ArchiveError(DsnbError):
    """A file to import is damaged, or is no such file."""


class NotebookError(DsnbError):
    """A notebook cannot be read, does not say which versions it used, or cannot be run."""


class PipelineError(DsnbError):
    """A step or pipeline cannot be run, or failed."""


class TableError(DsnbError):
    """Data cannot be read, or held, as a table."""


class OutOfRoomError(TableError):
    """A question about tables has no room, neither in memory nor on disk."""


class MissingColumnError(TableError):
    """A column that was named is not there."""


class ComparisonError(DsnbError):
    """Two contents cannot be compared in the way that was asked for."""


class SearchError(DsnbError):
    """What was searched for cannot be found among the versions."""


class MissingLibraryError(DsnbError):
    """An optional library is not installed."""


class RegistryError(DsnbError):
    """The registry cannot be read or written."""


class RegistryTooNewError(RegistryError):
    """The registry was written by a newer dsnb."""


class RegistryDamagedError(RegistryError):
    """The registry, or a manifest, does not hold what dsnb wrote there."""


class OutsideDatastoreError(RegistryDamagedError):
    """A path that was recorded leads out of its datastore."""


class RegistryLockedError(RegistryError):
    """Another process kept the registry locked for too long."""


def did_you_mean(wrong: str, known: Sequence[str]) -> str:
    """Return a sentence offering the nearest names, or nothing when none is near.

    Examples
    --------
    >>> did_you_mean("wether_ds", ["weather_ds", "prices"])
    'Did you mean weather_ds?'
    """
    import difflib

    near = difflib.get_close_matches(wrong, known, n=3, cutoff=0.6)
    if not near:
        lowered = wrong.lower()
        near = [name for name in known if name.lower() == lowered or name.startswith(wrong)][:3]
    return f"Did you mean {' or '.join(near)}?" if near else ""


def first_line(error: BaseException) -> str:
    r"""Return what a library's error says, without its last full stop.

    Examples
    --------
    >>> first_line(ValueError("too long.\nAnd more."))
    'too long'
    """
    text = str(error).strip() or type(error).__name__
    return text.splitlines()[0][:300].rstrip(".")


@contextmanager
def writing(path: Path | str) -> Iterator[None]:
    """Turn what the disk refuses while ``path`` is written into a clear error.

    Raises
    ------
    RegistryError
        When the folder is read-only, the disk is full, the quota is used up, or a file stands
        where a folder belongs.
    """
    import errno

    try:
        yield
    except OSError as error:
        if error.errno in (errno.ENOSPC, errno.EDQUOT, errno.EFBIG):
            raise RegistryError(
                f"There is no room left to write {path} ({error.strerror}); nothing was changed.",
                hint="Free some space and run the same line again.",
            ) from error
        if error.errno in (errno.EACCES, errno.EPERM, errno.EROFS):
            raise RegistryError(
                f"{path} cannot be written ({error.strerror}); nothing was changed.",
                hint="Make the folder writable, or work in a copy of it: "
                "%ds init FOLDER makes a workspace elsewhere.",
            ) from error
        if error.errno in (errno.EEXIST, errno.ENOTDIR, errno.EISDIR):
            raise RegistryError(
                f"{path} cannot be written: something else stands in its place "
                f"({error.strerror}); nothing was changed.",
                hint="Move that away and run the same line again.",
            ) from error
        if error.errno in (errno.ENOENT, errno.ENAMETOOLONG, errno.EINVAL):
            raise RegistryError(
                f"{path} cannot be written ({error.strerror}); nothing was changed.",
                hint="Name another place and run the same line again.",
            ) from error
        raise
