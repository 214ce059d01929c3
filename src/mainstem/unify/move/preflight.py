"""What must hold before a run touches anything: plan and both sides fit, the target is empty."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import TYPE_CHECKING

from mainstem.errors import ConfigError, ServerError, SourceError, TargetError
from mainstem.kit.naming import did_you_mean
from mainstem.kit.wording import counted
from mainstem.unify.move.maps import also_name
from mainstem.unify.move.statements import target_name
from mainstem.unify.plan.digest import table_digest
from mainstem.unify.plan.names import name_sql, qualified_sql

if TYPE_CHECKING:
    from collections.abc import Mapping

    import psycopg
    from psycopg.rows import TupleRow

    from mainstem.unify.catalog.model import Table
    from mainstem.unify.catalog.postgres import TargetCatalog, TargetTable
    from mainstem.unify.move.source import Source
    from mainstem.unify.plan.model import Plan, PlannedTable

    Connection = psycopg.Connection[TupleRow]

#: staging, target, indexes and write-ahead log, in sizes of the sources
_DISK_FACTOR = 4
_SHOWN_MAX = 5


def check_answered(plan: Plan) -> None:
    """Raise ConfigError when the plan has open questions."""
    if plan.questions:
        texts = [f"\n  {number}. {q.text}" for number, q in enumerate(plan.questions, start=1)]
        count = counted(len(plan.questions), "open question")
        raise ConfigError(
            f"the plan {plan.directory} has {count}; answer with "
            f"`mainstem unify decide {plan.directory}`, or in the config and plan again:"
            f"{''.join(texts)}"
        )


def check_plan(plan: Plan, sources: Mapping[str, Source]) -> None:
    """Refuse a plan with open questions, or one that does not fit its sources any more.

    Raises ConfigError or SourceError.
    """
    check_answered(plan)
    for source in sources.values():
        _check_source(plan, source)
    for table in plan.tables:
        own = sources[table.source].catalog.table(table.table)
        columns = {column.name for column in own.columns}
        missing = columns - {column.name for column in table.columns}
        if missing:
            raise ConfigError(
                f"{plan.directory}/manifest.toml says nothing about "
                f"{', '.join(f'{table.name}.{name}' for name in sorted(missing))}; map or drop it"
            )
        if not table.is_decided:
            raise ConfigError(
                f"{plan.directory}/manifest.toml: table {table.name} has neither into, drop nor "
                "archive"
            )


def _check_source(plan: Plan, source: Source) -> None:
    """Refuse a source whose tables are not as they were, naming what changed."""
    known = {table.table: table for table in plan.tables_of(source.planned)}
    found = {table.name: table for table in source.catalog.tables}
    changes = [f"table {name} is new" for name in sorted(found.keys() - known.keys())]
    changes += [f"table {name} is gone" for name in sorted(known.keys() - found.keys())]
    for name in sorted(known.keys() & found.keys()):
        if known[name].digest not in {"", table_digest(found[name])}:
            changes.append(_changed(known[name], found[name]))
    if changes:
        raise SourceError(
            f"the tables of {source.planned.shown} changed since the plan was made "
            f"({', '.join(changes)}); run `mainstem unify plan` again"
        )


def _changed(known: PlannedTable, found: Table) -> str:
    """What of a table is not as it was."""
    before = {column.name for column in known.columns}
    after = {column.name for column in found.columns}
    columns = [f"column {found.name}.{name} is new" for name in sorted(after - before)]
    columns += [f"column {found.name}.{name} is gone" for name in sorted(before - after)]
    return ", ".join(columns) or f"types or constraints of {found.name} differ"


def check_target(
    connection: Connection, plan: Plan, target: TargetCatalog
) -> Mapping[str, TargetTable]:
    """The plan's target tables, checked: there, unchanged, ours, empty.

    Raises TargetError or ServerError, naming the tables.
    """
    found = {}
    for name in dict.fromkeys(table.into for table in plan.moved() if table.into is not None):
        if name not in target.tables:
            raise TargetError(
                f"schema {plan.schema} has no table {name}{did_you_mean(name, target.tables)}; "
                "apply the migrations, or plan again"
            )
        table = target.tables[name]
        if plan.target_digests.get(name) not in {None, table_digest(table.table)}:
            raise TargetError(
                f"table {name} changed since the plan was made; run `mainstem unify plan` again"
            )
        found[name] = table
    _check_rights(connection, found)
    _check_rules(connection, found)
    _check_tenant(connection, plan, target)
    return found


def check_empty(connection: Connection, plan: Plan, targets: Mapping[str, TargetTable]) -> None:
    """Refuse targets that hold rows already.

    Raises TargetError naming tables and counts.
    """
    filled = []
    for name, table in targets.items():
        if plan.shares(name):
            continue
        row = connection.execute(f"select exists (select from {target_name(table)})").fetchone()
        if row is not None and row[0]:
            count = connection.execute(f"select count(*) from {target_name(table)}").fetchone()
            filled.append(f"{name} ({count[0] if count is not None else 0} rows)")
    if not filled:
        return
    more = f" and {len(filled) - _SHOWN_MAX} more" if len(filled) > _SHOWN_MAX else ""
    raise TargetError(
        f"the target already holds other data: {', '.join(filled[:_SHOWN_MAX])}{more}; "
        f"{_earlier_run(connection, plan)}use an empty database, delete these rows, or let them "
        "take part in a merge (`[merge.<table>]` with target_rows = true)"
    )


def has_rows(connection: Connection, plan: Plan) -> bool:
    """Whether a table that may hold other rows does."""
    names = {also_name(select) for select in plan.selects if select.is_also}
    names |= {
        qualified_sql(merge.target, plan.schema) for merge in plan.merges if merge.has_target_rows
    }
    for name in names:
        there = connection.execute("select to_regclass(%s) is not null", (name,)).fetchone()
        if there is not None and there[0]:
            row = connection.execute(f"select exists (select from {name})").fetchone()
            if row is not None and row[0]:
                return True
    return False


def _earlier_run(connection: Connection, plan: Plan) -> str:
    names = [into if "." in into else f"{plan.schema}.{into}" for into in plan.targets()]
    row = connection.execute(
        "select r.id from unify.run r join unify.legacy_map m on m.run_id = r.id"
        " where r.state in ('staging', 'loading', 'finished')"
        " and m.target_schema || '.' || m.target_table = any(%s) order by r.id desc limit 1",
        (names,),
    ).fetchone()
    return f"take run {row[0]} back with `mainstem unify undo {row[0]}`, or " if row else ""


def _check_rights(connection: Connection, targets: Mapping[str, TargetTable]) -> None:
    """Dropping and building indexes needs the owner; loading under policies needs BYPASSRLS."""
    rights = connection.execute(
        "select rolsuper, rolsuper or rolbypassrls, current_user from pg_roles"
        " where rolname = current_user"
    ).fetchone()
    assert rights is not None
    is_super, is_bypassing, user = rights
    if is_super:
        return
    for name, table in targets.items():
        row = connection.execute(
            "select pg_has_role(c.relowner, 'USAGE') from pg_class c where c.oid = %s::regclass",
            (target_name(table),),
        ).fetchone()
        if row is None or not row[0]:
            raise ServerError(
                f"user {user} does not own table {name}; connect as its owner to load it"
            )
        if table.is_forcing_policies and not is_bypassing:
            raise ServerError(
                f"table {name} forces its policies and user {user} lacks BYPASSRLS; "
                "connect as a user that has it"
            )


def _check_rules(connection: Connection, targets: Mapping[str, TargetTable]) -> None:
    """A rewrite rule would change what is written, behind the account's back."""
    names = {target_name(table): name for name, table in targets.items()}
    row = connection.execute(
        "select t.name, r.rulename from unnest(%s::text[]) with ordinality as t (name, at)"
        " join pg_rewrite r on r.ev_class = t.name::regclass order by t.at limit 1",
        (list(names),),
    ).fetchone()
    if row is not None:
        raise TargetError(
            f"table {names[row[0]]} has the rewrite rule {row[1]}, which would change what is "
            "loaded; drop it, or make it a trigger"
        )


