"""The row accounts against what is really there: source, ledger, maps and target tables."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from mainstem.kit.fingerprints import fingerprint_sql
from mainstem.unify.codec import RULES
from mainstem.unify.ledger import store
from mainstem.unify.move.maps import new_key
from mainstem.unify.move.statements import (
    has_secret_key,
    key_digest,
    key_value,
    map_key,
    target_name,
)
from mainstem.unify.plan.names import name_sql
from mainstem.unify.verify.model import Finding

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    import psycopg
    from psycopg.rows import TupleRow

    from mainstem.unify.catalog.postgres import TargetTable
    from mainstem.unify.ledger.rows import Account, LegacyMap, Run
    from mainstem.unify.verify.engine import Compared
    from mainstem.unify.verify.planned import PlannedRun

    Connection = psycopg.Connection[TupleRow]

_EXAMPLES_MAX: Final = 5


def check_accounts(
    connection: Connection,
    run: Run,
    *,
    accounts: Sequence[Account],
    compared: Sequence[Compared],
    count: Callable[[str], int],
) -> Iterator[Finding]:
    """Each source table's outcomes must sum to its rows, and be what both sides show.

    `count` says how many rows a source table has now.
    """
    verdicts = {one.verdict.table: one.verdict for one in compared}
    quarantined: dict[str, int] = dict(
        connection.execute(
            "select source_table, count(*) from unify.quarantine where run_id = %s group by 1",
            (run.id,),
        ).fetchall()
    )
    for account in accounts:
        table = account.source_table
        counts = [("source rows", account.source_rows, count(table))]
        counts.append(("quarantined rows", account.quarantined, quarantined.get(table, 0)))
        if table in verdicts:
            counts.append(("loaded rows", account.loaded, verdicts[table].target_rows))
        for what, said, found in counts:
            if said != found:
                yield Finding("count", table, f"the account says {said} {what}, there are {found}")
        if account.missing:
            yield Finding("count", table, f"{account.missing} rows have no outcome")


def check_ledger(
    connection: Connection,
    run: Run,
    *,
    compared: Sequence[Compared],
    generated: Mapping[str, frozenset[str]],
) -> Iterator[Finding]:
    """Every value that a rule changes must stand in the ledger, and nothing else.

    `generated` names the columns of each source table that the server computes itself.
    """
    noted: dict[tuple[str, str], int] = {
        (table, column): count
        for table, column, count in connection.execute(
            "select source_table, column_name, count(*) from unify.ledger"
            " where run_id = %s and rule = any(%s) group by 1, 2",
            (run.id, list(RULES)),
        )
    }
    for one in compared:
        table = one.verdict.table
        left_out = generated.get(table, frozenset())
        columns = {column for known, column in noted if known == table} | set(one.conversions)
        for column in sorted(columns - left_out):
            said, found = noted.get((table, column), 0), one.conversions.get(column, 0)
            if said != found:
                text = f"column {column}: {found} values were converted, the ledger has {said}"
                yield Finding("ledger", table, text)


def check_maps(planned: PlannedRun) -> Iterator[Finding]:
    """The maps must say what the accounts say, and every target row must be in one."""
    connection = planned.connection
    for table, found in planned.maps.items():
        row = connection.execute(
            "select count(*) filter (where outcome = 'l'), count(*) filter (where outcome = 'm'),"
            f" count(*) filter (where outcome = 'd') from unify.{found.partition}".encode()
        ).fetchone()
        assert row is not None
        account = planned.accounts[table]
        said = (account.loaded, account.merged, account.dropped)
        if said != tuple(row):
            yield Finding(
                "count",
                table,
                f"the account says {said[0]} loaded, {said[1]} merged and {said[2]} dropped rows, "
                f"the map has {row[0]}, {row[1]} and {row[2]}",
            )
    for name in sorted({planned.target(found) for found in planned.maps.values()}):
        yield from _extra_rows(planned, planned.targets[name])


def check_also(connection: Connection, maps: Sequence[LegacyMap], run: Run) -> Iterator[Finding]:
    """Rows that the plan wrote into further tables must still be there."""
    noted = {
        (row[0], row[1], row[2]): row[3]
        for row in connection.execute(
            "select source_table, target_schema, target_table, row_count"
            " from unify.also_result where run_id = %s",
            (run.id,),
        )
    }
    for found in maps:
        if found.role != "also":
            continue
        target = f"{name_sql(found.target_schema)}.{name_sql(found.target_table)}"
        key = _primary_key(connection, target)
        row = connection.execute(
            f"select count(*) from {target} as t join unify.{found.partition} as m"
            f" on m.new_id = {key_digest(key, 't')}".encode()
        ).fetchone()
        said = noted.get((found.source_table, found.target_schema, found.target_table), 0)
        if row is None or row[0] != said:
            there = row[0] if row else 0
            text = f"{said} rows were written into {target}, {there} of them are there"
            yield Finding("count", found.source_table, text)


def _extra_rows(planned: PlannedRun, target: TargetTable) -> Iterator[Finding]:
    """Rows of a target table that no run loaded."""
    connection = planned.connection
    maps = connection.execute(
        "select m.map_id from unify.legacy_map m join unify.run r on r.id = m.run_id"
        " where m.target_schema = %s and m.target_table = %s and m.role = 'main'"
        " and r.state not in ('failed', 'undone')",
        (target.schema, target.plain_name),
    ).fetchall()
    ids = ", ".join(str(map_id) for (map_id,) in maps)
    mapped = f"from unify.legacy_id as m where m.map_id in ({ids}) and m.outcome = 'l'"
    row = connection.execute(
        f"select (select count(*) from {target_name(target)}), (select count(*) {mapped})".encode()
    ).fetchone()
    assert row is not None
    step = store.read_step(connection, planned.run.id, f"load {target.name}")
    detail = step.detail if step is not None and isinstance(step.detail, dict) else {}
    extra = row[0] - row[1] - int(detail.get("before", 0))
    if extra <= 0:
        return
    key = new_key(target, planned.plan)
    value, column = map_key(target, key, "t")
    shown = f"({key_value(key, 't')})::text"
    if has_secret_key(target, key):
        shown = fingerprint_sql(shown)
    unmapped = f"not exists (select {mapped} and m.{column} = {value})"
    examples = connection.execute(
        f"select {shown} from {target_name(target)} as t where {unmapped}"
        f" order by 1 limit {_EXAMPLES_MAX}".encode()
    ).fetchall()
    keys = ", ".join(example for (example,) in examples) or "keys that are there twice"
    yield Finding("extra rows", target.name, f"{extra} rows that no run loaded: {keys}")


def _primary_key(connection: Connection, target: str) -> tuple[str, ...]:
    rows = connection.execute(
        "select a.attname::text from pg_index i join pg_attribute a"
        " on a.attrelid = i.indrelid and a.attnum = any(i.indkey)"
        " where i.indrelid = to_regclass(%s) and i.indisprimary"
        " order by array_position(i.indkey::int2[], a.attnum)",
        (target,),
    ).fetchall()
    return tuple(name for (name,) in rows)
