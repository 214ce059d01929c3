"""`mainstem verify isolation` as people run it."""

from __future__ import annotations

import json

from click.testing import CliRunner

from mainstem.cli import app
from mainstem.pg.connect import connect

SCHEMA = """
create table agency (id uuid primary key, name text not null);
create table note (
  id uuid primary key, agency_id uuid not null references agency (id), body text not null);
alter table agency enable row level security;
alter table note enable row level security;
create policy own on agency using (id = current_setting('app.agency', true)::uuid);
create policy own on note using ({condition});
grant select, insert, update, delete on agency, note to authenticated;
"""
OWN = "agency_id = current_setting('app.agency', true)::uuid"


def _run(url: str, condition: str, *options: str) -> tuple[int, str]:
    with connect(url) as connection:
        # The roles are the cluster's; those of the migrated template are there.
        connection.execute(SCHEMA.format(condition=condition).encode())
    told = CliRunner().invoke(app, ["verify", "isolation", "--database", url, *options])
    return told.exit_code, told.output


def test_a_clean_database_is_proven(template: str, empty_database_url: str) -> None:
    assert template
    code, said = _run(empty_database_url, OWN)
    assert code == 0
    assert "0 leak, 0 not exercised" in said.splitlines()[-1]


def test_where_programs_come_as_superusers_nothing_is_called_proven(
    template: str, empty_database_url: str
) -> None:
    assert template
    with connect(empty_database_url) as connection:
        schema, _, _ = SCHEMA.format(condition=OWN).partition("grant select")
        connection.execute(schema.encode())
    told = CliRunner().invoke(app, ["verify", "isolation", "--database", empty_database_url])
    code, said = told.exit_code, told.output
    assert code == 0
    assert "not exercised table agency and note: nobody but superusers may reach any" in said
    assert said.splitlines()[-1] == "0 proven, 0 leak, 2 not exercised, 0 attempts"


def test_a_leak_comes_with_the_statement_that_shows_it(
    template: str, empty_database_url: str
) -> None:
    assert template
    code, said = _run(empty_database_url, f"{OWN} or body is not null", "--json")
    assert code == 1
    found = {each["name"]: each for each in json.loads(said)["objects"]}
    assert found["note"]["verdict"] == "leak"
    assert "select" in found["note"]["statement"]
    assert found["agency"]["verdict"] == "proven"


def test_weakenings_are_reported(template: str, empty_database_url: str) -> None:
    assert template
    code, said = _run(empty_database_url, OWN, "--mutate")
    assert code == 0
    assert "weakenings caught" in said
    with connect(empty_database_url) as connection:
        rows = connection.execute("select count(*) from note").fetchone()
    assert rows == (0,)
