"""Rows of one source table that are the same thing: found, and made one before they are loaded.

Rows are the same when they agree in every column of one of the ways that the plan names; NULL and
empty values never agree. Sameness carries over: a row that is the same as two others makes all
three one. The newest row stays, each of its columns with the newest value that is not NULL. Every
value that gives way, and every gap that is filled, is a row of the ledger.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from mainstem.errors import UnifyError
from mainstem.unify.ledger import store
from mainstem.unify.move.maps import own_table
from mainstem.unify.move.stream import MASK
from mainstem.unify.plan.identity import staged_identity
from mainstem.unify.plan.names import name_sql, text_sql
from mainstem.unify.plan.transfer import canonical

if TYPE_CHECKING:
    from collections.abc import Sequence

    import psycopg
    from psycopg.rows import TupleRow

    from mainstem.unify.ledger.rows import Run
    from mainstem.unify.plan.model import Plan, PlannedTable

    Connection = psycopg.Connection[TupleRow]

FILLED, NEWEST = "merge-filled", "merge-newest"

#: tables that are needed while rows are merged
_SCRATCH = ("newest", "rows", "same")

#: rounds until the groups of rows stand still: the longest chain of rows that are pairwise the same
_ROUNDS_MAX = 1000


def merge_name(table: str) -> str:
    """The step that merges the rows of a source table."""
    return f"merge {table}"


def merge_rows(connection: Connection, run: Run, planned: PlannedTable, plan: Plan) -> None:
    """Find the rows that are one, and bring the staged survivors up to date; commits.

    Makes `:merged.x`: `_key` of each row that gives way, `survivor`, and the new `id` of that row.
    """
    step = merge_name(planned.name)
    if store.read_step(connection, run.id, step) is not None:
        connection.commit()
        return
    for kind in ("merged", *_SCRATCH):
        connection.execute(f"drop table if exists {own_table(run, kind, planned.name)}")
    _find_same(connection, run, planned)
    spread(connection, own_table(run, "same", planned.name), of=planned.name)
    _choose(connection, run, planned, plan)
    _fill(connection, run, planned)
    for kind in _SCRATCH:
        connection.execute(f"drop table {own_table(run, kind, planned.name)}")
    connection.execute(f"analyze {own_table(run, 'merged', planned.name)}")
    store.save_step(connection, run.id, name=step, position=1)
    connection.commit()


def _find_same(connection: Connection, run: Run, planned: PlannedTable) -> None:
    """Every row that is the same as another: its group in each way, and a number of its own.

    Few rows are the same as others: rows whose hash is not alone are found first, without sorting,
    and only those are looked at.
    """
    staged, same = own_table(run, "stage", planned.name), own_table(run, "same", planned.name)
    ways = []
    for number, way in enumerate(planned.merge):
        names = ", ".join(name_sql(name) for name in way)
        digest = f"hash_record_extended(row({names}), 0)"
        present = " and ".join(f"{name_sql(name)}::text <> ''" for name in way)
        ways.append(
            f"select _key, {number} as way, min(_key) over w as same_as, count(*) over w as size"
            f" from {staged} where {present} and {digest} in (select {digest} from {staged}"
            f" where {present} group by 1 having count(*) > 1) window w as (partition by {names})"
        )
    connection.execute(
        f"create unlogged table {same} as select _key, way, same_as, _key as label"
        f" from ({' union all '.join(ways)}) as x where size > 1"
    )
    connection.execute(f"create index on {same} (_key)")
    connection.execute(f"create index on {same} (way, same_as)")
    connection.execute(f"analyze {same}")


def spread(connection: Connection, same: str, *, of: str) -> None:
    """Give rows that are the same, however many steps apart, one label: the smallest key."""
    for _ in range(_ROUNDS_MAX):
        changed = 0
        for by in ("way, same_as", "_key"):
            changed += connection.execute(
                f"update {same} as s set label = g.label from"
                f" (select {by}, min(label) as label from {same} group by {by}"
                " having min(label) <> max(label)) as g"
                f" where {' and '.join(f's.{name} = g.{name}' for name in by.split(', '))}"
                " and s.label <> g.label"
            ).rowcount
        if not changed:
            return
    raise UnifyError(
        f"the rows of {of} that are the same form chains of more than {_ROUNDS_MAX}; "
        "name fewer ways to merge"
    )


def _choose(connection: Connection, run: Run, planned: PlannedTable, plan: Plan) -> None:
    """The newest row of each group stays; `newest` has for each its columns' newest values."""
    staged, same = own_table(run, "stage", planned.name), own_table(run, "same", planned.name)
    rows, newest = own_table(run, "rows", planned.name), own_table(run, "newest", planned.name)
    order = "length(s._key) desc, s._key desc"
    if planned.created is not None:
        created = f"s.{name_sql(planned.created)}"
        order = f"{created} desc nulls last, {order}"
    values = "".join(
        f", {first_of(value, column.type, order=order, only=f'{value} is not null')} as {name}"
        for column in planned.staged
        for name in [name_sql(column.name)]
        if name in _filled_columns(planned)
        for value in [f"s.{name}"]
    )
    connection.execute(
        f"create unlogged table {rows} as select g.label, s.*"
        f" from (select distinct _key, label from {same}) as g join {staged} as s using (_key)"
    )
    connection.execute(
        f"create unlogged table {newest} as select label,"
        f" (array_agg(s._key order by {order}))[1] as survivor{values}"
        f" from {rows} as s group by label"
    )
    connection.execute(
        f"create unlogged table {own_table(run, 'merged', planned.name)} as"
        f" select r._key, n.survivor, ({staged_identity(planned, plan, 's')})::text as id"
        f" from {rows} as r join {newest} as n using (label)"
        f" join {rows} as s on s._key = n.survivor where r._key <> n.survivor"
    )


