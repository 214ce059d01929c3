"""Tenant transactions: the only way application code reaches the database.

One statement batch begins the transaction, takes the role and sets the claims (rules 12, 13 and 16
of the schema). All of it is local to the transaction, so nothing is left for the next user of the
connection.
"""

from __future__ import annotations

import json
from contextlib import asynccontextmanager, contextmanager, suppress
from contextvars import ContextVar
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Any
from uuid import UUID

import psycopg
from psycopg.pq import TransactionStatus
from psycopg_pool import ConnectionPool

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator

    from psycopg.rows import TupleRow
    from psycopg_pool import AsyncConnectionPool


ROLES = frozenset({"anon", "authenticated", "service_role"})
USER_ROLES = frozenset({"owner", "admin", "manager", "member", "client"})
#: whose dashboards span all apps
OVERSEERS = frozenset({"owner", "admin", "manager"})
APP_CONTEXTS = frozenset({"both", "audience", "revos", "mail", "persona", "*"})
CLIENTS_MAX = 10_000
STATEMENT_LIMIT_S = 30
LOCK_LIMIT_S = 5
IDLE_LIMIT_S = 60

_open_for: ContextVar[Tenant | None] = ContextVar("_open_for", default=None)


@dataclass(frozen=True)
class Tenant:
    """On whose behalf, and how much of the agency that one sees. Only `core` makes these.

    Attributes:
        agency_id: the agency.
        user_id: the person; None for an API key or a job.
        user_role: owner, admin, manager, member or client.
        client_ids: the visible clients; None means all of the agency's. A client's own people
            have theirs named.
        app_context: the app, 'both' for shared rows only; '*' for all apps, which is for owners,
            admins and managers.
        role: the database role: authenticated, anon or service_role.
        read_only_client_ids: those of the named clients whose rows may be read and not written.
    """

    agency_id: UUID
    user_id: UUID | None
    user_role: str
    client_ids: frozenset[UUID] | None
    app_context: str
    role: str = "authenticated"
    read_only_client_ids: frozenset[UUID] = frozenset()

    def __post_init__(self) -> None:
        """Refuse what is no claim: these values reach the server as text."""
        ids = [self.agency_id, *(self.client_ids or ())]
        ids += [self.user_id] if self.user_id is not None else []
        if not all(isinstance(each, UUID) for each in ids):
            raise ValueError("the ids of a tenant are UUIDs")
        for value, allowed in (
            (self.role, ROLES),
            (self.user_role, USER_ROLES),
            (self.app_context, APP_CONTEXTS),
        ):
            if value not in allowed:
                raise ValueError(f"{value!r} is none of {', '.join(sorted(allowed))}")
        if self.app_context == "*" and self.user_role not in OVERSEERS:
            raise ValueError(f"a {self.user_role} is in one app at a time")
        if self.client_ids is None and self.user_role == "client":
            raise ValueError("a client's person sees the clients that are named")
        if not self.read_only_client_ids <= (self.client_ids or frozenset()):
            raise ValueError("clients that may only be read are among those that are named")
        if self.client_ids is not None and len(self.client_ids) > CLIENTS_MAX:
            raise ValueError(f"a tenant sees at most {CLIENTS_MAX} single clients")

    def claims(self) -> dict[str, object]:
        """Return the claims, in the shape of a Supabase token."""
        clients = None if self.client_ids is None else sorted(map(str, self.client_ids))
        claims: dict[str, object] = {
            "sub": str(self.user_id) if self.user_id is not None else None,
            "role": self.role,
            "agency_id": str(self.agency_id),
            "user_role": self.user_role,
            "client_ids": clients,
            "app_context": self.app_context,
        }
        if self.read_only_client_ids:
            claims["read_only_client_ids"] = sorted(map(str, self.read_only_client_ids))
        return claims


@dataclass
class Grounds:
    """What a tenant was made of: asked anew as its transaction opens, in the same message.

    So a tenant that is remembered from an earlier request costs no question of its own, and still
    reads nothing once what it was made of has changed.

    Attributes:
        question: a statement for service_role with one row; nobody's input stands in it.
        answer: the row that it had.
        has_held: whether it had it again; None before somebody asked.
    """

    question: str
    answer: tuple[object, ...]
    has_held: bool | None = None


class GroundsError(Exception):
    """The tenant is not the same any more: find out anew who asks. Nothing was read."""


@contextmanager
def tenant_transaction(
    source: ConnectionPool[Any] | psycopg.Connection[TupleRow],
    tenant: Tenant,
    *,
    statement_limit_s: int = STATEMENT_LIMIT_S,
) -> Iterator[psycopg.Connection[TupleRow]]:
    """Run a block in a transaction that sees what the tenant may see; commits when it ends well.

    Args:
        source: a pool, or an idle connection of its own.
        tenant: whose rows.
        statement_limit_s: how many seconds one statement may take.

    Raises:
        RuntimeError: one is already open here, or the block ended the transaction itself.
    """
    _refuse_nesting()  # before the pool is asked for a connection, which it may not have
    if isinstance(source, ConnectionPool):
        with source.connection() as connection, _on(connection, tenant, statement_limit_s):
            yield connection
    else:
        with _on(source, tenant, statement_limit_s):
            yield source


