"""What a comparison shows: its parts, their order, and what they cost."""

import re
from decimal import Decimal
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from dsnb.compare import (
    CellChange,
    DatasetDiff,
    Options,
    RowsDiff,
    compare_fields,
    compare_rows,
)
from dsnb.display import drifts
from dsnb.display.cells import shown, shown_apart
from dsnb.errors import TableError
from dsnb.presenting import as_html, as_page, as_text
from dsnb.tables.relations import FrameRelation, Relation, relation_of_files
from tests.display.results import SIZES, difference
from tests.display.test_every_result import Reader

RNG = np.random.default_rng(27)
ROWS = 400
OLD = pd.DataFrame(
    {
        "temp": RNG.normal(70, 5, ROWS),
        "wind": RNG.integers(0, 30, ROWS),
        "note": [f"n{number}" for number in range(ROWS)],
        "station": ["EWR", "JFK"] * (ROWS // 2),
        "id": range(ROWS),
    }
)


def compared(old: Relation, new: Relation, **asked: Any) -> DatasetDiff:
    rows = compare_rows(old, new, options=Options(on=["id"], **asked))
    schema = compare_fields(old.fields, new.fields, rows.renamed)
    return DatasetDiff("ds@1", "ds@2", None, schema, rows)


def diff(new: pd.DataFrame, old: pd.DataFrame = OLD, **asked: Any) -> DatasetDiff:
    return compared(FrameRelation(old), FrameRelation(new), **asked)


def warmer(by: float = 20.0) -> pd.DataFrame:
    return OLD.assign(temp=OLD["temp"] + by)


def titles(html: str) -> list[str]:
    return re.findall(r"<summary>(.*?)</summary>", html)


def part(html: str, title: str) -> str:
    """Return the part of a page that opens below a title."""
    [found] = re.findall(rf"<summary>{re.escape(title)}.*?</details>", html)
    return str(found)


def rows_of(html: str) -> list[list[str]]:
    cells = [re.findall(r"<td.*?>(.*?)</td>", row) for row in re.findall(r"<tr>(.*?)</tr>", html)]
    return [[re.sub("<[^>]*>", "", cell) for cell in row] for row in cells if row]


def test_the_parts_come_in_their_order_and_only_the_cells_are_open() -> None:
    new = pd.concat([warmer()[5:], OLD[:3].assign(id=[900, 901, 902])]).assign(visib=10.0)
    html = as_html(diff(new.rename(columns={"wind": "gust"})))
    assert [title.split(" (")[0] for title in titles(html)] == [
        "Changed cells: the first 10 of 395 rows",
        "Changes by column",
        "Columns",
        "Distributions",
        "Added rows",
        "Removed rows",
    ]
    assert html.count(" open>") == 1


def test_a_changed_cell_is_told_apart_by_place_arrow_and_sign_besides_its_colour() -> None:
    new = OLD.copy()
    new.loc[0, ["wind", "note"]] = [OLD["wind"][0] - 3, "other"]
    html = part(as_html(diff(new)), "Changed cells")
    before, after = OLD["wind"][0], OLD["wind"][0] - 3
    assert rows_of(html) == [
        ["0", "wind", str(before), "→", str(after), "−3"],
        ["0", "note", "n0", "→", "other", ""],
    ]
    assert f'<span class="minus">{before}</span>' in html
    assert f'<span class="plus">{after}</span>' in html


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (0.3, 0.1 + 0.2),
        (Decimal("1." + "0" * 25 + "1"), Decimal("1." + "0" * 25 + "2")),
        ("x" * 500 + "yes", "x" * 500 + "no"),
        ("x" * 39, "x" * 40),
        ("x" * 500, "x" * 501),
        ("same", "same "),
        ("a\tb", "a b"),
        ("\x00", "\x01"),
        (1, "1"),
        (None, "(missing)"),
        ([1, 2], (1, 2)),
    ],
)
def test_what_differs_in_a_cell_can_be_seen(before: Any, after: Any) -> None:
    shown = [" ".join(one.split()) for one in shown_apart(before, after)]
    assert shown[0] != shown[1]
    assert all(len(one) <= 40 and one.isprintable() for one in shown)


