"""Rows that somebody changed after a run wrote them: an undo would lose that.

PostgreSQL keeps with each row the transaction that wrote it (`xmin`; documentation, 5.6 System
Columns). A run remembers its own, so that nothing has to be compared and no checksum is kept. A
database that was restored from a dump has other ones: its tables have other oids, which tells.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from mainstem.errors import TargetError
from mainstem.unify.ledger import store
from mainstem.unify.plan.names import name_sql, shown_sql

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    import psycopg
    from psycopg.rows import TupleRow

    from mainstem.unify.ledger.rows import Run

    Connection = psycopg.Connection[TupleRow]

#: the step of a copy after which its tables are where people see them
PUBLISHED: Final = "publish"
_EXAMPLES_MAX: Final = 5

_PRIMARY_KEY: Final = """
select a.attname::text from pg_index i join pg_attribute a
  on a.attrelid = i.indrelid and a.attnum = any(i.indkey)
where i.indrelid = %s::regclass and i.indisprimary
order by array_position(i.indkey::int2[], a.attnum)
"""

#: a row's 64-bit transaction number, from the lower half that the row has
_ROW_XID: Final = """
(select (c.now - ((c.now - t.xmin::text::bigint) & 4294967295))::text::xid8
 from (select pg_snapshot_xmax(pg_current_snapshot())::text::bigint as now) as c)
"""


@dataclass(frozen=True)
class Written:
    """What a run wrote into one table, named as SQL. `rows` joins them to the table `t`."""

    table: str
    rows: str
    step: str


def writing_now(connection: Connection, table: str) -> dict[str, object]:
    """What to remember of a table that this transaction wrote to, as the detail of its step."""
    row = connection.execute(
        "select pg_current_xact_id()::xid::text, %s::regclass::oid::bigint", (table,)
    ).fetchone()
    assert row is not None
    return {"xid": row[0], "oid": row[1]}


def written_before(connection: Connection, tables: Iterable[str]) -> dict[str, object]:
    """What to remember of tables that transactions wrote to which have ended."""
    row = connection.execute("select pg_current_snapshot()::text").fetchone()
    assert row is not None
    oids = {}
    for table in tables:
        oid = connection.execute("select %s::regclass::oid::bigint", (table,)).fetchone()
        assert oid is not None
        oids[table] = oid[0]
    return {"snapshot": row[0], "oids": oids}


def refuse_edited(connection: Connection, run: Run, written: Iterable[Written]) -> None:
    """Refuse when rows that a run wrote were changed since.

    Raises TargetError naming tables, counts and examples of their keys; or that it cannot be known.
    """
    written = list(written)
    steps = store.read_steps(connection, run.id, {one.step for one in written})
    found, unknown = [], []
    for one in written:
        step = steps.get(one.step)
        detail = step.detail if step is not None and isinstance(step.detail, dict) else {}
        untouched = _untouched(connection, one, detail)
        if untouched is None:
            unknown.append(one.table)
            continue
        count, examples = _edited(connection, one, untouched)
        if count:
            named = f" (for example {', '.join(examples)})" if examples else ""
            found.append(f"{count} rows of {one.table}{named}")
    force = f"`mainstem unify undo {run.id} --force` takes the run back all the same"
    if found:
        raise TargetError(
            f"rows that run {run.id} wrote were changed since, which an undo would lose: "
            f"{'; '.join(found)}; {force}"
        )
    if unknown:
        raise TargetError(
            f"whether rows were changed since run {run.id} cannot be known of "
            f"{', '.join(unknown)}, made again since or restored from a backup; {force}"
        )


def _untouched(connection: Connection, one: Written, detail: Mapping[str, object]) -> str | None:
    """The condition that holds for a row as the run wrote it; None when there is none."""
    row = connection.execute("select %s::regclass::oid::bigint", (one.table,)).fetchone()
    oid = row[0] if row is not None else None
    if detail.get("oid") == oid and "xid" in detail:
        # Passes that brought the run up to date since wrote some of its rows again.
        later = detail.get("later", ())
        assert isinstance(later, list | tuple)
        listed = ", ".join(f"'{xid}'::xid" for xid in (detail["xid"], *later))
        return f"t.xmin in ({listed})"
    oids = detail.get("oids")
    if isinstance(oids, dict) and oids.get(one.table) == oid:
        return f"pg_visible_in_snapshot({_ROW_XID}, '{detail['snapshot']}'::pg_snapshot)"
    return None


def _edited(connection: Connection, one: Written, untouched: str) -> tuple[int, list[str]]:
    key = [row[0] for row in connection.execute(_PRIMARY_KEY, (one.table,))]
    parts = [shown_sql(one.table, name, f"t.{name_sql(name)}") for name in key]
    shown = f"concat_ws(', ', {', '.join(parts)})" if parts else "null::text"
    if len(parts) > 1:
        shown = f"'(' || {shown} || ')'"
    row = connection.execute(
        f"select count(*), (array_agg(key order by key) filter (where key is not null))"
        f"[1:{_EXAMPLES_MAX}] from (select {shown} as key from {one.table} as t{one.rows}"
        f" where not {untouched}) as x"
    ).fetchone()
    assert row is not None
    return row[0], list(row[1] or ())
