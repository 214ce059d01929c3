"""Tables that point at each other are loaded, whichever of them comes first."""

from __future__ import annotations

import sqlite3
from typing import TYPE_CHECKING

import pytest
from tests.unify.dying import DyingAt
from tests.unify.move.conftest import Shop

from mainstem.unify.progress import Silence
from mainstem.unify.verify.verifying import verify_run

if TYPE_CHECKING:
    from pathlib import Path

SOURCE = """
create table offices (id integer primary key, title text, made text);
create table teams (id integer primary key, office_id integer not null references offices (id),
    name text, lead_id integer references people (id), made text);
create table desks (id integer primary key, team_id integer not null references teams (id),
    code text unique, made text);
create table people (id text primary key, desk_code text not null references desks (code),
    boss_id text references people (id), name text, made text);
create table badges (id integer primary key, person_id text not null references people (id));
"""
TARGET = """
create table office (id uuid primary key, title text not null, made timestamptz not null);
create table team (office_id uuid not null references office (id), id uuid, name text not null,
    lead_id uuid, made timestamptz not null, primary key (office_id, id));
create table desk (office_id uuid not null, id uuid, team_id uuid not null, code text not null,
    made timestamptz not null, primary key (office_id, id),
    foreign key (office_id, team_id) references team (office_id, id));
create table person (office_id uuid not null, id uuid, desk_id uuid not null, boss_id uuid,
    name text not null, made timestamptz not null, primary key (office_id, id),
    foreign key (office_id, desk_id) references desk (office_id, id),
    foreign key (office_id, boss_id) references person (office_id, id));
alter table team add constraint team_lead_fkey foreign key (office_id, lead_id)
    references person (office_id, id);
create table badge (office_id uuid not null, id uuid, person_id uuid not null,
    primary key (office_id, id),
    foreign key (office_id, person_id) references person (office_id, id));
"""
CONFIG = """
name = "offices"
[[source]]
sqlite = "shop.db"
tenants = "offices"
[tenant]
column = "office_id"
root = "office"
[tables.people.columns]
desk_code = { into = "desk_id" }
"""
#: team 3 is led by Nobody, who has no name: so fall the team, its desk, and who sits there
LOST = {
    ("people", "p-5"): "must have a value",
    ("teams", "3"): "leads to no loaded row of person",
    ("desks", "30"): "leads to no loaded row of team",
    ("people", "p-6"): "leads to no loaded row of desk",
    ("people", "p-7"): "leads to no loaded row of the same table",
    ("badges", "5"): "leads to no loaded row of people",
    ("badges", "6"): "leads to no loaded row of people",
    ("badges", "7"): "leads to no loaded row of people",
}


@pytest.fixture
def offices(tmp_path: Path, empty_database_url: str) -> Shop:
    made = Shop(tmp_path, empty_database_url)
    made.execute(TARGET)
    made.configure(CONFIG)
    at = "2026-01-01 10:00:00"
    connection = sqlite3.connect(made.source)
    connection.executescript(SOURCE)
    connection.executemany("insert into offices values (?, ?, ?)", [(1, "A", at), (2, "B", at)])
    connection.executemany(
        "insert into teams values (?, ?, ?, ?, ?)",
        [(1, 1, "One", "p-1", at), (2, 2, "Two", None, at), (3, 1, "Three", "p-5", at)],
    )
    connection.executemany(
        "insert into desks values (?, ?, ?, ?)",
        [(10, 1, "D10", at), (20, 2, "D20", at), (30, 3, "D30", at)],
    )
    connection.executemany(
        "insert into people values (?, ?, ?, ?, ?)",
        [
            ("p-1", "D10", None, "Ann", at),
            ("p-2", "D10", "p-1", "Bob", at),
            ("p-3", "D20", None, "Cyd", at),
            ("p-5", "D10", None, None, at),
            ("p-6", "D30", None, "Eve", at),
            ("p-7", "D10", "p-6", "Fay", at),
        ],
    )
    connection.executemany(
        "insert into badges values (?, ?)", [(n, f"p-{n}") for n in (1, 2, 3, 5, 6, 7)]
    )
    connection.commit()
    connection.close()
    return made