@given(st.text(max_size=120), st.text(max_size=120))
def test_any_two_texts_are_told_apart_on_one_short_line_each(before: str, after: str) -> None:
    assume(before != after)
    old, new = shown_apart(before, after)
    assert old.split() != new.split()
    assert max(len(old), len(new)) <= 40


def test_what_cannot_be_written_is_shown_as_its_type() -> None:
    class Odd:
        def __repr__(self) -> str:
            raise ZeroDivisionError

    assert shown(Odd()) == "(Odd)"
    assert shown(10**5_000) == "(int)"
    cell = CellChange((1,), "c", 10**5_000, Odd())
    huge = CellChange((1,), "c", 10**5_000, 7)
    rows = RowsDiff(key=("id",), changed=1, cells=(cell, huge))
    assert ["1", "c", "(int)", "→", "(Odd)"] in [
        line.split() for line in as_text(DatasetDiff("ds@1", "ds@2", row_changes=rows)).split("\n")
    ]


def test_changes_by_column_tell_how_far_numbers_moved() -> None:
    new = OLD.assign(temp=OLD["temp"] + np.linspace(-1, 2, 401)[1:], note=OLD["note"] + "x")
    html = part(as_html(diff(new)), "Changes by column (2)")
    moved = new["temp"] - OLD["temp"]
    relative = (moved.abs() / OLD["temp"].abs()).mean()
    assert (moved != 0).all()
    temp, note = rows_of(html)
    assert temp[:7] == [
        "temp", "400", f"+{moved.mean():.6g}", f"−{-moved.min():.6g}", "+2",
        f"{moved.abs().mean():.6g}", f"{100 * relative:.3g} %",
    ]  # fmt: skip
    assert note == ["note", "400", "", "", "", "", "", "n0 → n0x, n1 → n1x, n2 → n2x"]


def test_the_most_changed_column_comes_first() -> None:
    new = OLD.assign(wind=[*OLD["wind"][:399], 99], note=OLD["note"] + "x")
    assert [row[0] for row in rows_of(part(as_html(diff(new)), "Changes by column"))] == [
        "note",
        "wind",
    ]
    text = as_text(diff(new)).split("\n")
    start = text.index("  Changes by column (2)")
    assert [line.split()[0] for line in text[start + 2 : start + 4]] == ["note", "wind"]


def test_a_renamed_column_and_new_gaps_are_listed() -> None:
    new = OLD.assign(temp=[None, *OLD["temp"][1:]]).rename(columns={"wind": "gust"})
    for told in (as_text(diff(new)), Reader(as_html(diff(new))).text):
        assert "Columns (4 same, 1 renamed, 1 now with missing cells)" in told
        assert "wind → gust" in told
    assert ["~", "temp", "now has missing cells"] in rows_of(as_html(diff(new)))
    back = as_html(diff(OLD.rename(columns={"wind": "gust"}), new.rename(columns={"gust": "wind"})))
    assert ["~", "temp", "no longer has missing cells"] in rows_of(back)


def test_distributions_come_the_most_drifted_first_with_word_and_score() -> None:
    result = diff(warmer())
    html = part(as_html(result), "Distributions (1 drifted, 4 stable)")
    shown = rows_of(html)
    known = {one.column: one for one in result.distributions()}
    assert shown[0][0] == "temp"
    assert {row[0]: row[1] for row in shown} == {
        name: f"{one.drift} (PSI {abs(one.psi or 0):.2f})" for name, one in known.items()
    }
    assert html.count("<svg") == sum(one.kind != "presence" for one in known.values())
    assert "outlined: before · filled: after" in html
    assert "population stability index" in html


