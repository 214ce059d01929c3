"""Questions say what speaks for a table or column of the target; they stay questions."""

from __future__ import annotations

import sqlite3
from typing import TYPE_CHECKING

import pytest

from mainstem.pg.connect import connect
from mainstem.unify.plan.config import read_config
from mainstem.unify.plan.make import make_plan

if TYPE_CHECKING:
    from pathlib import Path

TARGET = """
create table firm (id uuid primary key, name text);
create table guest (id uuid primary key, firm_id uuid references firm, email text, phone text,
    vip boolean, notes text);
create table visit (id uuid primary key, firm_id uuid references firm,
    guest_id uuid references guest,
    long_remark text, stage text check (stage in ('open', 'done', 'it''s off')));
create table visit_step (id uuid primary key, visit_id uuid references visit, note text);
create table card (id uuid primary key, firm_id uuid references firm, name text, config jsonb);
create table session (id uuid primary key, firm_id uuid references firm);
create table unlike (id uuid primary key, colour text, weight integer);
"""

SOURCE = """
create table firms (id integer primary key, name text);
create table customers (id integer primary key, firm_id integer references firms, email text,
    phone text, vip integer, spare text);
create table visits (id integer primary key, firm_id integer references firms,
    customer_id integer references customers, progress text, password text,
    step1_note text, remark text,
    mystery text, state_text text);
create table red_cards (id integer primary key, firm_id integer references firms, colour text);
create table blue_cards (id integer primary key, firm_id integer references firms, shade text);
create table session (id integer primary key, firm_id integer references firms);
create table sessions (id integer primary key, firm_id integer references firms, created_at text);
create table session_notes (id integer primary key, session_id integer references sessions);
create table oddity (id integer primary key, colour_code text);
insert into firms values (1, 'One');
insert into customers values (1, 1, 'a@example.org', '1', 1, 'x');
insert into visits values (1, 1, 1, 'it''s off', 'open', 'a', 'r', 'zzz', 'done'),
    (2, 1, 1, 'open', 'hunter2', 'b', 's', 'yyy', 'stalled');
insert into red_cards values (1, 1, 'red');
insert into blue_cards values (1, 1, 'blue');
insert into sessions values (1, 1, '2026-01-02 10:00'), (2, 1, '2026-03-04 11:00');
insert into oddity values (1, 'red');
"""

CONFIG = """
name = "x"
[[source]]
sqlite = "x.db"
tenants = "firms"
[tenant]
column = "firm_id"
root = "firm"
"""


@pytest.fixture
def texts(tmp_path: Path, empty_database_url: str) -> dict[tuple[str, str | None], str]:
    """The questions of a plan."""
    source = sqlite3.connect(tmp_path / "x.db")
    source.executescript(SOURCE)
    source.close()
    (tmp_path / "x.toml").write_text(CONFIG)
    with connect(empty_database_url) as connection:
        connection.execute(TARGET.encode())
        plan = make_plan(read_config(tmp_path / "x.toml"), connection)
    return {(question.table, question.column): question.text for question in plan.questions}


def test_a_table_of_another_name_is_known_by_columns_and_references(
    texts: dict[tuple[str, str | None], str],
) -> None:
    assert texts["customers", None] == (
        "table customers (1 row) matches no target table, but perhaps guest is meant (3 columns "
        "alike: email, phone and vip; both point at firm): set tables.customers.into = "
        '"guest", .drop = "why" or .archive = "why"'
    )


def test_tables_that_become_one_are_known_by_the_end_of_their_names(
    texts: dict[tuple[str, str | None], str],
) -> None:
    assert (
        "perhaps card is meant (its name ends in card, as blue_cards do"
        in (texts["red_cards", None])
    )
    assert "perhaps card is meant" in texts["blue_cards", None]


def test_nothing_is_said_where_little_speaks_for_it(
    texts: dict[tuple[str, str | None], str],
) -> None:
    assert "perhaps" not in texts["oddity", None]
    assert "perhaps" not in texts["visits", "mystery"]


def test_a_column_is_known_by_the_values_that_are_allowed(
    texts: dict[tuple[str, str | None], str],
) -> None:
    assert "(perhaps stage: all its 2 different values fit there)" in texts["visits", "progress"]


def test_no_value_of_a_secret_is_told(texts: dict[tuple[str, str | None], str]) -> None:
    assert "matches no free column of visit: set" in texts["visits", "password"]
    assert "hunter2" not in " ".join(texts.values())


def test_a_column_that_has_other_values_too_says_which(
    texts: dict[tuple[str, str | None], str],
) -> None:
    assert "(perhaps stage, which does not allow stalled)" in texts["visits", "state_text"]


def test_a_column_is_known_by_a_part_of_its_name(
    texts: dict[tuple[str, str | None], str],
) -> None:
    assert "(perhaps long_remark, by its name)" in texts["visits", "remark"]


def test_a_numbered_column_is_known_as_a_row_beside(
    texts: dict[tuple[str, str | None], str],
) -> None:
    assert "(perhaps visit_step.note, a row beside it)" in texts["visits", "step1_note"]


def test_a_reference_to_a_table_without_a_place_says_so(
    texts: dict[tuple[str, str | None], str],
) -> None:
    assert "(it points at customers, which has no place yet)" in texts["visits", "customer_id"]


def test_which_of_two_tables_of_one_name_is_alive_is_asked_with_evidence(
    texts: dict[tuple[str, str | None], str],
) -> None:
    assert texts["session", None] == (
        "session and sessions match session by their names (session: 0 rows, nothing points at "
        "it; sessions: 2 rows, last written 2026-03-04, pointed at by session_notes): set .into of "
        'those that are one, and .drop = "why" or .archive = "why" of the others'
    )
