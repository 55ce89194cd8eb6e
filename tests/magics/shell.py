"""An IPython shell inside the process of the tests."""

import atexit
import types
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from IPython.core.interactiveshell import InteractiveShell
from traitlets.config import Config


@contextmanager
def ipython() -> Iterator[Any]:
    config = Config()
    config.HistoryManager.enabled = False
    config.Completer.use_jedi = False
    # A namespace of its own leaves the __main__ of the tests alone.
    shell = InteractiveShell.instance(config=config, user_module=types.ModuleType("notebook"))
    try:
        shell.extension_manager.load_extension("dsnb")
        yield shell
        shell.extension_manager.unload_extension("dsnb")
    finally:
        atexit.unregister(shell.atexit_operations)
        shell.atexit_operations()
        InteractiveShell.clear_instance()
