"""Which SQL of a document is tried, and at which lines it fails."""

from __future__ import annotations

from typing import TYPE_CHECKING

import psycopg
import pytest
from tests.unify.documents.reading_text import FILE, read

from mainstem.kit.statements import split
from mainstem.pg.connect import connect
from mainstem.unify.replay.model import FailedStatement, Failure

if TYPE_CHECKING:
    from collections.abc import Callable

    from mainstem.unify.documents.model import DocumentReading


def fence(sql: str, *, language: str = "sql", before: str = "") -> str:
    return f"{before}\n\n```{language}\n{sql}\n```\n"


def failures(reading: DocumentReading) -> list[tuple[int, str]]:
    return [(one.line, one.message) for block in reading.sql_blocks for one in block.failed]


def test_without_a_server_the_parser_tells_what_is_no_sql() -> None:
    text = fence("create table a (x text);\ncreate table account (\n  secret text encrypted\n);")
    reading = read(text)
    assert failures(reading) == [(4, 'syntax error at or near "encrypted"')]
    (block,) = reading.sql_blocks
    assert block.failed[0].failure is Failure.INVALID_SQL
    assert block.place.line == 2


@pytest.mark.parametrize(
    "sql",
    [
        "create table letter (...);",
        "alter table [letter] add x text;",
        "create policy <name>_own on letter using (;",
        "select * from letter where id = :id and;",
        "insert into letter values ($1, ?) on;",
        "update letter set url = 'https://PROJECT-REF.example' wher;",
        "create table letter (\n  id uuid,\n  -- other columns\n);",
        "create table letter (id int auto_increment) engine=InnoDB;",
        "create table `letter` (id int);",
        "using (client_id = 1)",
        "| id | name |",
        "\\d letter",
        "-- WRONG\ncreate table letter (x text encrypted);",
    ],
)
def test_sketches_fragments_and_other_dialects_are_not_judged(sql: str) -> None:
    reading = read(fence(sql))
    assert failures(reading) == []
    assert [name for name, _ in reading.unread] == [FILE]


def test_what_the_text_calls_broken_is_not_judged() -> None:
    assert failures(read(fence("creat table x;\nalter tabel y;", before="This fails:"))) == []
    assert failures(read(fence("alter table y ad z int;", before="Run this:"))) != []


def test_fences_of_other_languages_are_not_sql() -> None:
    assert read(fence("alter table y ad z int;", language="bash")).sql_blocks == ()
    assert read(fence("alter table y ad z int;", language="")).sql_blocks != ()


@pytest.fixture
def try_block(
    empty_database_url: str,
) -> Callable[..., tuple[FailedStatement, ...]]:
    def tried(sql: str, *, file: str, line: int) -> tuple[FailedStatement, ...]:
        found = []
        with connect(empty_database_url) as connection:
            for statement in split(sql):
                try:
                    with connection.transaction():
                        connection.execute(statement.text.encode())
                except psycopg.Error as error:
                    message = error.diag.message_primary or ""
                    at = line + statement.line - 1
                    found.append(FailedStatement(file, at, statement.text, Failure.OTHER, message))
            connection.rollback()
        return tuple(found)

    return tried


def test_a_later_block_relies_on_an_earlier_one_and_keeps_its_lines(
    try_block: Callable[..., tuple[FailedStatement, ...]],
) -> None:
    text = """
        ## Person

        ```sql
        create table person (id uuid, client_id uuid); -- who
        ```

        ## Sketch

        ```sql
        create table sketch (...);
        ```

        ## Policies

        ```sql
        -- Persons see their client
        create policy own on person
          using (client_id = ('{}'::jsonb ->> 'client_id'));
        create policy all_of_them on person using (true);
        ```
    """
    reading = read(text, try_block=try_block)
    assert failures(reading) == [(17, "operator does not exist: uuid = text")]
    assert [len(block.failed) for block in reading.sql_blocks] == [0, 0, 1]
