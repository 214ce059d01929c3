"""The rows that come with the product: there, the same in every database, and never in the way."""

from __future__ import annotations

from importlib import resources
from typing import TYPE_CHECKING

import pytest
from tests.migrations.people import become, new_agency, one

if TYPE_CHECKING:
    from typing import LiteralString

    from tests.migrations.people import Connection

TABLES: tuple[LiteralString, ...] = (
    "permission",
    "social_platform",
    "cartridge_preset",
    "pricing_tier",
)


def seed(connection: Connection) -> None:
    text = resources.files("mainstem.migrations").joinpath("0010_seed.sql").read_text("utf-8")
    connection.execute(text.encode())


def content(connection: Connection, table: LiteralString) -> list[str]:
    rows = connection.execute(f"select t::text from public.{table} as t order by id").fetchall()
    return [row[0] for row in rows]


@pytest.mark.parametrize("table", TABLES)
def test_a_migrated_database_has_reference_rows_that_tenants_read(
    connection: Connection, table: LiteralString
) -> None:
    shaped = f"select bool_and(id::text like '019b76da-a800-7%%-8%%') from public.{table}"
    assert one(connection, shaped)
    count = f"select count(*) from public.{table}"
    owner = one(connection, count)
    assert owner >= 8
    become(connection, new_agency(connection))
    assert one(connection, count) == owner


def test_the_file_may_be_applied_again_and_keeps_what_operators_changed(
    connection: Connection,
) -> None:
    connection.execute("update pricing_tier set unit_price_cents = 7 where product = 'credit'")
    connection.execute("delete from social_platform where slug = 'x'")
    connection.execute("insert into social_platform (slug, name) values ('x', 'Ours')")
    before = [content(connection, table) for table in TABLES]
    seed(connection)
    assert [content(connection, table) for table in TABLES] == before


def test_a_permission_is_named_by_its_resource_and_action(connection: Connection) -> None:
    odd = "select key from permission where key <> resource || '.' || action"
    assert connection.execute(odd).fetchall() == []


def test_prices_of_a_product_leave_no_gap(connection: Connection) -> None:
    gaps = connection.execute(
        "select name from (select name, contacts_min, lag(contacts_max) over"
        " (partition by product, currency order by contacts_min) as before from pricing_tier) as t"
        " where before is distinct from contacts_min - 1 and contacts_min > 1"
    ).fetchall()
    assert gaps == []
