"""Which packages this interpreter has, asked in the words of pip and of conda."""

from __future__ import annotations

import os
import re
import shlex
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from packaging.requirements import Requirement

_CONDA = re.compile(r"(?:[^\s:]+::)?([A-Za-z0-9][A-Za-z0-9._-]*)\s*(.*)")

NAMING_MORE = ("-r", "--requirement", "-c", "--constraint")
EDITABLE = ("-e", "--editable")
_ARCHIVES = (".whl", ".tar.gz", ".zip")


def is_installed(requirement: str) -> bool:
    """Tell whether this interpreter has what a requirement asks for.

    Parameters
    ----------
    requirement
        A line as pip takes it. What names a file or an address is never taken for installed.

    Examples
    --------
    >>> is_installed("pandas>=2"), is_installed("pandas<1"), is_installed("./weather-1.0.tar.gz")
    (True, False, False)
    """
    from packaging.requirements import InvalidRequirement, Requirement

    try:
        return _is_met(Requirement(re.split(r"\s(?:--|#)", requirement)[0].strip()), set())
    except InvalidRequirement:
        return False


def as_requirement(conda_package: str) -> str:
    """Return what pip would call a package of conda's; empty when it has no words for it.

    A name is taken to be the same there and here, as it mostly is.

    Examples
    --------
    >>> [as_requirement(one) for one in ("scipy", "conda-forge::scipy=1.9", "scipy >=1.9")]
    ['scipy', 'scipy==1.9.*', 'scipy>=1.9']
    >>> as_requirement("scipy=1.9.3=py310_0"), as_requirement("scipy 1.9|1.10")
    ('scipy==1.9.3.*', '')
    """
    from packaging.requirements import InvalidRequirement, Requirement

    found = _CONDA.fullmatch(conda_package.strip())
    if found is None:
        return ""
    name, version = found[1], found[2].strip()
    if exact := re.fullmatch(r"(={0,2})\s*([A-Za-z0-9.*+]+)(?:=\S*)?", version):
        # One = means every version that begins so; what follows a further one is a build.
        begins = exact[1] == "=" and not exact[2].endswith("*")
        version = "" if exact[2] == "*" else f"=={exact[2]}{'.*' if begins else ''}"
    try:
        return str(Requirement(name + version))
    except InvalidRequirement:
        return ""


def package_name(line: str) -> str:
    """Return what a package of pip or conda is called, in the one spelling of its name.

    Examples
    --------
    >>> [package_name(one) for one in ("Scikit_Learn[all]>=1", "conda-forge::scipy=1", "pandas 2")]
    ['scikit-learn', 'scipy', 'pandas']
    >>> package_name("wheels/dense_rows-1.0-py3-none-any.whl"), package_name("./rows")
    ('dense-rows', './rows')
    """
    text = line.strip()
    if text.endswith(".whl") and " @ " not in text:
        found = re.match(r"([^-]+)", re.split(r"[/\\]", text)[-1])
    else:
        found = re.match(r"(?:[\w.-]+::)?([A-Za-z0-9][\w.-]*)\s*(?:[\[=<>~!@;#\s]|$)", text)
    return re.sub(r"[-_.]+", "-", found[1]).lower() if found else text


def without_passwords(text: str) -> str:
    """Return a text whose addresses do not tell who may read there.

    Examples
    --------
    >>> without_passwords("--index-url https://me:secret@example.org/simple")
    '--index-url https://example.org/simple'
    """
    return re.sub(r"(?<=://)[^/@\s]+@", "", text)


def named_file(line: str) -> tuple[str, str]:
    """Return the option and the path in a line of requirements, empty where it has none.

    Examples
    --------
    >>> named_file("-r more.txt"), named_file("./weather[plots]"), named_file("weather>=1")
    (('-r', 'more.txt'), ('', './weather'), ('', ''))
    """
    words = _words(line)
    if words and words[0].startswith("-"):
        option, given, value = words[0].partition("=")
        return option, (value if given else " ".join(words[1:])).partition("[")[0]
    place = re.split(r"\s+#|;|\[", line.partition(" @ ")[2] or line)[0].strip()
    # As pip does: a word alone is a package's name, whatever folder there is of that name.
    is_path = "/" in place or os.sep in place or place.endswith(_ARCHIVES)
    return "", place.removeprefix("file://") if is_path else ""


def anchored(line: str, folder: str) -> str:
    """Return a line of requirements that names the same file wherever it is read.

    Parameters
    ----------
    line
        The line.
    folder
        What a relative path in it starts from.

    Examples
    --------
    >>> anchored("-r more.txt", "/project"), anchored("weather>=1", "/project")
    ('-r /project/more.txt', 'weather>=1')
    """
    option, path = named_file(line)
    whole = os.path.abspath(os.path.join(folder, path))
    if option in NAMING_MORE:
        return line if "://" in path else f"{option} {shlex.quote(whole)}"
    if not path or os.path.isabs(path) or not os.path.exists(whole):
        return line
    if option in EDITABLE:
        extras = "".join(" ".join(_words(line)[1:]).partition("[")[1:])
        return f"{option} {shlex.quote(whole + extras)}"
    return line if option else line.replace(path, whole, 1)


def _words(line: str) -> list[str]:
    try:
        return shlex.split(line, comments=True)
    except ValueError:
        return line.split()


def _is_met(requirement: Requirement, asked: set[str]) -> bool:
    from importlib.metadata import PackageNotFoundError, distribution

    from packaging.requirements import Requirement

    if requirement.marker is not None and not requirement.marker.evaluate():
        return True  # it asks for nothing on this machine
    if requirement.url is not None:
        return False
    try:
        found = distribution(requirement.name)
    except PackageNotFoundError:
        return False
    if not requirement.specifier.contains(found.version, prereleases=True):
        return False
    # What an extra brings is asked for only where the extra is named.
    for extra in requirement.extras:
        for text in found.requires or ():
            part = Requirement(text)
            mark = f"{part}"
            if part.marker is None or mark in asked or "extra" not in str(part.marker):
                continue
            if part.marker.evaluate({"extra": extra}):
                asked.add(mark)
                part.marker = None
                if not _is_met(part, asked):
                    return False
    return True
