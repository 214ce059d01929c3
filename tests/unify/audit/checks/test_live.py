"""Checks on catalogs as PostgreSQL itself tells them: names, types, defaults, rows, last write."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from tests.unify.audit.building import code, found_by, tables_found, use

from mainstem.pg.connect import connect
from mainstem.unify.audit.subject import Subject
from mainstem.unify.catalog.read_database import read_database_at

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mainstem.pg.scratch import ScratchServer
    from mainstem.unify.catalog.database import Database

SCHEMA = """
create table agency (id uuid primary key default gen_random_uuid(), name text not null);
create table client (id uuid primary key, agency_id uuid references agency, code varchar(8));
create table invoice (id bigint generated always as identity primary key,
    client_id uuid references client, total numeric(12,2) not null default 0);
create table invoice_line (id bigint, invoice_id bigint references invoice, amount numeric(12,2));
create table delivery (id uuid, invoice_id bigint references invoice);
create view latest_invoice as select * from invoice;
create function client_label(row_of client) returns text language sql as 'select $1.code';
"""
DRIFT = """
drop view latest_invoice;
alter table invoice alter total drop not null, alter total type integer;
alter table client add phone text;
create table invoices (id bigint, client_id uuid, total integer);
create table client_code_backup as select id, code from client;
create table swatch (id uuid);
create table outfit (id uuid, swatch_id uuid);
insert into outfit select gen_random_uuid() from generate_series(1, 3);
"""


@pytest.fixture(scope="module")
def both(scratch: ScratchServer) -> Iterator[tuple[Database, Database]]:
    """A database as it was meant, and one that people changed by hand."""
    names = ("audited_as_meant", "audited_as_found")
    scripts = (SCHEMA, SCHEMA + DRIFT)
    read = []
    for name, script in zip(names, scripts, strict=True):
        url = scratch.create_database(name)
        with connect(url) as connection:
            connection.execute(script)
        read.append(read_database_at(url, counts_rows=True))
    yield read[0], read[1]
    for name in names:
        scratch.drop_database(name)


def test_columns_that_differ(both: tuple[Database, Database]) -> None:
    meant, found = both
    differing = found_by("column-differs", Subject(databases=(meant, found)))
    assert [(one.table, one.column) for one in differing] == [
        ("client", "phone"),
        ("invoice", "total"),
    ]
    assert "is numeric(12,2) in" in differing[1].message
    assert found_by("column-differs", Subject(databases=(meant, meant))) == []


def test_what_one_database_has_and_the_other_lacks(both: tuple[Database, Database]) -> None:
    (note,) = found_by("databases-differ", Subject(databases=both))
    assert "has 4 tables that" in note.message
    assert note.message.endswith("lacks: client_code_backup, invoices, outfit and swatch")


def test_code_against_the_live_database(both: tuple[Database, Database]) -> None:
    uses = code(
        use("client", "code", "client_label", "filter:agency_id"),
        use("agency", embedded_in="client"),
        use("latest_invoice", "total"),
        use("client", "phone"),
        use("shipment"),
    )
    meant, found = both
    assert tables_found("table-missing-in-database", Subject(databases=(meant,), code=uses)) == [
        "shipment"
    ]
    lacking = tables_found("table-missing-in-database", Subject(databases=(found,), code=uses))
    assert lacking == ["latest_invoice", "shipment"]
    (column,) = found_by("column-missing", Subject(databases=(meant,), code=uses))
    assert (column.table, column.column) == ("client", "phone")
    assert found_by("embedded-without-foreign-key", Subject(databases=both, code=uses)) == []


def test_leftovers_of_the_live_database(both: tuple[Database, Database]) -> None:
    meant, found = both
    subject = Subject(databases=(found,), code=code(use("client"), use("invoice")))
    (family,) = found_by("foreign-family", subject)
    assert family.message.startswith("outfit and swatch have nothing to do with the other 7 tables")
    assert "3 rows" in family.evidence[0].text
    assert tables_found("backup-table", subject) == ["client_code_backup"]
    assert tables_found("singular-and-plural-twins", subject) == ["invoices"]
    clean = Subject(databases=(meant,), code=code(use("client"), use("invoice")))
    for check in ("foreign-family", "backup-table", "singular-and-plural-twins", "duplicate-table"):
        assert found_by(check, clean) == []
    assert found_by("circular-foreign-keys", clean) == []
