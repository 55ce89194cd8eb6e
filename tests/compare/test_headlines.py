from typing import Any

from dsnb.compare import (
    DatasetDiff,
    FilePair,
    FilesDiff,
    Gaps,
    Renamed,
    Retyped,
    RowsDiff,
    SchemaDiff,
)
from dsnb.records import Column, FileEntry

FILE = FileEntry("default", "week 27.csv", 40, "aa")
KEYED: dict[str, Any] = {"key": ("origin", "time_hour"), "key_source": "key"}


def headline(old: str = "weather_ds@1", new: str = "weather_ds@2", **parts: Any) -> str:
    return DatasetDiff(old, new, **parts).headline


def test_rows_columns_and_key_make_one_sentence() -> None:
    rows = RowsDiff(added=504, changed=12, changed_by_column={"temp": 12}, **KEYED)
    schema = SchemaDiff(added=(Column("visib_km", "float64"),), unchanged=14)
    assert headline(schema=schema, row_changes=rows) == (
        "weather_ds@1 → @2: +504 rows, −0, ~12 rows changed (temp 12 cells), "
        "1 new column (visib_km), keyed on origin, time_hour"
    )


def test_nothing_to_say_is_said() -> None:
    rows = RowsDiff(unchanged=5, **KEYED)
    assert headline(schema=SchemaDiff(), row_changes=rows) == "weather_ds@1 → @2: no differences"
    assert headline() == "weather_ds@1 → @2: no differences"


def test_large_numbers_are_grouped() -> None:
    rows = RowsDiff(
        added=1_234_567, removed=1_000, changed=1_000, changed_by_column={"t": 2_000}, **KEYED
    )
    assert "+1,234,567 rows, −1,000, ~1,000 rows changed (t 2,000 cells)" in headline(
        row_changes=rows
    )


def test_one_is_singular() -> None:
    rows = RowsDiff(added=1, changed=1, changed_by_column={"t": 1}, **KEYED)
    assert "+1 row, −0, ~1 row changed (t 1 cell)" in headline(row_changes=rows)


def test_the_columns_with_the_most_changes_come_first_and_the_rest_is_counted() -> None:
    cells = {"a": 1, "b": 5, "c": 3, "d": 2, "e": 1}
    rows = RowsDiff(changed=5, changed_by_column=cells, **KEYED)
    assert "(b 5 cells, c 3 cells, d 2 cells and 2 more)" in headline(row_changes=rows)


def test_another_dataset_is_named_in_full() -> None:
    assert headline("weather_ds@1", "prices@1").startswith("weather_ds@1 → prices@1:")
    assert headline("weather_ds@1", "the disk now").startswith("weather_ds@1 → the disk now:")
    assert headline("df", "df").startswith("df → df:")


def test_a_guessed_key_and_no_key_are_said() -> None:
    guessed = RowsDiff(key=("id",), key_source="guessed", added=1)
    assert headline(row_changes=guessed).endswith("keyed on id (guessed)")
    assert headline(row_changes=RowsDiff(added=1)).endswith("no key: whole rows compared")


def test_repeated_keys_are_said_even_where_nothing_differs() -> None:
    rows = RowsDiff(repeated_keys_old=2, repeated_keys_new=3, **KEYED)
    assert headline(row_changes=rows) == "weather_ds@1 → @2: no differences, 3 keys repeated"


def test_columns_are_counted_and_named() -> None:
    schema = SchemaDiff(
        removed=(Column("a", "str"), Column("b", "str")), retyped=(Retyped("c", "int64", "str"),)
    )
    assert headline(schema=schema, row_changes=RowsDiff(**KEYED)) == (
        "weather_ds@1 → @2: same rows, 2 columns removed (a, b), "
        "1 column retyped (c int64 → str), keyed on origin, time_hour"
    )


def test_renamed_columns_are_named_old_then_new() -> None:
    schema = SchemaDiff(renamed=(Renamed("wind", "gust"),))
    assert headline(schema=schema, row_changes=RowsDiff(**KEYED)) == (
        "weather_ds@1 → @2: same rows, 1 column renamed (wind → gust), keyed on origin, time_hour"
    )
    four = SchemaDiff(renamed=tuple(Renamed(name, name.upper()) for name in "abcd"))
    assert headline(schema=four).endswith("4 columns renamed (a → A, b → B, c → C and 1 more)")


def test_columns_that_gained_missing_cells_are_no_headline() -> None:
    schema = SchemaDiff(gaps=(Gaps("wind", False, True),))
    assert headline(schema=schema).endswith("no differences")


def test_files_are_said_where_there_is_no_table() -> None:
    files = FilesDiff(
        added=(FILE,), changed=(FilePair(FILE, FILE),) * 2, moved=(FilePair(FILE, FILE),)
    )
    assert headline(files=files) == (
        "weather_ds@1 → @2: +1 file, −0, ~2 files changed, 1 file moved"
    )


def test_files_are_said_where_the_table_is_the_same() -> None:
    files = FilesDiff(changed=(FilePair(FILE, FILE),))
    assert headline(files=files, schema=SchemaDiff(), row_changes=RowsDiff(**KEYED)) == (
        "weather_ds@1 → @2: same rows, same columns, ~1 file changed, keyed on origin, time_hour"
    )
    changed = RowsDiff(added=1, **KEYED)
    assert "file" not in headline(files=files, schema=SchemaDiff(), row_changes=changed)


def test_rows_that_nobody_compared_are_not_called_the_same() -> None:
    notes = ("The rows cannot be compared: …",)
    assert headline(schema=SchemaDiff(), notes=notes) == (
        "weather_ds@1 → @2: same columns, rows not compared"
    )
    schema = SchemaDiff(added=(Column("a", "str"),))
    assert headline(schema=schema, notes=notes).endswith("1 new column (a), rows not compared")
