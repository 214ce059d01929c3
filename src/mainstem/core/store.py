"""The only module of core that runs SQL: named queries, and rows as frozen dataclasses."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime  # noqa: TC003 - rows are decoded by their annotations
from typing import TYPE_CHECKING, TypeVar
from uuid import UUID  # noqa: TC003 - the same

import msgspec
from psycopg import sql
from psycopg.rows import class_row

from mainstem.core.model import Person
from mainstem.db.queries import load_queries
from mainstem.db.tenant import CLIENTS_MAX, OVERSEERS

if TYPE_CHECKING:
    from mainstem.core.erasure import Reference
    from mainstem.core.rotation import Column
    from mainstem.core.transaction import Connection

QUERIES = load_queries("mainstem.core")
ROWS_MAX = 500
Row = TypeVar("Row")


@dataclass(frozen=True, kw_only=True)
class PersonRow:
    """A person as the database has them."""

    id: UUID
    agency_id: UUID
    email: str
    role: str
    first_name: str | None
    last_name: str | None
    is_active: bool
    last_login_at: datetime | None
    created_at: datetime
    updated_at: datetime
    client_ids: list[UUID]
    read_only_client_ids: list[UUID]
    has_second_factor: bool
    metadata: dict[str, object] | None
    password_hash: str | None = None

    def person(self) -> Person:
        """Owners, admins and managers see every client; others those that are named."""
        return Person(
            id=self.id,
            agency_id=self.agency_id,
            email=self.email,
            role=self.role,
            first_name=self.first_name,
            last_name=self.last_name,
            is_active=self.is_active,
            has_second_factor=self.has_second_factor,
            last_login_at=self.last_login_at,
            created_at=self.created_at,
            updated_at=self.updated_at,
            client_ids=None if self.role in OVERSEERS else frozenset(self.client_ids),
            read_only_client_ids=frozenset(
                () if self.role in OVERSEERS else self.read_only_client_ids
            ),
            metadata=self.metadata or {},
        )


@dataclass(frozen=True, kw_only=True)
class SessionRow(PersonRow):
    """A live session with its person."""

    session_id: UUID
    kind: str
    assurance: str
    app_context: str
    session_client_id: UUID | None
    overrides: list[str]
    last_seen_at: datetime
    is_operator: bool


@dataclass(frozen=True)
class KeyRow:
    """A live API key as a request brings it."""

    id: UUID
    agency_id: UUID
    client_id: UUID | None
    key_hash: bytes
    app: str
    profile: str
    scopes: list[str]
    last_used_at: datetime | None
    overrides: list[str]


@dataclass(frozen=True)
class AttemptRow:
    """How often somebody failed, this time included, and until when they were locked before it."""

    failed_attempts: int
    locked_until: datetime | None


@dataclass(frozen=True)
class RefreshRow:
    """A refresh token with its session."""

    id: UUID
    session_id: UUID
    used_at: datetime | None
    revoked_at: datetime | None
    expires_at: datetime
    user_id: UUID
    assurance: str
    app_context: str
    api_key_id: UUID | None
    session_created_at: datetime
    session_revoked_at: datetime | None
    session_expires_at: datetime


@dataclass(frozen=True)
class SigningKeyRow:
    """A key that signs tokens, or still verifies them."""

    id: UUID
    public_jwk: dict[str, str]
    wrapped_key: bytes
    key_encryption_key_id: str
    signs_until: datetime
    verifies_until: datetime


@dataclass(frozen=True)
class RouteRow:
    """Where a token leads."""

    kind: str
    agency_id: UUID
    target_id: UUID


@dataclass(frozen=True)
class InvitationRow:
    """An invitation that may still be accepted."""

    id: UUID
    agency_id: UUID
    email: str
    role: str
    client_ids: list[UUID]
    agency_name: str


@dataclass(frozen=True)
class SecretRow:
    """A secret as it stands in its column."""

    agency_id: UUID
    id: UUID
    sealed: bytes


@dataclass(frozen=True)
class Id:
    """The id of a row that was written, or found."""

    id: UUID


async def run(connection: Connection, query: str, **parameters: object) -> int:
    """Carry a query out; how many rows it touched."""
    cursor = await connection.execute(QUERIES[query], parameters)
    return cursor.rowcount


async def one(
    connection: Connection, row: type[Row], query: str, **parameters: object
) -> Row | None:
    """The first row of a query, or None."""
    async with connection.cursor(row_factory=class_row(row)) as cursor:
        await cursor.execute(QUERIES[query], parameters)
        return await cursor.fetchone()


async def many(
    connection: Connection, row: type[Row], query: str, **parameters: object
) -> list[Row]:
    """The rows of a query, so many at most."""
    async with connection.cursor(row_factory=class_row(row)) as cursor:
        await cursor.execute(QUERIES[query], {"rows_max": ROWS_MAX, **parameters})
        return await cursor.fetchall()


def access_question(
    *, prefix: str | None, session_id: UUID | None, token_hash: bytes | None, now: datetime
) -> str:
    """The question about a request's key and session; its values are letters and digits.

    Args:
        prefix: of a key's text.
        session_id: of an access token.
        token_hash: of a cookie.
        now: the time.
    """
    assert prefix is None or prefix.isalnum(), "a prefix is letters and digits"
    cookie = None if token_hash is None else f"\\x{token_hash.hex()}"
    given = (prefix, session_id, cookie, now, CLIENTS_MAX)
    asked = ", ".join("null" if each is None else f"'{each}'" for each in given)
    return f"select key, session from app.access_of_request({asked})"


async def access(connection: Connection, opening: str, question: str) -> tuple[str | None, ...]:
    """The answer to the question, in one message there and one back: a transaction of its own."""
    cursor = await connection.execute(f"{opening}; {question}".encode(), prepare=False)
    while cursor.nextset():
        pass  # to the last statement's answer
    row = await cursor.fetchone()
    assert row is not None, "the question has one answer"
    return row


def key_row(answer: tuple[str | None, ...]) -> KeyRow | None:
    """The key in an answer."""
    return msgspec.json.decode(answer[0], type=KeyRow) if answer[0] else None


def session_row(answer: tuple[str | None, ...]) -> SessionRow | None:
    """The session in an answer."""
    return msgspec.json.decode(answer[1], type=SessionRow) if answer[1] else None


async def add(connection: Connection, query: str, **parameters: object) -> UUID:
    """Insert a row; its id."""
    added = await one(connection, Id, query, **parameters)
    assert added is not None, "an insert without a conflict returns its row"
    return added.id


async def person_by_email(connection: Connection, email: str) -> PersonRow | None:
    """The person with that e-mail."""
    return await _person(connection, email=email)


async def person_by_id(connection: Connection, user_id: UUID) -> PersonRow | None:
    """The person with that id."""
    return await _person(connection, user_id=user_id)


async def _person(
    connection: Connection, *, user_id: UUID | None = None, email: str | None = None
) -> PersonRow | None:
    given = {"user_id": user_id, "email": email, "clients_max": CLIENTS_MAX}
    return await one(connection, PersonRow, "person", **given)


async def stale_secrets(connection: Connection, column: Column, *, limit: int) -> list[SecretRow]:
    """Secrets of a column that an older version of their agency's data key closed, locked.

    Internals have no agency of their own: theirs is that of their person.
    """
    statement = sql.SQL(
        "select owner.agency_id, t.id, t.{column} as sealed from {table} as t {join} "
        "join lateral (select max(k.version) as version from app.data_key as k "
        "where k.agency_id = owner.agency_id and k.retired_at is null) as newest on true "
        "where t.{column} is not null and substr(t.{column}, 1, 1) = '\\x01' and newest.version "
        "> ('x' || encode(substr(t.{column}, 2, 4), 'hex'))::bit(32)::int "
        "order by t.id limit {limit} for update of t skip locked"
    ).format(
        column=sql.Identifier(column.column),
        table=sql.Identifier(column.schema, column.table),
        join=sql.SQL(
            'join public."user" as owner on owner.id = t.user_id'
            if column.schema == "app"
            else "join public.agency as a on a.id = t.agency_id "
            "cross join lateral (select t.agency_id) as owner"
        ),
        limit=limit,
    )
    async with connection.cursor(row_factory=class_row(SecretRow)) as cursor:
        await cursor.execute(statement)
        return await cursor.fetchall()


async def replace_secret(
    connection: Connection, column: Column, row: SecretRow, sealed: bytes
) -> None:
    """Put the same secret back under a newer key, unless it was changed meanwhile."""
    statement = sql.SQL("update {table} set {column} = %s where id = %s and {column} = %s").format(
        table=sql.Identifier(column.schema, column.table), column=sql.Identifier(column.column)
    )
    await connection.execute(statement, (sealed, row.id, row.sealed))


async def rows_of(
    connection: Connection, reference: Reference, user_id: UUID, *, whole: bool, limit: int
) -> list[dict[str, object]]:
    """Rows that point at a person: whole but for their secrets, or their ids only."""
    shown = sql.SQL(
        "(select jsonb_object_agg(field.key, field.value) from jsonb_each(to_jsonb(t)) as field "
        "where field.key !~ '(_hash|_encrypted|_embedding|^embedding)$')"
        if whole
        else "jsonb_build_object('id', t.id)"
    )
    statement = sql.SQL(
        "select {shown} from {table} as t where t.{column} = %s order by t.id limit {limit}"
    ).format(
        shown=shown,
        table=sql.Identifier(reference.schema, reference.table),
        column=sql.Identifier(reference.column),
        limit=limit,
    )
    return [row[0] for row in await (await connection.execute(statement, (user_id,))).fetchall()]


async def delete_rows_of(connection: Connection, reference: Reference, user_id: UUID) -> int:
    """Delete the rows that point at a person; how many."""
    statement = sql.SQL("delete from {table} where {column} = %s").format(
        table=sql.Identifier(reference.schema, reference.table),
        column=sql.Identifier(reference.column),
    )
    return (await connection.execute(statement, (user_id,))).rowcount
