"""Reads everything that an audit must know about a PostgreSQL database, and changes nothing in it.

A few queries, each for all objects of a kind. Names in types and expressions are qualified, as with
an empty search_path. What the role may not read is said in `Database.unread`.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, TypeAlias

import psycopg
from psycopg.rows import dict_row

from mainstem.pg.connect import clear_errors, connect, describe
from mainstem.unify.catalog.activity import Activity, read_activity
from mainstem.unify.catalog.database import (
    Constraint,
    ConstraintKind,
    Database,
    Enumeration,
    Extension,
    Function,
    Grant,
    ObjectName,
    Policy,
    Relation,
    RelationColumn,
    RelationIndex,
    RelationKind,
    Sequence,
    Trigger,
)
from mainstem.unify.catalog.queries import database_queries

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from psycopg.rows import TupleRow

    Connection: TypeAlias = psycopg.Connection[TupleRow]

Row: TypeAlias = "dict[str, Any]"
Rows: TypeAlias = "list[Row]"

STATEMENT_TIMEOUT_S = 60
LOCK_TIMEOUT_S = 5

#: schemas that are the platform's where the platform is there; elsewhere they are anybody's
PLATFORM_SCHEMAS = frozenset(
    {"_analytics", "_realtime", "auth", "cron", "extensions", "graphql", "graphql_public", "net"}
    | {"pgbouncer", "pgmq", "pgsodium", "pgsodium_masks", "pgtle", "realtime", "storage", "vault"}
    | {"supabase_functions", "supabase_migrations"}
)

_SETUP = f"""
set transaction read only;
set local search_path = '';
set local timezone = 'UTC';
set local statement_timeout = '{STATEMENT_TIMEOUT_S}s';
set local lock_timeout = '{LOCK_TIMEOUT_S}s';
set local row_security = off;
"""

_KINDS = {
    "r": RelationKind.TABLE,
    "p": RelationKind.PARTITIONED,
    "v": RelationKind.VIEW,
    "m": RelationKind.MATERIALIZED_VIEW,
    "f": RelationKind.FOREIGN_TABLE,
}
_CONSTRAINT_KINDS = {
    "p": ConstraintKind.PRIMARY_KEY,
    "u": ConstraintKind.UNIQUE,
    "f": ConstraintKind.FOREIGN_KEY,
    "c": ConstraintKind.CHECK,
    "x": ConstraintKind.EXCLUDE,
}
_ON_DELETE = {
    "a": "no action",
    "r": "restrict",
    "c": "cascade",
    "n": "set null",
    "d": "set default",
}


def read_database(connection: Connection, *, name: str, counts_rows: bool = False) -> Database:
    """Read a database's catalog, in one transaction that only reads and is rolled back.

    Args:
        connection: any role; what it may not read is listed in `unread`.
        name: what people call the database in a report.
        counts_rows: whether rows are counted and the last write looked for, in bounded time.

    Raises:
        ServerError: the connection is lost, or the catalog itself cannot be read.
    """
    with clear_errors(f"read {name}"), connection.transaction(force_rollback=True):
        connection.execute(_SETUP)
        return _Reader(connection, name).read(counts_rows=counts_rows)


def read_database_at(url: str, *, counts_rows: bool = True) -> Database:
    """Connect to an address, read the database and name it without its password.

    Raises:
        ServerError: it cannot be reached, is older than PostgreSQL 15, or cannot be read.
    """
    with connect(url, application_name="mainstem audit") as connection:
        return read_database(connection, name=describe(url), counts_rows=counts_rows)


@dataclass
class _Reader:
    """One reading; it keeps what could not be read."""

    connection: Connection
    name: str
    unread: list[str] = field(default_factory=list)

    def read(self, *, counts_rows: bool) -> Database:
        found = self.rows("schemas")
        has_platform = any(row["has_platform"] for row in found)
        left_out = PLATFORM_SCHEMAS if has_platform else frozenset[str]()
        schemas = [
            row
            for row in found
            if row["name"] not in left_out and not row["name"].startswith("supabase_")
        ]
        oids = [row["oid"] for row in schemas]
        policies = defaultdict[int, list[Row]](list)
        relations = self.rows("relations", schemas=oids)
        for row in self.rows("policies", relations=[row["oid"] for row in relations]):
            policies[0 if row["is_of_objects"] else row["oid"]].append(row)
        return Database(
            name=self.name,
            server_version=self.connection.info.server_version,
            relations=self.relations(relations, policies, counts_rows=counts_rows),
            functions=self.functions(oids),
            enumerations=tuple(map(_enumeration, self.rows("enumerations", schemas=oids))),
            extensions=tuple(Extension(**row) for row in self.rows("extensions")),
            sequences=tuple(map(_sequence, self.rows("sequences", schemas=oids))),
            exposed_schemas=self.exposed(schemas),
            buckets=self.buckets() if has_platform else (),
            storage_policies=tuple(map(_policy, policies[0])),
            bypass_roles=tuple(row["name"] for row in self.rows("bypass_roles")),
            unread=tuple(self.unread),
        )

    def rows(self, query: str, **parameters: list[int]) -> Rows:
        """What a query of `database.sql` finds."""
        with self.connection.cursor(row_factory=dict_row) as cursor:
            return cursor.execute(database_queries()[query], parameters).fetchall()

    def relations(
        self, found: Rows, policies: Mapping[int, Rows], *, counts_rows: bool
    ) -> tuple[Relation, ...]:
        oids = [row["oid"] for row in found]
        parts = {
            query: _by_relation(self.rows(query, relations=oids))
            for query in ("columns", "constraints", "indexes", "triggers", "view_reads")
        }
        grants = _by_relation(
            self.rows("relation_grants", relations=oids)
            + self.rows("column_grants", relations=oids)
        )
        relations = {row["oid"]: _relation(row, parts, policies, grants) for row in found}
        if counts_rows:
            relations = self.with_activity(relations)
        return tuple(relations.values())

    def with_activity(self, relations: dict[int, Relation]) -> dict[int, Relation]:
        """The same with row counts and the last write of every table."""
        tables = {oid: found for oid, found in relations.items() if found.is_table}
        known = self.rows("activity", relations=list(tables))
        seen = read_activity(self.connection, tables, known, unread=self.unread)
        nothing = Activity()
        return {
            oid: replace(
                relation,
                row_count=seen.get(oid, nothing).row_count,
                is_row_count_estimated=seen.get(oid, nothing).is_estimated,
                last_write=seen.get(oid, nothing).last_write,
            )
            for oid, relation in relations.items()
        }

    def functions(self, schemas: list[int]) -> tuple[Function, ...]:
        found = self.rows("functions", schemas=schemas)
        grants = _by_relation(self.rows("function_grants", functions=[row["oid"] for row in found]))
        return tuple(_function(row, grants.get(row["oid"], [])) for row in found)

    def exposed(self, schemas: Rows) -> tuple[str, ...]:
        """`public`, what the data API is set to serve, and what its roles may use."""
        served = {
            name.strip() for row in self.rows("exposed") for name in row["schemas"].split(",")
        }
        return tuple(
            row["name"]
            for row in schemas
            if row["name"] == "public" or row["is_granted"] or row["name"] in served
        )

    def buckets(self) -> tuple[str, ...]:
        try:
            with self.connection.transaction():
                return tuple(row["name"] for row in self.rows("buckets"))
        except psycopg.errors.InsufficientPrivilege:
            self.unread.append(
                f"the storage buckets of {self.name}: the role may not read storage.buckets"
            )
        except (psycopg.errors.UndefinedTable, psycopg.errors.InvalidSchemaName):
            pass  # a platform without object storage
        return ()


def _by_relation(rows: Iterable[Row]) -> dict[int, Rows]:
    found: dict[int, Rows] = {}
    for row in rows:
        found.setdefault(row["oid"], []).append(row)
    return found


def _relation(
    row: Row,
    parts: Mapping[str, Mapping[int, Rows]],
    policies: Mapping[int, Rows],
    grants: Mapping[int, Rows],
) -> Relation:
    oid = row["oid"]
    has_parent = row["is_partition"] and row["parent_name"] is not None
    return Relation(
        name=ObjectName(row["schema"], row["name"]),
        kind=RelationKind.PARTITION if row["is_partition"] else _KINDS[row["kind"]],
        columns=tuple(map(_column, parts["columns"].get(oid, []))),
        constraints=tuple(map(_constraint, parts["constraints"].get(oid, []))),
        indexes=tuple(map(_index, parts["indexes"].get(oid, []))),
        policies=tuple(map(_policy, policies.get(oid, []))),
        triggers=tuple(map(_trigger, parts["triggers"].get(oid, []))),
        grants=_grants(grants.get(oid, [])),
        owner=row["owner"],
        is_row_security_on=row["is_row_security_on"],
        is_row_security_forced=row["is_row_security_forced"],
        is_security_invoker=row["is_security_invoker"],
        definition=row["definition"],
        reads=tuple(ObjectName(r["schema"], r["name"]) for r in parts["view_reads"].get(oid, [])),
        parent=ObjectName(row["parent_schema"], row["parent_name"]) if has_parent else None,
        comment=row["comment"],
    )


def _column(row: Row) -> RelationColumn:
    return RelationColumn(
        name=row["name"],
        type=row["type"],
        is_nullable=row["is_nullable"],
        default=row["default"],
        generated=row["generated"],
        identity=row["identity"],
    )


def _constraint(row: Row) -> Constraint:
    has_parent = row["parent_name"] is not None
    return Constraint(
        name=row["name"],
        kind=_CONSTRAINT_KINDS[row["kind"]],
        columns=tuple(row["columns"]),
        definition=row["definition"],
        parent=ObjectName(row["parent_schema"], row["parent_name"]) if has_parent else None,
        parent_columns=tuple(row["parent_columns"]),
        on_delete=_ON_DELETE.get(row["on_delete"], "no action"),
        is_validated=row["is_validated"],
    )


def _index(row: Row) -> RelationIndex:
    return RelationIndex(
        name=row["name"],
        parts=tuple(row["parts"]),
        definition=row["definition"],
        method=row["method"],
        predicate=row["predicate"],
        is_unique=row["is_unique"],
        is_primary=row["is_primary"],
        is_valid=row["is_valid"],
        is_constraint=row["is_constraint"],
    )


def _policy(row: Row) -> Policy:
    return Policy(
        name=row["name"],
        command=row["command"],
        is_permissive=row["is_permissive"],
        roles=tuple(row["roles"]),
        using=row["using"],
        with_check=row["with_check"],
    )


def _trigger(row: Row) -> Trigger:
    return Trigger(
        name=row["name"],
        function=ObjectName(row["function_schema"], row["function_name"]),
        definition=row["definition"],
        is_enabled=row["is_enabled"],
    )


def _grants(rows: Rows) -> tuple[Grant, ...]:
    return tuple(
        Grant(row["role"], row["privilege"], tuple(row.get("columns", ()))) for row in rows
    )


def _function(row: Row, grants: Rows) -> Function:
    return Function(
        name=ObjectName(row["schema"], row["name"]),
        arguments=row["arguments"],
        argument_names=tuple(row["argument_names"]),
        returns=row["returns"],
        language=row["language"],
        body=row["body"],
        is_security_definer=row["is_security_definer"],
        volatility=row["volatility"],
        settings=tuple(row["settings"]),
        grants=_grants(grants),
        owner=row["owner"],
    )


def _sequence(row: Row) -> Sequence:
    is_owned = row["table_name"] is not None
    return Sequence(
        name=ObjectName(row["schema"], row["name"]),
        value_max=row["value_max"],
        increment=row["increment"],
        last_value=row["last_value"],
        table=ObjectName(row["table_schema"], row["table_name"]) if is_owned else None,
        column=row["column_name"],
    )


def _enumeration(row: Row) -> Enumeration:
    return Enumeration(ObjectName(row["schema"], row["name"]), tuple(row["labels"]))
