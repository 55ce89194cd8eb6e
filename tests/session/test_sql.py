"""The files that an SQL statement names are found, and nothing else that is quoted."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dsnb.session.sql import Named, files_named


@pytest.mark.parametrize(
    ("sql", "reads"),
    [
        ("FROM 'a.csv'", ["a.csv"]),
        ("select * from 'a.csv' as t, 'b.csv'", ["a.csv", "b.csv"]),
        ('SELECT * FROM "a.csv"', ["a.csv"]),
        ("FROM t LEFT JOIN 'a.csv' USING (id)", ["a.csv"]),
        ("FROM t JOIN 'a.csv' ON name = 'b.csv'", ["a.csv"]),
        ("WITH x AS (SELECT * FROM 'a.csv') FROM x", ["a.csv"]),
        ("FROM 'it''s.csv'", ["it's.csv"]),
        ("FROM read_csv('a.csv', delim = 'b.csv')", ["a.csv"]),
        ("FROM read_parquet(['a', 'b'], filename = 'c')", ["a", "b"]),
        ("FROM READ_JSON_AUTO ( 'a.json' )", ["a.json"]),
        ("FROM read_parquet(?) WHERE x = ?", [0]),
        ("SELECT ? FROM read_parquet($2)", [1]),
        ("FROM read_parquet([$one, 'b'])", ["$one", "b"]),
        ("CREATE TABLE t AS SELECT * FROM 'a.csv'", ["a.csv"]),
        ("INSERT INTO t SELECT * FROM 'a.csv'", ["a.csv"]),
        ("COPY t FROM 'a.csv' (DELIMITER ';')", ["a.csv"]),
        ("ATTACH DATABASE IF NOT EXISTS 'a.duckdb' AS b", ["a.duckdb"]),
        ("SELECT 1; FROM 'a.csv'; FROM 'b.csv'", ["a.csv", "b.csv"]),
    ],
)
def test_what_stands_for_a_table_or_is_given_to_a_reader_is_a_file(
    sql: str, reads: list[str | int]
) -> None:
    assert list(files_named(sql).reads) == reads


@pytest.mark.parametrize(
    "sql",
    [
        "SELECT 'a.csv'",
        "SELECT * FROM t WHERE path = 'a.csv'",
        "SELECT * FROM t WHERE path IN ('a.csv', 'b.csv')",
        "SELECT * FROM t WHERE x IS DISTINCT FROM 'a.csv'",
        "SELECT trim(BOTH 'x' FROM 'a.csv')",
        "SELECT 1 -- FROM 'a.csv'",
        "SELECT 1 /* FROM 'a.csv' */",
        "SELECT 'FROM ''a.csv'''",
        "SELECT $$ FROM 'a.csv' $$",
        "SELECT $x$ FROM 'a.csv' $x$",
        "SELECT e'\\' FROM \\'a.csv'",
        "INSERT INTO t VALUES ('a.csv', 'b.csv')",
        "FROM t ORDER BY 'a', 'b.csv'",
        "SELECT length('a.csv'), 'b.csv' FROM t",
    ],
)
def test_other_text_is_no_file(sql: str) -> None:
    assert files_named(sql) == Named((), ())


@pytest.mark.parametrize(
    ("sql", "writes"),
    [
        ("COPY t TO 'o.parquet'", ["o.parquet"]),
        ("COPY (SELECT 'x' AS a) TO 'o.csv' (DELIMITER 'y')", ["o.csv"]),
        ("COPY t TO ?", [0]),
        ("EXPORT DATABASE 'folder'", ["folder"]),
        ("ATTACH 'a.duckdb'", ["a.duckdb"]),
        ("FROM t", []),
    ],
)
def test_what_a_statement_copies_to_is_written(sql: str, writes: list[str | int]) -> None:
    assert list(files_named(sql).writes) == writes


@given(st.text(max_size=200) | st.text(alphabet="'\"()[],;$?-/*e from\n", max_size=80))
def test_no_text_whatever_is_an_error(sql: str) -> None:
    files_named(sql)


@given(st.text(min_size=1, max_size=40), st.text(alphabet=st.characters(exclude_characters="\n")))
def test_any_name_is_found_as_it_was_quoted(name: str, comment: str) -> None:
    sql = f"-- {comment}\nSELECT '{name.replace(chr(39), chr(39) * 2)}' AS x FROM '"
    assert files_named(sql + name.replace("'", "''") + "' WHERE x = 'y'").reads == (name,)
