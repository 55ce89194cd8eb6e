"""What references mean in a notebook that is run again as it was recorded."""

from pathlib import Path

import pytest

import dsnb
from dsnb.catalog.pins import as_environment, every, latest
from dsnb.errors import ConfigError, VersionNotFoundError


@pytest.fixture
def ids() -> dict[int, str]:
    """Return the ids of three versions of ``ds``, by number."""
    for number in (1, 2, 3):
        Path("a.csv").write_text("a\n" * number, encoding="utf-8")
        dsnb.register("ds", "a.csv")
    return {row.version.version: row.version.id for row in dsnb.versions("ds").rows}


def pin(monkeypatch: pytest.MonkeyPatch, pins: dict[str, str]) -> None:
    for name, value in as_environment(pins).items():
        monkeypatch.setenv(name, value)


def means(ref: str) -> str:
    return dsnb.show(ref).version.ref


def test_the_latest_version_is_the_pinned_one(
    ids: dict[int, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    pin(monkeypatch, {latest("ds"): ids[2]})
    assert [means(ref) for ref in ("ds", "ds@latest", "ds@latest~1")] == ["ds@2", "ds@2", "ds@1"]
    assert [means(ref) for ref in ("ds@1", "ds@3")] == ["ds@1", "ds@3"]
    dsnb.alias("ds@3", "prod")
    assert means("ds@prod") == "ds@3"


def test_a_number_is_replaced_only_where_it_is_pinned_itself(
    ids: dict[int, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    pin(monkeypatch, {"other@9": ids[1], latest("other"): ids[2]})
    assert [means(ref) for ref in ("other@9", "other", "ds@2")] == ["ds@1", "ds@2", "ds@2"]


def test_every_version_may_be_replaced(
    ids: dict[int, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    pin(monkeypatch, {every("ds"): ids[3], latest("ds"): ids[1]})
    assert {means(ref) for ref in ("ds", "ds@1", "ds@latest~1", "ds@2020-01-01")} == {"ds@3"}


def test_what_is_registered_is_the_latest_from_then_on(
    ids: dict[int, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    pin(monkeypatch, {latest("ds"): ids[1]})
    assert dsnb.register("other", "a.csv").ref == "other@1"
    assert means("ds") == "ds@1"
    Path("a.csv").write_text("a\nb\n", encoding="utf-8")
    dsnb.register("ds", "a.csv")
    assert means("ds") == "ds@4"
    dsnb.register("ds", from_=dsnb.load("ds").head(0))
    assert means("ds") == "ds@5"


def test_a_pin_of_a_version_that_is_not_here_does_nothing(
    ids: dict[int, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    pin(monkeypatch, {latest("ds"): "elsewhere", every("ds"): "gone", "ds@9": "gone"})
    assert means("ds") == "ds@3"
    with pytest.raises(VersionNotFoundError):
        means("ds@9")


def test_there_is_nothing_before_the_first(
    ids: dict[int, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    pin(monkeypatch, {latest("ds"): ids[1]})
    with pytest.raises(VersionNotFoundError, match="no ds@latest~1"):
        means("ds@latest~1")


@pytest.mark.parametrize("text", ["x", "[]", '{"ds": 1}', "[" * 100_000])
def test_what_is_no_pins_is_refused(
    ids: dict[int, str], monkeypatch: pytest.MonkeyPatch, text: str
) -> None:
    monkeypatch.setenv("DSNB_PINS", text)
    with pytest.raises(ConfigError, match="DSNB_PINS holds what are no pins"):
        means("ds")
