from dsnb.compare.result import Retyped, SchemaDiff
from dsnb.compare.schema import compare_columns
from dsnb.records import Column


def columns(**types: str) -> list[Column]:
    return [Column(name, kind) for name, kind in types.items()]


def test_columns_on_one_side_only_are_added_or_removed() -> None:
    diff = compare_columns(columns(id="int64", wind="str"), columns(id="int64", rain="str"))
    assert diff == SchemaDiff(
        added=(Column("rain", "str"),), removed=(Column("wind", "str"),), unchanged=1
    )
    assert diff


def test_a_column_of_another_type_is_retyped() -> None:
    diff = compare_columns(columns(id="int64"), columns(id="float64"))
    assert diff.retyped == (Retyped("id", "int64", "float64"),)
    assert diff.unchanged == 0


def test_another_order_is_told_but_is_no_difference() -> None:
    diff = compare_columns(columns(a="str", b="str"), columns(b="str", a="str"))
    assert diff == SchemaDiff(unchanged=2, reordered=True)
    assert not diff


def test_a_column_added_in_front_does_not_reorder_the_others() -> None:
    diff = compare_columns(columns(a="str", b="str"), columns(c="str", a="str", b="str"))
    assert not diff.reordered


def test_repeated_names_are_matched_by_occurrence() -> None:
    old = [Column("a", "int64"), Column("a", "str")]
    assert not compare_columns(old, old)
    diff = compare_columns(old, [Column("a", "int64")])
    assert diff.removed == (Column("a", "str"),)
