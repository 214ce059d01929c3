"""Plans that do other things: keys that are no uuids, rows dropped, references set to NULL."""

from __future__ import annotations

import sqlite3
from dataclasses import dataclass
from typing import TYPE_CHECKING
from uuid import UUID, uuid4

import pytest

from mainstem.pg.connect import connect
from mainstem.unify.move.run import run_plan
from mainstem.unify.plan.config import read_config
from mainstem.unify.plan.directory import read_directory
from mainstem.unify.plan.make import make_plan
from mainstem.unify.progress import Silence
from mainstem.unify.verify.verifying import verify_run

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from mainstem.pg.scratch import ScratchServer
    from mainstem.unify.verify.model import Verification

AGENCY = UUID("00000000-0000-4000-8000-00000000aaaa")
STRANGER = UUID("00000000-0000-4000-8000-00000000bbbb")
SOURCE = """
create table teams (id integer primary key, code text not null unique, label text);
create table people (
    id integer primary key, team_code text references teams (code), boss integer, name text,
    mood text, pin text
);
create table parts (letter text not null, number integer not null, size real,
    primary key (letter, number)) without rowid;
insert into teams values (1, 'r', 'red'), (2, 'b', 'blue'), (3, 'g', null);
insert into people values
    (1, 'r', null, 'Ann', 'calm', '1'), (2, 'b', 1, 'Bob', null, null), (3, 'x', 9, 'Cy', '', '3'),
    (4, 'b', 2, 'drop me', 'sad', null), (5, null, 2, 'Di', null, '5'), (6, 'g', 5, 'Ed', '', '6');
insert into parts values ('a', 1, 0.5), ('a', 2, 1e-7), ('b', 1, null);
"""
TARGET = f"""
create table agency (id uuid primary key);
insert into agency values ('{AGENCY}');
create table team (agency_id uuid not null references agency, id bigint primary key,
    code text not null unique, label text not null);
create table person (agency_id uuid not null references agency, id bigint primary key,
    team_id bigint references team, boss_id bigint, name text, mood text, pin_token text);
create table part (letter text, number integer, size double precision,
    primary key (letter, number));
"""
CONFIG = f"""
name = "shapes"
[[source]]
sqlite = "source.db"
tenant = "{AGENCY}"
[tenant]
column = "agency_id"
root = "agency"
[tables.teams]
into = "team"
columns.label = {{ into = "label", when_null = "'none'" }}
[tables.people]
into = "person"
columns.team_code = {{ into = "team_id", references = "teams.code", orphan = "null" }}
columns.boss = {{ used = "the plan's own SQL leaves out bosses of 9" }}
columns.pin = "pin_token"
[tables.parts]
into = "part"
"""


@dataclass(frozen=True)
class Shaped:
    path: Path
    url: str

    def verify(self) -> Verification:
        plan = read_directory(read_config(self.path).plan_dir)
        return verify_run(plan, self.url, reporter=Silence())

    def plant(self, statement: str) -> None:
        with connect(self.url) as connection:
            connection.execute("set session_replication_role = replica")
            assert connection.execute(statement.encode()).rowcount

    def differences(self) -> list[str]:
        return [str(d) for table in self.verify().tables for d in table.differences]


@pytest.fixture(scope="module")
def _shaped_once(
    scratch: ScratchServer, tmp_path_factory: pytest.TempPathFactory
) -> tuple[Path, str]:
    """The config of a finished run, and the database that its target is copied from."""
    folder, name = tmp_path_factory.mktemp("shapes"), f"shapes_{uuid4().hex}"
    url = scratch.create_database(name)
    with sqlite3.connect(folder / "source.db") as source:
        source.executescript(SOURCE)
    source.close()
    path = folder / "shapes.toml"
    path.write_text(CONFIG)
    config = read_config(path)
    with connect(url) as connection:
        connection.execute(TARGET.encode())
    with connect(url) as connection:
        plan = make_plan(config, connection)
    assert not plan.questions, plan.questions
    file = plan.directory / "person.sql"
    text = file.read_text()
    file.write_text(
        text.replace(
            "select\n    s._key,",
            "select\n    s._key,\n    case when s.name = 'drop me' then 'unwanted' end as _drop,\n"
            "    case when s.boss < 9 then s.boss end as boss_id,",
        )
    )
    assert file.read_text() != text
    outcome = run_plan(read_directory(plan.directory), url, reporter=Silence())
    assert {a.source_table: (a.loaded, a.dropped) for a in outcome.accounts} == {
        "teams": (3, 0),
        "people": (5, 1),
        "parts": (3, 0),
    }
    return path, name


