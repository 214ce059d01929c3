"""What only the text of a CREATE statement tells."""

from __future__ import annotations

import itertools
import sqlite3

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mainstem.unify.catalog.ddl import read_create_index, read_create_table, tokens, unquote

HARD = """create table "T (1)" (
  id integer primary key, -- a comment, with ( and '
  [we ird] text collate nocase check ([we ird] <> 'a,)(' /* , ( */), `b``q` real,
  "quo""te" text constraint named unique,
  total as (id * (2 + 1)) stored, v text generated always as (upper("quo""te")) virtual,
  parent int constraint fk references "T (1)" (id) on delete cascade deferrable initially deferred,
  other int references x not deferrable initially deferred,
  constraint both unique (id, [we ird]), constraint positive check (id > 0 and (id < 9)),
  foreign key (id, other) references y (a, b)
)"""


def test_constraints_collations_and_expressions_are_found() -> None:
    found = read_create_table(HARD)

    assert found.collations == {"we ird": "nocase"}
    assert found.generated == {"total": "id * (2 + 1)", "v": 'upper("quo""te")'}
    assert found.checks == [
        (None, "[we ird] <> 'a,)(' /* , ( */"),
        ("positive", "id > 0 and (id < 9)"),
    ]
    assert [(key.name, key.is_deferred) for key in found.foreign_keys] == [
        ("fk", True),
        (None, False),
        (None, False),
    ]
    assert found.unique_names == {('quo"te',): "named", ("id", "we ird"): "both"}


def test_the_parts_of_an_index_are_found() -> None:
    found = read_create_index(
        "create unique index if not exists \"a (b\" on t (lower(a, ')'), b desc) where b > 5 or (c)"
    )

    assert found.parts == ("lower(a, ')')", "b desc")
    assert found.predicate == "b > 5 or (c)"
    assert read_create_index("create index i on t (a)").predicate is None


@pytest.mark.parametrize(
    ("text", "name"),
    [('"a""b"', 'a"b'), ("[a b]", "a b"), ("`a``b`", "a`b"), ("'a'", "a"), ("a", "a")],
)
def test_every_quote_is_taken_off(text: str, name: str) -> None:
    assert unquote(text) == name


@given(st.text(max_size=60))
def test_any_text_falls_into_tokens_in_order(text: str) -> None:
    found = tokens(text)

    assert all(token.text == text[token.start : token.end] for token in found)
    assert all(a.end <= b.start for a, b in itertools.pairwise(found))


@given(
    st.lists(
        st.text(min_size=1, max_size=8).filter(lambda name: "\0" not in name),
        min_size=1,
        max_size=5,
        unique_by=lambda name: name.lower(),
    )
)
def test_names_of_any_kind_do_not_confuse_it(names: list[str]) -> None:
    quoted = ['"' + name.replace('"', '""') + '"' for name in names]
    columns = [f"{name} text collate rtrim check ({name} <> 'x')" for name in quoted]
    statement = f"create table t ({', '.join(columns)})"
    connection = sqlite3.connect(":memory:")
    try:
        connection.execute(statement)
    except (sqlite3.Error, UnicodeEncodeError):
        return  # SQLite folds other letters than we do; what it refuses is never read
    finally:
        connection.close()

    found = read_create_table(statement)

    assert found.collations == {name.lower(): "rtrim" for name in names}
    assert [text for _, text in found.checks] == [f"{name} <> 'x'" for name in quoted]
