from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mainstem.kit.statements import split

PIECES = [
    "select 1",
    "select ';', \"a;b\", e'\\';', $$;$$, $tag$ ; $$ ; $tag$",
    "select 1 /* ; /* nested; */ ; */ + 2",
    "select 1 -- a comment; with a semicolon\n + 2",
    "create rule r as on insert to t do also (select 1; select 2)",
    "create function f() returns int begin atomic select 1; select case when a then 1 end; end",
    "create or replace procedure p() begin atomic delete from t; end",
    "create function g() returns int language plpgsql as $$ begin return 1; end $$",
    "select 'é', u&'\\0061', $1",
    'select "begin", begin_at from "end"',
]


@given(st.lists(st.sampled_from(PIECES), max_size=6), st.sampled_from([";", ";\n\n", " ;-- x\n"]))
def test_statements_come_back_whole_and_in_order(pieces: list[str], separator: str) -> None:
    script = "".join(piece + separator for piece in pieces)
    assert [statement.text for statement in split(script)] == pieces


@given(st.text(alphabet="a;'\"$-/*()\n\\e ", max_size=60))
def test_whatever_the_text_each_statement_stands_at_its_line(script: str) -> None:
    position = 0
    for statement in split(script):
        position = script.index(statement.text, position)
        assert script.count("\n", 0, position) + 1 == statement.line
        position += len(statement.text)


@pytest.mark.parametrize(
    ("script", "lines"),
    [
        ("select 1;\nselect 2;", [1, 2]),
        ("-- why\n\nselect 1\n+ 2;\n/* a\nb */ select 3", [3, 6]),
        (";;\n;select 1", [2]),
        ("-- only a comment", []),
    ],
)
def test_each_knows_its_line(script: str, lines: list[int]) -> None:
    assert [statement.line for statement in split(script)] == lines


def test_a_position_in_a_statement_is_a_line_of_the_file() -> None:
    (statement,) = split("-- why\nselect 1,\n  2,\n  oops")
    assert statement.line_at(statement.text.index("oops") + 1) == 4
    assert statement.line_at(None) == 2


def test_the_opening_is_the_first_words() -> None:
    assert [s.opening for s in split("/* x */ COMMIT; Create Table a.b (c int)")] == [
        "commit",
        "create table a b",
    ]


def test_a_command_of_psql_ends_with_its_line() -> None:
    found = list(split("\\restrict abc;\nselect 1;\n  \\c other -- x\nselect\n\\d"))
    assert [(s.opening, s.line) for s in found] == [
        ("\\restrict", 1),
        ("select", 2),
        ("\\c", 3),
        ("select d", 4),
    ]


def test_rows_of_a_copy_belong_to_it() -> None:
    script = "copy a.t (x) from stdin;\nit's; \\N\n\\\\.\n\\.\nselect 1;\ncopy t from stdin\n;\n1\n"
    first, second, third = split(script)
    assert (first.text, first.rows) == ("copy a.t (x) from stdin", "it's; \\N\n\\\\.\n")
    assert (second.text, second.line, second.rows) == ("select 1", 5, None)
    assert (third.line, third.rows) == (6, "1\n")


def test_a_name_may_hold_a_dollar_sign_and_end_in_e_before_a_string() -> None:
    script = "select a, b, c, d, a$b$c, date'\\', e'\\';', $e$;$e$ from t$; select 2"
    assert [s.line for s in split(script)] == [1, 1]