def people(shop: Shop) -> list[tuple[str, str, str, str | None]]:
    rows = shop.rows(
        "select p.name, d.code, t.name, l.name from person p join desk d on d.id = p.desk_id"
        " join team t on t.id = d.team_id left join person l on l.id = t.lead_id order by 1"
    )
    return [(row[0], row[1], row[2], row[3]) for row in rows]


LOADED = [
    ("Ann", "D10", "One", "Ann"),
    ("Bob", "D10", "One", "Ann"),
    ("Cyd", "D20", "Two", None),
]


def test_rows_of_a_cycle_are_loaded_and_what_leads_nowhere_waits(offices: Shop) -> None:
    before, definitions = offices.checksums(), offices.definitions()
    assert offices.plan().questions == ()
    run = offices.run().run
    assert people(offices) == LOADED
    assert offices.rows("select count(*) from badge") == [(3,)]
    waiting = offices.quarantine()
    assert waiting.keys() == LOST.keys()
    for place, reason in LOST.items():
        assert reason in waiting[place][1], place
    assert offices.accounts()["people"] == (6, 3, 0, 3, 0)
    assert offices.definitions() == definitions
    assert verify_run(offices.read_plan(), offices.url, reporter=Silence()).is_equal
    offices.undo(run.id)
    assert offices.checksums() == before


def test_others_rows_in_the_tables_stay_when_a_cycle_is_taken_back(offices: Shop) -> None:
    offices.plan()
    run = offices.run().run
    definitions = offices.definitions()
    offices.execute(
        "insert into office values ('00000000-0000-7000-8000-000000000001', 'C', now());"
        "insert into team values ('00000000-0000-7000-8000-000000000001',"
        " '00000000-0000-7000-8000-000000000002', 'Later', null, now());"
        "insert into desk values ('00000000-0000-7000-8000-000000000001',"
        " '00000000-0000-7000-8000-000000000003', '00000000-0000-7000-8000-000000000002',"
        " 'L', now());"
        "insert into person values ('00000000-0000-7000-8000-000000000001',"
        " '00000000-0000-7000-8000-000000000004', '00000000-0000-7000-8000-000000000003', null,"
        " 'Later', now())"
    )
    offices.undo(run.id)
    assert people(offices) == [("Later", "L", "Later", None)]
    assert offices.definitions() == definitions


@pytest.mark.parametrize(
    "step", ["load team", "load desk", "load person", "settle team, desk, person", "load badge"]
)
def test_a_run_that_dies_in_a_cycle_goes_on(offices: Shop, step: str) -> None:
    offices.plan()
    with pytest.raises(KeyboardInterrupt):
        offices.run(DyingAt(step))
    offices.run()
    assert people(offices) == LOADED
    assert offices.quarantine().keys() == LOST.keys()
    assert offices.rows("select count(*) from badge") == [(3,)]


def test_two_tables_with_kept_keys(tmp_path: Path, empty_database_url: str) -> None:
    shop = Shop(tmp_path, empty_database_url)
    shop.execute(
        "create table chat (id bigint primary key, title text, last_message_id bigint);"
        "create table message (id bigint primary key, words text,"
        " chat_id bigint not null references chat (id));"
        "alter table chat add foreign key (last_message_id) references message (id)"
    )
    shop.configure('name = "chats"\n[[source]]\nsqlite = "shop.db"\n')
    connection = sqlite3.connect(shop.source)
    connection.executescript(
        "create table chats (id integer primary key, title text,"
        " last_message_id integer references messages (id));"
        "create table messages (id integer primary key, words text,"
        " chat_id integer not null references chats (id));"
        "insert into chats values (1, 'a', 8), (2, 'b', null), (3, 'c', 99);"
        "insert into messages values (7, 'x', 1), (8, 'y', 1), (9, 'z', 3);"
    )
    connection.close()
    assert shop.plan().questions == ()
    shop.run()
    assert shop.rows("select * from chat order by 1") == [(1, "a", 8), (2, "b", None)]
    assert shop.rows("select id, chat_id from message order by 1") == [(7, 1), (8, 1)]
    assert shop.quarantine().keys() == {("chats", "3"), ("messages", "9")}
