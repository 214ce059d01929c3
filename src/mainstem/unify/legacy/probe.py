"""Tries what views can do, as two tenants, and takes all of it back.

A row of one tenant is read, changed, deleted and inserted by that tenant, which has to work, and by
another one, which must not. In a target of another shape than the platform's, whose callers the
isolation proof has to learn first, that proof is what tries the views.
"""

from __future__ import annotations

import enum
from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import psycopg
from psycopg import sql

from mainstem.unify.isolation import model as proof
from mainstem.unify.isolation.proving import prove_on
from mainstem.unify.legacy.model import LegacyView, Origin
from mainstem.unify.legacy.sql import operations
from mainstem.unify.verify.isolation import ROLE, claimed, obstacle

if TYPE_CHECKING:
    from collections.abc import Sequence

    from psycopg.rows import TupleRow

    Connection = psycopg.Connection[TupleRow]

_OPERATIONS: Final = ("select", "insert", "update", "delete")
#: errors that a statement gets only after it reached the table: it would have worked
_REACHED: Final = (
    psycopg.errors.ForeignKeyViolation,
    psycopg.errors.RestrictViolation,
    psycopg.errors.UniqueViolation,
)


class Verdict(enum.Enum):
    """What a try showed."""

    WORKS = "works"
    REFUSED = "refused"
    LEAKS = "leaks"
    NOT_TRIED = "not tried"
    BY_SHAPE = "by shape"


@dataclass(frozen=True)
class Tried:
    """One operation on one view; `reason` where it does not simply work."""

    operation: str
    verdict: Verdict
    reason: str = ""


def probe(connection: Connection, view: LegacyView, schema: str) -> tuple[Tried, ...]:
    """Try every operation on a view; nothing of it stays."""
    if obstacle(connection) is not None:
        return tuple(_by_shape(view, one) for one in _OPERATIONS)
    reason = _not_tried(view)
    if reason is not None:
        return tuple(Tried(one, Verdict.NOT_TRIED, reason) for one in _OPERATIONS)
    with connection.transaction(force_rollback=True):
        found = _row(connection, view)
        if found is None:
            reason = f"{view.table} has no rows to try with"
            return tuple(Tried(one, Verdict.NOT_TRIED, reason) for one in _OPERATIONS)
        tenant, key = found
        other = _other(connection, view, tenant)
        probing = _Probing(connection, view, schema, key)
        return tuple(probing.tried(one, tenant, other) for one in _OPERATIONS)


def prove_elsewhere(
    connection: Connection, views: Sequence[LegacyView], schema: str
) -> tuple[str, list[str]] | None:
    """What the isolation proof says of the views, and those that leak; None where it is not needed.

    Raises ServerError when the connected role may not see all rows.
    """
    reason = obstacle(connection)
    if reason is None:
        return None
    names = {f"{schema}.{view.name}" for view in views}
    objects = [one for one in prove_on(connection, name="").objects if one.name in names]
    counts = Counter(one.verdict for one in objects)
    said = ", ".join(f"{counts[verdict]} {verdict.value}" for verdict in proof.Verdict)
    leaks = [f"{one.name} ({one.reason})" for one in objects if one.verdict is proof.Verdict.LEAK]
    return f"{reason}: what a view can do is told by its shape; the isolation proof: {said}", leaks


def _by_shape(view: LegacyView, operation: str) -> Tried:
    if operation in operations(view):
        return Tried(operation, Verdict.BY_SHAPE)
    return Tried(operation, Verdict.REFUSED, "the shape of the view does not allow it")


def _not_tried(view: LegacyView) -> str | None:
    if view.tenant is None:
        return f"{view.table} has no tenant key"
    if not view.key:
        return "the view has not the key of its rows"
    return None


def _row(connection: Connection, view: LegacyView) -> tuple[str, tuple[object, ...]] | None:
    """A tenant that has a row, and the row's key."""
    assert view.tenant is not None
    query = sql.SQL("select {}::text, {} from {} where {} limit 1").format(
        sql.Identifier(view.tenant),
        sql.SQL(", ").join(map(sql.Identifier, view.key)),
        sql.Identifier(view.table.schema, view.table.name),
        _constants(view),
    )
    row = connection.execute(query).fetchone()
    return (str(row[0]), tuple(row[1:])) if row is not None else None


def _other(connection: Connection, view: LegacyView, tenant: str) -> str:
    """Another tenant with rows of its own, or one that nobody is."""
    assert view.tenant is not None
    query = sql.SQL("select {0}::text from {1} where {0}::text <> %s limit 1").format(
        sql.Identifier(view.tenant), sql.Identifier(view.table.schema, view.table.name)
    )
    row = connection.execute(query, (tenant,)).fetchone()
    return str(row[0]) if row is not None else "00000000-0000-7000-8000-000000000000"


