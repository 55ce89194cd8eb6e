"""The verbs as Python functions."""

from pathlib import Path

import pandas as pd
import pytest

import dsnb
from dsnb.commands.declaring import Verb
from dsnb.commands.verbs import VERBS
from dsnb.errors import UsageError

WEEKS = ("data/Weather/week 27", "data/Weather/week 28")


@pytest.fixture
def two(weather: Path) -> None:
    dsnb.register("weather_ds", WEEKS[0])
    dsnb.register("weather_ds", *WEEKS, key=["origin", "time_hour"], tag={"stage": "raw"})


def test_a_session_in_python(two: None) -> None:
    assert dsnb.load("weather_ds@1").shape == (502, 15)
    assert dsnb.load("weather_ds", columns=["temp"], limit=3).shape == (3, 1)
    assert [len(dsnb.list()), len(dsnb.versions("weather_ds"))] == [1, 2]
    assert dsnb.show("weather_ds").version.key == ("origin", "time_hour")
    found = dsnb.diff("weather_ds@1..2")
    assert len(found.rows("added")) == 504
    assert bool(dsnb.diff("weather_ds@1", "weather_ds@2", on=["origin", "time_hour"], rows=1))
    assert not dsnb.diff("weather_ds@2")
    assert bool(dsnb.verify())
    assert dsnb.alias("weather_ds@1", "prod").version.version == 1
    assert dsnb.load("weather_ds@prod").shape == (502, 15)
    assert dsnb.tag("weather_ds@prod", {"seed": "1"}, remove=None).version.tags == {"seed": "1"}
    assert dsnb.annotate("weather_ds@1", "week 27").version.description == "week 27"
    assert dsnb.rename("weather_ds", "nyc_weather").version.ref == "nyc_weather@2"
    assert [use.ref for use in dsnb.run().run.inputs] == ["weather_ds@1", "weather_ds@2"]  # type: ignore[union-attr]
    assert len(dsnb.runs()) == 1
    assert dsnb.status().versions == 2


def test_verbs_below_verbs_are_attributes(tmp_path: Path) -> None:
    dsnb.init()
    assert "bulk" in [row[0] for row in dsnb.datastore.add("bulk", str(tmp_path)).rows]
    assert dsnb.run.start("train").run.name == "train"
    assert dsnb.run.tag({"stage": "train"}).run.tags == {"stage": "train"}
    assert dsnb.run.show("train").status == "running"
    with pytest.raises(AttributeError, match="no 'strat'"):
        dsnb.run.strat  # noqa: B018
    assert repr(dsnb.run) == "<dsnb verb run>"


def test_a_table_in_memory_is_registered_and_compared(weather: Path) -> None:
    table = pd.DataFrame({"id": [1, 2], "temp": [78.08, 73.04]})
    assert dsnb.register("features", from_=table, key=["id"]).ref == "features@1"
    pd.testing.assert_frame_equal(dsnb.load("features"), table)
    changed = table.assign(temp=[78.98, 73.04])
    assert dsnb.diff("features", from_=changed).row_changes.changed == 1
    with pytest.raises(UsageError, match="cannot be registered as one version"):
        dsnb.register("features", "a.csv", from_=table)


def test_only_pairs_that_make_sense_are_compared(two: None) -> None:
    table = pd.DataFrame({"a": [1]})
    with pytest.raises(UsageError, match="is a pair already"):
        dsnb.diff("weather_ds@1..2", "weather_ds@1")
    with pytest.raises(UsageError, match="is a pair already"):
        dsnb.diff("weather_ds@1..2", from_=table)
    with pytest.raises(UsageError, match="with one version only"):
        dsnb.diff("weather_ds@1", "weather_ds@2", from_=table)


def test_a_tag_must_be_given(two: None) -> None:
    with pytest.raises(UsageError, match="No tag was given"):
        dsnb.tag("weather_ds@1")
    dsnb.tag("weather_ds@2", remove=["stage"])
    assert dsnb.show("weather_ds").version.tags == {}


def test_settings_are_shown_and_set() -> None:
    dsnb.init()
    assert [row[0] for row in dsnb.config().rows] == [
        "cache.size",
        "creator",
        "diff.rows",
        "diff.memory",
        "lock.timeout",
        "notebook.lock",
        "run.cells",
        "snapshot",
        "trace",
    ]
    assert dsnb.config("diff.rows").rows[0][1:3] == (10, False)
    dsnb.config("diff.rows", "25")
    assert dsnb.config("diff.rows").rows[0][1:3] == (25, True)
    dsnb.config("creator", "ada")
    Path("a.csv").write_text("a\n1\n")
    assert dsnb.register("prices", "a.csv").version.creator == "ada"


