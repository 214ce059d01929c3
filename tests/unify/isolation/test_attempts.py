"""Attempts that share a plan, or what is done before them, are told apart as if each were alone."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from mainstem.unify.isolation.attempts import REFUSED, Attempt, attempt_all

if TYPE_CHECKING:
    from collections.abc import Iterator

    import psycopg
    from psycopg.rows import TupleRow
    from tests.unify.isolation.conftest import Sample

SCHEMA = """
create schema hidden;
grant usage on schema hidden to authenticated;
create table hidden.note (id integer primary key, owner text not null);
create table hidden.open (id integer primary key);
grant all on hidden.note, hidden.open to authenticated, anon;
alter table hidden.note enable row level security;
create policy own on hidden.note using (owner = current_setting('app.owner', true));
insert into hidden.note values (1, 'a'), (2, 'b'), (3, 'b');
insert into hidden.open values (1);
"""
COUNT = "select to_jsonb(count(*)) from hidden.note"
COUNT_OPEN = "select to_jsonb(count(*)) from hidden.open"


@pytest.fixture
def connection(sample: Sample) -> Iterator[psycopg.Connection[TupleRow]]:
    """Notes of two owners, in a schema that strangers may not name."""
    with sample.kept(SCHEMA) as connection:
        yield connection


def asking(owner: str, statement: str = COUNT, *, role: str = "authenticated") -> Attempt:
    return Attempt(role, (("app.owner", owner),), statement, is_query=True)


def test_callers_who_say_the_same_see_what_is_theirs(
    connection: psycopg.Connection[TupleRow],
) -> None:
    attempts = [asking(owner) for owner in ("a", "b", "c", "a", "b")]
    assert [one.said for one in attempt_all(connection, attempts)] == [1, 2, 0, 1, 2]
    connection.execute("alter policy own on hidden.note using (true)")
    assert [one.said for one in attempt_all(connection, attempts)] == [3] * 5
    left = connection.execute("select count(*) from pg_prepared_statements where from_sql")
    assert left.fetchone() == (0,)


@pytest.mark.parametrize("statement", [COUNT, COUNT_OPEN])
def test_what_a_role_may_not_name_is_refused_though_another_may(
    connection: psycopg.Connection[TupleRow], statement: str
) -> None:
    roles = ("authenticated", "anon", "authenticated", "anon")
    told = attempt_all(connection, [asking("a", statement, role=role) for role in roles])
    assert [one.state for one in told] == [None, REFUSED, None, REFUSED]
    connection.execute("set local role anon")
    refused = attempt_all(connection, [asking("a", statement, role="anon")] * 2)
    connection.execute("set local role none")
    assert [one.state for one in refused] == [REFUSED] * 2


def test_each_attempt_finds_what_was_done_before_and_nothing_of_others(
    connection: psycopg.Connection[TupleRow],
) -> None:
    removed = ("delete from hidden.note where id = 2",)
    insertion = "insert into hidden.note values (2, 'b')"
    found = "select jsonb_agg(id order by id) from hidden.note"
    owners = ("b", "a", "b", "b", "a")
    attempts = [
        Attempt(
            "authenticated",
            (("app.owner", owner),),
            insertion,
            before=removed if is_removed else (),
            proof=found,
        )
        for owner, is_removed in zip(owners, (False, True, True, False, True), strict=True)
    ]
    told = attempt_all(connection, attempts)
    assert [one.state for one in told] == ["23505", REFUSED, None, "23505", REFUSED]
    assert told[2].proof == [1, 2, 3]
    assert connection.execute(found).fetchone() == ([1, 2, 3],)


def test_what_cannot_be_done_before_is_told_of_each(
    connection: psycopg.Connection[TupleRow],
) -> None:
    impossible = Attempt("authenticated", (), COUNT, is_query=True, before=("select 1 / 0",))
    told = attempt_all(connection, [asking("a"), impossible, asking("b"), impossible])
    assert [one.state for one in told] == [None, "22012", None, "22012"]
    assert [one.said for one in told] == [1, None, 2, None]
