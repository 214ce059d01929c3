"""The types of a schema of every kind, from a real database."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from mainstem.errors import UsageError
from mainstem.pg.connect import connect
from mainstem.unify.code.syntax import Language, SyntaxFile
from mainstem.unify.types.python import python
from mainstem.unify.types.read import read_types
from mainstem.unify.types.typescript import typescript

if TYPE_CHECKING:
    import psycopg
    from psycopg.rows import TupleRow

HERE = Path(__file__).parent


@pytest.fixture
def every_kind(empty_database_url: str) -> psycopg.Connection[TupleRow]:
    connection = connect(empty_database_url)
    connection.execute((HERE / "every_kind.sql").read_bytes())
    connection.commit()
    return connection


def test_typescript_of_every_kind(every_kind: psycopg.Connection[TupleRow]) -> None:
    with every_kind as connection:
        text = typescript(read_types(connection, ["public"]))
    assert text == (HERE / "every_kind.ts.txt").read_text()
    assert not SyntaxFile("a.ts", Language.TYPESCRIPT, text.encode()).root.has_error


def test_python_of_every_kind(every_kind: psycopg.Connection[TupleRow]) -> None:
    with every_kind as connection:
        text = python(read_types(connection, ["public"]))
    assert text == (HERE / "every_kind.py.txt").read_text()
    compile(text, "rows.py", "exec")


def test_the_platform_s_own_schema(connection: psycopg.Connection[TupleRow]) -> None:
    found = read_types(connection, ["public", "app"])
    assert len(found[0].tables) > 20
    text = typescript(found)
    # tree-sitter takes the `in` of `in_x` at the start of a line for an operator
    readable = text.replace(" in_", " of_").encode()
    assert not SyntaxFile("a.ts", Language.TYPESCRIPT, readable).root.has_error
    assert text == typescript(read_types(connection, ["public", "app"]))
    compile(python(found), "rows.py", "exec")


def test_a_schema_that_is_not_there(connection: psycopg.Connection[TupleRow]) -> None:
    with pytest.raises(UsageError, match="no schema publik; did you mean public"):
        read_types(connection, ["publik"])
