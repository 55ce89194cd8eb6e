"""`CondaDependencies`: which packages a script asks for, as conda's environment files say it."""

from __future__ import annotations

import copy
import os
import re
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from dsnb.azureml.calling import sdk_call
from dsnb.azureml.exceptions import UserErrorException
from dsnb.errors import first_line, writing
from dsnb.pipelines.packages import anchored, package_name
from dsnb.storage.atomic import write_atomically

_KEYS = ("name", "channels", "dependencies", "prefix", "variables")
_PYTHON = "python"
_AUTOMATIC = "auto_conda_dependencies.yml"


class CondaDependencies:
    """The packages of conda and of pip that a script asks for.

    Nothing is asked for where nothing was named: no version of Python, and not the retired SDK's
    own packages, whose place ``dsnb.azureml`` takes.

    Parameters
    ----------
    conda_dependencies_file_path
        A conda environment file to begin with.

    Raises
    ------
    UserErrorException
        When that is no such file.

    Examples
    --------
    >>> needs = CondaDependencies.create(conda_packages=["scipy"], pip_packages=["lightgbm==4.5"])
    >>> print(needs.serialize_to_string())
    name: project_environment
    dependencies:
    - scipy
    - pip:
      - lightgbm==4.5
    <BLANKLINE>
    """

    @sdk_call()
    def __init__(
        self,
        conda_dependencies_file_path: str | os.PathLike[str] | None = None,
        *,
        _underlying_structure: dict[str, Any] | None = None,
    ) -> None:
        self._conda: list[str] = []
        self._pip: list[str] = []
        self._channels: list[str] = []
        self._rest: dict[str, Any] = {"name": "project_environment"}
        if conda_dependencies_file_path is not None:
            path = os.path.abspath(conda_dependencies_file_path)
            self._take(_read(path), path)
            self._pip = [anchored(line, os.path.dirname(path)) for line in self._pip]
        elif _underlying_structure is not None:
            self._take(_underlying_structure, "This")

    @staticmethod
    def create(
        pip_indexurl: str | None = None,
        pip_packages: Iterable[str] | None = None,
        conda_packages: Iterable[str] | None = None,
        python_version: str | None = None,
        pin_sdk_version: bool = True,
    ) -> CondaDependencies:
        """Return what a list of packages asks for.

        Parameters
        ----------
        pip_indexurl
            Where pip looks first; None leaves that to pip.
        pip_packages, conda_packages
            The packages.
        python_version
            The version of Python; None is this one's, whichever it is.
        pin_sdk_version
            Has no effect: the retired SDK's own packages are not installed.
        """
        needs = CondaDependencies()
        if pip_indexurl:
            needs.set_pip_index_url(pip_indexurl)
        if python_version:
            needs.set_python_version(python_version)
        for package in pip_packages or ():
            needs.add_pip_package(package)
        for package in conda_packages or ():
            needs.add_conda_package(package)
        return needs

    @property
    def conda_channels(self) -> Iterator[str]:
        """The channels of conda."""
        return iter([*self._channels])

    @property
    def conda_packages(self) -> Iterator[str]:
        """The packages of conda, Python among them where its version was set."""
        return iter([*self._conda])

    @property
    def pip_packages(self) -> Iterator[str]:
        """The packages of pip."""
        return iter([line for line in self._pip if not line.startswith("-")])

    @property
    def pip_options(self) -> Iterator[str]:
        """The options of pip."""
        return iter([line for line in self._pip if line.startswith("-")])

    def get_python_version(self) -> str | None:
        """Return the version of Python that is asked for, None when none is."""
        for package in self._conda:
            if _name_of(package) == _PYTHON and (found := re.search(r"\d[\w.]*", package)):
                return found[0]
        return None

    def set_python_version(self, version: str) -> None:
        """Ask for a version of Python."""
        self._conda = [one for one in self._conda if _name_of(one) != _PYTHON]
        self._conda.insert(0, f"{_PYTHON}={_text(version)}")

    def add_channel(self, channel: str) -> None:
        """Add a channel of conda."""
        if _text(channel) not in self._channels:
            self._channels.append(channel)

    def remove_channel(self, channel: str) -> None:
        """Remove a channel of conda."""
        self._channels = [one for one in self._channels if one != channel]

    def add_conda_package(self, conda_package: str) -> None:
        """Add a package of conda; of Python there is one version."""
        if _name_of(conda_package) == _PYTHON:
            self._conda = [one for one in self._conda if _name_of(one) != _PYTHON]
        if conda_package not in self._conda:
            self._conda.append(conda_package)

    def remove_conda_package(self, conda_package: str) -> None:
        """Remove a package of conda.

        Raises
        ------
        UserErrorException
            When it is Python.
        """
        if _name_of(conda_package) == _PYTHON:
            raise UserErrorException(
                "A script needs Python. Ask for another version: set_python_version('3.12')"
            )
        self._conda = [one for one in self._conda if one != conda_package]

    def add_pip_package(self, pip_package: str) -> None:
        """Add a package of pip, in place of another version of it.

        Raises
        ------
        UserErrorException
            When it is an option.
        """
        self.remove_pip_package(pip_package)
        self._pip.append(pip_package)

    def remove_pip_package(self, pip_package: str) -> None:
        """Remove a package of pip, whatever version of it is asked for.

        Raises
        ------
        UserErrorException
            When it is an option.
        """
        if _text(pip_package).startswith("-"):
            raise UserErrorException(
                f"{pip_package} is an option of pip: use set_pip_option or remove_pip_option."
            )
        name = _name_of(pip_package)
        self._pip = [one for one in self._pip if one.startswith("-") or _name_of(one) != name]

    def set_pip_option(self, pip_option: str) -> None:
        """Set an option of pip, in place of another value of it.

        Raises
        ------
        UserErrorException
            When it is a package.
        """
        self.remove_pip_option(pip_option)
        self._pip.append(pip_option)

    def remove_pip_option(self, pip_option: str) -> None:
        """Remove an option of pip, whatever its value.

        Raises
        ------
        UserErrorException
            When it is a package.
        """
        if not _text(pip_option).startswith("-"):
            raise UserErrorException(
                f"{pip_option} is no option of pip: use add_pip_package or remove_pip_package."
            )
        self._pip = [one for one in self._pip if _option_of(one) != _option_of(pip_option)]

    def set_pip_index_url(self, index_url: str) -> None:
        """Set where pip looks for packages: an address, or the whole option that names it."""
        self.set_pip_option(
            index_url if _text(index_url).startswith("-") else f"--index-url {index_url}"
        )

    def set_pip_requirements(self, pip_requirements: Iterable[str]) -> None:
        """Ask for these packages and options of pip, and no others."""
        self._pip = [_text(line) for line in pip_requirements]

    def as_dict(self) -> dict[str, Any]:
        """Return what a conda environment file would hold."""
        dependencies: list[Any] = [*self._conda, *([{"pip": [*self._pip]}] if self._pip else [])]
        whole = {"channels": [*self._channels], "dependencies": dependencies}
        return copy.deepcopy({**self._rest, **{key: item for key, item in whole.items() if item}})

    def serialize_to_string(self) -> str:
        """Return the text of a conda environment file."""
        import yaml

        return str(yaml.safe_dump(self.as_dict(), sort_keys=False, allow_unicode=True))

    @sdk_call()
    def save(self, path: str | os.PathLike[str] | None = None) -> str:
        """Write a conda environment file, and return its path.

        Raises
        ------
        UserErrorException
            When no file is named, or its folder is not there.
        """
        if path is None or os.path.isdir(path):
            raise UserErrorException("Name the file to write: save('environment.yml')")
        if not os.path.isdir(os.path.dirname(os.path.abspath(path))):
            raise UserErrorException(f"{path} lies in no folder that is there. Make it first.")
        self._write(path)
        return os.fspath(path).replace(os.sep, "/")

    @sdk_call()
    def save_to_file(
        self, base_directory: str | os.PathLike[str], conda_file_path: str | None = None
    ) -> str:
        """Write a conda environment file below a folder, and return its path from there.

        Parameters
        ----------
        base_directory
            The folder.
        conda_file_path
            The path below it; None is ``.azureml/auto_conda_dependencies.yml``.
        """
        below = conda_file_path or f".azureml/{_AUTOMATIC}"
        self._write(os.path.join(base_directory, below))
        return below.replace(os.sep, "/")

    def __repr__(self) -> str:
        return f"<conda packages: {', '.join(self._conda)}; pip: {', '.join(self._pip)}>"

    def _write(self, path: str | os.PathLike[str]) -> None:
        with writing(os.fspath(path)):
            write_atomically(
                Path(os.path.abspath(path)), self.serialize_to_string().encode("utf-8")
            )

    def _take(self, found: Any, called: str) -> None:
        """Take over what a conda environment file holds."""
        if not isinstance(found, dict):
            raise UserErrorException(f"{called} is no conda environment file: it has no keys.")
        if strange := [str(key) for key in found if key not in _KEYS]:
            raise UserErrorException(
                f"{called} is no conda environment file: {', '.join(strange)} cannot stand there. "
                f"It may have {', '.join(_KEYS)}."
            )
        self._channels = _texts(found.get("channels"), f"{called}: channels")
        for one in _list(found.get("dependencies"), where := f"{called}: dependencies"):
            if isinstance(one, dict) and set(one) == {"pip"}:
                self._pip += _texts(one["pip"], f"{called}: pip")
            else:
                self._conda += _texts([one], where)
        self._rest = {key: found[key] for key in found if key not in ("channels", "dependencies")}


