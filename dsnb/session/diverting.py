"""Diverting: letting functions of a library tell what they are given before they do their work.

A function that is written in Python stays the object it is, and is given other code. So it is seen
under every name that it ever was bound to, and is pickled, documented and inspected as before. A
function that is written in C cannot be changed; its name is bound to one that calls it.

A library is diverted when it has been imported. It is never imported for that.
"""

from __future__ import annotations

import inspect
import sys
from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from functools import update_wrapper
from importlib.machinery import ModuleSpec
from types import CodeType, FunctionType, ModuleType
from typing import Any

Tell = Callable[[tuple[Any, ...], Mapping[str, Any]], object]
"""Is told the arguments of a call, of a method with the object itself."""

_NO_CALL = inspect.CO_GENERATOR | inspect.CO_COROUTINE | inspect.CO_ASYNC_GENERATOR


class Diversions:
    """What is diverted in the modules of this process.

    Parameters
    ----------
    wanted
        For the name of each module, what is to be diverted there: the name of a function, or of
        a method after that of its class, and who is told.
    """

    def __init__(self, wanted: Mapping[str, Iterable[tuple[str, Tell]]]) -> None:
        self._wanted = wanted
        self._swapped: dict[FunctionType, tuple[FunctionType, CodeType]] = {}
        self._bound: list[tuple[Any, str, Any, Any]] = []

    def install(self) -> None:
        """Divert what is there, and the rest as soon as it is imported."""
        if self in sys.meta_path:
            return
        sys.meta_path.insert(0, self)
        for name in self._wanted:
            module = sys.modules.get(name)
            if module is not None and not getattr(module.__spec__, "_initializing", False):
                self._divert(name, module)

    def remove(self) -> None:
        """Take every diversion away; what somebody else has changed since is left alone."""
        with suppress(ValueError):
            sys.meta_path.remove(self)
        for function, (original, code) in self._swapped.items():
            if function.__code__ is code:
                function.__code__ = original.__code__
            if function.__dict__.get("__wrapped__") is original:
                del function.__dict__["__wrapped__"]
        for holder, name, original, ours in self._bound:
            if vars(holder).get(name) is ours:
                setattr(holder, name, original)
        self._swapped.clear()
        self._bound.clear()

    def find_spec(
        self, name: str, path: Any = None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        """Let the others find a module, and hear of it when it has been imported."""
        if name not in self._wanted:
            return None
        for finder in sys.meta_path:
            if finder is not self and hasattr(finder, "find_spec"):
                spec = finder.find_spec(name, path, target)
                if spec is not None:
                    self._wait_for(spec)
                    return spec
        return None

    def _wait_for(self, spec: ModuleSpec) -> None:
        loader: Any = spec.loader
        execute = getattr(loader, "exec_module", None)

        def exec_module(module: ModuleType) -> None:
            del loader.exec_module  # the loader is again what it was
            assert execute is not None
            execute(module)
            if self in sys.meta_path:
                self._divert(spec.name, module)

        # A loader that takes no attribute, or has none of its own, imports as ever.
        if execute is not None and "exec_module" not in getattr(
            loader, "__dict__", {"exec_module"}
        ):
            loader.exec_module = exec_module

    def _divert(self, name: str, module: ModuleType) -> None:
        for path, tell in self._wanted[name]:
            # A version of the library that knows no such function, or a strange one.
            with suppress(Exception):
                self._divert_one(module, path, tell)

    def _divert_one(self, module: ModuleType, path: str, tell: Tell) -> None:
        *classes, name = path.split(".")
        holder: Any = module
        for one in classes:
            holder = getattr(holder, one)
        found = vars(holder)[name]
        function = self._innermost(found)
        if function is None:
            self._bind(holder, name, found, _quietly(tell))
        elif function not in self._swapped and not function.__code__.co_flags & _NO_CALL:
            self._swap(function, _quietly(tell))

    def _innermost(self, found: Any) -> FunctionType | None:
        """Return the function below its decorators, None when it is not one of Python's."""
        innermost: FunctionType | None = None
        while type(found) is FunctionType and innermost not in self._swapped:
            innermost = found
            found = found.__dict__.get("__wrapped__")
        return innermost

    def _swap(self, function: FunctionType, tell: Tell) -> None:
        code = function.__code__
        original = FunctionType(
            code,
            function.__globals__,
            function.__name__,
            function.__defaults__,
            function.__closure__,
        )
        original.__kwdefaults__ = function.__kwdefaults__
        # From Python 3.14 on, annotations are evaluated by whoever asks for them.
        annotations = "__annotate__" if hasattr(function, "__annotate__") else "__annotations__"
        setattr(original, annotations, getattr(function, annotations))
        ours = {"tell": tell, "original": original}
        function.__code__ = diverted = _TEMPLATE.replace(
            co_consts=tuple(ours.get(one, one) for one in _TEMPLATE.co_consts),
            co_freevars=code.co_freevars,
        )
        function.__dict__["__wrapped__"] = original  # its signature, for whoever inspects it
        self._swapped[function] = (original, diverted)

    def _bind(self, holder: Any, name: str, original: Any, tell: Tell) -> None:
        def told(*args: Any, **kwargs: Any) -> Any:
            tell(args, kwargs)
            return original(*args, **kwargs)

        with suppress(Exception):
            update_wrapper(told, original)
        if isinstance(holder, ModuleType):
            # Where it is found by its name, so that both of them can be pickled.
            told.__module__, told.__qualname__ = holder.__name__, name
        setattr(holder, name, told)
        self._bound.append((holder, name, original, told))


def _quietly(tell: Tell) -> Tell:
    def quiet(args: tuple[Any, ...], kwargs: Mapping[str, Any]) -> None:
        with suppress(Exception):
            tell(args, kwargs)

    return quiet


def _watched(*args: Any, **kwargs: Any) -> Any:
    tell: Any = "tell"
    original: Any = "original"
    tell(args, kwargs)
    return original(*args, **kwargs)  # dsnb has only looked on


_TEMPLATE = _watched.__code__
"""The code of a function that is diverted, once its two constants are put in."""
