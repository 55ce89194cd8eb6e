"""The notebook's variables: setting one, and the line of code that would set it."""

from __future__ import annotations

import builtins
import keyword
from typing import Any

from dsnb.errors import UsageError


def has_kernel() -> bool:
    """Tell whether this is a notebook's kernel, whose front end can show widgets."""
    return getattr(_shell(), "kernel", None) is not None


def checked_name(variable: str) -> str:
    """Return the name of a variable that may be set.

    Raises
    ------
    UsageError
        When Python does not allow it, or it would hide a function of Python's own.

    Examples
    --------
    >>> checked_name(" df ")
    'df'
    """
    name = variable.strip()
    if not name.isidentifier() or keyword.iskeyword(name):
        raise UsageError(
            f"{name!r} cannot name a variable." if name else "The data needs a variable.",
            hint="Write letters, digits and _, not starting with a digit, such as df.",
        )
    if hasattr(builtins, name):
        raise UsageError(
            f"{name} is a function of Python itself.", hint="Choose another name, such as df."
        )
    return name


def notebook_variables() -> dict[str, Any]:
    """Return the variables of the notebook, to be read and set.

    Raises
    ------
    UsageError
        Outside IPython.
    """
    shell = _shell()
    if shell is None:
        raise UsageError(
            "There is no notebook whose variable could be set.", hint="Call picker.load()."
        )
    variables: dict[str, Any] = shell.user_ns
    return variables


def loading_line(variable: str, ref: str) -> str:
    """Return the code that loads a version into a variable.

    Examples
    --------
    >>> "weather_ds@2" in loading_line("df", "weather_ds@2")
    True
    """
    shell = _shell()
    if shell is not None and shell.find_line_magic("ds") is None:  # dsnb.pick() needs no magic
        return f'import dsnb\n{variable} = dsnb.load("{ref}")'
    return f"{variable} = %ds load {ref}"


def _shell() -> Any:
    from IPython.core.getipython import get_ipython

    return get_ipython()
