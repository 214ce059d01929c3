"""Each kind of leak, planted in a clean schema, is found, alone, and its script shows it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from tests.unify.isolation import schemas

from mainstem.unify.isolation import Verdict

if TYPE_CHECKING:
    import psycopg
    from tests.unify.isolation.conftest import Sample

KEY = "agency_id = (auth.jwt() ->> 'agency_id')::uuid"
TABLE = """
create table secret (
  id uuid primary key default gen_random_uuid(),
  agency_id uuid not null references agency (id),
  body text not null,
  app_context text not null default 'revos' check (app_context in ('revos', 'audience', 'both')),
  deleted_at timestamptz
);
alter table secret enable row level security;
"""
NULLABLE = "alter table secret alter agency_id drop not null;"
#: what a run of the toolkit keeps: nobody may reach it, unless something is planted
KEPT = """
create schema unify_1;
create table unify_1.kept (
  id uuid primary key, agency_id uuid not null references agency (id), body text
);
"""


def policy(expression: str, rest: str = "") -> str:
    return f"create policy planted on secret {rest} using ({expression});"


PLANTED = {
    "row security off": ("secret", "alter table secret disable row level security;"),
    "true for select": (
        "secret",
        policy(KEY) + policy("true", "for select").replace("planted", "p"),
    ),
    "insert check true": (
        "secret",
        policy(KEY) + "create policy p on secret for insert with check (true);",
    ),
    "no caller in an or": ("secret", policy(f"{KEY} or auth.uid() is null")),
    "user metadata": (
        "secret",
        policy("agency_id = (auth.jwt() -> 'user_metadata' ->> 'agency_id')::uuid"),
    ),
    "user metadata in a function that promises not to ask": (
        "secret",
        "create function own_agency() returns uuid language sql immutable as $$ "
        "select (auth.jwt() -> 'user_metadata' ->> 'agency_id')::uuid $$;"
        + policy("agency_id = own_agency()"),
    ),
    "not null in an or": ("secret", policy(f"{KEY} or deleted_at is not null")),
    "both in an or": ("secret", policy(f"{KEY} or app_context = 'both'")),
    "policies not in force": (
        "secret",
        policy(KEY) + "alter table secret disable row level security;",
    ),
    "definer view": (
        "every_secret",
        policy(KEY) + "create view every_secret as select id, body from secret;",
    ),
    "definer function": (
        "every_secret",
        policy(KEY)
        + "create function every_secret(p_agency uuid) returns setof secret language sql stable"
        " security definer as $$ select * from secret where agency_id = p_agency $$;",
    ),
    "null tenant in an or": ("secret", NULLABLE + policy(f"{KEY} or agency_id is null")),
    "exists without correlation": (
        "secret",
        policy("exists (select 1 from client where client." + KEY + ")"),
    ),
    "grant of the toolkit's table": (
        "unify_1.kept",
        policy(KEY)
        + KEPT
        + "grant usage on schema unify_1 to authenticated; grant select on unify_1.kept to"
        " authenticated;",
    ),
    "view of the toolkit's table": (
        "every_one",
        policy(KEY) + KEPT + "create view every_one as select id, body from unify_1.kept;",
    ),
    "function of the toolkit's table": (
        "every_one",
        policy(KEY)
        + KEPT
        + "create function every_one(p_agency uuid) returns setof unify_1.kept language sql stable"
        " security definer as $$ select * from unify_1.kept where agency_id = p_agency $$;",
    ),
    "foreign key to the toolkit's table": (
        "secret",
        policy("true") + KEPT + "alter table secret add kept_id uuid references unify_1.kept;",
    ),
}


BLAMED = {
    "true for select": "policy 'p' lets it: true",
    "row security off": "row-level security is off",
    "policies not in force": "its policies (1) are not in force",
    "null tenant in an or": "where agency_id is null",
    "both in an or": "where app_context is both",
    "user metadata": "changed its own metadata",
    "user metadata in a function that promises not to ask": "changed its own metadata",
    "insert check true": "policy 'p' lets it",
    "no caller in an or": "without claims",
}


@pytest.mark.parametrize("kind", PLANTED)
def test_planted_leaks_are_found_blamed_and_shown(sample: Sample, kind: str) -> None:
    """Each alone, with its cause, and with a script that shows it where the rows are not."""
    name, fault = PLANTED[kind]
    schema = schemas.CLAIM + TABLE + fault
    verdicts = sample.verdicts(schema)
    leaking = {each.name: each for each in verdicts.values() if each.verdict is Verdict.LEAK}
    assert leaking.keys() == {name}
    assert all(each.verdict is not Verdict.NOT_EXERCISED for each in verdicts.values())
    assert BLAMED.get(kind, "") in leaking[name].reason
    statement = leaking[name].statement
    assert statement is not None
    assert statement.startswith("begin;\n")
    assert statement.endswith("rollback;")
    assert "set local role" in statement
    with sample.kept(schema) as connection:
        assert _rows(connection, statement) > 0


def _rows(connection: psycopg.Connection[tuple[object, ...]], script: str) -> int:
    """How many rows the last statement before the rollback reads or touches."""
    *statements, _ = script.removeprefix("begin;\n").split(";\n")
    for statement in statements:
        cursor = connection.execute(statement.encode())
    return cursor.rowcount