@pytest.fixture
def shaped(scratch: ScratchServer, _shaped_once: tuple[Path, str]) -> Iterator[Shaped]:
    path, template = _shaped_once
    name = f"test_{uuid4().hex}"
    yield Shaped(path, scratch.create_database(name, template=template))
    scratch.drop_database(name)


def test_it_is_equal(shaped: Shaped) -> None:
    verification = shaped.verify()
    assert verification.is_equal, (verification.summary, shaped.differences())
    rows = {table.table: (table.source_rows, table.target_rows) for table in verification.tables}
    assert rows == {"teams": (3, 3), "people": (5, 5), "parts": (3, 3)}
    # What the plan does itself is made again and compared.
    people = next(table for table in verification.tables if table.table == "people")
    assert people.not_compared == {}
    assert "boss_id (by the plan's own SQL)" in people.columns


@pytest.mark.usefixtures("proof")
def test_a_schema_of_any_kind_gets_the_isolation_proof(shaped: Shaped) -> None:
    found = shaped.verify()
    assert found.is_equal, found.findings
    # Nobody but a superuser may reach a table of it: nothing keeps its tenants apart.
    assert found.checked["isolated tables"] == 0
    assert "isolation of 4 objects could not be tried" in "".join(found.notes)
    with connect(shaped.url) as connection:
        connection.execute(
            "do $$ begin if to_regrole('authenticated') is null then create role authenticated; end"
            " if; end $$; grant select on person to authenticated"
        )
    found = shaped.verify()
    (leak,) = found.findings
    assert (leak.kind, leak.table) == ("isolation", "person")
    assert not found.is_equal


FAULTS = [
    (
        "update team set label = 'nothing' where id = 3",
        "teams, key 3, column label: 'none' became 'nothing'",
    ),
    (
        "update person set team_id = 1 where id = 3",
        "people, key 3, column team_code (a row of teams): NULL became '1'",
    ),
    (
        "update person set team_id = null where id = 2",
        "people, key 2, column team_code (a row of teams): '2' became NULL",
    ),
    (
        "update person set team_id = 7 where id = 2",
        "people, key 2, column team_code (a row of teams): '2' became 'no row of this run: 7'",
    ),
    (
        "update person set pin_token = '0' where id = 6",
        "people, key 6, column pin: '6' became '0'",
    ),
    (
        f"update person set agency_id = '{STRANGER}' where id = 6",
        f"people, key 6, column agency_id (the tenant): '{AGENCY}' became '{STRANGER}'",
    ),
    (
        "update person set boss_id = 3 where id = 6",
        "people, key 6, column boss_id (by the plan's own SQL): '5' became '3'",
    ),
    ("delete from person where id = 5", "people, key 5: the row is lost"),
    (
        "update part set size = 2e-7 where number = 2",
        "parts, key [\"a\", 2], column size: '1e-07' became '2e-07'",
    ),
    ("delete from part where letter = 'b'", 'parts, key ["b", 1]: the row is lost'),
]


@pytest.mark.parametrize("half", [0, 1])
def test_each_fault_is_named(shaped: Shaped, half: int) -> None:
    """Neighbours in the list are about the same value."""
    for statement, _ in FAULTS[half::2]:
        shaped.plant(statement)
    assert sorted(shaped.differences()) == sorted(said for _, said in FAULTS[half::2])


def test_a_dropped_row_that_came_back_is_extra(shaped: Shaped) -> None:
    shaped.plant(f"insert into person (agency_id, id, name) values ('{AGENCY}', 4, 'drop me')")
    (finding,) = shaped.verify().findings
    assert str(finding) == "extra rows: person: 1 rows that no run loaded: 4"


def test_a_ledger_that_lies_is_found(shaped: Shaped) -> None:
    shaped.plant("update unify.ledger set after = 'nothing' where rule = 'null-replaced'")
    assert shaped.differences() == ["teams, key 3, column label: 'nothing' became 'none'"]
