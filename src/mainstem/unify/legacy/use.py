"""Whether anybody still uses the views: PostgreSQL's own count of calls, looked at now and then.

`pg_stat_user_functions` counts the calls of each view's function where `track_functions` is `pl`
or `all`. It says how many, not when: what is kept here is when a look last found more calls than
the one before. A count that fell (a reset, a crash) is taken for use, to be on the safe side.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from psycopg import sql
from psycopg.errors import DependentObjectsStillExist

from mainstem.errors import TargetError
from mainstem.unify.legacy.sql import counter_name, writer_name

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

    import psycopg
    from psycopg.rows import TupleRow

    Connection = psycopg.Connection[TupleRow]

_TABLE: Final = """
create schema if not exists unify;
create table if not exists unify.legacy_use (
  schema_name text not null,
  view_name text not null,
  calls bigint not null,
  used_at timestamptz not null,
  looked_at timestamptz not null,
  primary key (schema_name, view_name)
);
comment on table unify.legacy_use is
  'For each view under an old name: the calls counted at the last look, and when they last grew.';
"""
_LOOK: Final = """
with counted as (
  select n.nspname::text as schema_name, c.relname::text as view_name,
         coalesce((select sum(s.calls) from pg_stat_user_functions s
                   where s.schemaname = n.nspname
                     and s.funcname in ('use_' || c.relname, 'write_' || c.relname)), 0)::bigint
           as calls
  from pg_class c join pg_namespace n on n.oid = c.relnamespace
  where c.relkind = 'v' and n.nspname = %(schema)s
    and exists (select from pg_proc p
                where p.pronamespace = n.oid and p.proname = 'use_' || c.relname)
)
insert into unify.legacy_use as kept (schema_name, view_name, calls, used_at, looked_at)
select schema_name, view_name, calls, now(), now() from counted
on conflict (schema_name, view_name) do update
set calls = excluded.calls, looked_at = now(),
    used_at = case when excluded.calls <> kept.calls or not %(is_counting)s
                   then now() else kept.used_at end
returning view_name, calls, used_at, extract(epoch from now() - used_at) / 86400
"""


@dataclass(frozen=True)
class Use:
    """The use of one view; `used_at` is when a look last found it used, or first saw it."""

    view: str
    calls: int
    used_at: datetime
    unused_days: float


def ensure_table(connection: Connection) -> None:
    """Make the table of looks where it is missing."""
    connection.execute("set local client_min_messages = warning")
    connection.execute(_TABLE)


def is_counting(connection: Connection) -> bool:
    """Whether the server counts calls."""
    row = connection.execute("select current_setting('track_functions')").fetchone()
    return row is not None and row[0] in {"pl", "all"}


def look(connection: Connection, schema: str) -> list[Use]:
    """Look at the counts now and keep them; nothing is committed.

    While nothing is counted, everything is taken for used.
    """
    ensure_table(connection)
    given = {"schema": schema, "is_counting": is_counting(connection)}
    rows = connection.execute(_LOOK, given).fetchall()
    return sorted(
        (Use(str(row[0]), int(row[1]), row[2], float(row[3])) for row in rows),
        key=lambda one: one.view,
    )


def refuse_uncounted(connection: Connection) -> None:
    """Refuse where the server does not count.

    Raises:
        TargetError: says how it is switched on.
    """
    if not is_counting(connection):
        raise TargetError(
            "this server does not count calls of functions, so that nobody knows which views are "
            "used; alter database ... set track_functions = 'pl' switches it on: then wait"
        )


def drop_views(connection: Connection, schema: str, views: Iterable[str]) -> None:
    """Drop views with their functions; nothing is committed.

    Raises:
        TargetError: something else depends on one.
    """
    for view in views:
        name = sql.Identifier(schema, view)
        try:
            connection.execute(sql.SQL("drop view if exists {}").format(name))
        except DependentObjectsStillExist as error:
            raise TargetError(
                f"{schema}.{view} is used by another object ({error.diag.message_detail}); drop "
                "that first"
            ) from error
        for function in (counter_name(view), writer_name(view)):
            dropped = sql.SQL("drop function if exists {}()")
            connection.execute(dropped.format(sql.Identifier(schema, function)))
        connection.execute(
            "delete from unify.legacy_use where schema_name = %s and view_name = %s", (schema, view)
        )
