"""Views and functions that read past policies."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from mainstem.unify.audit.model import Severity

if TYPE_CHECKING:
    from tests.unify.audit.checks.planting import Planted

VIEW = "create view names {} as select agency_id, name from client;"


def test_definer_view(isolation: Planted) -> None:
    (found,) = isolation.found("definer-view", VIEW.format(""))

    assert (found.table, found.severity) == ("names", None)
    assert "shows anon and authenticated the rows of client" in found.message


@pytest.mark.parametrize(
    "sql",
    [
        VIEW.format("with (security_invoker = true)"),
        VIEW.format("") + "revoke all on names from anon, authenticated;",
        "create view one as select 1 as one;",
        VIEW.format("with (security_invoker)") + "create view again as select name from names;",
    ],
)
def test_no_definer_view(isolation: Planted, sql: str) -> None:
    assert isolation.found("definer-view", sql) == []


def test_definer_view_behind_a_view(isolation: Planted) -> None:
    sql = VIEW.format("") + "create view again as select name from names;"

    assert [one.table for one in isolation.found("definer-view", sql)] == ["again", "names"]


def test_definer_view_that_asks_who_is_calling_is_a_warning(isolation: Planted) -> None:
    sql = "create view mine as select name from client where id = auth.uid();"

    (found,) = isolation.found("definer-view", sql)

    assert found.severity is Severity.WARNING


def test_auth_users_exposed(isolation: Planted) -> None:
    view = "create view people as select id, email from auth.users;"

    (found,) = isolation.found("auth-users-exposed", view)

    assert found.message == "view people shows anon and authenticated rows of auth.users"
    closed = view + "revoke all on people from anon, authenticated;"
    assert isolation.found("auth-users-exposed", closed) == []
    assert isolation.found("auth-users-exposed", VIEW.format("")) == []


WRITES = "update client set name = 'gone' where id = target"
READS = "select name from client limit 1"
ANSWERS = "select exists (select from client where id = target)"
ASKS = f"{READS} offset (case when auth.uid() is null then 1 else 0 end)"


@pytest.mark.parametrize(
    ("returns", "body", "severity"),
    [
        ("void", WRITES, Severity.ERROR),
        ("text", READS, Severity.WARNING),
        ("boolean", ANSWERS, Severity.NOTE),
        ("text", ASKS, None),
        ("integer", "select 1", None),
    ],
)
@pytest.mark.parametrize("language", ["sql", "plpgsql"])
def test_definer_function(
    isolation: Planted, returns: str, body: str, severity: Severity | None, language: str
) -> None:
    if language == "plpgsql":
        does = body if returns == "void" else f"return ({body})"
        body = f"begin {does}; end"
    sql = f"""create function reach(target uuid) returns {returns} language {language}
    security definer as $body$ {body} $body$;"""

    found = isolation.found("definer-function", sql)

    assert [one.severity or Severity.ERROR for one in found] == ([severity] if severity else [])


@pytest.mark.parametrize(
    "ending",
    [
        "revoke execute on function wipe() from public, anon, authenticated;",
        "alter function wipe() security invoker;",
    ],
)
def test_no_definer_function(isolation: Planted, ending: str) -> None:
    sql = (
        "create function wipe() returns void language sql security definer as 'delete from client';"
    )

    assert len(isolation.found("definer-function", sql)) == 1
    assert isolation.found("definer-function", sql + ending) == []


def test_definer_function_that_runs_any_sql(isolation: Planted) -> None:
    sql = """create function run(query text) returns void language plpgsql security definer as
    'begin execute query; end';"""

    (found,) = isolation.found("definer-function", sql)

    assert found.severity is None
    assert found.message == (
        "function run runs SQL that it makes itself, past policies, for everybody, "
        "without asking who calls"
    )


def test_definer_function_that_asks_for_a_secret_is_a_note(isolation: Planted) -> None:
    sql = """create function accept(invitation_token text) returns text language sql
    security definer as 'select name from client where name = invitation_token';"""

    assert [one.severity for one in isolation.found("definer-function", sql)] == [Severity.NOTE]


def test_definer_function_that_returns_a_table(isolation: Planted) -> None:
    sql = """create function wipe() returns table (wiped bigint) language plpgsql security definer
    as 'begin delete from client; wiped := 1; return next; return query select 2::bigint; end';"""

    assert [one.severity for one in isolation.found("definer-function", sql)] == [None]


def test_definer_function_of_a_trigger_cannot_be_called(isolation: Planted) -> None:
    sql = """create function stamp() returns trigger language plpgsql security definer as
    'begin delete from client; return new; end';"""

    assert isolation.found("definer-function", sql) == []