def _read(path: str) -> Any:
    import yaml

    try:
        # The plain loader: it makes texts, numbers, lists and mappings, and runs nothing.
        return yaml.safe_load(Path(path).read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError) as error:
        raise UserErrorException(f"{path} cannot be read ({first_line(error)}).", error) from error
    except (yaml.YAMLError, RecursionError, ValueError) as error:
        raise UserErrorException(f"{path} is no YAML ({first_line(error)}).", error) from error


def _list(found: Any, where: str) -> list[Any]:
    if found is not None and not isinstance(found, list):
        raise UserErrorException(f"{where} is a list of texts, and not {found!r:.80}.")
    return found or []


def _texts(found: Any, where: str) -> list[str]:
    texts = _list(found, where)
    if not all(isinstance(one, str) for one in texts):
        raise UserErrorException(f"{where} is a list of texts, and not {found!r:.80}.")
    return [*texts]


def _text(given: object) -> str:
    if not isinstance(given, str) or not given.strip():
        raise UserErrorException(f"{given!r} names no package, channel or version: pass a text.")
    return given


def _name_of(package: str) -> str:
    return package_name(_text(package))


def _option_of(line: str) -> str:
    return re.split(r"[\s=]", line, maxsplit=1)[0] if line.startswith("-") else ""