def test_the_text_shows_the_few_that_drifted_most_as_blocks() -> None:
    moved = {f"c{number}": RNG.normal(size=ROWS) for number in range(8)}
    old = pd.DataFrame({"id": range(ROWS), "calm": RNG.normal(size=ROWS), **moved})
    new = old.assign(**{name: old[name] + 1 + place for place, name in enumerate(moved)})
    text = as_text(diff(new, old))
    assert "  Distributions (8 drifted, 2 stable)" in text
    drifted = re.findall(r"(\S+): drifted \(PSI ([\d.]+)\), mean", text)
    assert len(drifted) == 3
    scores = sorted((one.psi or 0 for one in diff(new, old).distributions()), reverse=True)
    assert [float(score) for _, score in drifted] == [round(score, 2) for score in scores[:3]]
    assert len(re.findall(r"^ {6}[ ▁▂▃▄▅▆▇█]+ → [ ▁▂▃▄▅▆▇█]+$", text, re.MULTILINE)) == 3


def test_where_counting_takes_long_it_waits_until_it_is_asked_for(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(drifts, "CELLS", 2 * ROWS * 5 - 1)
    result = diff(warmer())
    html = as_html(result)
    assert "Distributions" not in html
    assert "<code>_.distributions()</code> counts" in html
    assert "Distributions: ask .distributions()" in as_text(result)
    assert "Distributions (1 drifted" in as_page(result)
    monkeypatch.setattr(drifts, "CELLS", 2 * ROWS * 5)
    assert "Distributions (1 drifted" in as_html(result)
    assert "_.distributions()" not in as_html(result)
    monkeypatch.setattr(drifts, "COLUMNS", 4)
    assert "Distributions (" not in as_html(result)


def test_where_no_row_differs_nothing_is_counted(monkeypatch: pytest.MonkeyPatch) -> None:
    def count(*_: object) -> None:
        raise AssertionError

    monkeypatch.setattr("dsnb.compare.changes.compare_distributions", count)
    for result in (diff(OLD), diff(OLD.assign(visib=1.0))):
        assert "Distributions" not in as_html(result) + as_text(result) + as_page(result)


def test_one_showing_counts_once(monkeypatch: pytest.MonkeyPatch) -> None:
    from dsnb.compare.changes import compare_distributions

    asked = []

    def count(*given: Any) -> Any:
        asked.append(given)
        return compare_distributions(*given)

    monkeypatch.setattr("dsnb.compare.changes.compare_distributions", count)
    both = diff(warmer())._repr_mimebundle_()
    assert all("Distributions (1 drifted" in shown for shown in both.values())
    assert len(asked) == 1


@pytest.mark.parametrize(
    ("error", "said"),
    [
        (TableError("The files were written since."), "could not be counted: The files were w"),
        (RuntimeError("Out of <memory>.\nMore of it."), "could not be counted: Out of <memory>."),
        (ZeroDivisionError(), "could not be counted: ZeroDivisionError."),
    ],
)
def test_an_error_in_counting_leaves_the_rest_to_see(
    monkeypatch: pytest.MonkeyPatch, error: Exception, said: str
) -> None:
    def count(*_: object) -> None:
        raise error

    monkeypatch.setattr("dsnb.compare.changes.compare_distributions", count)
    result = diff(warmer())
    for told in (as_text(result), Reader(as_html(result)).text, Reader(as_page(result)).text):
        assert f"Distributions {said}" in told
        assert "Changed cells: the first 10 of 400 rows" in told


def test_an_interrupt_in_counting_is_no_such_error(monkeypatch: pytest.MonkeyPatch) -> None:
    def count(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("dsnb.compare.changes.compare_distributions", count)
    with pytest.raises(KeyboardInterrupt):
        as_html(diff(warmer()))


def test_it_shows_what_it_can_once_the_files_are_gone(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr("dsnb.compare.changes.KEPT_CELLS", 0)
    relations = []
    for name, frame in (("old", OLD[5:]), ("new", warmer()[:-3])):
        path = tmp_path / f"{name}.parquet"
        frame.to_parquet(path)
        read = partial(pd.read_parquet, path)
        relations.append(relation_of_files([str(path)], "parquet", read))
    result = compared(*relations)
    for path in tmp_path.glob("*.parquet"):
        path.unlink()
    html = as_html(result)
    assert [title.split(" (")[0] for title in titles(html)] == [
        "Changed cells: the first 10 of 392 rows",
        "Changes by column",
        "Columns",
        "Added rows",
        "Removed rows",
    ]
    assert [row[1] for row in rows_of(part(html, "Added rows (5)"))] == ["0", "1", "2", "3", "4"]
    assert "Distributions could not be counted: " in html
    assert "Distributions could not be counted: " in " ".join(as_text(result).split())


def test_as_many_added_rows_are_listed_as_were_asked_for_the_key_first() -> None:
    result = diff(OLD, OLD[:100], rows=7)
    shown = rows_of(part(as_html(result), "Added rows (300)"))
    assert [row[:2] for row in shown] == [["+", str(number)] for number in range(100, 107)]
    assert "… 293 more" in as_html(result)
    text = as_text(result).split("\n")
    start = text.index("  Added rows (300)")
    assert text[start + 1].split() == ["id", "temp", "wind", "note", "station"]
    assert text[start + 5] == "    … and 297 rows more"


def test_of_a_wide_table_the_first_columns_are_shown_and_the_rest_counted() -> None:
    wide = pd.DataFrame({f"c{number}": [number] * 3 for number in range(60)} | {"id": [1, 2, 3]})
    result = diff(wide, wide[:1])
    html = part(as_html(result), "Added rows (2)")
    assert "… 41 more columns" in html
    assert rows_of(html)[0][:4] == ["+", "2", "0", "1"]
    assert "… and 55 columns more" in as_text(result)


def test_counts_alone_are_shown_without_rows() -> None:
    result = DatasetDiff("ds@1", "ds@2", row_changes=RowsDiff(added=3, key=("id",)))
    assert "Added rows" not in as_html(result) + as_text(result)
    assert "Distributions" not in as_html(result) + as_text(result)
    assert "+3 rows" in as_text(result)


# Ten thousand texts of a megabyte, not what is shown of them, would fill the memory.
@pytest.mark.parametrize(
    ("text", "many"),
    [
        *[("weeks 27, 28", many) for many in SIZES],
        *[(text, many) for text in ("x" * 1_000_000, "&'\"<> " * 200_000) for many in SIZES[:2]],
    ],
)
def test_it_never_grows_beyond_a_few_hundred_kilobytes(text: str, many: int) -> None:
    result = difference(text, many)
    assert len(as_html(result)) < 300_000
    assert len(as_page(result)) < 300_000
    assert len(as_text(result)) < 30_000


def test_cells_of_a_megabyte_are_cut() -> None:
    long = "<&>" * 350_000
    old = pd.DataFrame({"id": range(6), **{f"c{n}": [f"{n}{long}"] * 6 for n in range(3)}})
    new = old.assign(id=[0, 1, 2, 3, 8, 9], c0=long, c1=long[1:])
    result = diff(new, old)
    assert len(as_html(result)) < 100_000
    assert len(as_page(result)) < 100_000
    assert len(as_text(result)) < 10_000


def test_a_page_stands_on_its_own() -> None:
    page = as_page(diff(pd.concat([warmer(), OLD[:3].assign(id=[900, 901, 902])])))
    read = Reader(page.replace("<!DOCTYPE html>", ""))
    assert read.tags.isdisjoint({"script", "link", "img", "iframe", "object", "base"})
    assert read.attributes.isdisjoint({"src", "href", "onclick", "onload"})
    assert not re.search(r"url\(|@import|https?:", page)
    assert "default-src 'none'" in page
    assert "prefers-color-scheme:dark" in page
    assert page.startswith("<!DOCTYPE html>")
    assert "_." not in read.text  # what a notebook's cell may ask, a page cannot


def test_a_page_sets_every_colour_that_a_notebook_would() -> None:
    page = as_page(diff(warmer()))
    used = set(re.findall(r"var\((--jp-[a-z0-9-]*color[0-9])", page))
    light, dark = page.split("@media(prefers-color-scheme:dark)")[:2]
    never = {"--jp-warn-color1"}  # a comparison has no state
    assert used - never <= set(re.findall(r"(--jp-[a-z0-9-]+):#", light))
    assert used - never <= set(re.findall(r"(--jp-[a-z0-9-]+):#", dark))


def test_a_page_is_all_open() -> None:
    page = as_page(diff(warmer()))
    assert page.count("<details open>") == page.count("<details") == len(titles(page))
