"""Isolation of what was loaded: each tenant sees its own rows, a stranger and a nobody see none.

Run as role `authenticated` with claims, as the platform's own requests are; on the source of the
claims' shape see docs/reference/schema.md. A target of another shape gets the isolation proof,
which learns the claims from its policies.
"""

from __future__ import annotations

import json
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final
from uuid import uuid4

from psycopg import sql

from mainstem.errors import MainstemError
from mainstem.kit.wording import counted
from mainstem.unify.isolation.keeping import keep
from mainstem.unify.isolation.model import Verdict
from mainstem.unify.isolation.proving import prove
from mainstem.unify.plan.names import name_sql
from mainstem.unify.verify.model import Finding

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    import psycopg
    from psycopg.rows import TupleRow

    Connection = psycopg.Connection[TupleRow]

ROLE: Final = "authenticated"
#: tenants that are tried
TENANTS_MAX: Final = 3
#: our own schemas, which nobody but the operator may read
_TOOLKIT: Final = "unify"

_UNPROTECTED: Final = """
select t.relid::regclass::text, c.relrowsecurity, c.relforcerowsecurity
from pg_partition_tree(%(table)s::regclass) as t join pg_class c on c.oid = t.relid
where not (c.relrowsecurity and c.relforcerowsecurity)
union all
select c.oid::regclass::text, c.relrowsecurity, c.relforcerowsecurity
from pg_class c
where c.oid = %(table)s::regclass and c.relkind = 'r' and not c.relispartition
  and not (c.relrowsecurity and c.relforcerowsecurity)
order by 1
limit 5
"""


@dataclass(frozen=True)
class TenantTable:
    """A loaded table: its name as SQL, and the column that says whose a row is."""

    name: str
    column: str


def obstacle(connection: Connection) -> str | None:
    """Why isolation cannot be tried here, or None when it can."""
    row = connection.execute(
        "select to_regprocedure('app.claims()') is not null,"
        " exists (select from pg_roles where rolname = %(role)s),"
        " (select pg_has_role(oid, 'MEMBER') from pg_roles where rolname = %(role)s)",
        {"role": ROLE},
    ).fetchone()
    assert row is not None
    has_claims, has_role, is_member = row
    if not has_claims or not has_role:
        return "the target is not the platform's schema"
    if not is_member:
        return f"the user may not become {ROLE}"
    return None


def prove_elsewhere(url: str) -> tuple[int, list[Finding], list[str]]:
    """Prove the isolation of any schema: tables proven, leaks, and what a person should know."""
    try:
        proof = prove(url)
    except MainstemError as error:
        return 0, [], [f"isolation was not tried: {error}"]
    found = [Finding("isolation", each.name, each.reason) for each in proof.leaks]
    tables = [
        each
        for each in proof.objects
        if each.kind == "table" and not each.name.startswith(_TOOLKIT)
    ]
    open_ones = proof.counts[Verdict.NOT_EXERCISED]
    not_kept = keep(proof, url)
    notes = [not_kept] if not_kept is not None else []
    if open_ones:
        notes.append(
            f"isolation of {counted(open_ones, 'object')} could not be tried; "
            "`mainstem verify isolation` says why"
        )
    return sum(each.verdict is Verdict.PROVEN for each in tables), found, notes


def check_isolation(
    connection: Connection,
    tables: Sequence[TenantTable],
    *,
    tenants: Sequence[str],
    advance: Callable[[int], None],
) -> list[Finding]:
    """Look at every table with the eyes of some tenants, of a stranger and of nobody."""
    found: list[Finding] = []
    for table in tables:
        found += _protection(connection, table)
        if _is_open(connection, table):
            found += _looks(connection, table, tenants)
        advance(1)
    return found


def _is_open(connection: Connection, table: TenantTable) -> bool:
    """Whether the role may read the table at all."""
    row = connection.execute(
        "select has_table_privilege(%s, %s::regclass, 'select')", (ROLE, table.name)
    ).fetchone()
    return bool(row and row[0])


def _protection(connection: Connection, table: TenantTable) -> Iterator[Finding]:
    """Policies must be on and forced, on every partition too: each could be read directly."""
    for name, is_on, _ in connection.execute(_UNPROTECTED, {"table": table.name}):
        what = "does not force its policies" if is_on else "has its policies switched off"
        yield Finding("isolation", name, f"row-level security: {name} {what}")


def _looks(connection: Connection, table: TenantTable, tenants: Sequence[str]) -> Iterator[Finding]:
    column = name_sql(table.column)
    for tenant in tenants:
        own = _count(connection, table, f"{column} = '{tenant}'")
        with claimed(connection, tenant):
            seen, foreign = _count_both(connection, table, f"{column} = '{tenant}'")
        if foreign:
            text = f"tenant {tenant} sees {foreign} rows of other tenants"
            yield Finding("isolation", table.name, text)
        if seen != own and not _is_personal(connection, table):
            text = f"tenant {tenant} sees {seen} of its {own} rows"
            yield Finding("isolation", table.name, text)
    with claimed(connection, str(uuid4())):
        seen = _count(connection, table, "true")
    if seen:
        yield Finding("isolation", table.name, f"a tenant without rows sees {seen} rows")
    with claimed(connection, None):
        seen = _count(connection, table, "true")
    if seen:
        yield Finding("isolation", table.name, f"a session without claims sees {seen} rows")


def _count(connection: Connection, table: TenantTable, where: str) -> int:
    row = connection.execute(f"select count(*) from {table.name} where {where}".encode()).fetchone()
    assert row is not None
    return int(row[0])


def _count_both(connection: Connection, table: TenantTable, where: str) -> tuple[int, int]:
    """The rows of which it is true, and those of which it is false."""
    row = connection.execute(
        f"select count(*) filter (where {where}), count(*) filter (where not ({where}))"
        f" from {table.name}".encode()
    ).fetchone()
    assert row is not None
    return int(row[0]), int(row[1])


def _is_personal(connection: Connection, table: TenantTable) -> bool:
    """Whether a person of the tenant sees their own rows only."""
    row = connection.execute(
        "select exists (select from pg_policy where polrelid = %s::regclass"
        " and pg_get_expr(polqual, polrelid) like '%%user_id()%%')",
        (table.name,),
    ).fetchone()
    return bool(row and row[0])


@contextmanager
def claimed(connection: Connection, tenant: str | None) -> Iterator[None]:
    """Be a tenant's owner, with all its apps and clients; without a tenant, nobody."""
    claims = ""
    if tenant is not None:
        claims = json.dumps(
            {
                "sub": str(uuid4()),
                "role": ROLE,
                "agency_id": tenant,
                "user_role": "owner",
                "client_ids": None,
                "app_context": "*",
            }
        )
    with connection.transaction(force_rollback=True):
        settings = (
            'set local row_security = on; set local "request.jwt.claims" = {};'
            ' set local "app.client_ids" = {}; set local role {}'
        )
        clients = "*" if tenant else ""
        connection.execute(
            sql.SQL(settings).format(
                sql.Literal(claims), sql.Literal(clients), sql.Identifier(ROLE)
            )
        )
        yield
