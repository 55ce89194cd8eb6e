import inspect
import re

import pytest

from dsnb import errors
from dsnb.errors import DsnbError, RegistryError, did_you_mean, writing
from dsnb.workspace import tell_on_stderr

EVERY = [
    kind
    for _, kind in inspect.getmembers(errors, inspect.isclass)
    if issubclass(kind, DsnbError) and kind.__module__ == "dsnb.errors"
]


def test_the_tree_at_the_head_of_the_module_is_the_tree_of_the_classes() -> None:
    drawn: list[tuple[str, str]] = []
    above: list[str] = []
    for line in (errors.__doc__ or "").splitlines():
        if match := re.match(r"^ {4}([│├└─ ]*)(\w+Error)\b", line):
            depth = len(match[1]) // 4
            above = [*above[:depth], match[2]]
            drawn.append((match[2], above[-2] if depth else "Presentable"))
    assert sorted(drawn) == sorted((kind.__name__, kind.__bases__[0].__name__) for kind in EVERY)


@pytest.mark.parametrize("kind", EVERY)
def test_an_error_is_its_message_and_what_to_do_next(kind: type[DsnbError]) -> None:
    error = kind("It broke.", hint="Mend it.")
    assert str(error) == "It broke. Mend it."
    assert str(kind("It broke.")) == "It broke."
    assert error._render_traceback_() == [f"{kind.__name__}: It broke. Mend it."]
    assert kind.__name__ not in dir(__builtins__)
    assert error.exit_code in (1, 2)


@pytest.mark.parametrize("number", [28, 122, 27, 13, 1, 30, 17, 20])
def test_what_the_disk_refuses_is_said_with_the_file(number: int) -> None:
    refused = pytest.raises(RegistryError, match=r"registry\.json.*nothing was changed")
    with refused, writing("registry.json"):
        raise OSError(number, "refused")


def test_the_nearest_names_are_offered() -> None:
    names = ["weather_ds", "weather", "prices"]
    assert did_you_mean("wether_ds", names) == "Did you mean weather_ds or weather?"
    assert did_you_mean("PRICES", names) == "Did you mean prices?"
    assert did_you_mean("we", ["weather_of_new_york"]) == "Did you mean weather_of_new_york?"
    assert did_you_mean("xyz", names) == did_you_mean("x", []) == ""


@pytest.mark.parametrize("bad", ["\x1b[2J\x07", "\u202e", "a\nb", "\x00", "\ud800"])
def test_a_message_lets_nothing_reach_the_terminal(bad: str) -> None:
    said = str(DsnbError(f"There is no {bad}.", hint=f"Type {bad}."))
    assert said.isprintable()


def test_a_notice_lets_nothing_reach_the_terminal(capsys: pytest.CaptureFixture[str]) -> None:
    tell_on_stderr("weather_ds@1 is deprecated: \x1b[2J\u202e")
    assert capsys.readouterr().err.rstrip("\n").isprintable()
