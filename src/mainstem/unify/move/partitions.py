"""The past partitions that a load needs, made and dropped by the target's own functions."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import psycopg

from mainstem.errors import TargetError
from mainstem.unify.move.maps import own_table
from mainstem.unify.plan.names import name_sql

if TYPE_CHECKING:
    from datetime import datetime

    from psycopg.rows import TupleRow

    from mainstem.unify.catalog.postgres import TargetTable
    from mainstem.unify.ledger.rows import Run
    from mainstem.unify.plan.model import Plan

    Connection = psycopg.Connection[TupleRow]

#: names and arguments of the functions that a target may offer: from, to, table; and a partition
_ENSURE = ("ensure_partitions", "timestamp with time zone, timestamp with time zone, text")
_DROP = ("drop_partition", "regclass")

#: a span of time that is covered as a whole
_ONE_RANGE = timedelta(days=10 * 365)

_FIND = """
select format('%%I.%%I', n.nspname, p.proname)
from pg_catalog.pg_proc p join pg_catalog.pg_namespace n on n.oid = p.pronamespace
where p.proname = %s and oidvectortypes(p.proargtypes) = %s
order by n.nspname = %s desc, n.nspname limit 1
"""


def make_partitions(connection: Connection, run: Run, plan: Plan, target: TargetTable) -> None:
    """Make partitions for the months of the staged rows; nothing for a table without any.

    Raises TargetError when the target's function refuses.
    """
    if not target.is_partitioned:
        return
    row = connection.execute(_FIND, (*_ENSURE, target.schema)).fetchone()
    if row is None:
        return
    for first, last in _ranges(connection, run, plan, target):
        try:
            connection.execute(
                f"select {row[0]}(%s, %s, %s)",
                (first, last, f"{target.schema}.{target.plain_name}"),
            )
        except psycopg.errors.ProgramLimitExceeded as error:
            raise TargetError(
                f"the partitions of {target.name} cannot be made: {error.diag.message_primary}; "
                "look for dates far in the past"
            ) from None


def drop_partition(connection: Connection, partition: str, *, schema: str) -> None:
    """Drop an empty partition (its name as SQL) of a table of that schema.

    By the target's own function where there is one: it may keep a register of partitions.
    """
    row = connection.execute(_FIND, (*_DROP, schema)).fetchone()
    if row is None:
        connection.execute(f"drop table {partition}")
    else:
        connection.execute(f"select {row[0]}(%s::regclass)", (partition,))


def _ranges(
    connection: Connection, run: Run, plan: Plan, target: TargetTable
) -> list[tuple[datetime, datetime]]:
    """Runs of months in which rows were made: a lonely old date does not cost a century."""
    times = " union all ".join(
        f"select greatest({name_sql(table.created)}, timestamptz 'epoch') as at"
        f" from {own_table(run, 'stage', table.name)} where {name_sql(table.created)} is not null"
        for table in plan.moved()
        if table.into == target.name and table.created is not None
    )
    if not times:
        return []
    row = connection.execute(f"select min(at), max(at) from ({times}) as x").fetchone()
    if row is None or row[0] is None:
        return []
    if row[1] - row[0] <= _ONE_RANGE:
        return [(row[0], row[1])]
    rows = connection.execute(
        "select min(month), max(month) + interval '1 month' - interval '1 microsecond' from ("
        " select month, month - (row_number() over (order by month)) * interval '1 month' as island"
        f" from (select distinct date_trunc('month', at) as month from ({times}) as t) as m) as x"
        " group by island order by island"
    ).fetchall()
    return [(first, last) for first, last in rows]