def _constants(view: LegacyView) -> sql.Composable:
    conditions = [
        sql.SQL("{} = {}").format(sql.Identifier(column), sql.SQL(value))
        for column, value in view.constants
    ]
    return sql.SQL(" and ").join([sql.SQL("true"), *conditions])


@dataclass
class _Probing:
    """Tries with one row of one view."""

    connection: Connection
    view: LegacyView
    schema: str
    key: tuple[object, ...]

    def tried(self, operation: str, tenant: str, other: str) -> Tried:
        """One operation: by the row's own tenant, then by the other one."""
        if operation not in operations(self.view):
            return Tried(operation, Verdict.REFUSED, "the shape of the view does not allow it")
        if not self._is_granted(operation):
            return Tried(operation, Verdict.REFUSED, f"{ROLE} may not do it on {self.view.table}")
        saved = self._saved(tenant)
        if saved is None:
            return Tried(operation, Verdict.NOT_TRIED, "the tenant does not see its own row")
        count, reason = self._attempt(operation, tenant, saved)
        crossing, _ = self._attempt(operation, other, saved)
        if crossing:
            return Tried(operation, Verdict.LEAKS, f"tenant {other} reaches a row of {tenant}")
        return Tried(operation, Verdict.WORKS if count else Verdict.REFUSED, reason)

    def _is_granted(self, operation: str) -> bool:
        table = sql.Identifier(self.schema, self.view.name).as_string(self.connection)
        given = (ROLE, table, operation)
        query = (
            "select has_any_column_privilege(%s, %s, %s)"
            if operation != "delete"
            else "select has_table_privilege(%s, %s, %s)"
        )
        row = self.connection.execute(query.encode(), given).fetchone()
        return bool(row and row[0])

    def _saved(self, tenant: str) -> str | None:
        """The row as its tenant sees it."""
        query = sql.SQL("select to_jsonb(v)::text from {} as v where {}").format(
            self._name, self._is_row
        )
        with claimed(self.connection, tenant):
            try:
                row = self.connection.execute(query, self.key).fetchone()
            except psycopg.Error:
                return None
        return str(row[0]) if row is not None else None

    def _attempt(self, operation: str, tenant: str, saved: str) -> tuple[int, str]:
        """How many rows a tenant reaches, and what the server said if it refused."""
        try:
            with claimed(self.connection, tenant):
                done = self.connection.execute(*self._statement(operation, saved))
                return max(done.rowcount, 0), ""
        except _REACHED:
            return 1, ""
        except psycopg.Error as error:
            return 0, error.diag.message_primary or str(error)

    def _statement(self, operation: str, saved: str) -> tuple[sql.Composed, tuple[object, ...]]:
        name, is_row = self._name, self._is_row
        if operation == "select":
            return sql.SQL("select from {} as v where {}").format(name, is_row), self.key
        if operation == "delete":
            return sql.SQL("delete from {} as v where {}").format(name, is_row), self.key
        if operation == "update":
            column = sql.Identifier(self._changeable())
            query = sql.SQL("update {} as v set {} = {} where {}")
            return query.format(name, column, column, is_row), self.key
        columns = sql.SQL(", ").join(
            sql.Identifier(one.name) for one in self.view.columns if one.origin is not Origin.GONE
        )
        query = sql.SQL(
            "insert into {0} ({1}) select {1} from jsonb_populate_record(null::{0}, %s)"
        )
        return query.format(name, columns), (saved,)

    @property
    def _name(self) -> sql.Identifier:
        return sql.Identifier(self.schema, self.view.name)

    @property
    def _is_row(self) -> sql.Composed:
        conditions = [
            sql.SQL("v.{} = %s").format(sql.Identifier(self.view.old_name(column) or column))
            for column in self.view.key
        ]
        return sql.SQL(" and ").join(conditions)

    def _changeable(self) -> str:
        """A column that the role may set, here to what it is: no key, where there is another."""
        query = sql.SQL(
            "select attname::text from pg_attribute where attrelid = {}::regclass and attnum > 0"
            " and has_column_privilege(%s, attrelid, attnum, 'update')"
        ).format(sql.Literal(self._name.as_string(self.connection)))
        granted = {str(row[0]) for row in self.connection.execute(query, (ROLE,)).fetchall()}
        plain = [one for one in self.view.of(Origin.COLUMN) if one.name in granted]
        others = [one.name for one in plain if one.column not in {*self.view.key, self.view.tenant}]
        return (others or [one.name for one in plain] or [self.view.columns[0].name])[0]
