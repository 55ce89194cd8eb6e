"""Judging the data of a version: an expression or a function, and whether its answer is true."""

from __future__ import annotations

import ast
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from dsnb.errors import SearchError, UsageError, first_line
from dsnb.records import Kind
from dsnb.units import count_text

if TYPE_CHECKING:
    import pandas as pd

Test = Callable[[Any, Kind], object]
"""What is asked of the data of a version, given what kind of data it is."""

_NAMES: Mapping[Kind, str] = {"tabular": "df", "file": "paths", "model": "paths"}
"""What the data is called in an expression: a table is no list of paths, nor the reverse."""
_EXAMPLE = 'For example: %ds bisect weather_ds -- df["temp"].max() < 100'


class UndecidedError(Exception):
    """An answer is neither true nor false."""


def expression_test(text: str, variables: Mapping[str, object]) -> Test:
    """Return the test that a Python expression makes.

    Parameters
    ----------
    text
        The expression. A table is called ``df`` in it, the list of a file dataset's paths
        ``paths``; ``pd`` and ``np`` are there too.
    variables
        What else it may use, such as the notebook's variables.

    Raises
    ------
    UsageError
        When it is no expression of Python.

    Examples
    --------
    >>> expression_test("len(paths) < most", {"most": 3})(["a.png"], "file")
    True
    """
    text = text.strip()
    try:
        code = compile(ast.parse(text, "<expression>", "eval"), "<expression>", "eval")
    except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
        why = error.msg if isinstance(error, SyntaxError) else first_line(error)
        said = f"{text} is no expression of Python: {why}." if text else "The expression is empty."
        hint = _EXAMPLE if " --" not in text else f"Options stand before the --. {_EXAMPLE}"
        raise UsageError(said, hint=hint) from None
    used = set(code.co_names)

    def test(data: Any, kind: Kind) -> object:
        import numpy as np
        import pandas as pd

        for name in {*_NAMES.values()} - {_NAMES[kind]}:
            # A variable of the notebook that happens to be called so is not what is meant.
            if name in used:
                raise SearchError(
                    f"There is no {name} here: the version holds "
                    f"{'a table' if kind == 'tabular' else 'files'}, called {_NAMES[kind]}.",
                    hint=f"Write {_NAMES[kind]} in its place.",
                )
        # All of them are globals, as an inner function sees nothing else.
        names = {"pd": pd, "np": np, **variables, _NAMES[kind]: data}
        return eval(code, names)

    return test


def function_test(function: Callable[[Any], object]) -> Test:
    """Return the test that a function makes, which is given the table or the list of paths.

    Raises
    ------
    UsageError
        When it cannot be called.
    """
    if not callable(function):
        raise UsageError(
            f"{_shown(function)} is neither an expression nor a function.",
            hint="Give an expression as text, or a function of the loaded data.",
        )
    return lambda data, kind: function(data)


def is_true(answer: object) -> bool:
    """Tell whether an answer is true: one value, or every one of an array, Series or DataFrame.

    Raises
    ------
    UndecidedError
        When it is missing, or holds other things than truth values.

    Examples
    --------
    >>> import pandas as pd
    >>> is_true(pd.Series([True, False]))
    False
    """
    import numpy as np
    import pandas as pd

    if isinstance(answer, pd.DataFrame):
        answer = answer.to_numpy()
    if isinstance(answer, np.ndarray) and answer.ndim:
        answer = pd.Series(answer.ravel())
    if isinstance(answer, pd.Series | pd.Index | pd.api.extensions.ExtensionArray):
        return _all(pd.Series(answer))
    if answer is None or answer is pd.NA or answer is pd.NaT or _is_nan(answer):
        raise UndecidedError(f"the answer is {_shown(answer)}, neither true nor false")
    return bool(answer)


def _all(answers: pd.Series[Any]) -> bool:
    """Tell whether all of many answers are true; one that is false settles it."""
    import numpy as np
    import pandas as pd

    known = answers.dropna()
    if not pd.api.types.is_bool_dtype(answers) and not (
        answers.dtype == object and all(isinstance(one, bool | np.bool_) for one in known)
    ):
        raise UndecidedError(
            f"the answer holds {count_text(len(answers), 'value')} of type {answers.dtype}, "
            "neither true nor false"
        )
    if not known.all():
        return False
    if len(known) < len(answers):
        missing = len(answers) - len(known)
        raise UndecidedError(f"{missing:,} of {count_text(len(answers), 'answer')} are missing")
    return True


def _is_nan(answer: object) -> bool:
    import numpy as np

    return isinstance(answer, float | np.floating) and bool(answer != answer)


def _shown(answer: object) -> str:
    text = repr(answer)
    return text if len(text) <= 60 else f"a {type(answer).__name__}"