def test_datasets_are_found_by_pattern_and_tag(two: None) -> None:
    dsnb.register("prices", "data/Weather/week 27/weather.csv")
    assert [row.version.name for row in dsnb.list().rows] == ["prices", "weather_ds"]
    assert [row.version.name for row in dsnb.list("wea*").rows] == ["weather_ds"]
    assert [row.version.name for row in dsnb.list("RICE").rows] == ["prices"]
    assert [row.version.name for row in dsnb.list(tag={"stage": "raw"}).rows] == ["weather_ds"]


def test_making_a_workspace_twice_says_so(tmp_path: Path) -> None:
    folder = tmp_path / "elsewhere"
    folder.mkdir()
    assert dsnb.init(str(folder)).created
    assert not dsnb.init(str(folder)).created
    assert "already" in str(dsnb.init(str(folder)))


def test_columns_may_be_one_text_as_on_the_command_line(two: None) -> None:
    assert list(dsnb.load("weather_ds", columns="origin, temp", limit=1)) == ["origin", "temp"]
    changes = dsnb.diff("weather_ds@1..2", on="origin,time_hour").row_changes
    assert changes is not None
    assert changes.key == ("origin", "time_hour")
    registered = dsnb.register("prices", WEEKS[0], key="time_hour,origin")
    assert registered.version.key == ("time_hour", "origin")


def test_types_of_columns_may_be_types(two: None) -> None:
    dsnb.register("prices", WEEKS[0], dtype={"year": float, "temp": "float32"})  # type: ignore[dict-item]
    assert list(map(str, dsnb.load("prices", columns="year,temp").dtypes)) == ["float64", "float32"]


def test_keys_and_values_of_tags_become_texts(two: None) -> None:
    assert dsnb.tag("weather_ds@1", {"rows": 5, 2013: True}).version.tags == {  # type: ignore[dict-item]
        "rows": "5",
        "2013": "True",
    }
    assert dsnb.show("weather_ds@1").version.tags["rows"] == "5"


@pytest.mark.parametrize(
    ("verb", "args", "kwargs", "said"),
    [
        ("load", ["weather_ds"], {"as_": "foo"}, "one of pandas, polars, arrow"),
        ("load", [["weather_ds"]], {}, "ref cannot be .* Give a text"),
        ("load", [None], {}, "ref cannot be None"),
        ("load", ["weather_ds"], {"limit": "3"}, "a whole number from 0"),
        ("load", ["weather_ds"], {"limit": -1}, "a whole number from 0"),
        ("load", ["weather_ds"], {"limit": True}, "a whole number from 0"),
        ("load", ["weather_ds"], {"verify": "no"}, "verify cannot be 'no'. Give True or False"),
        ("load", ["weather_ds"], {"columns": 3}, "a list of texts"),
        ("load", ["weather_ds"], {"columns": ["temp", 3]}, "a list of texts"),
        ("register", ["x", WEEKS[0]], {"kind": "bogus"}, "one of tabular, file"),
        ("register", ["x", list(WEEKS)], {}, "paths cannot be .* Give a path"),
        ("register", [None, WEEKS[0]], {}, "name cannot be None"),
        ("register", ["x", WEEKS[0]], {"description": None}, "description cannot be None"),
        ("register", ["x", WEEKS[0]], {"tag": ["a=b"]}, "Give a dict"),
        ("annotate", ["weather_ds", 5], {}, "text cannot be 5"),
        ("verify", ["weather_ds@1", 2], {}, "refs cannot be 2"),
    ],
)
def test_what_does_not_fit_an_argument_is_refused_in_words(
    two: None, verb: str, args: list[object], kwargs: dict[str, object], said: str
) -> None:
    with pytest.raises(UsageError, match=said):
        VERBS[verb](*args, **kwargs)
    assert len(dsnb.list()) == 1


def test_paths_may_be_path_objects_and_flags_and_numbers_plain(two: None) -> None:
    assert dsnb.register("prices", Path(WEEKS[0])).ref == "prices@1"
    assert len(dsnb.load("prices", limit=0, verify=True, as_=None)) == 0
    with pytest.raises(TypeError, match="colums"):
        dsnb.load("prices", colums=["temp"])  # type: ignore[call-arg]


def test_what_changes_something_is_declared_so() -> None:
    def changing(verbs: dict[str, Verb[..., object]], lead: str = "") -> set[str]:
        own = {lead + name for name, verb in verbs.items() if verb.changes}
        return own.union(*(changing(verb.verbs, f"{name} ") for name, verb in verbs.items()))

    assert changing(dict(VERBS)) == {
        "register", "alias", "tag", "annotate", "rename", "run start", "run end",
        "run note", "run metric", "run tag", "model register", "init", "datastore add",
        "datastore remove", "config", "snapshot", "restore", "deprecate", "delete", "export",
        "import", "gc", "doctor", "rerun", "migrate", "step", "pipeline run",
    }  # fmt: skip
