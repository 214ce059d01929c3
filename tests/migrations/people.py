"""Agencies, clients and people for the tests of the schema, and acting as one of them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from uuid import UUID, uuid4

from psycopg import sql

from mainstem.db.tenant import Tenant, opening_batch

if TYPE_CHECKING:
    from typing import LiteralString

    import psycopg
    from psycopg.rows import TupleRow

    Connection = psycopg.Connection[TupleRow]


@dataclass(frozen=True)
class Agency:
    """An agency with one client and one person."""

    id: UUID
    client_id: UUID
    user_id: UUID


def insert(connection: Connection, table: str, /, **values: object) -> UUID:
    """Insert one row into a table of public and return its id."""
    names = sql.SQL(", ").join(map(sql.Identifier, values))
    marks = sql.SQL(", ").join(sql.Placeholder() * len(values))
    statement = sql.SQL("insert into public.{} ({}) values ({}) returning id")
    made = connection.execute(
        statement.format(sql.Identifier(table), names, marks), list(values.values())
    ).fetchone()
    assert made is not None
    assert isinstance(made[0], UUID)
    return made[0]


def new_agency(connection: Connection) -> Agency:
    slug = f"agency-{uuid4().hex}"
    agency = insert(connection, "agency", name=slug, slug=slug)
    return Agency(agency, new_client(connection, agency), new_user(connection, agency))


def new_client(connection: Connection, agency: UUID) -> UUID:
    return insert(connection, "client", agency_id=agency, name=f"client {uuid4().hex}")


def new_user(connection: Connection, agency: UUID, role: str = "member") -> UUID:
    email = f"{uuid4().hex}@example.test"
    return insert(connection, "user", agency_id=agency, email=email, role=role)


def become(
    connection: Connection,
    agency: Agency,
    *,
    app: str = "both",
    role: str = "owner",
    clients: frozenset[UUID] | None = None,
) -> None:
    """Act as the agency's person for the rest of the transaction."""
    tenant = Tenant(agency.id, agency.user_id, role, clients, app)
    connection.execute("reset role")
    connection.execute(opening_batch(tenant, 30, begins=False), prepare=False)


def one(connection: Connection, query: LiteralString, *arguments: object) -> Any:
    """Return the single value that a query answers."""
    found = connection.execute(query, arguments).fetchone()
    assert found is not None
    return found[0]