def _check_tenant(connection: Connection, plan: Plan, target: TargetCatalog) -> None:
    """A tenant given by its id must be there."""
    tenant = plan.tenant
    values = dict.fromkeys(source.tenant for source in plan.sources if source.tenant is not None)
    if tenant is None or not values:
        return
    root = target.tables.get(tenant.root)
    if root is None:
        raise TargetError(f"schema {plan.schema} has no table {tenant.root}, the tenants' table")
    key = root.table.primary_key[0]
    for value in values:
        row = connection.execute(
            f"select exists (select from {target_name(root)} where {name_sql(key)}::text = %s)",
            (value.lower(),),
        ).fetchone()
        if row is None or not row[0]:
            raise TargetError(
                f"{tenant.root} has no row {value}; make the tenant first, or correct "
                f"`tenant` in the config"
            )


def check_disk(connection: Connection, size_bytes: int) -> None:
    """Refuse when the server's disk, where we can see it, is too small for the move.

    Raises TargetError with both sizes.
    """
    row = connection.execute(
        "select current_setting('data_directory', true) where pg_has_role(current_user,"
        " 'pg_read_all_settings', 'USAGE') and inet_server_addr() is null"
    ).fetchone()
    if row is None or not row[0] or not Path(row[0]).is_dir():
        return
    needed = size_bytes * _DISK_FACTOR
    free = shutil.disk_usage(row[0]).free
    if free < needed:
        raise TargetError(
            f"the server's disk has {free // 2**20} MiB left and the move needs about "
            f"{needed // 2**20}; make room and run again"
        )