def first_of(value: str, type_name: str, *, order: str, only: str) -> str:
    """The SQL of the first value in an order; arrays as texts, else they would become one."""
    if not type_name.endswith("[]"):
        return f"(array_agg({value} order by {order}) filter (where {only}))[1]"
    texts = f"array_agg({value}::text order by {order}) filter (where {only})"
    return f"(({texts})[1])::{type_name}"


def _fill(connection: Connection, run: Run, planned: PlannedTable) -> None:
    """Write the newest values into the survivors, and every change into the ledger."""
    rows, newest = own_table(run, "rows", planned.name), own_table(run, "newest", planned.name)
    columns = _filled_columns(planned)
    for column in planned.staged:
        name = name_sql(column.name)
        if name not in columns:
            continue
        before, after = (canonical(f"{row}.{name}", column.type) for row in "sn")
        if planned.holds_secret(column.name):
            before = f"case when s.{name} is not null then {text_sql(MASK)} end"
            after = text_sql(MASK)
        connection.execute(
            "insert into unify.ledger"
            " (run_id, source_table, key, column_name, before, after, rule)"
            f" select {run.id}, {text_sql(planned.name)}, s._key, {text_sql(column.name)},"
            f" {before}, {after},"
            f" case when s._key = n.survivor then '{FILLED}' else '{NEWEST}' end"
            f" from {rows} as s join {newest} as n using (label)"
            f" where s.{name} is distinct from n.{name}"
            f" and (s._key = n.survivor or s.{name} is not null)"
        )
    if columns:
        sets = ", ".join(f"{name} = n.{name}" for name in columns)
        gaps = " or ".join(f"s.{name} is null and n.{name} is not null" for name in columns)
        connection.execute(
            f"update {own_table(run, 'stage', planned.name)} as s set {sets} from {newest} as n"
            f" where s._key = n.survivor and ({gaps})"
        )


def _filled_columns(planned: PlannedTable) -> Sequence[str]:
    """Every staged column but the key and the time that makes the id."""
    kept = {*planned.key, planned.created}
    return [name_sql(column.name) for column in planned.staged if column.name not in kept]
