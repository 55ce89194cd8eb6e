from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dsnb.errors import ConfigError
from dsnb.settings import SETTINGS, changed_config, check_value, read_config
from dsnb.workspace import Workspace
from tests.workbench import write


def test_a_missing_file_means_every_default() -> None:
    config = read_config(Path("nowhere"))
    assert {key: config[key] for key in SETTINGS} == {
        key: setting.default for key, setting in SETTINGS.items()
    }


@pytest.mark.parametrize(
    ("key", "typed", "value"),
    [
        ("diff.rows", "25", 25),
        ("diff.rows", 0, 0),
        ("lock.timeout", "1.5", 1.5),
        ("lock.timeout", 2, 2.0),
        ("creator", "Ada", "Ada"),
    ],
)
def test_a_value_gets_the_settings_own_type(key: str, typed: Any, value: Any) -> None:
    assert check_value(key, typed) == value
    assert type(check_value(key, typed)) is type(value)


@pytest.mark.parametrize(
    ("key", "typed"),
    [
        ("diff.rows", "many"), ("diff.rows", -1), ("diff.rows", 2.7), ("diff.rows", True),
        ("diff.rows", float("inf")), ("diff.rows", "9" * 5000), ("lock.timeout", "nan"),
        ("lock.timeout", "inf"), ("lock.timeout", []), ("creator", False), ("creator", ["x"]),
    ],
)  # fmt: skip
def test_a_value_that_does_not_fit_is_refused_with_an_example(key: str, typed: Any) -> None:
    with pytest.raises(ConfigError, match=rf"{key} takes .*%ds config {key}"):
        check_value(key, typed)


@given(st.sampled_from(sorted(SETTINGS)), st.text() | st.floats() | st.integers() | st.none())
def test_any_value_fits_or_is_refused(key: str, value: Any) -> None:
    with suppress(ConfigError):
        assert type(check_value(key, value)) is type(SETTINGS[key].default)


def test_an_unknown_key_is_refused_with_the_nearest(workspace: Workspace) -> None:
    with pytest.raises(ConfigError, match=r"no setting 'dif\.rows'.*Did you mean diff\.rows"):
        workspace.set_setting("dif.rows", "3")
    with pytest.raises(ConfigError):
        workspace.settings("colour")


def test_setting_a_value_keeps_the_rest_of_the_file(workspace: Workspace) -> None:
    write(workspace.layout.config, '# mine\ncreator = "Ada"  # me\n\n[other]\nkept = 1\n')
    workspace.set_setting("diff.rows", "25")
    text = workspace.layout.config.read_text()
    assert text.startswith('# mine\ncreator = "Ada"  # me\n')
    assert "kept = 1" in text
    assert (workspace.config["diff.rows"], workspace.config["creator"]) == (25, "Ada")
    [(key, value, is_set, _)] = workspace.settings("diff.rows").rows
    assert (key, value, is_set) == ("diff.rows", 25, True)


@pytest.mark.parametrize(
    "text",
    [
        "diff.rows = ",
        "[diff]\nrows = 'many'",
        "[diff]\nrows = inf",
        "datastores = 5",
        "[datastores]\nbulk = 5",
        "\udcff",
    ],
)
def test_a_file_that_is_wrong_is_named_and_never_written_over(
    workspace: Workspace, text: str
) -> None:
    path = workspace.layout.config
    path.write_bytes(text.encode(errors="surrogateescape"))
    for attempt in (
        lambda: workspace.config,
        lambda: workspace.set_setting("creator", "me"),
        lambda: workspace.add_datastore("here", "."),
    ):
        with pytest.raises(ConfigError):
            attempt()
    assert path.read_bytes() == text.encode(errors="surrogateescape")


def test_a_folder_in_its_place_is_a_clear_error(workspace: Workspace) -> None:
    workspace.layout.config.mkdir()
    with pytest.raises(ConfigError, match=r"config\.toml cannot be read"):
        workspace.settings()


@pytest.mark.parametrize("text", ["diff = 5\n", "[[diff]]\nx = 1\n"])
def test_a_table_that_is_none_is_a_clear_error(text: str) -> None:
    with pytest.raises(ConfigError, match=r"diff.*is no table"):
        changed_config(text, "diff", "rows", 25)