@asynccontextmanager
async def async_tenant_transaction(
    pool: AsyncConnectionPool[psycopg.AsyncConnection[TupleRow]],
    tenant: Tenant,
    *,
    statement_limit_s: int = STATEMENT_LIMIT_S,
    grounds: Grounds | None = None,
) -> AsyncIterator[psycopg.AsyncConnection[TupleRow]]:
    """Do the same on an event loop.

    Raises:
        GroundsError: there are grounds, and they hold no more.
    """
    _refuse_nesting()
    async with pool.connection() as connection:
        _require_idle(connection.info.transaction_status)
        opened = _open_for.set(tenant)
        try:
            opening = opening_batch(tenant, statement_limit_s, begins=connection.autocommit)
            if grounds is None:
                await connection.execute(opening, prepare=False)
            else:
                await _open_on_grounds(connection, opening, grounds)
            yield connection
            _require_open(connection.info.transaction_status)
            await connection.commit()
        except BaseException:
            with suppress(psycopg.OperationalError):
                await connection.rollback()
            raise
        finally:
            _open_for.reset(opened)


async def _open_on_grounds(
    connection: psycopg.AsyncConnection[TupleRow], opening: bytes, grounds: Grounds
) -> None:
    """Ask for the grounds first, before the role and the claims of the tenant are taken."""
    begin = b"begin; " if connection.autocommit else b""
    asked = f"set local role service_role; {grounds.question}; ".encode()
    batch = begin + asked + opening.removeprefix(begin)
    cursor = await connection.execute(batch, prepare=False)
    while cursor.description is None and cursor.nextset():
        pass  # to the one statement that has an answer
    grounds.has_held = await cursor.fetchone() == grounds.answer
    if not grounds.has_held:
        raise GroundsError


@contextmanager
def _on(
    connection: psycopg.Connection[TupleRow], tenant: Tenant, statement_limit_s: int
) -> Iterator[None]:
    _require_idle(connection.info.transaction_status)
    opened = _open_for.set(tenant)
    try:
        opening = opening_batch(tenant, statement_limit_s, begins=connection.autocommit)
        connection.execute(opening, prepare=False)
        yield
        _require_open(connection.info.transaction_status)
        connection.commit()
    except BaseException:
        with suppress(psycopg.OperationalError):
            connection.rollback()
        raise
    finally:
        _open_for.reset(opened)


@lru_cache(maxsize=4_000)
def opening_batch(tenant: Tenant, statement_limit_s: int, *, begins: bool) -> bytes:
    """Return the statements that open a tenant's transaction, sent as one simple query.

    Every value is a word of a closed set, a UUID or a number; they are quoted all the same.
    """
    statements = [
        *(["begin"] if begins else []),
        f"set local role {tenant.role}",
        f'set local "request.jwt.claims" = {_literal(json.dumps(tenant.claims()))}',
        f"set local app.client_ids = {_literal(_visible(tenant))}",
        f"set local statement_timeout = '{int(statement_limit_s)}s'",
        f"set local lock_timeout = '{LOCK_LIMIT_S}s'",
        f"set local idle_in_transaction_session_timeout = '{IDLE_LIMIT_S}s'",
    ]
    return "; ".join(statements).encode("ascii")


def _visible(tenant: Tenant) -> str:
    """The clients, a mark behind each whose rows may only be read (app.is_read_only)."""
    if tenant.client_ids is None:
        return "*"
    marked = tenant.read_only_client_ids
    named = (f"{each}!" if each in marked else str(each) for each in tenant.client_ids)
    return "{" + ",".join(sorted(named)) + "}"


def _literal(text: str) -> str:
    # No backslash can be in it, so doubling the quotes is right whatever the server's settings.
    assert "\\" not in text, "claims are words, UUIDs and numbers"
    return "'" + text.replace("'", "''") + "'"


def _refuse_nesting() -> None:
    if _open_for.get() is not None:
        raise RuntimeError(
            "a tenant transaction is already open here; pass its connection on instead"
        )


def _require_idle(status: TransactionStatus) -> None:
    if status is not TransactionStatus.IDLE:
        raise RuntimeError("the connection is in a transaction already; use an idle one")


def _require_open(status: TransactionStatus) -> None:
    """What follows a commit inside the block would run without claims: no block may commit."""
    if status is TransactionStatus.INERROR:
        raise RuntimeError(
            "a statement failed and its error was swallowed; nothing of this transaction was kept"
        )
    if status is not TransactionStatus.INTRANS:
        raise RuntimeError(
            "the block ended its tenant transaction; only the transaction itself may"
        )
