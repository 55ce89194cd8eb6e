import os
import re
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dsnb.errors import BadNameError, BadReferenceError
from dsnb.refs import (
    Alias,
    AsOf,
    DigestPrefix,
    Latest,
    Number,
    Ref,
    check_alias,
    check_name,
    is_pair,
    parse,
    parse_pair,
)

RULE = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,254}", re.ASCII)
NAMES = st.from_regex(RULE, fullmatch=True)
ALIASES = NAMES.filter(
    lambda name: (
        not re.fullmatch(r"v?[0-9]+|latest", name)
        and not re.match(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", name)
        and ".." not in name
    )
)


@pytest.fixture
def new_york(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setenv("TZ", "America/New_York")
    time.tzset()
    yield
    monkeypatch.undo()
    time.tzset()


@pytest.mark.parametrize(
    ("text", "selector", "canonical"),
    [
        ("weather_ds", Latest(), "weather_ds@latest"),
        ("weather_ds@latest", Latest(), "weather_ds@latest"),
        ("weather_ds@latest~1", Latest(1), "weather_ds@latest~1"),
        ("weather_ds@latest~0", Latest(), "weather_ds@latest"),
        ("weather_ds@2", Number(2), "weather_ds@2"),
        ("weather_ds@002", Number(2), "weather_ds@2"),
        ("weather_ds@v2", Number(2), "weather_ds@2"),
        ("weather_ds:2", Number(2), "weather_ds@2"),
        ("weather_ds@prod", Alias("prod"), "weather_ds@prod"),
        ("weather_ds@sha:1a2B", DigestPrefix("1a2b"), "weather_ds@sha:1a2b"),
    ],
)
def test_every_form_of_a_reference_is_read(text: str, selector: object, canonical: str) -> None:
    assert parse(text) == Ref("weather_ds", selector)  # type: ignore[arg-type]
    assert str(parse(text)) == canonical
    assert parse(canonical) == parse(text)


@pytest.mark.usefixtures("new_york")
@pytest.mark.skipif(os.name == "nt", reason="no tzset")
@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("2026-07-01", datetime(2026, 7, 2, 4, tzinfo=UTC) - timedelta(microseconds=1)),
        ("2026-11-01", datetime(2026, 11, 2, 5, tzinfo=UTC) - timedelta(microseconds=1)),
        ("2026-03-08", datetime(2026, 3, 9, 4, tzinfo=UTC) - timedelta(microseconds=1)),
        ("2026-12-31", datetime(2027, 1, 1, 5, tzinfo=UTC) - timedelta(microseconds=1)),
        ("2026-07-01T12:30", datetime(2026, 7, 1, 16, 30, tzinfo=UTC)),
        ("2026-07-01T12:30:15.5Z", datetime(2026, 7, 1, 12, 30, 15, 500_000, tzinfo=UTC)),
        ("2026-07-01 12:30+02:00", datetime(2026, 7, 1, 10, 30, tzinfo=UTC)),
    ],
)
def test_a_date_means_the_end_of_that_day_in_local_time(text: str, moment: datetime) -> None:
    selector = parse(f"ds@{text}").selector
    assert isinstance(selector, AsOf)
    assert selector.moment == moment
    assert str(parse(f"ds@{text}")) == f"ds@{text}"


@pytest.mark.parametrize(
    "text",
    [
        "", "@", "@1", "ds@", "ds@@1", "ds@1@2", "ds:", "ds:prod", "ds:1:2", "my data", "ds@a b",
        "ds@sha:", "ds@sha:1a2", "ds@sha:xyzw", "ds@sha:" + "a" * 65, "ds@latest~", "ds@latest~x",
        "ds@latest~-1", "ds@-1", "ds@1.5~", "ds@2026-13-01", "ds@2026-02-30", "ds@9999-12-31x",
        "ds@2026-07-01T25:00", "-ds", ".ds", "ds/1", "ds\n", "ds@1\n", " ds", "wetter_ä", "ds@٢x!",
        "$name", "{name}@1", "d" * 256,
    ],
)  # fmt: skip
def test_what_is_no_reference_is_refused_with_the_forms(text: str) -> None:
    with pytest.raises(BadReferenceError, match="Write name, name@2"):
        parse(text)


@pytest.mark.parametrize("value", [None, 2, ["ds"], b"ds"])
def test_a_reference_is_text(value: object) -> None:
    with pytest.raises(BadReferenceError, match="A reference is text"):
        parse(value)  # type: ignore[arg-type]


@given(st.text())
def test_any_text_is_a_reference_or_refused_and_reads_the_same_again(text: str) -> None:
    try:
        ref = parse(text)
    except BadReferenceError:
        return
    assert parse(str(ref)) == ref
    assert RULE.fullmatch(ref.name)


@given(NAMES, ALIASES)
def test_every_name_and_alias_within_the_rules_can_be_referred_to(name: str, alias: str) -> None:
    assert check_name(name) == name
    assert parse(name) == Ref(name)
    assert check_alias(alias) == alias
    assert parse(f"{name}@{alias}") == Ref(name, Alias(alias))
    assert not is_pair(f"{name}@{alias}")


@given(st.text(max_size=20))
def test_a_name_is_accepted_exactly_when_it_keeps_the_rule(name: str) -> None:
    if RULE.fullmatch(name):
        check_name(name)
    else:
        with pytest.raises(BadNameError):
            check_name(name)


def test_a_refused_name_comes_with_one_that_would_do() -> None:
    with pytest.raises(BadNameError, match=r"'my data!' cannot name a dataset.*Try my_data\."):
        check_name("my data!")
    with pytest.raises(BadNameError, match="Choose another name"):
        check_name("!!")
    with pytest.raises(BadNameError) as refused:
        check_name("x" * 100_000)
    assert len(str(refused.value)) < 1000


@pytest.mark.parametrize(
    "alias", ["latest", "1", "v1", "9" * 30, "v" + "9" * 30, "2026-11-01", "2026-11-01x", "a..b"]
)
def test_an_alias_never_means_something_else(alias: str) -> None:
    with pytest.raises(BadNameError, match="Choose a word"):
        check_alias(alias)


@pytest.mark.parametrize("alias", ["", "a b", "@", "sha:1a2b", "-x"])
def test_an_alias_keeps_the_rule_of_names(alias: str) -> None:
    with pytest.raises(BadNameError):
        check_alias(alias)


@pytest.mark.parametrize(
    ("text", "old", "new"),
    [
        ("ds@1..2", "ds@1", "ds@2"),
        ("ds@v1..latest", "ds@1", "ds@latest"),
        ("ds@1..other@3", "ds@1", "other@3"),
        ("ds@prod..latest~1", "ds@prod", "ds@latest~1"),
        ("d..s@1..2", "d..s@1", "d..s@2"),
        ("ds@2026-07-01..2026-08-01", "ds@2026-07-01", "ds@2026-08-01"),
    ],
)
def test_a_pair_is_two_references(text: str, old: str, new: str) -> None:
    assert is_pair(text)
    assert tuple(map(str, parse_pair(text))) == (old, new)


@pytest.mark.parametrize("text", ["ds", "ds@1", "ds@..2", "ds@1..", "ds@1...2", "1..2", ""])
def test_what_is_no_pair_is_refused(text: str) -> None:
    with pytest.raises(BadReferenceError):
        parse_pair(text)
