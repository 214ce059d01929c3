"""The four PostgreSQL samples: their sizes, what they refuse, and that they repeat."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from samples.legacy_postgres import describe_sample
from tests.samples.conftest import MAKERS, ROWS, SEED, content

from mainstem.pg.connect import connect

if TYPE_CHECKING:
    from tests.samples.conftest import Made

TABLES = {"revos": 56, "audience": 26, "mail": 10, "persona": 16}
BY_NAME = pytest.mark.parametrize("name", MAKERS)


@BY_NAME
def test_same_seed_same_rows(made: Made, empty_database_url: str, name: str) -> None:
    with connect(empty_database_url, autocommit=True) as connection:
        database = connection.info.dbname
        connection.execute(f"alter database {database} set timezone = 'Asia/Kathmandu'".encode())
        connection.execute(f"alter database {database} set datestyle = 'German'".encode())
    MAKERS[name](empty_database_url, rows=ROWS, seed=SEED)
    assert content(empty_database_url) == made.content(name)


@BY_NAME
def test_another_seed_gives_other_rows(made: Made, empty_database_url: str, name: str) -> None:
    other = MAKERS[name](empty_database_url, rows=ROWS, seed=SEED + 1)
    assert content(empty_database_url) != made.content(name)
    assert other.rows == made.samples[name].rows


@BY_NAME
def test_has_exactly_as_many_rows_as_asked_for(made: Made, name: str) -> None:
    sample = made.samples[name]
    assert sum(sample.rows.values()) == ROWS
    for table, rows in sample.rows.items():
        schema, _, bare = table.rpartition(".")
        assert rows == made.number(name, f'select count(*) from {schema or "public"}."{bare}"')
    tables = [table for table in sample.rows if "." not in table]
    assert len(tables) == TABLES[name]
    empty = [table for table in tables if not sample.rows[table]]
    assert empty == (["chat_message"] if name == "revos" else [])


@BY_NAME
@pytest.mark.parametrize("rows", [5_000, 6_007])
def test_other_sizes_are_exact_too(empty_database_url: str, name: str, rows: int) -> None:
    sample = MAKERS[name](empty_database_url, rows=rows)
    assert sum(sample.rows.values()) == rows


@BY_NAME
def test_refuses_too_few_rows_and_a_database_in_use(made: Made, name: str) -> None:
    with pytest.raises(ValueError, match="too few"):
        MAKERS[name](made.urls[name], rows=1_000)
    before = made.content(name)
    with pytest.raises(FileExistsError, match="holds the table auth"):
        MAKERS[name](made.urls[name], rows=ROWS)
    assert made.content(name) == before


@BY_NAME
def test_leaves_nothing_of_how_it_was_made(made: Made, name: str) -> None:
    assert not made.number(
        name,
        "select count(*) from pg_catalog.pg_namespace where nspname = 'sample' or nspname ~ 'half'",
    )
    # foreign keys were taken away while the rows went in: all are back, and proven
    assert made.number(name, "select count(*) from pg_catalog.pg_constraint where contype = 'f'")
    assert not made.number(
        name, "select count(*) from pg_catalog.pg_constraint where not convalidated"
    )


@BY_NAME
def test_accounts_are_as_on_supabase(made: Made, name: str) -> None:
    assert not made.number(
        name,
        r"""select count(*) from auth.users
            where encrypted_password !~ '^\$2a\$10\$[./A-Za-z0-9]{53}$' or email <> lower(email)""",
    )
    assert not made.number(
        name,
        """select count(*) from auth.users as u where u.email is not null and not exists (
             select from auth.identities as i
             where i.user_id = u.id and i.provider = 'email' and i.email = u.email)""",
    )


@BY_NAME
def test_describes_every_table_and_flaw(made: Made, name: str) -> None:
    sample = made.samples[name]
    text = describe_sample(sample)
    assert all(table in text for table in sample.rows)
    assert all(planted.what in text for planted in sample.planted)
